"""Which quotes `quotes` must hold, told from the simulators' ledgers alone.

    said, unchanged = said_by(ledger rows)             # {(exchange, symbol): [ledger row, ...]}; how many say nothing new
    differences(said, [(partition, record), ...])      # of the topic

The law, while the brokers keep up, for a producer that listened before the market began and was then told to stop: per
exchange and symbol, the topic's quotes are the ledger's, each once and in order, without those that say what the one before
them said; behind them one that is void, unless the last is.
"""

from collections import defaultdict
from decimal import Decimal

SIDES = ("bid", "bid_amount", "ask", "ask_amount")
NOBODY = (None,) * 4
TELLS_TIME = {"binance": False, "kraken": True, "okx": True}


def sides_of(row):
    """(bid, bid amount, ask, ask amount) of a ledger's line."""
    return tuple(None if row[side] is None else Decimal(row[side]) for side in SIDES)


def state_of(sides):
    bid, ask = sides[0], sides[2]
    if bid is None and ask is None:
        return "void"
    if bid is None or ask is None:
        return "one_sided"
    return "crossed" if bid >= ask else "normal"


def said_by(rows):
    said, now, unchanged = defaultdict(list), defaultdict(lambda: NOBODY), 0
    for row in rows:
        if row["kind"] != "quote":
            continue
        key, sides = (row["exchange"], row["symbol"]), sides_of(row)
        if sides == now[key]:
            unchanged += sides != NOBODY
            continue
        now[key] = sides
        said[key].append(row)
    return said, unchanged


def differences(said, records):
    """Texts of what is wrong with the topic's quotes, each symbol in the order of its partition; none if the law holds."""
    found, written, places = [], defaultdict(list), defaultdict(set)
    for partition, r in records:
        written[r["exchange"], r["symbol"]].append(r)
        places[r["symbol"].split("-")[0]].add(partition)
    found += [f"{base} is in partitions {p}" for base, p in places.items() if len(p) > 1]
    for key in said.keys() | written.keys():
        ours, theirs = written.get(key, []), said.get(key, [])
        ends = bool(theirs) and sides_of(theirs[-1]) != NOBODY
        if len(ours) != len(theirs) + ends:
            found.append(f"{key}: {len(ours)} quotes where the ledger has {len(theirs)} and {ends:d} ends it")
        if ends and ours and [ours[-1][side] for side in (*SIDES, "state")] != [*NOBODY, "void"]:
            found.append(f"{key}: ends with {ours[-1]}")
        found += [f"{key} {n}: {d}" for n, (r, row) in enumerate(zip(ours, theirs)) if (d := _difference(r, row))][:3]
    return found


def _difference(r, row):
    sides = sides_of(row)
    wanted = dict(zip(SIDES, sides)) | {"state": state_of(sides)}
    if TELLS_TIME[row["exchange"]] and wanted["state"] != "void":
        wanted["exchange_time"] = row["time_us"]
    elif not TELLS_TIME[row["exchange"]]:
        wanted["exchange_time"] = None
    wrong = {field: (r[field], value) for field, value in wanted.items() if r[field] != value}
    if r["receive_time"] < row["send_us"]:
        wrong["receive_time"] = r["receive_time"], row["send_us"]
    return wrong
