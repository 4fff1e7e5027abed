/* OKX's streams as the simulator speaks them: endpoints, requests, frames. */
#include "okx.h"
#include "rng.h"
#include "sim_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CONN "\"connId\":\"9e3779b1\""

static int setup(void **state)
{
    *state = sim_case_create(&okx_dialect, 20);
    return 0;
}

static int teardown(void **state)
{
    sim_case_destroy(*state);
    return 0;
}

/* --- requests -------------------------------------------------------------------------------- */

struct exchange_of_words {
    const char *request;
    const char *answer;
};

#define NO_SUCH(channel, symbol)                                                                   \
    "\"event\":\"error\",\"code\":\"60018\",\"msg\":\"Wrong URL or channel:" channel               \
    ",instId:" symbol " doesn't exist. Please use the correct URL, channel and parameters "        \
    "referring to API document.\"," CONN "}"

static const struct exchange_of_words at_public[] = {
    {"ping", "pong"},
    {"{\"id\":\"1512\",\"op\":\"subscribe\",\"args\":[{\"channel\":\"trades\",\"instId\":\"BTC-"
     "USDT\"},{\"channel\":\"bbo-tbt\",\"instId\":\"BTC-USDX\"},{\"channel\":\"bbo-tbt\","
     "\"instId\":\"BTC-USDT\"}]}",
     "{\"id\":\"1512\",\"event\":\"subscribe\",\"arg\":{\"channel\":\"trades\",\"instId\":\"BTC-"
     "USDT\"}," CONN "}\n"
     "{\"id\":\"1512\"," NO_SUCH("bbo-tbt",
                                 "BTC-USDX") "\n"
                                             "{\"id\":\"1512\",\"event\":\"subscribe\",\"arg\":{"
                                             "\"channel\":\"bbo-tbt\",\"instId\":\"BTC-"
                                             "USDT\"}," CONN "}"},
    {"{\"op\":\"subscribe\",\"args\":[{\"channel\":\"trades-all\",\"instId\":\"BTC-USDT\"}]}",
     "{" NO_SUCH("trades-all", "BTC-USDT")},
    {"{\"op\":\"unsubscribe\",\"args\":[{\"channel\":\"trades\",\"instId\":\"BTC-USDT\"}]}",
     "{\"event\":\"unsubscribe\",\"arg\":{\"channel\":\"trades\",\"instId\":\"BTC-USDT\"}," CONN
     "}"},
    {"{\"op\": \"subscribe\", \"argss\":[]}",
     "{\"event\":\"error\",\"code\":\"60012\",\"msg\":\"Invalid request: {\\\"op\\\": "
     "\\\"subscribe\\\", \\\"argss\\\":[]}\"," CONN "}"},
    {"{\"id\":\"a-b\",\"op\":\"subscribe\",\"args\":[]}",
     "{\"event\":\"error\",\"code\":\"60012\",\"msg\":\"Invalid request: {\\\"id\\\":\\\"a-b\\\","
     "\\\"op\\\":\\\"subscribe\\\",\\\"args\\\":[]}\"," CONN "}"},
    {"{\"id\":\"7\",\"op\":\"subscribe\",\"args\":[1]}",
     "{\"id\":\"7\",\"event\":\"error\",\"code\":\"60012\",\"msg\":\"Invalid request: {\\\"id\\\":"
     "\\\"7\\\",\\\"op\\\":\\\"subscribe\\\",\\\"args\\\":[1]}\"," CONN "}"},
    {"pong", "{\"event\":\"error\",\"code\":\"60012\",\"msg\":\"Invalid request: pong\"," CONN "}"},
    {"", "{\"event\":\"error\",\"code\":\"60012\",\"msg\":\"Invalid request: \"," CONN "}"},
};

static void requests_and_answers(void **state)
{
    struct sim_case *c = *state;
    assert_string_equal(sim_case_connect(c, "/ws/v5/public"), "");
    for (size_t i = 0; i < sizeof(at_public) / sizeof(at_public[0]); i++)
        assert_string_equal(sim_case_ask(c, at_public[i].request), at_public[i].answer);
    assert_int_equal(session_live(c->session), 1);
    assert_true(session_wants(c->session, 0, CHANNEL_QUOTE));
}

static void business_has_all_trades_and_nothing_else(void **state)
{
    struct sim_case *c = *state;
    (void)sim_case_connect(c, "/ws/v5/business");
    assert_string_equal(
        sim_case_ask(c, "{\"op\":\"subscribe\",\"args\":[{\"channel\":\"trades-all\",\"instId\":"
                        "\"BTC-USDT\"},{\"channel\":\"trades\",\"instId\":\"BTC-USDT\"}]}"),
        "{\"event\":\"subscribe\",\"arg\":{\"channel\":\"trades-all\",\"instId\":\"BTC-USDT\"}"
        "," CONN "}\n{" NO_SUCH("trades", "BTC-USDT"));
    assert_true(session_wants(c->session, 0, CHANNEL_TRADE));
}

static void no_other_endpoint(void **state)
{
    struct sim_case *c = *state;
    struct err e = {0};
    const struct url url = {.path = slice_of("/ws/v5/private")};
    const struct dialog d = {&c->site, c->session, SIM_CASE_NOW_US, 1};
    assert_int_equal(okx_dialect.open(&d, &url, &c->pushed, &e), -1);
    assert_int_equal(e.code, ERR_NOT_FOUND);
}

static void hostile_requests_get_an_answer(void **state)
{
    struct sim_case *c = *state;
    static const char seed[] = "{\"id\":\"1\",\"op\":\"subscribe\",\"args\":[{\"channel\":"
                               "\"bbo-tbt\",\"instId\":\"BTC-USDT\"}]}";
    size_t len = sizeof(seed) - 1;
    struct rng r;
    rng_seed(&r, 11);
    (void)sim_case_connect(c, "/ws/v5/public");
    for (size_t cut = 0; cut < len; cut++)
        assert_non_null(strstr(sim_case_ask_bytes(c, seed, cut), "\"60012\""));
    for (int i = 0; i < 20000; i++) {
        char text[sizeof(seed)];
        memcpy(text, seed, sizeof(seed));
        for (uint64_t n = 1 + rng_below(&r, 4); n > 0; n--)
            text[rng_below(&r, len)] = (char)rng_next(&r);
        const char *answer = sim_case_ask_bytes(c, text, len);
        assert_true(answer[0] == '{' && answer[strlen(answer) - 1] == '}');
    }
}

/* --- frames ---------------------------------------------------------------------------------- */

static const struct market_trade order[] = {
    {.symbol = 0,
     .side = TAKER_BUY,
     .id = 130639474,
     .price_e8 = 4221990000000,
     .amount_e8 = 10000000,
     .time_us = 1630048897897000,
     .more = true},
    {.symbol = 0,
     .side = TAKER_BUY,
     .id = 130639473,
     .price_e8 = 4221990000000,
     .amount_e8 = 2060306,
     .time_us = 1630048897897000},
};

#define ROW(size)                                                                                  \
    "{\"instId\":\"BTC-USDT\",\"tradeId\":\"130639474\",\"px\":\"42219.9\",\"sz\":\"" size         \
    "\",\"side\":\"buy\",\"ts\":\"1630048897897\""

static void trades_all_is_every_fill(void **state)
{
    assert_string_equal(
        sim_case_trades(*state, CHANNEL_TRADE, order, 1, OKX_BUSINESS),
        "{\"arg\":{\"channel\":\"trades-all\",\"instId\":\"BTC-USDT\"},\"data\":[" ROW(
            "0.1") ",\"source\":\"0\"}]}");
}

/* An aggregate has the last id and how many it sums up. */
static void trades_is_a_sum_of_fills(void **state)
{
    assert_string_equal(
        sim_case_trades(*state, CHANNEL_ORDER, order, 2, OKX_PUBLIC),
        "{\"arg\":{\"channel\":\"trades\",\"instId\":\"BTC-USDT\"},\"data\":[" ROW(
            "0.12060306") ",\"count\":\"2\",\"source\":\"0\",\"seqId\":130639474}]}");
}

static void the_last_trade_comes_on_subscribe(void **state)
{
    struct sim_case *c = *state;
    sim_case_keep(c, &order[1]);
    sim_case_keep(c, &order[0]);
    (void)sim_case_connect(c, "/ws/v5/business");
    const char *told = sim_case_ask(c, "{\"op\":\"subscribe\",\"args\":[{\"channel\":"
                                       "\"trades-all\",\"instId\":\"BTC-USDT\"}]}");
    assert_string_equal(strchr(told, '\n'),
                        "\n{\"arg\":{\"channel\":\"trades-all\",\"instId\":\"BTC-USDT\"},"
                        "\"data\":[" ROW("0.1") ",\"source\":\"0\"}]}");
}

static void quotes_are_as_documented(void **state)
{
    struct sim_case *c = *state;
    struct market_quote q = {
        .symbol = 0,
        .bid_e8 = 847697000000,
        .bid_amount_e8 = 25600000000,
        .ask_e8 = 847698000000,
        .ask_amount_e8 = 41500000000,
        .time_us = 1597026383085123,
        .number = 123456,
    };
    assert_string_equal(sim_case_quote(c, &q, 0),
                        "{\"arg\":{\"channel\":\"bbo-tbt\",\"instId\":\"BTC-USDT\"},\"data\":[{"
                        "\"asks\":[[\"8476.98\",\"415\",\"0\",\"4\"]],\"bids\":[[\"8476.97\","
                        "\"256\",\"0\",\"4\"]],\"ts\":\"1597026383085\",\"seqId\":123456}]}");
    q.ask_e8 = q.ask_amount_e8 = 0;
    assert_non_null(strstr(sim_case_quote(c, &q, 0), "{\"asks\":[],\"bids\":[[\"8476.97\""));
    q.number++;
    assert_non_null(
        strstr(sim_case_quote(c, &q, 0), "{\"asks\":[[\"\",\"\",\"0\",\"0\"]],\"bids\":[["));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_and_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(business_has_all_trades_and_nothing_else, setup, teardown),
        cmocka_unit_test_setup_teardown(no_other_endpoint, setup, teardown),
        cmocka_unit_test_setup_teardown(hostile_requests_get_an_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(trades_all_is_every_fill, setup, teardown),
        cmocka_unit_test_setup_teardown(trades_is_a_sum_of_fills, setup, teardown),
        cmocka_unit_test_setup_teardown(the_last_trade_comes_on_subscribe, setup, teardown),
        cmocka_unit_test_setup_teardown(quotes_are_as_documented, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
