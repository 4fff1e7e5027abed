/* Decimals as PostgreSQL's binary numeric. The expected bytes are those of PostgreSQL 15 itself:
 * SELECT encode(numeric_send(v::numeric), 'hex'). Equality for random values, through COPY and back
 * as text, is tests/integration/test_postgres.py's. */
#include "numeric.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
    const char *text;
    const char *hex;
} known[] = {
    {"0", "0000000000000000"},
    {"1", "00010000000000000001"},
    {"-1", "00010000400000000001"},
    {"9999", "0001000000000000270f"},
    {"10000", "00010001000000000001"},
    {"0.1", "0001ffff0000000103e8"},
    {"-0.5", "0001ffff400000011388"},
    {"1.25", "0002000000000002000109c4"},
    {"64123.45", "00030001000000020006101b1194"},
    {"0.0001", "0001ffff000000040001"},
    {"0.00001", "0001fffe0000000503e8"},
    {"0.00000000000000001", "0001fffb0000001103e8"},
    {"0.000000000000000001", "0001fffb000000120064"},
    {"-0.000000000000000001", "0001fffb400000120064"},
    {"12345678.87654321", "000400010000000804d2162e223d10e1"},
    {"100000000", "00010002000000000001"},
    {"100000000.00000001", "000500020000000800010000000000000001"},
    {"20000.0002", "0003000100000004000200000002"},
    {"1e16", "00010004000000000001"},
    {"10000000000000000000", "000100040000000003e8"},
    {"170141183460469231731.5", NULL}, /* 21 digits before the point: no decimal of ours */
    {"99999999999999999999.999999999999999999",
     "000a000400000012270f270f270f270f270f270f270f270f270f26ac"},
    {"-99999999999999999999.999999999999999999",
     "000a000440000012270f270f270f270f270f270f270f270f270f26ac"},
};

static void same_bytes_as_the_server(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        struct err e = {0};
        struct decimal d = {0};
        int r = decimal_parse(slice_of(known[i].text), &d, &e);
        assert_int_equal(r, known[i].hex ? 0 : -1);
        if (!known[i].hex)
            continue;
        uint8_t out[NUMERIC_BYTES_MAX];
        size_t len = numeric_binary(d, out);
        char hex[2 * NUMERIC_BYTES_MAX + 1] = "";
        for (size_t b = 0; b < len; b++)
            (void)snprintf(hex + 2 * b, 3, "%02x", out[b]);
        if (strcmp(hex, known[i].hex) != 0)
            fail_msg("%s: %s, expected %s", known[i].text, hex, known[i].hex);
    }
}

static unsigned word(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

/* What the bytes say, read back by the definition: sum of digit * 10000^(weight - i). */
static __int128 read_back_e18(const uint8_t *p)
{
    int weight = (int16_t)word(p + 2);
    __int128 whole = 0;
    __int128 fraction_e20 = 0;
    for (int i = 0; i < (int)word(p); i++) {
        __int128 digit = word(p + 8 + 2 * i);
        int power = weight - i;
        for (int w = power >= 0 ? power : power + 5; w > 0; w--)
            digit *= 10000;
        *(power >= 0 ? &whole : &fraction_e20) += digit;
    }
    __int128 e18 = whole * 1000000000000000000 + fraction_e20 / 100;
    return word(p + 4) == 0x4000 ? -e18 : e18;
}

/* Every magnitude, every number of trailing zeros. */
static void reads_back_equal(void **state)
{
    (void)state;
    __int128 scale = 1;
    for (int zeros = 0; zeros < 38; zeros++, scale *= 10) {
        for (int v = 1; v < 10000; v = v * 3 + 1) {
            for (int sign = -1; sign <= 1; sign += 2) {
                const __int128 limit = (__int128)1000000000000000000 * 1000000000000000000 * 100;
                if (v >= limit / scale)
                    continue;
                struct decimal d = {sign * v * scale};
                uint8_t out[NUMERIC_BYTES_MAX];
                size_t len = numeric_binary(d, out);
                assert_int_equal(len, 8 + 2 * word(out));
                assert_true(read_back_e18(out) == d.e18);
                char text[DECIMAL_TEXT];
                (void)decimal_format(d, text);
                const char *point = strchr(text, '.');
                assert_int_equal(word(out + 6), point ? strlen(point + 1) : 0);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes_as_the_server),
        cmocka_unit_test(reads_back_equal),
    };
    return cmocka_run_group_tests_name("numeric", tests, NULL, NULL);
}
