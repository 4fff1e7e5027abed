"""docs/REST.md: its examples are what cw-api answers."""

import json
import re
from datetime import datetime

import pytest

from api_client import FEED_FIELDS, GAP_FIELDS, insert_candles, insert_events, insert_trades, served
from stack import TOP

EXAMPLE = re.compile(r"^\$ curl -s 'localhost:8080([^']+)' \| jq\n(.*?)(?=^\$ |^```)", re.DOTALL | re.MULTILINE)
EXAMPLES = EXAMPLE.findall((TOP / "docs/REST.md").read_text())


def time(text):
    return datetime.fromisoformat(text)


@pytest.fixture(scope="module")
def api(postgres, directory):
    """The rows that the examples show."""
    shown = {path: json.loads(answer) for path, answer in EXAMPLES}
    candles, trades, symbols, gaps, feeds = ([row for answer in shown.values() for row in answer.get(resource, [])]
                                             for resource in ("candles", "trades", "symbols", "gaps", "feeds"))
    for row in candles + trades + gaps + feeds:
        row.update({key: time(value) for key, value in row.items() if key.endswith("_time") and value})
    with served(postgres, "api_docs", directory / "logs/api_docs") as api:
        prices = ("open", "high", "low", "close")
        records = [{**row, **dict.fromkeys(prices)} if row.get("filled") else row for row in candles if row["revision"] or
                   row["status"] == "provisional"]
        before = {**records[0], "open_time": time("2026-11-21T09:57Z"), "close_time": time("2026-11-21T09:58Z"),
                  "close": "86390.5"}  # whose close is carried
        insert_candles(api, [before, *records])
        insert_events(api, "gap", GAP_FIELDS, gaps)
        insert_events(api, "feed_event", FEED_FIELDS, feeds)
        insert_trades(api, trades + [{**trades[-1], "exchange_time": time("2026-11-21T10:01:42.731Z")}])
        api.sql("INSERT INTO symbol VALUES (%s, %s, %s, %s, %s)", [list(row.values()) for row in symbols])
        yield api


def test_there_are_examples():
    assert len(EXAMPLES) == 9


@pytest.mark.parametrize("path, answer", EXAMPLES)
def test_example(api, path, answer):
    assert api.get(path).json == json.loads(answer)
    assert json.dumps(api.get(path).json, indent=2) == answer.strip()  # the order of the fields, too


def test_every_problem_is_listed():
    text = (TOP / "docs/REST.md").read_text()
    slugs = re.findall(r'= \{"([a-z-]+)"', (TOP / "api/problem.c").read_text())
    assert len(slugs) > 10
    assert [slug for slug in slugs if slug != "none" and f"`{slug}`" not in text] == []


def test_every_parameter_and_metric_is_listed(api):
    text = (TOP / "docs/REST.md").read_text()
    for endpoint in api.get("/").json["endpoints"]:
        assert f"`{endpoint['path']}`" in text
        assert all(f"`{parameter}`" in text for parameter in endpoint["parameters"])
    metrics = re.findall(r"^# TYPE (candlewick_api_\w+)", api.program.get("/metrics")[1], re.MULTILINE)
    assert metrics and all(metric in text for metric in metrics)
