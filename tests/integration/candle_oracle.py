"""Candles by the book, from trades in any order: the rules of docs/INTRODUCTION.md in the plainest Python there is.

Shares nothing with the fold under test: no stream time, no pace, no state, Decimal throughout.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal

EXACT = Context(prec=120)
E18 = Decimal(1).scaleb(-18)
MINUTE_US = 60_000_000
AHEAD_US = 5_000_000


def round18(value):
    return value.quantize(E18, rounding=ROUND_HALF_EVEN, context=EXACT)


def placed_us(trade):
    """By exchange time, unless that is more than 5 s ahead of the receive time."""
    ahead = trade["exchange_time"] - trade["receive_time"] > AHEAD_US
    return trade["receive_time"] if ahead else trade["exchange_time"]


def order(trade):
    trade_id = trade["trade_id"].encode()
    return placed_us(trade), trade["sequence"] or 0, len(trade_id), trade_id


def candle(trades):
    """What the last revision of a window must say of its trades."""
    first, last = min(trades, key=order), max(trades, key=order)
    volume = quote_volume = buy_volume = Decimal(0)
    for t in trades:
        volume = EXACT.add(volume, t["amount"])
        quote_volume = EXACT.add(quote_volume, round18(EXACT.multiply(t["price"], t["amount"])))
        if t["side"] == "buy":
            buy_volume = EXACT.add(buy_volume, t["amount"])
    return {
        "open": first["price"], "high": max(t["price"] for t in trades), "low": min(t["price"] for t in trades),
        "close": last["price"], "volume": volume, "quote_volume": quote_volume, "buy_volume": buy_volume,
        "trades": len(trades), "vwap": round18(EXACT.divide(quote_volume, volume)),
        "first_trade_id": first["trade_id"], "last_trade_id": last["trade_id"],
    }


def candles(trades, length_us=MINUTE_US):
    """{(exchange, symbol, open time): candle} of all windows that have a trade."""
    windows = {}
    for t in trades:
        open_us = placed_us(t) // length_us * length_us
        windows.setdefault((t["exchange"], t["symbol"], open_us), []).append(t)
    return {key: candle(inside) for key, inside in windows.items()}


def last_revisions(records):
    """{(exchange, symbol, open time): record} from final candle records in the order of their partition."""
    last = {}
    for r in records:
        key = (r["exchange"], r["symbol"], r["open_time"])
        expected = last[key]["revision"] + 1 if key in last else 1
        assert r["revision"] == expected, f"{key}: revision {r['revision']} where {expected} comes next"
        last[key] = r
    return last


def differences(expected, actual):
    """Lines that say where the last revisions differ from what they must be; empty if nowhere."""
    lines = [f"{key}: missing" for key in expected.keys() - actual.keys()]
    lines += [f"{key}: there is no trade for it" for key in actual.keys() - expected.keys()]
    for key in expected.keys() & actual.keys():
        for field, value in expected[key].items():
            if actual[key][field] != value:
                lines.append(f"{key}: {field} is {actual[key][field]}, must be {value}")
    return lines
