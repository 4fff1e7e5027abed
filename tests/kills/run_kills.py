"""One proof: markets, blows, and what the topics hold at the end.

    result = prove(Shape(kills=50, seed=7), kafka, logs)     # a dict, as in var/kills.json
    result["differences"]                                      # none, if all holds
"""

import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict

from blows import plan
from stack import wait_for
from torment import Torment
from verdict import Quotes, Trades

WHOLE_S = 240  # after the market's end: repair asks some exchanges once a second
MARGIN_US = 1_000_000  # around a blow: trades that were on their way; the first moments of whoever came back
USUAL_US = 1_000_000  # a trade is written within this where nothing is wrong
CALM_US = 5_000_000  # after one blow is made good and before the next: the group has settled


def prove(shape, kafka, logs, blows=None, **options):
    """options: of Torment."""
    with ExitStack() as undo:
        t = Torment(shape, kafka, logs, undo, **options)
        if blows is None:
            blows = plan(shape.seed, shape.kills, shape.strike_s, t.exchanges)
        begin = time.monotonic()
        t.begin()
        t.strike(blows)
        t.end_of_markets()
        market_s = time.monotonic() - begin
        return {"shape": asdict(shape), "market_s": market_s, **_judge(t)}


def _judge(t):
    """While the producers live, until all is whole; then they stop, and what that wrote is judged with the rest."""
    ledgers = {x: sim.ledger_path for x, sim in t.sims.items()}
    frozen = [(s.exchange, s.at_us, s.back_us) for s in t.struck if s.name.startswith("freeze")]
    trades, quotes = Trades(ledgers), Quotes(ledgers, frozen)
    begin, lacking = time.monotonic(), None
    with t.tail("trades") as trade_tail, t.tail("quotes") as quote_tail:
        def read():
            for m in trade_tail.more():
                trades.take(m)
            for m in quote_tail.more():
                quotes.take(m)
            return trades.is_whole() and quotes.is_up_to_date()

        try:
            wait_for(read, WHOLE_S, "whole topics", 0.5)
        except AssertionError:
            lacking = (f"{WHOLE_S} s after the end of the markets {trades.lacking()} trades lack, and quotes are behind: "
                       f"{quotes.behind()[:10]}")
        settled_s = time.monotonic() - begin
        t.stop()
        read()
    return {"settled_s": settled_s, "differences": [lacking] * bool(lacking) + quotes.differences[:20] + trades.differences(),
            **_figures(t, trades, quotes)}


def _figures(t, trades, quotes):
    def each(count):
        """{exchange: how many}"""
        return {x: count(w) for x, w in trades.written.items()}

    return {
        "trades": each(lambda w: w.count),
        "made": trades.made,
        "twice": trades.twice(),
        "lost": sum(max(n, 0) for n in trades.lacking().values()),
        "repaired": each(lambda w: w.origins["repair"]),
        "gaps": each(lambda w: len(w.events("gap"))),
        "gap_ids": each(lambda w: sum(f["last_id"] - f["first_id"] + 1 for f in w.events("gap"))),
        "given_up": each(lambda w: len(w.events("given_up"))),
        "quotes": quotes.counts["quotes"],
        "quotes_ignored": quotes.counts["ignored"],
        "quotes_late": quotes.counts["late"],
        "openings": _openings(t),
        "struck": _struck(t, trades),
    }


def _openings(t):
    """How often a shard was begun to be written: at first, by the other producer, by the same one again."""
    found, before = Counter(), {}
    for exchange, shard, _, producer in t.openings():
        last = before.get((exchange, shard))
        found["first" if last is None else "taken over" if last != producer else "taken up again"] += 1
        before[exchange, shard] = producer
    return found


def _struck(t, trades):
    """Of each victim: how it was, how long it was away, and what it cost."""
    delays = {x: trades.delays(x) for x in t.exchanges}
    rows = [{**asdict(s), **_cost(s, delays[s.exchange])} for s in t.struck]
    for row in rows:
        row["alone"] = all(other["at_us"] > row["whole_us"] or other["whole_us"] + CALM_US < row["at_us"]
                           for other in rows if other["exchange"] == row["exchange"] and not _is_together(row, other))
    return rows


def _is_together(row, other):
    """Both of one blow, or the same."""
    return row["name"] == other["name"] and abs(row["at_us"] - other["at_us"]) < MARGIN_US


def _cost(s, delays):
    """Of trades sent around the time it was away that were written later than usual. whole_us: when the last of them was;
    whole_s: how long after its return that is; longest_s: how long one of them waited at most."""
    late = [(sent, written) for sent, written in delays
            if s.at_us - MARGIN_US <= sent <= s.back_us + MARGIN_US and written - sent > USUAL_US]
    whole_us = max((written for _, written in late), default=s.back_us)
    return {"whole_us": max(whole_us, s.back_us), "whole_s": max(0, whole_us - s.back_us) / 1e6,
            "longest_s": max((written - sent for sent, written in late), default=0) / 1e6}
