"""One soak: a market from its first trade to its last, everything that reads it, and what was seen meanwhile.

    result = soak(Shape(hours=1), kafka, postgres, logs)     # a dict, as in var/soak.json
    result["differences"], result["memory"], result["samples"]
"""

import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from judge import LEAST_SAMPLES, judge
from measure import Look
from pipeline import Pipeline
from records import committed, end_offsets
from simulator import Simulator
from stack import http_get, make_our_tables, programs, wait_for
from truth import compare, table_differences

SUNDAY_MIDNIGHT_S = 1_763_942_400  # 2025-11-24T00:00:00Z: there all eleven intervals close
PREFIX = "soak."
DATABASE = "soak"
SETTLE_US = 75_000_000  # after the last trade: the 1m windows are final, and longer ones have told their last
REQUESTED = ("/v1/symbols", "/v1/candles/binance/BTC-USDT?limit=500", "/v1/trades/binance/BTC-USDT?limit=500")
REQUESTS = 20  # of each, at each look


@dataclass(frozen=True)
class Shape:
    hours: float = 1  # of market
    rate: int = 2000  # trades per second of market, all symbols together
    symbols: int = 60
    speed: float = 10  # seconds of market in a second
    warm_up_minutes: float = 10  # of market, at the beginning, that memory is not judged by
    look_minutes: float = 1  # of market, between two looks
    seed: int = 1
    late_permille: int = 1  # trades that come up to 10 s late
    oracle_trades: int = 200_000  # of so many, in whole symbols, every candle is worked out anew

    @property
    def trades(self):
        return round(self.hours * 3600 * self.rate)

    @property
    def looks_to_judge(self):
        """After the warm-up."""
        return (self.hours * 60 - self.warm_up_minutes) / self.look_minutes

    def clock(self):
        """From now on; the Sunday midnight lies at three quarters."""
        start = SUNDAY_MIDNIGHT_S - 0.75 * self.hours * 3600
        return f"{start:.6f}@{time.time():.6f},{self.speed:g}"


class Run:
    """The programs of one market."""

    def __init__(self, shape, kafka, postgres, logs, undo):
        self.shape, self.kafka, self.postgres = shape, kafka, postgres
        kafka.make_our_topics(PREFIX)
        self.pipeline = Pipeline(undo.enter_context(programs(logs)), kafka, PREFIX, postgres.make_database(DATABASE))
        undo.callback(postgres.drop_database, DATABASE)
        make_our_tables(self.pipeline.database)
        clock = shape.clock()
        self.sim = Simulator(logs, symbols=shape.symbols, seed=shape.seed, rate=shape.rate, trades=shape.trades,
                             clock=clock, hold_streams=shape.symbols, late_permille=shape.late_permille)
        undo.callback(lambda: self.sim.alive() and self.sim.kill9())
        self.sim.wait_ready()
        self.programs = {"cw-sim": self.sim, "cw-candles": self.pipeline.candles(), "cw-postgres": self.pipeline.sink(),
                         "cw-api": self.pipeline.api(), "cw-producer": self.pipeline.produce(self.sim, clock)}
        self.look = Look(self.programs, kafka, postgres, PREFIX, self.pipeline.database)
        undo.callback(self.look.close)

    def status(self):
        for program in self.programs.values():
            assert program.alive(), f"{program.name} ended with {program.process.returncode}:\n{program.log_end()}"
        return self.sim.status()

    def wait_market(self, condition, market_s, what):
        """Until condition(status), which comes within so much market time; half a minute more for a busy machine."""
        def there():
            status = self.status()
            return condition(status) and status
        return wait_for(there, market_s / self.shape.speed + 30, what, 0.1)

    def play(self):
        """The market, looked at once a minute of its time and at its end; after that too, where looks took so long that
        there is nothing to judge yet."""
        begin_us = self.wait_market(lambda s: s["market"] != "held", 0, "subscriptions")["market_us"]
        samples, status = [self.sample(0, self.status())], {"market": "running"}
        while status["market"] != "done" or self.judged(samples) < LEAST_SAMPLES:
            due_us = begin_us + len(samples) * self.shape.look_minutes * 60e6
            status = self.wait_market(lambda s: s["market_us"] >= due_us or s["market"] == "done",
                                      60 * self.shape.look_minutes, "next minute")
            samples.append(self.sample((status["market_us"] - begin_us) / 60e6, status))
        return samples

    def judged(self, samples):
        return sum(sample["minute"] > self.shape.warm_up_minutes for sample in samples)

    def sample(self, minute, status):
        for _ in range(REQUESTS):
            for path in REQUESTED:
                code, body = http_get(self.pipeline.api_url + path)
                assert code in (200, 404), f"{path}: {code} {body}"  # 404: the symbol has not traded yet
        behind_s = status["behind_us"] / 1e6
        return {**self.look.now(round(minute, 2)), "trades": status["generated"], "market_behind_s": behind_s}

    def settle(self):
        """The candles of the last trades, and then the end of the producer: after that the topics are at rest."""
        end_us = self.sim.status()["market_us"]
        self.wait_market(lambda s: s["market_us"] >= end_us + SETTLE_US, SETTLE_US / 1e6, "market time")
        wait_for(self.all_written, 60, lambda: f"all trades in Kafka\n{self.programs['cw-producer'].log_end()}")
        assert self.programs.pop("cw-producer").stop() == 0, "cw-producer failed at its end"
        ends = end_offsets(self.kafka.brokers, [PREFIX + "trades"])[PREFIX + "trades"]
        last = {p: end - 1 for p, end in ends.items() if end > 0}  # a marker is the last of each
        wait_for(lambda: all(self.folded_to(p) >= offset for p, offset in last.items()), 60,
                 lambda: f"candles of all trades\n{self.programs['cw-candles'].log_end()}", 0.5)

    def all_written(self):
        written = self.programs["cw-producer"].metric("candlewick_trades_written_total")
        return written is not None and written >= self.shape.trades

    def folded_to(self, partition):
        return committed(self.kafka.brokers, PREFIX + "cw-candles", PREFIX + "trades", partition)

    def chosen(self):
        """Whole symbols for the oracle: busy ones, of which none takes more than a quarter, and quiet ones for the rest."""
        names, left = set(), self.shape.oracle_trades
        for name, trades in self.pipeline.rows("SELECT symbol, trades FROM symbol ORDER BY trades DESC, symbol"):
            if trades <= min(left, self.shape.oracle_trades / 4):
                names.add(name)
                left -= trades
        return names

    def check(self):
        """What the topics hold; its differences tell all that is wrong, in the tables too."""
        topics = compare(self.sim.ledger_path, self.kafka.brokers, PREFIX, self.chosen())
        try:
            wait_for(lambda: not table_differences(self.pipeline, topics), 60, "all rows", 1)
        except AssertionError:
            topics.differences += table_differences(self.pipeline, topics)
        unheard = self.sim.status()["unheard"]
        if unheard:
            topics.differences.append(f"{unheard} trades went to nobody")
        return topics

    def rows(self):
        """{table, with the interval of candles: how many}"""
        return dict(self.pipeline.rows(
            "SELECT 'candle ' || interval, count(*) FROM candle GROUP BY interval"
            " UNION ALL SELECT 'candle_revision ' || interval, count(*) FROM candle_revision GROUP BY interval"
            " UNION ALL SELECT 'trade', count(*) FROM trade"))

    def stop(self):
        for program in self.programs.values():
            assert program.stop() == 0, f"{program.name} failed at its end:\n{program.log_end()}"


def soak(shape, kafka, postgres, logs):
    with ExitStack() as undo:
        run = Run(shape, kafka, postgres, logs, undo)
        samples = run.play()
        run.settle()
        topics = run.check()
        result = {"shape": asdict(shape), "differences": topics.differences, "worked_out": topics.worked_out,
                  "records": topics.records, "rows": run.rows(), "samples": samples, "at_rest": run.look.now(None)}
        run.stop()
    verdicts = memory(samples, shape)
    return {**result, "memory": {name: v.as_dict() for name, v in verdicts.items()},
            "flat": all(v.flat for name, v in verdicts.items() if name.startswith("cw-"))}


def memory(samples, shape):
    """{program or server: verdict}. The servers are not ours to keep flat: they are only told of."""
    return {name: judge([(s["minute"], s["resident_kib"][name]) for s in samples], shape.warm_up_minutes)
            for name in samples[0]["resident_kib"]}
