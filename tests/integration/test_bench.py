"""`make bench`: every figure appears under its name. What they say is not looked at: that is for people."""

import json
import subprocess
import sys

import pytest

from stack import TOP

MICRO = {"fold.candle", "fold.candle.1m", "fold.arbitrage", "fold.arbitrage.3", "codec.trade.encode", "codec.trade.decode",
         "parse.binance", "parse.kraken", "parse.okx"}
INGEST = {f"ingest.{what}{how}" for what in ("trades", "trades.from_exchange", "quotes") for how in (".p50", ".p99")} | {
    f"ingest.{what}" for what in ("trades", "quotes", "quotes.kept", "memory", "cpu", "broker", "exchange", "reader")}
CANDLES = {f"consume.{how}{what}" for how in ("bare", "batch") for what in ("", ".cpu", ".memory")} | {
    f"candles.{what}.{intervals}" for what in ("eos", "cpu", "memory", "broker") for intervals in ("1m", "all")}
LATENCY = {f"latency.{ms}ms{what}" for ms in (20, 50, 100)
           for what in (".p50", ".p99", ".from_commit.p50", ".from_commit.p99", ".cpu", ".broker")}
SIGNAL = {f"signal.latency.{what}" for what in ("p50", "p99", "cpu", "broker")}
RESTART = {"restart.windows", "restart.image", "restart.memory"} | {
    f"{way}.{figure}" for way in ("restart", "takeover") for figure in ("p50", "p99", "samples")}
POSTGRES = {"postgres.copy", "postgres.trades", "postgres.cpu", "postgres.memory"}
RATIOS = {"codec.trade.encode": "avro-c encode", "codec.trade.decode": "avro-c decode", "candles.eos.1m": "consume.bare",
          "candles.eos.all": "consume.bare", "postgres.trades": "postgres.copy"}


@pytest.mark.alone
@pytest.mark.parametrize("only,names", [
    ("micro", MICRO), ("ingest", INGEST), ("candles", CANDLES), ("latency", LATENCY), ("signal", SIGNAL),
    ("restart", RESTART), ("postgres", POSTGRES)])
def test_a_short_run_writes_each_figure_once(tmp_path, only, names):
    output = tmp_path / "bench.json"
    done = subprocess.run(
        [sys.executable, TOP / "tests/bench/bench.py", "--short", "--directory", tmp_path / "bench", "--output", output, only],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180)
    assert done.returncode == 0, done.stdout
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert sorted(line["name"] for line in lines) == sorted(names)
    for line in lines:
        assert set(line) == {"name", "value", "unit", "ratio", "to"}
        assert line["value"] > 0 or line["unit"] == "% of a core", line
        assert (line["ratio"] is None) == (line["to"] is None)
        assert line["to"] == RATIOS.get(line["name"], line["to"])
        assert any(shown.startswith(line["name"] + " ") for shown in done.stdout.splitlines()), "a line for people"


def test_an_unknown_part_is_a_usage_error():
    done = subprocess.run([sys.executable, TOP / "tests/bench/bench.py", "weather"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "weather" in done.stderr
