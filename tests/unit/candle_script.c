#include "candle_script.h"

#include "candle_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MISSED_MAX = 8, END_TICKS = 3, TIGHT_END_TICKS = 60 };

static const char *const exchanges[SCRIPT_EXCHANGES] = {"binance", "kraken", "okx"};
static const char *const symbols[SCRIPT_SYMBOLS] = {"BTC-USDT", "ETH-USDT", "X-Y"};

static uint64_t from_environment(const char *name, uint64_t usual)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : usual;
}

uint64_t candle_script_first_seed(void)
{
    return from_environment("CW_TEST_SEED", 1);
}

uint64_t candle_script_cases(uint64_t usual)
{
    return from_environment("CW_TEST_CASES", usual);
}

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

/* Ids of one symbol: the next one, and some that were left out, with their times. */
struct script_ids {
    int64_t next;
    int64_t first;
    int64_t missed[MISSED_MAX];
    int64_t missed_us[MISSED_MAX];
    size_t n_missed;
    int64_t last_us; /* exchange time of the last trade */
};

/* What a script under construction remembers. */
struct maker {
    uint64_t random;
    enum candle_script_style style;
    size_t n_exchanges;
    size_t n_symbols;
    int64_t clock_us[SCRIPT_EXCHANGES];
    int64_t ticked_us[SCRIPT_EXCHANGES];
    struct script_ids ids[SCRIPT_EXCHANGES][SCRIPT_SYMBOLS];
    size_t n_subscribed; /* symbols, in order, for SCRIPT_TIMELY */
    int64_t unit_us;     /* exchange times are multiples of it, so that some are equal */
    int64_t jump_us;     /* longest jump of time */
    bool dead[SCRIPT_EXCHANGES];
};

static bool one_in(struct maker *m, uint64_t n)
{
    return candle_script_below(&m->random, n) == 0;
}

static int64_t up_to(struct maker *m, int64_t most)
{
    return (int64_t)candle_script_below(&m->random, (uint64_t)most + 1);
}

static bool is_wild(const struct maker *m)
{
    return m->style == SCRIPT_WILD;
}

/* --- time ------------------------------------------------------------------------------------ */

static int64_t step_us(struct maker *m)
{
    if (!is_wild(m))
        return up_to(m, m->style == SCRIPT_TIGHT ? MS(800) : MS(900));
    if (!one_in(m, 4))
        return up_to(m, MS(400));
    if (one_in(m, 12))
        return up_to(m, m->jump_us);
    return up_to(m, one_in(m, 3) ? MS(20000) : MS(2500));
}

static int64_t exchange_time_us(struct maker *m, int64_t receive_us)
{
    int64_t at_us = receive_us - up_to(m, MS(900));
    if (m->style != SCRIPT_TIMELY && one_in(m, 5))
        at_us = receive_us - up_to(m, one_in(m, 2) ? MS(5000) : MS(130000));
    if (m->style != SCRIPT_TIMELY && one_in(m, 16))
        at_us = receive_us + up_to(m, MS(10000));
    return at_us - at_us % m->unit_us;
}

/* --- ids ------------------------------------------------------------------------------------- */

static void miss(struct maker *m, struct script_ids *ids, int64_t at_us)
{
    size_t at = ids->n_missed < MISSED_MAX ? ids->n_missed++ : (size_t)up_to(m, MISSED_MAX - 1);
    ids->missed[at] = ids->next++;
    ids->missed_us[at] = at_us;
}

/* An id that was left out, and its own time or the trade's. */
static int64_t fill(struct maker *m, struct script_ids *ids, int64_t *at_us)
{
    size_t at = (size_t)up_to(m, (int64_t)ids->n_missed - 1);
    int64_t id = ids->missed[at];
    if (!one_in(m, 4))
        *at_us = ids->missed_us[at];
    ids->missed[at] = ids->missed[--ids->n_missed];
    ids->missed_us[at] = ids->missed_us[ids->n_missed];
    return id;
}

static int64_t choose_id(struct maker *m, struct script_ids *ids, int64_t *at_us, bool *repaired)
{
    if (!is_wild(m))
        return one_in(m, 20) && m->style == SCRIPT_TIGHT && ids->next > ids->first ? ids->next - 1
                                                                                   : ids->next++;
    if (ids->n_missed > 0 && one_in(m, 4)) {
        *repaired = one_in(m, 2);
        return fill(m, ids, at_us);
    }
    if (one_in(m, 20)) /* seen before, most likely */
        return ids->first + up_to(m, ids->next - ids->first);
    if (one_in(m, 30))
        return ids->first -= 1 + up_to(m, 2);
    for (int64_t n = one_in(m, 10) ? 1 + up_to(m, 2) : 0; n > 0; n--)
        miss(m, ids, *at_us - up_to(m, MS(1000)));
    return ids->next++;
}

/* --- records --------------------------------------------------------------------------------- */

/* Twelve decimals each, of few digits or many; now and then a product on the half. */
static void choose_numbers(struct maker *m, struct trade *t)
{
    const int64_t scales[] = {1, 1000, 1000000, INT64_C(1000000000), INT64_C(1000000000000)};
    int64_t price_e12 = (1 + up_to(m, 9999)) * scales[up_to(m, 4)];
    int64_t amount_e12 = (1 + up_to(m, 99)) * scales[up_to(m, 4)];
    if (one_in(m, 8)) {
        price_e12 = 1 + 2 * up_to(m, 50);
        amount_e12 = 500000 * (1 + 2 * up_to(m, 50));
    }
    t->price.e18 = (__int128)price_e12 * 1000000;
    t->amount.e18 = (__int128)amount_e12 * 1000000;
}

static void make_trade(struct maker *m, size_t x, struct candle_script_item *item)
{
    static const enum side sides[] = {SIDE_BUY, SIDE_SELL, SIDE_UNKNOWN};
    size_t y = (size_t)up_to(m, (int64_t)m->n_symbols - 1);
    struct script_ids *ids = &m->ids[x][y];
    int64_t receive_us = m->clock_us[x];
    if (m->style != SCRIPT_TIMELY && one_in(m, 16))
        receive_us -= up_to(m, MS(3000));
    int64_t at_us = exchange_time_us(m, receive_us);
    bool repaired = m->style != SCRIPT_TIMELY && one_in(m, 20);
    int64_t id = choose_id(m, ids, &at_us, &repaired);
    struct record r = candle_case_trade(exchanges[x], symbols[y], at_us);
    choose_numbers(m, &r.trade);
    r.trade.receive_time_us = receive_us;
    r.trade.side = sides[up_to(m, 2)];
    r.trade.has_sequence = x != 2;
    r.trade.sequence = r.trade.has_sequence ? id : 0;
    r.trade.origin = repaired ? TRADE_ORIGIN_REPAIR : TRADE_ORIGIN_LIVE;
    (void)snprintf(item->id, sizeof(item->id), "%s%lld", x == 1 ? "T" : "", (long long)id);
    r.trade.trade_id = slice_of(item->id);
    ids->last_us = at_us;
    item->record = r;
}

static void make_tick(struct maker *m, size_t x, struct candle_script_item *item)
{
    m->dead[x] = is_wild(m) && one_in(m, m->dead[x] ? 2 : 20);
    m->ticked_us[x] = m->clock_us[x];
    item->record = candle_case_tick(exchanges[x], m->clock_us[x]);
    item->record.tick.alive = !m->dead[x];
}

static void make_feed(struct maker *m, size_t x, struct candle_script_item *item)
{
    size_t y = (size_t)up_to(m, SCRIPT_SYMBOLS - 1);
    struct feed f = {.exchange = slice_of(exchanges[x]),
                     .symbol = slice_of(symbols[y]),
                     .event = (enum feed_event)up_to(m, FEED_EVENT_COUNT - 1),
                     .has_first_id = one_in(m, 2),
                     .first_id = m->ids[x][y].first,
                     .last_id = m->ids[x][y].next,
                     .has_from_time_us = !one_in(m, 3),
                     .from_time_us = m->clock_us[x] - up_to(m, MS(20000)),
                     .has_to_time_us = !one_in(m, 3),
                     .receive_time_us = m->clock_us[x]};
    f.has_last_id = f.has_first_id;
    f.to_time_us = f.from_time_us + up_to(m, one_in(m, 2) ? MS(20000) : MS(200000)) - MS(1000);
    item->record = (struct record){.type = RECORD_FEED};
    item->record.feed = f;
}

static void subscribe(struct maker *m, struct candle_script_item *item)
{
    size_t x = m->n_subscribed % m->n_exchanges;
    size_t y = m->n_subscribed++ / m->n_exchanges;
    item->record = (struct record){.type = RECORD_FEED};
    item->record.feed = (struct feed){.exchange = slice_of(exchanges[x]),
                                      .symbol = slice_of(symbols[y]),
                                      .event = FEED_EVENT_SUBSCRIBED,
                                      .receive_time_us = m->clock_us[x]};
}

/* The exchange whose tick is due, once a second; SCRIPT_EXCHANGES for none. */
static size_t find_due(const struct maker *m)
{
    size_t x = 0;
    while (x < m->n_exchanges && m->clock_us[x] - m->ticked_us[x] < MS(1000))
        x++;
    return x < m->n_exchanges ? x : SCRIPT_EXCHANGES;
}

/* One exchange's clock goes on, or that of all. */
static size_t move_clock(struct maker *m)
{
    size_t x = (size_t)up_to(m, (int64_t)m->n_exchanges - 1);
    m->clock_us[x] += step_us(m);
    for (size_t i = 0; m->style == SCRIPT_TIMELY && i < SCRIPT_EXCHANGES; i++)
        m->clock_us[i] = m->clock_us[x];
    return x;
}

static void make_item(struct maker *m, struct candle_script_item *item)
{
    if (m->style == SCRIPT_TIMELY && m->n_subscribed < m->n_exchanges * m->n_symbols) {
        subscribe(m, item);
        return;
    }
    size_t due = is_wild(m) ? SCRIPT_EXCHANGES : find_due(m);
    if (due < SCRIPT_EXCHANGES) {
        make_tick(m, due, item);
        return;
    }
    size_t x = move_clock(m);
    if (one_in(m, 4))
        make_tick(m, x, item);
    else if (is_wild(m) && one_in(m, 12))
        make_feed(m, x, item);
    else if (is_wild(m) && one_in(m, 100))
        item->record = (struct record){.type = RECORD_QUOTE};
    else
        make_trade(m, x, item);
}

/* --- scripts --------------------------------------------------------------------------------- */

static char all_intervals[] = "1s,1m,5m,15m,30m,1h,4h,6h,12h,1d,1w";
static char some_intervals[] = "1s,1m,1h";
static char one_interval[] = "1m";

static void choose_options(struct maker *m, struct candle_options *ret)
{
    static const int64_t graces_ms[] = {2000, 2000, 0, 500, 30000};
    static const int64_t keeps_ms[] = {60000, 60000, 0, 1500, 300000};
    static const int64_t holds_ms[] = {60000, 0, 900000, 3600000, 86400000};
    static const int64_t limits[] = {16, 40, 100};
    char *const sets[] = {all_intervals, some_intervals, one_interval};
    *ret = candle_case_defaults;
    ret->intervals = sets[up_to(m, 2)];
    if (m->style == SCRIPT_TIMELY)
        return;
    ret->grace_ms = graces_ms[up_to(m, 4)];
    ret->keep_ms = keeps_ms[up_to(m, 4)];
    ret->hold_ms = ret->keep_ms + holds_ms[up_to(m, 4)];
    if (m->style == SCRIPT_TIGHT)
        ret->max_windows = limits[up_to(m, 2)];
}

static int64_t choose_start_us(struct maker *m)
{
    static const int64_t before_us[] = {MS(0), MS(100000), MS(1000), MS(5000000)};
    return CANDLE_CASE_T0 - before_us[up_to(m, 3)];
}

static void start(struct maker *m)
{
    static const int64_t units_us[] = {1, MS(1), MS(100), MS(1000)};
    static const int64_t jumps_us[] = {MS(10000), MS(100000), MS(100000), MS(4000000),
                                       MS(90000000)};
    int64_t start_us = choose_start_us(m);
    m->n_exchanges = 1 + (size_t)up_to(m, SCRIPT_EXCHANGES - 1);
    m->n_symbols = 1 + (size_t)up_to(m, SCRIPT_SYMBOLS - 1);
    m->unit_us = units_us[up_to(m, m->style == SCRIPT_TIMELY ? 2 : 3)];
    m->jump_us = jumps_us[up_to(m, one_in(m, 4) ? 4 : 2)];
    for (size_t x = 0; x < SCRIPT_EXCHANGES; x++) {
        m->clock_us[x] = start_us + (m->style == SCRIPT_TIMELY ? 0 : up_to(m, MS(90000)));
        m->ticked_us[x] = m->clock_us[x];
        for (size_t y = 0; y < SCRIPT_SYMBOLS; y++)
            m->ids[x][y].next = m->ids[x][y].first = 1000;
    }
}

void candle_script_make(struct candle_script *s, uint64_t seed, size_t n,
                        enum candle_script_style style)
{
    struct maker m = {.random = seed, .style = style};
    start(&m);
    choose_options(&m, &s->options);
    s->n = n + (style == SCRIPT_TIGHT ? TIGHT_END_TICKS : END_TICKS) * m.n_exchanges;
    s->items = calloc(s->n, sizeof(*s->items));
    assert_non_null(s->items);
    for (size_t i = 0; i < n; i++)
        make_item(&m, &s->items[i]);
    for (size_t i = n; i < s->n; i++) {
        size_t x = (i - n) % m.n_exchanges;
        m.clock_us[x] += style == SCRIPT_TIGHT   ? MS(3000)
                         : i - n < m.n_exchanges ? MS(40000)
                                                 : MS(2000000);
        s->items[i].record = candle_case_tick(exchanges[x], m.clock_us[x]);
    }
}

void candle_script_finish(struct candle_script *s)
{
    free(s->items);
    *s = (struct candle_script){0};
}

int64_t candle_script_receive_us(const struct record *r)
{
    if (r->type == RECORD_TRADE)
        return r->trade.receive_time_us;
    if (r->type == RECORD_TICK)
        return r->tick.receive_time_us;
    return r->type == RECORD_FEED ? r->feed.receive_time_us : 0;
}

struct slice candle_script_exchange(const struct record *r)
{
    if (r->type == RECORD_TRADE)
        return r->trade.exchange;
    if (r->type == RECORD_TICK)
        return r->tick.exchange;
    return r->type == RECORD_FEED ? r->feed.exchange : slice_of("");
}
