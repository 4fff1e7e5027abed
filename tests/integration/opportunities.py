"""What `arbitrage` must hold for what `quotes` holds, and what it says in short.

    opportunities = expect_exactly(pipeline, max_age_ms=3_000)    # options of cw-arbitrage that are not its defaults
    lives_of(opportunities)
"""

from arbitrage_oracle import Oracle
from pipeline import FEES


def decoded(messages):
    return [(m, *m.record()) for m in messages]


def assert_equal(quotes, written, **options):
    """Both decoded. What the order of `quotes` calls for, nothing else, once; the opportunities by partition, in order."""
    told = []
    for p in sorted({m.partition for m, _, _ in quotes}):
        oracle = Oracle(p, FEES, **options)
        expected = [o for m, kind, r in quotes if m.partition == p for o in oracle.read(m.offset, kind, r)]
        ours = [(m, r) for m, _, r in written if m.partition == p]
        assert len(ours) == len(expected)
        for (m, r), wanted in zip(ours, expected):
            assert r == wanted
            assert m.key.decode() == wanted["id"]
        told += [r for _, r in ours]
    assert len(told) == len(written)
    return told


def expect_exactly(pipeline, **options):
    return assert_equal(decoded(pipeline.topic("quotes")), decoded(pipeline.topic("arbitrage")), **options)


def lives_of(opportunities):
    """(symbol, buy, sell, open time, close time or None) of each that opened."""
    closed = {r["id"]: r["time"] for r in opportunities if r["state"] == "closed"}
    return [(r["legs"][0]["symbol"], *(leg["exchange"] for leg in r["legs"]), r["open_time"], closed.get(r["id"]))
            for r in opportunities if r["state"] == "opened"]
