"""All programs on a cluster that asks who comes and what they may: TLS, passwords, and the rights that docs/CLUSTER.md lists."""

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import Producer

import candle_oracle
from market import Market
from pipeline import INTERVALS, Pipeline, of_kind, records_of
from quote_market import QuoteMarket
from records import Writer, read_topic
from secured import SCRAM, SecuredKafka, listed_acls, next_prefix, user_of
from simulator import Simulator
from stack import BUILD, environment, http_json, run, wait_for
from test_end_to_end import assert_trades_equal_ledger

SYMBOLS = 4
TRADES = 4000
UNKNOWN = b"\xc3\x01unknown!"  # a record of a schema that nobody published
USERS = sorted({acl.user for acl in listed_acls("")})


@pytest.fixture(scope="module")
def secured(directory):
    kafka = SecuredKafka(directory / "secured", USERS)
    try:
        yield kafka.start()
    finally:
        kafka.stop()


@pytest.fixture
def rights(secured, prefix):
    """The listed ones, granted; those of a test that is over are taken back."""
    acls = listed_acls(prefix)
    secured.allow(acls)
    yield acls
    secured.forbid(*acls)
    for ours in (prefix, next_prefix(prefix)):
        secured.remove_topics(ours)


@pytest.fixture
def come(secured, prefix, program):
    """come("tools/cw-tap", "--topic", "trades") starts the program as its own user. mechanism: how it proves to be that."""
    def start(path, *arguments, mechanism="PLAIN", env=None, **options):
        role = [" " + one for one in ("--mirror", "--into", "reinject") if one in arguments]
        user = user_of("".join([Path(path).name, *role]))
        own = secured.client(user, mechanism) if user in secured.passwords else {}
        return program(path, *arguments, env={"CW_PREFIX": prefix, **(env or {}), **own}, **options)

    return start


def make_topics(secured, prefix, mechanism, *arguments):
    run(BUILD / "tools/cw-topics", "create", "--prefix", prefix, *arguments,
        env=environment(secured.client("cw-topics", mechanism)))


def tapped(secured, prefix, topic, mechanism):
    done = run(BUILD / "tools/cw-tap", "--topic", topic, "--prefix", prefix, "--from-beginning", "--exit-at-end",
               env=environment(secured.client("cw-tap", mechanism)))
    return [json.loads(line) for line in done.stdout.splitlines()]


def finals(pipeline, interval):
    return [r for r in of_kind(pipeline.topic(f"candles.{interval}"), "candle") if r["status"] == "final"]


@pytest.mark.parametrize("mechanism", [SCRAM, "PLAIN"])
def test_with_the_listed_rights_all_of_the_pipeline_works(secured, rights, prefix, tables, logs, come, mechanism):
    """From the exchange's ledger to REST, each program as a user of its own."""
    make_topics(secured, prefix, mechanism)
    pipeline = Pipeline(lambda *a, **o: come(*a, mechanism=mechanism, **o), secured, prefix, tables)
    sim = Simulator(logs, symbols=SYMBOLS, rate=2000, quote_rate=1000, trades=TRADES, hold_streams=2 * SYMBOLS + 1)
    try:
        sim.wait_ready()
        producer = pipeline.program("producers/cw-producer", "--exchange", "binance", "--symbols", "all", *sim.endpoints,
                                    "--quotes", env=pipeline.env)
        mirror = pipeline.program("tools/cw-tap", "--mirror", "--topic", "candles.1m", env=pipeline.env)
        folds = [pipeline.candles(), pipeline.arbitrage()]
        programs = [producer, mirror, *folds, pipeline.sink(), pipeline.api()]
        for one in programs:
            one.wait_ready()
        wait_for(lambda: sim.status()["streams"] == 2 * SYMBOLS, 30, lambda: f"all streams: {sim.status()}")
        sim.begin()
        sim.wait_done()
        wait_for(lambda: producer.metric("candlewick_trades_written_total") == TRADES, 30, "all trades written")
        ledger = sim.ledger()
        wait_for(lambda: finals(pipeline, "1s"), 30, "a candle whose second is over")
    finally:
        sim.kill9()
    assert producer.stop() == 0, producer.log_end()
    for fold, topic in zip(folds, ("trades", "quotes")):
        messages = pipeline.topic(topic)
        wait_for(lambda: pipeline.is_folded(fold.name, topic, messages), 30, lambda: f"the end of {topic}\n{fold.log_end()}")
    records = records_of(pipeline.topic("trades"))
    trades = assert_trades_equal_ledger(records, ledger)
    assert candle_oracle.all_differences(records, {i: finals(pipeline, i) for i in INTERVALS}) == []
    wait_for(pipeline.sink_is_done, 30, "rows of all records")
    assert pipeline.rows("SELECT count(*) FROM trade") == [(TRADES,)]
    counts = Counter((t["exchange"], t["symbol"]) for t in trades)
    served = http_json(pipeline.api_url + "/v1/symbols")["symbols"]
    assert {(row["exchange"], row["symbol"]): row["trades"] for row in served if row["trades"]} == counts
    assert Counter(r["trade_id"] for r in tapped(secured, prefix, "trades", mechanism) if "trade_id" in r) == Counter(
        t["trade_id"] for t in trades)
    copied = {m.key for m in pipeline.topic("candles.1m")}
    wait_for(lambda: {m.key for m in pipeline.topic("candles.1m.json")} == copied, 30, "the copy as JSON")
    secured.make_our_topics(next_prefix(prefix))
    copy = come("tools/cw-copy", "--topics", "trades", "--from-prefix", prefix, "--prefix", next_prefix(prefix),
                "--exit-at-end", mechanism=mechanism)
    assert copy.wait(60) == 0, copy.log_end()
    assert [m.value for m in read_topic(secured.brokers, next_prefix(prefix) + "trades")] == [
        m.value for m in pipeline.topic("trades")]
    assert run(BUILD / "tools/cw-deadletter", "list", "--prefix", prefix,
               env=environment(secured.client("cw-deadletter", mechanism))).stdout == ""
    for one in programs:
        assert one.stop() == 0, one.log_end()
        assert not any(word in one.log_text() for word in secured.passwords.values())


class Trial:
    """One program after the other, each time without another one of its rights."""

    def __init__(self, secured, prefix, logs, come):
        self.secured, self.prefix, self.logs, self.come = secured, prefix, logs, come
        logs.mkdir(parents=True)
        self.writer = Writer(secured.brokers)
        self.trades, self.quotes = Market(1), QuoteMarket(1)
        self.tried = []

    def name(self, topic):
        return self.prefix + topic

    def spoil(self, topic):
        self.writer.put(self.name(topic), UNKNOWN, b"A", 0)
        self.writer.flush()

    def feed_trades(self):
        self.trades.fill(self.writer, 500, self.name("trades"))
        self.spoil("trades")

    def feed_quotes(self):
        self.quotes.fill(self.writer, 500, self.name("quotes"))
        self.spoil("quotes")

    def feed_candles(self):
        self.writer.put(self.name("candles.1m"), None, b"A", 0)
        self.spoil("candles.1m")

    def abort(self, topic):
        """A record that is in the log, and yet is none."""
        producer = Producer({"bootstrap.servers": self.secured.brokers, "transactional.id": topic + ".aborts"})
        producer.init_transactions(30)
        producer.begin_transaction()
        producer.produce(topic, b"never")
        assert producer.flush(30) == 0
        producer.abort_transaction(30)

    def complaint(self, acl):
        """What says that this right is missing, in the words of the program."""
        name = re.escape(acl.name) + (r"[^ ]*" if acl.pattern == "prefixed" else "")
        return re.compile(rf"{acl.resource} {name}: User:{acl.user} may not {acl.operation}\b[^;]*; see docs/CLUSTER.md")

    def without(self, acl, path, *arguments):
        """What the program does not say of this right. Who may not Read or Write may still Describe: it finds out later."""
        instead = replace(acl, operation="Describe") if acl.operation in ("Read", "Write") and acl.resource == "topic" else None
        self.secured.forbid(acl)
        if instead:
            self.secured.allow([instead])
        out = self.logs / f"{acl.user}.out"
        lives = []

        def begin():
            with open(out, "ab") as stdout:
                lives.append(self.come(path, *arguments, stdout=stdout))

        def said():
            return self.complaint(acl).search("".join(one.log_text() for one in lives) + out.read_text(errors="replace"))

        def tell():
            """Who was let do all of it came before the broker knew; it comes again."""
            if not lives or lives[-1].process.poll() == 0:
                begin()
            return not lives[-1].alive() and lives[-1].process.returncode != 0 or said()

        try:
            wait_for(tell, 15, self.complaint(acl).pattern)
            assert said(), "ended without a word of it"
        except AssertionError as error:
            return [f"{acl}: {error}\n{lives[-1].log_end()}"]
        finally:
            for one in lives:
                if one.alive():
                    one.kill9()
            self.secured.allow([acl])
            if instead:
                self.secured.forbid(instead)
        self.tried.append(acl)
        return []

    def each(self, acls, feed, path, *arguments):
        """feed(): gives the program something to do."""
        unsaid = []
        for acl in acls:
            feed()
            unsaid += self.without(acl, path, *arguments)
        return unsaid


def test_each_right_is_missed_by_name(secured, prefix, rights, tables, logs, come):
    trial = Trial(secured, prefix, logs, come)
    of = {user: [acl for acl in rights if acl.user == user] for user in USERS}

    def nothing():
        pass

    to_read = [acl for acl in of["cw-topics"] if acl.operation == "Read"]  # the schemas, once there are any
    create = ("tools/cw-topics", "create")
    unsaid = trial.each([acl for acl in of["cw-topics"] if acl not in to_read], nothing, *create)
    make_topics(secured, prefix, "PLAIN")
    unsaid += trial.each(to_read, nothing, *create)

    sim = Simulator(logs, symbols=SYMBOLS, rate=500)
    sim.wait_ready()
    sim.fault("bad_json", permille=50, for_ms=600_000)
    trial.feed_candles()
    letter = ["show", "0", "0"]
    for partition in range(4):
        trial.writer.put(trial.name("dead-letters"), UNKNOWN, b"A", partition, {
            "dlq.stage": b"decode", "dlq.topic": b"none", "dlq.partition": b"0", "dlq.offset": b"0"})
    trial.writer.flush()
    secured.make_our_topics(next_prefix(prefix))
    trial.abort(next_prefix(prefix) + "trades")
    fold = ("--instance", "0", "--image.records", "1", "--image.min.ms", "0", "--keep.every.s", "1")
    lanes = {
        "cw-producer": (nothing, "producers/cw-producer", "--exchange", "binance", "--symbols", "all", "--quotes",
                        "--instance", "0", *sim.endpoints),
        "cw-candles": (trial.feed_trades, "processors/cw-candles", *fold),
        "cw-arbitrage": (trial.feed_quotes, "processors/cw-arbitrage", *fold, "--watching.s", "1"),
        "cw-postgres": (lambda: trial.spoil("candles.1m"), "sinks/cw-postgres", "--instance", "0", "--database.url", tables),
        "cw-tap-mirror": (trial.feed_candles, "tools/cw-tap", "--mirror", "--topic", "candles.1m", "--instance", "0"),
        "cw-tap": (nothing, "tools/cw-tap", "--topic", "candles.1m", "--from-beginning"),
        "cw-verify": (nothing, "tools/cw-verify", "candles.1m", "candles.1m"),
        "cw-copy": (lambda: trial.spoil("trades"), "tools/cw-copy", "--topics", "trades", "--from-prefix", prefix,
                    "--prefix", next_prefix(prefix)),
        "cw-deadletter": (nothing, "tools/cw-deadletter", *letter),
        "cw-deadletter-reinject": (nothing, "tools/cw-deadletter", "reinject", "0", "0", "--again"),
    }
    replay = ("processors/cw-candles", "--into", "again")
    to_delete = [acl for acl in of["cw-candles-into"] if acl.operation == "Delete"]  # what is there once it was made
    to_replay = [acl for acl in of["cw-candles-into"] if acl not in to_delete]
    assert set(lanes) | {"cw-topics", "cw-candles-into"} == set(USERS)
    for user in ("cw-candles", "cw-arbitrage"):  # a right to read one's state is missed where there is some
        feed, *command = lanes[user]
        feed()
        one = come(*command, ready=True)
        wait_for(lambda: one.metric("candlewick_images_total"), 30, one.log_end)
        assert one.stop() == 0, one.log_end()
    try:
        with ThreadPoolExecutor(len(lanes)) as pool:
            unsaid += sum(pool.map(lambda user: trial.each(of[user], *lanes[user]), lanes), [])
        unsaid += trial.each(to_replay, nothing, *replay)
        unsaid += trial.each(to_delete, nothing, *replay, "--recreate")
    finally:
        sim.kill9()
    assert not unsaid, "\n\n".join(unsaid)
    assert set(trial.tried) == set(rights)


def test_who_is_not_let_in_is_told_why_and_ends(secured, rights, prefix, program):
    """It goes on asking for 10 s, and says why meanwhile."""
    make_topics(secured, prefix, "PLAIN")
    user = "cw-candles"
    of_trades = next(acl for acl in rights if acl.user == user and acl.name == prefix + "trades")
    doors = {
        "wrong password": (secured.client(user, password="not-" + secured.passwords[user]),
                           "no broker lets us in: .*SASL authentication error: .*Invalid username or password"),
        "librdkafka 2.0.2 with SCRAM": (secured.client(user, SCRAM, library=None),
                                        "librdkafka 2.0.2 may mean .* it cannot do SCRAM with Kafka 4 "),
        "an authority that is not trusted": (secured.client(user, authority=secured.certificates.stranger),
                                             "no broker lets us in: .*certificate could not be verified"),
        "a certificate for another host": (secured.client(user, host="127.0.0.1"),
                                           "no broker lets us in: .*certificate verify failed"),
        "no right": (secured.client(user), f"topic {prefix}trades: User:{user} may not Describe, so neither Read nor Write "
                                           r"\(TOPIC_AUTHORIZATION_FAILED\); see docs/CLUSTER.md"),
    }
    secured.forbid(of_trades)
    try:
        started = {door: program("processors/cw-candles", env={**env, "CW_PREFIX": prefix}) for door, (env, _) in doors.items()}
        for door, one in started.items():
            wait_for(lambda: re.search(doors[door][1], one.get("/readyz")[1]), 9, lambda: f"{door} in {one.get('/readyz')}")
        for door, one in started.items():
            assert one.wait(30) == 1, door
            last = json.loads(one.log_text().splitlines()[-1])
            assert last["msg"] == "giving up" and re.search(doors[door][1], last["error"]), (door, last)
            assert not any(word in one.log_text() for word in secured.passwords.values())
    finally:
        secured.allow([of_trades])


def test_a_password_is_told_to_nobody(secured, rights, prefix):
    """Neither by what shows a program's configuration, nor by the library's most talkative log."""
    make_topics(secured, prefix, "PLAIN")
    env = environment({**secured.client("cw-tap"), "CW_PREFIX": prefix, "CW_KAFKA_DEBUG": "all", "CW_LOG_LEVEL": "debug"})
    password = secured.passwords["cw-tap"]
    tap = BUILD / "tools/cw-tap"
    shown = run(tap, "--dump-config", env=env)
    assert "kafka.sasl.password = (hidden)  # environment" in shown.stdout.splitlines()
    read = run(tap, "--topic", "trades", "--from-beginning", "--exit-at-end", env=env, check=False)
    assert "SaslAuthenticateRequest" in read.stderr, "it talks of how it came in"
    for done in (shown, read, run(tap, "--describe", env=env), run(tap, "--help", env=env)):
        assert password not in done.stdout + done.stderr
