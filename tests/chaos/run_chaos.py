"""One run of chaos, from servers to verdict.

    result = prove(Shape(seconds=180, seed=7), directory)       # a dict, as in var/chaos.json
    result["line"], result["exact"]
"""

import time
from contextlib import ExitStack
from dataclasses import asdict

from chaos_judge import Judge
from pipeline import CANDLE_TOPICS, FEES_FILE, SINK_TOPICS, Pipeline
from plan import Plan
from records import end_offsets, stream_topic
from servers import Servers
from stack import Program, make_our_tables
from witness import Witness
from world import PREFIX, World

WRITTEN = ["trades", "feeds", "quotes", "arbitrage", *CANDLE_TOPICS]
SUFFIX, REPLAY_S = "calm", 300
STREAM_S = 4  # of stream time, after which nothing waits for its revision any more


def prove(shape, directory, say=print):
    with ExitStack() as undo:
        servers = Servers(directory, undo)
        make_our_tables(servers.database)
        plan = Plan(shape.seed, shape.seconds)
        world = World(shape, servers, plan, directory / "logs", undo)
        pipeline = Pipeline(None, servers.kafka, PREFIX, servers.database)
        clock = Clock(say)
        witness = undo.enter_context(Witness(servers.kafka.brokers, [PREFIX + t for t in WRITTEN]))
        world.begin()
        clock.tell("everybody lives, every symbol is written")
        world.suffer()
        clock.tell("the last blow has fallen")
        world.settle()
        clock.tell("all are back, the markets are over")
        judge = Judge(pipeline, {x: sim.ledger_path for x, sim in world.sims.items()}, world.midnight_us)
        _finish(world, judge, pipeline, clock)
        _judge(judge, witness, pipeline, clock, directory / "logs")
        return _result(shape, world, judge, clock)


class Clock:
    def __init__(self, say):
        self._say, self._begin, self.told = say, time.monotonic(), {}

    def tell(self, what):
        self.told[what] = round(time.monotonic() - self._begin, 1)
        self._say(f"{self.told[what]:7.1f} s  {what}", flush=True)


def _finish(world, judge, pipeline, clock):
    """The producers end when all is written, who folds and who stores when that is done; each in order."""
    def whole():
        judge.read_trades()
        return judge.is_whole()

    try:
        world.wait(whole, lambda: f"whole trades; left: {judge.lacking()}")
    except AssertionError as error:
        judge.wrong.add(str(error)[:500])
    clock.tell("the trades are whole, or will never be")
    until_us = world.sims["okx"].status()["market_us"] + STREAM_S * 1_000_000
    world.wait(lambda: world.sims["okx"].status()["market_us"] > until_us, "time for the last revisions")
    world.stop("producer")
    judge.read_trades()
    last = {"trades": judge.last["trades"], "quotes": _last(pipeline, "quotes")}
    for group, topic in (("cw-candles", "trades"), ("cw-arbitrage", "quotes")):
        world.wait(lambda: all(pipeline.committed(group, topic, p) > at for p, at in last[topic].items()), f"end of {topic}")
    world.stop("processor")
    last |= {topic: _last(pipeline, topic) for topic in SINK_TOPICS if topic not in last}
    world.wait(lambda: _is_stored(pipeline, last), "rows of all records")
    world.stop("sink")
    clock.tell("all is folded and stored, nobody runs any more")


def _last(pipeline, topic):
    """{partition: offset of the last record}"""
    return {m.partition: m.offset for m in stream_topic(pipeline.kafka.brokers, pipeline.prefix + topic)}


def _is_stored(pipeline, last):
    """Told by the sink's offsets, which move with the rows."""
    return all(stored.get(p, 0) > at for topic, parts in last.items() for stored in [pipeline.offsets(topic)]
               for p, at in parts.items())


def _replay(judge, pipeline, logs):
    """By programs as they are installed, without failpoints."""
    env = {"CW_BROKERS": pipeline.kafka.brokers, "CW_PREFIX": PREFIX}
    for path, options, topics in (("processors/cw-candles", [], CANDLE_TOPICS),
                                  ("processors/cw-arbitrage", ["--fees", FEES_FILE], ["arbitrage"])):
        one = Program(path, [*options, "--into", SUFFIX], logs / "replay", env=env)
        assert one.wait(REPLAY_S) == 0, one.log_end()
        judge.judge_replay(topics, SUFFIX)


def _judge(judge, witness, pipeline, clock, logs):
    judge.judge_trades()
    judge.judge_candles()
    clock.tell("candles are judged")
    judge.judge_arbitrage()
    clock.tell("arbitrage is judged")
    _replay(judge, pipeline, logs)
    clock.tell("replays are judged")
    judge.judge_tables()
    clock.tell("tables are judged")
    judge.judge_offsets("cw-candles", "trades")
    judge.judge_offsets("cw-arbitrage", "quotes")
    judge.judge_open_transactions([*WRITTEN, "candles-state", "arbitrage-state"])
    witness.read_to(end_offsets(pipeline.kafka.brokers, [PREFIX + t for t in WRITTEN]))
    judge.judge_witness(witness)


def _result(shape, world, judge, clock):
    counts = world.counts
    line = (f"seed {shape.seed}: kills {counts['kills']}, inside a transaction {counts['kills inside']}, zombies {world.zombies()}, "
            f"broker bounces {world.servers.bounces}, records {sum(judge.records.values())}, duplicates {judge.duplicates.n}, "
            f"losses {judge.losses.n}")
    return {
        "shape": asdict(shape), "line": line + (", NOT EXACT" if judge.wrong.n else ""), "exact": judge.exact,
        "skipped": len(judge.windows.skipped), "differences": judge.said, "wrong": judge.wrong.n, "duplicates": judge.duplicates.n, "losses": judge.losses.n,
        "counts": dict(sorted(counts.items())), "servers": world.servers.counts, "records": dict(judge.records),
        "frozen": sum(len(one.frozen) for one in world.actors.values()), "clock": clock.told,
        "gave_up": {name: [[code, *last] for _, code, last in one.ends] for name, one in world.actors.items() if one.ends}}
