"""/openapi.json: what it says is what the server does. schemathesis asks, with good and bad requests made from it."""

import json
import re
import sys

import pytest

from api_client import (FEED_FIELDS, GAP_FIELDS, ZERO, insert_candles, insert_events, insert_rows, insert_symbols,
                        insert_trades, served)
from stack import TOP, run
from test_api import candle, trade
from test_api_arbitrage import EVENTS, OPPORTUNITIES, WATCHING
from test_api_coverage import FEEDS, GAPS
from test_api_instruments import LISTED
from test_api_quotes import VOID, quote, tick

DESCRIPTION = json.loads((TOP / "api/openapi.json").read_text())
SCHEMAS = DESCRIPTION["components"]["schemas"]


@pytest.fixture(scope="module")
def api(postgres, directory):
    with served(postgres, "openapi", directory / "logs/openapi") as api:
        insert_symbols(api, [("binance", "BTC-USDT"), ("binance", "ETH-USDT"), ("kraken", "BTC-USD")])
        insert_trades(api, [trade(number, ZERO, sequence=number % 7 or None) for number in range(900)])
        insert_candles(api, [candle(minute) for minute in range(600) if minute % 5] +
                       [candle(600, coverage="down", missing=3, revision=2, reason="restate"),
                        candle(601, status="provisional", revision=0)])
        insert_candles(api, [candle(minute, record_time=ZERO) for minute in range(20)], "candle_revision")
        insert_events(api, "gap", GAP_FIELDS, GAPS)
        insert_events(api, "feed_event", FEED_FIELDS, FEEDS)
        insert_rows(api, "latest_quote", [quote("binance", "BTC-USDT", ZERO), quote("binance", "ETH-USDT", ZERO, **VOID),
                                          quote("kraken", "BTC-USD", ZERO, exchange_time=None)])
        insert_rows(api, "exchange_state", [tick("binance", "quotes", 2, ZERO), tick("okx", "trades", 0, ZERO)])
        insert_rows(api, "instrument", LISTED)
        example = DESCRIPTION["components"]["parameters"]["id"]["example"]
        insert_rows(api, "opportunity", [*OPPORTUNITIES, {**OPPORTUNITIES[0], "id": example}])
        insert_rows(api, "watching", WATCHING)
        api.sql("SELECT day_partition('opportunity_event', '2026-11-21')")
        insert_rows(api, "opportunity_event", EVENTS)
        yield api


def resolved(value):
    """With every $ref replaced by what it names."""
    if isinstance(value, dict):
        if "$ref" in value:
            kind, name = value["$ref"].removeprefix("#/components/").split("/")
            return resolved(DESCRIPTION["components"][kind][name])
        return {key: resolved(part) for key, part in value.items()}
    return [resolved(part) for part in value] if isinstance(value, list) else value


def test_it_is_served_as_it_is(api):
    answer = api.get("/openapi.json")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.body == (TOP / "api/openapi.json").read_bytes()
    assert DESCRIPTION["info"]["version"] == api.get("/").json["version"]


def test_it_has_every_path_and_parameter(api):
    described = {path: [parameter["name"] for parameter in resolved(operations["get"].get("parameters", []))
                        if parameter["in"] == "query"] for path, operations in DESCRIPTION["paths"].items()}
    assert described == {endpoint["path"]: endpoint["parameters"] for endpoint in api.get("/").json["endpoints"]}


def test_it_has_every_problem():
    problems = re.findall(r'\[PROBLEM_\w+\] = \{"([a-z-]+)",\s*"[^"]+",\s*"[^"]*",\s*(\d+)', (TOP / "api/problem.c").read_text())
    known = {f"urn:candlewick:problem:{slug}": int(status) for slug, status in problems if slug != "none"}
    assert len(known) > 10
    described = {schema["properties"]["type"]["const"]: schema["properties"]["status"]["const"]
                 for schema in SCHEMAS.values() if "detail" in schema.get("properties", {})}
    assert described == known
    for status, response in DESCRIPTION["components"]["responses"].items():
        schema = resolved(response["content"]["application/problem+json"]["schema"])
        assert len({one["properties"]["status"]["const"] for one in schema.get("oneOf", [schema])}) == 1, status


@pytest.mark.parametrize("name, record", [
    ("Candle", "candle"), ("Trade", "trade"), ("Feed", "feed"), ("Quote", "quote"), ("Opportunity", "opportunity"),
    ("OpportunityEvent", "opportunity")])
def test_records_have_the_fields_of_their_schemas(name, record):
    fields = {field["name"]: field["type"] for field in json.loads((TOP / f"schemas/{record}.avsc").read_text())["fields"]}
    added = {"Candle": ["filled"], "Trade": ["partition", "offset"], "Feed": ["partition", "offset"],
             "Quote": ["partition", "offset", "age_us", "feed", "feed_age_us"], "OpportunityEvent": [],
             "Opportunity": ["open_size", "open_gross_bps", "open_net_bps"]}[name]
    assert list(SCHEMAS[name]["properties"]) == [*fields, *added]
    for field, kind in fields.items():
        described = resolved(SCHEMAS[name]["properties"][field])
        parts = described.get("anyOf", [described])
        nullable = any("null" in part["type"] for part in parts)
        assert nullable == isinstance(kind, list), field
        kind = kind[-1] if isinstance(kind, list) else kind
        if isinstance(kind, dict) and kind["type"] == "enum":
            assert [word for part in parts for word in part.get("enum", []) if word] == kind["symbols"], field


SETTINGS = """
[generation]
database = "none"

[checks]
negative_data_rejection.expected-statuses = [400, 404, 414]

[parameters]
{parameters}
"""


@pytest.mark.parametrize("names", ["any", "ours"])
def test_schemathesis_finds_no_fault(api, directory, names):
    """Once with exchanges and symbols of its own making, once with ours, so that there are rows to look at."""
    ours = '"path.exchange" = "binance"\n"path.symbol" = "BTC-USDT"\n"query.exchange" = "binance"\n"path.id" = "b"'
    settings = directory / f"schemathesis.{names}.toml"
    settings.write_text(SETTINGS.format(parameters=ours if names == "ours" else ""))
    before = {route: requests(api, route) for route in ROUTES}
    done = run(sys.executable, "-m", "schemathesis.cli", "--config-file", settings, "run",
               f"http://127.0.0.1:{api.port}/openapi.json", "--checks", "all", "--phases", "examples,coverage,fuzzing",
               "--max-examples", "60", "--seed", "7", "--continue-on-failure", "--no-shrink", check=False,
               cwd=directory)
    assert done.returncode == 0, done.stdout + done.stderr
    for route in ROUTES:
        good, bad = (after - earlier for after, earlier in zip(requests(api, route), before[route]))
        assert good >= (5 if names == "ours" and route not in WITHOUT_PARAMETERS else 1), (route, good)
        assert bad >= 1 or route == "openapi", route  # it is no operation to schemathesis


ROUTES = ("index", "openapi", "candles", "coverage", "trades", "symbols", "instruments", "assets", "gaps", "feeds", "exchanges", "quotes", "quote",
          "arbitrage", "opportunity")
WITHOUT_PARAMETERS = ("index", "openapi", "exchanges", "quote")  # once ours are filled in


def requests(api, route):
    """How many were answered 2xx and 4xx."""
    return tuple(api.program.metric("candlewick_api_requests_total", f'route="{route}",status="{status}"')
                 for status in ("2xx", "4xx"))
