"""Listings and delistings while cw-producer runs: what is followed changes, and nobody else notices."""

import json
from collections import Counter

import pytest

from producer_oracle import Written
from records import read_topic
from simulator import Simulator
from stack import BUILD, http_get, run, wait_for

SYMBOLS = 12


@pytest.fixture
def topics(kafka, prefix):
    run(BUILD / "tools/cw-topics", "create", "--brokers", kafka.brokers, "--prefix", prefix, "--replication", "1")
    return prefix


@pytest.fixture
def exchange(logs):
    started = []

    def start(**options):
        started.append(Simulator(logs, symbols=SYMBOLS, **options))
        return started[-1].wait_ready()

    yield start
    for sim in started:
        if sim.alive():
            sim.kill9()


class Listing:
    """The exchange's list as a file, of which the test strikes pairs and to which it adds them."""

    def __init__(self, sim, path):
        self.path = path
        self.whole = json.loads(http_get(sim.http + "/api/v3/exchangeInfo")[1])
        self.pairs = {s["symbol"]: s for s in self.whole["symbols"] if s["status"] == "TRADING"}

    def write(self, natives, **changes):
        """changes: members of a pair by its native name, e.g. BTCUSDT={"status": "BREAK"}."""
        symbols = [self.pairs[n] | changes.get(n, {}) for n in natives]
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.whole | {"symbols": symbols}))
        part.rename(self.path)


@pytest.fixture
def producer(kafka, topics, program):
    def start(sim, listing, *arguments):
        return program("producers/cw-producer", "--exchange.binance.ws.url", sim.ws, "--exchange.binance.rest.url",
                       sim.http, "--instruments", listing.path, "--instruments.refresh.ms", 200, *arguments,
                       env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics}, ready=True)

    return start


@pytest.fixture
def asked(kafka, topics, program):
    """A producer that asks the exchange for its list."""
    def start(sim, *arguments):
        return program("producers/cw-producer", "--exchange", sim.exchange, *sim.endpoints, "--symbols", "all",
                       *arguments, env={"CW_BROKERS": kafka.brokers, "CW_PREFIX": topics}, ready=True)

    return start


def changes(one):
    return one.metric("candlewick_instrument_changes_total") or 0


def instruments(kafka, topics):
    """symbol -> its records, the newest last."""
    found = {}
    for m in read_topic(kafka.brokers, topics + "instruments"):
        _, r = m.record()
        found.setdefault(r["symbol"], []).append(r)
    return found


def stored(sim, n):
    """The canonical names of the n busiest pairs of that exchange: each is quoted when a market begins."""
    other = Simulator(sim.log.parent, exchange=sim.exchange, symbols=n, rate=1, ledger_quotes=True).wait_ready()
    try:
        return wait_for(lambda: len(found := {r["symbol"] for r in other.ledger("quote")}) == n and found, 30, "quotes")
    finally:
        other.kill9()


def test_a_listing_and_a_delisting_cost_the_others_nothing(exchange, producer, kafka, topics, tmp_path):
    sim = exchange(rate=500, hold_streams=1)
    listing = Listing(sim, tmp_path / "list.json")
    natives = list(listing.pairs)
    stay, gone, new = natives[:-2], natives[-2], natives[-1]
    listing.write(stay + [gone])
    one = producer(sim, listing, "--symbols", "all")
    written = lambda: Written(read_topic(kafka.brokers, topics + "trades"))
    symbol = {n: listing.pairs[n]["baseAsset"] + "-" + listing.pairs[n]["quoteAsset"] for n in natives}
    wait_for(lambda: len(written().trades) == len(stay) + 1, 30, "trades of all that are listed")

    listing.write(stay + [new])
    wait_for(lambda: changes(one) == 1, 30, "a change of what is followed")
    wait_for(lambda: symbol[new] in written().trades, 30, "trades of the new pair")
    count = {s: len(ids) for s, ids in written().trades.items()}
    wait_for(lambda: all(len(ids) >= count[s] + 5 for s, ids in written().trades.items() if s != symbol[gone]), 60,
             "five more trades of each")
    assert one.metric("candlewick_symbols") == len(stay) + 1
    assert one.stop() == 0

    w = written()
    assert w.twice == [] and w.gap_ids == 0, "nobody misses a trade"
    for n in stay:
        ids = sorted(w.trades[symbol[n]])
        assert ids == list(range(ids[0], ids[-1] + 1))
        told = [f["event"] for f in w.feeds if f["symbol"] == symbol[n]]
        assert told == ["subscribed", "subscribed", "lost"], "lost at the end of the program alone"
    last = [f for f in w.feeds if f["symbol"] == symbol[gone]][-1]
    assert (last["event"], last["reason"]) == ("lost", "it is not traded any more")
    begun, ended = (f(r["receive_time"] for r in w.events(event)) for f, event in ((min, "subscribed"), (max, "lost")))
    amid = [t for _, t in w.ticks if begun < t["receive_time"] < ended]
    assert amid and all(t["alive"] for t in amid), "time passed all the while"
    records = instruments(kafka, topics)
    assert records[symbol[gone]][-1]["status"] == "delisted" and records[symbol[gone]][0]["status"] == "trading"
    assert records[symbol[new]][-1]["status"] == "trading"


@pytest.mark.parametrize("standby", ["hot", "cold"])
def test_who_goes_on_does_all_that_was_done_before(exchange, producer, kafka, topics, tmp_path, standby):
    sim = exchange(rate=300, hold_streams=1)
    listing = Listing(sim, tmp_path / "list.json")
    natives = list(listing.pairs)
    frames = tmp_path / "frames.jsonl"
    listing.write(natives[:-1])
    one = producer(sim, listing, "--symbols", "all", "--standby", standby, "--record", frames)
    written = lambda: Written(read_topic(kafka.brokers, topics + "trades"))
    ticks = lambda: Counter(partition for partition, _ in written().ticks)
    wait_for(lambda: len(ticks()) == 4, 30, "a tick in each partition")
    listing.write(natives)
    wait_for(lambda: changes(one) == 1, 30, "a change of what is followed")
    wait_for(lambda: SYMBOLS == len(written().trades), 30, "trades of the new pair")
    before = ticks()
    wait_for(lambda: all(n >= before[partition] + 3 for partition, n in ticks().items()), 30, "time passes in each partition")
    wait_for(lambda: natives[-1] in frames.read_text(), 10, "its frames on record")
    origins = {t["origin"] for ids in written().trades.values() for t in ids.values()}
    assert origins == {"live"}, "it listened before it went on"
    assert one.ready()
    sim.kill9()
    wait_for(lambda: not one.ready(), 30, "not ready without an exchange")
    assert "feed" in one.get("/readyz")[1]


def test_what_the_list_says_of_a_pair_is_dated(exchange, producer, kafka, topics, tmp_path):
    sim = exchange(rate=200, hold_streams=1)
    listing = Listing(sim, tmp_path / "list.json")
    natives = list(listing.pairs)
    listing.write(natives)
    one = producer(sim, listing, "--symbols", "all", "--quotes=false")
    listing.write(natives, **{natives[0]: {"status": "BREAK"}})
    wait_for(lambda: changes(one) == 1, 30, "a change of what is followed")
    symbol = listing.pairs[natives[0]]["baseAsset"] + "-" + listing.pairs[natives[0]]["quoteAsset"]
    records = wait_for(lambda: (r := instruments(kafka, topics)[symbol])[-1]["status"] == "halted" and r, 30, "halted")
    assert [r["status"] for r in records] == ["trading", "halted"]
    assert records[1]["update_time"] > records[0]["update_time"]


def test_pairs_of_one_name_are_refused_with_both_names(exchange, producer, tmp_path):
    sim = exchange(rate=200, hold_streams=1)
    listing = Listing(sim, tmp_path / "list.json")
    natives = list(listing.pairs)
    listing.write(natives[:-1])
    one = producer(sim, listing, "--symbols", "all", "--quotes=false")
    before = one.metric("candlewick_instrument_reads_total") or 0
    first = listing.pairs[natives[0]]
    listing.write(natives[:-1] + natives[-1:], **{natives[-1]: {"baseAsset": first["baseAsset"],
                                                               "quoteAsset": first["quoteAsset"]}})
    wait_for(lambda: one.metric("candlewick_instrument_reads_total") >= before + 2, 30, "the list read again")
    both = f"{natives[0]} and {natives[-1]} are both", f"{natives[-1]} and {natives[0]} are both"
    assert any(b in one.log_text() for b in both)
    assert changes(one) == 0 and one.metric("candlewick_symbols") == SYMBOLS - 1, "who was there first goes on"


@pytest.mark.parametrize("name", ["binance", "kraken", "okx"])
def test_what_the_exchange_lists_and_delists_by_itself(logs, asked, kafka, topics, name):
    with_later = Simulator(logs, exchange=name, symbols=SYMBOLS, symbols_later=1, rate=300, hold_streams=1).wait_ready()
    try:
        one = asked(with_later, "--instruments.refresh.ms", 500)
        written = lambda: Written(read_topic(kafka.brokers, topics + "trades"))
        wait_for(lambda: len(written().trades) == SYMBOLS, 30, "trades of all that are listed")
        busiest = max(written().trades.items(), key=lambda item: len(item[1]))[0]
        later = next(s for s in stored(with_later, SYMBOLS + 1) if s not in written().trades)
        with_later.fault("list", symbol=later)
        with_later.fault("delist", symbol=busiest)
        wait_for(lambda: later in written().trades, 30, "trades of what was listed")
        wait_for(lambda: instruments(kafka, topics)[busiest][-1]["status"] != "trading", 30, "the word of the delisting")
        assert one.metric("candlewick_symbols") == SYMBOLS
        assert one.stop() == 0
        w = written()
        rows = {(r["symbol"], r["id"]) for r in with_later.ledger("trade")}
        assert all((s, n) in rows for s, ids in w.trades.items() for n in ids) and w.twice == []
        assert w.gap_ids == 0
        for symbol, ids in w.trades.items():
            assert sorted(ids) == list(range(min(ids), max(ids) + 1))
    finally:
        with_later.kill9()


def test_a_multiple_is_not_the_coin(exchange, producer, kafka, topics, tmp_path):
    sim = exchange(rate=200, hold_streams=1)
    listing = Listing(sim, tmp_path / "list.json")
    natives = list(listing.pairs)
    multiple = {"baseAsset": "1000" + listing.pairs[natives[1]]["baseAsset"],
                "quoteAsset": listing.pairs[natives[1]]["quoteAsset"]}
    listing.write(natives[:2], **{natives[0]: multiple})
    one = producer(sim, listing, "--symbols", "all", "--quotes=false")
    symbol = multiple["baseAsset"] + "-" + multiple["quoteAsset"]
    messages = wait_for(lambda: [m for m in read_topic(kafka.brokers, topics + "trades") if m.key and
                                 m.record()[1].get("symbol") == symbol], 30, "trades of the multiple")
    assert {m.key.decode() for m in messages} == {multiple["baseAsset"]}, "an asset of its own"
    assert one.metric("candlewick_symbols") == 2
