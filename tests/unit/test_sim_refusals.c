/* How each exchange refuses, announces its end, and shows an empty page and a skewed clock. */
#include "binance.h"
#include "kraken.h"
#include "okx.h"
#include "sim_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void rest_refuses(void **state)
{
    static const struct {
        const struct dialect *dialect;
        int status;
        int answered;
        const char *body;
    } cases[] = {
        {&binance_dialect, 429, 429,
         "{\"code\":-1003,\"msg\":\"Too much request weight used; please use WebSocket Streams for "
         "live updates to avoid polling the API.\"}"},
        {&binance_dialect, 418, 418,
         "{\"code\":-1003,\"msg\":\"Way too much request weight used; IP banned until "
         "1795000007123. "
         "Please use WebSocket Streams for live updates to avoid bans.\"}"},
        {&binance_dialect, 403, 403, "<html><body><h2>403</h2></body></html>"},
        {&binance_dialect, 500, 500,
         "{\"code\":-1001,\"msg\":\"Internal error; unable to process your request. Please try "
         "again.\"}"},
        {&kraken_dialect, 418, 200, "{\"error\":[\"EGeneral:Too many requests\"]}"},
        {&kraken_dialect, 502, 502, "{\"error\":[\"EService:Unavailable\"]}"},
        {&okx_dialect, 418, 418, "{\"code\":\"50011\",\"msg\":\"Too Many Requests\",\"data\":[]}"},
        {&okx_dialect, 503, 503,
         "{\"code\":\"50001\",\"msg\":\"Service temporarily unavailable. Try again later.\","
         "\"data\":[]}"},
        {&okx_dialect, 500, 500,
         "{\"code\":\"50026\",\"msg\":\"System error. Try again later.\",\"data\":[]}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err e = {0};
        struct rest_answer ret = {.status = cases[i].status};
        const struct rest_refusal r = {cases[i].status, 7, SIM_CASE_NOW_US};
        strbuf_init(&ret.body, 4096);
        assert_int_equal(cases[i].dialect->rest_refuse(&r, &ret, &e), 0);
        assert_int_equal(ret.status, cases[i].answered);
        assert_string_equal(ret.body.data, cases[i].body);
        assert_non_null(ret.type);
        strbuf_finish(&ret.body);
    }
}

static const char *shutdown_of(struct sim_case *c)
{
    static char text[512];
    struct err e = {0};
    struct slice message;
    const struct dialog d = {&c->site, c->session, SIM_CASE_NOW_US, 1};
    assert_int_equal(c->dialect->shutdown(&d, &c->pushed, &e), 0);
    assert_true(outq_peek(&c->pushed, &message));
    (void)snprintf(text, sizeof(text), "%.*s", SLICE_ARG(message));
    outq_pop(&c->pushed);
    assert_int_equal(c->pushed.n, 0);
    return text;
}

static void an_end_is_announced(void **state)
{
    static const struct {
        const struct dialect *dialect;
        const char *path;
        const char *text;
    } cases[] = {
        {&binance_dialect, "/ws", "{\"e\":\"serverShutdown\",\"E\":1795000000123}"},
        {&binance_dialect, "/stream",
         "{\"stream\":\"!serverShutdown\",\"data\":{\"e\":\"serverShutdown\",\"E\":1795000000123}"
         "}"},
        {&kraken_dialect, "/v2",
         "{\"channel\":\"status\",\"type\":\"update\",\"data\":[{\"version\":\"2.0.0\",\"system\":"
         "\"maintenance\",\"api_version\":\"v2\",\"connection_id\":9223372036854775809}]}"},
        {&okx_dialect, "/ws/v5/public",
         "{\"event\":\"notice\",\"code\":\"64008\",\"msg\":\"The connection will soon be closed "
         "for a "
         "service upgrade. Please reconnect.\",\"connId\":\"9e3779b1\"}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sim_case *c = sim_case_create(cases[i].dialect, 2);
        (void)sim_case_connect(c, cases[i].path);
        assert_string_equal(shutdown_of(c), cases[i].text);
        sim_case_destroy(c);
    }
}

static void a_page_without_rows(void **state)
{
    static const struct {
        const struct dialect *dialect;
        const char *path;
        const char *query;
        bool emptied;
        const char *body; /* NULL: whatever it is */
    } cases[] = {
        {&binance_dialect, "/api/v3/historicalTrades", "symbol=BTCUSDT", true, "[]"},
        {&binance_dialect, "/api/v3/time", "", false, NULL},
        {&kraken_dialect, "/0/public/Trades", "pair=XBTUSD&since=5", true,
         "{\"error\":[],\"result\":{\"XXBTZUSD\":[],\"last\":\"5\"}}"},
        {&kraken_dialect, "/0/public/Trades", "pair=NO", false, NULL},
        {&okx_dialect, "/api/v5/market/history-trades", "instId=BTC-USDT", true,
         "{\"code\":\"0\",\"msg\":\"\",\"data\":[]}"},
        {&okx_dialect, "/api/v5/public/instruments", "instType=SPOT", false, NULL},
    };
    const struct market_trade t = {.id = 7,
                                   .price_e8 = 100,
                                   .amount_e8 = 100,
                                   .time_us = SIM_CASE_NOW_US,
                                   .due_us = SIM_CASE_NOW_US};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sim_case *c = sim_case_create(cases[i].dialect, 2);
        sim_case_keep(c, &t);
        const char *full = sim_case_get(c, cases[i].path, cases[i].query);
        assert_false(c->answer.emptied);
        if (cases[i].body)
            assert_non_null(strchr(full, '7'));
        c->empty = true;
        const char *body = sim_case_get(c, cases[i].path, cases[i].query);
        assert_int_equal(c->answer.emptied, cases[i].emptied);
        if (cases[i].body)
            assert_string_equal(body, cases[i].body);
        sim_case_destroy(c);
    }
}

static void a_book_is_of_its_clock(void **state)
{
    (void)state;
    struct sim_case *c = sim_case_create(&okx_dialect, 2);
    struct market_quote q;
    struct market_quote skewed;
    struct market_event ev;
    assert_false(site_book(&c->site, 0, &q));
    market_begin(c->market, SIM_CASE_NOW_US);
    assert_true(market_next(c->market, SIM_CASE_NOW_US, &ev));
    assert_true(site_book(&c->site, ev.quote.symbol, &q));
    c->site.skew_us = -5000000;
    assert_true(site_book(&c->site, ev.quote.symbol, &skewed));
    assert_int_equal(skewed.time_us, q.time_us - 5000000);
    assert_int_equal(skewed.bid_e8, q.bid_e8);
    sim_case_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rest_refuses),
        cmocka_unit_test(an_end_is_announced),
        cmocka_unit_test(a_page_without_rows),
        cmocka_unit_test(a_book_is_of_its_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
