"""docs/REST.md: its examples are what cw-api answers."""

import json
import re
from datetime import datetime, timezone

import pytest

from api_client import FEED_FIELDS, GAP_FIELDS, insert_candles, insert_events, insert_rows, insert_trades, moment, served
from stack import TOP

EXAMPLE = re.compile(r"^\$ curl -s 'localhost:8080([^']+)' \| jq\n(.*?)(?=^\$ |^```)", re.DOTALL | re.MULTILINE)
EXAMPLES = EXAMPLE.findall((TOP / "docs/REST.md").read_text())


# when the examples of what is known now were asked for, and what their answers count from there
ASKED = datetime.fromisoformat("2026-11-21T10:01:43Z")
PRESENT = ("/v1/exchanges", "/v1/quotes")
MOVING = ("receive_time", "exchange_time", "tick_time")


def time(text):
    return datetime.fromisoformat(text)


def all_objects(value):
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from all_objects(part)


def moved(value, by):
    """The same with its moving times set so much later."""
    value = json.loads(json.dumps(value))
    for one in all_objects(value):
        one.update({key: moment(time(one[key]) + by) for key in MOVING if one.get(key)})
    return value


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
        insert_known_symbols(api, symbols)
        insert_instruments(api, shown)
        insert_arbitrage(api, [one for answer in shown.values() for one in all_objects(answer) if "open_size" in one])
        yield api


def insert_known_symbols(api, symbols):
    for row in symbols:
        name = {key: row[key] for key in ("exchange", "symbol")}
        if row["trades"]:
            insert_rows(api, "symbol", [{**name, **{key: row[key] for key in ("trades", "first_trade_time", "last_trade_time")}}])
        if row["native_symbol"]:
            base, quote = row["symbol"].split("-")
            listed = {key: row[key] for key in ("native_symbol", "status", "tick_size", "lot_size", "update_time")}
            insert_rows(api, "instrument", [{**name, **listed, "base": base, "quote": quote, "partition": 0, "offset": 1}])


def insert_instruments(api, shown):
    """The words that began the periods of the examples, each once, in their order."""
    rows = {row["from_time"]: row for answer in shown.values() for row in answer.get("instruments", [])}
    for time in sorted(rows):
        said = {key: value for key, value in rows[time].items() if key not in ("from_time", "to_time")} | {"update_time": time}
        api.sql("DELETE FROM instrument WHERE exchange = %s AND symbol = %s", [[said["exchange"], said["symbol"]]])
        insert_rows(api, "instrument", [said])


def insert_arbitrage(api, shown):
    api.sql("SELECT day_partition('opportunity_event', '2026-11-21')")

    def columns(row):
        """The record's own place is not served; any that ascends will do."""
        return {**{key: value for key, value in row.items() if key not in ("partition", "offset", "events", "next")},
                "quotes_partition": row["partition"], "quotes_offset": row["offset"], "partition": row["partition"],
                "offset": row["offset"], "record_time": row["time"]}

    for row in {row["id"]: row for row in shown}.values():
        names = {"symbols": [row["legs"][0]["symbol"]], "exchanges": [leg["exchange"] for leg in row["legs"]]}
        if row["state"] == "watching":
            insert_rows(api, "watching", [{k: v for k, v in columns(row).items() if not k.startswith("open_") or
                                           k == "open_time"} | names])
        else:
            insert_rows(api, "opportunity", [columns(row) | names])
            insert_rows(api, "opportunity_event", [columns(event) for event in row["events"]])


def insert_present(api, by):
    """Quotes and ticks of the examples, as if they had been asked for now."""
    api.sql("TRUNCATE latest_quote, exchange_state")
    examples = moved({path: json.loads(answer) for path, answer in EXAMPLES}, by)
    for q in examples["/v1/quotes?symbol=BTC-USDT"]["quotes"]:
        insert_rows(api, "latest_quote", [{key: value for key, value in q.items() if not key.startswith(("age", "feed"))}])
    for exchange in examples["/v1/exchanges"]["exchanges"]:
        insert_rows(api, "exchange_state", [
            {"exchange": exchange["exchange"], "topic": topic["topic"], "partition": partition, "alive": partition < topic["alive"],
             "receive_time": topic["tick_time"], "epoch": 1, "offset": 1}
            for topic in exchange["topics"] for partition in range(topic["partitions"])])


def without_what_passed(answer, example):
    """The answer as it would have been at once: ages may be greater than in the example, but by no more than a test lasts."""
    for one, wanted in zip(all_objects(answer), all_objects(example)):
        for key in ("age_us", "feed_age_us"):
            if wanted.get(key) is not None:
                assert wanted[key] <= one[key] <= wanted[key] + 20_000_000, (key, one, wanted)
                one[key] = wanted[key]
    return answer


def test_there_are_examples():
    assert len(EXAMPLES) == 18


@pytest.mark.parametrize("path, answer", EXAMPLES)
def test_example(api, path, answer):
    by = datetime.now(timezone.utc) - ASKED
    insert_present(api, by)
    example = json.loads(answer)
    given = api.get(path).json
    if path.startswith(PRESENT):
        given = without_what_passed(moved(given, -by), example)
    assert given == example
    assert json.dumps(given, indent=2) == answer.strip()  # the order of the fields, too


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
