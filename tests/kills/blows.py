"""Who is struck, when and how: told by a seed alone.

    for blow in plan(seed=7, kills=50, seconds=400, exchanges=("binance", "okx")): ...

Three kinds: `kill` is SIGKILL, `stop` is SIGTERM, and after both the producer is started again; `freeze` is SIGSTOP for longer
than a session lasts, and then SIGCONT: whoever wakes up does not know that others have taken its place.
"""

import random
from dataclasses import dataclass

SESSION_S = 10  # after so long the group does without a member that is silent
KINDS = {"kill": 6, "freeze": 2, "stop": 2}  # of ten
PRODUCERS = (0, 1)  # of each exchange


@dataclass(frozen=True)
class Blow:
    at_s: float  # at the earliest, since the first could be
    kind: str
    exchange: str
    victims: tuple  # of PRODUCERS
    away_s: float  # until they are back
    ripe: bool  # falls on who is ready; else on whom it finds, be he just starting

    @property
    def name(self):
        return self.kind + (" both" if len(self.victims) > 1 else "")

    def __str__(self):
        return (f"{self.at_s:6.1f} s  {self.name:<9}  {self.exchange} {','.join(map(str, self.victims))}, "
                f"back after {self.away_s:.1f} s{'' if self.ripe else ', even while it starts'}")


def plan(seed, kills, seconds, exchanges):
    chance = random.Random(seed)
    return [_blow(chance, (n + chance.random()) * seconds / kills, chance.choice(exchanges)) for n in range(kills)]


def _blow(chance, at_s, exchange):
    kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
    both = kind != "stop" and chance.random() < 0.15
    late = kind == "freeze" or (kind == "kill" and chance.random() < 0.35)  # the other one has taken over
    away_s = chance.uniform(SESSION_S + 1, SESSION_S + 5) if late else chance.uniform(0, 2)
    return Blow(at_s, kind, exchange, PRODUCERS if both else (chance.choice(PRODUCERS),), away_s, chance.random() < 0.7)
