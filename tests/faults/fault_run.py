"""One fault on one exchange: a simulator, a producer, a topic prefix; the market with its fault, and what came of it.

    outcome = play(CASES["drop"], "kraken", Shape(seconds=60), kafka, logs, prefix)
    outcome.differences, outcome.figures
"""

import json
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

import quote_oracle
from cases import LATER, Setting
from quote_judge import QuoteJudge, is_unheard, sides
from records import decode, read_topic
from simulator import Simulator
from stack import BUILD, TOP, programs, run, wait_for
from tls_market import TlsSimulator
from trade_judge import TradeJudge

TOPICS = ("trades", "quotes", "instruments", "feeds", "dead-letters", "reinjections", "schemas")


@dataclass(frozen=True)
class Shape:
    seconds: float = 60  # of market
    rate: int = 300  # trades a second
    symbols: int = 20
    seed: int = 1


SHORT = Shape(seconds=9)


@dataclass
class Outcome:
    case: str
    exchange: str
    figures: dict = field(default_factory=dict)
    differences: list = field(default_factory=list)


class Run:
    def __init__(self, case, exchange, shape, kafka, logs, prefix, undo):
        self.case, self.exchange, self.shape, self.kafka, self.prefix = case, exchange, shape, kafka, prefix
        self.seconds = max(shape.seconds, case.least_s(exchange))
        self._make_topics(logs)
        self.sim = self._simulate(logs)
        undo.callback(lambda: self.sim.alive() and self.sim.kill9())
        self.sim.wait_ready()
        start = undo.enter_context(programs(logs))
        trusting = self.sim.trusting if case.tls else {}
        self.producer = start("producers/cw-producer", "--exchange", exchange, "--symbols", "all", *self.sim.endpoints,
                              *case.options, env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": prefix, **trusting})

    def _make_topics(self, logs):
        logs.mkdir(parents=True, exist_ok=True)
        declared = json.loads((TOP / "deploy/topics.json").read_text())
        names = {*TOPICS, f"feed-progress.{self.exchange}"}
        declared["topics"] = [topic for topic in declared["topics"] if topic["name"] in names]
        (logs / "topics.json").write_text(json.dumps(declared))
        run(BUILD / "tools/cw-topics", "create", "--brokers", self.kafka.brokers, "--prefix", self.prefix, "--file",
            logs / "topics.json", "--replication", 1)

    def _simulate(self, logs):
        setting = Setting(self.exchange, self.seconds, self.shape.seed, self.case.name)
        (logs / "faults.json").write_text(json.dumps(self.case.plan(setting), indent=1))
        unit = {"time_unit": "us"} if self.exchange == "kraken" else {}  # the one that tells them
        kind = TlsSimulator if self.case.tls else Simulator
        return kind(logs, exchange=self.exchange, symbols=self.shape.symbols, seed=self.shape.seed, rate=self.shape.rate,
                    trades=round(self.shape.rate * self.seconds), hold_streams=2 * self.shape.symbols + 1,
                    ledger_quotes=True, deflate=False, faults=logs / "faults.json", **unit, **self.case.sim)

    def begin(self):
        """The market, once there is a producer that writes all it hears."""
        self.producer.wait_ready()
        wait_for(lambda: self.producer.metric("candlewick_shards_owned") == 1, 60, "a producer that writes")
        wait_for(lambda: self.sim.status()["streams"] == 2 * self.shape.symbols, 30, lambda: f"streams: {self.sim.status()}")
        self.sim.begin()

    def topic(self, name):
        return read_topic(self.kafka.brokers, self.prefix + name)

    # --- until nothing moves ---

    def is_at_rest(self):
        """The producer is connected and waits for nothing: no trade is held, no hole asked for."""
        assert self.producer.alive(), f"cw-producer ended:\n{self.producer.log_end()}"
        names = ("trades_held", "open_holes")
        connected, all_of_them = (self.producer.metric("candlewick_feed_" + name) for name in ("connected", "connections"))
        return connected == all_of_them and not any(self.producer.metric("candlewick_" + name) for name in names)

    def has_last_quotes(self, rows):
        """Of each symbol whose last quote was heard, or is repeated to who connects again."""
        last = {row["symbol"]: row for row in rows if row["kind"] == "quote"}
        written = {r["symbol"]: r for kind, r in (decode(m.value) for m in self.topic("quotes")) if kind == "quote"}
        return all(is_unheard(row) or (symbol in written and sides(written[symbol]) == quote_oracle.sides_of(row))
                   for symbol, row in last.items())

    def settle(self, rows):
        """Until the producer is at rest, no hole is open in the topic, and the last trade of every symbol that could be had
        is there, and its last quote; seconds."""
        began, trades = time.monotonic(), [row for row in rows if row["kind"] == "trade"]
        lost = self.case.missing(trades)
        last = {}
        for row in trades:
            if (row["symbol"], row["id"]) not in lost:
                last[row["symbol"]] = max(row["id"], last.get(row["symbol"], 0))

        def whole():
            if not self.is_at_rest():
                return False
            w = TradeJudge(self.topic("trades"), self.exchange)
            ends = all(number in w.trades[symbol] for symbol, number in last.items())
            return ends and not any(w.open.values()) and self.has_last_quotes(rows)

        wait_for(whole, self.case.settle_s, lambda: f"end: {self._standing()}", 0.5)
        return time.monotonic() - began

    def _standing(self):
        names = ("trades_held", "open_holes", "feed_connected", "feed_connections")
        return {name: self.producer.metric("candlewick_" + name) for name in names}

    # --- the judgement ---

    def judge(self, out, rows, met):
        trades = [row for row in rows if row["kind"] == "trade"]
        w = TradeJudge(self.topic("trades"), self.exchange)
        trades = self._since_it_was_followed(trades, w)
        out.differences += w.all_differences(trades, self.case.missing(trades), self.case.skipped)
        out.differences += w.copy_differences(self.topic("feeds"))
        letters = self.topic("dead-letters")
        out.figures |= {"trades": len(trades), "written": w.count, "by_rest": w.of_origin("repair"),
                        "repeated": w.of_origin("snapshot"), "declared": w.declared,
                        "given_up": w.given_up_ids, "repaired_later": w.repaired_later, "dead_letters": len(letters)}
        self._judge_effect(out, met)
        self._judge_letters(out, letters, met)
        self._judge_quotes(out, [row for row in rows if row["kind"] == "quote"])

    def _since_it_was_followed(self, trades, w):
        """Without those of a symbol that is listed later, up to the first that was heard: no id says that they are missing."""
        if not self.case.later:
            return trades
        later = LATER[self.exchange]
        first = min(w.trades[later], default=None)
        return [row for row in trades if row["symbol"] != later or first is None or row["id"] >= first]

    def _judge_effect(self, out, met):
        """A fault that nobody met proves nothing."""
        if not met.get(self.case.fault):
            out.differences.append(f"nobody met the fault: {met}")
        by_rest, repeated = out.figures["by_rest"], out.figures["repeated"]
        if self.case.repairs is not None and self.case.repairs != (by_rest + repeated > 0):
            out.differences.append(f"{by_rest} trades came by REST, {repeated} were repeated")

    def _judge_letters(self, out, letters, met):
        due = met[self.case.dead_letters] if self.case.dead_letters else 0
        if len(letters) != due:
            out.differences.append(f"{len(letters)} dead letters for {due} broken frames")
        for m in letters:
            headers = dict(m.headers)
            if headers.get("dlq.stage") != b"producer" or not headers.get("dlq.reason") or _is_json(m.value):
                out.differences.append(f"a dead letter of {headers}: {m.value[:100]}")

    def _judge_quotes(self, out, rows):
        records = [(m.partition, *decode(m.value)) for m in self.topic("quotes")]
        quotes = [(p, r) for p, kind, r in records if kind == "quote"]
        q = QuoteJudge(records, rows, 1000 * self.case.late_ms, 1000 * self.case.ahead_ms)
        out.differences += q.differences
        if self.case.quotes == "exact" and not out.figures["conflated"]:
            ours = [{**row, "send_us": row["send_us"] - 1000 * self.case.ahead_ms} for row in rows]
            out.differences += quote_oracle.differences(quote_oracle.said_by(ours)[0], quotes)
        few = [symbol for symbol in {row["symbol"] for row in rows} if q.voids[symbol] < self.case.voids]
        if self.case.voids and few:
            out.differences.append(f"quotes: not void {self.case.voids} times: {sorted(few)[:5]} …")
        out.figures |= {"quotes": len(quotes), "void": q.void, "false": q.false, "oldest_quote_s": round(q.oldest_us / 1e6, 2)}


def _is_json(text):
    try:
        json.loads(text)
        return True
    except ValueError:
        return False


def play(case, exchange, shape, kafka, logs, prefix):
    """What came of it; nothing is raised for what the producer does wrong."""
    out = Outcome(case.name, exchange)
    with ExitStack() as undo:
        one = Run(case, exchange, shape, kafka, logs, prefix, undo)
        one.begin()
        one.sim.wait_done(one.seconds + 60)
        rows = one.sim.ledger()
        try:
            out.figures["whole_s"] = round(one.settle(rows), 1)
        except AssertionError as error:
            out.differences.append(str(error))
        lost = [one.producer.metric(f"candlewick_quotes_{what}_total") for what in ("conflated", "lost")]
        out.figures["conflated"] = sum(n or 0 for n in lost)
        met = one.sim.status()["faults"]
        if (code := one.producer.stop()) != 0:
            out.differences.append(f"cw-producer ended with {code}:\n{one.producer.log_end()}")
        one.judge(out, one.sim.ledger(), met)
    return out
