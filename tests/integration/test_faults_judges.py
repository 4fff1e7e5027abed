"""What `make faults` judges by, on what it must refuse."""

import sys
from decimal import Decimal

import pytest

from records import Message, encode
from stack import TOP, run

sys.path.append(str(TOP / "tests/faults"))

from cases import ALL, Setting
from quote_judge import QuoteJudge
from trade_judge import TradeJudge


def test_a_plan_lies_within_its_time_and_hangs_on_the_seed():
    for case in ALL:
        for exchange in ("binance", "kraken", "okx"):
            plans = [case.plan(Setting(exchange, 60, seed, case.name)) for seed in (1, 1, 2)]
            assert plans[0] == plans[1] and case.fault in {f["fault"] for f in plans[0]}
            assert all(0 < f["after_ms"] and f["after_ms"] + f.get("for_ms", 0) <= 50_000 for f in plans[0]), plans[0]


def test_what_is_not_there_is_refused():
    done = run(sys.executable, TOP / "tests/faults/faults.py", "--faults", "nosuch", check=False)
    assert done.returncode == 2 and "there is no ['nosuch']" in done.stderr


# --- what the judge of trades refuses ---


def row(number, **members):
    return {"kind": "trade", "exchange": "okx", "symbol": "A1-USDT", "id": number, "price": "1.50000000",
            "amount": "0.50000000", "side": "buy", "time_us": 10**15 + 1000 * number, "connections": 1, **members}


def trade(number, **fields):
    return "trade", {"exchange": "okx", "symbol": "A1-USDT", "trade_id": str(number), "sequence": number,
                     "price": Decimal("1.5"), "amount": Decimal("0.5"), "side": "buy",
                     "exchange_time": 10**15 + 1000 * number, "receive_time": 10**15, "origin": "live", **fields}


def feed(event, first, last, before, behind):
    times = [10**15 + 1000 * n for n in (before, behind)]
    return "feed", {"exchange": "okx", "symbol": "A1-USDT", "event": event, "first_id": first, "last_id": last,
                    "from_time": times[0], "to_time": times[1], "receive_time": 10**15, "reason": None}


def judged(records, rows, allowed=(), skipped=False):
    messages = [Message(0, n, b"A1", encode(kind, r), (("kind", b"feed"),) if kind == "feed" else ())
                for n, (kind, r) in enumerate(records)]
    return TradeJudge(messages, "okx").all_differences(rows, set(allowed), skipped)


ROWS = [row(n) for n in range(1, 7)]
GAP = feed("gap", 2, 4, 1, 5)
HEALED = [trade(1), GAP, trade(5), feed("repairing", 2, 4, 1, 5), trade(2, origin="repair"), trade(3, origin="repair"),
          feed("repaired", 2, 3, 1, 5), trade(4, origin="repair"), feed("repaired", 4, 4, 1, 5), trade(6)]
GIVEN_UP = [trade(1), GAP, trade(5), feed("given_up", 2, 4, 1, 5), trade(6)]
MISSING = {("A1-USDT", n) for n in (2, 3, 4)}


def test_a_hole_that_is_healed_and_one_that_cannot_be():
    assert judged(HEALED, ROWS) == []
    assert judged(GIVEN_UP, ROWS, MISSING) == []
    older = [trade(5), GAP, trade(1), *(trade(n) for n in (2, 3, 4)), feed("repaired", 2, 4, 1, 5), trade(6)]
    assert judged(older, ROWS) == []
    assert judged(GIVEN_UP, [r for r in ROWS if r["id"] not in (2, 3, 4)], skipped=True) == []


@pytest.mark.parametrize("records, word", [
    ([trade(n) for n in (1, 2, 3, 4, 6)], "5 is neither written nor missing"),
    ([trade(n) for n in (1, 2, 3, 4, 5, 5, 6)], "5 twice"),
    ([trade(n) for n in (1, 2, 3, 4, 5, 6, 7)], "7 was never sent"),
    ([trade(n, price=Decimal(1)) if n == 3 else trade(n) for n in range(1, 7)], "price"),
    ([trade(n, exchange_time=1) if n == 3 else trade(n) for n in range(1, 7)], "exchange_time"),
    (GIVEN_UP, "could be had"),
    ([trade(1), GAP, trade(5), trade(6)], "still open"),
    ([trade(1), GAP, trade(6), *GIVEN_UP[2:4]], "behind a gap comes 6"),
    ([trade(1), feed("gap", 2, 4, 0, 5), *GIVEN_UP[2:]], "a gap behind"),
    ([*HEALED, feed("repairing", 2, 4, 1, 5)], "of no open gap"),
    ([*HEALED[:5], HEALED[6], HEALED[5], *HEALED[7:]], "repaired, and not written"),
    ([*HEALED[:8], feed("given_up", 4, 4, 1, 5), trade(6)], "given up, and written"),
    ([*HEALED, feed("gap", 2, 2, 1, 5)], "told already")])
def test_the_judge_of_trades_refuses(records, word):
    found = judged(records, ROWS)
    assert any(word in line for line in found), found


def test_what_should_be_missing_and_is_not_is_a_difference():
    assert any("4 should be missing" in line for line in judged(HEALED, ROWS, MISSING))


# --- what the judge of quotes refuses ---


def told(number):
    return {"symbol": "A1-USDT", "bid": f"{number}.5", "bid_amount": "1", "ask": f"{number + 1}", "ask_amount": "2",
            "time_us": number * 10**6, "send_us": number * 10**6, "exchange": "okx", "connections": 1}


def quote(number, late_s=0.1, **fields):
    return {"exchange": "okx", "symbol": "A1-USDT", "bid": Decimal(f"{number}.5"), "bid_amount": Decimal(1),
            "ask": Decimal(number + 1), "ask_amount": Decimal(2), "exchange_time": number * 10**6, "epoch": 1,
            "receive_time": round((number + late_s) * 10**6), **fields}


VOID = quote(9, bid=None, bid_amount=None, ask=None, ask_amount=None)
TOLD = [told(n) for n in (1, 2, 3, 4)]


def judged_quotes(quotes, *others):
    return QuoteJudge([(0, "quote", r) for r in quotes] + [(0, *other) for other in others], TOLD).differences


@pytest.mark.parametrize("records", [
    [quote(1), quote(2), quote(3), quote(4), VOID], [quote(1), quote(4), VOID],
    [quote(1), quote(2), VOID, quote(2, 1), quote(4), VOID],
    [quote(3), quote(2, 1.5, epoch=2), quote(3, 1, epoch=2), quote(4, 1, epoch=2), {**VOID, "epoch": 2}]])
def test_quotes_that_say_nothing_false(records):
    assert judged_quotes(records) == []


def test_a_higher_epoch_makes_void_what_lower_ones_said():
    tick = {"exchange": "okx", "receive_time": 10**7, "alive": True, "epoch": 2}
    assert judged_quotes([quote(1)], ("tick", tick)) == []
    assert judged_quotes([quote(1)], ("tick", {**tick, "epoch": 1})) != []


@pytest.mark.parametrize("records, word", [
    ([], "none"), ([quote(1), quote(4)], "end of the producer"), ([quote(1), quote(3), VOID], "ends with"),
    ([quote(2), quote(1), quote(4), VOID], "never told"), ([quote(2), quote(2), quote(4), VOID], "never told"),
    ([quote(1), quote(5), quote(4), VOID], "never told"),
    ([quote(4), quote(1, 5, epoch=2), quote(4, 1), VOID], "over for"), ([quote(1, 4), quote(4), VOID], "over for 3.0 s"),
    ([quote(1, -3), quote(4), VOID], "received before"), ([quote(1, ask=Decimal(9)), quote(4), VOID], "never told")])
def test_the_judge_of_quotes_refuses(records, word):
    found = judged_quotes(records)
    assert any(word in line for line in found), found
