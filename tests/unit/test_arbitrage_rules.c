/* The fee table, and what options say that must be right. */
#include "arbitrage_case.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define ENTRY(exchange, bps, from)                                                                 \
    "{\"exchange\":\"" exchange "\",\"taker_bps\":\"" bps "\",\"from\":\"" from                    \
    "\",\"source\":\"x\",\"checked\":\"2026-01-01\"}"
#define TABLE(entries) "{\"fees\":[" entries "]}"

/* Days since 2026-01-01. */
static int64_t day_us(int day)
{
    return (INT64_C(1767225600) + INT64_C(86400) * day) * US_PER_S;
}

static void the_latest_entry_that_has_begun_is_in_force(void **state)
{
    (void)state;
    struct err e = {0};
    static struct fees f;
    const char *text = TABLE(ENTRY("okx", "8", "2026-01-11") "," ENTRY(
        "kraken", "26", "2026-01-06") "," ENTRY("okx", "10", "2026-01-06"));
    assert_int_equal(fees_parse(slice_of(text), &f, &e), 0);
    static const struct {
        const char *exchange;
        int64_t at_day;
        int64_t less_us;
        int bps;       /* -1: none */
        int until_day; /* -1: for ever */
    } rows[] = {
        {"okx", 0, 0, -1, 5},       {"okx", 5, 1, -1, 5},     {"okx", 5, 0, 10, 10},
        {"okx", 10, 1, 10, 10},     {"okx", 10, 0, 8, -1},    {"okx", 900, 0, 8, -1},
        {"kraken", 5, 1, -1, 5},    {"kraken", 5, 0, 26, -1}, {"kraken", 12, 0, 26, -1},
        {"binance", 12, 0, -1, -1}, {"ok", 12, 0, -1, -1},
    };
    for (size_t i = 0; i < N(rows); i++) {
        const struct fee_span span =
            fees_at(&f, slice_of(rows[i].exchange), day_us((int)rows[i].at_day) - rows[i].less_us);
        int bps = span.fee ? (int)(span.fee->taker_bps.e18 / 1000000000000000000) : -1;
        int64_t until_us = rows[i].until_day < 0 ? INT64_MAX : day_us(rows[i].until_day);
        if (bps != rows[i].bps || span.until_us != until_us)
            fail_msg("row %zu: %d", i + 1, bps);
    }
}

static void wrong_tables_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *said; /* a part of the error */
    } rows[] = {
        {"{", "line 1: "},
        {"[]", "expected an object"},
        {"{\"fees\":[],\"fee\":1}", "unknown key \"fee\""},
        {"{\"fees\":{}}", "fees: expected a list of at most 500"},
        {"{}", "fees: expected a list"},
        {TABLE("1"), "fees: entry 1: expected an object"},
        {TABLE(ENTRY("okx", "10", "2026-01-01") ",{}"), "fees: entry 2: exchange: expected a text"},
        {TABLE(ENTRY("", "10", "2026-01-01")), "fees: entry 1: exchange: expected a text"},
        {TABLE(ENTRY("a|b", "10", "2026-01-01")), "\"a|b\" cannot be the name of one"},
        {TABLE(ENTRY("okx", "ten", "2026-01-01")),
         "fees: entry 1: okx: taker_bps: not a decimal number: \"ten\""},
        {TABLE(ENTRY("okx", "-1", "2026-01-01")), "taker_bps: -1 is not from 0 to below 10000"},
        {TABLE(ENTRY("okx", "10000", "2026-01-01")), "10000 is not from 0 to below 10000"},
        {TABLE(ENTRY("okx", "10", "2026-02-30")), "from: \"2026-02-30\" is no day"},
        {TABLE(ENTRY("okx", "10", "yesterday")), "from: \"yesterday\" is no day"},
        {TABLE(ENTRY("okx", "10", "2026-1-1")), "from: \"2026-1-1\" is no day"},
        {TABLE("{\"exchange\":\"okx\",\"taker_bps\":10}"), "okx: taker_bps: expected a text"},
        {TABLE("{\"exchange\":\"okx\",\"taker_bps\":\"10\",\"from\":\"2026-01-01\"}"),
         "okx: source: expected a text"},
        {TABLE("{\"exchange\":\"okx\",\"taker_bps\":\"10\",\"from\":\"2026-01-01\",\"source\":"
               "\"x\",\"checked\":\"never\"}"),
         "checked: \"never\" is no day"},
        {TABLE("{\"exchange\":\"okx\",\"maker_bps\":\"10\"}"), "unknown key \"maker_bps\""},
        {TABLE("{\"exchange\":\"okx\",\"exchange\":\"okx\"}"), "line 1: "},
        {TABLE(ENTRY("okx", "10", "2026-01-01") "," ENTRY("okx", "9", "2026-01-01")),
         "two entries of okx begin on the same day"},
    };
    static struct fees f;
    for (size_t i = 0; i < N(rows); i++) {
        struct err e = {0};
        if (fees_parse(slice_of(rows[i].text), &f, &e) == 0)
            fail_msg("taken: %s", rows[i].text);
        if (e.code != ERR_CONF || !strstr(e.text, rows[i].said))
            fail_msg("%s: said \"%s\" (%s)", rows[i].text, e.text, err_code_name(e.code));
    }
}

static void the_table_that_comes_with_the_program(void **state)
{
    (void)state;
    struct arbitrage_options o; /* filled from the defaults, which name no file */
    struct err e = {0};
    arbitrage_case_options(&o);
    assert_int_equal(arbitrage_fold.prepare(&o, &e), 0);
    static const char *const exchanges[] = {"binance", "kraken", "okx"};
    for (size_t i = 0; i < N(exchanges); i++)
        assert_non_null(fees_at(&o.rules.fees, slice_of(exchanges[i]), day_us(0)).fee);
}

static void least_notional_of_a_quote_asset(void **state)
{
    (void)state;
    struct err e = {0};
    struct notionals n;
    static const struct {
        const char *symbol;
        int least;
    } rows[] = {{"BTC-USD", 10}, {"X-BTC-USD", 10}, {"USD-BTC", 3}, {"BTC-USDT", 7}, {"BTC-", 7}};
    assert_int_equal(rules_parse_notionals("USD=10,BTC=3,*=7", &n, &e), 0);
    for (size_t i = 0; i < N(rows); i++)
        if (rules_notional(&n, slice_of(rows[i].symbol)).e18 !=
            (__int128)rows[i].least * 1000000000000000000)
            fail_msg("%s", rows[i].symbol);
    assert_int_equal(rules_parse_notionals("", &n, &e), 0);
    assert_true(decimal_is_zero(rules_notional(&n, slice_of("BTC-USD"))));
}

static void wrong_options_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        const char *text;
        const char *said;
    } rows[] = {
        {offsetof(struct arbitrage_options, open_bps), "much",
         "open.bps: \"much\" is no number of basis points"},
        {offsetof(struct arbitrage_options, open_bps), "0", "open.bps: 0 is not above zero"},
        {offsetof(struct arbitrage_options, close_bps), "5.1",
         "close.bps: 5.1 is above open.bps, 5"},
        {offsetof(struct arbitrage_options, close_bps), "-10001", "close.bps: \"-10001\""},
        {offsetof(struct arbitrage_options, suspect_bps), "", "suspect.bps: \"\""},
        {offsetof(struct arbitrage_options, min_notional), "USD",
         "min.notional: \"USD\" is not ASSET=AMOUNT"},
        {offsetof(struct arbitrage_options, min_notional), "USD=ten", "min.notional: USD: "},
        {offsetof(struct arbitrage_options, min_notional), "USD=-1",
         "min.notional: USD: below zero"},
        {offsetof(struct arbitrage_options, min_notional), "USD=1,USD=2",
         "min.notional: USD is there twice"},
        {offsetof(struct arbitrage_options, min_notional), "=1", "is not ASSET=AMOUNT"},
        {offsetof(struct arbitrage_options, fees), "/does/not/exist",
         "/does/not/exist: No such file"},
        {offsetof(struct arbitrage_options, fees), "/dev/zero",
         "/dev/zero: longer than 1048576 bytes"},
    };
    for (size_t i = 0; i < N(rows); i++) {
        struct err e = {0};
        struct arbitrage_options o;
        arbitrage_case_options(&o);
        *(const char **)((char *)&o + rows[i].offset) = rows[i].text;
        if (arbitrage_fold.prepare(&o, &e) == 0)
            fail_msg("taken: %s", rows[i].text);
        if (e.code != ERR_CONF || !strstr(e.text, rows[i].said))
            fail_msg("%s: said \"%s\"", rows[i].text, e.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_latest_entry_that_has_begun_is_in_force),
        cmocka_unit_test(wrong_tables_are_refused),
        cmocka_unit_test(the_table_that_comes_with_the_program),
        cmocka_unit_test(least_notional_of_a_quote_asset),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests_name("arbitrage_rules", tests, NULL, NULL);
}
