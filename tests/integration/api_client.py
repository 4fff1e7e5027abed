"""What the tests of cw-api share: its server on a database with our tables, and a client that sends just what it is told.

    with served(postgres, "api_names", logs, SYMBOLS) as api:
        answer = api.get("/v1/candles/binance/BTCUSDT?limit=1")
        answer.status, answer.headers["Content-Type"], answer.json
"""

import contextlib
import http.client
import json
from datetime import datetime, timezone
from decimal import Decimal

import psycopg
from psycopg.types.json import Json

from stack import TOP, Program, free_port, reader_url

MIGRATIONS = TOP / "sinks/postgres/migrations"
ZERO = datetime(2026, 11, 21, tzinfo=timezone.utc)


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = dict(response.getheaders())
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def problem(self, status, kind):
        """The body, which must be this problem."""
        assert (self.status, self.headers["Content-Type"]) == (status, "application/problem+json"), self.body
        problem = self.json
        assert (problem["status"], problem["type"]) == (status, f"urn:candlewick:problem:{kind}"), problem
        assert {"title", "detail", "instance"} <= problem.keys()
        return problem


class Api:
    def __init__(self, program, port, database=None):
        self.program = program
        self.port = port
        self.database = database

    def ask(self, method, target, body=None, headers=None, timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection):
            # putrequest() would refuse what hostile clients send
            connection._validate_path = lambda path: None
            connection._encode_request = lambda request: request.encode("latin-1")
            connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            return Answer(response, response.read())

    def get(self, target, **options):
        return self.ask("GET", target, **options)

    def rows(self, target, resource):
        answer = self.get(target)
        assert answer.status == 200, answer.body
        return answer.json[resource]

    def pages(self, target, resource):
        """All rows of a list, page by page."""
        rows = []
        cursors = [""]
        while True:
            answer = self.get(target + cursors[-1])
            assert answer.status == 200, answer.body
            page = answer.json
            rows += page[resource]
            if page["next"] is None:
                return rows
            assert page[resource], "an empty page names a next one"
            cursors.append("&cursor=" + page["next"])
            assert cursors[-1] not in cursors[:-1], "a circle of cursors"

    def sql(self, text, rows=None):
        """One statement, or one for each of the rows."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            if rows is None:
                connection.execute(text)
            else:
                connection.cursor().executemany(text, rows)


def start(database_url, logs, *arguments, database=None):
    port = free_port()
    program = Program("api/cw-api", ["--listen", f"127.0.0.1:{port}", *arguments], logs,
                      env={"CW_DATABASE_URL": database_url})
    return Api(program, port, database or database_url)


def migrate(url):
    with psycopg.connect(url, autocommit=True) as connection:
        for path in sorted(MIGRATIONS.glob("*.up.sql")):
            connection.execute(path.read_text())


@contextlib.contextmanager
def served(postgres, name, logs, *arguments, tables=True):
    """cw-api, ready, on a fresh database that it may only read."""
    postgres.sql(f'CREATE DATABASE "{name}" OWNER candlewick')
    url = postgres.database_url(name)
    if tables:
        migrate(url)
    api = start(reader_url(url), logs, *arguments, database=url)
    try:
        if tables:
            api.program.wait_ready()
        yield api
        assert api.program.stop() == 0, api.program.log_end()
    finally:
        if api.program.alive():
            api.program.kill9()
        postgres.sql(f'DROP DATABASE "{name}" WITH (FORCE)')


# --- what rows look like in an answer, computed without any code of ours ---


def plain(value):
    """A decimal as the JSON form writes it."""
    if value is None:
        return None
    text = format(Decimal(value), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def moment(time):
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


TRADE_FIELDS = ("exchange", "symbol", "trade_id", "sequence", "price", "amount", "side", "exchange_time",
                "receive_time", "origin", "partition", "offset")
CANDLE_FIELDS = ("exchange", "symbol", "interval", "open_time", "close_time", "open", "high", "low", "close", "volume",
                 "quote_volume", "buy_volume", "trades", "vwap", "first_trade_id", "last_trade_id", "status",
                 "coverage", "missing", "revision", "reason", "origin", "partition", "first_offset", "last_offset")
DECIMALS = {"price", "amount", "open", "high", "low", "close", "volume", "quote_volume", "buy_volume", "vwap"}


def expected(row):
    return {key: plain(value) if key in DECIMALS else moment(value) if key.endswith("_time") and value else value
            for key, value in row.items()}


def insert_trades(api, rows):
    api.sql("SELECT day_partition('trade', day) FROM (VALUES ('2026-11-20'::timestamptz), ('2026-11-21'), ('2026-11-22')) d(day)")
    columns = ", ".join(f'"{field}"' for field in TRADE_FIELDS)
    api.sql(f"INSERT INTO trade ({columns}) VALUES ({', '.join(['%s'] * len(TRADE_FIELDS))})",
            [[row[field] for field in TRADE_FIELDS] for row in rows])


def insert_candles(api, rows, table="candle"):
    """The record's own partition is that of its trades; its offset is not served; any will do."""
    columns = [{"partition": "trades_partition", "first_offset": "trades_first_offset",
                "last_offset": "trades_last_offset"}.get(field, field) for field in CANDLE_FIELDS]
    api.sql(f"INSERT INTO {table} ({', '.join(columns)}, record_time, partition, \"offset\")"
            f" VALUES ({', '.join(['%s'] * len(columns))}, %s, %s, 14)",
            [[row[field] for field in CANDLE_FIELDS] + [row.get("record_time"), row["partition"] or 0] for row in rows])


GAP_FIELDS = ("exchange", "symbol", "first_id", "last_id", "from_time", "to_time", "missing", "given_up", "state",
              "reason", "open_time", "update_time", "partition", "offset")
FEED_FIELDS = ("exchange", "symbol", "event", "first_id", "last_id", "from_time", "to_time", "receive_time", "reason",
               "partition", "offset")


def insert_events(api, table, fields, rows):
    """As they are: what the table itself makes of them is not asked here. When Kafka took them is not served; any will do."""
    with psycopg.connect(api.database, autocommit=True) as connection:
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        there = [column.name for column in connection.execute(f"SELECT * FROM {table} LIMIT 0").description]
    fields = [*fields, *[field for field in there if field == "record_time"]]
    columns = ", ".join(f'"{field}"' for field in fields)
    api.sql(f"INSERT INTO {table} ({columns}) VALUES ({', '.join(['%s'] * len(fields))})",
            [[row.get(field, ZERO) for field in fields] for row in rows])


def insert_rows(api, table, rows):
    """Each as it is; legs and rates of an opportunity as JSON."""
    for row in rows:
        values = [Json(value) if column in ("legs", "rates") else value for column, value in row.items()]
        columns = ", ".join(f'"{column}"' for column in row)
        api.sql(f"INSERT INTO {table} ({columns}) VALUES ({', '.join(['%s'] * len(row))})", [values])


def insert_symbols(api, names):
    api.sql("INSERT INTO symbol VALUES (%s, %s, %s, %s, %s)",
            [[exchange, symbol, 3, ZERO, ZERO.replace(microsecond=5)] for exchange, symbol in names])
