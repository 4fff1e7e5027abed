/* PostgreSQL's text to values: exact decimals, nulls, and what no record can hold. No database. */
#include "columns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* One row of one column "c"; NULL is null. PQclear() it. */
static PGresult *one(const char *text)
{
    PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PGresAttDesc column = {.name = (char[]){"c"}};
    char copy[128];
    assert_non_null(r);
    assert_true(PQsetResultAttrs(r, 1, &column));
    if (text)
        (void)snprintf(copy, sizeof(copy), "%s", text);
    assert_true(PQsetvalue(r, 0, 0, text ? copy : NULL, text ? (int)strlen(text) : -1));
    return r;
}

static const struct {
    const char *numeric;
    const char *plain; /* NULL: refused */
} decimals[] = {
    {"0", "0"},
    {"0.000000000000000000", "0"},
    {"-0.0", "0"},
    {"1.500000000000000000", "1.5"},
    {"1200", "1200"},
    {"1200.00", "1200"},
    {"0.000000000000000001", "0.000000000000000001"},
    {"-0.000000000000000001", "-0.000000000000000001"},
    {"99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999"},
    {"-99999999999999999999.999999999999999999", "-99999999999999999999.999999999999999999"},
    {"92233720368.54775807", "92233720368.54775807"}, /* more than a double can hold */
    {"0.1000000000000000000000000000", "0.1"},
    {"100000000000000000000", NULL},
    {"0.0000000000000000001", NULL},
    {"NaN", NULL},
    {"Infinity", NULL},
    {"-Infinity", NULL},
    {"", NULL},
    {"1,5", NULL},
};

static void test_decimal(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(decimals); i++) {
        PGresult *r = one(decimals[i].numeric);
        struct columns c = columns_of(r, 0);
        struct err e = {0};
        char text[DECIMAL_TEXT];
        struct decimal d = column_decimal(&c);
        assert_int_equal(columns_check(&c, &e), decimals[i].plain ? 0 : -1);
        if (decimals[i].plain) {
            (void)decimal_format(d, text);
            assert_string_equal(text, decimals[i].plain);
        } else {
            assert_int_equal(e.code, ERR_PROTO);
            assert_memory_equal(e.text, "column c: ", strlen("column c: "));
        }
        PQclear(r);
    }
}

static const struct {
    const char *text;
    bool ok;
    int64_t value;
    bool ok32;
} ints[] = {
    {"0", true, 0, true},
    {"-1", true, -1, true},
    {"2147483647", true, INT32_MAX, true},
    {"-2147483648", true, INT32_MIN, true},
    {"2147483648", true, INT64_C(2147483648), false},
    {"9223372036854775807", true, INT64_MAX, false},
    {"-9223372036854775808", true, INT64_MIN, false},
    {"9223372036854775808", false, 0, false},
    {"1.0", false, 0, false},
    {"", false, 0, false},
    {"7x", false, 0, false},
};

static void test_int(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(ints); i++) {
        PGresult *r = one(ints[i].text);
        struct err e = {0};
        struct columns c = columns_of(r, 0);
        assert_int_equal(column_int(&c), ints[i].value);
        assert_int_equal(columns_check(&c, &e), ints[i].ok ? 0 : -1);
        c = columns_of(r, 0);
        assert_int_equal(column_int32(&c), ints[i].ok32 ? ints[i].value : 0);
        assert_int_equal(columns_check(&c, &e), ints[i].ok32 ? 0 : -1);
        PQclear(r);
    }
}

static void test_bool(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        bool value;
    } bools[] = {{"t", true, true},  {"f", true, false},  {"true", false, false},
                 {"", false, false}, {"1", false, false}, {NULL, false, false}};
    for (size_t i = 0; i < N(bools); i++) {
        PGresult *r = one(bools[i].text);
        struct err e = {0};
        struct columns c = columns_of(r, 0);
        assert_true(column_bool(&c) == bools[i].value);
        assert_int_equal(columns_check(&c, &e), bools[i].ok ? 0 : -1);
        PQclear(r);
    }
}

static void test_null(void **state)
{
    (void)state;
    PGresult *r = one(NULL);
    struct err e = {0};
    struct slice text = {"kept", 4};
    int64_t number = 7;
    int32_t number32 = 7;
    struct decimal decimal = {7};
    struct columns c = columns_of(r, 0);
    assert_false(column_text_or_null(&c, &text));
    c = columns_of(r, 0);
    assert_false(column_int_or_null(&c, &number));
    c = columns_of(r, 0);
    assert_false(column_int32_or_null(&c, &number32));
    c = columns_of(r, 0);
    assert_false(column_decimal_or_null(&c, &decimal));
    assert_int_equal(columns_check(&c, &e), 0);
    assert_true(slice_is(text, "kept") && number == 7 && number32 == 7 && decimal.e18 == 7);
    c = columns_of(r, 0);
    text = column_text(&c);
    assert_int_equal(text.len, 0);
    assert_int_equal(columns_check(&c, &e), -1);
    assert_string_equal(e.text, "column c: null");
    PQclear(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decimal),
        cmocka_unit_test(test_int),
        cmocka_unit_test(test_bool),
        cmocka_unit_test(test_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
