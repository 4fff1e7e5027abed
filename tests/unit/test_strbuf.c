/* The growable buffer: content, limit, and what a failed append leaves. */
#include "strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void expect(const struct strbuf *b, const char *text)
{
    assert_int_equal(b->len, strlen(text));
    assert_string_equal(b->data, text);
}

static void appends(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT(100);
    assert_null(b.data);
    assert_int_equal(strbuf_slice(&b).len, 0);
    assert_int_equal(strbuf_adds(&b, "candle"), 0);
    assert_int_equal(strbuf_addc(&b, 's'), 0);
    assert_int_equal(strbuf_add(&b, ".1mX", 3), 0);
    assert_int_equal(strbuf_addf(&b, " %d %s", 42, "rows"), 0);
    expect(&b, "candles.1m 42 rows");
    assert_int_equal(strbuf_add(&b, NULL, 0), 0);
    assert_int_equal(strbuf_adds(&b, ""), 0);
    assert_int_equal(strbuf_addf(&b, "%s", ""), 0);
    expect(&b, "candles.1m 42 rows");
    assert_true(slice_is(strbuf_slice(&b), "candles.1m 42 rows"));
    strbuf_finish(&b);
}

static void bytes_may_be_zero(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT(100);
    assert_int_equal(strbuf_add(&b, "a\0b", 3), 0);
    assert_int_equal(strbuf_addc(&b, '\0'), 0);
    assert_int_equal(strbuf_addf(&b, "%c", 'c'), 0);
    assert_int_equal(b.len, 5);
    assert_memory_equal(b.data, "a\0b\0c", 6);
    strbuf_finish(&b);
}

static void limit_is_exact(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT(8);
    assert_int_equal(strbuf_adds(&b, "12345"), 0);
    assert_int_equal(strbuf_adds(&b, "6789"), -1);
    expect(&b, "12345");
    assert_int_equal(strbuf_addf(&b, "%d", 6789), -1);
    expect(&b, "12345");
    assert_int_equal(strbuf_add(&b, "", SIZE_MAX), -1);
    assert_int_equal(strbuf_reserve(&b, SIZE_MAX - 4), -1);
    assert_int_equal(strbuf_reserve(&b, 4), -1);
    assert_int_equal(strbuf_reserve(&b, 3), 0);
    expect(&b, "12345");
    assert_int_equal(strbuf_addf(&b, "%d", 678), 0);
    expect(&b, "12345678");
    assert_int_equal(strbuf_addc(&b, '9'), -1);
    assert_int_equal(strbuf_addc(&b, '\0'), -1);
    assert_int_equal(strbuf_adds(&b, ""), 0);
    expect(&b, "12345678");

    struct err e = {0};
    assert_int_equal(strbuf_full(&b, "image", &e), -1);
    assert_int_equal(e.code, ERR_NOMEM);
    assert_string_equal(e.text, "image: no room in a buffer of 8 bytes (limit 8)");
    strbuf_finish(&b);
}

static void limit_of_nothing(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT(0);
    assert_int_equal(strbuf_addc(&b, 'x'), -1);
    assert_int_equal(strbuf_adds(&b, ""), 0);
    expect(&b, "");
    strbuf_finish(&b);
}

static void grows_to_its_limit(void **state)
{
    (void)state;
    const size_t limit = 300000;
    struct strbuf b = STRBUF_INIT(limit);
    for (size_t i = 0; i < limit; i++)
        if (strbuf_addc(&b, (char)('a' + i % 23)) != 0)
            fail_msg("no room for byte %zu", i);
    assert_int_equal(strbuf_addc(&b, 'z'), -1);
    assert_int_equal(b.len, limit);
    for (size_t i = 0; i < limit; i++)
        if (b.data[i] != (char)('a' + i % 23))
            fail_msg("byte %zu changed", i);
    assert_int_equal(b.data[limit], '\0');
    strbuf_finish(&b);
}

static void reset_and_finish(void **state)
{
    (void)state;
    struct strbuf b;
    strbuf_init(&b, 20);
    strbuf_reset(&b);
    assert_int_equal(b.len, 0);
    assert_int_equal(strbuf_adds(&b, "first"), 0);
    const char *memory = b.data;
    strbuf_reset(&b);
    expect(&b, "");
    assert_int_equal(strbuf_adds(&b, "again"), 0);
    expect(&b, "again");
    assert_ptr_equal(b.data, memory);
    strbuf_finish(&b);
    assert_null(b.data);
    assert_int_equal(b.len + b.cap, 0);
    assert_int_equal(strbuf_adds(&b, "usable"), 0);
    expect(&b, "usable");
    strbuf_finish(&b);
    strbuf_finish(&b);
}

static void slices(void **state)
{
    (void)state;
    static const char *const rising[] = {"", "a", "ab", "abc", "b", "\xff"};
    const size_t n = sizeof(rising) / sizeof(rising[0]);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            int c = slice_cmp(slice_of(rising[i]), slice_of(rising[k]));
            assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
            assert_int_equal(slice_is(slice_of(rising[i]), rising[k]), i == k);
        }
    }
    const struct slice none = {NULL, 0};
    assert_true(slice_eq(none, slice_of("")));
    assert_int_equal(slice_cmp(none, slice_of("")), 0);
    assert_false(slice_is(slice_make("a\0b", 3), "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends),
        cmocka_unit_test(bytes_may_be_zero),
        cmocka_unit_test(limit_is_exact),
        cmocka_unit_test(limit_of_nothing),
        cmocka_unit_test(grows_to_its_limit),
        cmocka_unit_test(reset_and_finish),
        cmocka_unit_test(slices),
    };
    return cmocka_run_group_tests_name("strbuf", tests, NULL, NULL);
}
