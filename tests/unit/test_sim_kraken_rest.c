/* Kraken's REST resources as the simulator answers them. */
#include "kraken.h"
#include "sim_case.h"

#include <inttypes.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START_US INT64_C(1762795433000000)

static int setup(void **state)
{
    *state = sim_case_create(&kraken_dialect, 200);
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
    assert_int_equal(c->answer.status, 200);
    return root;
}

static void small_resources_and_errors(void **state)
{
    struct sim_case *c = *state;
    static const struct {
        const char *path;
        const char *query;
        const char *body;
    } rows[] = {
        {"/0/public/Time", "",
         "{\"error\":[],\"result\":{\"unixtime\":1795000000,"
         "\"rfc1123\":\"Wed, 18 Nov 26 11:06:40 +0000\"}}"},
        {"/0/public/Nothing", "", "{\"error\":[\"EGeneral:Unknown method\"]}"},
        {"/0/public/Trades", "", "{\"error\":[\"EGeneral:Invalid arguments\"]}"},
        {"/0/public/Trades", "pair=XBTUSD&since=x", "{\"error\":[\"EGeneral:Invalid arguments\"]}"},
        {"/0/public/Trades", "pair=XBTUSD&since=9223372036854775808",
         "{\"error\":[\"EGeneral:Invalid arguments\"]}"},
        {"/0/public/Trades", "pair=XBTUSD&count=0", "{\"error\":[\"EGeneral:Invalid arguments\"]}"},
        {"/0/public/Trades", "pair=NOSUCH", "{\"error\":[\"EQuery:Unknown asset pair\"]}"},
        {"/0/public/AssetPairs", "pair=NOSUCH", "{\"error\":[\"EQuery:Unknown asset pair\"]}"},
        {"/0/public/Trades", "pair=XBTUSD",
         "{\"error\":[],\"result\":{\"XXBTZUSD\":[],\"last\":\"0\"}}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(sim_case_get(c, rows[i].path, rows[i].query), rows[i].body);
}

static void old_names_where_the_exchange_has_them(void **state)
{
    struct sim_case *c = *state;
    static const struct {
        const char *key;
        const char *altname;
        const char *wsname;
        const char *base;
        const char *quote;
    } rows[] = {
        {"XXBTZUSD", "XBTUSD", "XBT/USD", "XXBT", "ZUSD"},
        {"XXBTZEUR", "XBTEUR", "XBT/EUR", "XXBT", "ZEUR"},
        {"XBTUSDT", "XBTUSDT", "XBT/USDT", "XXBT", "USDT"},
        {"XETHXXBT", "ETHXBT", "ETH/XBT", "XETH", "XXBT"},
        {"XDGUSD", "XDGUSD", "XDG/USD", "XXDG", "ZUSD"},
        {"ADAUSD", "ADAUSD", "ADA/USD", "ADA", "ZUSD"},
        {"USDTUSD", "USDTUSD", "USDT/USD", "USDT", "ZUSD"},
        {"ZEURZUSD", "EURUSD", "EUR/USD", "ZEUR", "ZUSD"},
    };
    json_t *root = get_json(c, "/0/public/AssetPairs", "");
    const json_t *result = json_object_get(root, "result");
    assert_int_equal(json_array_size(json_object_get(root, "error")), 0);
    assert_int_equal(json_object_size(result), c->listing->n_symbols);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *got[4];
        assert_int_equal(json_unpack(json_object_get(result, rows[i].key), "{s:s,s:s,s:s,s:s}",
                                     "altname", &got[0], "wsname", &got[1], "base", &got[2],
                                     "quote", &got[3]),
                         0);
        assert_string_equal(got[0], rows[i].altname);
        assert_string_equal(got[1], rows[i].wsname);
        assert_string_equal(got[2], rows[i].base);
        assert_string_equal(got[3], rows[i].quote);
    }
    json_decref(root);
}

static void a_pair_has_its_grid(void **state)
{
    struct sim_case *c = *state;
    json_t *root = get_json(c, "/0/public/AssetPairs", "pair=XBT/USD");
    const json_t *pair = json_object_get(json_object_get(root, "result"), "XXBTZUSD");
    assert_int_equal(json_object_size(json_object_get(root, "result")), 1);
    assert_string_equal(json_string_value(json_object_get(pair, "tick_size")), "0.01");
    assert_int_equal(json_integer_value(json_object_get(pair, "pair_decimals")), 2);
    assert_int_equal(json_integer_value(json_object_get(pair, "lot_decimals")), 5);
    assert_string_equal(json_string_value(json_object_get(pair, "status")), "online");
    json_decref(root);
}

/* Ids 1 to n, several in one millisecond, and each tenth one late by half a second. */
static void add_trades(struct sim_case *c, int64_t n)
{
    uint32_t symbol;
    assert_true(listing_find(c->listing, slice_of("BTC/USD"), &symbol));
    for (int64_t id = 1; id <= n; id++) {
        const struct market_trade t = {
            .symbol = symbol,
            .side = id % 2 ? TAKER_SELL : TAKER_BUY,
            .id = id,
            .price_e8 = 10543360000000,
            .amount_e8 = 27625,
            .time_us = START_US + id / 4 * 1000 - (id % 10 == 0 ? 500000 : 0),
        };
        sim_case_keep(c, &t);
    }
}

static void trades_are_as_the_exchange_writes_them(void **state)
{
    struct sim_case *c = *state;
    add_trades(c, 3);
    assert_string_equal(sim_case_get(c, "/0/public/Trades", "pair=XBTUSD"),
                        "{\"error\":[],\"result\":{\"XXBTZUSD\":["
                        "[\"105433.60\",\"0.00027625\",1762795433.000000001,\"s\",\"l\",\"\",1],"
                        "[\"105433.60\",\"0.00027625\",1762795433.000000002,\"b\",\"l\",\"\",2],"
                        "[\"105433.60\",\"0.00027625\",1762795433.000000003,\"s\",\"m\",\"\",3]],"
                        "\"last\":\"1762795433000000003\"}}");
}

/* since walks through all trades, each once, though many share a millisecond. */
static void paging_by_since_misses_nothing(void **state)
{
    struct sim_case *c = *state;
    bool seen[901] = {false};
    char query[80];
    char since[24] = "0";
    int total = 0;
    add_trades(c, 900);
    for (;;) {
        (void)snprintf(query, sizeof(query), "pair=XXBTZUSD&count=70&since=%s", since);
        json_t *root = get_json(c, "/0/public/Trades", query);
        const json_t *result = json_object_get(root, "result");
        const json_t *rows = json_object_get(result, "XXBTZUSD");
        for (size_t i = 0; i < json_array_size(rows); i++) {
            int64_t id = json_integer_value(json_array_get(json_array_get(rows, i), 6));
            assert_true(id >= 1 && id <= 900 && !seen[id]);
            seen[id] = true;
            total++;
        }
        (void)snprintf(since, sizeof(since), "%s",
                       json_string_value(json_object_get(result, "last")));
        bool more = json_array_size(rows) > 0;
        assert_true(json_array_size(rows) <= 70);
        json_decref(root);
        if (!more)
            break;
    }
    assert_int_equal(total, 900);
}

static void too_many_requests(void **state)
{
    struct sim_case *c = *state;
    c->budget.limit = 1;
    assert_non_null(strstr(sim_case_get(c, "/0/public/Time", ""), "unixtime"));
    assert_string_equal(sim_case_get(c, "/0/public/Time", ""),
                        "{\"error\":[\"EGeneral:Too many requests\"]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(small_resources_and_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(old_names_where_the_exchange_has_them, setup, teardown),
        cmocka_unit_test_setup_teardown(a_pair_has_its_grid, setup, teardown),
        cmocka_unit_test_setup_teardown(trades_are_as_the_exchange_writes_them, setup, teardown),
        cmocka_unit_test_setup_teardown(paging_by_since_misses_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(too_many_requests, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
