"""Two producers of an exchange killed, frozen and stopped while its market plays: no trade is lost, and none is there twice.

A short form of `make kills`, and its judges on what they must refuse.
"""

import json
import sys
from decimal import Decimal

import pytest

from quote_oracle import NOBODY, SIDES
from records import Message, encode
from stack import TOP

sys.path.append(str(TOP / "tests/kills"))

import summary
from blows import KINDS, SESSION_S, Blow, plan
from run_kills import prove
from torment import Shape
from verdict import Quotes, Trades

SECOND = 1_000_000
NOW_US = 1_795_000_000 * SECOND


# OKX: of every kind, the next one before the last is made good. Binance: with cold standbys. Kraken: one who stands still while
# another takes over, and nothing else.
BLOWS = [
    Blow(0, "kill", "okx", (0,), 0.5, True),
    Blow(4, "stop", "okx", (1,), 0, True),
    Blow(6, "kill", "okx", (0, 1), 1, True),
    Blow(8, "kill", "okx", (1,), 0, False),
    Blow(12, "freeze", "okx", (0, 1), SESSION_S + 2, True),
    Blow(0, "kill", "binance", (0,), SESSION_S + 2, True),
    Blow(14, "freeze", "binance", (1,), SESSION_S + 2, True),
    Blow(17, "kill", "binance", (0,), 0.5, True),
    Blow(0, "freeze", "kraken", (0,), SESSION_S + 4, True)]


@pytest.mark.alone
def test_a_minute_of_kills(kafka, prefix, logs):
    shape = Shape(trades=30_000, rate=600, quote_rate=600, seed=5, kills=len(BLOWS))
    result = prove(shape, kafka, logs, BLOWS, prefix=prefix, cold=("binance",))
    print(summary.text(result))
    assert result["differences"] == []
    assert result["twice"] == result["lost"] == 0
    assert sum(result["trades"].values()) == result["made"] == shape.trades
    assert len(result["struck"]) == 11 and result["openings"]["taken over"] > 0
    assert result["repaired"]["okx"] > 0, "what neither of both heard"
    assert result["repaired"]["binance"] > 0, "what nobody listened to until the takeover"
    assert result["gaps"]["kraken"] == result["repaired"]["kraken"] == 0, "the other one had been listening"
    zombie = next(s for s in result["struck"] if s["exchange"] == "kraken")
    assert zombie["owned"] > 0
    assert SESSION_S / 2 < zombie["longest_s"] < SESSION_S + 5, "as long as the group waits for a silent member"


# --- the plan, and the judges ---


def test_a_seed_says_it_all():
    blows = plan(7, 500, 4000, ("okx", "kraken"))
    assert blows == plan(7, 500, 4000, ("okx", "kraken")) != plan(8, 500, 4000, ("okx", "kraken"))
    assert {b.kind for b in blows} == set(KINDS) and {b.exchange for b in blows} == {"okx", "kraken"}
    assert {b.victims for b in blows} == {(0,), (1,), (0, 1)} and {b.ripe for b in blows} == {True, False}
    assert all(b.away_s > SESSION_S for b in blows if b.kind == "freeze")
    assert [b.at_s for b in blows] == sorted(b.at_s for b in blows) and 0 <= blows[0].at_s and blows[-1].at_s < 4000


def message(name, record, partition=0, offset=0, written_us=NOW_US):
    """As a producer writes it, to the symbol's partition."""
    key = record["symbol"].split("-")[0].encode() if "symbol" in record else None
    headers = () if name in ("trade", "quote") else (("kind", name.encode()),)
    return Message(partition, offset, key, encode(name, record), headers, written_us // 1000)


def trade_of(row, **other):
    return message("trade", {
        "exchange": "okx", "symbol": "BTC-USDT", "trade_id": str(row["id"]), "sequence": row["id"],
        "price": Decimal(row["price"]), "amount": Decimal(row["amount"]), "side": row["side"],
        "exchange_time": row["time_us"], "receive_time": row["time_us"], "origin": "live", **other})


def gap(first, last):
    return message("feed", {
        "exchange": "okx", "symbol": "BTC-USDT", "event": "gap", "first_id": first, "last_id": last, "from_time": NOW_US,
        "to_time": NOW_US, "receive_time": NOW_US, "reason": "away"})


def tick(epoch):
    return message("tick", {"exchange": "okx", "receive_time": NOW_US, "alive": True, "epoch": epoch})


TRADE_ROWS = [{"kind": "trade", "exchange": "okx", "symbol": "BTC-USDT", "id": n, "price": "1.5", "amount": "2", "side": "buy",
               "time_us": NOW_US, "send_us": NOW_US} for n in (1, 2, 3)]
WRITTEN = [trade_of(row) for row in TRADE_ROWS]


def ledger(path, rows):
    path.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows))
    return {"okx": path}


@pytest.mark.parametrize("case, messages, difference", [
    ("well", [tick(1), *WRITTEN, tick(2), tick(2)], None),
    ("lost", [WRITTEN[0], WRITTEN[2]], "BTC-USDT 2 is neither written nor missing"),
    ("declared", [WRITTEN[0], gap(2, 2), WRITTEN[2]], "BTC-USDT lacks ids that gap records name: 1"),
    ("twice", [*WRITTEN, WRITTEN[1]], "BTC-USDT 2 twice"),
    ("another price", [*WRITTEN[:2], trade_of(TRADE_ROWS[2], price=Decimal("1.6"))], "BTC-USDT 3: {'price'"),
    ("never made", [*WRITTEN, trade_of({**TRADE_ROWS[2], "id": 4})], "BTC-USDT 4 was never sent"),
    ("a lower epoch", [*WRITTEN, tick(2), tick(1)], "okx, partition 0: epoch 1")])
def test_what_is_wrong_with_trades_is_found(tmp_path, case, messages, difference):
    trades = Trades(ledger(tmp_path / "ledger", TRADE_ROWS))
    for m in messages:
        trades.take(m)
    found = trades.differences()
    assert (found == []) is (difference is None)
    assert difference is None or any(difference in line for line in found), found
    assert trades.is_whole() is (case not in ("lost", "declared", "never made"))


def quote(bid, at_s, epoch=1, written_s=None):
    """None: void."""
    sides = NOBODY if bid is None else (Decimal(bid), Decimal(1), Decimal(bid) + 1, Decimal(1))
    return message("quote", {
        "exchange": "okx", "symbol": "BTC-USDT", **dict(zip(SIDES, sides)), "state": "void" if bid is None else "normal",
        "exchange_time": None, "receive_time": NOW_US + at_s * SECOND, "epoch": epoch},
        written_us=NOW_US + (written_s or at_s) * SECOND)


QUOTE_ROWS = [{"kind": "quote", "exchange": "okx", "symbol": "BTC-USDT", "bid": str(bid), "bid_amount": "1",
               "ask": str(bid + 1), "ask_amount": "1", "send_us": NOW_US + at_s * SECOND}
              for bid, at_s in ((10, 0), (20, 10), (30, 11))]


@pytest.mark.parametrize("case, messages, difference, up_to_date", [
    ("well", [quote(10, 0), quote(20, 10), quote(30, 11)], None, True),
    ("one passed over", [quote(10, 0), quote(30, 11)], None, True),
    ("void meanwhile", [quote(10, 0), quote(None, 5), quote(30, 12)], None, True),
    ("said anew", [quote(10, 0), quote(10, 5, 2), quote(30, 11, 2)], None, True),
    ("a zombie", [quote(10, 0), quote(30, 11, 2), quote(20, 12, 1)], None, True),
    ("old", [quote(10, 0), quote(20, 10), quote(10, 14, 2), quote(30, 15, 2)], "was not true", True),
    ("back", [quote(10, 0), quote(30, 11), quote(20, 12)], "was not true", False),
    ("never made", [quote(10, 0), quote(25, 10), quote(30, 11)], "was not true", True),
    ("received before the freeze", [quote(10, 0, written_s=20), quote(30, 20)], None, True),
    ("received after it", [quote(10, 20), quote(30, 20)], "was not true", True),
    ("written long after it", [quote(10, 0, written_s=22), quote(30, 22)], "was not true", True),
    ("ahead of its time", [quote(20, 9), quote(30, 11)], "was not true", True),
    ("not the last", [quote(10, 0), quote(20, 10)], None, False),
    ("nobody said it anew", [quote(10, 0), quote(30, 11), tick(2)], None, False)])
def test_what_is_wrong_with_quotes_is_found(tmp_path, case, messages, difference, up_to_date):
    quotes = Quotes(ledger(tmp_path / "ledger", QUOTE_ROWS), [("okx", NOW_US, NOW_US + 20 * SECOND)])
    for m in messages:
        quotes.take(m)
    assert [difference in line for line in quotes.differences] == [True] * (difference is not None)
    assert quotes.is_up_to_date() is up_to_date
    assert quotes.counts["ignored"] == (case == "a zombie")
    assert quotes.counts["late"] == (case == "received before the freeze")
