#!/usr/bin/env python3
"""live_check.py [--seconds N] [EXCHANGE...] [-- OPTION...]   says of each exchange whether it answers, subscribes and delivers.

Runs `cw-producer --print` for each exchange, all at once, until a trade and a quote came of it or N seconds (30) have passed,
and tells from its log and its records how far it came. No Kafka is needed. Options behind -- go to every cw-producer, as the
environment does (CW_…); docs/EXCHANGES.md tells more. Exit code 0: all deliver; 1: not all; 2: usage.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from datetime import datetime, timezone
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
PRODUCER = Path(os.environ.get("STACK_BUILD", TOP / "build")) / "producers/cw-producer"
EXCHANGES = ("binance", "kraken", "okx")
LINE_MAX = 1 << 20
CLOCK_DOUBT_MS = 2000
WITHOUT_SHOWN = 10
END_S = 12  # programs promise 10


class Seen:
    """What one producer said so far. Times are seconds since it was started."""

    def __init__(self):
        self.start = datetime.now(timezone.utc)
        self.delivers = asyncio.Event()
        self.pairs = None  # how many the exchange lists
        self.pairs_at = None
        self.connections = {}  # number: [channel, state, why it was lost last]
        self.connected = {}  # channel: when its first connection was up
        self.subscribed = {}  # channel: when its last connection was subscribed
        self.without = {}  # (channel, symbol): why
        self.symbols = set()  # of which we have a trade
        self.trade = self.quote = None  # the first: what, when
        self.clock_ms = None  # receive time - exchange time, the least
        self.bad_frame = None
        self.trouble = None  # what it said last of something that does not go as it should

    def on_log(self, line):
        try:
            said = json.loads(line)
        except ValueError:  # what it says before it knows how to log
            self.trouble = line.decode(errors="replace").strip()
            return
        kind = said["mod"], said["msg"]
        if said["level"] == "error" or kind == ("instruments", "waiting for the exchange's list"):
            self.trouble = said.get("error", said["msg"])
        elif kind == ("instruments", "read"):
            self.pairs, self.pairs_at, self.trouble = said["pairs"], self.since(said["ts"]), None
        elif kind == ("feed", "connection"):
            self.on_connection(said)
        elif kind == ("feed", "a symbol is done without until the connection is made again"):
            self.without[said["channel"], said["symbol"]] = said["why"]
        elif kind == ("feed", "a symbol that was not subscribed is now"):
            self.without.pop((said["channel"], said["symbol"]), None)
        elif kind == ("feed", "the exchange refused a request"):
            self.trouble = said["why"]
        elif kind == ("feed", "frame dead-lettered"):
            self.bad_frame = self.bad_frame or said["error"]
        self.judge()

    def on_connection(self, said):
        channel, state, at = said["channel"], said["to"], self.since(said["ts"])
        one = self.connections.setdefault(said["connection"], [channel, state, None])
        one[1] = state
        if state == "subscribing":
            self.connected.setdefault(channel, at)
        elif state == "subscribed":
            self.subscribed[channel] = at
        elif state == "waiting":
            one[2] = said["why"]

    def on_record(self, line):
        record = json.loads(line)
        if "trade_id" in record:
            self.on_trade(record)
        elif "bid_amount" in record and record["state"] != "void":
            self.on_delivery(record)
            self.quote = self.quote or (f"{record['symbol']} {record['bid']} / {record['ask']}",
                                        self.since(record["receive_time"]))
        self.judge()

    def on_trade(self, record):
        """The first of a symbol may be one of the past, which an exchange repeats to who subscribes."""
        if record["symbol"] in self.symbols:
            self.on_delivery(record)
            self.trade = self.trade or (f"{record['symbol']} {record['price']}", self.since(record["receive_time"]))
        self.symbols.add(record["symbol"])

    def on_delivery(self, record):
        if record["exchange_time"] is None:
            return
        delay = datetime.fromisoformat(record["receive_time"]) - datetime.fromisoformat(record["exchange_time"])
        ms = delay.total_seconds() * 1000
        self.clock_ms = ms if self.clock_ms is None else min(ms, self.clock_ms)

    def judge(self):
        if self.trade and self.quote and all(state == "subscribed" for _, state, _ in self.connections.values()):
            self.delivers.set()

    def since(self, time):
        return (datetime.fromisoformat(time) - self.start).total_seconds()

    def failure(self):
        """Where it came to a halt, and why."""
        if self.pairs is None:
            return f"instruments: {self.trouble or 'no answer'}"
        for channel, state, why in self.connections.values():
            if state != "subscribed":
                return f"{channel}: {why or self.trouble or state}"
        if not self.connections:
            return f"connection: {self.trouble or 'none was begun'}"
        nothing = " and ".join(what for what, it in (("trade", self.trade), ("quote", self.quote)) if not it)
        return f"subscribed, but no {nothing} came"

    def lines(self):
        """(what, text) for people, as far as it came."""
        if self.pairs is not None:
            yield "instruments", f"{self.pairs} pairs after {ms(self.pairs_at)}"
        for what, times in (("connected", self.connected), ("subscribed", self.subscribed)):
            if times:
                yield what, ", ".join(f"{channel} after {ms(at)}" for channel, at in sorted(times.items()))
        for n, ((channel, symbol), why) in enumerate(sorted(self.without.items())):
            if n < WITHOUT_SHOWN:
                yield "done without", f"{symbol} of {channel}: {why}"
        if len(self.without) > WITHOUT_SHOWN:
            yield "done without", f"{len(self.without) - WITHOUT_SHOWN} more"
        for what, first in (("first trade", self.trade), ("first quote", self.quote)):
            if first:
                yield what, f"{first[0]} after {ms(first[1])}"
        if self.clock_ms is not None:
            doubt = " (is this machine's clock right?)" if not 0 <= self.clock_ms < CLOCK_DOUBT_MS else ""
            yield "clock", f"receive time - exchange time = {self.clock_ms:.0f} ms, or more{doubt}"
        if self.bad_frame:
            yield "bad frame", self.bad_frame


def ms(seconds):
    return f"{seconds * 1000:,.0f} ms"


async def each_line(stream, take):
    async for line in stream:
        if line.endswith(b"\n"):  # else who wrote it was killed
            take(line)


def send(process, number):
    """Not by process.send_signal(), which looks whether it has ended: asyncio would then learn of no exit code."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


async def end(process):
    """True if it left as programs promise to, within 10 s."""
    send(process, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), END_S)
        return True
    except TimeoutError:
        send(process, signal.SIGKILL)
        await process.wait()
        return False


async def listen(exchange, options, seconds):
    """(True if the exchange delivers, lines for people), once it does, the producer ended or time is up."""
    seen = Seen()
    process = await asyncio.create_subprocess_exec(
        PRODUCER, *options, "--exchange", exchange, "--print", "--health.listen", "", "--log.format", "json", "--log.level",
        "info", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, limit=LINE_MAX)
    reading = asyncio.gather(each_line(process.stdout, seen.on_record), each_line(process.stderr, seen.on_log))
    delivery = asyncio.ensure_future(seen.delivers.wait())
    try:
        await asyncio.wait({reading, delivery}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        delivery.cancel()
        delivers, lines = seen.delivers.is_set(), list(seen.lines())
        lines.append(("delivers", "trades and quotes") if delivers else ("FAILED", seen.failure()))
        if not await end(process):
            lines.append(("FAILED", f"cw-producer did not end within {END_S} s of SIGTERM"))
            delivers = False
        await reading
    return delivers, lines


async def check(exchange, options, seconds):
    """True if it delivers; says how it went."""
    delivers, lines = await listen(exchange, options, seconds)
    print("\n".join(f"{exchange if n == 0 else '':<9} {what:<12} {text}" for n, (what, text) in enumerate(lines)) + "\n",
          flush=True)
    return delivers


async def check_all(exchanges, options, seconds):
    return await asyncio.gather(*(check(exchange, options, seconds) for exchange in exchanges))


def main(arguments):
    at = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exchanges", nargs="*", metavar="EXCHANGE", help=f"{', '.join(EXCHANGES)}; all if none")
    parser.add_argument("--seconds", type=float, default=30, help="how long each may take (%(default)s)")
    given = parser.parse_args(arguments[:at])
    for name in given.exchanges:
        if name not in EXCHANGES:
            parser.error(f"there is no exchange {name}; there are {', '.join(EXCHANGES)}")
    if not PRODUCER.exists():
        parser.error(f"{PRODUCER} is not there: make build")
    exchanges = tuple(dict.fromkeys(given.exchanges)) or EXCHANGES
    deliver = asyncio.run(check_all(exchanges, arguments[at + 1:], given.seconds))
    print(f"{sum(deliver)} of {len(exchanges)} deliver")
    return 0 if all(deliver) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
