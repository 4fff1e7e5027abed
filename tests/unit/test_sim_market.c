/* The market of the simulator: what a seed promises, and what makes it plausible. */
#include "binance.h"
#include "market_case.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_same_event(const struct market_event *x, const struct market_event *y)
{
    assert_int_equal(x->kind, y->kind);
    if (x->kind == MARKET_TRADE)
        assert_same_trade(&x->trade, &y->trade);
    else
        assert_same_quote(&x->quote, &y->quote);
}

static void same_seed_and_start_same_market(void **state)
{
    (void)state;
    struct market_config other = market_case_plain;
    other.seed = 43;
    struct market_case a =
        market_case_open(MARKET_CASE_SYMBOLS, &market_case_plain, MARKET_CASE_START_US);
    struct market_case b =
        market_case_open(MARKET_CASE_SYMBOLS, &market_case_plain, MARKET_CASE_START_US);
    struct market_case c = market_case_open(MARKET_CASE_SYMBOLS, &other, MARKET_CASE_START_US);
    int differ = 0;
    for (int i = 0; i < 50000; i++) {
        struct market_event x = market_case_event(&a);
        struct market_event y = market_case_event(&b);
        assert_same_event(&x, &y);
    }
    for (int i = 0; i < 1000; i++) {
        struct market_trade x = market_case_trade(&a);
        struct market_trade y = market_case_trade(&c);
        differ += x.symbol != y.symbol || x.price_e8 != y.price_e8 || x.amount_e8 != y.amount_e8;
    }
    assert_true(differ > 950);
    market_case_close(&a);
    market_case_close(&b);
    market_case_close(&c);
}

/* Prices belong to the time; the rest of the trades hangs neither on it nor on the quotes. */
static void the_start_and_quotes_change_nothing_but_prices(void **state)
{
    (void)state;
    const int64_t shift_us = 7 * US_PER_DAY;
    struct market_config other = market_case_plain;
    other.quote_rate = 100;
    other.one_sided_permille = 300;
    other.plant = (struct plant_config){US_PER_S, US_PER_S / 2, 100};
    struct market_case a =
        market_case_open(MARKET_CASE_SYMBOLS, &market_case_plain, MARKET_CASE_START_US);
    struct market_case b =
        market_case_open(MARKET_CASE_SYMBOLS, &other, MARKET_CASE_START_US + shift_us);
    int same_price = 0;
    for (int i = 0; i < 20000; i++) {
        struct market_trade x = market_case_trade(&a);
        struct market_trade y = market_case_trade(&b);
        same_price += x.price_e8 == y.price_e8;
        y.id -= shift_us / MARKET_ID_US;
        y.time_us -= shift_us;
        y.due_us -= shift_us;
        y.price_e8 = x.price_e8;
        assert_same_trade(&x, &y);
    }
    assert_true(same_price < 2000);
    market_case_close(&a);
    market_case_close(&b);
}

static void another_exchange_has_trades_of_its_own(void **state)
{
    (void)state;
    struct market_config other = market_case_plain;
    other.exchange = "kraken";
    struct market_case a =
        market_case_open(MARKET_CASE_SYMBOLS, &market_case_plain, MARKET_CASE_START_US);
    struct market_case b = market_case_open(MARKET_CASE_SYMBOLS, &other, MARKET_CASE_START_US);
    int same = 0;
    for (int i = 0; i < 1000; i++)
        same += market_case_trade(&a).amount_e8 == market_case_trade(&b).amount_e8;
    assert_true(same < 100);
    market_case_close(&a);
    market_case_close(&b);
}

/* --- trades ---------------------------------------------------------------------------------- */

static void ids_are_contiguous(void **state)
{
    (void)state;
    struct market_case w =
        market_case_open(MARKET_CASE_SYMBOLS, &market_case_plain, MARKET_CASE_START_US);
    int64_t expected[MARKET_CASE_SYMBOLS];
    for (int i = 0; i < MARKET_CASE_SYMBOLS; i++)
        expected[i] = MARKET_CASE_START_US / MARKET_ID_US;
    for (int i = 0; i < 50000; i++) {
        struct market_trade t = market_case_trade(&w);
        assert_int_equal(t.id, expected[t.symbol]++);
    }
    market_case_close(&w);
}

static void prices_and_amounts_are_on_their_grids(void **state)
{
    (void)state;
    struct market_case w = market_case_open(200, &market_case_plain, MARKET_CASE_START_US);
    int buys = 0;
    for (int i = 0; i < 50000; i++) {
        struct market_trade t = market_case_trade(&w);
        const struct symbol *s = &w.listing->symbols[t.symbol];
        assert_true(t.symbol < w.listing->n_trading);
        assert_true(t.price_e8 > 0 && t.price_e8 % s->tick_e8 == 0);
        assert_true(t.amount_e8 > 0 && t.amount_e8 % s->lot_e8 == 0);
        assert_int_equal(t.time_us, t.due_us - t.due_us % 1000);
        buys += t.side == TAKER_BUY;
    }
    assert_true(buys > 20000 && buys < 30000);
    market_case_close(&w);
}

static void trades_come_at_the_rate(void **state)
{
    (void)state;
    for (int64_t reorder = 0; reorder <= 1000; reorder += 500) {
        struct market_config config = market_case_plain;
        config.reorder_permille = reorder;
        struct market_case w = market_case_open(MARKET_CASE_SYMBOLS, &config, MARKET_CASE_START_US);
        struct market_trade t = {0};
        const int n = 100000;
        for (int i = 0; i < n; i++)
            t = market_case_trade(&w);
        int64_t took_us = t.due_us - MARKET_CASE_START_US;
        int64_t expected_us = n / config.rate * US_PER_S;
        assert_true(took_us > expected_us * 97 / 100 && took_us < expected_us * 103 / 100);
        market_case_close(&w);
    }
}

static void nothing_before_it_is_due(void **state)
{
    (void)state;
    struct market_config config = market_case_plain;
    config.trades = 1000;
    struct market_case w = market_case_open(MARKET_CASE_SYMBOLS, &config, MARKET_CASE_START_US);
    int64_t last_us = MARKET_CASE_START_US;
    struct market_event ev;
    for (int i = 0; i < 1000;) {
        int64_t due_us = market_due_us(w.market);
        assert_true(due_us >= last_us);
        assert_false(market_next(w.market, due_us - 1, &ev));
        assert_false(market_over(w.market));
        assert_true(market_next(w.market, due_us, &ev));
        if (ev.kind == MARKET_TRADE)
            assert_int_equal(ev.trade.due_us, due_us);
        i += ev.kind == MARKET_TRADE;
        last_us = due_us;
    }
    assert_true(market_over(w.market));
    assert_int_equal(market_due_us(w.market), INT64_MAX);
    assert_false(market_next(w.market, INT64_MAX, &ev));
    market_case_close(&w);
}

static void nothing_before_it_begins(void **state)
{
    (void)state;
    struct err e = {0};
    struct market_event ev;
    struct listing *l = listing_create(1, &binance_dialect.listing, &e);
    struct market *m = market_create(&market_case_plain, l, &e);
    assert_false(market_begun(m));
    assert_int_equal(market_due_us(m), INT64_MAX);
    assert_false(market_next(m, INT64_MAX, &ev));
    market_begin(m, MARKET_CASE_START_US);
    assert_true(market_begun(m));
    assert_true(market_next(m, MARKET_CASE_START_US + US_PER_MIN, &ev));
    market_destroy(m);
    listing_destroy(l);
}

static void late_trades_are_as_late_as_asked(void **state)
{
    (void)state;
    struct market_config config = market_case_plain;
    config.late_permille = 100;
    config.late_max_us = 5 * US_PER_S;
    struct market_case w = market_case_open(MARKET_CASE_SYMBOLS, &config, MARKET_CASE_START_US);
    int late = 0;
    int very_late = 0;
    for (int i = 0; i < 20000; i++) {
        struct market_trade t = market_case_trade(&w);
        int64_t by_us = t.due_us - t.time_us;
        assert_true(by_us >= 0 && by_us <= config.late_max_us + 1000);
        late += by_us > 1000;
        very_late += by_us > 4 * US_PER_S;
    }
    assert_true(late > 1800 && late < 2200);
    assert_true(very_late > 300 && very_late < 500);
    market_case_close(&w);
}

/* A swapped pair of a symbol arrives as n + 1, n; all ids up to the end are there. */
static void reordered_ids_are_neighbours(void **state)
{
    (void)state;
    struct market_config config = market_case_plain;
    config.reorder_permille = 200;
    config.trades = 20001; /* an odd number: no pair may be cut in two by the end */
    struct market_case w = market_case_open(MARKET_CASE_SYMBOLS, &config, MARKET_CASE_START_US);
    int64_t expected[MARKET_CASE_SYMBOLS];
    bool owed[MARKET_CASE_SYMBOLS] = {false};
    int swapped = 0;
    for (int i = 0; i < MARKET_CASE_SYMBOLS; i++)
        expected[i] = MARKET_CASE_START_US / MARKET_ID_US;
    for (int64_t i = 0; i < config.trades; i++) {
        struct market_trade t = market_case_trade(&w);
        int64_t *id = &expected[t.symbol];
        if (owed[t.symbol]) {
            assert_int_equal(t.id, *id);
            *id += 2;
            owed[t.symbol] = false;
        } else if (t.id == *id + 1) {
            owed[t.symbol] = true;
            swapped++;
        } else {
            assert_int_equal(t.id, (*id)++);
        }
    }
    for (int i = 0; i < MARKET_CASE_SYMBOLS; i++)
        assert_false(owed[i]);
    assert_true(market_over(w.market));
    assert_true(swapped > 2000 && swapped < 3500); /* a fifth of about 14,000 orders */
    market_case_close(&w);
}

/* One symbol at the highest rate: ids must still fall behind the clock they start from. */
static void a_later_run_has_higher_ids(void **state)
{
    (void)state;
    struct market_config config = market_case_plain;
    config.rate = MARKET_RATE_MAX;
    struct market_case w = market_case_open(1, &config, MARKET_CASE_START_US);
    int64_t highest = 0;
    for (int i = 0; i < 500000; i++) {
        struct market_trade t = market_case_trade(&w);
        highest = t.id;
        int64_t a_restart_later_us = t.due_us + 10 * US_PER_MS;
        assert_true(highest < a_restart_later_us / MARKET_ID_US);
    }
    assert_int_equal(highest, MARKET_CASE_START_US / MARKET_ID_US + 499999);
    market_case_close(&w);
}

static void a_day_stays_plausible(void **state)
{
    (void)state;
    struct market_config config = market_case_plain;
    config.rate = 1;
    config.quote_rate = 3;
    struct market_case w =
        market_case_open(3, &config, MARKET_CASE_START_US); /* BTCUSDT ETHUSDT BTCUSDC */
    int64_t first[3] = {0};
    int64_t last[3] = {0};
    int changes = 0;
    for (int i = 0; i < 86400; i++) {
        struct market_trade t = market_case_trade(&w);
        changes += last[t.symbol] != 0 && last[t.symbol] != t.price_e8;
        first[t.symbol] = first[t.symbol] ? first[t.symbol] : t.price_e8;
        last[t.symbol] = t.price_e8;
        assert_true(t.price_e8 > first[t.symbol] / 2 && t.price_e8 < first[t.symbol] * 2);
    }
    assert_true(changes > 50000); /* a quarter of the trades share an order, and its price */
    int64_t apart = last[0] > last[2] ? last[0] - last[2] : last[2] - last[0];
    assert_true(apart < last[0] / 200); /* the same coin in two dollars */
    market_case_close(&w);
}

static void the_busiest_are_busiest(void **state)
{
    (void)state;
    struct market_case w =
        market_case_open(MARKET_CASE_SYMBOLS, &market_case_plain, MARKET_CASE_START_US);
    int count[MARKET_CASE_SYMBOLS] = {0};
    for (int i = 0; i < 50000; i++)
        count[market_case_trade(&w).symbol]++;
    assert_true(count[0] > count[1] && count[1] > count[MARKET_CASE_SYMBOLS - 1]);
    for (int i = 0; i < MARKET_CASE_SYMBOLS; i++)
        assert_true(count[i] > 0);
    market_case_close(&w);
}

/* Orders are what they would be without it, but for its ids. */
static void an_extra_trade_is_no_order(void **state)
{
    (void)state;
    struct market_case a =
        market_case_open(MARKET_CASE_SYMBOLS, &market_case_plain, MARKET_CASE_START_US);
    struct market_case b =
        market_case_open(MARKET_CASE_SYMBOLS, &market_case_plain, MARKET_CASE_START_US);
    struct market_trade x;
    do {
        x = market_case_trade(&a);
        struct market_trade y = market_case_trade(&b);
        assert_same_trade(&x, &y);
    } while (x.symbol != 0 || x.more);
    for (int i = 1; i <= 3; i++) {
        struct market_event extra;
        do
            market_extra(b.market, 0, x.due_us, &extra);
        while (extra.kind != MARKET_TRADE);
        assert_int_equal(extra.trade.id, x.id + i);
        assert_int_equal(extra.trade.time_us, x.time_us);
        assert_false(extra.trade.more);
        assert_true(extra.trade.price_e8 > 0 && extra.trade.amount_e8 > 0);
    }
    market_skip_ids(b.market, 0, 4);
    for (int i = 0; i < 5000; i++) {
        x = market_case_trade(&a);
        struct market_trade y = market_case_trade(&b);
        x.id += x.symbol == 0 ? 7 : 0;
        assert_same_trade(&x, &y);
    }
    market_case_close(&a);
    market_case_close(&b);
}

/* Neither trades nor quotes of what is not listed; the others keep their rate. */
static void only_what_is_listed_trades(void **state)
{
    (void)state;
    struct err e = {0};
    struct market_event ev;
    bool seen[5] = {false};
    struct listing *l = listing_create_later(3, 2, &binance_dialect.listing, &e);
    assert_non_null(l);
    struct market *m = market_create(&market_case_plain, l, &e);
    assert_non_null(m);
    assert_false(market_changed(m, 0, MARKET_CASE_START_US, &ev)); /* not before it begins */
    market_begin(m, MARKET_CASE_START_US);
    struct market_case w = {l, m};
    for (int i = 0; i < 20000; i++) {
        ev = market_case_event(&w);
        uint32_t symbol = ev.kind == MARKET_TRADE ? ev.trade.symbol : ev.quote.symbol;
        assert_true(symbol < 3);
    }
    while (ev.kind == MARKET_TRADE && ev.trade.more)
        ev = market_case_event(&w);
    int64_t now_us = market_due_us(m);
    listing_set_trading(l, 4, true);
    assert_true(market_changed(m, 4, now_us, &ev));
    assert_int_equal(ev.kind, MARKET_QUOTE);
    assert_int_equal(ev.quote.symbol, 4);
    assert_true(ev.quote.bid_amount_e8 > 0 && ev.quote.ask_amount_e8 > 0);
    for (uint32_t i = 0; i < 3; i++) {
        listing_set_trading(l, i, false);
        assert_false(market_changed(m, i, now_us, &ev));
    }
    for (int i = 0; i < 1000; i++) {
        ev = market_case_event(&w);
        seen[ev.kind == MARKET_TRADE ? ev.trade.symbol : ev.quote.symbol] = true;
    }
    assert_true(seen[4] && !seen[0] && !seen[1] && !seen[2] && !seen[3]);
    market_case_close(&w);
}

static void refuses_numbers_out_of_range(void **state)
{
    (void)state;
    struct err e = {0};
    struct listing *l = listing_create(1, &binance_dialect.listing, &e);
    struct market_config bad[9];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        bad[i] = market_case_plain;
    bad[0].rate = 0;
    bad[1].rate = MARKET_RATE_MAX + 1;
    bad[2].late_permille = 1001;
    bad[3].reorder_permille = -1;
    bad[4].late_max_us = MARKET_LATE_MAX_US + 1;
    bad[5].time_step_us = 0;
    bad[6].quote_rate = MARKET_QUOTE_RATE_MAX + 1;
    bad[7].plant = (struct plant_config){US_PER_S, 2 * US_PER_S, 10};
    bad[8].quote_rate = 0; /* nobody would see the plant */
    bad[8].plant = (struct plant_config){US_PER_S, US_PER_S, 10};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_null(market_create(&bad[i], l, &e));
        assert_int_equal(e.code, ERR_ARG);
    }
    market_destroy(NULL);
    listing_destroy(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_and_start_same_market),
        cmocka_unit_test(the_start_and_quotes_change_nothing_but_prices),
        cmocka_unit_test(another_exchange_has_trades_of_its_own),
        cmocka_unit_test(ids_are_contiguous),
        cmocka_unit_test(prices_and_amounts_are_on_their_grids),
        cmocka_unit_test(trades_come_at_the_rate),
        cmocka_unit_test(nothing_before_it_is_due),
        cmocka_unit_test(nothing_before_it_begins),
        cmocka_unit_test(late_trades_are_as_late_as_asked),
        cmocka_unit_test(reordered_ids_are_neighbours),
        cmocka_unit_test(a_later_run_has_higher_ids),
        cmocka_unit_test(a_day_stays_plausible),
        cmocka_unit_test(the_busiest_are_busiest),
        cmocka_unit_test(an_extra_trade_is_no_order),
        cmocka_unit_test(only_what_is_listed_trades),
        cmocka_unit_test(refuses_numbers_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
