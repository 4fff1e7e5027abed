/* Cursors: what goes out comes back, and nothing else gets in. */
#include "page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const struct place places[] = {
    {.time_us = 0},
    {.time_us = 1795219200000000, .sequence = 42, .partition = 3, .offset = 77, .text = "42"},
    {.time_us = -1, .sequence = -1, .partition = -1, .offset = -1, .text = "|"},
    {.time_us = INT64_MAX, .sequence = INT64_MAX, .partition = INT32_MAX, .offset = INT64_MAX},
    {.time_us = INT64_MIN, .sequence = INT64_MIN, .partition = INT32_MIN, .offset = INT64_MIN},
    {.text = "binance|BTC-USDT"},
    {.text = "b\xc3\xa9|%s\"\\"},
    {.time_us = INT64_MIN,
     .sequence = INT64_MIN,
     .partition = INT64_MIN,
     .offset = INT64_MIN,
     .text = "12345678901234567890123456789012345678901234567890123456789012345678901234567890"
             "123456789012345678901234567890123456789012345678"},
};

static void test_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(places); i++) {
        char cursor[CURSOR_TEXT];
        struct place back;
        struct err e = {0};
        uint32_t scope = UINT32_MAX - (uint32_t)i;
        assert_int_equal(cursor_encode(&places[i], scope, cursor, &e), 0);
        assert_int_equal(strspn(cursor, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                        "0123456789-_"),
                         strlen(cursor));
        assert_true(cursor_has_form(cursor));
        assert_int_equal(cursor_decode(cursor, &back, &e), 0);
        assert_int_equal(back.scope, scope);
        assert_int_equal(back.time_us, places[i].time_us);
        assert_int_equal(back.sequence, places[i].sequence);
        assert_int_equal(back.partition, places[i].partition);
        assert_int_equal(back.offset, places[i].offset);
        assert_string_equal(back.text, places[i].text);
    }
}

/* Cursors live on in clients over an update of ours. */
static void test_form_is_settled(void **state)
{
    (void)state;
    char cursor[CURSOR_TEXT];
    struct err e = {0};
    assert_int_equal(place_scope("trades|binance|BTC-USDT"), 0x33ae75ce);
    assert_int_equal(cursor_encode(&places[1], 0x33ae75ce, cursor, &e), 0);
    assert_string_equal(cursor, "MXwzM2FlNzVjZXwxNzk1MjE5MjAwMDAwMDAwfDQyfDN8Nzd8NDI");
}

static const char *const refused[] = {
    "",
    "A",
    "AA",
    "!",
    "MXw=",
    "MXwzM2FlNzVjZXwxNzk1MjE5MjAwMDAwMDAwfDQyfDN8Nzd8NDI=",
    "MXwzM2FlNzVjZXwxNzk1MjE5MjAwMDAwMDAwfDQyfDN8Nzd8NDJ", /* bits behind the last byte */
    "MXwzM2FlNzVjZXwxNzk1MjE5MjAwMDAwMDAwfDQyfDN8Nz",      /* cut: a number without its end */
    "MnwwfDB8MHwwfDB8",                                    /* 2|0|0|0|0|0| */
    "MXwwfDB8MHwwfDA",                                     /* 1|0|0|0|0|0 */
    "MXwwfDB8MHwwfDkyMjMzNzIwMzY4NTQ3NzU4MDh8",            /* 1|0|0|0|0|9223372036854775808| */
    "MXwxMDAwMDAwMDB8MHwwfDB8MHw",                         /* 1|100000000|0|0|0|0| */
    "MXwtMXwwfDB8MHwwfA",                                  /* 1|-1|0|0|0|0| */
    "MXwwfCAxfDB8MHwwfA",                                  /* 1|0| 1|0|0|0| */
    "MXwwfCsxfDB8MHwwfA",                                  /* 1|0|+1|0|0|0| */
    "MXwwfHwwfDB8MHw",                                     /* 1|0||0|0|0| */
    "MXwwfDB8MHwwfDB8_w",                                  /* text is not UTF-8 */
    "MXwwfDB8MHwwfDB8AA",                                  /* text is NUL */
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(refused); i++) {
        struct place at = {.time_us = 7};
        struct err e = {0};
        assert_int_equal(cursor_decode(refused[i], &at, &e), -1);
        assert_int_equal(e.code, ERR_PROTO);
        assert_int_equal(at.time_us, 7); /* untouched */
    }
}

static void test_too_long(void **state)
{
    (void)state;
    char cursor[1000];
    for (size_t len = 1; len < sizeof(cursor); len++) {
        struct place at;
        struct err e = {0};
        memset(cursor, 'M', len);
        cursor[len] = '\0';
        assert_int_equal(cursor_decode(cursor, &at, &e), -1);
    }
}

/* Any cut and any changed character is refused or names some place; the sanitizers watch. */
static void test_mutilated(void **state)
{
    (void)state;
    char cursor[CURSOR_TEXT];
    struct place at;
    struct err e = {0};
    assert_int_equal(cursor_encode(&places[1], 1, cursor, &e), 0);
    size_t len = strlen(cursor);
    for (size_t i = 0; i < len; i++) {
        for (int c = 0; c < 256; c++) {
            char kept = cursor[i];
            cursor[i] = (char)c;
            if (cursor_decode(cursor, &at, &e) == 0)
                assert_true(strlen(at.text) < PLACE_TEXT);
            else
                assert_int_equal(e.code, ERR_PROTO);
            cursor[i] = kept;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_form_is_settled),
        cmocka_unit_test(test_refused),    cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_mutilated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
