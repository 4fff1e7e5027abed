"""What goes wrong, when, and what may be missing after it: every fault of docs/SIMULATOR.md, with the members that matter.

    case = CASES["drop"]
    case.plan(Setting("kraken", 60, seed=1))     # a list of faults, as cw-sim takes it from a file

Unless a case says otherwise, nothing may be missing: what the exchange has by REST is in the topic in the end.
"""

import random
from dataclasses import dataclass, field
from typing import Callable

BUSY = {"binance": ["BTC-USDT", "ETH-USDT"], "kraken": ["BTC-USD", "ETH-USD"], "okx": ["BTC-USDT", "ETH-USDT"]}
SHARED = ["BTC-USDT", "ETH-USDT", "BTC-USDC", "BTC-EUR"]  # of all three exchanges
# So many single holes a minute as the exchange can be asked for, and some more: Kraken answers once a second.
FRAMES_PERMILLE = {"binance": 10, "kraken": 4, "okx": 20}
IDLE_S = {"binance": 60, "kraken": 30, "okx": 30}  # silence after which a connection is given up
BANNED_S = 60  # so long nothing is tried after 429 or 418
LATER = {"binance": "PEPE-USDT", "kraken": "LTC-USD", "okx": "DOT-USDT"}  # of the two next busiest behind the first 20


class Setting:
    """One case on one exchange: `seconds` of market, in which the fault has its time from `begin` to `end` (ms)."""

    def __init__(self, exchange, seconds, seed, name=""):
        self.exchange, self.seconds = exchange, seconds
        self.random = random.Random(f"{seed} {exchange} {name}")
        self.begin = round(1000 * max(1.5, 0.1 * seconds))
        self.end = round(1000 * (seconds - max(4, 0.2 * seconds)))

    @property
    def window(self):
        return self.end - self.begin

    def at(self, share):
        """So far into the time of the fault, ms; a little later or earlier in another run."""
        return round(self.begin + (share + self.random.uniform(0, 0.02)) * self.window)

    def lasting(self, fault, first=0.0, last=1.0, **members):
        begin, end = self.at(first), round(self.begin + last * self.window)
        return {"fault": fault, "after_ms": begin, "for_ms": max(200, end - begin), **members}

    def repeated(self, fault, for_ms, every_ms, **members):
        """Some times, each shorter than for_ms by chance; the last ends with the time of the fault."""
        found, at = [], self.begin
        while at + for_ms <= self.end or not found:
            found.append({"fault": fault, "after_ms": at, "for_ms": round(for_ms * self.random.uniform(0.6, 1)), **members})
            at += every_ms
        return found

    def instants(self, fault, every_ms, **members):
        return [{"fault": fault, "after_ms": at + self.random.randrange(300), **members}
                for at in range(self.begin, max(self.begin + 1, self.end - 300), every_ms)]

    def jumps(self, every_ms=9000, symbols=SHARED, **members):
        """Holes of some ids in a few symbols, a few seconds apart."""
        return self.instants("id_jump", every_ms, symbols=symbols, ids=self.random.randrange(10, 60), **members)


def nothing(rows):
    return set()


def lost_by_the_exchange(rows):
    """Trades that happened and that nobody can have."""
    return {(row["symbol"], row["id"]) for row in rows if row.get("lost")}


def never_sent(rows):
    return {(row["symbol"], row["id"]) for row in rows if row["connections"] == 0}


@dataclass(frozen=True)
class Case:
    name: str
    plan: Callable  # Setting -> faults
    missing: Callable = nothing  # rows of the ledger -> (symbol, id) of all that is missing in the end, and no other is
    skipped: bool = False  # ids that there are no trades of are declared missing, too
    repairs: bool | None = True  # trades come by REST, or are repeated by the exchange; None: perhaps
    quotes: str = "exact"  # each of the ledger's once; or "follow": some are missing, none is false
    late_ms: int = 0  # so old a quote may be when it is received
    ahead_ms: int = 0  # or from the future
    voids: int = 0  # of each symbol at least, before the producer is stopped
    dead_letters: str = ""  # as many as frames met this fault
    options: tuple = ()  # of cw-producer
    sim: dict = field(default_factory=dict)  # options of cw-sim
    least_s: Callable = lambda exchange: 0  # seconds of market that it takes
    tls: bool = False  # the streams come encrypted
    later: bool = False  # one symbol is listed while the market runs: its first trades are nobody's
    settle_s: int = 120  # longest time from the end of the market until all is there

    @property
    def fault(self):
        """The fault it is named for, in the simulator's words."""
        return self.name.split(",")[0]


def frames(fault, channel="trades", permille=1, **members):
    """A few frames all the time."""
    def plan(s):
        return [s.lasting(fault, channel=channel, permille=permille * FRAMES_PERMILLE[s.exchange], **members)]
    return plan


def frames_and_a_hole(fault, channel="trades"):
    """And all of a busy symbol for a moment: a hole of many ids."""
    def plan(s):
        first = s.at(0.4)
        whole = {"fault": fault, "after_ms": first, "for_ms": min(1500, s.window // 4), "symbols": BUSY[s.exchange][:1]}
        return [whole, *frames(fault, channel)(s)]
    return plan


def closes(*ends):
    """One connection loss after the other, spread over the time; ends: (code, reason)."""
    def plan(s):
        return [{"fault": "close", "after_ms": s.at(i / len(ends)), "code": code, **({"reason": reason} if reason else {})}
                for i, (code, reason) in enumerate(ends)]
    return plan


def refused(status, for_ms, **members):
    """Cut, and for a while nobody gets in."""
    def plan(s):
        at = s.at(0)
        return [{"fault": "close", "after_ms": at + 100},
                {"fault": "refuse", "after_ms": at, "for_ms": min(for_ms, s.window), "status": status, **members}]
    return plan


def wrong_certificate(s):
    """Cut, and for a while somebody else answers."""
    at = s.at(0)
    return [{"fault": "close", "after_ms": at + 100}, {"fault": "certificate", "after_ms": at, "for_ms": min(8000, s.window)}]


def shutdowns(close_after_ms):
    def plan(s):
        return [{"fault": "shutdown", "after_ms": s.at(share), "close_after_ms": min(close_after_ms, s.window // 3)}
                for share in ((0, 0.6) if s.window > 20_000 else (0,))]
    return plan


def rest(fault, for_ms, **members):
    """REST fails while there are holes, and comes back."""
    def plan(s):
        length = min(for_ms, round(0.6 * s.window))
        return [*s.jumps(min(9000, s.window // 2)), {"fault": fault, "after_ms": s.begin - 200, "for_ms": length, **members}]
    return plan


def rest_never_again(s):
    return [*s.jumps(min(9000, s.window // 2)), {"fault": "rest_drop", "after_ms": s.begin - 200, "for_ms": 0}]


def half_open(s):
    return [{"fault": "half_open", "after_ms": s.begin, "for_ms": 0, "channel": "all"}]


def listings(s):
    """A pair is listed, and one ends."""
    return [{"fault": "list", "after_ms": s.at(0), "symbol": LATER[s.exchange]},
            {"fault": "delist", "after_ms": s.at(0.4), "symbol": SHARED[3]}]


def skews(*of_ms):
    def plan(s):
        share = 1 / len(of_ms)
        return [s.lasting("skew", i * share, (i + 0.8) * share, ms=ms) for i, ms in enumerate(of_ms)]
    return plan



OFTEN_READ = ("--instruments.refresh.ms", 1000)
HALF_OPEN_S = lambda exchange: IDLE_S[exchange] + 25
BANNED = lambda exchange: BANNED_S + 25
ALL = [
    Case("drop", frames_and_a_hole("drop"), quotes="exact"),
    Case("drop, of quotes", frames("drop", "quotes", 10), repairs=False, quotes="follow"),
    Case("duplicate", frames("duplicate", "all", 10), repairs=False, quotes="exact"),
    Case("delay", frames("delay", "all", 2, ms=1500), repairs=False, quotes="exact", late_ms=1500),
    Case("reorder", frames("reorder", permille=5), repairs=None, quotes="exact"),
    Case("bad_json", frames_and_a_hole("bad_json"), dead_letters="bad_json"),
    Case("truncate", frames_and_a_hole("truncate"), dead_letters="truncate"),
    Case("stall", lambda s: s.repeated("stall", 3000, 9000), repairs=False, quotes="exact", late_ms=3000),
    Case("half_open", half_open, quotes="follow", voids=1, least_s=HALF_OPEN_S),
    Case("close", closes((1006, ""), (1006, "")), quotes="follow", voids=2, late_ms=1000),
    Case("close, with codes", closes((1001, "going away"), (1012, "Service restart"), (1008, "policy")), quotes="follow",
         voids=3),
    Case("refuse, 503", refused(503, 8000), quotes="follow", voids=1),
    Case("refuse, no answer", refused(0, 8000), quotes="follow", voids=1),
    Case("refuse, 429", refused(429, 4000, retry_after_s=30), quotes="follow", voids=1, least_s=BANNED),
    Case("refuse, 418", refused(418, 4000), quotes="follow", voids=1, least_s=BANNED),
    Case("certificate", wrong_certificate, quotes="follow", voids=1, tls=True),
    Case("shutdown", shutdowns(5000), repairs=None, quotes="follow"),
    Case("shutdown, without an end", shutdowns(0), repairs=False, quotes="follow"),
    Case("rest_status, 503", rest("rest_status", 12_000, status=503)),
    Case("rest_status, 429", rest("rest_status", 8000, status=429, retry_after_s=3)),
    Case("rest_status, 418", rest("rest_status", 5000, status=418), settle_s=240),
    Case("rest_slow", rest("rest_slow", 40_000, ms=3000)),
    Case("rest_empty", rest("rest_empty", 12_000)),
    Case("rest_drop", rest("rest_drop", 15_000)),
    Case("rest_drop, for good", rest_never_again, missing=never_sent, repairs=False, options=("--repair.give.up.ms", 8000)),
    Case("id_jump", lambda s: s.jumps(6000)),
    Case("id_jump, lost", lambda s: s.jumps(20_000, in_rest=False), missing=lost_by_the_exchange, repairs=False, settle_s=240),
    Case("id_jump, skipped", lambda s: s.jumps(20_000, skipped=True), skipped=True, repairs=False, settle_s=240),
    Case("list", listings, repairs=None, quotes="follow", options=OFTEN_READ, sim={"symbols_later": 2}, later=True),
    Case("skew, 0.5 s", skews(500, -500), repairs=False, late_ms=500, ahead_ms=500),
    Case("skew, 5 s", skews(5000, -5000), repairs=False, late_ms=5000, ahead_ms=5000),
]
CASES = {case.name: case for case in ALL}
