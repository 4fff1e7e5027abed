"""cw-verify --table: what PostgreSQL holds against what the topics say, and each difference that was planted in it."""

import random
import re

import psycopg
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from market import Market
from pipeline import Pipeline
from records import Writer, encode, read_topic
from sink_market import write_opportunities
from sink_records import any_trade, write_candles, write_trades
from stack import reader_url, wait_for
from verify import errors, records_under, verify

ROW = re.compile(r"  row (\{.*\})")
TRADES, CANDLES = 400, 600
ARBITRAGE = ("opportunity_event", "opportunity", "watching")


def check(pipeline, topic, *arguments):
    database = reader_url(pipeline.database)
    return verify(pipeline.kafka, "--table", topic, "--database.url", database, *arguments, prefix=pipeline.prefix)


def change(pipeline, sql):
    """Runs it; how many rows it changed must be one."""
    with psycopg.connect(pipeline.database) as connection:
        assert connection.execute(sql).rowcount == 1, sql


def some(pipeline, table, where="true"):
    """ctid, partition and offset of a row in the middle."""
    rows = pipeline.rows(f'SELECT ctid, partition, "offset", tableoid::regclass FROM {table} WHERE {where} '
                         'ORDER BY partition, "offset"')
    return rows[len(rows) // 2]


@pytest.fixture
def stored(pipeline):
    """Trades and candles in their tables, the sink stopped."""
    chance = random.Random(1)
    write_trades(pipeline.kafka, pipeline.prefix + "trades", chance, TRADES)
    write_candles(pipeline.kafka, pipeline.prefix + "candles.1m", chance, CANDLES)
    sink = pipeline.sink("--retention.trades.days", "0")
    wait_for(pipeline.sink_is_done, 60, "rows of all records")
    assert sink.stop() == 0
    return pipeline


def test_tables_that_say_what_the_topics_say_are_equal(stored):
    code, lines, log = check(stored, "trades")
    assert (code, errors(log)) == (0, [])
    feeds = (TRADES + 39) // 40
    assert lines == [f"trade: equal, {TRADES} rows", f"feed_event: equal, {feeds} rows",
                     f"equal: 2 tables, {TRADES + feeds} rows"]
    code, lines, log = check(stored, "candles.1m")
    assert (code, errors(log)) == (0, [])
    counts = [stored.rows(f"SELECT count(*) FROM {table}")[0][0] for table in ("candle", "candle_revision")]
    assert min(counts) > 50
    assert lines == [f"candle: equal, {counts[0]} rows", f"candle_revision: equal, {counts[1]} rows",
                     f"equal: 2 tables, {sum(counts)} rows"]


@pytest.mark.parametrize("topic,table,sql,columns", [
    ("trades", "trade", "price = price + 0.000000000000000001", "price"),
    ("trades", "trade", "side = 'none', receive_time = receive_time + interval '1 microsecond'", "side, receive_time"),
    ("trades", "feed_event", "reason = coalesce(reason, '') || '!'", "reason"),
    ("candles.1m", "candle", "volume = volume + 1, first_trade_id = NULL", "volume, first_trade_id"),
    ("candles.1m", "candle_revision", "trades_last_offset = 7, coverage = 'quite'", "coverage, last_offset"),
])
def test_a_changed_row_is_found(stored, topic, table, sql, columns):
    where = "first_trade_id IS NOT NULL" if table.startswith("candle") else "true"
    ctid, partition, offset, part = some(stored, table, where)
    change(stored, f"UPDATE {part} SET {sql} WHERE ctid = '{ctid}'")
    code, lines, log = check(stored, topic)
    assert (code, errors(log)) == (1, [])
    assert any(line == f"{table}: DIFFERENT: value ({columns})" for line in lines) or table.startswith("candle"), lines
    assert lines[-1].startswith("DIFFERENT: 1 differences")
    record = records_under(lines)["A"]
    assert (record["partition"], record["offset"]) == (partition, offset)
    [said] = [line for line in lines if line.startswith(f"{table}: DIFFERENT: ")]
    assert set(columns.split(", ")) <= set(re.findall(r"\w+", said.partition("value (")[2]))
    row = next(m[1] for m in map(ROW.fullmatch, lines) if m)
    assert f'"partition":{partition},"offset":{offset}' in row


@pytest.mark.parametrize("topic,table", [("trades", "trade"), ("trades", "feed_event"), ("candles.1m", "candle"),
                                         ("candles.1m", "candle_revision")])
def test_a_missing_row_is_found(stored, topic, table):
    ctid, partition, offset, part = some(stored, table)
    change(stored, f"DELETE FROM {part} WHERE ctid = '{ctid}'")
    code, lines, log = check(stored, topic)
    assert (code, errors(log)) == (1, [])
    assert f"{table}: DIFFERENT: a record without a row" in lines
    record = records_under(lines)["A"]
    assert (record["partition"], record["offset"]) == (partition, offset)
    assert lines[-1].startswith("DIFFERENT: 1 differences")


@pytest.mark.parametrize("topic,table,columns", [
    ("trades", "trade", '"offset" = "offset"'),              # the same one twice
    ("trades", "feed_event", '"offset" = 100000'),           # one behind all there is
    ("candles.1m", "candle", "open_time = '1999-01-01Z'"),   # a window that nobody has told of
    ("candles.1m", "candle_revision", "revision = 99"),
])
def test_a_row_too_many_is_found(stored, topic, table, columns):
    ctid, *_, part = some(stored, table)
    name, _, value = columns.partition(" = ")
    with psycopg.connect(stored.database) as connection:
        connection.execute(f"CREATE TEMP TABLE more AS SELECT * FROM {part} WHERE ctid = '{ctid}'")
        connection.execute(f"UPDATE more SET {name} = {value}")
        connection.execute(f"INSERT INTO {table} SELECT * FROM more")
    code, lines, log = check(stored, topic)
    assert (code, errors(log)) == (1, [])
    assert any(line.startswith(f"{table}: DIFFERENT: a row that no record has made") for line in lines), lines
    assert sum(1 for line in lines if ROW.fullmatch(line)) == 1


def test_opportunities_and_what_is_watched(pipeline):
    chance = random.Random(5)
    write_opportunities(pipeline.kafka, pipeline.prefix, chance, 60)
    sink = pipeline.sink("--retention.arbitrage.days", "0")
    wait_for(pipeline.sink_is_done, 60, "rows of all records")
    assert sink.stop() == 0
    counts = {table: pipeline.rows(f"SELECT count(*) FROM {table}")[0][0] for table in ARBITRAGE}
    assert all(counts.values())
    code, lines, log = check(pipeline, "arbitrage")
    assert (code, errors(log)) == (0, [])
    assert lines == [*(f"{table}: equal, {count} rows" for table, count in counts.items()),
                     f"equal: 3 tables, {sum(counts.values())} rows"]
    for n, table in enumerate(ARBITRAGE, 1):
        ctid, partition, offset, part = some(pipeline, table)
        change(pipeline, f"UPDATE {part} SET suspect = NOT suspect, legs = '[]' WHERE ctid = '{ctid}'")
        code, lines, _ = check(pipeline, "arbitrage")
        assert code == 1
        assert f"{table}: DIFFERENT: value (legs, suspect)" in lines
        assert lines[-1].startswith(f"DIFFERENT: {n} differences")
        assert f'"table":"{table}","partition":{partition},"offset":{offset}' in "".join(lines)


def test_a_sink_that_is_behind_is_told_or_waited_for(pipeline):
    chance = random.Random(2)
    write_trades(pipeline.kafka, pipeline.prefix + "trades", chance, TRADES)
    code, _, log = check(pipeline, "trades")
    assert code == 1
    assert "is stored up to offset 0, but ends at" in errors(log)[0] and "the sink is behind (see --wait)" in errors(log)[0]
    pipeline.sink("--retention.trades.days", "0")
    code, lines, log = check(pipeline, "trades", "--wait", 60)
    assert (code, errors(log)) == (0, [])
    assert lines[0] == f"trade: equal, {TRADES} rows"


def test_what_is_in_quarantine_or_was_dropped_with_its_day_is_not_missed(pipeline):
    chance = random.Random(3)
    topic = pipeline.prefix + "trades"
    with psycopg.connect(pipeline.database) as connection:
        connection.execute("ALTER TABLE trade ADD CONSTRAINT no_a3 CHECK (symbol <> 'A3-USDT')")
    market = Market(4)
    market.fill(Writer(pipeline.kafka.brokers), 500, topic)
    old = [{**any_trade(chance, n), "receive_time": 1_500_000_000_000_000} for n in range(3)]
    writer = Writer(pipeline.kafka.brokers)
    for t in old:
        writer.put(topic, encode("trade", t), b"A0", 0)
    writer.put(topic, b"no record", b"A0", 0)
    writer.flush()
    sink = pipeline.sink("--retention.trades.days", "0")
    wait_for(pipeline.sink_is_done, 60, "rows of all records")
    assert sink.stop() == 0
    held = pipeline.rows("SELECT count(*) FROM quarantine")[0][0]
    assert held > 5
    code, lines, log = check(pipeline, "trades")
    assert (code, errors(log)) == (0, [])
    assert lines[0] == f"trade: equal, {503 - held} rows; {held} records in quarantine"
    with psycopg.connect(pipeline.database) as connection:
        connection.execute("DROP TABLE trade_20170714")
    code, lines, log = check(pipeline, "trades")
    assert (code, errors(log)) == (0, [])
    assert lines[0] == f"trade: equal, {500 - held} rows; {held} records in quarantine"


def test_rows_of_records_that_retention_has_removed_are_not_judged(stored):
    trades = [m for m in read_topic(stored.kafka.brokers, stored.prefix + "trades") if m.partition == 1]
    part = TopicPartition(stored.prefix + "trades", 1, trades[20].offset)
    admin = AdminClient({"bootstrap.servers": stored.kafka.brokers})
    for done in admin.delete_records([part]).values():
        done.result(30)
    older = stored.rows(f'SELECT count(*) FROM trade WHERE partition = 1 AND "offset" < {trades[20].offset}')[0][0]
    code, lines, log = check(stored, "trades")
    assert (code, errors(log)) == (0, [])
    assert lines[0] == f"trade: equal, {TRADES - older} rows; {older} older than the topic"


def test_tables_that_cannot_be_compared_are_refused(kafka, topics, tables, program):
    pipeline = Pipeline(program, kafka, topics, tables)
    code, _, log = check(pipeline, "instruments")
    assert (code, errors(log)) == (2, ["--table compares trades, candles.<interval> and arbitrage with their tables, not "
                                       "instruments"])
    code, _, log = verify(kafka, "--table", "trades", "--database.url", "postgresql://127.0.0.1:1/x", prefix=topics)
    assert code == 1 and "cannot connect" in errors(log)[0]
