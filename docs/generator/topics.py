"""TOPICS.md: every topic of deploy/topics.json, every record of schemas/, and how to read them.

What is in no other file stands in KINDS: what a topic's key is, which records it holds, how they are partitioned.
"""

from dataclasses import dataclass
from fnmatch import fnmatch

from .text import NOTICE, cell, code, code_cell, prose, table


class Unknown(Exception):
    """A topic that KINDS does not know."""


@dataclass
class Kind:
    pattern: str  # of the topic's name
    key: str
    records: tuple  # names of schemas; none: not Avro
    partition: str
    writer: str
    headers: str = ""
    note: str = ""


BY_KEY = "by the key's murmur2 hash, as Java clients do"
OF_A_FOLD = ("`input`: the offset of the input that it came of, in the same partition; `config`: the digest of the "
             "configuration that it was made with")

KINDS = [
    Kind("trades", "base asset: `BTC`; a tick has none", ("Trade", "Tick", "Feed"), BY_KEY + "; a tick is in each one",
         "cw-producer", headers="`kind`: `tick` or `feed`; a trade has no header",
         note="All exchanges and all quote assets of a base asset meet in one partition. A consumer that wants trades "
              "alone drops what has a `kind` without decoding it."),
    Kind("quotes", "base asset: `BTC`; a tick and a rate have none", ("Quote", "Tick", "Rate"),
         "that of the asset's `trades`; ticks and rates are in each one", "cw-producer",
         headers="`kind`: `tick` or `rate`; a quote has no header",
         note="A quote is written when a price or an amount changes; it holds until the next one of its symbol. `void`: "
              "it is not known any more, because the connection was lost; `crossed`: the bid is at or above the ask; "
              "`one_sided`: nobody is on the other side. A rate is said on a change, at most ten times a second, and "
              "again at each tick with the tick's time, while its pair has a `normal` quote: one that is 2 s old is not "
              "known any more. A takeover says everything anew: **the first record of a higher `epoch` makes void what "
              "lower epochs of that exchange said in that partition**, and a record of a lower epoch than the highest "
              "seen is to be ignored. Quotes are written outside of transactions, each at most once: what the brokers "
              "did not take is dropped, and what is true then is written after it."),
    Kind("instruments", "`exchange|symbol`: `binance|BTC-USDT`", ("Instrument",), BY_KEY, "cw-producer"),
    Kind("feeds", "`exchange|symbol`", ("Feed",), BY_KEY, "cw-producer", headers="`kind`: `feed`"),
    Kind("feed-progress.*", "symbol: `BTC-USDT`; `*` for the shard", ("Progress",), "the shard's number", "cw-producer",
         note="Of use to the producer, and to whoever asks how far it got."),
    Kind("*.json", "that of the record it is a copy of", (), "that of the record it is a copy of", "cw-tap",
         note="The JSON form of each record of the topic it is named after, as [TAP.md](TAP.md) tells."),
    Kind("candles.*", "`exchange|symbol|open_time`: `binance|BTC-USDT|2026-11-21T05:25:00.000000Z`", ("Candle",),
         "that of the trades it was folded from, so by base asset and not by its own key", "cw-candles", headers=OF_A_FOLD,
         note="A key has many records: provisional ones, the final one, later revisions. The last one counts, and "
              "compaction keeps it. [CANDLES.md](CANDLES.md) says when to trust it."),
    Kind("arbitrage", "the record's id: `cross|BTC-USD|okx|kraken|2|1048576`; `watching|cross|BTC-USD`", ("Opportunity",),
         "that of the quotes it was folded from, so by base asset and not by its own key", "cw-arbitrage", headers=OF_A_FOLD,
         note="[ARBITRAGE.md](ARBITRAGE.md) says when each record is written and what it leaves out."),
    Kind("*-state", "number of the chunk: `0`", ("Image",), "that of the input it is the state of", "the processor",
         note="Of use to the processor alone: the layout of `data` may change with any version."),
    Kind("*-images", "number of the chunk: `0`", ("Image",), "that of the input it is the state of", "the processor",
         note="Where a replay can begin: the state every six hours of input, and wherever another `config` begins."),
    Kind("dead-letters", "that of the refused record; of a frame the exchange", (), BY_KEY, "all programs",
         headers="`dlq.reason`, `dlq.stage`; of a record, `dlq.topic`, `dlq.partition` and `dlq.offset`; of a frame, "
                 "`dlq.exchange`; where the value was too long and is cut, `dlq.whole_bytes`",
         note="The value is the bytes that could not be used."),
    Kind("reinjections", "that of the dead letter", (), "there is one", "cw-deadletter",
         headers="those of the dead letter; `reinject.partition` and `reinject.offset`: where it lies in `dead-letters`",
         note="The value is that of the dead letter. [DEADLETTERS.md](DEADLETTERS.md) says who takes it, and when."),
    Kind("schemas", "the schema's CRC-64-AVRO fingerprint, 16 hex digits", (), BY_KEY, "cw-topics",
         note="The value is the text of the schema."),
]

HEAD = """# Topics

`cw-topics create` makes them from [deploy/topics.json](../deploy/topics.json); automatic creation
stays off. With `--prefix P` every name begins with `P`.

{topics}
## What all have in common

**Partitioning is by base asset.** `trades` is partitioned by its key, the base asset, with murmur2, the partitioner
of the Java clients. What is derived from a record goes to **the same partition number as the record it came from**,
whatever its own key: so the candles of BTC-USDT and BTC-USDC are in the partition of `BTC`, and a consumer that is
assigned partition 2 of `trades` and of `candles.1m` has both sides of the same assets. Do not look for a candle by
the hash of its key. Therefore all these topics have one number of partitions, fixed when they are made.

**Values** are Avro in [single-object
encoding](https://avro.apache.org/docs/1.11.1/specification/#single-object-encoding): the bytes `C3 01`, the
CRC-64-AVRO fingerprint of the schema (8 bytes, little-endian), the body. `dead-letters`, `reinjections` and `schemas` are the
exceptions. The schemas are in [schemas/](../schemas) and in the topic `schemas`.

**Read committed records only**: all writers but that of `quotes` use transactions, and one that was aborted leaves its records in the log. The
console consumer's default shows them; `--isolation-level read_committed` hides them. `cw-tap --topic` and the wrappers
in `deploy/local/bin` do so by themselves.

**Timestamps** of Kafka are the time of writing (all topics have {all_have}). The market's times are fields of the
records.

## How to read them

With Kafka's console consumer, which prints the raw value; `cw-tap` makes a line of JSON of it. Decimals are strings,
times RFC 3339 in UTC, absent values null. `cw-tap --topic NAME` does both, and can print keys and offsets (`--meta`).
The commands for each topic are below.

With Python, or any language that has Kafka and Avro: this is [examples/read_topic.py](examples/read_topic.py), all of
it.

```python
{example}```
"""


def kind_of(topic):
    for kind in KINDS:
        if fnmatch(topic["name"], kind.pattern):
            return kind
    raise Unknown(f"topic {topic['name']}: docs/generator/topics.py has to say its key and its records (KINDS)")


def groups(declared):
    """[(kind, its topics)] in the order of their declaration."""
    found = {}
    for topic in declared["topics"]:
        kind = kind_of(topic)
        found.setdefault(kind.pattern, (kind, []))[1].append(topic)
    return list(found.values())


def title(kind, topics):
    return topics[0]["name"] if len(topics) == 1 else kind.pattern


def anchor(heading):
    """As GitHub makes it."""
    return "".join(c for c in heading.lower() if c.isalnum() or c in "-_")


def link(heading, text):
    return f"[{text}](#{anchor(heading)})"


def kept(topic):
    return {"delete": topic.get("retention"), "compact": "the last of each key",
            "compact,delete": f"the last of each key, {topic.get('retention')}"}[topic["cleanup"]]


def bars(text):
    return text.replace("|", "\\|")


def records_of(kind):
    return ", ".join(link(r, r) for r in kind.records) or "not Avro"


def overview(declared):
    rows = []
    for kind, topics in groups(declared):
        writer = code(kind.writer) if kind.writer.startswith("cw-") else kind.writer
        for topic in topics:
            rows.append([link(title(kind, topics), code(topic["name"])), bars(kind.key), records_of(kind), kept(topic),
                         writer])
    return table(["topic", "key", "records", "kept", "written by"], rows)


def commands(topic, kind):
    line = ("kafka-console-consumer --bootstrap-server localhost:9092 --isolation-level read_committed \\\n"
            f"    --topic {topic['name']} --from-beginning --max-messages 3")
    if kind.records:
        line += " | cw-tap"
    else:
        line += " \\\n    --formatter-property print.key=true --formatter-property print.headers=true"
    return f"```sh\n{line}\npython3 docs/examples/read_topic.py localhost:9092 {topic['name']}\n```\n"


def settings(topic):
    return " ".join(code(f"{name}={value}") for name, value in topic.get("config", {}).items())


def each(topics, declared):
    """What the topics of one kind do not have in common."""
    rows = [[code(t["name"]), cell(t["doc"]), str(t.get("partitions", declared["partitions"])), code(t["cleanup"]),
             t.get("retention", "")] for t in topics]
    return table(["topic", "holds", "partitions", "cleanup", "retention"], rows)


def section(kind, topics, declared):
    about = [["key", bars(kind.key)], ["records", records_of(kind)], ["partition", kind.partition],
             ["headers", kind.headers or "none"]]
    by_settings = {}
    for t in topics:
        by_settings.setdefault(settings(t), []).append(code(t["name"]))
    for text, names in by_settings.items():
        of = "" if len(by_settings) == 1 else " of " + " ".join(names)
        about.append(["settings" + of, text or "the broker's"])
    out = f"### {prose(title(kind, topics))}\n\n" + (kind.note + "\n\n" if kind.note else "")
    return out + each(topics, declared) + "\n" + table(["", ""], about) + "\n" + commands(topics[0], kind)


def type_name(kind):
    """(type in words, enum or record that it brings along)"""
    if isinstance(kind, list):
        text, named = type_name(kind[1])
        return text + " or null", named
    if isinstance(kind, str):
        return kind, None
    if kind["type"] in ("enum", "record"):
        return kind["name"], kind
    if kind["type"] == "array":
        text, named = type_name(kind["items"])
        return f"list of {text}, at most {kind['max_items']}", named
    if kind.get("logicalType") == "decimal":
        return f"decimal({kind['precision']}, {kind['scale']})", None
    return kind.get("logicalType", kind["type"]), None


def fields(record):
    rows, named = [], []
    for field in record["fields"]:
        text, brought = type_name(field["type"])
        what = cell(field["doc"])
        if brought and brought["type"] == "enum":
            what += " One of " + " ".join(code_cell(s) for s in brought["symbols"]) + "."
        elif brought:
            named.append(brought)
        rows.append([code(field["name"]), text, what])
    out = table(["field", "type", "meaning"], rows)
    for inner in named:
        out += f"\n{inner['name']}: {prose(inner['doc'])}\n\n" + fields(inner)
    return out


def record_section(record, declared):
    where = [code(t["name"]) for t in declared["topics"] if record["name"] in kind_of(t).records]
    out = f"### {record['name']}\n\n{prose(record['doc'])} "
    return out + (f"In {', '.join(where)}." if where else "In no topic yet.") + "\n\n" + fields(record)


def render(declared, schemas, example):
    all_have = ", ".join(code(f"{k}={v}") for k, v in declared.get("config", {}).items())
    head = HEAD.format(topics=overview(declared), example=example, all_have=all_have)
    topics = "\n".join(section(kind, topics, declared) for kind, topics in groups(declared))
    records = "\n".join(record_section(s, declared) for s in schemas)
    return NOTICE + head + "\n## Each topic\n\n" + topics + "\n## Each record\n\n" + records
