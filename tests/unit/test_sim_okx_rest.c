/* OKX's REST resources as the simulator answers them. */
#include "okx.h"
#include "sim_case.h"

#include <inttypes.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START_US INT64_C(1747087160000000)

static int setup(void **state)
{
    *state = sim_case_create(&okx_dialect, 200);
    return 0;
}

static int teardown(void **state)
{
    sim_case_destroy(*state);
    return 0;
}

static json_t *get_json(struct sim_case *c, const char *path, const char *query)
{
    json_t *root = json_loads(sim_case_get(c, path, query), 0, NULL);
    assert_non_null(root);
    return root;
}

static void add_trades(struct sim_case *c, int64_t from, int64_t to)
{
    for (int64_t id = from; id < to; id++) {
        const struct market_trade t = {
            .symbol = 0,
            .side = id % 2 ? TAKER_SELL : TAKER_BUY,
            .id = id,
            .price_e8 = 10253790000000,
            .amount_e8 = 1250,
            .time_us = START_US + id * 1000,
        };
        sim_case_keep(c, &t);
    }
}

#define EMPTY(code, msg) "{\"code\":\"" code "\",\"msg\":\"" msg "\",\"data\":[]}"

static void small_resources_and_errors(void **state)
{
    struct sim_case *c = *state;
    static const struct {
        const char *path;
        const char *query;
        int status;
        const char *body;
    } rows[] = {
        {"/api/v5/public/time", "", 200,
         "{\"code\":\"0\",\"msg\":\"\",\"data\":[{\"ts\":\"1795000000123\"}]}"},
        {"/api/v5/public/nothing", "", 404, EMPTY("404", "Not Found")},
        {"/api/v5/public/instruments", "", 400,
         EMPTY("50014", "Parameter instType can not be empty.")},
        {"/api/v5/public/instruments", "instType=SWAP", 400,
         EMPTY("51000", "Parameter instType error")},
        {"/api/v5/public/instruments", "instType=SPOT&instId=NO-SUCH", 200, EMPTY("0", "")},
        {"/api/v5/market/history-trades", "", 400,
         EMPTY("50014", "Parameter instId can not be empty.")},
        {"/api/v5/market/history-trades", "instId=NO-SUCH", 200,
         EMPTY("51001", "Instrument ID doesn't exist.")},
        {"/api/v5/market/history-trades", "instId=BTC-USDT&after=x", 400,
         EMPTY("51000", "Parameter after error")},
        {"/api/v5/market/history-trades", "instId=BTC-USDT&type=3", 400,
         EMPTY("51000", "Parameter type error")},
        {"/api/v5/market/history-trades", "instId=BTC-USDT", 200, EMPTY("0", "")},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(sim_case_get(c, rows[i].path, rows[i].query), rows[i].body);
        assert_int_equal(c->answer.status, rows[i].status);
    }
}

static void instruments_have_their_grid(void **state)
{
    struct sim_case *c = *state;
    json_t *root = get_json(c, "/api/v5/public/instruments", "instType=SPOT");
    const json_t *data = json_object_get(root, "data");
    const char *got[6];
    assert_int_equal(json_array_size(data), c->listing->n_symbols);
    assert_int_equal(json_unpack(json_array_get(data, 0), "{s:s,s:s,s:s,s:s,s:s,s:s}", "instId",
                                 &got[0], "baseCcy", &got[1], "quoteCcy", &got[2], "tickSz",
                                 &got[3], "lotSz", &got[4], "state", &got[5]),
                     0);
    assert_string_equal(got[0], "BTC-USDT");
    assert_string_equal(got[1], "BTC");
    assert_string_equal(got[2], "USDT");
    assert_string_equal(got[3], "0.01");
    assert_string_equal(got[4], "0.00001");
    assert_string_equal(got[5], "live");
    const json_t *old = json_array_get(data, c->listing->n_trading);
    assert_string_equal(json_string_value(json_object_get(old, "state")), "suspend");
    json_decref(root);
}

static void trades_are_as_the_exchange_writes_them(void **state)
{
    struct sim_case *c = *state;
    add_trades(c, 7, 9);
    assert_string_equal(
        sim_case_get(c, "/api/v5/market/history-trades", "instId=BTC-USDT"),
        "{\"code\":\"0\",\"msg\":\"\",\"data\":["
        "{\"instId\":\"BTC-USDT\",\"tradeId\":\"8\",\"px\":\"102537.9\",\"sz\":\"0.0000125\","
        "\"side\":\"buy\",\"ts\":\"1747087160008\",\"source\":\"0\"},"
        "{\"instId\":\"BTC-USDT\",\"tradeId\":\"7\",\"px\":\"102537.9\",\"sz\":\"0.0000125\","
        "\"side\":\"sell\",\"ts\":\"1747087160007\",\"source\":\"0\"}]}");
}

/* Ids of a page, newest first; the first and the last, and how many. */
static void assert_page(struct sim_case *c, const char *query, int64_t newest, int64_t oldest)
{
    json_t *root = get_json(c, "/api/v5/market/history-trades", query);
    const json_t *data = json_object_get(root, "data");
    assert_int_equal(json_array_size(data), newest - oldest + 1);
    for (size_t i = 0; i < json_array_size(data); i++) {
        const json_t *id = json_object_get(json_array_get(data, i), "tradeId");
        assert_int_equal(strtoll(json_string_value(id), NULL, 10), newest - (int64_t)i);
    }
    json_decref(root);
}

static void history_pages_backwards(void **state)
{
    struct sim_case *c = *state;
    add_trades(c, 1, 501);
    assert_page(c, "instId=BTC-USDT", 500, 401);
    assert_page(c, "instId=BTC-USDT&limit=1000", 500, 401);
    assert_page(c, "instId=BTC-USDT&after=401", 400, 301);
    assert_page(c, "instId=BTC-USDT&after=401&before=390", 400, 391);
    assert_page(c, "instId=BTC-USDT&after=401&limit=3", 400, 398);
    assert_page(c, "instId=BTC-USDT&before=100", 500, 401);
    assert_page(c, "instId=BTC-USDT&after=1", 0, 1);
    assert_page(c, "instId=BTC-USDT&type=2&after=1747087160401&before=1747087160398", 400, 399);
}

static void too_many_requests(void **state)
{
    struct sim_case *c = *state;
    c->budget.limit = 1;
    (void)sim_case_get(c, "/api/v5/public/time", "");
    assert_int_equal(c->answer.status, 200);
    assert_string_equal(sim_case_get(c, "/api/v5/public/time", ""),
                        EMPTY("50011", "Too Many Requests"));
    assert_int_equal(c->answer.status, 429);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(small_resources_and_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(instruments_have_their_grid, setup, teardown),
        cmocka_unit_test_setup_teardown(trades_are_as_the_exchange_writes_them, setup, teardown),
        cmocka_unit_test_setup_teardown(history_pages_backwards, setup, teardown),
        cmocka_unit_test_setup_teardown(too_many_requests, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
