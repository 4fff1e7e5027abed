"""Who is struck, when and how: told by a seed alone.

    p = Plan(seed=7, seconds=1800)
    for blow in p.blows: print(blow)
    p.life("candles 0", 3)          # "txn.offsets.sent=kill@12": what its fourth life is to meet; "": nothing

Blows come from outside: on programs, brokers, the connections to them, and PostgreSQL. Failpoints are within: what each life of a
program is started with. Both go on beside each other.
"""

import random
from dataclasses import dataclass

SESSION_S = 10  # after so long the group does without a member that is silent
EXCHANGES = ("okx", "binance")
# --instance of each: who is started again under a name keeps its partitions; who is not, joins as a new one.
PROGRAMS = {"okx 0": "0", "okx 1": "1", "binance 0": "0", "binance 1": "", "candles 0": "0", "candles 1": "",
            "arbitrage 0": "0", "arbitrage 1": "1", "postgres 0": "0", "postgres 1": ""}
BROKERS = (1, 2, 3)
KINDS = {  # seconds between two of a kind
    "kill": 20, "freeze": 30, "stop": 60, "broker kill": 100, "broker restart": 200, "cut": 45, "slow": 60,
    "postgres restart": 180, "postgres kill": 180, "postgres backend": 60, "broker disk full": 240, "postgres disk full": 240}
# The passings of a point that take about a second, where there is something to do.
POINTS = {
    "producer": {"txn.begun": 2, "txn.produced": 300, "txn.commit": 2, "txn.committed": 2, "shard.committed": 2},
    "processor": {"txn.begun": 1, "txn.produced": 40, "txn.offsets": 1, "txn.offsets.sent": 1, "txn.commit": 1,
                  "txn.committed": 1, "image.chunk": 1, "restore.input": 1000},
    "sink": {"sink.begun": 5, "sink.offsets": 5, "sink.copy": 5, "sink.rows": 5, "sink.committed": 5}}
# Where a life has just begun, or changes.
RARE = {"producer": ("txn.opened", "shard.progress", "group.assigned", "group.revoke", "group.revoked", "txn.aborted"),
        "processor": ("txn.opened", "restore.image", "group.assign", "group.assigned", "group.revoke", "group.revoked",
                      "txn.aborted"),
        "sink": ("group.assigned", "group.revoke", "sink.failed")}


def role(name):
    return {"candles": "processor", "arbitrage": "processor", "postgres": "sink"}.get(name.split()[0], "producer")


@dataclass(frozen=True)
class Blow:
    at_s: float  # at the earliest
    kind: str
    target: str  # a program, the number of a broker; of connections: a broker's, or postgres
    away_s: float = 0  # until they are back, or as ever
    ms: int = 0  # slow: how late each thing is

    def __str__(self):
        more = f", back after {self.away_s:.1f} s" * (self.away_s > 0) + f", {self.ms} ms each" * (self.ms > 0)
        return f"{self.at_s:7.1f} s  {self.kind:<18}  {self.target}{more}"


class Plan:
    def __init__(self, seed, seconds):
        self.seed, self.seconds = seed, seconds
        self.blows = sorted((b for kind, every_s in KINDS.items() for b in self._of(kind, every_s)), key=lambda b: b.at_s)

    def _chance(self, *what):
        return random.Random(f"{self.seed} {what}")

    def _of(self, kind, every_s):
        chance = self._chance(kind)
        count = int(self.seconds / every_s + chance.random())
        for n in range(count):
            at_s = (n + chance.random()) * self.seconds / count
            if kind in ("kill", "stop"):
                late = kind == "kill" and chance.random() < 0.3  # others have taken over
                away_s = chance.uniform(SESSION_S + 1, SESSION_S + 5) if late else chance.uniform(0, 2)
                yield Blow(at_s, kind, chance.choice(list(PROGRAMS)), away_s)
            elif kind == "freeze":
                yield Blow(at_s, kind, chance.choice(list(PROGRAMS)), chance.uniform(SESSION_S + 2, SESSION_S + 6))
            elif kind.startswith("broker"):
                yield Blow(at_s, kind, str(chance.choice(BROKERS)), 0 if kind == "broker restart" else chance.uniform(0, 8))
            elif kind == "cut":
                yield Blow(at_s, kind, chance.choice([*map(str, BROKERS), "postgres"]))
            elif kind == "slow":
                yield Blow(at_s, kind, chance.choice([*map(str, BROKERS), "postgres"]), chance.uniform(2, 8),
                           chance.choice([1, 3, 10]))
            else:
                yield Blow(at_s, kind, "postgres", chance.uniform(0, 8) if kind == "postgres disk full" else 0)

    def life(self, name, number):
        """CW_FAILPOINTS of that life of the program: most lives end at a point, soon or late, inside a transaction or not."""
        chance, kind = self._chance(name, number), role(name)
        if chance.random() < 0.1:
            return ""
        if chance.random() < 0.15:
            return f"{chance.choice(RARE[kind])}=kill@1"
        point = chance.choice(list(POINTS[kind]))
        passing = 1 + int(POINTS[kind][point] * chance.choice([0, 1, 5, 15, 40]) * chance.random())
        what = chance.choices(["kill", f"kill:{chance.randrange(1, 40)}", "stop", f"sleep:{chance.randrange(50, 3000)}"],
                              [7, 2, 1, 1])[0]
        return f"{point}={what}@{passing}"

    def away_s(self, name, number):
        """After that life of its own: how long it is away, or stands still."""
        chance = self._chance("away", name, number)
        return chance.uniform(0, 1.5) if chance.random() < 0.8 else chance.uniform(SESSION_S + 1, SESSION_S + 4)

    def still_s(self, name, number):
        return self._chance("still", name, number).uniform(SESSION_S + 2, SESSION_S + 6)

    def text(self, lives=8):
        yield from map(str, self.blows)
        for name in PROGRAMS:
            yield f"{name}: " + "; ".join(self.life(name, n) or "nothing" for n in range(lives)) + "; …"
