"""cw-producer --read, --print and --record: recorded frames through the whole producer."""

import json
import subprocess
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from producer_oracle import Written
from records import decode, read_topic
from simulator import Simulator
from stack import BUILD, TOP, environment, run, wait_for

FIXTURES = TOP / "tests" / "fixtures" / "binance"
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def read(kafka, topics, program):
    """read("trades", ...) plays a fixture into the test's topics; the program when it has ended, with its code."""
    def play(name, *arguments, path=None):
        one = program(
            "producers/cw-producer", "--instruments", FIXTURES / "binance.instruments.json", "--read",
            path or FIXTURES / f"{name}.jsonl", *arguments, env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics})
        return one, one.wait(60)

    return play


@pytest.fixture
def written(kafka, topics):
    return lambda: Written(read_topic(kafka.brokers, topics + "trades"))


def printed(path, *arguments, quotes=False):
    """(exit code, records, log) of --print."""
    done = subprocess.run(
        [BUILD / "producers/cw-producer", "--instruments", FIXTURES / "binance.instruments.json", "--read", path,
         "--quotes=" + str(quotes).lower(), "--print", "--health.listen", "", "--log.format", "json", *arguments],
        capture_output=True, text=True, timeout=60, env=environment({}), check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def golden_trades(name):
    return [r for r in map(json.loads, (FIXTURES / f"{name}.expected").read_text().splitlines()) if "trade_id" in r]


def as_json(trade):
    """A decoded trade as the JSON form has it."""
    def time(us):
        return (EPOCH + timedelta(microseconds=us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def plain(d):
        text = format(d, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text

    return {k: v if v is None else time(v) if k.endswith("_time") else plain(v) if isinstance(v, Decimal) else v for k, v in trade.items()}


def newest_frame():
    return max(int(Decimal(row["ts"]) * 1_000_000) for row in (
        json.loads(line, parse_float=Decimal) for line in (FIXTURES / "binance.ws.jsonl").read_text().splitlines()))


def test_recorded_frames_become_the_golden_records(read, written, kafka, topics):
    _, code = read("binance.ws", "--stream", "aggTrade")
    assert code == 0
    w = written()
    golden = golden_trades("binance.ws.aggTrade")
    key = lambda r: (r["symbol"], int(r["trade_id"]))
    assert sorted(map(as_json, (t for ids in w.trades.values() for t in ids.values())), key=key) == sorted(golden, key=key)
    assert w.twice == [] and w.errors == []
    newest = max(t["receive_time"] for ids in w.trades.values() for t in ids.values())
    for partition in range(4):
        last = [t for p, t in w.ticks if p == partition][-1]
        assert not last["alive"] and last["receive_time"] == newest_frame() + 75_000_000 > newest
    listed = {decode(m.value)[1]["symbol"] for m in read_topic(kafka.brokers, topics + "instruments")}
    assert listed == set(w.trades), "instruments of what is followed"
    progress = {decode(m.value)[1]["symbol"]: decode(m.value)[1] for m in read_topic(kafka.brokers, topics + "feed-progress.binance")}
    for symbol, ids in w.trades.items():
        assert (progress[symbol]["first_id"], progress[symbol]["last_id"]) == (min(ids), max(ids))
    assert progress["*"]["last_id"] == 1


def test_quotes_of_recorded_frames_are_all_written(read, kafka, topics):
    """What --print says of quotes, whose content tests/fixtures/quotes.py recomputes, is what the topic holds."""
    assert read("binance.ws", "--stream", "aggTrade", "--rates", "ETH-BRL")[1] == 0
    _, shown, _ = printed(FIXTURES / "binance.ws.jsonl", "--stream", "aggTrade", "--rates", "ETH-BRL", quotes=True)
    wanted = [r for r in shown if "bid" in r]
    messages = [(m, *m.record()) for m in read_topic(kafka.brokers, topics + "quotes")]
    of_symbol = lambda rows, symbol, quote: [r for r in rows if r["symbol"] == symbol and ("state" in r) == quote]
    for symbol in {r["symbol"] for r in wanted}:
        found = [{**as_json(r), "epoch": 0} for _, name, r in messages if name == "quote" and r["symbol"] == symbol]
        assert found == of_symbol(wanted, symbol, True)
    rates = of_symbol(wanted, "ETH-BRL", False)
    for partition in range(4):
        found = [{**as_json(r), "epoch": 0} for m, name, r in messages if name == "rate" and m.partition == partition]
        assert found == rates != []
        ticks = [r for m, name, r in messages if name == "tick" and m.partition == partition]
        assert [t["alive"] for t in ticks] == [True] * (len(ticks) - 1) + [False]


def test_reading_twice_writes_nothing_twice(read, written):
    for _ in range(2):
        assert read("trades")[1] == 0
    w = written()
    assert w.twice == []
    assert w.count == len(golden_trades("trades.trade"))
    assert {t["epoch"] for _, t in w.ticks} == {1, 2}


def test_bad_frames_are_dead_lettered_and_cost_nothing(read, written, kafka, topics):
    one, code = read("trades")
    assert code == 0, "bad frames are the exchange's fault, not the file's"
    letters = read_topic(kafka.brokers, topics + "dead-letters")
    assert [m.value for m in letters] == [
        json.loads(line)["frame"].encode() for line in (FIXTURES / "trades.jsonl").read_text().splitlines()
        if '"frame":"{\\"e\\":\\"trade\\",\\"s\\":\\"BTCUSDT\\",\\"t\\":111,\\"p\\":\\"1\\"' not in line
        and json.loads(line)["frame"].endswith(('"p":"1', "pong"))
        or '\\"p\\":\\"0\\"' in line or '\\"p\\":\\"1"' in line]
    for m in letters:
        headers = dict(m.headers)
        assert m.key == b"binance" and headers["dlq.stage"] == b"producer" and headers["dlq.exchange"] == b"binance"
    assert dict(letters[1].headers)["dlq.reason"] == b"binance: trade: p is not above 0"
    assert "frame dead-lettered" in one.log_text()
    assert 111 in written().trades["BTC-USDT"], "the good frame of that id was written"


def test_other_stream_into_the_same_topics_is_refused(read, written):
    assert read("trades")[1] == 0
    before = len(written().messages)
    one, code = read("binance.ws", "--stream", "aggTrade")
    assert code == 1
    assert "ids of the stream trade" in one.log_text()
    assert len(written().messages) == before


def test_malformed_lines_are_named_and_skipped(tmp_path):
    lines = (FIXTURES / "trades.jsonl").read_text().splitlines()
    path = tmp_path / "frames.jsonl"
    path.write_text("\n".join(lines[:5] + ["{\"ts\":1", "", "nonsense", '{"ts":"x","frame":""}'] + lines[5:]))
    code, records, log = printed(path)
    assert code == 1
    assert records == printed(FIXTURES / "trades.jsonl")[1], "the rest goes on"
    named = [json.loads(line) for line in log.splitlines() if "line skipped" in line]
    assert [(n["line"], n["file"]) for n in named] == [(6, str(path)), (8, str(path)), (9, str(path))]
    assert "3 of" in log.splitlines()[-1]


def test_symbols_limit_what_is_read():
    _, records, _ = printed(FIXTURES / "trades.jsonl", "--symbols", "ETH/USDT")
    assert {r["symbol"] for r in records if "symbol" in r} == {"ETH-USDT"}


def test_print_ends_quietly_when_its_reader_does():
    command = [BUILD / "producers/cw-producer", "--instruments", FIXTURES / "binance.instruments.json", "--read",
               FIXTURES / "binance-agg.ws.jsonl", "--stream", "aggTrade", "--print", "--health.listen", ""]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment({})) as one:
        one.stdout.read(10)
        one.stdout.close()
        assert one.wait(20) == 0
        assert b"giving up" not in one.stderr.read()


def test_what_is_recorded_is_played_back_the_same(logs, program, tmp_path):
    sim = Simulator(logs, symbols=5, rate=1000, trades=3000, hold_streams=5).wait_ready()
    frames, live = tmp_path / "frames.jsonl", tmp_path / "live.jsonl"
    try:
        with open(live, "wb") as out:
            one = program(
                "producers/cw-producer", "--symbols", "all", "--exchange.binance.ws.url", sim.ws,
                "--exchange.binance.rest.url", sim.http, "--quotes=false", "--record", frames, "--print", stdout=out, ready=True)
            sim.wait_done()
            wait_for(lambda: one.metric("candlewick_trades_written_total") == 3000, 30, "3,000 trades printed")
            listed = tmp_path / "exchangeInfo.json"
            listed.write_text(run("curl", "-sSf", sim.http + "/api/v3/exchangeInfo").stdout)
            assert one.stop() == 0
    finally:
        sim.kill9()
    code, again, _ = printed(frames, "--instruments", listed)
    assert code == 0
    first = [json.loads(line) for line in live.read_text().splitlines()]
    trades = lambda records: [r for r in records if "trade_id" in r]
    assert trades(first) == trades(again) and len(trades(first)) == 3000
