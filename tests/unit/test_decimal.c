/* Decimals by cases: text, bytes, rounding, limits. decimal_oracle.py compares random ones with
 * another implementation. */
#include "decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MAX_TEXT "99999999999999999999.999999999999999999"
#define NINES_38 "99999999999999999999999999999999999999"
#define N(array) (sizeof(array) / sizeof((array)[0]))

static const struct decimal UNTOUCHED = {424242};

static struct decimal num(const char *text)
{
    struct err e = {0};
    struct decimal d;
    if (decimal_parse(slice_of(text), &d, &e) != 0)
        fail_msg("%s", e.text);
    return d;
}

static void expect_text(const char *name, struct decimal d, const char *expected)
{
    char text[DECIMAL_TEXT];
    size_t len = decimal_format(d, text);
    if (strcmp(text, expected) != 0 || len != strlen(expected))
        fail_msg("%s: %s (%zu bytes), expected %s", name, text, len, expected);
}

/* --- text ------------------------------------------------------------------------------------ */

static const struct {
    const char *text;
    const char *expected; /* as formatted again; NULL: refused with the code */
    enum err_code code;
} parse_cases[] = {
    {"0", "0", ERR_NONE},
    {"-0", "0", ERR_NONE},
    {"-0.000", "0", ERR_NONE},
    {"0e99999", "0", ERR_NONE},
    {"0e-99999", "0", ERR_NONE},
    {"1", "1", ERR_NONE},
    {"-1", "-1", ERR_NONE},
    {"007", "7", ERR_NONE},
    {"00000000000000000000000000000000000000000000000000.5", "0.5", ERR_NONE},
    {"64123.45", "64123.45", ERR_NONE},
    {"-64123.4500", "-64123.45", ERR_NONE},
    {"1200", "1200", ERR_NONE},
    {"10.010", "10.01", ERR_NONE},
    {"0.000000000000000001", "0.000000000000000001", ERR_NONE},
    {"-0.000000000000000001", "-0.000000000000000001", ERR_NONE},
    {"0.0000000000000000010", "0.000000000000000001", ERR_NONE},
    {"1.50000000000000000000000000000000000000000000000000", "1.5", ERR_NONE},
    {"0.0000000000000000001", NULL, ERR_LIMIT},
    {"1.0000000000000000005", NULL, ERR_LIMIT},
    {"1e0", "1", ERR_NONE},
    {"1e3", "1000", ERR_NONE},
    {"1E+3", "1000", ERR_NONE},
    {"1.5e1", "15", ERR_NONE},
    {"150e-2", "1.5", ERR_NONE},
    {"1e-7", "0.0000001", ERR_NONE},
    {"1e-18", "0.000000000000000001", ERR_NONE},
    {"1e-19", NULL, ERR_LIMIT},
    {"10e-19", "0.000000000000000001", ERR_NONE},
    {"0.00000000000000000001e2", "0.000000000000000001", ERR_NONE},
    {"1e19", "10000000000000000000", ERR_NONE},
    {"1e20", NULL, ERR_LIMIT},
    {"0.1e20", "10000000000000000000", ERR_NONE},
    {"1e99999999999999999999", NULL, ERR_LIMIT},
    {"1e-99999999999999999999", NULL, ERR_LIMIT},
    {"99999999999999999999", "99999999999999999999", ERR_NONE},
    {"100000000000000000000", NULL, ERR_LIMIT},
    {"-100000000000000000000", NULL, ERR_LIMIT},
    {MAX_TEXT, MAX_TEXT, ERR_NONE},
    {"-" MAX_TEXT, "-" MAX_TEXT, ERR_NONE},
    {"0" MAX_TEXT "000", MAX_TEXT, ERR_NONE},
    {MAX_TEXT "9", NULL, ERR_LIMIT},
    {NINES_38 "e-18", MAX_TEXT, ERR_NONE},
    {NINES_38 "e-19", NULL, ERR_LIMIT},
    {NINES_38 "0e-19", MAX_TEXT, ERR_NONE},
    {"100000000000000000000000000000000000000000000e-30", "100000000000000", ERR_NONE},
    {"100000000000000000000000000000000000000000001e-30", NULL, ERR_LIMIT},
    {"170141183460469231731687303715884105728e-18", NULL, ERR_LIMIT},
    {"", NULL, ERR_PROTO},
    {"-", NULL, ERR_PROTO},
    {"+1", NULL, ERR_PROTO},
    {"--1", NULL, ERR_PROTO},
    {".", NULL, ERR_PROTO},
    {".5", NULL, ERR_PROTO},
    {"5.", NULL, ERR_PROTO},
    {"-.5", NULL, ERR_PROTO},
    {"1.2.3", NULL, ERR_PROTO},
    {"1e", NULL, ERR_PROTO},
    {"1e+", NULL, ERR_PROTO},
    {"1e-", NULL, ERR_PROTO},
    {"1e1.5", NULL, ERR_PROTO},
    {"e5", NULL, ERR_PROTO},
    {"1.e5", NULL, ERR_PROTO},
    {" 1", NULL, ERR_PROTO},
    {"1 ", NULL, ERR_PROTO},
    {"1,5", NULL, ERR_PROTO},
    {"1_000", NULL, ERR_PROTO},
    {"0x10", NULL, ERR_PROTO},
    {"NaN", NULL, ERR_PROTO},
    {"Infinity", NULL, ERR_PROTO},
    {"\xd9\xa1", NULL, ERR_PROTO}, /* an Arabic digit */
};

static void parse_and_format(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(parse_cases); i++) {
        const char *text = parse_cases[i].text;
        struct err e = {0};
        struct decimal d = UNTOUCHED;
        int r = decimal_parse(slice_of(text), &d, &e);
        if (parse_cases[i].expected) {
            if (r != 0)
                fail_msg("\"%s\": %s", text, e.text);
            expect_text(text, d, parse_cases[i].expected);
            continue;
        }
        if (r != -1 || e.code != parse_cases[i].code || d.e18 != UNTOUCHED.e18)
            fail_msg("\"%s\": %d %s", text, r, err_code_name(e.code));
    }
}

static void parse_reads_no_further_than_its_length(void **state)
{
    (void)state;
    struct decimal d;
    assert_int_equal(decimal_parse(slice_make("12345", 3), &d, NULL), 0);
    expect_text("12345 cut to 3", d, "123");
    assert_int_equal(decimal_parse(slice_make("1.5e9", 4), &d, NULL), -1);
    assert_int_equal(decimal_parse(slice_make("1\0", 2), &d, NULL), -1);
    assert_int_equal(decimal_parse((struct slice){NULL, 0}, &d, NULL), -1);
}

/* A text so long that its zeros could outweigh any exponent is refused, whatever it says. */
static void parse_bounds_the_text(void **state)
{
    (void)state;
    struct err e = {0};
    struct decimal d = UNTOUCHED;
    const size_t len = 200000;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, '0', len);
    text[0] = '1';
    memcpy(text + len - 8, "e-100001", 8);
    assert_int_equal(decimal_parse(slice_make(text, len), &d, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    assert_in_range(strlen(e.text), 10, 150); /* shows the beginning only */
    memcpy(text, "0.", 2);
    memset(text + len - 8, '0', 8);
    assert_int_equal(decimal_parse(slice_make(text, DECIMAL_PARSE_MAX), &d, &e), 0);
    expect_text("zeros", d, "0");
    assert_int_equal(decimal_parse(slice_make(text, DECIMAL_PARSE_MAX + 1), &d, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    free(text);
}

/* --- bytes ----------------------------------------------------------------------------------- */

static const struct {
    const char *e18; /* the value times 10^18 */
    const char *bytes;
    size_t len;
} byte_cases[] = {
#define BYTES(e18_, bytes_)                                                                        \
    {                                                                                              \
        e18_, bytes_, sizeof(bytes_) - 1                                                           \
    }
    BYTES("0", "\x00"),
    BYTES("1", "\x01"),
    BYTES("-1", "\xff"),
    BYTES("127", "\x7f"),
    BYTES("128", "\x00\x80"),
    BYTES("-128", "\x80"),
    BYTES("-129", "\xff\x7f"),
    BYTES("255", "\x00\xff"),
    BYTES("256", "\x01\x00"),
    BYTES("-256", "\xff\x00"),
    BYTES("-257", "\xfe\xff"),
    BYTES("32767", "\x7f\xff"),
    BYTES("32768", "\x00\x80\x00"),
    BYTES("9223372036854775807", "\x7f\xff\xff\xff\xff\xff\xff\xff"),
    BYTES("9223372036854775808", "\x00\x80\x00\x00\x00\x00\x00\x00\x00"),
    BYTES("-9223372036854775808", "\x80\x00\x00\x00\x00\x00\x00\x00"),
    BYTES("-9223372036854775809", "\xff\x7f\xff\xff\xff\xff\xff\xff\xff"),
    BYTES("18446744073709551616", "\x01\x00\x00\x00\x00\x00\x00\x00\x00"),
    BYTES(NINES_38, "\x4b\x3b\x4c\xa8\x5a\x86\xc4\x7a\x09\x8a\x22\x3f\xff\xff\xff\xff"),
    BYTES("-" NINES_38, "\xb4\xc4\xb3\x57\xa5\x79\x3b\x85\xf6\x75\xdd\xc0\x00\x00\x00\x01"),
#undef BYTES
};

static struct decimal scaled(const char *e18)
{
    char text[80];
    (void)snprintf(text, sizeof(text), "%se-18", e18);
    return num(text);
}

static void to_fewest_bytes_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(byte_cases); i++) {
        struct decimal d = scaled(byte_cases[i].e18);
        uint8_t out[DECIMAL_BYTES];
        size_t len = decimal_to_bytes(d, out);
        if (len != byte_cases[i].len || memcmp(out, byte_cases[i].bytes, len) != 0)
            fail_msg("%s: other bytes (%zu of them)", byte_cases[i].e18, len);
        struct decimal back;
        assert_int_equal(decimal_from_bytes(out, len, &back, NULL), 0);
        assert_int_equal(decimal_cmp(back, d), 0);
    }
}

/* Avro allows more bytes than needed: any number of sign bytes in front. */
static void sign_bytes_in_front_say_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(byte_cases); i++) {
        struct decimal d = scaled(byte_cases[i].e18);
        for (size_t more = 1; more <= 24; more++) {
            uint8_t bytes[DECIMAL_BYTES + 24];
            memset(bytes, d.e18 < 0 ? 0xff : 0x00, more);
            memcpy(bytes + more, byte_cases[i].bytes, byte_cases[i].len);
            struct decimal back;
            if (decimal_from_bytes(bytes, more + byte_cases[i].len, &back, NULL) != 0 ||
                decimal_cmp(back, d) != 0)
                fail_msg("%s behind %zu sign bytes", byte_cases[i].e18, more);
        }
    }
}

#define ZEROS_15 "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    enum err_code code;
} refused_bytes[] = {
#define BYTES(bytes_) bytes_, sizeof(bytes_) - 1
    {"no byte", "", 0, ERR_PROTO},
    {"10^38", BYTES("\x4b\x3b\x4c\xa8\x5a\x86\xc4\x7a\x09\x8a\x22\x40\x00\x00\x00\x00"), ERR_LIMIT},
    {"-10^38", BYTES("\xb4\xc4\xb3\x57\xa5\x79\x3b\x85\xf6\x75\xdd\xc0\x00\x00\x00\x00"),
     ERR_LIMIT},
    {"2^127 - 1", BYTES("\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
     ERR_LIMIT},
    {"-2^127", BYTES("\x80" ZEROS_15), ERR_LIMIT},
    {"2^127", BYTES("\x00\x80" ZEROS_15), ERR_LIMIT},
    {"-2^127 - 1", BYTES("\xff\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
     ERR_LIMIT},
    {"2^128", BYTES("\x01\x00" ZEROS_15), ERR_LIMIT},
    {"-2^128 behind a sign byte", BYTES("\xff\xff\x00" ZEROS_15), ERR_LIMIT},
#undef BYTES
};

static void refuses_bytes_of_no_decimal(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(refused_bytes); i++) {
        struct err e = {0};
        struct decimal d = UNTOUCHED;
        const uint8_t *bytes = (const uint8_t *)refused_bytes[i].bytes;
        int r = decimal_from_bytes(bytes, refused_bytes[i].len, &d, &e);
        if (r != -1 || e.code != refused_bytes[i].code || d.e18 != UNTOUCHED.e18)
            fail_msg("%s: %d %s", refused_bytes[i].name, r, err_code_name(e.code));
    }
}

/* --- arithmetic ------------------------------------------------------------------------------ */

static const struct {
    const char *a;
    char op;
    const char *b;
    const char *expected; /* NULL: does not fit */
} sums[] = {
    {"0.1", '+', "0.2", "0.3"},
    {"-0.1", '+', "0.1", "0"},
    {MAX_TEXT, '+', "0", MAX_TEXT},
    {MAX_TEXT, '+', "1e-18", NULL},
    {MAX_TEXT, '+', "-1e-18", "99999999999999999999.999999999999999998"},
    {MAX_TEXT, '+', MAX_TEXT, NULL},
    {"-" MAX_TEXT, '+', "-" MAX_TEXT, NULL},
    {"-" MAX_TEXT, '-', "1e-18", NULL},
    {MAX_TEXT, '-', MAX_TEXT, "0"},
    {MAX_TEXT, '-', "-" MAX_TEXT, NULL},
    {"1", '-', "1.000000000000000001", "-0.000000000000000001"},
    {"64123.45", '*', "0.001", "64.12345"},
    {"-3", '*', "7", "-21"},
    {"-3", '*', "-7", "21"},
    {"0", '*', MAX_TEXT, "0"},
    {MAX_TEXT, '*', "1", MAX_TEXT},
    {"-1", '*', MAX_TEXT, "-" MAX_TEXT},
    {MAX_TEXT, '*', "1.000000000000000001", NULL},
    {MAX_TEXT, '*', MAX_TEXT, NULL},
    {"10000000000", '*', "10000000000", NULL},
    {"10000000000", '*', "9999999999.999999999999999999", "99999999999999999999.99999999"},
    /* the 19th decimal is a 5 and nothing follows: to the even neighbour */
    {"0.000000000000000005", '*', "0.1", "0"},
    {"0.000000000000000015", '*', "0.1", "0.000000000000000002"},
    {"0.000000000000000025", '*', "0.1", "0.000000000000000002"},
    {"-0.000000000000000005", '*', "0.1", "0"},
    {"-0.000000000000000015", '*', "0.1", "-0.000000000000000002"},
    {"0.000000000000000025", '*', "-0.1", "-0.000000000000000002"},
    /* on either side of the half */
    {"0.000000000000000004", '*', "0.1", "0"},
    {"0.000000000000000006", '*', "0.1", "0.000000000000000001"},
    {"0.0000000000000005", '*', "0.001000000000000001", "0.000000000000000001"},
    {"0.000000000000000001", '*', "0.499999999999999999", "0"},
    {"0.000000000000000001", '*', "0.500000000000000001", "0.000000000000000001"},
    /* rounding up is what no longer fits */
    {"9999999999.999999999999999999", '*', "10000000000.000000000000000001", NULL},
    {"9999999999.999999999999999999", '*', "10000000000", "99999999999999999999.99999999"},
    {"1", '/', "3", "0.333333333333333333"},
    {"2", '/', "3", "0.666666666666666667"},
    {"-2", '/', "3", "-0.666666666666666667"},
    {"2", '/', "-3", "-0.666666666666666667"},
    {"-2", '/', "-3", "0.666666666666666667"},
    {"0", '/', "7", "0"},
    {"1", '/', "0", NULL},
    {"0", '/', "0", NULL},
    {MAX_TEXT, '/', MAX_TEXT, "1"},
    {MAX_TEXT, '/', "1", MAX_TEXT},
    {MAX_TEXT, '/', "0.999999999999999999", NULL},
    {MAX_TEXT, '/', "1e-18", NULL},
    {"1e-18", '/', MAX_TEXT, "0"},
    {"1", '/', "1e-18", "1000000000000000000"},
    {"0.000000000000000001", '/', "2", "0"},
    {"0.000000000000000003", '/', "2", "0.000000000000000002"},
    {"0.000000000000000005", '/', "2", "0.000000000000000002"},
    {"-0.000000000000000003", '/', "2", "-0.000000000000000002"},
    {"-0.000000000000000005", '/', "2", "-0.000000000000000002"},
    {"0.000000000000000005", '/', "-2", "-0.000000000000000002"},
};

static int compute(struct decimal a, char op, struct decimal b, struct decimal *ret)
{
    if (op == '+')
        return decimal_add(a, b, ret);
    if (op == '-')
        return decimal_sub(a, b, ret);
    return op == '*' ? decimal_mul(a, b, ret) : decimal_div(a, b, ret);
}

static void arithmetic(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(sums); i++) {
        char name[128];
        struct decimal d = UNTOUCHED;
        (void)snprintf(name, sizeof(name), "%s %c %s", sums[i].a, sums[i].op, sums[i].b);
        int r = compute(num(sums[i].a), sums[i].op, num(sums[i].b), &d);
        if (!sums[i].expected) {
            if (r != -1 || d.e18 != UNTOUCHED.e18)
                fail_msg("%s: %d, expected no result", name, r);
            continue;
        }
        if (r != 0)
            fail_msg("%s: no result", name);
        expect_text(name, d, sums[i].expected);
    }
}

static void comparison(void **state)
{
    (void)state;
    static const char *const rising[] = {("-" MAX_TEXT), "-1.5", "-1e-18", "0",
                                         "1e-18",        "1",    "1.5",    MAX_TEXT};
    for (size_t i = 0; i < N(rising); i++) {
        for (size_t k = 0; k < N(rising); k++)
            assert_int_equal(decimal_cmp(num(rising[i]), num(rising[k])), (i > k) - (i < k));
        assert_int_equal(decimal_is_zero(num(rising[i])), i == 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_and_format),
        cmocka_unit_test(parse_reads_no_further_than_its_length),
        cmocka_unit_test(parse_bounds_the_text),
        cmocka_unit_test(to_fewest_bytes_and_back),
        cmocka_unit_test(sign_bytes_in_front_say_nothing),
        cmocka_unit_test(refuses_bytes_of_no_decimal),
        cmocka_unit_test(arithmetic),
        cmocka_unit_test(comparison),
    };
    return cmocka_run_group_tests_name("decimal", tests, NULL, NULL);
}
