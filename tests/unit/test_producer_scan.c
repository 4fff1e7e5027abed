/* Reading JSON members and elements in place. */
#include "scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *text;
    const char *is; /* key=type:text of each member, or "bad" */
} objects[] = {
    {"{}", ""},
    {" { } ", ""},
    {"{\"a\":1}", "a=1:1 "},
    {"{\"a\":-0.5e+3,\"b\":\"x\\\"y\",\"c\":true,\"d\":false,\"e\":null}",
     "a=1:-0.5e+3 b=0:x\\\"y c=2:true d=3:false e=4:null "},
    {"{\"a\":{\"b\":[1,{\"c\":\"]}\"}]},\"d\":[]}", "a=5:{\"b\":[1,{\"c\":\"]}\"}]} d=6:[] "},
    {"{\"a\":\"\"}\r\n", "a=0: "},
    {"{\"\\u0061\":1}", "\\u0061=1:1 "},
    {"", "bad"},
    {"[]", "bad"},
    {"{\"a\"}", "bad"},
    {"{\"a\":}", "bad"},
    {"{\"a\":1 \"b\":2}", "bad"},
    {"{\"a\":1,}", "bad"},
    {"{,\"a\":1}", "bad"},
    {"{\"a\":1}}", "bad"},
    {"{\"a\":1} x", "bad"},
    {"{a:1}", "bad"},
    {"{\"a\":+1}", "bad"},
    {"{\"a\":.5}", "bad"},
    {"{\"a\":5.}", "bad"},
    {"{\"a\":00}", "bad"},
    {"{\"a\":1e}", "bad"},
    {"{\"a\":tru}", "bad"},
    {"{\"a\":nul", "bad"},
    {"{\"a\":\"x", "bad"},
    {"{\"a\":\"x\\", "bad"},
    {"{\"a\":\"x\\\"", "bad"},
    {"{\"a\":\"x\ny\"}", "bad"},
    {"{\"a\":[1,2}", "bad"},
    {"{\"a\":[\"]\"", "bad"},
};

static void read_all(struct slice text, struct strbuf *out)
{
    struct scan s;
    struct slice key;
    struct scan_value v;
    int r = -1;
    strbuf_reset(out);
    assert_int_equal(strbuf_adds(out, ""), 0);
    if (scan_object(&s, text) == 0)
        while ((r = scan_member(&s, &key, &v)) == 1)
            assert_int_equal(
                strbuf_addf(out, "%.*s=%d:%.*s ", SLICE_ARG(key), (int)v.type, SLICE_ARG(v.text)),
                0);
    if (r != 0) {
        strbuf_reset(out);
        assert_int_equal(strbuf_adds(out, "bad"), 0);
    }
}

static void members(void **state)
{
    (void)state;
    struct strbuf out = STRBUF_INIT(4096);
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        read_all(slice_of(objects[i].text), &out);
        if (strcmp(out.data, objects[i].is) != 0)
            fail_msg("%s\nis     %s\nwanted %s", objects[i].text, out.data, objects[i].is);
    }
    strbuf_finish(&out);
}

static void elements(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *is; /* type:text of each element, or "bad" */
    } arrays[] = {
        {"[]", ""},
        {" [ ] ", ""},
        {"[1]", "1:1 "},
        {"[ -0.5e+3 , \"x\" ,true,null]\n", "1:-0.5e+3 0:x 2:true 4:null "},
        {"[[\"1\",\"2\"],{\"a\":[]},[]]", "6:[\"1\",\"2\"] 5:{\"a\":[]} 6:[] "},
        {"", "bad"},
        {"{}", "bad"},
        {"[", "bad"},
        {"[,1]", "bad"},
        {"[1,]", "bad"},
        {"[1 2]", "bad"},
        {"[1]]", "bad"},
        {"[1}", "bad"},
        {"[\"a\":1]", "bad"},
        {"[[1}]", "bad"},
    };
    struct strbuf out = STRBUF_INIT(4096);
    for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
        struct scan s;
        struct scan_value v;
        int r = -1;
        strbuf_reset(&out);
        assert_int_equal(strbuf_adds(&out, ""), 0);
        if (scan_array(&s, slice_of(arrays[i].text)) == 0)
            while ((r = scan_element(&s, &v)) == 1)
                assert_int_equal(strbuf_addf(&out, "%d:%.*s ", (int)v.type, SLICE_ARG(v.text)), 0);
        assert_string_equal(r == 0 ? out.data : "bad", arrays[i].is);
    }
    strbuf_finish(&out);
}

static void cuts(void **state)
{
    (void)state;
    struct strbuf out = STRBUF_INIT(4096);
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        for (size_t len = 0; len < strlen(objects[i].text); len++) {
            char *exact = malloc(len ? len : 1);
            assert_non_null(exact);
            memcpy(exact, objects[i].text, len);
            read_all(slice_make(exact, len), &out);
            free(exact);
        }
    }
    strbuf_finish(&out);
}

static void integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-1", true, -1},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999999999", false, 0},
        {"1.0", false, 0},
        {"1e3", false, 0},
        {"-", false, 0},
        {"", false, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t v = 42;
        assert_int_equal(scan_int64(slice_of(cases[i].text), &v), cases[i].good ? 0 : -1);
        assert_int_equal(v, cases[i].good ? cases[i].value : 42);
    }
}

static void escapes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *is; /* NULL: no such escape */
    } cases[] = {
        {"plain", "plain"},
        {"", ""},
        {"a\\n\\t\\r\\b\\f\\/\\\\\\\"z", "a\n\t\r\b\f/\\\"z"},
        {"\\u0041\\u00e9\\u20ac", "A\xc3\xa9\xe2\x82\xac"},
        {"\\ud83d\\ude00!", "\xf0\x9f\x98\x80!"},
        {"\\ud83dx", "\xef\xbf\xbdx"},
        {"\\ude00", "\xef\xbf\xbd"},
        {"\\ud83d\\u0041", "\xef\xbf\xbd"
                           "A"},
        {"\\x41", NULL},
        {"\\u12", NULL},
        {"\\u12g4", NULL},
        {"\\", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err e = {0};
        struct strbuf out = STRBUF_INIT(100);
        assert_int_equal(strbuf_adds(&out, "+"), 0);
        int r = scan_unescape(slice_of(cases[i].text), &out, &e);
        assert_int_equal(r, cases[i].is ? 0 : -1);
        assert_string_equal(out.data + 1, cases[i].is ? cases[i].is : "");
        assert_int_equal(e.code, cases[i].is ? ERR_NONE : ERR_PROTO);
        strbuf_finish(&out);
    }
    struct err e = {0};
    struct strbuf small = STRBUF_INIT(3);
    assert_int_equal(scan_unescape(slice_of("abcd"), &small, &e), -1);
    assert_int_equal(e.code, ERR_NOMEM);
    strbuf_finish(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members),  cmocka_unit_test(elements), cmocka_unit_test(cuts),
        cmocka_unit_test(integers), cmocka_unit_test(escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
