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
MAX_AGE_MS = 5_000  # well behind 2 s, after which a silent exchange is dead


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
        self.folds = pipeline.arbitrage("--max.age.ms", MAX_AGE_MS)

    def told(self):
        return [r for r in (decode(m.value)[1] for m in self.pipeline.topic("arbitrage")) if r["state"] != "watching"]

    def wait_open(self, behind):
        """What is open and was opened behind so many records; how many there are then."""
        def there():
            told = self.told()
            return len(told) > behind and told[-1]["state"] != "closed" and len(told)
        return wait_for(there, 60, lambda: f"an opportunity: {self.told()[-1:]}\n{self.folds.log_end()}", 0.1)

    def signal(self, number):
        for sim in self.sims:
            sim.signal(number)

    def wait_closed(self, behind, reason):
        """Closed for that reason, by a tick."""
        def there():
            return [r for r in self.told()[behind - 1:] if r["state"] == "closed"]
        closed = wait_for(there, 30, lambda: f"{reason}: {self.told()[-1:]}\n{self.folds.log_end()}", 0.1)
        assert [r["reason"] for r in closed] == [reason]
        at = closed[0]["partition"], closed[0]["offset"]
        assert [m.record()[0] for m in self.pipeline.topic("quotes") if (m.partition, m.offset) == at] == ["tick"]


@pytest.mark.alone
def test_a_leg_that_falls_silent_closes_its_opportunity_by_ticks_alone(pipeline, logs):
    with ExitStack() as undo:
        market = Silence(pipeline, logs, undo)
        count = market.wait_open(0)
        market.signal(signal.SIGSTOP)  # connections stay, and nothing comes
        market.wait_closed(count, "stale")
        market.signal(signal.SIGCONT)
        count = market.wait_open(count + 1)
        market.signal(signal.SIGSTOP)
        market.okx.kill9()
        market.wait_closed(count, "dead")
        market.signal(signal.SIGCONT)
        assert market.binance.stop() == 0
        wait_for(lambda: pipeline.lag("cw-arbitrage", "quotes") == 0, 30, "the end of the input")
        expect_exactly(pipeline, max_age_ms=MAX_AGE_MS)
