"""An opportunity whose exchange says nothing any more ends by ticks alone: simulators, producers, cw-arbitrage."""

import signal
import time
from contextlib import ExitStack

import pytest

from opportunities import expect_exactly
from records import decode
from simulator import Simulator
from stack import wait_for

STRETCH_S = 30  # OKX is planted all the time, up or down, anew in each stretch
START = 1_767_571_200 - 8  # just before one begins
# A tick may come late; a quote must be stale well behind the time after which a silent exchange is dead, and well before
# its connection is given up.
AGES = {"tick_max_age_ms": 6_000, "max_age_ms": 13_000}


class Silence:
    def __init__(self, pipeline, logs, undo):
        self.pipeline = pipeline
        self.clock = f"{START}@{time.time():.6f}"
        plants = {"plant_every_ms": STRETCH_S * 1000, "plant_ms": STRETCH_S * 1000}
        self.sims = [Simulator(logs, exchange=x, symbols=1, rate=20, seed=1, clock=self.clock, hold_streams=2,
                               **(plants if x == "okx" else {})) for x in ("binance", "okx")]
        for sim in self.sims:
            undo.callback(lambda sim=sim: sim.alive() and sim.kill9())
            sim.wait_ready()
        self.binance, self.okx = (pipeline.produce(sim, self.clock, quotes=True) for sim in self.sims)
        self.folds = pipeline.arbitrage(*(f"--{name.replace('_', '.')}={value}" for name, value in AGES.items()))

    def told(self):
        return [r for r in (decode(m.value)[1] for m in self.pipeline.topic("arbitrage")) if r["state"] != "watching"]

    def wait_open(self, behind):
        """Something is open, told behind so many records."""
        def there():
            told = self.told()
            return len(told) > behind and told[-1]["state"] != "closed"
        wait_for(there, 60, lambda: f"an opportunity: {self.told()[-1:]}\n{self.folds.log_end()}", 0.1)

    def signal(self, number):
        for sim in self.sims:
            sim.signal(number)

    def wait_closed(self, reason):
        """The last was closed for that reason, by a tick; how many records there are then."""
        def there():
            told = self.told()
            return (told[-1]["state"], told[-1]["reason"]) == ("closed", reason) and told
        told = wait_for(there, 60, lambda: f"{reason}: {self.told()[-1:]}\n{self.folds.log_end()}", 0.1)
        at = told[-1]["partition"], told[-1]["offset"]
        assert [m.record()[0] for m in self.pipeline.topic("quotes") if (m.partition, m.offset) == at] == ["tick"]
        return len(told)


@pytest.mark.alone
def test_a_leg_that_falls_silent_closes_its_opportunity_by_ticks_alone(pipeline, logs):
    with ExitStack() as undo:
        market = Silence(pipeline, logs, undo)
        market.wait_open(0)
        market.signal(signal.SIGSTOP)  # connections stay, and nothing comes
        count = market.wait_closed("stale")
        market.signal(signal.SIGCONT)
        market.wait_open(count)
        market.signal(signal.SIGSTOP)
        market.okx.kill9()
        market.wait_closed("dead")
        market.signal(signal.SIGCONT)
        assert market.binance.stop() == 0
        wait_for(lambda: pipeline.lag("cw-arbitrage", "quotes") == 0, 30, "the end of the input")
        expect_exactly(pipeline, **AGES)
