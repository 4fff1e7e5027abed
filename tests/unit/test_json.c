/* JSON strings, read back by jansson. */
#include "json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define BAD "\xef\xbf\xbd" /* U+FFFD */

static const struct {
    const char *text;
    size_t len;
    const char *expected;
} cases[] = {
#define TEXT(text_) text_, sizeof(text_) - 1
    {TEXT(""), "\"\""},
    {TEXT("BTC-USDT"), "\"BTC-USDT\""},
    {TEXT("a\"b\\c/d"), "\"a\\\"b\\\\c/d\""},
    {TEXT("\n\t\r"), "\"\\n\\t\\r\""},
    {TEXT("\b\f\x01\x1f\x7f"), "\"\\u0008\\u000c\\u0001\\u001f\x7f\""},
    {TEXT("a\0b"), "\"a\\u0000b\""},
    {TEXT("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x95\xaf"), "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x95\xaf\""},
    {TEXT("\xc2\x80\xdf\xbf"), "\"\xc2\x80\xdf\xbf\""},
    {TEXT("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"),
     "\"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\""},
    {TEXT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""},
    /* not UTF-8 */
    {TEXT("\x80"), "\"" BAD "\""},
    {TEXT("a\xff"
          "b"),
     "\"a" BAD "b\""},
    {TEXT("\xc0\xaf"), "\"" BAD BAD "\""},         /* overlong "/" */
    {TEXT("\xc1\xbf"), "\"" BAD BAD "\""},         /* overlong DEL */
    {TEXT("\xe0\x9f\xbf"), "\"" BAD BAD BAD "\""}, /* overlong U+07FF */
    {TEXT("\xf0\x8f\xbf\xbf"), "\"" BAD BAD BAD BAD "\""},
    {TEXT("\xed\xa0\x80"), "\"" BAD BAD BAD "\""},         /* half of a surrogate pair */
    {TEXT("\xf4\x90\x80\x80"), "\"" BAD BAD BAD BAD "\""}, /* behind U+10FFFF */
    {TEXT("\xf8\x88\x80\x80\x80"), "\"" BAD BAD BAD BAD BAD "\""},
    {TEXT("\xc3"), "\"" BAD "\""}, /* cut */
    {TEXT("\xe2\x82"), "\"" BAD BAD "\""},
    {TEXT("\xe2\x82\""), "\"" BAD BAD "\\\"\""}, /* cut by a quote that must stay one */
    {TEXT("\xf0\x9f\x95"), "\"" BAD BAD BAD "\""},
    {TEXT("\xc3\xc3\xa9"), "\"" BAD "\xc3\xa9\""},
#undef TEXT
};

static void strings(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        struct strbuf b = STRBUF_INIT(1000);
        assert_int_equal(json_add_string(&b, slice_make(cases[i].text, cases[i].len)), 0);
        assert_string_equal(b.data, cases[i].expected);
        json_t *back = json_loadb(b.data, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        if (!back)
            fail_msg("case %zu is no JSON: %s", i, b.data);
        json_decref(back);
        strbuf_finish(&b);
    }
}

/* Any bytes become JSON; bytes that are UTF-8 come back as they were. */
static void any_bytes_become_json(void **state)
{
    (void)state;
    uint64_t rnd = 88172645463325252u;
    for (int round = 0; round < 20000; round++) {
        char text[12];
        for (size_t i = 0; i < sizeof(text); i++) {
            rnd = rnd * 6364136223846793005u + 1442695040888963407u;
            text[i] = (char)(rnd >> 56);
        }
        size_t len = (size_t)round % (sizeof(text) + 1);
        struct strbuf b = STRBUF_INIT(1000);
        assert_int_equal(json_add_string(&b, slice_make(text, len)), 0);
        json_t *back = json_loadb(b.data, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        if (!back)
            fail_msg("round %d is no JSON: %s", round, b.data);
        json_t *same = json_stringn(text, len); /* NULL where it is not UTF-8 */
        if (same)
            assert_true(json_equal(same, back));
        else
            assert_non_null(memmem(json_string_value(back), json_string_length(back), BAD, 3));
        json_decref(same);
        json_decref(back);
        strbuf_finish(&b);
    }
}

static void no_room_leaves_the_buffer_as_it_was(void **state)
{
    (void)state;
    struct slice text = slice_of("a\"\n\x01"
                                 "b\xc3\xa9\xff");
    struct strbuf whole = STRBUF_INIT(100);
    assert_int_equal(json_add_string(&whole, text), 0);
    for (size_t room = 0; room < whole.len; room++) {
        struct strbuf b = STRBUF_INIT(room);
        assert_int_equal(json_add_string(&b, text), -1);
        assert_int_equal(b.len, 0);
        if (b.data)
            assert_string_equal(b.data, "");
        strbuf_finish(&b);
        strbuf_init(&b, room + 4);
        assert_int_equal(strbuf_adds(&b, "kept"), 0);
        assert_int_equal(json_add_string(&b, text), -1);
        assert_int_equal(b.len, 4);
        assert_string_equal(b.data, "kept");
        strbuf_finish(&b);
    }
    struct strbuf b = STRBUF_INIT(whole.len);
    assert_int_equal(json_add_string(&b, text), 0);
    strbuf_finish(&b);
    strbuf_finish(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings),
        cmocka_unit_test(any_bytes_become_json),
        cmocka_unit_test(no_room_leaves_the_buffer_as_it_was),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
