"""Markets, two instances of every program, and the blows that fall on them.

    with ExitStack() as undo:
        world = World(shape, servers, logs, undo)
        world.begin()
        world.suffer(Plan(…))           # and all are back
        world.end()                     # all is written and folded, and nobody runs any more
"""

import json
import signal
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from failpoints import last_word, points
from pipeline import FEES_FILE
from plan import EXCHANGES, PROGRAMS, role
from records import Tail
from simulator import Simulator
from stack import CHAOS_BUILD, Program, wait_for
from victim import Victim, now_us

READY_S = 180
END_S = 300
PREFIX = "chaos."
WEEK_S, FIRST_MONDAY_S = 7 * 86_400, 4 * 86_400  # of 1970
BEGIN_S = 30  # about what it takes until the blows fall
# Each transaction costs three brokers on a small machine a tenth of a core's second; and longer ones are hit more often.
PACE = {"CW_COMMIT_INTERVAL_MS": 500, "CW_COMMIT_MIN_MS": 250, "CW_IMAGE_MIN_MS": 2000, "CW_IMAGE_MAX_MS": 5000,
        "CW_BATCH_MS": 500}
PATHS = {"candles": "processors/cw-candles", "arbitrage": "processors/cw-arbitrage", "postgres": "sinks/cw-postgres"}


@dataclass(frozen=True)
class Shape:
    seconds: int = 180  # how long blows fall, and the markets play
    seed: int = 0  # of the blows, and of the market; 0: any
    rate: int = 1200  # trades a second, of all exchanges together
    quote_rate: int = 300  # quotes a second, likewise
    symbols: int = 20  # of each exchange
    shards: int = 2  # of each exchange


class Actor(Victim):
    """A program whose lives may end by themselves: at a failpoint, or because it gives up, as when a server is gone."""

    def __init__(self, name, plan, start, counts):
        super().__init__(name, lambda: start(plan.life(name, len(self.lives))))
        self.plan, self.counts = plan, counts
        self.ends = []  # (time, what) of what was not told to happen
        self.frozen = []  # (from, to)
        self._frozen_us = None

    def kill(self, away_s):
        self.counts["kills"] += 1
        super().kill(away_s)

    def freeze(self, away_s):
        self._frozen_us = now_us()
        super().freeze(away_s)

    def stop(self, away_s):
        self.counts["stops"] += 1
        super().stop(away_s)

    def is_ready(self):
        return self.is_up() and self.program.alive() and self.program.get("/readyz")[0] == 200

    def ended(self):
        code, said, number = self.program.process.returncode, last_word(self.program), len(self.lives) - 1
        if code == -9 and said:
            self.counts["kills"] += 1
            self.counts["kills inside"] += said["open"] > 0
            self.counts[f"at {said['failpoint']}"] += 1
        else:
            self.counts["gave up"] += 1
            self.ends.append((now_us(), code, self.program.log_text().splitlines()[-1:]))
        self._leave("down", self.plan.away_s(self.name, number))

    def tend(self):
        if self.is_up() and self.program.alive() and _stands(self.program.pid):  # at a failpoint
            self._stand()
        super().tend()

    def returns(self):
        if self.state == "frozen":
            self.frozen.append((self._frozen_us, now_us()))

    def _tend_stopping(self):
        """It may come to its failpoint on the way, and what it cannot finish without its servers it leaves to its successor."""
        if not self.program.alive():
            self.ended() if self.program.process.returncode not in (0, -signal.SIGTERM) else self._leave("down", 0)
        elif _stands(self.program.pid):
            self._stand()
        elif now_us() > self._stop_by_us:
            self.counts["slow to stop"] += 1
            self.kill(0)

    def _stand(self):
        self._frozen_us = now_us()
        self._leave("frozen", self.plan.still_s(self.name, len(self.lives) - 1))

    def assignments(self):
        """(time, how many partitions) of each word of the group."""
        for life in self.lives:
            for line in life.log_text().splitlines():
                if '"partitions assigned"' in line:
                    said = json.loads(line)
                    yield _us(said["ts"]), said["group"], said["partitions"]


def _us(text):
    return round(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc).timestamp() * 1e6)


def _stands(pid):
    """Whether the process was stopped by a signal."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except (FileNotFoundError, ProcessLookupError):
        return False


class World:
    def __init__(self, shape, servers, plan, logs, undo):
        self.shape, self.servers, self.plan, self.logs = shape, servers, plan, logs
        self.counts = Counter()
        self.calm = False  # lives that begin now meet no failpoint
        # In the middle of it a week ends, and with it a window of every interval.
        now = time.time()
        monday = (now - FIRST_MONDAY_S) // WEEK_S * WEEK_S + WEEK_S + FIRST_MONDAY_S
        self.midnight_us = round(monday * 1e6)
        self.clock = f"{monday - BEGIN_S - shape.seconds / 2:.6f}@{now:.6f}"
        servers.kafka.make_our_topics(PREFIX, copies=3, shards=shape.shards)
        self.sims = {x: self._market(x, undo) for x in EXCHANGES}
        self.actors = {name: Actor(name, plan, lambda at, name=name: self._program(name, at), self.counts) for name in PROGRAMS}
        for one in self.actors.values():
            undo.callback(one.end)

    def _market(self, exchange, undo):
        shape, share = self.shape, len(EXCHANGES)
        sim = Simulator(self.logs / exchange, exchange=exchange, symbols=shape.symbols, seed=shape.seed % 1_000_000 + 1,
                        rate=shape.rate // share, quote_rate=shape.quote_rate // share,
                        trades=shape.rate * shape.seconds // share, hold_streams=4 * shape.symbols,  # trades and quotes, twice
                        clock=self.clock, history=2_000_000, plant_every_ms=4_000, plant_ms=3_000)
        undo.callback(lambda: sim.alive() and sim.kill9())
        return sim.wait_ready()

    def _program(self, name, failpoints):
        kind, instance = name.split()[0], PROGRAMS[name]
        env = {"CW_BROKERS": self.servers.brokers, "CW_PREFIX": PREFIX, **PACE,
               **points("" if self.calm else failpoints)}
        options = ["--instance", instance]
        if kind in EXCHANGES:
            options += ["--exchange", kind, "--symbols", "all", "--clock", self.clock, *self.sims[kind].endpoints]
        elif kind == "arbitrage":
            options += ["--fees", FEES_FILE]
        elif kind == "postgres":
            env["CW_DATABASE_URL"] = self.servers.database_behind_proxy
        return Program(PATHS.get(kind, "producers/cw-producer"), options, self.logs / name.replace(" ", "."), env=env,
                       build=CHAOS_BUILD)

    def begin(self):
        """All live in peace, until each symbol was written: what is lost of it from now on is known to be missing."""
        self.calm = True
        for one in self.actors.values():
            one.start()
        self._wait(lambda: self._nobody_gave_up() and self._all_ready(), READY_S, self._who_is_not)
        wanted, known = len(EXCHANGES) * self.shape.symbols, set()
        with Tail(self.servers.kafka.brokers, PREFIX + "trades") as tail:
            def all_known():
                known.update((r["exchange"], r["symbol"]) for name, r in (m.record() for m in tail.more()) if name == "trade")
                return len(known) == wanted

            self._wait(all_known, READY_S, lambda: f"a trade of each symbol: {len(known)} of {wanted}", 0.5)
        self.calm = False

    def suffer(self):
        """Until the last blow has fallen. The first lives, which meet no failpoint, are told to end at the very beginning."""
        begin, waiting = time.monotonic(), list(self.plan.blows)
        for one in self.actors.values():
            one.stop(0)

        def over():
            self._running()
            since_s = time.monotonic() - begin
            for blow in [b for b in waiting if b.at_s <= since_s]:
                if blow.target not in self.actors:
                    self.servers.strike(blow)
                elif self.actors[blow.target].is_up():
                    {"kill": self.actors[blow.target].kill, "freeze": self.actors[blow.target].freeze,
                     "stop": self.actors[blow.target].stop}[blow.kind](blow.away_s)
                else:
                    self.counts["blows on who was away"] += 1
                waiting.remove(blow)
            return since_s >= self.plan.seconds

        self._wait(over, self.plan.seconds + 60, "end of the blows")

    def _nobody_gave_up(self):
        assert not self.counts["gave up"], "\n".join(f"{n}: {one.ends}" for n, one in self.actors.items() if one.ends)
        return True

    def _running(self):
        for sim in self.sims.values():
            assert sim.alive(), f"{sim.name} ended with {sim.process.returncode}:\n{sim.log_end()}"

    def _all_ready(self):
        return all(one.is_ready() for one in self.actors.values())

    def _who_is_not(self):
        return "\n".join(f"ready {n}: {one.state} {one.lives and one.program.get('/readyz')}\n{one.lives and one.program.log_end()}"
                         for n, one in self.actors.items() if not one.is_ready())

    def _wait(self, condition, seconds, what, interval=0.05):
        """With everybody brought back who is due."""
        def there():
            self.servers.tend()
            for one in self.actors.values():
                one.tend()
            return condition()
        return wait_for(there, seconds, what, interval)

    def settle(self):
        """The servers are whole; who lives, lives in peace; the markets are over."""
        self.calm = True
        self._wait(self.servers.is_settled, END_S, "servers that are whole")
        for one in self.actors.values():  # what it would meet is for the time of the blows
            if one.is_up() and one.program.alive():
                one.stop(0)
        self._wait(self._all_ready, READY_S, self._who_is_not)
        for sim in self.sims.values():
            self._wait(lambda: sim.status()["market"] == "done" and sim.status()["waiting"] == 0, END_S,
                       lambda: f"end of the market: {sim.status()}", 0.5)

    def wait(self, condition, what):
        self._wait(condition, END_S, what, 0.5)

    def stop(self, *kinds):
        """An orderly end of all of a kind: "producer", "processor", "sink"."""
        for one in [one for name, one in self.actors.items() if role(name) in kinds]:
            assert one.program.stop() == 0, f"{one.name} failed at its end:\n{one.program.log_end()}"
            one.state = "unborn"  # nobody starts it again

    def zombies(self):
        """Who stood still while others of its group were given partitions."""
        found = 0
        for name, one in self.actors.items():
            others = [o for n, o in self.actors.items() if n != name and n.split()[0] == name.split()[0]]
            own, given = list(one.assignments()), [a for o in others for a in o.assignments()]
            for begin, end in one.frozen:
                had = {group: n for at, group, n in own if at < begin and one_life(one, at, begin)}
                found += any(begin < at < end and n > 0 and had.get(group, 0) > 0 for at, group, n in given)
        return found


def one_life(one, at, begin):
    """Whether both times are of the same life of the program."""
    starts = [life.started_us for life in one.lives if life.started_us <= begin]
    return bool(starts) and at >= starts[-1]
