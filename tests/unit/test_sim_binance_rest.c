/* Binance's REST resources as the simulator answers them. */
#include "binance.h"
#include "sim_case.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
    *state = sim_case_create(&binance_dialect, 20);
    return 0;
}

static int teardown(void **state)
{
    sim_case_destroy(*state);
    return 0;
}

static void add_trades(struct sim_case *s, int64_t from, int64_t to)
{
    for (int64_t id = from; id < to; id++) {
        const struct market_trade t = {
            .symbol = 0,
            .side = id % 2 ? TAKER_SELL : TAKER_BUY,
            .id = id,
            .price_e8 = 6436200,
            .amount_e8 = 1580000,
            .time_us = 1679280337591000 + id,
        };
        history_add(s->history, &t);
    }
}

static void small_resources(void **state)
{
    struct sim_case *s = *state;
    assert_string_equal(sim_case_get(s, "/api/v3/ping", ""), "{}");
    assert_int_equal(s->answer.status, 200);
    assert_string_equal(sim_case_get(s, "/api/v3/time", ""), "{\"serverTime\":1795000000123}");
    assert_string_equal(sim_case_get_at(s, "/api/v3/time", "", 0, true),
                        "{\"serverTime\":1795000000123456}");
}

static void errors_are_the_documented_ones(void **state)
{
    struct sim_case *s = *state;
    static const struct {
        const char *path;
        const char *query;
        int status;
        const char *body;
    } rows[] = {
        {"/api/v3/trades", "symbol=NOSUCH", 400, "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}"},
        {"/api/v3/trades", "", 400,
         "{\"code\":-1102,\"msg\":\"Mandatory parameter 'symbol' was not sent, was empty/null, or "
         "malformed.\"}"},
        {"/api/v3/trades", "symbol=", 400,
         "{\"code\":-1102,\"msg\":\"Mandatory parameter 'symbol' was not sent, was empty/null, or "
         "malformed.\"}"},
        {"/api/v3/trades", "symbol=btcusdt", 400,
         "{\"code\":-1100,\"msg\":\"Illegal characters found in parameter 'symbol'; legal range is "
         "'^[A-Z0-9-_.]{1,20}$'.\"}"},
        {"/api/v3/trades", "symbol=BTCUSDT&limit=x", 400,
         "{\"code\":-1100,\"msg\":\"Illegal characters found in parameter 'limit'; legal range is "
         "'^[0-9]{1,20}$'.\"}"},
        {"/api/v3/trades", "symbol=BTCUSDT&limit=0", 400,
         "{\"code\":-1130,\"msg\":\"Data sent for parameter 'limit' is not valid.\"}"},
        {"/api/v3/trades", "symbol=BTCUSDT&symbol=ETHUSDT", 400,
         "{\"code\":-1101,\"msg\":\"Duplicate values for a parameter detected.\"}"},
        {"/api/v3/trades", "symbol=BTCUSDT&fromId=7", 400,
         "{\"code\":-1104,\"msg\":\"Not all sent parameters were read; read '1' parameter(s) but "
         "was sent '2'.\"}"},
        {"/api/v3/ping", "a=b", 400,
         "{\"code\":-1104,\"msg\":\"Not all sent parameters were read; read '0' parameter(s) but "
         "was sent '1'.\"}"},
        {"/api/v3/exchangeInfo", "symbol=NOSUCH", 400,
         "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}"},
        {"/api/v3/exchangeInfo", "symbols=[\"BTCUSDT\",\"NOSUCH\"]", 400,
         "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}"},
        {"/api/v3/exchangeInfo", "symbols=[", 400,
         "{\"code\":-1100,\"msg\":\"Illegal characters found in a parameter.\"}"},
        {"/api/v3/exchangeInfo", "symbolStatus=NO", 400,
         "{\"code\":-1122,\"msg\":\"Invalid symbolStatus.\"}"},
        {"/api/v3/nosuch", "", 404, "<html><body><h2>404 Not found</h2></body></html>"},
        {"/", "", 404, "<html><body><h2>404 Not found</h2></body></html>"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(sim_case_get(s, rows[i].path, rows[i].query), rows[i].body);
        assert_int_equal(s->answer.status, rows[i].status);
    }
}

static void trades_are_as_the_exchange_writes_them(void **state)
{
    struct sim_case *s = *state;
    assert_string_equal(sim_case_get(s, "/api/v3/trades", "symbol=BTCUSDT"), "[]");
    assert_string_equal(sim_case_get(s, "/api/v3/trades", "symbol=VENUSDT"), "[]"); /* delisted */
    add_trades(s, 409018748, 409018750);
    assert_string_equal(
        sim_case_get(s, "/api/v3/trades", "symbol=BTCUSDT"),
        "[{\"id\":409018748,\"price\":\"0.06436200\",\"qty\":\"0.01580000\",\"quoteQty\":"
        "\"0.00101691\",\"time\":1679280746609,\"isBuyerMaker\":false,\"isBestMatch\":true},"
        "{\"id\":409018749,\"price\":\"0.06436200\",\"qty\":\"0.01580000\",\"quoteQty\":"
        "\"0.00101691\",\"time\":1679280746609,\"isBuyerMaker\":true,\"isBestMatch\":true}]");
    assert_string_equal(sim_case_get(s, "/api/v3/trades", "symbol=ETHUSDT"), "[]");
}

/* First id, last id and number of the trades answered. */
static void assert_ids(struct sim_case *s, const char *path, const char *query, int64_t first,
                       int64_t last)
{
    json_t *rows = json_loads(sim_case_get(s, path, query), 0, NULL);
    assert_true(json_is_array(rows));
    size_t n = json_array_size(rows);
    assert_int_equal(n, last - first + 1);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(json_integer_value(json_object_get(json_array_get(rows, i), "id")),
                         first + (int64_t)i);
    json_decref(rows);
}

static void history_pages_by_id(void **state)
{
    struct sim_case *s = *state;
    const char *path = "/api/v3/historicalTrades";
    add_trades(s, 0, 5000); /* the newest 1000 or more are kept */
    int64_t first;
    int64_t last;
    assert_true(history_range(s->history, 0, &first, &last));
    assert_int_equal(last, 4999);
    assert_ids(s, path, "symbol=BTCUSDT", 4500, 4999);
    assert_ids(s, path, "symbol=BTCUSDT&limit=1", 4999, 4999);
    assert_ids(s, path, "symbol=BTCUSDT&limit=5000", 4000, 4999);
    assert_ids(s, path, "symbol=BTCUSDT&fromId=4200&limit=10", 4200, 4209);
    assert_ids(s, path, "symbol=BTCUSDT&fromId=4990", 4990, 4999);
    assert_ids(s, path, "symbol=BTCUSDT&fromId=0&limit=3", first, first + 2);
    assert_ids(s, path, "symbol=BTCUSDT&fromId=5000", 0, -1);
    assert_ids(s, path, "symbol=BTCUSDT&fromId=999999999999999999", 0, -1);
    assert_ids(s, "/api/v3/trades", "symbol=BTCUSDT&limit=7", 4993, 4999);
}

static const json_t *filter(const json_t *symbol, const char *type)
{
    const json_t *filters = json_object_get(symbol, "filters");
    for (size_t i = 0; i < json_array_size(filters); i++) {
        const json_t *f = json_array_get(filters, i);
        if (strcmp(json_string_value(json_object_get(f, "filterType")), type) == 0)
            return f;
    }
    return NULL;
}

static void exchange_info_has_every_symbol(void **state)
{
    struct sim_case *s = *state;
    json_t *info = json_loads(sim_case_get(s, "/api/v3/exchangeInfo", ""), 0, NULL);
    const json_t *symbols = json_object_get(info, "symbols");
    assert_int_equal(json_array_size(symbols), s->listing->n_symbols);
    assert_int_equal(json_integer_value(json_object_get(info, "serverTime")), 1795000000123);
    const json_t *btc = json_array_get(symbols, 0);
    assert_string_equal(json_string_value(json_object_get(btc, "symbol")), "BTCUSDT");
    assert_string_equal(json_string_value(json_object_get(btc, "status")), "TRADING");
    assert_string_equal(json_string_value(json_object_get(btc, "baseAsset")), "BTC");
    assert_string_equal(json_string_value(json_object_get(btc, "quoteAsset")), "USDT");
    assert_string_equal(json_string_value(json_object_get(filter(btc, "PRICE_FILTER"), "tickSize")),
                        "0.01000000");
    assert_string_equal(json_string_value(json_object_get(filter(btc, "LOT_SIZE"), "stepSize")),
                        "0.00001000");
    const json_t *old = json_array_get(symbols, s->listing->n_trading);
    assert_string_equal(json_string_value(json_object_get(old, "status")), "BREAK");
    json_decref(info);
}

static void exchange_info_can_be_narrowed(void **state)
{
    struct sim_case *s = *state;
    static const struct {
        const char *query;
        size_t n;
    } rows[] = {
        {"symbol=ETHUSDT", 1},
        {"symbols=[\"BTCUSDT\",\"ETHUSDT\"]", 2},
        {"symbolStatus=TRADING", 20},
        {"symbolStatus=BREAK", LISTING_DELISTED},
        {"symbolStatus=HALT", 0},
        {"permissions=SPOT", 20 + LISTING_DELISTED},
        {"permissions=[\"MARGIN\",\"SPOT\"]", 20 + LISTING_DELISTED},
        {"permissions=MARGIN", 0},
        {"showPermissionSets=false", 20 + LISTING_DELISTED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *info = json_loads(sim_case_get(s, "/api/v3/exchangeInfo", rows[i].query), 0, NULL);
        assert_int_equal(json_array_size(json_object_get(info, "symbols")), rows[i].n);
        json_decref(info);
    }
}

static const char *header(const struct rest_answer *a, const char *name)
{
    for (size_t i = 0; i < a->n_headers; i++)
        if (strcmp(a->headers[i].name, name) == 0)
            return a->headers[i].value;
    return NULL;
}

static void weight_is_counted_and_limited(void **state)
{
    struct sim_case *s = *state;
    s->budget.limit = 50;
    const int64_t minute_us = 60000000;
    const char *query = "symbol=BTCUSDT";
    (void)sim_case_get_at(s, "/api/v3/trades", query, minute_us, false);
    assert_string_equal(header(&s->answer, "X-MBX-USED-WEIGHT-1M:"), "25");
    assert_null(header(&s->answer, "Retry-After:"));
    (void)sim_case_get_at(s, "/api/v3/trades", query, minute_us + 1, false);
    assert_int_equal(s->answer.status, 200);
    assert_string_equal(sim_case_get_at(s, "/api/v3/ping", "", 2 * minute_us - 1500000, false),
                        "{\"code\":-1003,\"msg\":\"Too much request weight used; current limit is "
                        "50 request weight per 1 MINUTE. Please use WebSocket Streams for live "
                        "updates to avoid polling the API.\"}");
    assert_int_equal(s->answer.status, 429);
    assert_string_equal(header(&s->answer, "X-MBX-USED-WEIGHT-1M:"), "51");
    assert_string_equal(header(&s->answer, "Retry-After:"), "2");
    assert_string_equal(sim_case_get_at(s, "/api/v3/ping", "", 2 * minute_us, false), "{}");
    assert_string_equal(header(&s->answer, "X-MBX-USED-WEIGHT-1M:"), "1");
}

static void another_method_is_refused(void **state)
{
    struct sim_case *s = *state;
    struct err e = {0};
    const struct url u = {.path = slice_of("/api/v3/ping")};
    struct rest_request req = {.get = false, .url = &u};
    assert_int_equal(binance_dialect.rest(&s->site, &req, &s->answer, &e), 0);
    assert_int_equal(s->answer.status, 405);
}

static void no_room_is_an_error(void **state)
{
    struct sim_case *s = *state;
    struct err e = {0};
    const struct url u = {.path = slice_of("/api/v3/exchangeInfo")};
    struct rest_request req = {.get = true, .url = &u};
    s->answer.body.limit = 5000;
    assert_int_equal(binance_dialect.rest(&s->site, &req, &s->answer, &e), -1);
    assert_int_equal(e.code, ERR_NOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(small_resources, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_are_the_documented_ones, setup, teardown),
        cmocka_unit_test_setup_teardown(trades_are_as_the_exchange_writes_them, setup, teardown),
        cmocka_unit_test_setup_teardown(history_pages_by_id, setup, teardown),
        cmocka_unit_test_setup_teardown(exchange_info_has_every_symbol, setup, teardown),
        cmocka_unit_test_setup_teardown(exchange_info_can_be_narrowed, setup, teardown),
        cmocka_unit_test_setup_teardown(weight_is_counted_and_limited, setup, teardown),
        cmocka_unit_test_setup_teardown(another_method_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(no_room_is_an_error, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
