"""`make live-check`: what it says of exchanges that are there, that are not, and that refuse. Each exchange is a cw-sim."""

import re
import subprocess

import pytest

from simulator import Simulator
from stack import BUILD, TOP, environment, free_port

STREAMS = {"binance": {"WS": ""}, "kraken": {"WS": "/v2"},
           "okx": {"BUSINESS": "/ws/v5/business", "PUBLIC": "/ws/v5/public"}}


@pytest.fixture
def simulator(logs):
    started = []

    def start(exchange, **options):
        started.append(Simulator(logs, **{"exchange": exchange, "symbols": 20, "rate": 200, **options}))
        return started[-1].wait_ready()

    yield start
    for sim in started:
        sim.kill9()


def urls(exchange, rest, streams):
    """The environment that leads a producer to servers on these ports."""
    name = f"CW_EXCHANGE_{exchange.upper()}"
    return {f"{name}_REST_URL": f"http://127.0.0.1:{rest}"} | {
        f"{name}_{endpoint}_URL": f"ws://127.0.0.1:{streams}{path}" for endpoint, path in STREAMS[exchange].items()}


def port(sim):
    return int(sim.listen.rpartition(":")[2])


def check(*arguments, env):
    """(exit code, {exchange: {what: [texts]}}, last line)."""
    done = subprocess.run([TOP / "tools/live_check.py", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60, env=environment({**env, "STACK_BUILD": BUILD}))
    assert done.stderr == ""
    *blocks, last = done.stdout.strip().split("\n\n")
    told = {}
    for block in blocks:
        lines = told[block.split()[0]] = {}
        for line in block.splitlines():
            lines.setdefault(line[10:23].strip(), []).append(line[23:])
    return done.returncode, told, last


def check_until(told_all, *arguments, env):
    """check() with ever more seconds, until what it tells of the exchanges is all that is waited for."""
    for seconds in (3, 10, 30):
        code, told, last = check("--seconds", seconds, *arguments, env=env)
        if told_all(told):
            break
    return code, told, last


def failed(exchange, text):
    """Whether it is told that the exchange failed so."""
    return lambda told: text in told[exchange].get("FAILED", [""])[0]


def delivers(lines):
    assert list(lines) == ["instruments", "connected", "subscribed", "first trade", "first quote", "clock", "delivers"]
    assert lines["instruments"][0].startswith("23 pairs after "), "three of them do not trade"
    return True


def test_three_that_deliver(simulator):
    env = {}
    for exchange in STREAMS:
        sim = port(simulator(exchange))
        env |= urls(exchange, sim, sim)
    code, told, last = check(env=env)
    assert (code, last) == (0, "3 of 3 deliver")
    assert set(told) == set(STREAMS) and all(map(delivers, told.values()))
    assert told["okx"]["subscribed"][0].startswith("bbo-tbt after ") and ", trades-all after " in told["okx"]["subscribed"][0]
    clock = re.fullmatch(r"receive time - exchange time = (\d+) ms, or more( \(.*\?\))?", told["kraken"]["clock"][0])
    assert (clock[2] is not None) == (int(clock[1]) >= 2000)


def test_one_that_is_not_there(simulator):
    env = urls("kraken", free_port(), free_port())
    for exchange in ("binance", "okx"):
        sim = port(simulator(exchange))
        env |= urls(exchange, sim, sim)
    refused = failed("kraken", "Couldn't connect to server")
    code, told, last = check_until(
        lambda told: refused(told) and all("delivers" in told[name] for name in ("binance", "okx")), env=env)
    assert (code, last) == (1, "2 of 3 deliver")
    assert list(told["kraken"]) == ["FAILED"]
    assert told["kraken"]["FAILED"][0].startswith("instruments: http://127.0.0.1:")
    assert "Couldn't connect to server" in told["kraken"]["FAILED"][0]
    assert delivers(told["binance"]) and delivers(told["okx"])


def test_a_stream_that_is_not_there(simulator):
    env = urls("okx", port(simulator("okx")), free_port())
    code, told, last = check_until(failed("okx", "Unable to connect"), "okx", env=env)
    assert (code, last) == (1, "0 of 1 deliver")
    assert list(told["okx"]) == ["instruments", "FAILED"]
    assert told["okx"]["FAILED"] == ["trades-all: Unable to connect"]


def test_no_trade(simulator):
    sim = port(simulator("okx", trades=1))
    code, told, _ = check_until(failed("okx", "no trade came"), "okx", env=urls("okx", sim, sim))
    assert code == 1
    assert told["okx"]["FAILED"] == ["subscribed, but no trade came"]
    assert "first quote" in told["okx"]


@pytest.fixture
def ignorant(simulator):
    """The list is of an exchange that has more symbols than the stream knows, which is BTC-USDT alone."""
    return urls("okx", port(simulator("okx")), port(simulator("okx", symbols=1)))


def test_refused_symbols_are_named(ignorant):
    code, told, last = check("okx", "--", "--symbols", "BTC-USDT,ETH-USDT", "--rates", "", env=ignorant)
    assert (code, last) == (0, "1 of 1 deliver"), "what is refused is told, the rest delivers"
    bbo, trades = told["okx"]["done without"]
    assert bbo.startswith("ETH-USDT of bbo-tbt: refused: ") and trades.startswith("ETH-USDT of trades-all: refused: ")


def test_a_connection_whose_symbols_are_all_refused(ignorant):
    code, told, _ = check_until(failed("okx", "refused"), "okx", "--", "--symbols", "BTC-USDT", "--rates", "USDC-USDT",
                                env=ignorant)
    assert code == 1
    assert told["okx"]["FAILED"] == ["bbo-tbt: every symbol was refused"]


def test_a_producer_that_does_not_start():
    code, told, _ = check("okx", "--", "--bogus", env={})
    assert code == 1
    assert told["okx"]["FAILED"] == ["instruments: cw-producer: unknown option --bogus (see --help)"]


def test_an_unknown_exchange_is_a_usage_error():
    done = subprocess.run([TOP / "tools/live_check.py", "mtgox"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "mtgox" in done.stderr
