"""`make faults` in short: one fault of each class of REST, of the market and of its clock, on one exchange each."""

import sys

import pytest

from stack import TOP

sys.path.append(str(TOP / "tests/faults"))

from cases import CASES
from fault_run import SHORT, play


@pytest.mark.parametrize("case, exchange", [
    ("rest_status, 503", "okx"), ("rest_drop, for good", "binance"), ("id_jump", "kraken"), ("id_jump, skipped", "okx"),
    ("skew, 5 s", "kraken"), ("list", "binance")])
def test_a_fault(kafka, prefix, logs, case, exchange):
    assert play(CASES[case], exchange, SHORT, kafka, logs, prefix).differences == []
