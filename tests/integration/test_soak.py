"""The soak's own code on two minutes of market, and its judges on what they must refuse."""

import json
import sys
from decimal import Decimal

import pytest

from candle_oracle import INTERVALS
from records import Writer, encode
from stack import TOP, run

sys.path.append(str(TOP / "tests/soak"))

import report
import truth
from judge import judge
from market_run import Shape, soak

SHORT = Shape(hours=2 / 60, rate=400, symbols=20, speed=20, warm_up_minutes=0.5, look_minutes=0.25, oracle_trades=40_000)


@pytest.mark.alone
def test_two_minutes_of_market_are_exact_and_every_figure_is_there(kafka, postgres, logs):
    result = soak(SHORT, kafka, postgres, logs)
    assert result["differences"] == []
    assert result["samples"][-1]["trades"] == SHORT.trades == result["rows"]["trade"]
    assert result["worked_out"] > 1000
    programs = {"cw-sim", "cw-producer", "cw-candles", "cw-postgres", "cw-api"}
    for sample in result["samples"]:
        assert programs | {"Kafka", "PostgreSQL"} == set(sample["resident_kib"])
        assert all(kib > 1000 for kib in sample["resident_kib"].values())
    at_rest = result["at_rest"]
    for topic in ("trades", *(f"candles.{interval}" for interval in INTERVALS)):
        assert at_rest["topic_bytes"][topic]["log"] > result["records"][topic], topic
    for table in ("trade", "candle_1s", "candle_long", "candle_revision_1s", "candle_revision_long"):
        assert at_rest["table_bytes"][table]["rows"] > 0 and at_rest["table_bytes"][table]["index"] > 0, table
    assert result["rows"]["candle_revision 1w"] > 0, "the Sunday midnight closed the week"
    assert json.loads(json.dumps(result)) == result
    printed = report.text(result)
    assert "all trades, candles and rows are what the ledger says" in printed
    assert all(f"\n{name}" in printed for name in programs)


@pytest.mark.parametrize("case, growth, flat", [
    ("level", lambda n: 20_000, True),
    ("wavers by 4 %", lambda n: 20_000 + 800 * (-1) ** n, True),
    ("leaks 4 KiB a second", lambda n: 20_000 + 240 * n, False),
    ("one sample 6 % above", lambda n: 20_000 + 1_220 * (n == 40), False),
    ("grows in the warm-up only", lambda n: 20_000 - 1_000 * max(0, 10 - n), True)])
def test_memory_is_flat_if_no_sample_after_the_warm_up_leaves_the_mean_by_5_percent(case, growth, flat):
    assert judge([(n, growth(n)) for n in range(61)], warm_up_minutes=10).flat is flat


def test_too_few_samples_are_no_verdict():
    with pytest.raises(ValueError, match="too few"):
        judge([(1, 1), (2, 1), (3, 1)], warm_up_minutes=2)


def test_a_market_too_short_to_judge_is_refused_before_it_starts():
    done = run(sys.executable, TOP / "tests/soak/soak.py", "--hours", "0.1", check=False)
    assert done.returncode == 2
    assert "6 minutes leave too little to judge memory by" in done.stderr


LINE = ('{"kind":"trade","symbol":"A1-USDT","id":%d,"price":"%s","amount":"0.50000000","side":"buy",'
        '"time_us":1763683200000000}\n')


def trade(number, price):
    return {"exchange": "binance", "symbol": "A1-USDT", "trade_id": str(number), "sequence": number,
            "price": Decimal(price), "amount": Decimal("0.5"), "side": "buy", "exchange_time": 1763683200000000, "receive_time": 1763683200000100,
            "origin": "live"}


@pytest.mark.parametrize("case, numbers, price, difference", [
    ("missing", [1, 2], "1.5", "A1-USDT: the ledger has"),
    ("twice", [1, 2, 3, 3], "1.5", "A1-USDT: the ledger has"),
    ("another price", [1, 2, 3], "1.6", "A1-USDT: the ledger has"),
    ("no candles", [1, 2, 3], "1.5", "candles.1w of A1-USDT add up to (0, 0, 0, 0)")])
def test_a_difference_is_found(topics, kafka, tmp_path, case, numbers, price, difference):
    ledger = tmp_path / "ledger"
    ledger.write_text("".join(LINE % (n, "1.50000000") for n in (1, 2, 3)))
    writer = Writer(kafka.brokers)
    for number in numbers:
        writer.put(topics + "trades", encode("trade", trade(number, price if number == 2 else "1.5")), "A1", 0)
    writer.flush()
    found = truth.compare(ledger, kafka.brokers, topics, {"A1-USDT"}).differences
    assert any(line.startswith(difference) for line in found), found
    assert any(line.startswith("A1-USDT") for line in found) is (case != "no candles")
    assert any("missing" in line for line in found), "the oracle's candles are not in the topic"
