/* The market of the simulator: what a seed promises, and what makes it plausible. */
#include "binance.h"
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

static const struct market_config plain = {
    .exchange = "binance", .rate = 1000, .quote_rate = 2000, .seed = 42, .time_step_us = 1000};

static struct world open_world(uint32_t symbols, const struct market_config *config,
                               int64_t start_us)
{
    struct err e = {0};
    struct world w;
    w.listing = listing_create(symbols, &binance_dialect.listing, &e);
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

static struct market_event next_event(struct world *w)
{
    struct market_event ev = {0};
    assert_true(market_next(w->market, INT64_MAX - 1, &ev));
    return ev;
}

/* The next trade, whatever comes before it. */
static struct market_trade next(struct world *w)
{
    struct market_event ev = next_event(w);
    while (ev.kind != MARKET_TRADE)
        ev = next_event(w);
    return ev.trade;
}

static void assert_same_event(const struct market_event *x, const struct market_event *y)
{
    assert_int_equal(x->kind, y->kind);
    if (x->kind == MARKET_TRADE)
        assert_memory_equal(&x->trade, &y->trade, sizeof(x->trade));
    else
        assert_memory_equal(&x->quote, &y->quote, sizeof(x->quote));
}

static void same_seed_and_start_same_market(void **state)
{
    (void)state;
    struct market_config other = plain;
    other.seed = 43;
    struct world a = open_world(SYMBOLS, &plain, START_US);
    struct world b = open_world(SYMBOLS, &plain, START_US);
    struct world c = open_world(SYMBOLS, &other, START_US);
    int differ = 0;
    for (int i = 0; i < 50000; i++) {
        struct market_event x = next_event(&a);
        struct market_event y = next_event(&b);
        assert_same_event(&x, &y);
    }
    for (int i = 0; i < 1000; i++) {
        struct market_trade x = next(&a);
        struct market_trade y = next(&c);
        differ += x.symbol != y.symbol || x.price_e8 != y.price_e8 || x.amount_e8 != y.amount_e8;
    }
    assert_true(differ > 950);
    close_world(&a);
    close_world(&b);
    close_world(&c);
}

/* Prices belong to the time; the rest of the trades hangs neither on it nor on the quotes. */
static void the_start_and_quotes_change_nothing_but_prices(void **state)
{
    (void)state;
    const int64_t shift_us = 7 * US_PER_DAY;
    struct market_config other = plain;
    other.quote_rate = 100;
    other.one_sided_permille = 300;
    other.plant = (struct plant_config){US_PER_S, US_PER_S / 2, 100};
    struct world a = open_world(SYMBOLS, &plain, START_US);
    struct world b = open_world(SYMBOLS, &other, START_US + shift_us);
    int same_price = 0;
    for (int i = 0; i < 20000; i++) {
        struct market_trade x = next(&a);
        struct market_trade y = next(&b);
        same_price += x.price_e8 == y.price_e8;
        y.id -= shift_us / MARKET_ID_US;
        y.time_us -= shift_us;
        y.due_us -= shift_us;
        y.price_e8 = x.price_e8;
        assert_memory_equal(&x, &y, sizeof(x));
    }
    assert_true(same_price < 2000);
    close_world(&a);
    close_world(&b);
}

static void another_exchange_has_trades_of_its_own(void **state)
{
    (void)state;
    struct market_config other = plain;
    other.exchange = "kraken";
    struct world a = open_world(SYMBOLS, &plain, START_US);
    struct world b = open_world(SYMBOLS, &other, START_US);
    int same = 0;
    for (int i = 0; i < 1000; i++)
        same += next(&a).amount_e8 == next(&b).amount_e8;
    assert_true(same < 100);
    close_world(&a);
    close_world(&b);
}

/* --- quotes ---------------------------------------------------------------------------------- */

static bool is_sound(const struct market_quote *q)
{
    return q->bid_amount_e8 > 0 && q->ask_amount_e8 > 0 && q->bid_e8 < q->ask_e8;
}

static void every_symbol_is_quoted_first(void **state)
{
    (void)state;
    struct world w = open_world(SYMBOLS, &plain, START_US);
    struct market_quote q;
    assert_false(market_book(w.market, 0, &q));
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        struct market_event ev = next_event(&w);
        assert_int_equal(ev.kind, MARKET_QUOTE);
        assert_int_equal(ev.quote.symbol, i);
        assert_int_equal(ev.quote.time_us, START_US);
        assert_true(market_book(w.market, i, &q));
        assert_memory_equal(&q, &ev.quote, sizeof(q));
    }
    assert_false(market_book(w.market, SYMBOLS, &q)); /* a delisted one */
    close_world(&w);
}

/* Trades lie on a side of the book that was told last, which is then in order. */
static void trades_are_at_the_book(void **state)
{
    (void)state;
    struct market_config config = plain;
    config.one_sided_permille = 100;
    config.crossed_permille = 100;
    config.reorder_permille = 100;
    struct world w = open_world(SYMBOLS, &config, START_US);
    struct market_quote last[SYMBOLS];
    int odd = 0;
    int64_t number = 0;
    int64_t time_us = 0;
    bool more = false;
    for (int i = 0; i < 100000; i++) {
        struct market_event ev = next_event(&w);
        if (ev.kind == MARKET_QUOTE) {
            const struct market_quote *q = &ev.quote;
            const struct symbol *s = &w.listing->symbols[q->symbol];
            assert_false(more); /* an order is told in one go */
            assert_true(q->number > number && q->time_us >= time_us);
            assert_true(q->bid_e8 % s->tick_e8 == 0 && q->ask_e8 % s->tick_e8 == 0);
            assert_true(q->bid_amount_e8 % s->lot_e8 == 0 && q->ask_amount_e8 % s->lot_e8 == 0);
            assert_int_equal(q->bid_e8 > 0, q->bid_amount_e8 > 0);
            assert_int_equal(q->ask_e8 > 0, q->ask_amount_e8 > 0);
            number = q->number;
            time_us = q->time_us;
            odd += !is_sound(q);
            last[q->symbol] = *q;
            continue;
        }
        const struct market_quote *book = &last[ev.trade.symbol];
        assert_true(is_sound(book));
        assert_int_equal(ev.trade.price_e8,
                         ev.trade.side == TAKER_BUY ? book->ask_e8 : book->bid_e8);
        more = ev.trade.more;
    }
    assert_true(odd > 10000);
    close_world(&w);
}

static void odd_books_are_of_all_kinds_or_none(void **state)
{
    (void)state;
    struct market_config config = plain;
    for (int wanted = 0; wanted < 2; wanted++) {
        config.one_sided_permille = wanted ? 200 : 0;
        config.crossed_permille = wanted ? 100 : 0;
        struct world w = open_world(SYMBOLS, &config, START_US);
        int no_bid = 0;
        int no_ask = 0;
        int neither = 0;
        int crossed = 0;
        for (int i = 0; i < 20000; i++) {
            struct market_event ev = next_event(&w);
            if (ev.kind != MARKET_QUOTE)
                continue;
            bool bid = ev.quote.bid_amount_e8 > 0;
            bool ask = ev.quote.ask_amount_e8 > 0;
            no_bid += !bid && ask;
            no_ask += bid && !ask;
            neither += !bid && !ask;
            crossed += bid && ask && ev.quote.bid_e8 >= ev.quote.ask_e8;
        }
        assert_int_equal(no_bid > 300 && no_ask > 300 && neither > 200 && crossed > 500, wanted);
        assert_int_equal(no_bid + no_ask + neither + crossed > 0, wanted);
        close_world(&w);
    }
}

static void quotes_come_at_their_rate(void **state)
{
    (void)state;
    struct world w = open_world(SYMBOLS, &plain, START_US);
    int quotes = 0;
    struct market_trade t = {0};
    for (int trades = 0; trades < 50000;) {
        struct market_event ev = next_event(&w);
        quotes += ev.kind == MARKET_QUOTE;
        trades += ev.kind == MARKET_TRADE;
        if (ev.kind == MARKET_TRADE)
            t = ev.trade;
    }
    int64_t expected = (t.due_us - START_US) * plain.quote_rate / US_PER_S;
    assert_true(quotes > expected * 97 / 100 && quotes < expected * 103 / 100);
    close_world(&w);
}

static void without_quotes_books_still_move(void **state)
{
    (void)state;
    struct market_config config = plain;
    config.quote_rate = 0;
    struct world w = open_world(1, &config, START_US);
    int64_t price_e8 = 0;
    int changes = 0;
    for (int i = 0; i < 10000; i++) {
        struct market_event ev = next_event(&w);
        assert_int_equal(ev.kind, MARKET_TRADE);
        changes += ev.trade.price_e8 != price_e8;
        price_e8 = ev.trade.price_e8;
    }
    assert_true(changes > 5000);
    close_world(&w);
}

/* --- plants ---------------------------------------------------------------------------------- */

static int64_t middle_e8(const struct market_quote *q)
{
    return (q->bid_e8 + q->ask_e8) / 2;
}

/* Every quote of the planted symbol lies as far from the last one before as was planted, give or
 * take what a price moves in two seconds; one is told at the very start and one at the end. */
static void a_plant_moves_one_book_for_its_time(void **state)
{
    (void)state;
    struct market_config config = plain;
    config.one_sided_permille = 100;
    config.plant = (struct plant_config){10 * US_PER_S, 2 * US_PER_S, 300};
    struct world w = open_world(SYMBOLS, &config, START_US);
    struct market_quote before[SYMBOLS];
    struct plant p = {.to_us = 0};
    bool running = false;
    int plants = 0;
    int ends = 0;
    while (plants < 30 || running) {
        struct market_event ev = next_event(&w);
        if (ev.kind == MARKET_PLANT) {
            assert_false(running);
            assert_true(ev.plant.from_us >= p.to_us && ev.plant.from_us >= START_US);
            assert_int_equal(ev.plant.to_us - ev.plant.from_us, 2 * US_PER_S);
            assert_int_equal(ev.plant.bps < 0 ? -ev.plant.bps : ev.plant.bps, 300);
            p = ev.plant;
            running = true;
            plants++;
            ev = next_event(&w);
            assert_int_equal(ev.kind, MARKET_QUOTE);
            assert_int_equal(ev.quote.symbol, p.symbol);
            assert_int_equal(ev.quote.time_us, p.from_us);
        }
        if (ev.kind != MARKET_QUOTE || !is_sound(&ev.quote))
            continue;
        if (!running || ev.quote.symbol != p.symbol || ev.quote.time_us >= p.to_us) {
            if (running && ev.quote.symbol == p.symbol) {
                assert_int_equal(ev.quote.time_us, p.to_us);
                running = false;
                ends++;
            }
            before[ev.quote.symbol] = ev.quote;
            continue;
        }
        int64_t base_e8 = middle_e8(&before[p.symbol]);
        int64_t moved_bps = (middle_e8(&ev.quote) - base_e8) * 10000 / base_e8;
        assert_true(moved_bps > p.bps - 25 && moved_bps < p.bps + 25);
    }
    assert_int_equal(ends, plants);
    close_world(&w);
}

static void a_plant_ends_even_after_the_last_trade(void **state)
{
    (void)state;
    struct market_config config = plain;
    config.trades = 500;
    config.plant = (struct plant_config){US_PER_S, US_PER_S, 300};
    struct world w = open_world(SYMBOLS, &config, START_US);
    struct market_event ev;
    struct plant p = {0};
    int64_t last_us = 0;
    while (market_next(w.market, INT64_MAX - 1, &ev)) {
        if (ev.kind == MARKET_PLANT)
            p = ev.plant;
        if (ev.kind == MARKET_QUOTE)
            last_us = ev.quote.time_us;
    }
    assert_true(market_over(w.market));
    assert_true(p.to_us > START_US);
    assert_int_equal(last_us, p.to_us);
    close_world(&w);
}

/* --- trades ---------------------------------------------------------------------------------- */

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
    close_world(&w);
}

static void nothing_before_it_begins(void **state)
{
    (void)state;
    struct err e = {0};
    struct market_event ev;
    struct listing *l = listing_create(1, &binance_dialect.listing, &e);
    struct market *m = market_create(&plain, l, &e);
    assert_false(market_begun(m));
    assert_int_equal(market_due_us(m), INT64_MAX);
    assert_false(market_next(m, INT64_MAX, &ev));
    market_begin(m, START_US);
    assert_true(market_begun(m));
    assert_true(market_next(m, START_US + US_PER_MIN, &ev));
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
    config.quote_rate = 3;
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
    assert_true(changes > 50000); /* a quarter of the trades share an order, and its price */
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
    struct listing *l = listing_create(1, &binance_dialect.listing, &e);
    struct market_config bad[] = {plain, plain, plain, plain, plain, plain, plain, plain, plain};
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
        cmocka_unit_test(every_symbol_is_quoted_first),
        cmocka_unit_test(trades_are_at_the_book),
        cmocka_unit_test(odd_books_are_of_all_kinds_or_none),
        cmocka_unit_test(quotes_come_at_their_rate),
        cmocka_unit_test(without_quotes_books_still_move),
        cmocka_unit_test(a_plant_moves_one_book_for_its_time),
        cmocka_unit_test(a_plant_ends_even_after_the_last_trade),
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
