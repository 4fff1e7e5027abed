/* Packed values: round trips, and bytes that nobody packed. */
#include "pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static struct decimal num(const char *text)
{
    struct decimal d;
    assert_int_equal(decimal_parse(slice_of(text), &d, NULL), 0);
    return d;
}

static void values_come_back(void **state)
{
    (void)state;
    static const int64_t ints[] = {0,   1,         -1,        63,      64,        -64,
                                   -65, INT32_MAX, INT32_MIN, 1000000, INT64_MAX, INT64_MIN};
    static const char *const decimals[] = {"0",
                                           "1e-18",
                                           "-1e-18",
                                           "64123.45",
                                           "99999999999999999999.999999999999999999",
                                           "-99999999999999999999.999999999999999999"};
    static const char *const texts[] = {"", "a", "BTC-USDT",
                                        "0123456789012345678901234567890123456789"};
    struct strbuf b = STRBUF_INIT(1000);
    for (size_t i = 0; i < N(ints); i++)
        assert_int_equal(pack_int(&b, ints[i]), 0);
    for (size_t i = 0; i < N(decimals); i++)
        assert_int_equal(pack_decimal(&b, num(decimals[i])), 0);
    for (size_t i = 0; i < N(texts); i++)
        assert_int_equal(pack_text(&b, slice_of(texts[i])), 0);

    struct unpack u = unpack_begin(strbuf_slice(&b));
    for (size_t i = 0; i < N(ints); i++)
        assert_true(unpack_int(&u) == ints[i]);
    for (size_t i = 0; i < N(decimals); i++)
        assert_int_equal(decimal_cmp(unpack_decimal(&u), num(decimals[i])), 0);
    assert_false(unpack_end(&u));
    for (size_t i = 0; i < N(texts); i++)
        assert_true(slice_is(unpack_text(&u, 40), texts[i]));
    assert_true(unpack_end(&u));
    strbuf_finish(&b);
}

static void numbers_are_short(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        size_t len;
    } cases[] = {{0, 1}, {-1, 1}, {63, 1}, {-64, 1}, {64, 2}, {-65, 2}, {INT64_MIN, 10}};
    for (size_t i = 0; i < N(cases); i++) {
        struct strbuf b = STRBUF_INIT(cases[i].len);
        assert_int_equal(pack_int(&b, cases[i].value), 0);
        assert_int_equal(b.len, cases[i].len);
        strbuf_finish(&b);
        strbuf_init(&b, cases[i].len - 1);
        assert_int_equal(pack_int(&b, cases[i].value), -1);
        strbuf_finish(&b);
    }
    struct strbuf b = STRBUF_INIT(3);
    assert_int_equal(pack_text(&b, slice_of("abc")), -1);
    strbuf_reset(&b);
    assert_int_equal(pack_decimal(&b, num("1")), -1);
    strbuf_finish(&b);
}

#define NINES_9 "\xff\xff\xff\xff\xff\xff\xff\xff\xff"

enum reading { INT, RANGE, TEXT, DECIMAL, READINGS };

static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    enum reading read;
} hostile[] = {
#define BYTES(bytes_) bytes_, sizeof(bytes_) - 1
    {"nothing", BYTES(""), INT},
    {"number cut", BYTES("\x80\x80"), INT},
    {"number of 65 bits", BYTES(NINES_9 "\x02"), INT},
    {"number of 11 bytes", BYTES(NINES_9 "\xff\x01"), INT},
    {"below the range", BYTES("\x01"), RANGE},
    {"above the range", BYTES("\x16"), RANGE},
    {"text cut",
     BYTES("\x06"
           "ab"),
     TEXT},
    {"text of negative length",
     BYTES("\x01"
           "ab"),
     TEXT},
    {"text longer than allowed",
     BYTES("\x0c"
           "abcdef"),
     TEXT},
    {"text of 2^63 - 1 bytes",
     BYTES("\xfe"
           "\xff\xff\xff\xff\xff\xff\xff\xff"
           "\x01"),
     TEXT},
    {"text of -2^63 bytes", BYTES(NINES_9 "\x01"), TEXT},
    {"decimal of no byte", BYTES("\x00"), DECIMAL},
    {"decimal of 17 bytes",
     BYTES("\x22"
           "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
     DECIMAL},
    {"decimal of 39 digits",
     BYTES("\x20"
           "\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
     DECIMAL},
#undef BYTES
};

/* Returns whether the value read was zero or empty. */
static bool read_one(struct unpack *u, enum reading what)
{
    switch (what) {
    case INT:
        return unpack_int(u) == 0;
    case RANGE:
        return unpack_range(u, 0, 10) == 0;
    case TEXT:
        return unpack_text(u, 5).len == 0;
    case DECIMAL:
        return decimal_is_zero(unpack_decimal(u));
    case READINGS:
        break;
    }
    return false;
}

static void hostile_bytes_are_bad_and_stay_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(hostile); i++) {
        /* memory of its own: a byte too far is seen */
        char *copy = malloc(hostile[i].len ? hostile[i].len : 1);
        assert_non_null(copy);
        memcpy(copy, hostile[i].bytes, hostile[i].len);
        struct unpack u = unpack_begin(slice_make(copy, hostile[i].len));
        bool empty = read_one(&u, hostile[i].read);
        if (!empty || !u.bad || unpack_end(&u))
            fail_msg("%s: taken", hostile[i].name);
        for (int what = 0; what < READINGS; what++)
            if (!read_one(&u, (enum reading)what) || !u.bad)
                fail_msg("%s: value %d behind it", hostile[i].name, what);
        free(copy);
    }
}

/* A good value behind a bad one is not given out: all of it is suspect. */
static void nothing_follows_a_bad_value(void **state)
{
    (void)state;
    static const char bytes[] = "\x16"
                                "\x02"
                                "\x06"
                                "abc"
                                "\x02"
                                "\x05";
    struct unpack u = unpack_begin(slice_make(bytes, sizeof(bytes) - 1));
    assert_int_equal(unpack_range(&u, 0, 10), 0);
    assert_true(unpack_int(&u) == 0);
    assert_int_equal(unpack_text(&u, 40).len, 0);
    assert_true(decimal_is_zero(unpack_decimal(&u)));
    assert_false(unpack_end(&u));
}

static void no_input_at_all(void **state)
{
    (void)state;
    struct unpack u = unpack_begin((struct slice){NULL, 0});
    assert_true(unpack_end(&u));
    assert_int_equal(unpack_text(&u, 40).len, 0);
    assert_false(unpack_end(&u));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(hostile_bytes_are_bad_and_stay_so),
        cmocka_unit_test(nothing_follows_a_bad_value),
        cmocka_unit_test(no_input_at_all),
    };
    return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
