"""Markets, two producers for each, and the blows that fall on them.

    with ExitStack() as undo:
        torment = Torment(shape, kafka, logs, undo)
        torment.begin()
        torment.strike(plan(...))       # and all are back
        torment.end_of_markets()
        ...                             # look at the topics
        torment.stop()
"""

import json
from dataclasses import dataclass

from blows import PRODUCERS
from records import Tail
from simulator import Simulator
from stack import Program, wait_for
from victim import Victim, now_us

# By exchange and producer, --instance: who is started again under a name keeps its shards; who is not, joins as a new one.
INSTANCES = {"okx": ("0", "1"), "kraken": ("", ""), "binance": ("0", "")}
READY_S = 120


@dataclass(frozen=True)
class Shape:
    trades: int = 1_000_000  # of all exchanges together
    rate: int = 2300  # trades a second, likewise
    quote_rate: int = 900  # quotes a second, likewise
    symbols: int = 20  # of each exchange
    shards: int = 2  # of each exchange
    kills: int = 50
    seed: int = 0  # of the blows, and of the market; 0: any
    brokers: int = 1

    @property
    def strike_s(self):
        """How long the blows fall: until the last tenth of the market, and half a minute."""
        return max(0.9 * self.trades / self.rate - 30, 1)


@dataclass
class Struck:
    """What became of a blow, for one of its victims; times by the clock, in µs."""

    name: str
    exchange: str
    victim: int
    owned: int  # shards that it wrote
    at_us: int
    back_us: int = 0


class Producer(Victim):
    """One of the two of an exchange, in all its lives."""

    def __init__(self, exchange, number, start):
        super().__init__(f"{exchange} {number}", start)
        self.number = number
        self._struck = None

    def strike(self, blow):
        owned = self.program.metric("candlewick_shards_owned") or 0
        self._struck = Struck(blow.name, blow.exchange, self.number, int(owned), now_us())
        {"kill": self.kill, "freeze": self.freeze, "stop": self.stop}[blow.kind](blow.away_s)
        return self._struck

    def returns(self):
        self._struck.back_us = now_us()


class Torment:
    def __init__(self, shape, kafka, logs, undo, prefix="kills.", exchanges=tuple(INSTANCES), cold=()):
        """cold: exchanges whose standbys are."""
        self.shape, self.kafka, self.prefix, self.exchanges, self.cold = shape, kafka, prefix, exchanges, cold
        self.struck = []
        kafka.make_our_topics(prefix, copies=shape.brokers, shards=shape.shards)
        self.sims = {x: self._market(x, logs, undo) for x in exchanges}
        self.producers = {}
        for x in exchanges:
            for number in PRODUCERS:
                one = Producer(x, number, lambda x=x, number=number: self._producer(x, number, logs))
                self.producers[x, number] = one
                undo.callback(one.end)

    def _market(self, exchange, logs, undo):
        shape, share = self.shape, len(self.exchanges)
        heard = 2 * shape.symbols * (1 if exchange in self.cold else len(PRODUCERS))  # trades and quotes
        sim = Simulator(logs / exchange, exchange=exchange, symbols=shape.symbols, seed=shape.seed % 1_000_000 + 1,
                        rate=shape.rate // share, quote_rate=shape.quote_rate // share, trades=-(-shape.trades // share),
                        hold_streams=heard, ledger_quotes=True)
        undo.callback(lambda: sim.alive() and sim.kill9())
        return sim.wait_ready()

    def _producer(self, exchange, number, logs):
        options = ["--exchange", exchange, "--symbols", "all", *self.sims[exchange].endpoints,
                   "--instance", INSTANCES[exchange][number], "--standby", "cold" if exchange in self.cold else "hot"]
        return Program("producers/cw-producer", options, logs / f"{exchange}.{number}",
                       env={"CW_BROKERS": self.kafka.brokers, "CW_PREFIX": self.prefix})

    def begin(self):
        """All live, and each symbol has been written: what is lost of it from now on is known to be missing. Cold standbys
        come after that, since a shard that moves to one is deaf for a moment."""
        late = {(exchange, PRODUCERS[1]) for exchange in self.cold}
        self._begin(self.producers.keys() - late)
        self._wait_symbols()
        self._begin(late)

    def _begin(self, keys):
        for key in keys:
            self.producers[key].start()
        self._wait(lambda: all(one.is_ready() for one in self.producers.values() if one.lives), READY_S, "ready producers")

    def _wait_symbols(self):
        wanted = len(self.exchanges) * self.shape.symbols
        with self.tail("trades") as tail:
            known = set()

            def all_known():
                for m in tail.more():
                    name, r = m.record()
                    if name == "trade":
                        known.add((r["exchange"], r["symbol"]))
                return len(known) == wanted

            self._wait(all_known, READY_S, lambda: f"a trade of each symbol: {len(known)} of {wanted}", 0.5)

    def tail(self, topic):
        return Tail(self.kafka.brokers, self.prefix + topic)

    def strike(self, blows):
        """Until the last blow has fallen, and all are back and ready."""
        begin_us, waiting = now_us(), list(blows)
        limit_s = max(blow.at_s for blow in blows) + READY_S

        def all_fallen():
            self.running()
            since_s = (now_us() - begin_us) / 1e6
            for blow in [b for b in waiting if b.at_s <= since_s and self._can_fall(b)]:
                if self._can_fall(blow):  # still, after those before it
                    waiting.remove(blow)
                    assert self.sims[blow.exchange].status()["market"] == "running", f"the market is over before {blow}"
                    self.struck += [self.producers[blow.exchange, v].strike(blow) for v in blow.victims]
            return not waiting

        self._wait(all_fallen, limit_s, lambda: f"victim of {waiting[0]}")
        self._wait(self._all_ready, READY_S, "ready producers")

    def running(self):
        for sim in self.sims.values():
            assert sim.alive(), f"{sim.name} ended with {sim.process.returncode}:\n{sim.log_end()}"

    def _can_fall(self, blow):
        victims = [self.producers[blow.exchange, v] for v in blow.victims]
        return all(one.is_ready() if blow.ripe else one.is_up() for one in victims)

    def _all_ready(self):
        return all(one.is_ready() for one in self.producers.values())

    def _wait(self, condition, seconds, what, interval=0.05):
        """With everybody brought back who is due."""
        def there():
            for one in self.producers.values():
                one.tend()
            return condition()
        return wait_for(there, seconds, what, interval)

    def end_of_markets(self):
        for sim in self.sims.values():
            self._wait(lambda: sim.status()["market"] == "done" and sim.status()["waiting"] == 0,
                       self.shape.trades / self.shape.rate + READY_S, lambda: f"end of the market: {sim.status()}", 0.5)

    def stop(self):
        for (exchange, number), one in self.producers.items():
            assert one.program.stop() == 0, f"{exchange} {number} failed at its end:\n{one.program.log_end()}"

    def openings(self):
        """(exchange, shard, epoch, producer) of each time that a shard was begun to be written."""
        found = []
        for (exchange, number), one in self.producers.items():
            for line in (line for life in one.lives for line in life.log_text().splitlines()):
                if '"writing the shard"' in line:
                    said = json.loads(line)
                    found.append((exchange, said["shard"], said["epoch"], number))
        return sorted(found)
