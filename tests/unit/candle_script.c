#include "candle_script.h"

#include "candle_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const exchanges[SCRIPT_EXCHANGES] = {"binance", "kraken", "okx"};
static const char *const symbols[SCRIPT_SYMBOLS] = {"BTC-USDT", "ETH-USDT", "BTC-EUR", "X-Y"};

uint64_t candle_script_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t candle_script_below(uint64_t *state, uint64_t n)
{
    return candle_script_random(state) % n;
}

/* What a script under construction remembers. */
struct maker {
    uint64_t random;
    enum candle_script_style style;
    size_t n_exchanges;
    size_t n_symbols;
    int64_t clock_us[SCRIPT_EXCHANGES];
    int64_t sequence;
    int64_t unit_us; /* exchange times are multiples of it, so that some are equal */
};

static bool one_in(struct maker *m, uint64_t n)
{
    return candle_script_below(&m->random, n) == 0;
}

static int64_t up_to(struct maker *m, int64_t most)
{
    return (int64_t)candle_script_below(&m->random, (uint64_t)most + 1);
}

static int64_t step_us(struct maker *m)
{
    if (m->style == SCRIPT_TIMELY)
        return up_to(m, MS(2000));
    if (!one_in(m, 4))
        return up_to(m, MS(400));
    if (one_in(m, 8))
        return up_to(m, MS(300000));
    return up_to(m, one_in(m, 3) ? MS(70000) : MS(5000));
}

static int64_t exchange_time_us(struct maker *m, int64_t receive_us)
{
    int64_t at_us = receive_us - up_to(m, MS(900));
    if (m->style == SCRIPT_WILD && one_in(m, 4))
        at_us = receive_us - up_to(m, one_in(m, 2) ? MS(5000) : MS(130000));
    if (m->style == SCRIPT_WILD && one_in(m, 16))
        at_us = receive_us + up_to(m, MS(10000));
    return at_us - at_us % m->unit_us;
}

/* Twelve decimals each, of few digits or many; now and then a product on the half. */
static void choose_numbers(struct maker *m, struct candle_script_item *item)
{
    const int64_t scales[] = {1, 1000, 1000000, INT64_C(1000000000), INT64_C(1000000000000)};
    item->price_e12 = (1 + up_to(m, 9999)) * scales[up_to(m, 4)];
    item->amount_e12 = (1 + up_to(m, 99)) * scales[up_to(m, 4)];
    if (one_in(m, 8)) {
        item->price_e12 = 1 + 2 * up_to(m, 50);
        item->amount_e12 = 500000 * (1 + 2 * up_to(m, 50));
    }
}

static void fill_trade(struct maker *m, const char *exchange, int64_t receive_us,
                       struct candle_script_item *item)
{
    static const enum side sides[] = {SIDE_BUY, SIDE_SELL, SIDE_UNKNOWN};
    choose_numbers(m, item);
    struct record r = candle_case_trade(exchange, symbols[up_to(m, (int64_t)m->n_symbols - 1)],
                                        exchange_time_us(m, receive_us));
    r.trade.receive_time_us = receive_us;
    r.trade.price.e18 = (__int128)item->price_e12 * 1000000;
    r.trade.amount.e18 = (__int128)item->amount_e12 * 1000000;
    r.trade.side = sides[up_to(m, 2)];
    r.trade.has_sequence = strcmp(exchange, "binance") == 0;
    r.trade.sequence = r.trade.has_sequence ? ++m->sequence : 0;
    if (m->style == SCRIPT_WILD && one_in(m, 8))
        r.trade.origin = TRADE_ORIGIN_REPAIR;
    int n = r.trade.has_sequence
                ? snprintf(item->id, sizeof(item->id), "%lld", (long long)m->sequence)
                : snprintf(item->id, sizeof(item->id), "%llx-%llx",
                           (unsigned long long)up_to(m, 4095), (unsigned long long)++m->sequence);
    r.trade.trade_id = slice_make(item->id, (size_t)n);
    item->record = r;
}

static void fill_item(struct maker *m, struct candle_script_item *item)
{
    size_t x = (size_t)up_to(m, (int64_t)m->n_exchanges - 1);
    m->clock_us[x] += step_us(m);
    if (m->style == SCRIPT_TIMELY) /* one clock for all */
        for (size_t i = 0; i < SCRIPT_EXCHANGES; i++)
            m->clock_us[i] = m->clock_us[x];
    int64_t receive_us = m->clock_us[x];
    if (m->style == SCRIPT_WILD && one_in(m, 8))
        receive_us -= up_to(m, MS(3000));
    if (one_in(m, 5)) {
        item->record = candle_case_tick(exchanges[x], receive_us);
    } else if (m->style == SCRIPT_WILD && one_in(m, 40)) {
        item->record = (struct record){.type = one_in(m, 2) ? RECORD_FEED : RECORD_QUOTE};
    } else {
        fill_trade(m, exchanges[x], receive_us, item);
    }
}

static void choose_options(struct maker *m, struct candle_options *ret)
{
    static const int64_t graces_ms[] = {2000, 2000, 0, 500, 30000};
    static const int64_t keeps_ms[] = {60000, 60000, 0, 1500, 600000};
    static const int64_t limits[] = {200000, 200000, 200000, 5, 2};
    *ret = candle_case_defaults;
    if (m->style == SCRIPT_TIMELY)
        return;
    ret->grace_ms = graces_ms[up_to(m, 4)];
    ret->keep_ms = keeps_ms[up_to(m, 4)];
    ret->max_windows = limits[up_to(m, 4)];
}

void candle_script_make(struct candle_script *s, uint64_t seed, size_t n,
                        enum candle_script_style style)
{
    static const int64_t units_us[] = {1, MS(1), MS(100), MS(1000)};
    struct maker m = {.random = seed, .style = style};
    m.n_exchanges = 1 + candle_script_below(&m.random, SCRIPT_EXCHANGES);
    m.n_symbols = 1 + candle_script_below(&m.random, SCRIPT_SYMBOLS);
    m.unit_us = units_us[up_to(&m, style == SCRIPT_TIMELY ? 2 : 3)];
    choose_options(&m, &s->options);
    for (size_t x = 0; x < SCRIPT_EXCHANGES; x++)
        m.clock_us[x] = CANDLE_CASE_T0 + (style == SCRIPT_TIMELY ? 0 : up_to(&m, MS(90000)));
    s->n = n + 2 * m.n_exchanges;
    s->items = calloc(s->n, sizeof(*s->items));
    assert_non_null(s->items);
    for (size_t i = 0; i < n; i++)
        fill_item(&m, &s->items[i]);
    for (size_t i = n; i < s->n; i++) {
        size_t x = (i - n) % m.n_exchanges;
        m.clock_us[x] += MS(100000);
        s->items[i].record = candle_case_tick(exchanges[x], m.clock_us[x]);
    }
}

void candle_script_finish(struct candle_script *s)
{
    free(s->items);
    *s = (struct candle_script){0};
}
