#include "market_case.h"

#include "binance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

const struct market_config market_case_plain = {
    .exchange = "binance", .rate = 1000, .quote_rate = 2000, .seed = 42, .time_step_us = 1000};

struct market_case market_case_open(uint32_t symbols, const struct market_config *config,
                                    int64_t start_us)
{
    struct err e = {0};
    struct market_case w;
    w.listing = listing_create(symbols, &binance_dialect.listing, &e);
    assert_non_null(w.listing);
    w.market = market_create(config, w.listing, &e);
    assert_non_null(w.market);
    market_begin(w.market, start_us);
    return w;
}

void market_case_close(struct market_case *w)
{
    market_destroy(w->market);
    listing_destroy(w->listing);
}

struct market_event market_case_event(struct market_case *w)
{
    struct market_event ev = {0};
    assert_true(market_next(w->market, INT64_MAX - 1, &ev));
    return ev;
}

struct market_trade market_case_trade(struct market_case *w)
{
    struct market_event ev = market_case_event(w);
    while (ev.kind != MARKET_TRADE)
        ev = market_case_event(w);
    return ev.trade;
}

void assert_same_trade(const struct market_trade *x, const struct market_trade *y)
{
    assert_int_equal(x->symbol, y->symbol);
    assert_int_equal(x->side, y->side);
    assert_int_equal(x->id, y->id);
    assert_int_equal(x->price_e8, y->price_e8);
    assert_int_equal(x->amount_e8, y->amount_e8);
    assert_int_equal(x->time_us, y->time_us);
    assert_int_equal(x->due_us, y->due_us);
    assert_int_equal(x->more, y->more);
}

void assert_same_quote(const struct market_quote *x, const struct market_quote *y)
{
    assert_int_equal(x->symbol, y->symbol);
    assert_int_equal(x->bid_e8, y->bid_e8);
    assert_int_equal(x->bid_amount_e8, y->bid_amount_e8);
    assert_int_equal(x->ask_e8, y->ask_e8);
    assert_int_equal(x->ask_amount_e8, y->ask_amount_e8);
    assert_int_equal(x->time_us, y->time_us);
    assert_int_equal(x->number, y->number);
}
