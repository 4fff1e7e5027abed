/* What a ticker tells besides the book, and the text of its numbers. */
#include "binance.h"
#include "e8.h"
#include "ticker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct shelf {
    struct listing *listing;
    struct tickers *tickers;
};

static int setup(void **state)
{
    struct err e = {0};
    struct shelf *s = calloc(1, sizeof(*s));
    if (!s)
        return -1;
    s->listing = listing_create(3, &binance_dialect.listing, &e);
    s->tickers = s->listing ? tickers_create(s->listing, &e) : NULL;
    *state = s;
    return s->tickers ? 0 : -1;
}

static int teardown(void **state)
{
    struct shelf *s = *state;
    tickers_destroy(s->tickers);
    listing_destroy(s->listing);
    free(s);
    return 0;
}

static void add(struct shelf *s, int64_t price_e8, int64_t amount_e8)
{
    const struct market_trade t = {.symbol = 1, .price_e8 = price_e8, .amount_e8 = amount_e8};
    tickers_add(s->tickers, &t);
}

static void sums_up_what_was_traded(void **state)
{
    struct shelf *s = *state;
    const struct ticker *t = tickers_get(s->tickers, 1);
    assert_int_equal(t->trades, 0);
    assert_int_equal(ticker_vwap_e8(t, 1), 0);
    add(s, 100 * E8_ONE, 2 * E8_ONE);
    add(s, 90 * E8_ONE, E8_ONE);
    add(s, 120 * E8_ONE, E8_ONE);
    assert_int_equal(t->trades, 3);
    assert_int_equal(t->first_e8, 100 * E8_ONE);
    assert_int_equal(t->last_e8, 120 * E8_ONE);
    assert_int_equal(t->low_e8, 90 * E8_ONE);
    assert_int_equal(t->high_e8, 120 * E8_ONE);
    assert_int_equal(t->volume_e8, 4 * E8_ONE);
    assert_int_equal(t->quote_volume_e8, 410 * E8_ONE);
    assert_int_equal(ticker_vwap_e8(t, E8_ONE / 10), 1025 * E8_ONE / 10);
    assert_int_equal(ticker_vwap_e8(t, E8_ONE), 102 * E8_ONE);
    assert_int_equal(tickers_get(s->tickers, 0)->trades, 0);
}

static void sums_stop_at_what_can_be_held(void **state)
{
    struct shelf *s = *state;
    for (int i = 0; i < 3; i++)
        add(s, 3 * E8_ONE, INT64_MAX / 2);
    const struct ticker *t = tickers_get(s->tickers, 1);
    assert_int_equal(t->volume_e8, INT64_MAX);
    assert_int_equal(t->quote_volume_e8, INT64_MAX);
}

static void numbers_without_needless_zeros(void **state)
{
    (void)state;
    static const struct {
        int64_t value_e8;
        int decimals;
        const char *text;
    } rows[] = {
        {0, 0, "0"},
        {0, 1, "0.0"},
        {0, 8, "0.00000000"},
        {1, 0, "0.00000001"},
        {10 * E8_ONE, 0, "10"},
        {40 * E8_ONE, 1, "40.0"},
        {250000000, 0, "2.5"},
        {10594420000000, 2, "105944.20"},
        {10594420000000, 0, "105944.2"},
        {INT64_MAX, 0, "92233720368.54775807"},
    };
    char text[E8_TEXT];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(e8_format_short(rows[i].value_e8, rows[i].decimals, text),
                         strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
    }
}

static void decimals_of_a_grid(void **state)
{
    (void)state;
    assert_int_equal(e8_decimals(1), 8);
    assert_int_equal(e8_decimals(E8_ONE / 100), 2);
    assert_int_equal(e8_decimals(E8_ONE), 0);
    assert_int_equal(e8_decimals(10 * E8_ONE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sums_up_what_was_traded, setup, teardown),
        cmocka_unit_test_setup_teardown(sums_stop_at_what_can_be_held, setup, teardown),
        cmocka_unit_test(numbers_without_needless_zeros),
        cmocka_unit_test(decimals_of_a_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
