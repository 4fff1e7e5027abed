/* Binance's streams as the simulator speaks them: endpoints, requests, frames. */
#include "binance.h"
#include "rng.h"
#include "sim_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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

/* --- requests -------------------------------------------------------------------------------- */

static const struct {
    const char *request;
    const char *answer;
} dialogue[] = {
    {"{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":3}", "{\"result\":[],\"id\":3}"},
    {"{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@trade\",\"btcusdt@bookTicker\"],\"id\":"
     "1}",
     "{\"result\":null,\"id\":1}"},
    {"{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":3}",
     "{\"result\":[\"btcusdt@trade\",\"btcusdt@bookTicker\"],\"id\":3}"},
    {"{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@trade\"],\"id\":\"a-B_9\"}",
     "{\"result\":null,\"id\":\"a-B_9\"}"},
    {"{\"method\":\"UNSUBSCRIBE\",\"params\":[\"btcusdt@trade\"],\"id\":312}",
     "{\"result\":null,\"id\":312}"},
    {"{\"method\":\"UNSUBSCRIBE\",\"params\":[\"nosuch@trade\"],\"id\":null}",
     "{\"result\":null,\"id\":null}"},
    {"{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":-9223372036854775808}",
     "{\"result\":[\"btcusdt@bookTicker\"],\"id\":-9223372036854775808}"},
    {"{\"method\":\"GET_PROPERTY\",\"params\":[\"combined\"],\"id\":2}",
     "{\"result\":false,\"id\":2}"},
    {"{\"method\":\"SET_PROPERTY\",\"params\":[\"combined\",true],\"id\":5}",
     "{\"result\":null,\"id\":5}"},
    {"{\"method\":\"GET_PROPERTY\",\"params\":[\"combined\"],\"id\":2}",
     "{\"result\":true,\"id\":2}"},
    {"{\"method\":\"SET_PROPERTY\",\"params\":[\"combined\",1],\"id\":5}",
     "{\"code\":1,\"msg\":\"Invalid value type: expected Boolean\",\"id\":5}"},
    {"{\"method\":\"SET_PROPERTY\",\"params\":[\"depth\",true],\"id\":5}",
     "{\"code\":0,\"msg\":\"Unknown property\",\"id\":5}"},
    {"{\"method\":\"GET_PROPERTY\",\"params\":[7],\"id\":5}",
     "{\"code\":2,\"msg\":\"Invalid request: property name must be a string\",\"id\":5}"},
    {"{\"method\":\"GET_PROPERTY\",\"params\":[\"combined\",true],\"id\":5}",
     "{\"code\":2,\"msg\":\"Invalid request: too many parameters\",\"id\":5}"},
    {"{\"method\":\"LIST_SUBSCRIPTIONS\",\"params\":[],\"id\":3}",
     "{\"code\":2,\"msg\":\"Invalid request: too many parameters\",\"id\":3}"},
    {"{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@trade\"]}",
     "{\"code\":2,\"msg\":\"Invalid request: request ID must be an unsigned integer\"}"},
    {"{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@trade\"],\"id\":1.5}",
     "{\"code\":2,\"msg\":\"Invalid request: request ID must be an unsigned integer\"}"},
    {"{\"method\":\"SUBSCRIBE\",\"id\":\"0123456789012345678901234567890123456\"}",
     "{\"code\":2,\"msg\":\"Invalid request: request ID must be an unsigned integer\"}"},
    {"{\"params\":[],\"id\":1}",
     "{\"code\":2,\"msg\":\"Invalid request: missing field `method` at line 1 column 20\","
     "\"id\":1}"},
    {"{\"method\":\"SUBSCRIBE\",\"id\":1}",
     "{\"code\":2,\"msg\":\"Invalid request: missing field `params` at line 1 column 29\","
     "\"id\":1}"},
    {"[]", "{\"code\":2,\"msg\":\"Invalid request: missing field `method` at line 1 column 2\"}"},
    {"{\"method\":\"SUB\\\"\",\"id\":1}",
     "{\"code\":2,\"msg\":\"Invalid request: unknown variant SUB\\\", expected one of "
     "`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY` at line "
     "1 column 25\",\"id\":1}"},
    {"", "{\"code\":3,\"msg\":\"Invalid JSON: expected value at line 1 column 0\"}"},
    {"ping", "{\"code\":3,\"msg\":\"Invalid JSON: expected value at line 1 column 4\"}"},
    {"{\"method\":\"SUBSCRIBE\",\"params\":[1],\"id\":1}",
     "{\"code\":2,\"msg\":\"Invalid request: params must be a list of stream "
     "names\",\"id\":1}"},
};

static void documented_requests_and_answers(void **state)
{
    struct sim_case *c = *state;
    for (size_t i = 0; i < sizeof(dialogue) / sizeof(dialogue[0]); i++)
        assert_string_equal(sim_case_ask(c, dialogue[i].request), dialogue[i].answer);
}

static void subscribe_n(struct sim_case *c, int from, int to)
{
    for (int i = from; i < to; i += 8) {
        char text[512] = "";
        char *p = text;
        for (int k = i; k < i + 8; k++)
            p += sprintf(p, "%s\"x%d@trade\"", k > i ? "," : "", k);
        char request[600];
        (void)snprintf(request, sizeof(request),
                       "{\"method\":\"SUBSCRIBE\",\"params\":[%s],\"id\":1}", text);
        assert_string_equal(sim_case_ask(c, request), "{\"result\":null,\"id\":1}");
    }
}

static void no_more_than_1024_streams(void **state)
{
    struct sim_case *c = *state;
    subscribe_n(c, 0, 1024);
    assert_int_equal(session_count(c->session), 1024);
    assert_string_equal(
        sim_case_ask(c, "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@trade\"],\"id\":19}"),
        "{\"error\":{\"code\":4,\"msg\":\"Too many subscriptions\"},\"id\":19}");
    assert_int_equal(session_count(c->session), 1024);
    (void)sim_case_ask(c, "{\"method\":\"UNSUBSCRIBE\",\"params\":[\"x7@trade\"],\"id\":1}");
    assert_string_equal(
        sim_case_ask(c, "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@trade\"],\"id\":19}"),
        "{\"result\":null,\"id\":19}");
    assert_true(session_wants(c->session, 0, CHANNEL_TRADE));
}

static void hostile_requests_get_an_answer(void **state)
{
    struct sim_case *c = *state;
    static const char *const seeds[] = {
        "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@trade\",\"ethusdt@trade\"],\"id\":1}",
        "{\"method\":\"SET_PROPERTY\",\"params\":[\"combined\",true],\"id\":\"abc\"}",
        "{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":3}",
    };
    struct rng r;
    rng_seed(&r, 11);
    for (size_t k = 0; k < sizeof(seeds) / sizeof(seeds[0]); k++) {
        size_t len = strlen(seeds[k]);
        for (size_t cut = 0; cut < len; cut++)
            assert_non_null(strstr(sim_case_ask_bytes(c, seeds[k], cut), "\"code\":"));
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

/* --- names and endpoints --------------------------------------------------------------------- */

static void names_that_stand_for_something(void **state)
{
    struct sim_case *c = *state;
    static const struct {
        const char *name;
        bool live;
    } rows[] = {
        {"btcusdt@trade", true},
        {"BTCUSDT@trade", false},
        {"btcusdt@Trade", false},
        {"btcusdt@trades", false},
        {"btcusdt", false},
        {"@trade", false},
        {"nosuch@trade", false},
        {"", false},
        {"btcusdt@trade@trade", false},
        {"btcusdt@bookTicker", true},
        {"btcusdt@bookticker", false},
        {"venusdt@trade", true},
        {"btcUSDT@trade", false},
    };
    struct err e = {0};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t before = session_live(c->session);
        assert_int_equal(binance_subscribe(c->session, c->listing, slice_of(rows[i].name), &e), 0);
        assert_int_equal(session_live(c->session) - before, rows[i].live ? 1 : 0);
    }
}

static struct url make_url(const char *path, const char *name, const char *value)
{
    struct url u = {.path = slice_of(path)};
    if (name) {
        u.params[0].name = slice_of(name);
        u.params[0].value = slice_of(value);
        u.n_params = 1;
    }
    return u;
}

static int open_at(struct sim_case *c, struct session *s, const struct url *u, struct err *e)
{
    const struct dialog d = {&c->site, s, SIM_CASE_NOW_US, 1};
    return binance_dialect.open(&d, u, &c->pushed, e);
}

static void endpoints(void **state)
{
    struct sim_case *c = *state;
    static const struct {
        const char *path;
        const char *name;
        const char *value;
        int result;
        size_t streams;
        unsigned form;
    } rows[] = {
        {"/ws", NULL, NULL, 0, 0, 0},
        {"/ws/btcusdt@trade", NULL, NULL, 0, 1, 0},
        {"/ws/btcusdt@trade/ethusdt@trade", NULL, NULL, 0, 2, 0},
        {"/ws/btcusdt@trade", "timeUnit", "MICROSECOND", 0, 1, BINANCE_MICROS},
        {"/stream", NULL, NULL, 0, 0, BINANCE_COMBINED},
        {"/stream", "streams", "btcusdt@trade/ethusdt@trade//", 0, 2, BINANCE_COMBINED},
        {"/stream", "timeUnit", "microsecond", 0, 0, BINANCE_COMBINED | BINANCE_MICROS},
        {"/", NULL, NULL, -1, 0, 0},
        {"/wsx", NULL, NULL, -1, 0, 0},
        {"", NULL, NULL, -1, 0, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err e = {0};
        struct session *s = session_create(c->listing, 1024, &e);
        assert_non_null(s);
        struct url u = make_url(rows[i].path, rows[i].name, rows[i].value);
        assert_int_equal(open_at(c, s, &u, &e), rows[i].result);
        if (rows[i].result == 0) {
            assert_int_equal(session_count(s), rows[i].streams);
            assert_int_equal(session_form(s), rows[i].form);
        } else {
            assert_int_equal(e.code, ERR_NOT_FOUND);
        }
        session_destroy(s);
    }
}

static void too_many_streams_in_a_url(void **state)
{
    struct sim_case *c = *state;
    struct err e = {0};
    struct session *s = session_create(c->listing, 2, &e);
    assert_non_null(s);
    struct url u = make_url("/ws/a@trade/b@trade/c@trade", NULL, NULL);
    assert_int_equal(open_at(c, s, &u, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    session_destroy(s);
}

/* --- frames ---------------------------------------------------------------------------------- */

#define EVENT(time, maker)                                                                         \
    "{\"e\":\"trade\",\"E\":" time ",\"s\":\"BTCUSDT\",\"t\":12345,\"p\":\"95000.01000000\","      \
    "\"q\":\"100.00000000\",\"T\":" time ",\"m\":" maker ",\"M\":true}"
#define WRAPPED(event) "{\"stream\":\"btcusdt@trade\",\"data\":" event "}"

static void trade_frames_are_as_documented(void **state)
{
    struct sim_case *c = *state;
    static const char *const expected[2][4] = {
        {EVENT("1672515782136", "false"), WRAPPED(EVENT("1672515782136", "false")),
         EVENT("1672515782136000", "false"), WRAPPED(EVENT("1672515782136000", "false"))},
        {EVENT("1672515782136", "true"), WRAPPED(EVENT("1672515782136", "true")),
         EVENT("1672515782136000", "true"), WRAPPED(EVENT("1672515782136000", "true"))},
    };
    for (int side = 0; side < 2; side++) {
        struct market_trade t = {
            .symbol = 0,
            .side = side == 0 ? TAKER_BUY : TAKER_SELL,
            .id = 12345,
            .price_e8 = 9500001000000,
            .amount_e8 = 10000000000,
            .time_us = 1672515782136000,
        };
        for (unsigned form = 0; form < DIALECT_FORMS_MAX; form++) {
            assert_string_equal(sim_case_trades(c, CHANNEL_TRADE, &t, 1, form),
                                expected[side][form]);
        }
    }
}

#define QUOTE                                                                                      \
    "{\"u\":400900217,\"s\":\"BTCUSDT\",\"b\":\"95000.01000000\",\"B\":\"31.21000000\","           \
    "\"a\":\"95000.02000000\",\"A\":\"40.66000000\"}"

static void quote_frames_are_as_documented(void **state)
{
    struct sim_case *c = *state;
    struct market_quote q = {
        .symbol = 0,
        .bid_e8 = 9500001000000,
        .bid_amount_e8 = 3121000000,
        .ask_e8 = 9500002000000,
        .ask_amount_e8 = 4066000000,
        .number = 400900217,
    };
    for (unsigned form = 0; form < DIALECT_FORMS_MAX; form++)
        assert_string_equal(sim_case_quote(c, &q, form),
                            form & BINANCE_COMBINED
                                ? "{\"stream\":\"btcusdt@bookTicker\",\"data\":" QUOTE "}"
                                : QUOTE);
    q.ask_e8 = q.ask_amount_e8 = 0;
    assert_non_null(strstr(sim_case_quote(c, &q, 0), "\"a\":\"0.00000000\",\"A\":\"0.00000000\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(documented_requests_and_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(no_more_than_1024_streams, setup, teardown),
        cmocka_unit_test_setup_teardown(hostile_requests_get_an_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(names_that_stand_for_something, setup, teardown),
        cmocka_unit_test_setup_teardown(endpoints, setup, teardown),
        cmocka_unit_test_setup_teardown(too_many_streams_in_a_url, setup, teardown),
        cmocka_unit_test_setup_teardown(trade_frames_are_as_documented, setup, teardown),
        cmocka_unit_test_setup_teardown(quote_frames_are_as_documented, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
