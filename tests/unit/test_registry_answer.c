/* What a registry is asked, and what is made of its answers. */
#include "registry_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void question_is_json_in_json(void **state)
{
    (void)state;
    struct err e = {0};
    struct strbuf b = STRBUF_INIT(1 << 12);
    assert_int_equal(registry_question("{\"type\": \"record\",\n \"doc\": \"a\\\"b\"}", &b, &e), 0);
    assert_string_equal(b.data, "{\"schemaType\":\"AVRO\",\"schema\":\"{\\\"type\\\": "
                                "\\\"record\\\",\\n \\\"doc\\\": \\\"a\\\\\\\"b\\\"}\"}");
    strbuf_finish(&b);
}

static const struct {
    long status;
    const char *body;
    enum err_code code;
    bool retriable;
    const char *said;
} statuses[] = {
    {404, "{\"error_code\":40403,\"message\":\"Schema 7 not found\"}", ERR_NOT_FOUND, false,
     "registry: there is no such schema"},
    {404, "{\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}", ERR_IO, true,
     "registry: HTTP status 404: HTTP 404 Not Found"},
    {404, "<html>", ERR_IO, true, "registry: HTTP status 404: not an answer of a schema registry"},
    {404, "[40403]", ERR_IO, true, "registry: HTTP status 404: not an answer"},
    {409, "{\"error_code\":409,\"message\":\"no\"}", ERR_STATE, false,
     "registry: incompatible with what is registered: no"},
    {422, "{\"error_code\":42201,\"message\":\"bad\"}", ERR_STATE, false,
     "registry: refused as invalid: bad"},
    {401, "", ERR_CONF, false, "registry: HTTP status 401"},
    {403, "{\"message\":7}", ERR_CONF, false, "registry: HTTP status 403"},
    {429, "", ERR_IO, true, "registry: HTTP status 429"},
    {500, "", ERR_IO, true, "registry: HTTP status 500"},
    {301, "", ERR_IO, true, "registry: HTTP status 301"},
    {0, "", ERR_IO, true, "registry: HTTP status 0"},
};

static void statuses_and_codes(void **state)
{
    (void)state;
    struct err e = {0};
    assert_int_equal(registry_status(200, slice_of("anything"), &e), 0);
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        e = (struct err){0};
        assert_int_equal(registry_status(statuses[i].status, slice_of(statuses[i].body), &e), -1);
        if (e.code != statuses[i].code || e.retriable != statuses[i].retriable ||
            strncmp(e.text, statuses[i].said, strlen(statuses[i].said)) != 0)
            fail_msg("%ld %s: %s", statuses[i].status, statuses[i].body, e.text);
    }
}

static void ids(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "{}", "{\"id\":\"7\"}", "{\"id\":-1}", "{\"id\":4294967296}", "{\"id\":1.5}", "[7]"};
    struct err e = {0};
    uint32_t id = 1;
    assert_int_equal(registry_take_id(slice_of("{\"id\":0}"), &id, &e), 0);
    assert_int_equal(id, 0);
    assert_int_equal(registry_take_id(slice_of("{\"x\":1,\"id\":4294967295}"), &id, &e), 0);
    assert_true(id == UINT32_MAX);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(registry_take_id(slice_of(bad[i]), &id, &e), -1);
        assert_true(e.code == ERR_IO && e.retriable && id == UINT32_MAX);
    }
}

static void schemas(void **state)
{
    (void)state;
    struct err e = {0};
    struct strbuf b = STRBUF_INIT(8);
    assert_int_equal(registry_take_schema(slice_of("{\"schema\":\"\\\"long\\\"\"}"), &b, &e), 0);
    assert_string_equal(b.data, "\"long\"");
    strbuf_reset(&b);
    assert_int_equal(
        registry_take_schema(slice_of("{\"schema\":\"a\",\"schemaType\":\"AVRO\"}"), &b, &e), 0);
    assert_int_equal(
        registry_take_schema(slice_of("{\"schema\":\"a\",\"schemaType\":\"JSON\"}"), &b, &e), -1);
    assert_true(e.code == ERR_PROTO && !e.retriable);
    e = (struct err){0};
    assert_int_equal(registry_take_schema(slice_of("{\"schema\":\"123456789\"}"), &b, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    assert_int_equal(registry_take_schema(slice_of("{\"schema\":{}}"), &b, &e), -1);
    assert_true(e.code == ERR_IO && e.retriable);
    assert_string_equal(b.data, "a");
    strbuf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(question_is_json_in_json),
        cmocka_unit_test(statuses_and_codes),
        cmocka_unit_test(ids),
        cmocka_unit_test(schemas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
