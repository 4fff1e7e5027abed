"""deploy/local/stack: up, down and run. But for one test with stand-ins for the programs: what matters here is what
becomes of them."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time
from pathlib import Path

import pytest

from stack import BUILD, LOCAL, TOP, alive, environment, free_port, http_get, http_json, run, wait_for

PROGRAMS = ["tools/cw-sim", "tools/cw-topics", "tools/cw-tap", "producers/cw-producer", "processors/cw-candles",
            "processors/cw-arbitrage", "sinks/cw-postgres", "sinks/cw-migrate", "api/cw-api"]
EXCHANGES = ["binance", "kraken", "okx"]
SERVICES = sorted(["cw-api", "cw-arbitrage", "cw-candles", "cw-postgres", "cw-tap.arbitrage", "cw-tap.candles.1m",
                   *("cw-producer." + name for name in EXCHANGES), *("cw-sim." + name for name in EXCHANGES)])


def stand_ins(build):
    for program in PROGRAMS:
        (build / program).parent.mkdir(parents=True, exist_ok=True)
        (build / program).symlink_to(TOP / "tests/integration/stand_in.py")
    return build


class Stack:
    def __init__(self, directory, build):
        self.var = directory / "var"
        self.env = environment({
            "SIM": 1, "STACK_VAR": self.var, "STACK_BUILD": build, "TERM": "dumb",
            "KAFKA_PORT": free_port(), "POSTGRES_PORT": free_port(), "KAFKA_HEAP": "256m",
            "KAFKA_JVM": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1", "POSTGRES_EXTRA": "-c fsync=off",
        })
        self.sessions = set()

    def __call__(self, command, *arguments, check=True, **env):
        return run(LOCAL / "stack", command, *arguments, check=check, env={**self.env, **env})

    def start(self, command, **options):
        return subprocess.Popen([LOCAL / "stack", command], env=self.env, text=True, **options)

    def pid(self, name):
        """Of a service, or of supervisor, kafka/broker-1, postgres/postgres."""
        folder = self.var / "sim" / ("services" if name in SERVICES else "")
        try:
            return int((folder / f"{name}.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError):
            return 0

    def pids(self):
        return {name: self.pid(name) for name in [*SERVICES, "supervisor", "kafka/broker-1", "postgres/postgres"]}

    def remember(self):
        """Notes the sessions of all that runs now, for left_over() after the pid files are gone."""
        self.sessions |= {pid for pid in self.pids().values() if pid}

    def left_over(self):
        """Command lines of all living processes in the remembered sessions, or with our directory in it."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                session = int((entry / "stat").read_text().rpartition(")")[2].split()[3])
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if alive(entry.name) and (session in self.sessions or str(self.var) in command):
                found.append(command)
        return found

    def runsv(self, name):
        """The pid of the runsv that keeps a service: the parent of its program."""
        return int(Path(f"/proc/{self.pid(name)}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.fixture
def stack(directory, name):
    one = Stack(directory / name, stand_ins(directory / name / "build"))
    yield one
    one("down")
    run(LOCAL / "postgres.sh", "remove", one.var / "sim/postgres")


@pytest.fixture
def real_stack(directory, name):
    one = Stack(directory / name, BUILD)
    yield one
    one("down")
    run(LOCAL / "postgres.sh", "remove", one.var / "sim/postgres")


def logged(stack, name, *texts, market="sim"):
    """The log of a service, once all texts are in it: svlogd writes them a moment after they were said."""
    log = stack.var / market / "logs" / name / "current"
    wait_for(lambda: all(text in log.read_text() for text in texts), 20, lambda: f"{texts} in\n{log.read_text()}")
    return log.read_text()


def ready_status(stack):
    """What `status` prints once all programs answer in time."""
    def ask():
        done = stack("status", check=False)
        return done.returncode == 0 and done.stdout

    return wait_for(ask, 60, "all programs ready at once", interval=1)


def addresses(stack):
    lines = (stack.var / "env").read_text().splitlines()
    return dict(line.removeprefix("export ").split("=", 1) for line in lines)


def test_what_up_prints_works(real_stack):
    """The programs themselves, and each command that a newcomer is told to try."""
    _, _, tries = real_stack("up", SIM_RATE="500").stdout.partition("Try:\n")
    rest, edges, consumer, database = [line.strip() for line in tries.splitlines() if line]

    def shell(command):
        return run("bash", "-c", "set -o pipefail; " + command, cwd=TOP, env=real_stack.env)

    def candles():
        return json.loads(shell(rest).stdout).get("candles")

    wait_for(candles, 60, "candle to be shown", interval=0.5)
    records = [json.loads(line) for line in shell(consumer).stdout.splitlines()]
    assert len(records) == 5
    assert all(record["interval"] == "1m" and record["exchange"] in EXCHANGES for record in records)
    wait_for(lambda: json.loads(shell(edges).stdout)["opportunities"], 60, "word on a pair of two exchanges", interval=0.5)
    api = addresses(real_stack)["CW_API_URL"]

    def known():
        return [e["exchange"] for e in http_json(api + "/v1/exchanges")["exchanges"]]

    wait_for(lambda: known() == EXCHANGES, 60, lambda: f"{EXCHANGES}: {known()}")
    wait_for(lambda: shell(database).stdout.endswith("(5 rows)\n\n"), 60, "5 rows", interval=0.5)
    ready_status(real_stack)


def test_up_twice_and_down(stack):
    said = stack("up").stdout
    assert "simulated market: binance kraken okx, each with 20 symbols and 200 trades/s, seed 1" in said
    before = stack.pids()
    assert all(map(alive, before.values()))
    stack.remember()
    stack("up")
    assert stack.pids() == before
    status = ready_status(stack)
    assert all(re.search(rf"^{re.escape(name)}: +ready, pid {before[name]}", status, re.M) for name in SERVICES)
    done = stack("down")
    assert (done.stdout, done.stderr) == ("Stopped.\n", "")
    assert stack.left_over() == []
    for name in SERVICES:
        assert (stack.var / f"sim/logs/{name}/current").read_text().endswith('"msg":"leaving"}\n'), name
    assert stack("down").stdout == "Nothing was running.\n"
    assert stack("status", check=False).returncode == 3


def test_env_file_and_settings(stack):
    stack("up", SIM_SYMBOLS="7", SIM_RATE="1234", SIM_SEED="42")
    values = addresses(stack)
    assert list(values) == ["CW_BROKERS", "CW_DATABASE_URL", "CW_API_URL", "CW_SIM_URL", "CW_SIM_BINANCE_URL", "CW_SIM_KRAKEN_URL",
                            "CW_SIM_OKX_URL"]
    assert http_get(values["CW_API_URL"] + "/v1/symbols")[0] == 200
    assert (stack.var / "env").stat().st_mode & 0o777 == 0o600
    for name in EXCHANGES:
        logged(stack, f"cw-sim.{name}", f'"--exchange", "{name}"', '"--symbols", "7", "--rate", "1234", "--seed", "42"')
        address = values[f"CW_SIM_{name.upper()}_URL"].removeprefix("http://")
        log = logged(stack, f"cw-producer.{name}", f'"--exchange.{name}.rest.url", "http://{address}"')
        assert all(f"ws://{address}" in url for url in re.findall(r'"ws://[^"]*"', log))
    assert values["CW_SIM_URL"] == values["CW_SIM_BINANCE_URL"]


def test_what_dies_is_restarted(stack):
    stack("up")
    before = stack.pid("cw-candles")
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: stack.pid("cw-candles") not in (0, before), 15, "restarted cw-candles")
    stack("up")  # waits until it is ready again


@pytest.mark.parametrize("victims", [["supervisor"], ["runsv"], ["supervisor", "runsv"], ["supervisor", "program"],
                                     ["kafka/broker-1"], ["postgres/postgres"]], ids="+".join)
def test_down_after_kill(stack, victims):
    """Whatever part of the supervision is killed, in whatever order: down leaves nothing."""
    stack("up")
    stack.remember()
    pids = {**stack.pids(), "runsv": stack.runsv("cw-api"), "program": stack.pid("cw-api")}
    for victim in victims:
        os.kill(pids[victim], signal.SIGKILL)
    assert stack("down").stderr == ""
    assert stack.left_over() == []
    assert '"cut short"' not in "".join(log.read_text() for log in (stack.var / "sim/logs").glob("*/current"))


def test_one_of_a_kind(stack):
    """A program whose runsv was killed is ended before the new runsv starts another one."""
    stack("up")
    before, keeper = stack.pid("cw-api"), stack.runsv("cw-api")
    os.kill(keeper, signal.SIGKILL)
    wait_for(lambda: stack.pid("cw-api") not in (0, before), 20, "new cw-api")
    assert not alive(before)
    stack("up")


def test_up_after_kill_of_everything(stack):
    """The pid files of a machine that crashed are all still there."""
    stack("up")
    stack.remember()
    pids = stack.pids()
    for service in SERVICES:
        pids["runsv " + service] = stack.runsv(service)
    for pid in sorted(pids.values()):
        os.kill(pid, signal.SIGKILL)
    stack("up")
    assert not set(stack.pids().values()) & set(pids.values())
    stack.remember()
    stack("down")
    assert stack.left_over() == []


def test_up_after_kill_of_the_supervisor(stack):
    """What it left is ended first, so that the new programs find their ports free."""
    stack("up")
    addresses = (stack.var / "env").read_text()
    before = stack.pids()
    os.kill(before["supervisor"], signal.SIGKILL)
    wait_for(lambda: not alive(before["supervisor"]), 20, "end of the supervisor")  # or it would be taken for running
    stack("up")
    assert (stack.var / "env").read_text() == addresses
    assert not any(alive(before[name]) for name in SERVICES)


def test_up_with_a_store_elsewhere(stack):
    """The port of a killed broker went to somebody else: the programs would never find it."""
    stack("up")
    port = int(re.search(r"CW_BROKERS=127.0.0.1:(\d+)", (stack.var / "env").read_text())[1])
    run(LOCAL / "kafka.sh", "kill9", stack.var / "sim/kafka", "1")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))  # a broker that is gone has let go of it
        other.listen()
        refused = stack("up", check=False)
    assert refused.returncode == 1
    assert "Kafka or PostgreSQL has another port than before: `make down` first" in refused.stderr


def test_interrupted_down(stack):
    stack("up")
    stack.remember()
    process = stack.start("down", stdout=subprocess.DEVNULL)
    wait_for(lambda: not alive(stack.pid("cw-sim.binance")), 20, "end of the first program")
    process.kill()
    process.wait()
    stack("down")
    assert stack.left_over() == []


def test_broken_program_is_named(stack):
    done = stack("up", check=False, STAND_IN_BROKEN="cw-candles")
    assert done.returncode == 1
    assert "cw-candles is not ready: it does not run or does not answer" in done.stderr
    assert "broken on purpose" in done.stderr
    assert "cw-postgres is not ready" not in done.stderr


def test_broken_store_ends_it(stack):
    done = stack("up", check=False, KAFKA_JVM="-XX:NoSuchFlag")
    assert done.returncode == 1
    assert "broker 1 ended while starting" in done.stderr
    assert "Unrecognized VM option 'NoSuchFlag'" in done.stderr
    assert "cw-topics" not in done.stderr
    assert stack.pid("supervisor") == 0


def test_no_topics_ends_it(stack):
    done = stack("up", check=False, STAND_IN_BROKEN="cw-topics")
    assert done.returncode == 1
    assert "cw-topics failed: not all topics and tables are there" in done.stderr
    assert stack.pid("supervisor") == 0


def test_missing_program_is_named(stack):
    (Path(stack.env["STACK_BUILD"]) / "processors/cw-candles").unlink()
    done = stack("up", check=False)
    assert done.returncode == 1
    assert "processors/cw-candles is missing: run `make build`" in done.stderr


@pytest.fixture
def exchanges(directory, name):
    """A PATH with a curl for which Binance refuses its first address and answers at its second, and nobody else does."""
    folder = directory / (name + "_bin")
    folder.mkdir()
    (folder / "curl").write_text("""#!/bin/sh
case "$*" in
*api.binance.com*) echo "curl: (22) The requested URL returned error: 451" >&2; exit 22 ;;
*data-api.binance.vision*) exit "${VISION:-0}" ;;
*api.kraken.com* | *www.okx.com*) echo "curl: (6) Could not resolve host" >&2; exit 6 ;;
*) exec /usr/bin/curl "$@" ;;
esac
""")
    (folder / "curl").chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_live_market(stack, exchanges):
    del stack.env["SIM"]
    stack.env["PATH"] = exchanges
    done = stack("up")
    assert "Candlewick runs on the live market: binance kraken okx" in done.stdout
    assert ("not all exchanges answer from here; they are tried again and again "
            "(kraken: (6) Could not resolve host; okx: (6) Could not resolve host)") in done.stderr
    assert not (stack.var / "sim").exists()
    assert "export CW_SIM_URL=\n" in (stack.var / "env").read_text()
    logged(stack, "cw-producer.binance", '"--exchange.binance.rest.url", "https://data-api.binance.vision"',
           market="live")
    stack("up", VISION="22")  # what runs is not asked again
    refused = stack("up", check=False, SIM="1")
    assert refused.returncode == 1 and "the live market runs: `make down` first" in refused.stderr
    stack("down")
    run(LOCAL / "postgres.sh", "remove", stack.var / "live/postgres")


def test_no_exchange_answers(stack, exchanges):
    del stack.env["SIM"]
    done = stack("up", PATH=exchanges, VISION="22")
    assert "Candlewick runs on the simulated market" in done.stdout
    assert ("no exchange answers from here, so the market is simulated "
            "(binance: no answer; kraken: (6) Could not resolve host; okx: (6) Could not resolve host)") in done.stderr


@pytest.mark.parametrize("setting, value", [("SIM_SYMBOLS", "0"), ("SIM_RATE", "fast"), ("SIM_SEED", "-1")])
def test_wrong_setting(stack, setting, value):
    done = stack("up", check=False, **{setting: value})
    assert done.returncode == 2
    assert f'{setting} must be a whole number from' in done.stderr
    assert not (stack.var / "sim").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_until_signal(stack, number):
    process = stack.start("run", stdout=subprocess.PIPE)
    parts = ("trades.kraken=0.0/s", "quotes.kraken=0.0/s", "candles.1m=0.0/s", "table.candle=0.0/s", "lag.cw-candles=2",
             "binance BTC-USDT 03:04 close=1.5")

    def all_shown():
        line = process.stdout.readline()
        assert line, "it ended"
        return all(part in line for part in parts)

    # a line of the live status lacks what did not answer in time
    wait_for(all_shown, 180, f"line with {parts}", interval=0)
    stack.remember()
    process.send_signal(number)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert rest.endswith("Stopped.\n")
    assert stack.left_over() == []


def test_run_interrupted_while_starting(stack):
    process = stack.start("run", stdout=subprocess.PIPE)
    wait_for(lambda: stack.pid("kafka/broker-1"), 30, "broker")
    stack.remember()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=90)
    assert process.returncode == 0
    assert stack.left_over() == []


def test_run_on_a_terminal(stack):
    """Ctrl-C on `make run` is no failure: it reaches the stack and not make."""
    (stack.var.parent / "Makefile").write_text(f"run:\n\t@{LOCAL}/stack run\n")
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 60, 160, 0, 0))
        os.execvpe("make", ["make", "-C", str(stack.var.parent), "run"], {**stack.env, "TERM": "xterm"})
    shown = b""

    def read_until(seconds, *texts):
        nonlocal shown
        deadline = time.monotonic() + seconds
        while not all(text in shown for text in texts):
            assert time.monotonic() < deadline, shown.decode(errors="replace")
            if select.select([terminal], [], [], 0.2)[0]:
                shown += os.read(terminal, 65536)

    read_until(180, b"Ctrl-C stops everything.", b"REST ", b"BTC-USDT", b"table candle",
               b"kraken       up            0.1        4", b"-42.9  watching")
    stack.remember()
    os.write(terminal, b"\x03")
    read_until(60, b"Stopped.")
    _, result = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(result) == 0
    assert b"***" not in shown  # what make says of a failure
    assert stack.left_over() == []


def test_reset_asks_and_refuses(stack):
    stack("up")
    refused = stack("reset", check=False)
    assert refused.returncode == 1 and "the sim market runs" in refused.stderr
    stack("down")

    def reset(answer):
        return subprocess.run([LOCAL / "stack", "reset"], input=answer, env=stack.env, text=True, capture_output=True)

    assert reset("n\n").returncode == 1
    assert reset("").returncode == 1
    assert (stack.var / "sim/kafka").exists()
    assert reset("y\n").returncode == 0
    assert not stack.var.exists()
