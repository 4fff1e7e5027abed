/* Kraken's WebSocket v2 as the simulator speaks it: requests and frames. */
#include "kraken.h"
#include "rng.h"
#include "sim_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TIMES                                                                                      \
    "\"time_in\":\"2026-11-18T11:06:40.123456Z\",\"time_out\":\"2026-11-18T11:06:40.123456Z\""

static int setup(void **state)
{
    *state = sim_case_create(&kraken_dialect, 20);
    return 0;
}

static int teardown(void **state)
{
    sim_case_destroy(*state);
    return 0;
}

static uint32_t find(const struct sim_case *c, const char *native)
{
    uint32_t symbol;
    assert_true(listing_find(c->listing, slice_of(native), &symbol));
    return symbol;
}

/* --- requests -------------------------------------------------------------------------------- */

static void welcomes_with_its_status(void **state)
{
    assert_string_equal(sim_case_connect(*state, "/v2"),
                        "{\"channel\":\"status\",\"type\":\"update\",\"data\":[{\"version\":"
                        "\"2.0.0\",\"system\":\"online\",\"api_version\":\"v2\","
                        "\"connection_id\":9223372036854775809}]}");
}

static void has_one_endpoint(void **state)
{
    struct sim_case *c = *state;
    static const char *const others[] = {"/", "/v1", "/ws", "", "/v2x"};
    const struct dialog d = {&c->site, c->session, SIM_CASE_NOW_US, 1};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct err e = {0};
        const struct url url = {.path = slice_of(others[i])};
        assert_int_equal(kraken_dialect.open(&d, &url, &c->pushed, &e), -1);
        assert_int_equal(e.code, ERR_NOT_FOUND);
    }
}

static const struct {
    const char *request;
    const char *answer;
} dialogue[] = {
    {"{\"method\":\"ping\",\"req_id\":101}", "{\"method\":\"pong\"," TIMES ",\"req_id\":101}"},
    {"{\"method\":\"ping\"}", "{\"method\":\"pong\"," TIMES "}"},
    /* one answer for each symbol; a bad one is no harm to the others */
    {"{\"method\":\"subscribe\",\"params\":{\"channel\":\"trade\",\"symbol\":[\"BTC/USD\","
     "\"XBT/USD\",\"XBTUSD\",\"ETH/USD\"],\"snapshot\":false},\"req_id\":1}",
     "{\"method\":\"subscribe\",\"result\":{\"channel\":\"trade\",\"snapshot\":false,\"symbol\":"
     "\"BTC/USD\"},\"success\":true," TIMES ",\"req_id\":1}\n"
     "{\"error\":\"Currency pair not supported XBT/USD\",\"method\":\"subscribe\",\"success\":"
     "false,\"symbol\":\"XBT/USD\"," TIMES ",\"req_id\":1}\n"
     "{\"error\":\"Currency pair not in ISO 4217-A3 format XBTUSD\",\"method\":\"subscribe\","
     "\"success\":false,\"symbol\":\"XBTUSD\"," TIMES ",\"req_id\":1}\n"
     "{\"method\":\"subscribe\",\"result\":{\"channel\":\"trade\",\"snapshot\":false,\"symbol\":"
     "\"ETH/USD\"},\"success\":true," TIMES ",\"req_id\":1}"},
    {"{\"method\":\"unsubscribe\",\"params\":{\"channel\":\"trade\",\"symbol\":[\"ETH/USD\"]}}",
     "{\"method\":\"unsubscribe\",\"result\":{\"channel\":\"trade\",\"symbol\":\"ETH/USD\"},"
     "\"success\":true," TIMES "}"},
    {"{\"method\":\"unsubscribe\",\"params\":{\"channel\":\"trade\",\"symbol\":[\"ETH/USD\"]}}",
     "{\"error\":\"Subscription Not Found ETH/USD\",\"method\":\"unsubscribe\",\"success\":false,"
     "\"symbol\":\"ETH/USD\"," TIMES "}"},
    {"{\"method\":\"subscribe\",\"params\":{\"channel\":\"ticker\",\"symbol\":[\"BTC/USD\"],"
     "\"event_trigger\":\"bbo\"},\"req_id\":2}",
     "{\"method\":\"subscribe\",\"result\":{\"channel\":\"ticker\",\"event_trigger\":\"bbo\","
     "\"snapshot\":true,\"symbol\":\"BTC/USD\"},\"success\":true," TIMES ",\"req_id\":2}"},
    {"{\"method\":\"subscribe\",\"params\":{\"channel\":\"ticker\",\"symbol\":[\"*\"]}}",
     "{\"error\":\"Currency pair not in ISO 4217-A3 format *\",\"method\":\"subscribe\","
     "\"success\":false,\"symbol\":\"*\"," TIMES "}"},
    {"{\"method\":\"subscribe\",\"params\":{\"channel\":\"book\",\"symbol\":[\"BTC/USD\"]}}",
     "{\"error\":\"Channel not supported\",\"method\":\"subscribe\",\"success\":false," TIMES "}"},
    {"{\"method\":\"subscribe\",\"params\":{\"channel\":\"trade\"},\"req_id\":\"x\"}",
     "{\"error\":\"Symbol(s) missing\",\"method\":\"subscribe\",\"success\":false," TIMES "}"},
    {"{\"method\":\"subscribe\"}",
     "{\"error\":\"Params missing\",\"method\":\"subscribe\",\"success\":false," TIMES "}"},
    {"{\"method\":\"add_order\",\"req_id\":9}",
     "{\"error\":\"Method not supported\",\"success\":false," TIMES ",\"req_id\":9}"},
    {"[]", "{\"error\":\"Malformed request\",\"success\":false," TIMES "}"},
    {"ping", "{\"error\":\"Malformed request\",\"success\":false," TIMES "}"},
    {"", "{\"error\":\"Malformed request\",\"success\":false," TIMES "}"},
};

static void requests_and_answers(void **state)
{
    struct sim_case *c = *state;
    for (size_t i = 0; i < sizeof(dialogue) / sizeof(dialogue[0]); i++)
        assert_string_equal(sim_case_ask(c, dialogue[i].request), dialogue[i].answer);
    assert_int_equal(session_live(c->session), 2);
    assert_true(session_wants(c->session, find(c, "BTC/USD"), CHANNEL_ORDER));
    assert_true(session_wants(c->session, find(c, "BTC/USD"), CHANNEL_QUOTE));
    assert_false(session_wants(c->session, find(c, "ETH/USD"), CHANNEL_ORDER));
}

static void a_ticker_comes_with_trades_by_default(void **state)
{
    struct sim_case *c = *state;
    (void)sim_case_ask(c, "{\"method\":\"subscribe\",\"params\":{\"channel\":\"ticker\","
                          "\"symbol\":[\"BTC/USD\"]}}");
    assert_true(session_wants(c->session, find(c, "BTC/USD"), CHANNEL_TICKER));
    assert_false(session_wants(c->session, find(c, "BTC/USD"), CHANNEL_QUOTE));
}

static void hostile_requests_get_an_answer(void **state)
{
    struct sim_case *c = *state;
    static const char *const seeds[] = {
        "{\"method\":\"subscribe\",\"params\":{\"channel\":\"ticker\",\"symbol\":[\"BTC/USD\"],"
        "\"event_trigger\":\"bbo\",\"snapshot\":true},\"req_id\":2}",
        "{\"method\":\"unsubscribe\",\"params\":{\"channel\":\"trade\",\"symbol\":[\"BTC/USD\"]}}",
    };
    struct rng r;
    rng_seed(&r, 11);
    for (size_t k = 0; k < sizeof(seeds) / sizeof(seeds[0]); k++) {
        size_t len = strlen(seeds[k]);
        for (size_t cut = 0; cut < len; cut++)
            assert_non_null(strstr(sim_case_ask_bytes(c, seeds[k], cut), "\"success\":false"));
        for (int i = 0; i < 20000; i++) {
            char text[256];
            memcpy(text, seeds[k], len);
            for (uint64_t n = 1 + rng_below(&r, 4); n > 0; n--)
                text[rng_below(&r, len)] = (char)rng_next(&r);
            const char *answer = sim_case_ask_bytes(c, text, len);
            assert_true(answer[0] == '{' && answer[strlen(answer) - 1] == '}');
        }
    }
}

/* --- frames ---------------------------------------------------------------------------------- */

static struct market_trade make_trade(const struct sim_case *c, int64_t id)
{
    return (struct market_trade){
        .symbol = find(c, "BTC/USD"),
        .side = id % 2 ? TAKER_SELL : TAKER_BUY,
        .id = id,
        .price_e8 = 10594420000000,
        .amount_e8 = id == 1 ? 4000000000 : 27625,
        .time_us = 1696613755440295,
    };
}

#define TRADE(side, qty, type, id)                                                                 \
    "{\"symbol\":\"BTC/USD\",\"side\":\"" side "\",\"price\":105944.20,\"qty\":" qty               \
    ",\"ord_type\":\"" type "\",\"trade_id\":" id                                                  \
    ",\"timestamp\":\"2023-10-06T17:35:55.440295Z\"}"

/* Numbers are bare, as the exchange sends them; all trades of an order come in one frame. */
static void trades_of_an_order_share_a_frame(void **state)
{
    struct sim_case *c = *state;
    const struct market_trade order[] = {make_trade(c, 1), make_trade(c, 2), make_trade(c, 3)};
    assert_string_equal(
        sim_case_trades(c, CHANNEL_ORDER, order, 3, 0),
        "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[" TRADE(
            "sell", "40.0", "limit", "1") "," TRADE("buy", "0.00027625", "limit",
                                                    "2") "," TRADE("sell", "0.00027625", "market",
                                                                   "3") "]}");
}

static void the_snapshot_is_the_last_50_trades(void **state)
{
    struct sim_case *c = *state;
    for (int64_t id = 1; id <= 80; id++) {
        struct market_trade t = make_trade(c, id);
        sim_case_keep(c, &t);
    }
    const char *told = sim_case_ask(c, "{\"method\":\"subscribe\",\"params\":{\"channel\":"
                                       "\"trade\",\"symbol\":[\"BTC/USD\",\"ETH/USD\"],"
                                       "\"snapshot\":true}}");
    assert_non_null(strstr(told, "\n{\"channel\":\"trade\",\"type\":\"snapshot\",\"data\":["
                                 "{\"symbol\":\"BTC/USD\",\"side\":\"sell\""));
    int n = 0;
    for (const char *p = told; (p = strstr(p, "\"trade_id\":")); p++)
        assert_int_equal(strtol(p + strlen("\"trade_id\":"), NULL, 10), 31 + n++);
    assert_int_equal(n, 50);
    n = 0;
    for (const char *p = told; (p = strchr(p, '\n')); p++)
        n++;
    assert_int_equal(n, 2); /* two acks and one snapshot: ETH has not traded */
}

static struct market_quote make_quote(const struct sim_case *c)
{
    return (struct market_quote){
        .symbol = find(c, "BTC/USD"),
        .bid_e8 = 10594420000000,
        .bid_amount_e8 = 250000000,
        .ask_e8 = 10594430000000,
        .ask_amount_e8 = 320000001,
        .time_us = 1671960659123456,
        .number = 7,
    };
}

static void tickers_are_as_documented(void **state)
{
    struct sim_case *c = *state;
    struct market_trade t = make_trade(c, 1);
    struct market_quote q = make_quote(c);
    sim_case_keep(c, &t);
    t.price_e8 = 10500000000000;
    sim_case_keep(c, &t);
    assert_string_equal(
        sim_case_quote(c, &q, 0),
        "{\"channel\":\"ticker\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\",\"bid\":"
        "105944.20,\"bid_qty\":2.5,\"ask\":105944.30,\"ask_qty\":3.20000001,\"last\":105000.00,"
        "\"volume\":80.0,\"vwap\":105472.10,\"low\":105000.00,\"high\":105944.20,\"change\":"
        "-944.20,\"change_pct\":-0.89,\"timestamp\":\"2022-12-25T09:30:59.123456Z\"}]}");
}

static void a_missing_side_is_zeros(void **state)
{
    struct sim_case *c = *state;
    struct market_quote q = make_quote(c);
    q.bid_e8 = q.bid_amount_e8 = 0;
    assert_non_null(strstr(sim_case_quote(c, &q, 0), "\"bid\":0.00,\"bid_qty\":0.0,\"ask\":1"));
    q.ask_e8 = q.ask_amount_e8 = 0;
    assert_string_equal(
        sim_case_quote(c, &q, 0),
        "{\"channel\":\"ticker\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\",\"bid\":0,"
        "\"bid_qty\":0,\"ask\":0,\"ask_qty\":0,\"timestamp\":\"1970-01-01T00:00:00.000000Z\"}]}");
}

static void a_ticker_begins_with_the_book(void **state)
{
    struct sim_case *c = *state;
    struct market_event ev;
    market_begin(c->market, SIM_CASE_NOW_US);
    for (uint32_t i = 0; i < c->listing->n_trading; i++)
        assert_true(market_next(c->market, SIM_CASE_NOW_US, &ev));
    const char *told = sim_case_ask(c, "{\"method\":\"subscribe\",\"params\":{\"channel\":"
                                       "\"ticker\",\"symbol\":[\"BTC/USD\"],\"event_trigger\":"
                                       "\"bbo\"}}");
    const char *second = strchr(told, '\n');
    assert_non_null(second);
    const char *begin = "\n{\"channel\":\"ticker\",\"type\":\"snapshot\",\"data\":[{\"symbol\":"
                        "\"BTC/USD\",\"bid\":";
    assert_memory_equal(second, begin, strlen(begin));
    told = sim_case_ask(c, "{\"method\":\"subscribe\",\"params\":{\"channel\":\"ticker\","
                           "\"symbol\":[\"ETH/USD\"],\"event_trigger\":\"bbo\",\"snapshot\":"
                           "false}}");
    assert_null(strchr(told, '\n'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(welcomes_with_its_status, setup, teardown),
        cmocka_unit_test_setup_teardown(has_one_endpoint, setup, teardown),
        cmocka_unit_test_setup_teardown(requests_and_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(a_ticker_comes_with_trades_by_default, setup, teardown),
        cmocka_unit_test_setup_teardown(hostile_requests_get_an_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(trades_of_an_order_share_a_frame, setup, teardown),
        cmocka_unit_test_setup_teardown(the_snapshot_is_the_last_50_trades, setup, teardown),
        cmocka_unit_test_setup_teardown(tickers_are_as_documented, setup, teardown),
        cmocka_unit_test_setup_teardown(a_missing_side_is_zeros, setup, teardown),
        cmocka_unit_test_setup_teardown(a_ticker_begins_with_the_book, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
