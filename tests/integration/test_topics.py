"""cw-topics: what it makes, what it says of what differs, and that it alters nothing."""

import json
import signal

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from avro_records import SCHEMAS
from records import read_topic
from stack import BUILD, TOP, run, wait_for

DECLARED = json.loads((TOP / "deploy/topics.json").read_text())
NAMES = [t["name"] for t in DECLARED["topics"]]
DAY_MS = 86_400_000


@pytest.fixture
def admin(kafka):
    return AdminClient({"bootstrap.servers": kafka.brokers})


@pytest.fixture
def cw_topics(kafka, prefix):
    def start(*arguments, brokers=kafka.brokers):
        return run(BUILD / "tools/cw-topics", *arguments, "--brokers", brokers, "--prefix", prefix, check=False)

    return start


def settings(admin, topic):
    resource = ConfigResource(ResourceType.TOPIC, topic)
    return {k: e.value for k, e in admin.describe_configs([resource])[resource].result(20).items()}


def alter(admin, topic, name, value):
    entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    admin.incremental_alter_configs([resource])[resource].result(20)
    wait_for(lambda: settings(admin, topic)[name] == value, 30, f"{name} of {topic}: {value}")  # it is answered first


def test_creates_what_is_declared_and_a_second_run_changes_nothing(cw_topics, admin, prefix):
    done = cw_topics("create")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        *(f"created {prefix}{t['name']}: {t.get('partitions', DECLARED['partitions'])} partitions"
          for t in DECLARED["topics"]),
        f"published to {prefix}schemas: {len(SCHEMAS)} schemas", f"all {len(NAMES)} topics are as declared"]
    found = admin.list_topics(timeout=20).topics
    assert {name.removeprefix(prefix) for name in found if name.startswith(prefix)} == set(NAMES)
    assert len(found[prefix + "trades"].partitions) == 4
    assert len(found[prefix + "schemas"].partitions) == 1
    trades, candles = settings(admin, prefix + "trades"), settings(admin, prefix + "candles.1m")
    assert (trades["cleanup.policy"], trades["retention.ms"]) == ("delete", str(7 * DAY_MS))
    assert trades["message.timestamp.type"] == "CreateTime"
    assert set(candles["cleanup.policy"].split(",")) == {"compact", "delete"}
    assert (candles["retention.ms"], candles["min.compaction.lag.ms"]) == (str(30 * DAY_MS), str(DAY_MS))
    assert (candles["segment.bytes"], candles["segment.ms"]) == (str(64 << 20), "3600000")

    for command in ("create", "check"):
        done = cw_topics(command)
        assert (done.returncode, done.stdout) == (0, f"all {len(NAMES)} topics are as declared\n"), done.stderr


def test_schemas_are_published_once(cw_topics, kafka, prefix):
    for _ in range(2):
        assert cw_topics("create").returncode == 0
    published = {m.key: m.value for m in read_topic(kafka.brokers, prefix + "schemas")}
    assert len(read_topic(kafka.brokers, prefix + "schemas")) == len(SCHEMAS)
    for schema in SCHEMAS.values():
        key = schema.header[2:][::-1].hex().encode()  # on the wire the fingerprint is little-endian
        assert json.loads(published[key]) == schema.definition


def test_partitions_of_other_topics_than_those_with_a_number_of_their_own(cw_topics, admin, prefix):
    assert cw_topics("create", "--partitions", "2", "--replication", "1").returncode == 0
    found = admin.list_topics(timeout=20).topics
    assert len(found[prefix + "trades"].partitions) == 2
    assert len(found[prefix + "feed-progress.binance"].partitions) == 1
    done = cw_topics("check")
    assert done.returncode == 1
    assert f"{prefix}trades: partitions is 2, declared 4" in done.stdout


def test_what_differs_is_told_and_left_alone(cw_topics, admin, prefix):
    admin.create_topics([NewTopic(prefix + "trades", 3, 1)])[prefix + "trades"].result(20)
    assert cw_topics("create").returncode == 1
    alter(admin, prefix + "feeds", "retention.ms", "1000")
    alter(admin, prefix + "candles.1m", "cleanup.policy", "delete,compact")  # the same in other words
    alter(admin, prefix + "instruments", "cleanup.policy", "delete")
    before = settings(admin, prefix + "feeds")
    expected = [
        f"{prefix}trades: partitions is 3, declared 4",
        f"{prefix}instruments: cleanup.policy is delete, declared compact",
        f"{prefix}feeds: retention.ms is 1000, declared {30 * DAY_MS}"]
    for command in ("check", "create"):
        done = cw_topics(command)
        assert (done.returncode, done.stdout.splitlines()) == (1, expected)
        assert "the cluster differs from the declaration" in done.stderr
    assert settings(admin, prefix + "feeds") == before
    assert len(admin.list_topics(timeout=20).topics[prefix + "trades"].partitions) == 3


def test_check_makes_nothing(cw_topics, admin, prefix):
    done = cw_topics("check")
    assert (done.returncode, done.stdout.splitlines()) == (1, [f"{prefix}{name}: missing" for name in NAMES])
    assert not any(name.startswith(prefix) for name in admin.list_topics(timeout=20).topics)


def test_more_copies_than_brokers(cw_topics, prefix):
    done = cw_topics("create", "--replication", "3")
    assert done.returncode == 1
    assert f"{prefix}trades" in done.stderr and "INVALID_REPLICATION_FACTOR" in done.stderr


def test_wrong_use(cw_topics, tmp_path):
    wrong = tmp_path / "topics.json"
    wrong.write_text('{"topics": [{"name": "a", "cleanup": "delete", "retention": "7 fortnights"}]}')
    for arguments, says in [
        ([], "expected create or check"),
        (["destroy"], "expected create or check"),
        (["create", "--file", tmp_path / "none.json"], "none.json: No such file or directory"),
        (["create", "--file", wrong], "topics.json: topic a: retention.ms: "),
        (["create", "--kafka.acks", "0"], "kafka.acks is set by candlewick itself"),
    ]:
        done = cw_topics(*arguments)
        assert done.returncode == 2, done.stderr
        assert says in done.stderr


def test_broker_absent(cw_topics, program):
    done = cw_topics("create", "--wait.s", "1", brokers="127.0.0.1:1")
    assert done.returncode == 1
    assert "no broker answers" in done.stderr
    # without a bound it waits, says so, and ends when it is told to: not as if the topics were made
    waiting = program("tools/cw-topics", "create", env={"CW_BROKERS": "127.0.0.1:1"})
    wait_for(lambda: "waiting for the cluster" in waiting.log_text(), 10, waiting.log_end)
    waiting.signal(signal.SIGTERM)
    assert waiting.wait(10) == 1
