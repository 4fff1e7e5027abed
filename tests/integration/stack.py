"""What integration tests start, and how they wait for it.

    with kafka_of(directory) as kafka:
        writer = Program("producers/cw-producer", ["--exchange", "binance"], logs, env={"CW_BROKERS": kafka.brokers})
        writer.wait_ready()
        wait_for(lambda: rows() == 50_000, 60, "50,000 rows")
        writer.kill9()

Nothing here sleeps in place of a condition: wait_for() polls one until its deadline, and says what it waited for.
"""

import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("STACK_BUILD", TOP / "build"))
CHAOS_BUILD = Path(os.environ.get("STACK_CHAOS_BUILD", TOP / "build-chaos"))  # programs that meet failpoints
LOCAL = TOP / "deploy" / "local"
LANE = os.environ.get("PYTEST_XDIST_WORKER", "")  # tests run in lanes beside each other: "gw0", "gw1"; "" is the only one
FIRST_PORT = 10_000
VAR = TOP / "var" / ("test-" + LANE if LANE else "test")  # of the running session; what the last one left is for people


def wait_for(condition, seconds, what, interval=0.05):
    """Polls condition() until it is true (its value is returned) or seconds have passed (AssertionError).

    The last look begins behind the deadline: who stood still for the whole time looks at least once after it.
    """
    deadline = time.monotonic() + seconds
    while True:
        last = time.monotonic() >= deadline
        value = condition()
        if value:
            return value
        assert not last, f"after {seconds} s still no {what() if callable(what) else what}"
        time.sleep(interval)


def _ports_of_ours():
    """Ports below those that the kernel gives to clients, which come and go; each once, in random order. A lane has a
    range of its own, so that nobody is given the port of a server that is being started, or started again."""
    first_of_clients = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    lanes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    size = (first_of_clients - FIRST_PORT) // lanes
    first = FIRST_PORT + size * int(LANE.removeprefix("gw") or 0)
    return iter(random.sample(range(first, first + size), size))


_ports = _ports_of_ours()


def free_port():
    """A port on 127.0.0.1 that nobody uses and that was not given before."""
    for port in _ports:
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("every port was given once")


@contextmanager
def beside(play):
    """play(stop) in a thread of its own while the block runs; it is to end when stop, an Event, is set. What it raises is raised
    where the block ends."""
    stop, failed = threading.Event(), []

    def guarded():
        try:
            play(stop)
        except Exception as error:  # noqa: BLE001: raised below
            failed.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if failed:
        raise failed[0]


def run(*command, check=True, timeout=180, **options):
    """Runs a command to its end; its output is text. check: a failure raises, with all it printed."""
    done = subprocess.run(
        [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, timeout=timeout, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{command[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def environment(extra):
    """The environment of a test's process: ours without anything that configures Candlewick, plus extra."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CW_", "SIM", "STACK_", "KAFKA_", "POSTGRES_"))}
    return {**kept, **{k: str(v) for k, v in extra.items()}}


@contextmanager
def own_directory(path):
    """The directory, emptied and ours alone for the block. Who used it last may have been killed and could not clean
    up: the servers that it left running are stopped. BlockingIOError if another process has it."""
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    with open(path.parent / (path.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        Kafka(path / "kafka").stop()
        left = Postgres(path / "postgres")
        left.stop()
        left.remove()
        shutil.rmtree(path)
        path.mkdir()
        yield path


# Answers to a new topic that pass, as long as no broker is known to live, or that a repeated request gets.
PASSING = {KafkaError._TIMED_OUT, KafkaError.INVALID_REPLICATION_FACTOR, KafkaError.TOPIC_ALREADY_EXISTS}

SMALL_JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"  # starts fast and stays small; not the fastest there is


class Kafka:
    """A private Kafka kept in a directory by deploy/local/kafka.sh. heap, jvm: "" for those of a real stack; fronts: addresses
    that clients which come by them are sent to, one for each broker; env: more of the environment of its processes."""

    def __init__(self, directory, brokers=1, extra="", heap="256m", jvm=SMALL_JVM, fronts=(), env=None):
        self.directory = Path(directory)
        self._env = environment({
            "BROKERS": brokers,
            "KAFKA_PORT": free_port(),
            "KAFKA_HEAP": heap,
            "KAFKA_JVM": jvm,
            "KAFKA_FRONTS": ",".join(fronts),
            # compaction within seconds, for topics that ask for it
            "KAFKA_EXTRA": "log.cleaner.backoff.ms=500\nlog.initial.task.delay.ms=500\n" + extra,
            **(env or {}),
        })

    def script(self, command, *arguments, check=True):
        return run(LOCAL / "kafka.sh", command, self.directory, *arguments, check=check, env=self._env)

    def start(self, *number):
        self.script("start", *number)
        return self

    def stop(self, *number):
        self.script("stop", *number)

    def kill9(self, number=1):
        self.script("kill9", number)

    def behind_front(self, number):
        """Where broker N listens for who comes by its front."""
        ports = dict(line.split() for line in (self.directory / "ports").read_text().splitlines())
        return f"127.0.0.1:{ports[f'client-{number}']}"

    def pid(self, number=1):
        return int((self.directory / f"broker-{number}.pid").read_text().split()[0])

    def make_topic(self, name, partitions=1, config=None):
        """Made when each partition has a leader: the answer comes from the controller, before the broker knows it."""
        admin = AdminClient({"bootstrap.servers": self.brokers})

        def made():
            try:
                admin.create_topics([NewTopic(name, partitions, config=config or {})])[name].result(20)
            except KafkaException as error:
                if error.args[0].code() not in PASSING:
                    raise
                return error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS
            return True

        def led():
            found = admin.list_topics(name, timeout=20).topics[name]
            return found.error is None and len(found.partitions) == partitions and all(
                p.error is None and p.leader >= 0 for p in found.partitions.values())

        wait_for(made, 60, f"topic {name}")
        wait_for(led, 60, f"leaders of {name}")

    def make_our_topics(self, prefix, copies=1, shards="", partitions=0):
        """shards: of each exchange's producers, as cw-topics takes them; partitions: 0 for those of the declaration."""
        run(BUILD / "tools/cw-topics", "create", "--brokers", self.brokers, "--prefix", prefix,
            "--file", TOP / "deploy/topics.json", "--replication", copies, "--shards", shards, "--partitions", partitions)

    def remove_topics(self, prefix):
        """Those of a test that is over: with thousands of partitions a small broker is slow, and slow to start again."""
        admin = AdminClient({"bootstrap.servers": self.brokers})
        names = [name for name in admin.list_topics(timeout=60).topics if name.startswith(prefix)]
        for done in admin.delete_topics(names, request_timeout=60).values() if names else ():
            done.result()

    def topic_names(self):
        return set(AdminClient({"bootstrap.servers": self.brokers}).list_topics(timeout=20).topics)

    @property
    def brokers(self):
        return self.script("brokers").stdout.strip()


class Postgres:
    """A private PostgreSQL kept in a directory by deploy/local/postgres.sh. env: more of the environment of its processes."""

    def __init__(self, directory, extra="-c fsync=off", env=None):
        self.directory = Path(directory)
        self._env = environment({"POSTGRES_PORT": free_port(), "POSTGRES_EXTRA": extra, **(env or {})})

    def script(self, command, *arguments, check=True):
        return run(LOCAL / "postgres.sh", command, self.directory, *arguments, check=check, env=self._env)

    def start(self):
        self.script("start")
        return self

    def stop(self):
        self.script("stop")

    def kill9(self):
        self.script("kill9")

    def remove(self):
        self.script("remove")

    def make_reader(self):
        """A role that may only read, as POSTGRES.md has it for cw-api and cw-verify; tests may end its sessions."""
        self.sql("CREATE ROLE market_reader LOGIN PASSWORD 'read' IN ROLE pg_read_all_data ROLE candlewick")

    def pid(self):
        return int((self.directory / "postgres.pid").read_text().split()[0])

    @property
    def url(self):
        return self.script("url").stdout.strip()

    def database_url(self, name):
        return self.url.rsplit("/", 1)[0] + "/" + name

    def make_database(self, name):
        self.sql(f'CREATE DATABASE "{name}" OWNER candlewick')
        return self.database_url(name)

    def drop_database(self, name):
        self.sql(f'DROP DATABASE "{name}" WITH (FORCE)')

    def sql(self, text):
        """Runs SQL as the superuser; rows as text."""
        return self.script("psql", "-d", "postgres", "-At", "-c", text).stdout.splitlines()


def reader_url(url):
    """Of the same database, for Postgres.make_reader()."""
    return "postgresql://market_reader:read@" + url.rpartition("@")[2]


def make_our_tables(url):
    run(BUILD / "sinks/cw-migrate", "up", "--database.url", url, "--dir", TOP / "sinks/postgres/migrations")


class Program:
    """One of our programs, running. Its stderr goes to a file of its own; it dies with the test session."""

    def __init__(self, path, arguments=(), logs=VAR, env=None, stdout=subprocess.DEVNULL, build=BUILD):
        self.name = Path(path).name
        self.health = f"http://127.0.0.1:{free_port()}"
        self.command = [str(build / path), *map(str, arguments)]
        logs = Path(logs)
        logs.mkdir(parents=True, exist_ok=True)
        self.log = logs / f"{self.name}.{len(list(logs.glob(self.name + '.*.log'))) + 1}.log"
        settings = {"CW_HEALTH_LISTEN": self.health.removeprefix("http://"), "CW_LOG_FORMAT": "json", **(env or {})}
        self.started_us = time.time_ns() // 1000
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *self.command], env=environment(settings),
                stdin=subprocess.DEVNULL, stdout=stdout, stderr=log)

    @property
    def pid(self):
        return self.process.pid

    def log_text(self):
        return self.log.read_text(errors="replace")

    def log_end(self):
        return "\n".join(self.log_text().splitlines()[-15:])

    def alive(self):
        return self.process.poll() is None

    def get(self, path):
        """(status, body) of a GET on the health listener; (0, "") if nothing answers."""
        return http_get(self.health + path)

    def ready(self):
        assert self.alive(), f"{self.name} ended with {self.process.returncode}:\n{self.log_end()}"
        return self.get("/readyz")[0] == 200

    def wait_ready(self, seconds=60):
        wait_for(self.ready, seconds, lambda: f"ready {self.name}: {self.get('/readyz')}\n{self.log_end()}")
        return self

    def metric(self, name, labels=""):
        """Sum of a metric over all label sets that contain labels; None if there is none yet."""
        found = None
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith((name + " ", name + "{")) and labels in line:
                found = (found or 0) + float(line.rsplit(" ", 1)[1])
        return found

    def signal(self, number):
        self.process.send_signal(number)

    def kill9(self):
        self.signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self, seconds=15):
        """SIGTERM; returns the exit code. Programs promise to leave within 10 s."""
        if self.alive():
            self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def wait(self, seconds):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {seconds} s:\n{self.log_end()}") from None


@contextmanager
def programs(logs):
    """start(path, *arguments, ready=False, **options) starts a program that ends with the block."""
    started = []

    def start(path, *arguments, ready=False, **options):
        one = Program(path, arguments, logs, **options)
        started.append(one)
        return one.wait_ready() if ready else one

    try:
        yield start
    finally:
        for one in started:
            if one.alive():
                one.kill9()


def http_get(url, timeout=30):
    """(status, body as text); (0, "") if nothing answers."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return 0, ""


def http_json(url, timeout=30):
    status, body = http_get(url, timeout)
    assert status == 200, f"{url}: {status} {body}"
    return json.loads(body)


def alive(pid):
    """True if the process runs; a zombie does not, unless it is the first of threads that are still to end."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return fields[0] not in "ZX" or int(fields[17]) > 1
    except (FileNotFoundError, ProcessLookupError):
        return False
