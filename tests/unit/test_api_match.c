/* Which known symbol a text means, and which origins may read answers. */
#include "cors.h"
#include "match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const char *const known[] = {
    "1INCH-USDT", "AB-CDE",  "ABC-DE",   "BTC-FDUSD", "BTC-USDC",
    "BTC-USDT",   "ETH-BTC", "ETH-USDT", "XBT-USD",   "币安-USDT",
};

/* near: the names, each followed by "|"; NULL: some, test_nearest_first looks at them. */
static const struct {
    const char *text;
    const char *found; /* NULL: none */
    const char *near;
} cases[] = {
    {"BTC-USDT", "BTC-USDT", ""},
    {"BTCUSDT", "BTC-USDT", ""},
    {"btc-usdt", "BTC-USDT", ""},
    {"btc/usdt", "BTC-USDT", ""},
    {"Btc_Usdt", "BTC-USDT", ""},
    {"1inchusdt", "1INCH-USDT", ""},
    {"币安usdt", "币安-USDT", ""},
    {"AB-CDE", "AB-CDE", ""},
    {"abc/de", "ABC-DE", ""},
    {"ABCDE", NULL, "AB-CDE|ABC-DE|"},
    {"A-BCDE", NULL, "AB-CDE|ABC-DE|"},
    {"BTCUSD", NULL, "BTC-USDC|BTC-USDT|BTC-FDUSD|XBT-USD|ETH-USDT|"},
    {"BTCUSTD", NULL, "BTC-USDT|BTC-USDC|BTC-FDUSD|ETH-USDT|XBT-USD|"},
    {"btc", NULL, "BTC-FDUSD|BTC-USDC|BTC-USDT|"},
    {"ETHBCT", NULL, NULL},
    {"DOGE-USDT", NULL, NULL},
    {"ZZZZZZ", NULL, ""},
    {"", NULL, ""},
    {"-/-", NULL, ""},
    {"BTC-USDT-BTC-USDT-BTC-USDT-BTC-USDT-BTC-USDT-BTC-USDT-BTC-USDT-BTC", NULL, ""},
};

static void test_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        struct symbol_match m;
        char near[256] = "";
        size_t len = 0;
        symbol_match(cases[i].text, known, N(known), &m);
        if (cases[i].found) {
            assert_true(m.found >= 0);
            assert_string_equal(known[m.found], cases[i].found);
        } else {
            assert_int_equal(m.found, -1);
        }
        assert_in_range(m.n_near, 0, SYMBOL_NEAR_MAX);
        for (int k = 0; k < m.n_near; k++)
            len += (size_t)snprintf(near + len, sizeof(near) - len, "%s|", known[m.near[k]]);
        if (cases[i].near)
            assert_string_equal(near, cases[i].near);
        else
            assert_true(m.n_near > 0);
    }
}

static void test_nearest_first(void **state)
{
    (void)state;
    struct symbol_match m;
    symbol_match("ETHBCT", known, N(known), &m);
    assert_string_equal(known[m.near[0]], "ETH-BTC"); /* two letters swapped are one slip */
    symbol_match("XETHUSDT", known, N(known), &m);
    assert_string_equal(known[m.near[0]], "ETH-USDT");
}

static void test_ambiguous(void **state)
{
    (void)state;
    struct symbol_match m;
    symbol_match("abcde", known, N(known), &m);
    assert_true(m.ambiguous);
    symbol_match("BTCUSD", known, N(known), &m);
    assert_false(m.ambiguous);
    symbol_match("BTCUSD", NULL, 0, &m);
    assert_int_equal(m.found, -1);
    assert_int_equal(m.n_near, 0);
}

static void test_many_ambiguous(void **state)
{
    (void)state;
    static const char *const same[] = {"A-BCDEFG", "AB-CDEFG", "ABC-DEFG",
                                       "ABCD-EFG", "ABCDE-FG", "ABCDEF-G"};
    struct symbol_match m;
    symbol_match("abcdefg", same, N(same), &m);
    assert_true(m.ambiguous);
    assert_int_equal(m.found, -1);
    assert_int_equal(m.n_near, SYMBOL_NEAR_MAX);
    symbol_match("abcdef/g", same, N(same), &m);
    assert_int_equal(m.found, 5);
}

static void test_canonical(void **state)
{
    (void)state;
    char out[SYMBOL_TEXT_MAX + 1];
    char text[SYMBOL_TEXT_MAX + 2];
    assert_true(symbol_canonical("btc/usdt", out));
    assert_string_equal(out, "BTC-USDT");
    assert_true(symbol_canonical("", out));
    memset(text, 'a', sizeof(text));
    text[SYMBOL_TEXT_MAX] = '\0';
    assert_true(symbol_canonical(text, out));
    text[SYMBOL_TEXT_MAX] = 'a';
    text[SYMBOL_TEXT_MAX + 1] = '\0';
    assert_false(symbol_canonical(text, out));
}

static void test_cors(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        const char *origin;
        const char *allow; /* NULL: nothing */
    } rows[] = {
        {"", "https://a.example", NULL},
        {"*", "https://a.example", "*"},
        {"*", NULL, NULL},
        {"*", "", NULL},
        {"https://a.example", "https://a.example", "https://a.example"},
        {"https://a.example", "https://a.exampl", NULL},
        {"https://a.example", "https://a.example.evil", NULL},
        {" https://a.example ,https://b.example,", "https://b.example", "https://b.example"},
        {",, ,", "https://a.example", NULL},
        {"https://a.example", "", NULL},
    };
    for (size_t i = 0; i < N(rows); i++) {
        char allow[CORS_ORIGIN];
        assert_int_equal(cors_allow(rows[i].list, rows[i].origin, allow), rows[i].allow != NULL);
        if (rows[i].allow)
            assert_string_equal(allow, rows[i].allow);
    }
    char origin[CORS_ORIGIN + 1];
    char allow[CORS_ORIGIN];
    memset(origin, 'a', CORS_ORIGIN);
    origin[CORS_ORIGIN] = '\0';
    assert_false(cors_allow(origin, origin, allow));
    origin[CORS_ORIGIN - 1] = '\0';
    assert_true(cors_allow(origin, origin, allow));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),     cmocka_unit_test(test_nearest_first),
        cmocka_unit_test(test_ambiguous), cmocka_unit_test(test_many_ambiguous),
        cmocka_unit_test(test_canonical), cmocka_unit_test(test_cors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
