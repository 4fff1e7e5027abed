/* What a simulated exchange lists. */
#include "binance.h"
#include "e8.h"
#include "kraken.h"
#include "listing.h"
#include "okx.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct listing *make(uint32_t n, const struct listing_rules *rules)
{
    struct err e = {0};
    struct listing *l = listing_create(n, rules, &e);
    assert_non_null(l);
    return l;
}

static void busiest_first_and_real_names(void **state)
{
    (void)state;
    struct listing *l = make(20, &binance_dialect.listing);
    assert_int_equal(l->n_trading, 20);
    assert_string_equal(l->symbols[0].native, "BTCUSDT");
    assert_string_equal(l->symbols[0].canonical, "BTC-USDT");
    assert_string_equal(l->symbols[1].native, "ETHUSDT");
    assert_string_equal(l->assets[l->symbols[0].base].name, "BTC");
    assert_string_equal(l->assets[l->symbols[0].quote].name, "USDT");
    for (uint32_t i = 1; i < l->n_trading; i++)
        assert_true(l->symbols[i - 1].weight >= l->symbols[i].weight);
    listing_destroy(l);
}

/* As the exchange has them (exchangeInfo in 2026). */
static void ticks_and_lots_are_the_real_ones(void **state)
{
    (void)state;
    static const struct {
        const char *native;
        int64_t tick_e8;
        int64_t lot_e8;
    } rows[] = {
        {"BTCUSDT", E8_ONE / 100, E8_ONE / 100000}, {"ETHUSDT", E8_ONE / 100, E8_ONE / 10000},
        {"SOLUSDT", E8_ONE / 100, E8_ONE / 1000},   {"XRPUSDT", E8_ONE / 10000, E8_ONE / 10},
        {"DOGEUSDT", E8_ONE / 100000, E8_ONE},      {"PEPEUSDT", 1, E8_ONE},
    };
    struct listing *l = make(200, &binance_dialect.listing);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t s;
        assert_true(listing_find(l, slice_of(rows[i].native), &s));
        assert_int_equal(l->symbols[s].tick_e8, rows[i].tick_e8);
        assert_int_equal(l->symbols[s].lot_e8, rows[i].lot_e8);
    }
    listing_destroy(l);
}

static bool is_power_of_ten(int64_t n)
{
    while (n > 1 && n % 10 == 0)
        n /= 10;
    return n == 1;
}

static void assert_sound(const struct dialect *d)
{
    struct listing *l = make(LISTING_MAX, &d->listing);
    assert_int_equal(l->n_symbols, LISTING_MAX + LISTING_DELISTED);
    for (uint32_t i = 0; i < l->n_symbols; i++) {
        const struct symbol *s = &l->symbols[i];
        uint32_t found;
        assert_true(listing_find(l, slice_of(s->native), &found));
        assert_int_equal(found, i); /* so no two have one name */
        assert_true(is_power_of_ten(s->tick_e8) && is_power_of_ten(s->lot_e8));
        assert_true(s->typical_lots >= 1);
        assert_int_equal(s->trading, i < LISTING_MAX);
        assert_int_equal(s->weight > 0, s->trading);
        assert_int_not_equal(s->base, s->quote);
        assert_true(s->base < l->n_assets && s->quote < l->n_assets);
        for (const char *p = s->native; *p; p++)
            assert_true(isupper((unsigned char)*p) || isdigit((unsigned char)*p) ||
                        *p == *d->listing.separator);
    }
    listing_destroy(l);
}

static void the_largest_lists_are_sound(void **state)
{
    (void)state;
    assert_sound(&binance_dialect);
    assert_sound(&kraken_dialect);
    assert_sound(&okx_dialect);
}

static bool lists(const struct dialect *d, uint32_t n, const char *canonical)
{
    bool found = false;
    struct listing *l = make(n, &d->listing);
    for (uint32_t i = 0; i < l->n_trading; i++)
        found = found || strcmp(l->symbols[i].canonical, canonical) == 0;
    listing_destroy(l);
    return found;
}

/* What an arbitrage between them needs: the same pairs on all, and dollars for dollars on Kraken.
 */
static void small_lists_have_pairs_in_common(void **state)
{
    (void)state;
    static const char *const on_all[] = {"BTC-USDT", "ETH-USDT", "BTC-USDC", "BTC-EUR"};
    for (size_t i = 0; i < sizeof(on_all) / sizeof(on_all[0]); i++)
        assert_true(lists(&binance_dialect, 20, on_all[i]) &&
                    lists(&kraken_dialect, 20, on_all[i]) && lists(&okx_dialect, 20, on_all[i]));
    assert_true(lists(&kraken_dialect, 20, "USDT-USD") && lists(&kraken_dialect, 20, "EUR-USD"));
    assert_false(lists(&binance_dialect, 2000, "BTC-USD"));
    assert_false(lists(&kraken_dialect, 2000, "BTC-FDUSD"));
    assert_true(lists(&okx_dialect, 200, "BTC-USD"));
}

/* A symbol is picked as often as it trades. */
static void picks_by_weight(void **state)
{
    (void)state;
    struct listing *l = make(20, &binance_dialect.listing);
    int64_t sum = l->weight_sums[19];
    int64_t counts[20] = {0};
    const int64_t n = 100000;
    for (int64_t i = 0; i < n; i++)
        counts[listing_pick(l, (uint64_t)i * (UINT64_MAX / (uint64_t)n))]++;
    for (uint32_t i = 0; i < 20; i++) {
        int64_t expected = l->symbols[i].weight * n / sum;
        assert_true(counts[i] >= expected - 2 && counts[i] <= expected + 2);
    }
    listing_destroy(l);
}

static void finds_only_whole_names(void **state)
{
    (void)state;
    struct listing *l = make(20, &binance_dialect.listing);
    static const char *const strangers[] = {"", "BTC", "BTCUSD", "BTCUSDTX", "btcusdt", "ZZZ", "A"};
    uint32_t s = 77;
    for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
        assert_false(listing_find(l, slice_of(strangers[i]), &s));
    assert_int_equal(s, 77);
    assert_true(listing_find(l, slice_of("VENUSDT"), &s));
    assert_false(l->symbols[s].trading);
    listing_destroy(l);
}

static void native_names_follow_the_exchange(void **state)
{
    (void)state;
    const struct listing_rules rules = {.separator = "/",
                                        .quote_permille = {[QUOTE_USD] = 1000, [QUOTE_BTC] = 1},
                                        .currency_permille = 10};
    struct listing *l = make(1, &rules);
    assert_string_equal(l->symbols[0].native, "BTC/USD");
    assert_string_equal(l->symbols[0].canonical, "BTC-USD");
    listing_destroy(l);
}

static void refuses_what_it_cannot_make(void **state)
{
    (void)state;
    struct err e = {0};
    assert_null(listing_create(0, &binance_dialect.listing, &e));
    assert_int_equal(e.code, ERR_ARG);
    assert_null(listing_create(LISTING_MAX + 1, &binance_dialect.listing, &e));
    listing_destroy(NULL);
}

static void some_are_listed_later(void **state)
{
    struct err e = {0};
    uint32_t symbol;
    (void)state;
    struct listing *all = listing_create(5, &binance_dialect.listing, &e);
    struct listing *l = listing_create_later(3, 2, &binance_dialect.listing, &e);
    assert_non_null(all);
    assert_non_null(l);
    assert_int_equal(l->n_symbols, all->n_symbols);
    assert_int_equal(l->n_trading, 5);
    assert_int_equal(listing_trading(l), 3);
    for (uint32_t i = 0; i < 5; i++) {
        struct slice name = slice_of(l->symbols[i].native);
        assert_string_equal(l->symbols[i].native, all->symbols[i].native);
        assert_int_equal(listing_find(l, name, &symbol), i < 3);
        listing_set_trading(l, i, true);
        assert_true(listing_find(l, name, &symbol));
        assert_int_equal(symbol, i);
    }
    assert_int_equal(listing_trading(l), 5);
    listing_set_trading(l, 1, false);
    assert_int_equal(listing_trading(l), 4);
    assert_true(listing_find(l, slice_of(l->symbols[1].native), &symbol)); /* still shown */
    listing_destroy(l);
    listing_destroy(all);
    assert_null(listing_create_later(LISTING_MAX, 1, &binance_dialect.listing, &e));
    assert_int_equal(e.code, ERR_ARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(busiest_first_and_real_names),
        cmocka_unit_test(ticks_and_lots_are_the_real_ones),
        cmocka_unit_test(the_largest_lists_are_sound),
        cmocka_unit_test(small_lists_have_pairs_in_common),
        cmocka_unit_test(picks_by_weight),
        cmocka_unit_test(finds_only_whole_names),
        cmocka_unit_test(native_names_follow_the_exchange),
        cmocka_unit_test(refuses_what_it_cannot_make),
        cmocka_unit_test(some_are_listed_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
