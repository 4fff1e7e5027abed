/* The market of the simulator: what a seed promises, and what makes it plausible. */
#include "market.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START_US INT64_C(1795000000000000)

enum { SYMBOLS = 20 };

struct world {
    struct listing *listing;
    struct market *market;
};

static const struct market_config plain = {.rate = 1000, .seed = 42, .time_step_us = 1000};

static struct world open_world(uint32_t symbols, const struct market_config *config,
                               int64_t start_us)
{
    struct err e = {0};
    struct world w;
    w.listing = listing_create(symbols, "", &e);
    assert_non_null(w.listing);
    w.market = market_create(config, w.listing, &e);
    assert_non_null(w.market);
    market_begin(w.market, start_us);
    return w;
}

static void close_world(struct world *w)
{
    market_destroy(w->market);
    listing_destroy(w->listing);
}

static struct market_trade next(struct world *w)
{
    struct market_trade t;
    assert_true(market_next(w->market, INT64_MAX - 1, &t));
    return t;
}

static void same_seed_same_market(void **state)
{
    (void)state;
    struct market_config other = plain;
    other.seed = 43;
    const int64_t shift_us = 7 * US_PER_DAY;
    struct world a = open_world(SYMBOLS, &plain, START_US);
    struct world b = open_world(SYMBOLS, &plain, START_US + shift_us);
    struct world c = open_world(SYMBOLS, &other, START_US);
    int differ = 0;
    for (int i = 0; i < 20000; i++) {
        struct market_trade x = next(&a);
        struct market_trade y = next(&b);
        struct market_trade z = next(&c);
        y.id -= shift_us / MARKET_ID_US; /* a later start moves ids and times, nothing else */
        y.time_us -= shift_us;
        y.due_us -= shift_us;
        assert_memory_equal(&x, &y, sizeof(x));
        differ += x.symbol != z.symbol || x.price_e8 != z.price_e8 || x.amount_e8 != z.amount_e8;
    }
    assert_true(differ > 19000);
    close_world(&a);
    close_world(&b);
    close_world(&c);
}

static void ids_are_contiguous(void **state)
{
    (void)state;
    struct world w = open_world(SYMBOLS, &plain, START_US);
    int64_t expected[SYMBOLS];
    for (int i = 0; i < SYMBOLS; i++)
        expected[i] = START_US / MARKET_ID_US;
    for (int i = 0; i < 50000; i++) {
        struct market_trade t = next(&w);
        assert_int_equal(t.id, expected[t.symbol]++);
    }
    close_world(&w);
}

static void prices_and_amounts_are_on_their_grids(void **state)
{
    (void)state;
    struct world w = open_world(200, &plain, START_US);
    int buys = 0;
    for (int i = 0; i < 50000; i++) {
        struct market_trade t = next(&w);
        const struct symbol *s = &w.listing->symbols[t.symbol];
        assert_true(t.symbol < w.listing->n_trading);
        assert_true(t.price_e8 > 0 && t.price_e8 % s->tick_e8 == 0);
        assert_true(t.amount_e8 > 0 && t.amount_e8 % s->lot_e8 == 0);
        assert_int_equal(t.time_us, t.due_us - t.due_us % 1000);
        buys += t.side == TAKER_BUY;
    }
    assert_true(buys > 20000 && buys < 30000);
    close_world(&w);
}

static void trades_come_at_the_rate(void **state)
{
    (void)state;
    for (int64_t reorder = 0; reorder <= 1000; reorder += 500) {
        struct market_config config = plain;
        config.reorder_permille = reorder;
        struct world w = open_world(SYMBOLS, &config, START_US);
        struct market_trade t = {0};
        const int n = 100000;
        for (int i = 0; i < n; i++)
            t = next(&w);
        int64_t took_us = t.due_us - START_US;
        int64_t expected_us = n / config.rate * US_PER_S;
        assert_true(took_us > expected_us * 97 / 100 && took_us < expected_us * 103 / 100);
        close_world(&w);
    }
}

static void nothing_before_it_is_due(void **state)
{
    (void)state;
    struct market_config config = plain;
    config.trades = 1000;
    struct world w = open_world(SYMBOLS, &config, START_US);
    int64_t last_us = START_US;
    for (int i = 0; i < 1000; i++) {
        struct market_trade t;
        int64_t due_us = market_due_us(w.market);
        assert_true(due_us >= last_us);
        assert_false(market_next(w.market, due_us - 1, &t));
        assert_false(market_over(w.market));
        assert_true(market_next(w.market, due_us, &t));
        assert_int_equal(t.due_us, due_us);
        last_us = due_us;
    }
    struct market_trade t;
    assert_true(market_over(w.market));
    assert_int_equal(market_due_us(w.market), INT64_MAX);
    assert_false(market_next(w.market, INT64_MAX, &t));
    close_world(&w);
}

static void nothing_before_it_begins(void **state)
{
    (void)state;
    struct err e = {0};
    struct market_trade t;
    struct listing *l = listing_create(1, "", &e);
    struct market *m = market_create(&plain, l, &e);
    assert_false(market_begun(m));
    assert_int_equal(market_due_us(m), INT64_MAX);
    assert_false(market_next(m, INT64_MAX, &t));
    market_begin(m, START_US);
    assert_true(market_begun(m));
    assert_true(market_next(m, START_US + US_PER_MIN, &t));
    market_destroy(m);
    listing_destroy(l);
}

static void late_trades_are_as_late_as_asked(void **state)
{
    (void)state;
    struct market_config config = plain;
    config.late_permille = 100;
    config.late_max_us = 5 * US_PER_S;
    struct world w = open_world(SYMBOLS, &config, START_US);
    int late = 0;
    int very_late = 0;
    for (int i = 0; i < 20000; i++) {
        struct market_trade t = next(&w);
        int64_t by_us = t.due_us - t.time_us;
        assert_true(by_us >= 0 && by_us <= config.late_max_us + 1000);
        late += by_us > 1000;
        very_late += by_us > 4 * US_PER_S;
    }
    assert_true(late > 1800 && late < 2200);
    assert_true(very_late > 300 && very_late < 500);
    close_world(&w);
}

/* A swapped pair of a symbol arrives as n + 1, n; all ids up to the end are there. */
static void reordered_ids_are_neighbours(void **state)
{
    (void)state;
    struct market_config config = plain;
    config.reorder_permille = 200;
    config.trades = 20001; /* an odd number: no pair may be cut in two by the end */
    struct world w = open_world(SYMBOLS, &config, START_US);
    int64_t expected[SYMBOLS];
    bool owed[SYMBOLS] = {false};
    int swapped = 0;
    for (int i = 0; i < SYMBOLS; i++)
        expected[i] = START_US / MARKET_ID_US;
    for (int64_t i = 0; i < config.trades; i++) {
        struct market_trade t = next(&w);
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
    for (int i = 0; i < SYMBOLS; i++)
        assert_false(owed[i]);
    assert_true(market_over(w.market));
    assert_true(swapped > 2000 && swapped < 3500); /* a fifth of about 14,000 orders */
    close_world(&w);
}

/* One symbol at the highest rate: ids must still fall behind the clock they start from. */
static void a_later_run_has_higher_ids(void **state)
{
    (void)state;
    struct market_config config = plain;
    config.rate = MARKET_RATE_MAX;
    struct world w = open_world(1, &config, START_US);
    int64_t highest = 0;
    for (int i = 0; i < 500000; i++) {
        struct market_trade t = next(&w);
        highest = t.id;
        int64_t a_restart_later_us = t.due_us + 10 * US_PER_MS;
        assert_true(highest < a_restart_later_us / MARKET_ID_US);
    }
    assert_int_equal(highest, START_US / MARKET_ID_US + 499999);
    close_world(&w);
}

static void a_day_stays_plausible(void **state)
{
    (void)state;
    struct market_config config = plain;
    config.rate = 1;
    struct world w = open_world(3, &config, START_US); /* BTCUSDT ETHUSDT BTCUSDC */
    int64_t first[3] = {0};
    int64_t last[3] = {0};
    int changes = 0;
    for (int i = 0; i < 86400; i++) {
        struct market_trade t = next(&w);
        changes += last[t.symbol] != 0 && last[t.symbol] != t.price_e8;
        first[t.symbol] = first[t.symbol] ? first[t.symbol] : t.price_e8;
        last[t.symbol] = t.price_e8;
        assert_true(t.price_e8 > first[t.symbol] / 2 && t.price_e8 < first[t.symbol] * 2);
    }
    assert_true(changes > 70000);
    int64_t apart = last[0] > last[2] ? last[0] - last[2] : last[2] - last[0];
    assert_true(apart < last[0] / 200); /* the same coin in two dollars */
    close_world(&w);
}

static void the_busiest_are_busiest(void **state)
{
    (void)state;
    struct world w = open_world(SYMBOLS, &plain, START_US);
    int count[SYMBOLS] = {0};
    for (int i = 0; i < 50000; i++)
        count[next(&w).symbol]++;
    assert_true(count[0] > count[1] && count[1] > count[SYMBOLS - 1]);
    for (int i = 0; i < SYMBOLS; i++)
        assert_true(count[i] > 0);
    close_world(&w);
}

static void refuses_numbers_out_of_range(void **state)
{
    (void)state;
    struct err e = {0};
    struct listing *l = listing_create(1, "", &e);
    struct market_config bad[] = {plain, plain, plain, plain, plain, plain};
    bad[0].rate = 0;
    bad[1].rate = MARKET_RATE_MAX + 1;
    bad[2].late_permille = 1001;
    bad[3].reorder_permille = -1;
    bad[4].late_max_us = MARKET_LATE_MAX_US + 1;
    bad[5].time_step_us = 0;
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
        cmocka_unit_test(same_seed_same_market),
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
        cmocka_unit_test(refuses_numbers_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
