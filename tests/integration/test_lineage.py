"""From a candle to its trades: cw-tap --lineage on candles that cw-candles has made."""

import json
import shlex
import subprocess
from decimal import Decimal

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from avro_records import expected_json
from market import START_US, Market
from records import Writer, committed, decode, encode, read_topic
from stack import LOCAL, environment, wait_for
from test_tap import TAP, parsed

MINUTE_US = 60_000_000


class Producing(Writer):
    """Writes as a producer does: partitions by murmur2 of the key, in transactions, with an aborted one now and then."""

    def __init__(self, brokers, name):
        self._failed = []
        self._count = 0
        self._producer = Producer({"bootstrap.servers": brokers, "transactional.id": name, "linger.ms": 5,
                                   "partitioner": "murmur2_random"})
        self._producer.init_transactions(30)
        self._producer.begin_transaction()

    def put(self, topic, value, key=None, partition=-1, headers=None):
        if self._count % 150 == 75:  # what has not been committed is lost: only at the start of a transaction
            self._producer.commit_transaction(30)
            self._producer.begin_transaction()
            self._producer.produce(topic, b"never", b"A1")
            self._producer.flush(30)
            self._producer.abort_transaction(30)
            self._producer.begin_transaction()
        self._count += 1
        super().put(topic, value, key, -1 if key else partition, headers)

    def flush(self):
        self._producer.commit_transaction(30)
        self._producer.begin_transaction()


def lineage(kafka, prefix, key, *arguments):
    """(exit code, stdout, log events)."""
    done = subprocess.run(
        [TAP, "--brokers", kafka.brokers, "--prefix", prefix, "--lineage", key, *arguments], capture_output=True,
        timeout=60, env=environment({"CW_LOG_FORMAT": "json"}))
    return done.returncode, done.stdout.decode(), parsed(done.stderr)


def errors(log):
    return [event["error"] for event in log if event["level"] == "error"]


def placed(trade):
    ahead = trade["exchange_time"] - trade["receive_time"] > 5_000_000
    return trade["receive_time" if ahead else "exchange_time"]


def trades_of(messages, candle):
    """The messages of trades that belong in the candle's window."""
    found = []
    for m in messages:
        kind, trade = decode(m.value)
        if (kind == "trade" and (trade["exchange"], trade["symbol"]) == (candle["exchange"], candle["symbol"])
                and candle["open_time"] <= placed(trade) < candle["close_time"]):
            found.append((m, trade))
    return found


def newest(messages):
    """{key: (message, candle)}."""
    return {m.key.decode(): (m, decode(m.value)[1]) for m in messages}


def test_the_trades_of_a_candle_and_the_line_that_shows_the_same_bytes(kafka, topics, program):
    market = Market(1)
    writer = Producing(kafka.brokers, topics + "writer")
    market.fill(writer, 12_000, topics + "trades")
    market.end(writer, topics + "trades")
    program("processors/cw-candles", "--instance", "0", env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics})
    trades = read_topic(kafka.brokers, topics + "trades")
    last = {m.partition: m.offset for m in trades}
    wait_for(lambda: all(committed(kafka.brokers, topics + "cw-candles", topics + "trades", p) > offset
                         for p, offset in last.items()), 60, "end of the input")
    minutes = newest(read_topic(kafka.brokers, topics + "candles.1m"))
    revised = [key for key, (_, c) in minutes.items() if c["revision"] > 1 and c["trades"] > 1]
    some = [*sorted(revised)[:2], sorted(minutes)[0], sorted(minutes)[-1]]
    assert len(revised) > 1, "the market has late trades"
    for number, key in enumerate(some):
        _, candle = minutes[key]
        expected = trades_of(trades, candle)
        assert len(expected) == candle["trades"] and sum(t["amount"] for _, t in expected) == candle["volume"]
        code, output, log = lineage(kafka, topics, key)
        assert (code, errors(log)) == (0, [])
        assert [json.loads(line) for line in output.splitlines()] == [expected_json("Trade", t) for _, t in expected]
        command = shlex.split(next(event["command"] for event in log if "command" in event))
        assert command[0] == "kafka-console-consumer"
        between = [m for m in trades if m.partition == candle["partition"]
                   and candle["first_offset"] <= m.offset <= candle["last_offset"]]
        assert command[1:] == ["--bootstrap-server", kafka.brokers, "--topic", topics + "trades", "--partition",
                               str(candle["partition"]), "--offset", str(candle["first_offset"]), "--max-messages",
                               str(len(between)), "--isolation-level", "read_committed"]
        if number == 0:
            assert len(between) < candle["last_offset"] - candle["first_offset"] + 1, "some offsets are no records"
            shown = subprocess.run([LOCAL / "bin" / command[0], *command[1:], "--timeout-ms", "20000"],
                                   capture_output=True, timeout=90, check=True)
            assert shown.stdout == b"".join(m.value + b"\n" for m in between)
            assert all(m.value in shown.stdout for m, _ in expected)
    key = next(k for k, (_, c) in newest(read_topic(kafka.brokers, topics + "candles.1h")).items() if c["trades"] > 9)
    hour = newest(read_topic(kafka.brokers, topics + "candles.1h"))[key][1]
    code, output, log = lineage(kafka, topics, key, "--topic", "candles.1h", "--meta")
    assert (code, errors(log)) == (0, [])
    found = [json.loads(line) for line in output.splitlines()]
    assert [(f["partition"], f["offset"]) for f in found] == [(m.partition, m.offset) for m, _ in trades_of(trades, hour)]
    code, output, _ = lineage(kafka, topics, key, "--topic", "candles.1h", "--format", "csv")
    assert code == 0 and output.count("\n") == 1 + len(found) and output.startswith("exchange,symbol,trade_id,")


# --- what does not agree, or is not there -----------------------------------------------------------------------------


def trade(n, price, amount=1):
    return {"exchange": "binance", "symbol": "BTC-USDT", "trade_id": str(n), "sequence": n, "price": Decimal(price),
            "amount": Decimal(amount), "side": "buy", "exchange_time": START_US + n, "receive_time": START_US + n,
            "origin": "live"}


def candle_of(made, partition, first, last, **other):
    """Of a minute of BTC-USDT."""
    none = not made
    volume = sum(t["amount"] for t in made) if made else Decimal(0)
    return {"exchange": "binance", "symbol": "BTC-USDT", "interval": "1m", "open_time": START_US,
            "close_time": START_US + MINUTE_US, "open": None if none else made[0]["price"],
            "high": None if none else max(t["price"] for t in made),
            "low": None if none else min(t["price"] for t in made), "close": None if none else made[-1]["price"],
            "volume": volume, "quote_volume": volume, "buy_volume": volume, "trades": len(made), "vwap": None,
            "first_trade_id": None if none else made[0]["trade_id"],
            "last_trade_id": None if none else made[-1]["trade_id"], "status": "final", "coverage": "complete",
            "missing": None, "revision": 1, "reason": None, "origin": "trades", "partition": partition,
            "first_offset": first, "last_offset": last, **other}


KEY = "binance|BTC-USDT|2025-11-21T00:00:00Z"
STORED_KEY = "binance|BTC-USDT|2025-11-21T00:00:00.000000Z"


@pytest.fixture
def bitcoin(kafka, topics):
    """Five trades of a minute, and a way to write its candle beside them: put(candle)."""
    writer = Producing(kafka.brokers, topics + "writer")
    made = [trade(n, 100 + n) for n in range(5)]
    for t in made:
        writer.put(topics + "trades", encode("trade", t), b"BTC")
    writer.flush()
    found = read_topic(kafka.brokers, topics + "trades")
    where = found[0].partition, found[0].offset, found[-1].offset

    candles = Writer(kafka.brokers)

    def put(value):
        candles.put(topics + "candles.1m", value, STORED_KEY.encode(), where[0])  # the partition of its trades
        candles.flush()

    return made, where, put


def test_a_candle_that_does_not_add_up_is_told(kafka, topics, bitcoin):
    made, where, put = bitcoin
    put(encode("candle", candle_of(made, *where)))
    assert lineage(kafka, topics, KEY)[0] == 0
    put(encode("candle", candle_of(made, *where, volume=Decimal("5.5"), trades=6, last_trade_id="9")))
    code, output, log = lineage(kafka, topics, KEY)
    assert code == 1
    assert len(output.splitlines()) == 5, "what is there is printed"
    assert errors(log) == ["the 5 trades found between its offsets do not make this candle of 6: other trades, volume, "
                           "last_trade_id"]
    assert any("command" in event for event in log)


def test_a_candle_without_trades_says_so(kafka, topics, bitcoin):
    _, where, put = bitcoin
    put(encode("candle", candle_of([], where[0], None, None, coverage="down")))
    code, output, log = lineage(kafka, topics, KEY)
    assert (code, output, errors(log)) == (0, "", [])
    [said] = [event for event in log if event["msg"] == "candle"]
    assert (said["trades"], said["coverage"], said["first_offset"]) == (0, "down", -1)


def test_a_candle_that_is_not_there_or_was_deleted_is_named(kafka, topics, bitcoin):
    made, where, put = bitcoin
    missing = [f"no candle {STORED_KEY} in {topics}candles.1m, partition {where[0]}"]
    code, _, log = lineage(kafka, topics, KEY)
    assert (code, errors(log)) == (1, missing)
    put(encode("candle", candle_of(made, *where)))
    put(None)
    code, _, log = lineage(kafka, topics, KEY)
    assert (code, errors(log)) == (1, missing)


def test_trades_that_retention_has_removed_are_told(kafka, topics, bitcoin):
    made, where, put = bitcoin
    put(encode("candle", candle_of(made, *where)))
    admin = AdminClient({"bootstrap.servers": kafka.brokers})
    for done in admin.delete_records([TopicPartition(topics + "trades", where[0], where[1] + 2)]).values():
        done.result(30)
    code, output, log = lineage(kafka, topics, KEY)
    assert (code, output) == (1, "")
    assert errors(log) == [f"{topics}trades partition {where[0]} begins at offset {where[1] + 2}: retention has removed some "
                           f"or all of the candle's trades, which lie from {where[1]} to {where[2]}"]


@pytest.mark.parametrize("arguments,message", [
    (["--lineage", "BTC-USDT"], "is not exchange|symbol|open_time"),
    (["--lineage", "binance|BTC-USDT|noon"], "--lineage: "),
    (["--lineage", KEY, "--symbol", "BTC-USDT"], "all or none"),
    (["--lineage", KEY, "--from-beginning"], "all or none"),
    (["--lineage", KEY, "--max-messages", "3"], "all or none"),
    (["--lineage", KEY, "--mirror"], "all or none"),
])
def test_a_wrong_call_is_a_usage_error_that_names_it(arguments, message):
    done = subprocess.run([TAP, "--brokers", "127.0.0.1:1", *arguments], capture_output=True, text=True, timeout=20,
                          env=environment({"CW_LOG_FORMAT": "json"}))
    assert done.returncode == 2
    assert message in done.stderr.replace('\\"', '"')
