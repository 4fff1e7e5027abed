/* The books of the simulated market: quotes, and plants that move one of them for a while. */
#include "market_case.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- quotes ---------------------------------------------------------------------------------- */

static bool is_sound(const struct market_quote *q)
{
    return q->bid_amount_e8 > 0 && q->ask_amount_e8 > 0 && q->bid_e8 < q->ask_e8;
}

static void every_symbol_is_quoted_first(void **state)
{
    (void)state;
    struct market_case w =
        market_case_open(MARKET_CASE_SYMBOLS, &market_case_plain, MARKET_CASE_START_US);
    struct market_quote q;
    assert_false(market_book(w.market, 0, &q));
    for (uint32_t i = 0; i < MARKET_CASE_SYMBOLS; i++) {
        struct market_event ev = market_case_event(&w);
        assert_int_equal(ev.kind, MARKET_QUOTE);
        assert_int_equal(ev.quote.symbol, i);
        assert_int_equal(ev.quote.time_us, MARKET_CASE_START_US);
        assert_true(market_book(w.market, i, &q));
        assert_same_quote(&q, &ev.quote);
    }
    assert_false(market_book(w.market, MARKET_CASE_SYMBOLS, &q)); /* a delisted one */
    market_case_close(&w);
}

/* Trades lie on a side of the book that was told last, which is then in order. */
static void trades_are_at_the_book(void **state)
{
    (void)state;
    struct market_config config = market_case_plain;
    config.one_sided_permille = 100;
    config.crossed_permille = 100;
    config.reorder_permille = 100;
    struct market_case w = market_case_open(MARKET_CASE_SYMBOLS, &config, MARKET_CASE_START_US);
    struct market_quote last[MARKET_CASE_SYMBOLS];
    int odd = 0;
    int64_t number = 0;
    int64_t time_us = 0;
    bool more = false;
    for (int i = 0; i < 100000; i++) {
        struct market_event ev = market_case_event(&w);
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
    market_case_close(&w);
}

static void odd_books_are_of_all_kinds_or_none(void **state)
{
    (void)state;
    struct market_config config = market_case_plain;
    for (int wanted = 0; wanted < 2; wanted++) {
        config.one_sided_permille = wanted ? 200 : 0;
        config.crossed_permille = wanted ? 100 : 0;
        struct market_case w = market_case_open(MARKET_CASE_SYMBOLS, &config, MARKET_CASE_START_US);
        int no_bid = 0;
        int no_ask = 0;
        int neither = 0;
        int crossed = 0;
        for (int i = 0; i < 20000; i++) {
            struct market_event ev = market_case_event(&w);
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
        market_case_close(&w);
    }
}

static void quotes_come_at_their_rate(void **state)
{
    (void)state;
    struct market_case w =
        market_case_open(MARKET_CASE_SYMBOLS, &market_case_plain, MARKET_CASE_START_US);
    int quotes = 0;
    struct market_trade t = {0};
    for (int trades = 0; trades < 50000;) {
        struct market_event ev = market_case_event(&w);
        quotes += ev.kind == MARKET_QUOTE;
        trades += ev.kind == MARKET_TRADE;
        if (ev.kind == MARKET_TRADE)
            t = ev.trade;
    }
    int64_t expected = (t.due_us - MARKET_CASE_START_US) * market_case_plain.quote_rate / US_PER_S;
    assert_true(quotes > expected * 97 / 100 && quotes < expected * 103 / 100);
    market_case_close(&w);
}

static void without_quotes_books_still_move(void **state)
{
    (void)state;
    struct market_config config = market_case_plain;
    config.quote_rate = 0;
    struct market_case w = market_case_open(1, &config, MARKET_CASE_START_US);
    int64_t price_e8 = 0;
    int changes = 0;
    for (int i = 0; i < 10000; i++) {
        struct market_event ev = market_case_event(&w);
        assert_int_equal(ev.kind, MARKET_TRADE);
        changes += ev.trade.price_e8 != price_e8;
        price_e8 = ev.trade.price_e8;
    }
    assert_true(changes > 5000);
    market_case_close(&w);
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
    struct market_config config = market_case_plain;
    config.one_sided_permille = 100;
    config.plant = (struct plant_config){10 * US_PER_S, 2 * US_PER_S, 300};
    struct market_case w = market_case_open(MARKET_CASE_SYMBOLS, &config, MARKET_CASE_START_US);
    struct market_quote before[MARKET_CASE_SYMBOLS];
    struct plant p = {.to_us = 0};
    bool running = false;
    int plants = 0;
    int ends = 0;
    while (plants < 30 || running) {
        struct market_event ev = market_case_event(&w);
        if (ev.kind == MARKET_PLANT) {
            assert_false(running);
            assert_true(ev.plant.from_us >= p.to_us && ev.plant.from_us >= MARKET_CASE_START_US);
            assert_int_equal(ev.plant.to_us - ev.plant.from_us, 2 * US_PER_S);
            assert_int_equal(ev.plant.bps < 0 ? -ev.plant.bps : ev.plant.bps, 300);
            p = ev.plant;
            running = true;
            plants++;
            ev = market_case_event(&w);
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
    market_case_close(&w);
}

static void a_plant_ends_even_after_the_last_trade(void **state)
{
    (void)state;
    struct market_config config = market_case_plain;
    config.trades = 500;
    config.plant = (struct plant_config){US_PER_S, US_PER_S, 300};
    struct market_case w = market_case_open(MARKET_CASE_SYMBOLS, &config, MARKET_CASE_START_US);
    struct market_event ev;
    struct plant p = {0};
    int64_t last_us = 0;
    while (!market_over(w.market)) {
        assert_true(market_next(w.market, INT64_MAX - 1, &ev));
        if (ev.kind == MARKET_PLANT)
            p = ev.plant;
        if (ev.kind == MARKET_QUOTE)
            last_us = ev.quote.time_us;
    }
    assert_false(market_next(w.market, INT64_MAX - 1, &ev));
    assert_true(p.to_us > MARKET_CASE_START_US);
    assert_int_equal(last_us, p.to_us);
    market_case_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_symbol_is_quoted_first),
        cmocka_unit_test(trades_are_at_the_book),
        cmocka_unit_test(odd_books_are_of_all_kinds_or_none),
        cmocka_unit_test(quotes_come_at_their_rate),
        cmocka_unit_test(without_quotes_books_still_move),
        cmocka_unit_test(a_plant_moves_one_book_for_its_time),
        cmocka_unit_test(a_plant_ends_even_after_the_last_trade),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
