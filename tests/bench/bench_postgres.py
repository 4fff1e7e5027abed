"""postgres.*: trades into their table by cw-postgres, and the same rows by a bare COPY of PostgreSQL itself."""

import tempfile
import time

import psycopg

from ground import Ground
from stack import Postgres, make_our_tables, wait_for
from usage import cpu_seconds, peak_mib

BLOCK = 1 << 20
BATCH_WAITS = "SELECT FROM pg_locks WHERE relation = 'trade'::regclass AND NOT granted"


def stored(connection):
    """Trades in the table, as the sink's offsets have it."""
    return dict(connection.execute("SELECT partition, next_offset FROM sink_offset WHERE topic LIKE '%trades'").fetchall())


def by_sink(ground, url, connection, trades):
    ends = {p: end for p, end in ground.ends("trades").items() if end > 0}
    with psycopg.connect(url) as gate:
        gate.execute("LOCK TABLE trade IN SHARE MODE")  # the clock starts with the first batch, which waits for us here
        one = ground.start("sinks/cw-postgres", env={"CW_DATABASE_URL": url})
        wait_for(lambda: connection.execute(BATCH_WAITS).fetchall(), 60, one.log_end, interval=0.005)
        start = time.monotonic()
    wait_for(lambda: all(stored(connection).get(p, 0) >= end for p, end in ends.items()), 300, one.log_end, 0.01)
    took = time.monotonic() - start
    used, memory = cpu_seconds(one.pid), peak_mib(one.pid)
    assert one.stop() == 0, one.log_end()
    assert connection.execute("SELECT count(*) FROM trade").fetchone()[0] == trades, "each trade is stored once"
    return trades / took, trades / used, memory


def by_copy(connection, trades, checkpoint):
    """The same rows into the same, emptied table."""
    columns = ('exchange, symbol, trade_id, sequence, price, amount, side, exchange_time, receive_time, origin, partition,'
               ' "offset"')
    with tempfile.TemporaryFile() as rows:
        with connection.cursor().copy(f"COPY (SELECT {columns} FROM trade) TO STDOUT (FORMAT BINARY)") as copy:
            for block in copy:
                rows.write(block)
        connection.execute("TRUNCATE trade")
        checkpoint()  # what was written before is not this one's to pay for
        rows.seek(0)
        start = time.monotonic()
        with connection.cursor().copy(f"COPY trade ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
            while block := rows.read(BLOCK):
                copy.write(block)
        took = time.monotonic() - start
    assert connection.execute("SELECT count(*) FROM trade").fetchone()[0] == trades
    return trades / took


def measure(figures, place):
    ground = Ground(place.kafka, "postgres.", place.logs)
    trades = place.sizes.rows
    ground.load(trades=trades)
    url = place.postgres.make_database("bench")
    make_our_tables(url)
    with psycopg.connect(url, autocommit=True) as connection:
        rate, per_cpu, memory = by_sink(ground, url, connection, trades)
        copied = by_copy(connection, trades, lambda: place.postgres.sql("CHECKPOINT"))
    figures.add("postgres.copy", copied, "rows/s")
    figures.add("postgres.trades", rate, "rows/s", to="postgres.copy")
    figures.add("postgres.cpu", per_cpu, "rows/CPU s")
    figures.add("postgres.memory", memory, "MiB")
