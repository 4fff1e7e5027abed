#!/usr/bin/env python3
"""The quotes and rates that cw-producer --read --print makes of recordings, against a recomputation of them.

    producer_quotes.py CW_PRODUCER

A quote for each change of a followed symbol, void where the recording is silent for a minute or ends; a rate for each
change of its pair, 0.1 s apart at least, and again at each whole second.
"""

import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent / "fixtures" / "binance"
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
SECOND = 1_000_000
CASES = [("binance.ws", ["ZIL-USDT", "ETH-BRL", "BTC-USDT"]), ("binance-mixed.ws", [])]
LISTED = {s["symbol"]: f'{s["baseAsset"]}-{s["quoteAsset"]}'
          for s in json.loads((HERE / "binance.instruments.json").read_text())["symbols"]}


def text_time(us):
    return (EPOCH + timedelta(microseconds=us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def plain(d):
    text = format(d, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def payloads(name):
    for line in (HERE / f"{name}.jsonl").read_text().splitlines():
        row = json.loads(line, parse_float=Decimal)
        if row.get("dir", "recv") == "recv":
            payload = json.loads(row["frame"])
            yield int(Decimal(row["ts"]) * SECOND), payload.get("data", payload)


def top_of(p):
    """(symbol, bid, bid amount, ask, ask amount) of a bookTicker; None for any other payload."""
    if not all(k in p for k in "usbBaA") or "e" in p or p["s"] not in LISTED:
        return None
    bid, bid_amount, ask, ask_amount = (Decimal(p[k]) for k in "bBaA")
    gone = (None, None)
    return (LISTED[p["s"]], *((bid, bid_amount) if bid and bid_amount else gone),
            *((ask, ask_amount) if ask and ask_amount else gone))


def state_of(sides):
    bid, _, ask, _ = sides
    if bid is None or ask is None:
        return "void" if bid is ask else "one_sided"
    return "normal" if bid < ask else "crossed"


class Expected:
    def __init__(self, followed, rates):
        self.followed, self.rates = followed, rates
        self.lines = []
        self.now = {}        # symbol -> sides
        self.known = {}      # rate -> [sides, receive time], while it is normal
        self.due = set()
        self.said = {}       # rate -> when
        self.last = self.next_tick = None

    def put(self, symbol, sides, at):
        names = ("bid", "bid_amount", "ask", "ask_amount")
        shown = {n: None if s is None else plain(s) for n, s in zip(names, sides)}
        self.lines.append({"exchange": "binance", "symbol": symbol, **shown, "state": state_of(sides),
                           "exchange_time": None, "receive_time": text_time(at), "epoch": 0})

    def say_rates(self, now):
        for symbol in sorted(self.due):
            if now - self.said.get(symbol, -SECOND) >= SECOND // 10:
                (bid, _, ask, _), at = self.known[symbol]
                self.lines.append({"exchange": "binance", "symbol": symbol, "bid": plain(bid), "ask": plain(ask),
                                   "exchange_time": None, "receive_time": text_time(at), "epoch": 0})
                self.said[symbol] = now
                self.due.discard(symbol)

    def quote(self, symbol, sides, at):
        if symbol not in self.rates and symbol not in self.followed:
            return
        if symbol in self.rates:
            if state_of(sides) != "normal":
                self.known.pop(symbol, None)
                self.due.discard(symbol)
            else:
                if symbol not in self.known or self.known[symbol][0] != sides:
                    self.due.add(symbol)
                self.known[symbol] = [sides, at]
        if symbol in self.followed and self.now.get(symbol, (None,) * 4) != sides:
            self.now[symbol] = sides
            self.put(symbol, sides, at)
        self.say_rates(max(at, self.last))

    def links_lost(self, at):
        for symbol in list(self.now) + [r for r in self.rates if r not in self.now]:
            self.quote(symbol, (None,) * 4, at)

    def pass_time(self, at):
        silent = self.last is not None and at - self.last > 60 * SECOND
        if silent:
            self.links_lost(self.last)
        if self.last is None or silent:
            self.last, self.next_tick = at, at // SECOND * SECOND + SECOND
        while self.next_tick <= at:
            for symbol in self.known:
                self.known[symbol][1] = self.next_tick
                self.due.add(symbol)
            self.say_rates(self.next_tick)
            self.next_tick += SECOND
        self.last = max(self.last, at)


def expected(name, rates):
    received = list(payloads(name))
    followed = {LISTED[p["s"]] for _, p in received if p.get("e") == "aggTrade" and p["s"] in LISTED}
    e = Expected(followed, rates)
    for at, p in received:
        e.pass_time(at)
        if top := top_of(p):
            e.quote(top[0], top[1:], at)
    e.links_lost(e.last)
    return e.lines


def printed(program, name, rates):
    done = subprocess.run(
        [program, "--instruments", HERE / "binance.instruments.json", "--read", HERE / f"{name}.jsonl", "--stream", "aggTrade",
         "--rates", ",".join(rates), "--print", "--health.listen", "", "--log.level", "error"],
        stdout=subprocess.PIPE, text=True, check=True)
    return [r for r in map(json.loads, done.stdout.splitlines()) if "bid" in r]


def by_symbol(lines):
    """The records of each symbol and kind in their order: connections are lost in an order of their own."""
    found = {}
    for r in lines:
        found.setdefault((r["symbol"], "state" in r), []).append(r)
    return found


def main():
    wrong = []
    for name, rates in CASES:
        wanted, is_ = expected(name, rates), printed(sys.argv[1], name, rates)
        a, b = by_symbol(wanted), by_symbol(is_)
        for key in sorted(a.keys() | b.keys()):
            for i, (x, y) in enumerate(zip(a.get(key, []) + [None], b.get(key, []) + [None])):
                if x != y:
                    wrong.append(f"{name} {key}: record {i}\nwanted {x}\nis     {y}")
                    break
        if not wanted:
            wrong.append(f"{name}: holds no quotes")
        print(name, len(wanted), "records", file=sys.stderr)
    print("\n".join(wrong) if wrong else f"{len(CASES)} recordings agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
