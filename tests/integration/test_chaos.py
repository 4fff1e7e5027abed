"""Everything killed, frozen, cut and slowed at once: nothing lost, nothing twice. And its judge, on what it must refuse.

A short form of `make chaos`; test_failpoints.py has the points that each program must live through.
"""

import json
import sys

import pytest

import candle_oracle
from market import Market
from pipeline import Pipeline
from records import Writer, encode
from stack import TOP

sys.path += [str(TOP / "tests/chaos"), str(TOP / "tests/kills")]

from chaos import tell
from chaos_judge import Judge
from plan import KINDS, PROGRAMS, Plan
from run_chaos import prove
from totals import Windows
from world import Shape


@pytest.mark.alone
def test_a_minute_of_chaos(directory, name):
    shape = Shape(seconds=45, seed=11149, rate=1000)
    result = prove(shape, directory / name)
    assert tell(result, shape) == 0, result["differences"]
    assert result["records"]["trades"] >= 45_000
    assert result["counts"]["kills"] >= 8 and result["counts"]["kills inside"] >= 2
    struck = result["servers"]
    assert struck["broker kills"] and struck["broker restarts"] and struck["broker disks full"]
    assert struck["postgres kills"] and struck["postgres disks full"]


# --- the plan, and the judge ---


@pytest.mark.parametrize("code, verdict", [(1, 0), (-6, 1), (-11, 1)])
def test_a_program_that_crashed_fails_a_run_that_is_exact(code, verdict):
    """One that gave up with a word does not: its successor goes on."""
    result = {"exact": True, "skipped": 0, "differences": [], "line": "", "counts": {"kills": 1}, "servers": {}, "records": {},
              "gave_up": {"postgres 0": [[code, "its last word"]]}}
    assert tell(result, Shape(seconds=45)) == verdict


def test_a_plan_is_told_by_its_seed():
    assert list(Plan(7, 600).text()) == list(Plan(7, 600).text()) != list(Plan(8, 600).text())
    blows = Plan(7, 1800).blows
    assert {b.kind for b in blows} == set(KINDS) and all(0 <= b.at_s < 1800 for b in blows)
    assert sum(b.kind.startswith("broker") for b in blows) >= 20 and sum(b.kind == "freeze" for b in blows) >= 40
    lives = [Plan(7, 1800).life(name, n) for name in PROGRAMS for n in range(30)]
    assert sum("=kill" in life for life in lives) > 200


def test_windows_add_up_as_candles_do():
    market = Market(3)
    market.fill(Nobody(), 3_000, "trades")
    windows = Windows()
    for t in market.trades:
        windows.add(t, t["receive_time"])
    for interval in candle_oracle.INTERVALS:
        assert windows.candles(interval) == candle_oracle.candles(market.trades, interval)
    assert windows.skipped == []


@pytest.mark.parametrize("came, after_s, skipped", [(False, 62.999, False), (False, 63, True), (True, 63, False),
                                                    (True, 602.999, False), (True, 603, True)])
def test_a_second_that_nobody_traded_in_is_gone_after_a_minute_and_one_that_lacks_trades_after_ten(came, after_s, skipped):
    """As docs/CANDLES.md has it; the minute takes the trade all the same."""
    late, windows = trade(5), Windows()
    second_us = candle_oracle.open_us(late["exchange_time"], "1s")
    if came:
        windows.add(trade(4, exchange_time=second_us), second_us)
    windows.add(late, second_us + round(after_s * 1e6))
    key = late["exchange"], late["symbol"], second_us
    assert windows.skipped == ([(key, late["amount"])] if skipped else [])
    assert windows.candles("1s").get(key, {}).get("trades", 0) == came + (not skipped)
    assert [c["trades"] for c in windows.candles("1m").values()] == [1 + came]


class Nobody:
    def put(self, *_):
        pass

    def flush(self):
        pass


def trade(number, **changes):
    us = 1_795_000_000_000_000 + number * 1_000_000
    t = Market(1).trade()
    return t | {"exchange": "okx", "symbol": "A1-USDT", "trade_id": str(number), "sequence": number, "exchange_time": us,
                "receive_time": us, **changes}


def told(t):
    return {"kind": "trade", "exchange": "okx", "symbol": t["symbol"], "id": t["sequence"], "price": str(t["price"]),
            "amount": str(t["amount"]), "side": t["side"], "time_us": t["exchange_time"]}


def test_the_judge_refuses_what_is_wrong(kafka, topics, logs):
    trades = {n: trade(n) for n in range(1, 11)}
    logs.mkdir(parents=True)
    ledger = logs / "ledger.jsonl"
    ledger.write_text("".join(json.dumps(told(t), separators=(",", ":")) + "\n" for t in trades.values()))
    writer = Writer(kafka.brokers)

    def put(kind, record):
        writer.put(topics + "trades", encode(kind, record), b"A1", 0, {"kind": kind.encode()})

    feed = {"exchange": "okx", "symbol": "A1-USDT", "event": "gap", "first_id": 8, "last_id": 9, "from_time": None,
            "to_time": None, "receive_time": trades[8]["receive_time"], "reason": None}
    for n in (1, 2, 3, 4, 5, 7, 9, 10):  # 6 is lost, 8 is missing and declared
        put("trade", trades[n])
    put("trade", trades[3])  # twice
    put("trade", trade(11))  # nobody told it
    put("feed", feed)  # though 9 is written
    for epoch in (2, 1):  # the second is of somebody whose place was taken
        put("tick", {"exchange": "okx", "receive_time": trades[10]["receive_time"], "alive": True, "epoch": epoch})
    writer.flush()
    judge = Judge(Pipeline(None, kafka, topics, None), {"okx": ledger}, 0)
    judge.read_trades()
    assert judge.lacking() == {"okx": 2} and not judge.is_whole()
    judge.judge_trades()
    assert (judge.duplicates.n, judge.losses.n, judge.wrong.n) == (2, 1, 2), judge.said


def test_the_judge_refuses_another_price_and_another_order(kafka, topics, logs):
    logs.mkdir(parents=True)
    ledger = logs / "ledger.jsonl"
    ledger.write_text(json.dumps(told(trade(1)), separators=(",", ":")) + "\n")
    writer = Writer(kafka.brokers)
    writer.put(topics + "trades", encode("trade", trade(1, price=trade(1)["price"] + 1)), b"A1", 0)
    writer.flush()
    judge = Judge(Pipeline(None, kafka, topics, None), {"okx": ledger}, 0)
    judge.read_trades()
    assert judge.wrong.n == 1 and "is not what was told" in judge.said[0]
    judge._tell_apart(0, [1, 2, 2], [2, 1, 3])
    assert (judge.duplicates.n, judge.losses.n, judge.wrong.n) == (1, 1, 1)
    judge._tell_apart(0, [1, 2], [2, 1])
    assert judge.wrong.n == 2
    for before, revision in ((0, 1), (1, 2), (2, 2), (2, 5)):
        judge._judge_revision("1m", "key", before, revision)
    assert (judge.duplicates.n, judge.losses.n) == (2, 3)
