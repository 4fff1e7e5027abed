"""cw-verify on a real Kafka: what is equal is found equal, and each difference is found where it was planted."""

import json
import random
import signal
import struct
import subprocess
from decimal import Decimal

import pytest
from confluent_kafka import Producer

from avro_records import SCHEMAS
from records import Writer, decode, encode, read_topic
from registry import Registry
from sink_records import any_candle, any_trade
from stack import environment
from verify import VERIFY, differences, errors, records_under, verify

PARTITIONS = 3
EACH = 40  # records in a partition


def candles(seed):
    """{partition: [(key, value, headers), …]}, as a processor would write them."""
    chance = random.Random(seed)
    tape = {}
    for p in range(PARTITIONS):
        tape[p] = []
        for n in range(EACH):
            candle = any_candle(chance)
            tape[p].append((f"{candle['exchange']}|{candle['symbol']}|{n}".encode(), encode("candle", candle),
                            [("input", str(1000 + n // 2).encode()), ("config", b"0123456789abcdef")]))
    return tape


def write(kafka, topic, tape, partitions=PARTITIONS):
    kafka.make_topic(topic, partitions)
    writer = Writer(kafka.brokers)
    for p, records in tape.items():
        for key, value, headers in records:
            writer.put(topic, value, key, p, headers)
    writer.flush()


def write_with_aborted_transactions(kafka, topic, tape):
    """The same committed records; what else lies there was never committed."""
    kafka.make_topic(topic, PARTITIONS)
    producer = Producer({"bootstrap.servers": kafka.brokers, "transactional.id": topic})
    producer.init_transactions(30)
    for n in range(0, EACH, 10):
        producer.begin_transaction()
        for p in tape:
            producer.produce(topic, b"never", b"never", p)
        producer.flush(30)
        producer.abort_transaction(30)
        producer.begin_transaction()
        for p, records in tape.items():
            for key, value, headers in records[n:n + 10]:
                producer.produce(topic, value, key, p, headers=headers)
        producer.commit_transaction(30)


def changed(value, **fields):
    name, record = decode(value)
    return encode(name, {**record, **fields})


def test_equal_topics_are_equal_whatever_their_offsets_transactions_and_framing(kafka, prefix):
    tape = candles(1)
    write(kafka, prefix + "a", tape)
    write_with_aborted_transactions(kafka, prefix + "b", tape)
    with Registry() as registry:
        registry.schemas[7] = {"schema": json.dumps(SCHEMAS["Candle"].definition)}
        framed = {p: [(k, b"\0" + struct.pack(">I", 7) + v[10:], h) for k, v, h in records] for p, records in tape.items()}
        write(kafka, prefix + "c", framed)
        for other in ("b", "c"):
            code, lines, log = verify(kafka, "a", other, "--schema.registry.url", registry.url, prefix=prefix)
            assert (code, errors(log)) == (0, [])
            assert lines == [*(f"partition {p}: equal, {EACH} records" for p in range(PARTITIONS)),
                             f"equal: {PARTITIONS} partitions, {PARTITIONS * EACH} records"]


def plant_value(records, n):
    key, value, headers = records[n]
    records[n] = key, changed(value, trades=-7, close_time=3), headers
    return "value (close_time, trades)"


def plant_key(records, n):
    records[n] = b"another", *records[n][1:]
    return "key"


def plant_header(records, n):
    key, value, headers = records[n]
    records[n] = key, value, [("input", b"9999"), headers[1]]
    return "header input"


def plant_no_header(records, n):
    key, value, headers = records[n]
    records[n] = key, value, headers[:1]
    return "header config"


def plant_tombstone(records, n):
    records[n] = records[n][0], None, records[n][2]
    return "value (one is a tombstone)"


def plant_garbage(records, n):
    records[n] = records[n][0], b"no record", records[n][2]
    return "value"


@pytest.mark.parametrize("plant", [plant_value, plant_key, plant_header, plant_no_header, plant_tombstone, plant_garbage])
def test_a_planted_difference_is_found_where_it_is(kafka, prefix, plant):
    tape = candles(2)
    write(kafka, prefix + "a", tape)
    what = plant(tape[1], 17)
    write(kafka, prefix + "b", tape)
    code, lines, log = verify(kafka, "a", "b", prefix=prefix)
    assert (code, errors(log)) == (1, [])
    [(partition, equal, said, records)] = differences(lines)
    assert (partition, equal, said) == (1, 17, what)
    for label, topic in (("A", "a"), ("B", "b")):
        assert records[label]["topic"] == prefix + topic
        assert (records[label]["partition"], records[label]["offset"]) == (1, 17)
    assert records["A"]["value"]["exchange"] == "binance"
    assert lines[-1] == f"DIFFERENT: 1 of {PARTITIONS} partitions, after {(PARTITIONS - 1) * EACH + 17} equal records"


def test_missing_extra_and_swapped_records_are_found_each_in_its_partition(kafka, prefix):
    tape = candles(3)
    write(kafka, prefix + "a", tape)
    last = tape[0].pop()                                          # B is shorter
    tape[1].insert(5, tape[2][0])                                 # one more in B
    tape[2][8], tape[2][9] = tape[2][9], tape[2][8]               # another order
    write(kafka, prefix + "b", tape)
    code, lines, _ = verify(kafka, "a", "b", prefix=prefix)
    assert code == 1
    found = differences(lines)
    assert [f[:2] for f in found] == [(0, EACH - 1), (1, 5), (2, 8)]
    assert found[0][2] == "B ends here, A goes on" and set(found[0][3]) == {"A"}
    assert found[0][3]["A"]["key"] == last[0].decode()
    assert found[1][2].startswith("key, value (")
    assert found[2][2].startswith("key, value (")
    code, lines, _ = verify(kafka, "b", "a", prefix=prefix)
    assert code == 1
    assert differences(lines)[0][2] == "A ends here, B goes on"


def test_what_differs_says_where_it_lies_on_both_sides(kafka, prefix):
    """Behind aborted transactions the offsets of one record are not the same."""
    tape = candles(4)
    write_with_aborted_transactions(kafka, prefix + "a", tape)
    plant_value(tape[2], 30)
    write(kafka, prefix + "b", tape)
    [(_, equal, _, records)] = differences(verify(kafka, "a", "b", prefix=prefix)[1])
    assert equal == 30
    thirtieth = [m for m in read_topic(kafka.brokers, prefix + "a") if m.partition == 2][30]
    assert records["A"]["offset"] == thirtieth.offset > 30
    assert records["B"]["offset"] == 30


def test_only_what_the_inputs_named_have_made(kafka, prefix):
    tape = candles(5)
    write(kafka, prefix + "live", tape)
    part = {p: [r for r in records if 1004 <= int(r[2][0][1]) <= 1011] for p, records in tape.items()}
    part[1] = []
    write(kafka, prefix + "replay", part)
    assert verify(kafka, "live", "replay", prefix=prefix)[0] == 1
    code, lines, _ = verify(kafka, "live", "replay", "--inputs", "0:1004-1011,2:1004-1011", prefix=prefix)
    assert (code, lines) == (0, ["partition 0: equal, 16 records", "partition 2: equal, 16 records",
                                 "equal: 2 partitions, 32 records"])
    code, lines, _ = verify(kafka, "live", "replay", "--inputs", "2:1004-", prefix=prefix)
    assert code == 1 and differences(lines)[0][1:3] == (16, "B ends here, A goes on")
    code, lines, _ = verify(kafka, "live", "replay", "--inputs", "1:1004-1011", prefix=prefix)
    assert code == 1 and differences(lines)[0][:3] == (1, 0, "B ends here, A goes on")


def test_inputs_need_the_header_that_tells_them(kafka, prefix):
    tape = {0: [(b"k", encode("candle", any_candle(random.Random(6))), [])]}
    write(kafka, prefix + "a", tape, 1)
    code, _, log = verify(kafka, "a", "a", "--inputs", "0:0-5", prefix=prefix)
    assert code == 1
    assert errors(log) == [f"{prefix}a partition 0 offset 0: no header `input` with an offset, so --inputs cannot tell "
                           "what made it"]


def test_what_an_older_release_wrote_in_front_is_left_out(kafka, prefix):
    tape = candles(16)
    older = {p: [(k, v, [] if n < 10 else h) for n, (k, v, h) in enumerate(r)] for p, r in tape.items()}
    write(kafka, prefix + "live", older)
    write(kafka, prefix + "replay", tape)
    code, lines, log = verify(kafka, "live", "replay", "--inputs", "0:1005-1011", prefix=prefix)
    assert (code, lines[-1]) == (0, "equal: 1 partitions, 14 records")
    assert [(x["records"], x["up_to"]) for x in log if "left out" in x["msg"]] == [(10, 9)]
    # what lies in the range is not passed over: the other side has it
    code, lines, _ = verify(kafka, "live", "replay", "--inputs", "0:1003-1011", prefix=prefix)
    assert code == 1 and differences(lines)[0][0] == 0
    broken = {p: [(k, v, [] if n == 20 else h) for n, (k, v, h) in enumerate(r)] for p, r in tape.items()}
    write(kafka, prefix + "broken", broken)
    code, _, log = verify(kafka, "broken", "replay", "--inputs", "0:1005-1015", prefix=prefix)
    assert code == 1 and "partition 0 offset 20: no header `input`" in errors(log)[0]


def test_headers_that_do_not_count(kafka, prefix):
    tape = candles(7)
    write(kafka, prefix + "a", tape)
    write(kafka, prefix + "b", {p: [(k, v, [h[0], ("config", b"other")]) for k, v, h in r] for p, r in tape.items()})
    code, lines, _ = verify(kafka, "a", "b", prefix=prefix)
    assert code == 1 and {d[2] for d in differences(lines)} == {"header config"}
    assert verify(kafka, "a", "b", "--ignore-headers", "config", prefix=prefix)[0] == 0


def test_the_same_topic_under_another_prefix(kafka, prefix):
    tape = candles(8)
    write(kafka, prefix + "one.candles.1m", tape)
    write(kafka, prefix + "two.candles.1m", tape)
    code, lines, _ = verify(kafka, "candles.1m", "--prefix.b", prefix + "two.", prefix=prefix + "one.")
    assert (code, lines[-1]) == (0, f"equal: {PARTITIONS} partitions, {PARTITIONS * EACH} records")


def test_an_open_transaction_is_waited_for(kafka, prefix):
    tape = candles(9)
    write(kafka, prefix + "a", tape)
    kafka.make_topic(prefix + "b", PARTITIONS)
    producer = Producer({"bootstrap.servers": kafka.brokers, "transactional.id": prefix})
    producer.init_transactions(30)
    producer.begin_transaction()
    for p, records in tape.items():
        for key, value, headers in records:
            producer.produce(prefix + "b", value, key, p, headers=headers)
    assert producer.flush(30) == 0
    with subprocess.Popen([VERIFY, "--brokers", kafka.brokers, "--prefix", prefix, "a", "b"], stdout=subprocess.PIPE,
                          env=environment({}), text=True) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(3)  # B has no end that could be read up to
        producer.commit_transaction(30)
        assert process.wait(30) == 0
        assert process.stdout.read().endswith(f"equal: {PARTITIONS} partitions, {PARTITIONS * EACH} records\n")


def test_two_empty_topics_are_said_to_be_empty(kafka, prefix):
    write(kafka, prefix + "a", {}, 1)
    code, lines, _ = verify(kafka, "a", "a", prefix=prefix)
    assert (code, lines[-1]) == (0, "equal: 1 partitions, 0 records: nothing was there to compare")


def test_stopped_half_way_it_has_not_shown_that_they_are_equal(kafka, prefix):
    kafka.make_topic(prefix + "a", 1)
    producer = Producer({"bootstrap.servers": kafka.brokers, "transactional.id": prefix})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(prefix + "a", b"x", b"k", 0)
    producer.flush(30)
    with subprocess.Popen([VERIFY, "--brokers", kafka.brokers, "--prefix", prefix, "a", "a"], stdout=subprocess.PIPE,
                          env=environment({}), text=True) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 1
        assert process.stdout.read() == ""
    producer.abort_transaction(30)


# --- content --------------------------------------------------------------------------------------------------------


def windows(seed, count=60):
    """The last revisions of some windows, keyed as on the topic."""
    chance = random.Random(seed)
    found = {}
    for n in range(count):
        candle = {**any_candle(chance), "status": "final", "revision": 1, "reason": None, "coverage": "complete"}
        found[f"binance|A{n}-USDT|x".encode()] = candle
    return found


def write_windows(kafka, topic, found, chance, revisions=3):
    """Each window some revisions long, of which the last is the one given, among those of others, in any order."""
    kafka.make_topic(topic, PARTITIONS)
    writer = Writer(kafka.brokers)
    for revision in range(revisions):
        for key in chance.sample(sorted(found), len(found)):
            last = revision == revisions - 1
            candle = {**found[key], "revision": revision + chance.randrange(2), "partition": chance.randrange(9),
                      "first_offset": chance.randrange(99), "last_offset": chance.randrange(99),
                      "reason": chance.choice([None, "late", "repair"])}
            if not last:
                candle["trades"] = chance.randrange(99)
            writer.put(topic, encode("candle", candle), key, sum(key) % PARTITIONS)
    writer.flush()


def test_content_of_another_run_is_equal_whatever_its_order_lineage_and_revisions(kafka, prefix):
    found = windows(1)
    write_windows(kafka, prefix + "a", found, random.Random(2))
    write_windows(kafka, prefix + "b", found, random.Random(3), revisions=5)
    assert verify(kafka, "a", "b", prefix=prefix)[0] == 1
    code, lines, log = verify(kafka, "--content", "a", "b", prefix=prefix)
    assert (code, lines, errors(log)) == (0, [f"equal: {len(found)} keys"], [])


def test_content_differences_are_counted_and_the_first_is_shown(kafka, prefix):
    found = windows(4)
    write_windows(kafka, prefix + "a", found, random.Random(5), revisions=1)
    keys = sorted(found)
    other = dict(found)
    other[keys[0]] = {**found[keys[0]], "trades": -1, "coverage": "gap"}
    del other[keys[1]]
    other[b"one more"] = found[keys[2]]
    write_windows(kafka, prefix + "b", other, random.Random(6), revisions=1)
    code, lines, _ = verify(kafka, "--content", "a", "b", prefix=prefix)
    assert code == 1
    assert lines[-1] == f"DIFFERENT: {len(found) - 2} keys equal, 1 different, 1 only in A, 1 only in B"
    first = lines[0].removeprefix("first difference: ")
    records = records_under(lines)
    expected = {"trades, coverage": {"A", "B"}, "only in A": {"A"}, "only in B": {"B"}}
    assert set(records) == expected[first]
    shown = {"trades, coverage": keys[0], "only in A": keys[1], "only in B": b"one more"}[first].decode()
    assert {r["key"] for r in records.values()} == {shown}


def test_content_of_what_is_quiet_provisional_or_deleted(kafka, prefix):
    found = windows(7, 3)
    keys = sorted(found)
    tape = {0: [(k, encode("candle", c), []) for k, c in found.items()]}
    write(kafka, prefix + "a", tape, 1)
    quiet = {**found[keys[0]], "trades": 0, "coverage": "quiet"}
    opened = {**found[keys[0]], "status": "provisional", "revision": 0}
    write(kafka, prefix + "b", {0: [
        *tape[0], (b"quiet", encode("candle", quiet), []), (b"open", encode("candle", opened), []),
        (b"gone", encode("candle", quiet), []), (b"gone", None, []), (keys[1], None, []),
        (keys[1], encode("candle", found[keys[1]]), [])]}, 1)
    assert verify(kafka, "--content", "a", "b", prefix=prefix)[:2] == (0, ["equal: 3 keys"])
    write(kafka, prefix + "c", {0: [*tape[0], (keys[2], None, [])]}, 1)
    code, lines, _ = verify(kafka, "--content", "a", "c", prefix=prefix)
    assert (code, lines[-1]) == (1, "DIFFERENT: 2 keys equal, 0 different, 1 only in A, 0 only in B")


def test_content_of_windows_that_open_within_bounds(kafka, prefix):
    found = windows(8, 2)
    early, late = sorted(found)
    found[early] = {**found[early], "open_time": 1_700_000_000_000_000}
    found[late] = {**found[late], "open_time": 1_700_000_060_000_000}
    write_windows(kafka, prefix + "a", found, random.Random(9), 1)
    found[late] = {**found[late], "trades": -1}
    write_windows(kafka, prefix + "b", found, random.Random(9), 1)
    assert verify(kafka, "--content", "a", "b", prefix=prefix)[0] == 1
    bounds = ["--content", "a", "b", "--from-open", "1700000000", "--to-open", "2023-11-14T22:14:20Z"]
    assert verify(kafka, *bounds, prefix=prefix)[:2] == (0, ["equal: 1 keys"])
    assert verify(kafka, "--content", "a", "b", "--from-open", "1700000060", prefix=prefix)[0] == 1


def trades(seed, count=50):
    chance = random.Random(seed)
    return [{**any_trade(chance, n), "trade_id": str(n)} for n in range(count)]


def write_trades(kafka, topic, made):
    write(kafka, topic, {0: [(b"A", encode("trade", t), []) for t in made]}, 1)


def test_content_of_trades_is_each_trade_once(kafka, prefix):
    made = trades(10)
    write_trades(kafka, prefix + "a", made)
    again = [{**t, "receive_time": t["receive_time"] + 5, "origin": "repair"} for t in reversed(made)]
    write_trades(kafka, prefix + "b", again)
    assert verify(kafka, "--content", "a", "b", prefix=prefix)[:2] == (0, [f"equal: {len(made)} keys"])
    write_trades(kafka, prefix + "twice", [*again, again[3]])
    code, lines, _ = verify(kafka, "--content", "a", "twice", prefix=prefix)
    assert code == 1
    assert lines[0] == "there once more: 0 trades in A, 1 in B"
    assert records_under(lines)["B"]["offset"] == len(made)
    write_trades(kafka, prefix + "lost", again[:-1])
    code, lines, _ = verify(kafka, "--content", "a", "lost", prefix=prefix)
    assert (code, lines[0]) == (1, "first difference: only in A")
    assert records_under(lines)["A"]["offset"] == 0


def test_content_has_a_limit_and_says_what_it_is_for(kafka, prefix):
    write_windows(kafka, prefix + "a", windows(11, 5), random.Random(1), 1)
    code, _, log = verify(kafka, "--content", "a", "a", "--max.keys", 4, prefix=prefix)
    assert code == 1
    assert errors(log) == ["--content: raise --max.keys, or compare less (--from-open, --to-open): more than 4 keys"]
    write(kafka, prefix + "quotes", {0: [(b"k", encode("rate", {
        "exchange": "kraken", "symbol": "USDT-USD", "bid": Decimal(1), "ask": Decimal(1), "exchange_time": None,
        "receive_time": 1, "epoch": 1}), [])]}, 1)
    code, _, log = verify(kafka, "--content", "quotes", "a", prefix=prefix)
    assert code == 2
    assert errors(log) == [f"{prefix}quotes partition 0 offset 0: a rate: --content is for candles and trades"]


# --- what cannot be done ----------------------------------------------------------------------------------------------


def test_topics_of_different_partition_counts_are_refused(kafka, prefix):
    write(kafka, prefix + "a", {}, 2)
    write(kafka, prefix + "b", {}, 3)
    code, _, log = verify(kafka, "a", "b", prefix=prefix)
    assert (code, errors(log)) == (2, [f"{prefix}a has 2 partitions, but {prefix}b has 3"])
    code, _, log = verify(kafka, "a", "a", "--inputs", "2:0-", prefix=prefix)
    assert (code, errors(log)) == (2, [f"--inputs: {prefix}a has partitions 0 to 1, no 2"])


def test_a_topic_that_is_not_there_is_named(kafka, prefix):
    write(kafka, prefix + "a", {}, 1)
    code, _, log = verify(kafka, "a", "b", prefix=prefix)
    assert code == 1
    assert f"topic {prefix}b is missing" in errors(log)[0]


@pytest.mark.parametrize("arguments,message", [
    ([], "expected two topics"),
    (["a"], "expected two topics"),
    (["a", "b", "c"], "c"),
    (["a", "b", "--inputs", "5"], "--inputs: \"5\" is not PARTITION:FROM-TO"),
    (["a", "b", "--content", "--table"], "choose one"),
    (["a", "b", "--table"], "--table takes one topic"),
    (["a", "b", "--wait", "5"], "--wait goes with --table"),
    (["a", "b", "--from-open", "1"], "--from-open and --to-open go with --content"),
    (["a", "b", "--content", "--from-open", "noon"], "--from-open: "),
    (["a", "b", "--content", "--ignore-headers", "config"], "--ignore-headers has no use"),
    (["a", "b", "--content", "--inputs", "0:1-2"], "--inputs has no use"),
    (["quotes", "--table"], "--table compares trades, candles.<interval> and arbitrage"),
    (["trades", "--table", "--database.url", "x://y"], "database.url: "),
    (["a", "b c"], "a character that no Kafka name may have"),
])
def test_a_wrong_call_is_a_usage_error_that_names_it(arguments, message):
    done = subprocess.run([VERIFY, "--brokers", "127.0.0.1:1", *arguments], capture_output=True, text=True, timeout=20,
                          env=environment({"CW_LOG_FORMAT": "json"}))
    assert done.returncode == 2
    assert message in done.stderr.replace('\\"', '"')
