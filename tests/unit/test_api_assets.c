/* The table of assets, what it refuses, and which symbol a text with their names means. */
#include "assets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const char table[] =
    "[{\"asset\":\"BTC\",\"name\":\"Bitcoin\",\"aliases\":[\"XBT\",\"digital gold\"]},\n"
    " {\"asset\":\"BCH\",\"name\":\"Bitcoin Cash\"},\n"
    " {\"asset\":\"S\",\"name\":\"Sonic\"},\n"
    " {\"asset\":\"SHIB\",\"name\":\"Shiba Inu\",\"aliases\":[]},\n"
    " {\"asset\":\"SUI\",\"name\":\"Sui\"},\n"
    " {\"asset\":\"USD\",\"name\":\"US dollar\",\"aliases\":[\"Dollar\"]},\n"
    " {\"asset\":\"USDT\",\"name\":\"Tether\"}]";

static struct assets *parsed(const char *text)
{
    struct err e = {0};
    struct assets *a = assets_parse(slice_of(text), &e);
    if (!a)
        fail_msg("%s", e.text);
    return a;
}

static void test_table(void **state)
{
    (void)state;
    struct assets *a = parsed(table);
    assert_int_equal(assets_count(a), 7);
    const struct asset *btc = assets_get(a, slice_of("BTC"));
    assert_ptr_equal(btc, assets_at(a, 0));
    assert_string_equal(btc->name, "Bitcoin");
    assert_int_equal(btc->n_aliases, 2);
    assert_string_equal(btc->aliases[0], "XBT");
    assert_int_equal(assets_get(a, slice_of("SHIB"))->n_aliases, 0);
    assert_null(assets_get(a, slice_of("btc")));
    assert_null(assets_get(a, slice_of("XBT")));
    assert_null(assets_get(a, slice_of("1000SHIB")));
    assert_null(assets_get(a, slice_of("BTCBTCBTCBTCBTCBTCBTCBTCBTC")));
    assert_string_equal(assets_find(a, "DIGITALGOLD"), "BTC");
    assert_null(assets_find(a, "DIGITAL"));
    assert_string_equal(assets_array(a),
                        "{\"BTC\",\"BCH\",\"S\",\"SHIB\",\"SUI\",\"USD\",\"USDT\"}");
    assets_destroy(a);
    a = parsed("[]");
    assert_int_equal(assets_count(a), 0);
    assert_null(assets_find(a, "BTC"));
    assert_string_equal(assets_array(a), "{}");
    assets_destroy(a);
    assets_destroy(NULL);
}

#define ENTRY(asset, name) "{\"asset\":\"" asset "\",\"name\":\"" name "\"}"
#define WITH(asset, name, aliases)                                                                 \
    "{\"asset\":\"" asset "\",\"name\":\"" name "\",\"aliases\":" aliases "}"

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"", "line "},
        {"[\n\n}", "line 3: "},
        {"{}", "expected a list of at most 5000"},
        {"[1]", "entry 1: expected an object"},
        {"[{}]", "entry 1: asset: expected a text"},
        {"[{\"asset\":\"BTC\",\"asset\":\"BTC\"}]", "line 1: duplicate object key"},
        {"[{\"asset\":\"BTC\"}]", "entry 1: BTC: name: expected a text"},
        {"[{\"asset\":\"BTC\",\"name\":\"x\",\"id\":1}]", "entry 1: unknown key \"id\""},
        {"[" ENTRY("btc", "x") "]", "entry 1: asset: \"btc\" is not upper case letters and digits"},
        {"[" ENTRY("B-C", "x") "]", "asset: \"B-C\" is not upper case letters and digits"},
        {"[" ENTRY("ABCDEFGHIJKLMNOPQRSTU", "x") "]", "asset: expected a text of 1 to 20 bytes"},
        {"[" ENTRY("BTC", "") "]", "name: expected a text of 1 to 60 bytes, with letters"},
        {"[" ENTRY("BTC", "--") "]", "name: expected a text"},
        {"[" ENTRY("BTC", "a\\u0000b") "]", "line 1: "},
        {"[" ENTRY("BTC", "a\\nb") "]", "name: expected a text"},
        {"[" WITH("BTC", "x", "\"XBT\"") "]", "aliases: expected a list of at most 8"},
        {"[" WITH("BTC", "x", "[1]") "]", "aliases: expected a text"},
        {"[" WITH("BTC", "x", "[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]") "]",
         "aliases: expected a list of at most 8"},
        {"[" WITH("SHIB", "Shiba", "[\"1000SHIB\"]") "]",
         "entry 1: SHIB: aliases: 1000SHIB is a multiple of SHIB, an asset of its own"},
        {"[" WITH("BABYDOGE", "Baby", "[\"1m-babydoge\"]") "]", "1m-babydoge is a multiple"},
        {"[" ENTRY("BTC", "Bitcoin") ",\n" ENTRY("BTC", "Coin") "]",
         "\"BTC\" of BTC (entry 1) and \"BTC\" of BTC (entry 2) are the same"},
        {"[" ENTRY("S", "Sonic") "," ENTRY("SONIC", "Sonic SVM") "]",
         "\"Sonic\" of S (entry 1) and \"SONIC\" of SONIC (entry 2) are the same"},
        {"[" ENTRY("A", "Bit Coin") "," ENTRY("B", "bitcoin") "]", "\"Bit Coin\" of A (entry 1)"},
        {"[" WITH("A", "x", "[\"Y\"]") "," ENTRY("B", "y") "]", "\"Y\" of A (entry 1) and \"y\""},
        {"[" WITH("A", "x", "[\"X\"]") "]", "\"x\" of A (entry 1) and \"X\" of A (entry 1)"},
        {"[" WITH("A", "x", "[\"a\"]") "]", "are the same"},
    };
    for (size_t i = 0; i < N(rows); i++) {
        struct err e = {0};
        assert_null(assets_parse(slice_of(rows[i].text), &e));
        assert_int_equal(e.code, ERR_CONF);
        if (!strstr(e.text, rows[i].says))
            fail_msg("row %zu: \"%s\" does not say \"%s\"", i, e.text, rows[i].says);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct err e = {0};
    char *text = malloc((ASSETS_MAX + 1) * 40 + 3);
    assert_non_null(text);
    for (int more = 0; more <= 1; more++) {
        size_t len = 0;
        for (int i = 0; i < ASSETS_MAX + more; i++)
            len += (size_t)sprintf(text + len, "%c{\"asset\":\"A%d\",\"name\":\"N%d\"}",
                                   i ? ',' : '[', i, i);
        (void)strcpy(text + len, "]");
        struct assets *a = assets_parse(slice_of(text), &e);
        assert_int_equal(a != NULL, more == 0);
        if (a) {
            assert_int_equal(assets_count(a), ASSETS_MAX);
            assert_string_equal(assets_find(a, "N4999"), "A4999");
        }
        assets_destroy(a);
    }
    assert_string_equal(e.text, "expected a list of at most 5000");
    free(text);
}

static const char *const known[] = {
    "1000SHIB-USDC", "BCH-USDT", "BTC-USD", "BTC-USDT", "CASH-BTC",    "SHIB-USDT",
    "SONIC-USDC",    "S-USDC",   "S-USDT",  "SUI-USDT", "WRAPPED-USD", "ZZZ-BTC",
};

static const struct {
    const char *text;
    const char *found; /* NULL: none */
    const char *near;  /* each name followed by "|"; NULL: not looked at */
} cases[] = {
    {"bitcoin-usdt", "BTC-USDT", ""},
    {"Bitcoin/Tether", "BTC-USDT", ""},
    {"XBT/USD", "BTC-USD", ""},
    {"xbt_dollar", "BTC-USD", ""},
    {"XBTUSD", "BTC-USD", ""},
    {"bitcointether", "BTC-USDT", ""},
    {"bitcoin cash/usdt", "BCH-USDT", ""},
    {"bitcoin-cash-tether", "BCH-USDT", ""},
    {"bitcoincashusdt", "BCH-USDT", ""},
    {"digital-gold/us dollar", "BTC-USD", ""},
    {"zzz/bitcoin", "ZZZ-BTC", ""},      /* one that has no name here */
    {"zzzbitcoin", NULL, NULL},          /* where does it end? */
    {"wrapped bitcoin/usd", NULL, NULL}, /* two words are no asset that has no name */
    {"shiba inu-usdt", "SHIB-USDT", ""},
    {"1000SHIB-USDT", NULL, NULL}, /* another asset: other prices */
    {"1000 shiba inu/usdt", NULL, NULL},
    {"sonic-usdt", NULL, NULL}, /* SONIC is traded, so it is not S */
    {"bitcoin-chf", NULL, NULL},
    {"bitcoin", NULL, "BTC-USD|BTC-USDT|"}, /* of what quote? */
    {"bitcoin-usdc", NULL, NULL},
    {"", NULL, ""},
    {"--", NULL, ""},
    {"-bitcoin", NULL, NULL},
    {"bitcoin/usdt-bitcoin/usdt-bitcoin/usdt-bitcoin/usdt-bitcoin/usdt-", NULL, ""},
};

static void test_match(void **state)
{
    (void)state;
    struct assets *a = parsed(table);
    for (size_t i = 0; i < N(cases); i++) {
        struct symbol_match m;
        char near[256] = "";
        size_t len = 0;
        symbol_match(cases[i].text, known, N(known), &m);
        assert_int_equal(m.found, -1); /* it is found by its names alone */
        assets_match(a, cases[i].text, known, N(known), &m);
        const char *found = m.found >= 0 ? known[m.found] : "nothing";
        if (strcmp(found, cases[i].found ? cases[i].found : "nothing") != 0)
            fail_msg("\"%s\" is %s", cases[i].text, found);
        for (int k = 0; k < m.n_near; k++)
            len += (size_t)snprintf(near + len, sizeof(near) - len, "%s|", known[m.near[k]]);
        if (cases[i].near)
            assert_string_equal(near, cases[i].near);
    }
    assets_destroy(a);
}

static void test_nothing_known(void **state)
{
    (void)state;
    struct assets *a = parsed(table);
    struct symbol_match m;
    symbol_match("bitcoin-usdt", NULL, 0, &m);
    assets_match(a, "bitcoin-usdt", NULL, 0, &m);
    assert_int_equal(m.found, -1);
    assert_int_equal(m.n_near, 0);
    assets_destroy(a);
}

/* What is near is near to the asset, not to its name. */
static void test_near(void **state)
{
    (void)state;
    struct assets *a = parsed(table);
    struct symbol_match m;
    symbol_match("bitcoin-usdc", known, N(known), &m);
    assets_match(a, "bitcoin-usdc", known, N(known), &m);
    assert_true(m.n_near >= 2);
    assert_string_equal(known[m.near[0]], "BTC-USD");
    assert_string_equal(known[m.near[1]], "BTC-USDT");
    assets_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),  cmocka_unit_test(test_refused),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_match),
        cmocka_unit_test(test_near),   cmocka_unit_test(test_nothing_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
