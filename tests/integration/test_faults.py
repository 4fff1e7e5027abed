"""`make faults` in short: one fault of each class of frames and connections, on one exchange each."""

import sys
from dataclasses import replace

import pytest

from stack import TOP

sys.path.append(str(TOP / "tests/faults"))

from cases import CASES
from fault_run import SHORT, play


@pytest.mark.parametrize("case, exchange", [
    ("drop", "okx"), ("truncate", "kraken"), ("reorder", "binance"), ("stall", "okx"), ("close, with codes", "kraken"),
    ("refuse, 503", "binance"), ("shutdown", "binance")])
def test_a_fault(kafka, prefix, logs, case, exchange):
    assert play(CASES[case], exchange, SHORT, kafka, logs, prefix).differences == []


def test_a_producer_that_repairs_nothing_is_found_out(kafka, prefix, logs):
    case = replace(CASES["drop"], options=("--repair=false",), settle_s=2)
    found = play(case, "okx", SHORT, kafka, logs, prefix).differences
    for word in ("after 2 s still no end", "still open", "is missing, and could be had", "0 trades came by REST"):
        assert any(word in line for line in found), found
