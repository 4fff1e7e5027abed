/* What errors look like to a client. */
#include "problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void test_golden(void **state)
{
    (void)state;
    struct problem p = {0};
    struct strbuf b = STRBUF_INIT(4096);
    problem_invalid(&p, "limit", "a whole number from 1 to %d", 5000);
    problem_invalid(&p, "a\"b", "no such parameter here");
    assert_int_equal(problem_render(&p, "/v1/symbols", &b), 0);
    assert_string_equal(
        b.data,
        "{\"type\":\"urn:candlewick:problem:invalid-parameters\",\"title\":\"Invalid parameters\","
        "\"status\":400,\"detail\":\"invalid_params says what is wrong with which parameter\","
        "\"instance\":\"/v1/symbols\",\"invalid_params\":[{\"name\":\"limit\",\"reason\":\"a whole "
        "number from 1 to 5000\"},{\"name\":\"a\\\"b\",\"reason\":\"no such parameter here\"}]}\n");
    strbuf_reset(&b);
    p = (struct problem){0};
    assert_int_equal(problem_set(&p, PROBLEM_UNKNOWN_SYMBOL, "no %s", "BTCUSD"), -1);
    problem_add_name(&p, "BTC-USDT");
    problem_add_name(&p, "BTC-USDC");
    assert_int_equal(problem_render(&p, "/x", &b), 0);
    assert_string_equal(b.data,
                        "{\"type\":\"urn:candlewick:problem:unknown-symbol\",\"title\":\"Unknown "
                        "symbol\",\"status\":404,\"detail\":\"no BTCUSD\",\"instance\":\"/x\","
                        "\"near\":[\"BTC-USDT\",\"BTC-USDC\"]}\n");
    strbuf_finish(&b);
}

/* Every kind has all members, and texts of any length and content stay valid JSON. */
static void test_every_kind(void **state)
{
    (void)state;
    char text[600];
    for (int kind = PROBLEM_INVALID_PARAMETERS; kind <= PROBLEM_STOPPING; kind++) {
        for (size_t i = 0; i < sizeof(text) - 1; i++)
            text[i] = (char)(1 + (i * 7 + (size_t)kind) % 255);
        text[sizeof(text) - 1] = '\0';
        struct problem p = {0};
        struct strbuf b = STRBUF_INIT(1 << 16);
        (void)problem_set(&p, (enum problem_kind)kind, "%s", text);
        for (int i = 0; i < PROBLEM_NAMES_MAX + 2; i++)
            problem_add_name(&p, text + i);
        for (int i = 0; i < PROBLEM_INVALID_MAX + 2; i++)
            problem_invalid(&p, text + i, "%s", text + i);
        assert_int_equal(p.kind, kind);
        assert_int_equal(problem_render(&p, text, &b), 0);
        json_t *json = json_loadb(b.data, b.len, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(json);
        assert_int_equal(json_integer_value(json_object_get(json, "status")),
                         problem_status(p.kind));
        static const char *const members[] = {"type", "title", "detail", "instance"};
        for (size_t i = 0; i < N(members); i++)
            assert_true(json_string_length(json_object_get(json, members[i])) > 0);
        assert_int_equal(problem_retry_after_s(p.kind) > 0, problem_status(p.kind) == 503);
        json_decref(json);
        strbuf_finish(&b);
    }
}

static void test_no_room(void **state)
{
    (void)state;
    struct problem p = {0};
    (void)problem_set(&p, PROBLEM_UNKNOWN_SYMBOL, "detail");
    problem_add_name(&p, "BTC-USDT");
    problem_invalid(&p, "limit", "reason");
    struct strbuf whole = STRBUF_INIT(4096);
    assert_int_equal(problem_render(&p, "/x", &whole), 0);
    for (size_t limit = 0; limit < whole.len; limit++) {
        struct strbuf b = STRBUF_INIT(limit);
        assert_int_equal(problem_render(&p, "/x", &b), -1);
        assert_int_equal(b.len, 0);
        strbuf_finish(&b);
    }
    strbuf_finish(&whole);
}

static void test_from_err(void **state)
{
    (void)state;
    static const struct {
        enum err_code code;
        enum problem_kind kind;
        bool text_shown;
    } rows[] = {
        {ERR_IO, PROBLEM_DATABASE_AWAY, false},   {ERR_STATE, PROBLEM_DATABASE_NOT_MIGRATED, false},
        {ERR_LIMIT, PROBLEM_BUSY, true},          {ERR_STOPPED, PROBLEM_STOPPING, false},
        {ERR_PROTO, PROBLEM_INTERNAL, false},     {ERR_NOMEM, PROBLEM_INTERNAL, false},
        {ERR_ARG, PROBLEM_INTERNAL, false},       {ERR_CONF, PROBLEM_INTERNAL, false},
        {ERR_NOT_FOUND, PROBLEM_INTERNAL, false}, {ERR_FENCED, PROBLEM_INTERNAL, false},
        {ERR_NONE, PROBLEM_INTERNAL, false},
    };
    for (size_t i = 0; i < N(rows); i++) {
        struct problem p = {0};
        struct err e = {.code = rows[i].code, .text = "host 10.0.0.1 refused"};
        assert_int_equal(problem_from_err(&p, &e), -1);
        assert_int_equal(p.kind, rows[i].kind);
        assert_int_equal(strstr(p.detail, "10.0.0.1") != NULL, rows[i].text_shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_from_err),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
