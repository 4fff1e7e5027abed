#include "candle_model.h"

#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROOM = 4096, SERIES_ROOM = SCRIPT_EXCHANGES * SCRIPT_SYMBOLS };

struct model_market {
    struct slice exchange;
    int64_t stream_us;
};

struct model_series {
    size_t market;
    struct slice symbol;
};

struct model_trade {
    const struct candle_script_item *item;
    size_t series;
    int64_t placed_us;
    int64_t offset;
};

struct model_window {
    size_t series;
    int64_t open_us;
    bool final;
    bool repaired;
    bool changed;
    bool written;
    int64_t written_us;
    int32_t revision;
    /* the candle that the record at hand calls for */
    bool expected;
    bool seen;
    bool expected_repaired;
    size_t expected_of; /* of so many accepted trades */
};

static const int64_t MINUTE_US = 60000000;
static const int64_t SECOND_US = 1000000;
static const int64_t AHEAD_US = 5000000;

void candle_model_init(struct candle_model *m, const struct candle_options *options,
                       const char *label)
{
    *m = (struct candle_model){.options = options, .label = label};
    m->markets = calloc(SCRIPT_EXCHANGES, sizeof(*m->markets));
    m->series = calloc(SERIES_ROOM, sizeof(*m->series));
    m->trades = calloc(ROOM, sizeof(*m->trades));
    m->windows = calloc(ROOM, sizeof(*m->windows));
    assert_true(m->markets && m->series && m->trades && m->windows);
}

void candle_model_finish(struct candle_model *m)
{
    free(m->markets);
    free(m->series);
    free(m->trades);
    free(m->windows);
    *m = (struct candle_model){0};
}

static struct model_market *market_of(const struct candle_model *m, const struct model_window *w)
{
    return &m->markets[m->series[w->series].market];
}

static int64_t close_at(const struct candle_model *m, int64_t open_us)
{
    return open_us + MINUTE_US + m->options->grace_ms * 1000;
}

static int64_t leave_at(const struct candle_model *m, int64_t open_us)
{
    return close_at(m, open_us) + m->options->keep_ms * 1000;
}

/* --- what a record calls for ----------------------------------------------------------------- */

static void expect(const struct candle_model *m, struct model_window *w)
{
    w->expected = true;
    w->expected_of = m->n_trades;
    w->expected_repaired = w->repaired;
    w->revision += w->final;
    w->changed = false;
    w->repaired = false;
    w->written = true;
    w->written_us = market_of(m, w)->stream_us;
}

static void advance(const struct candle_model *m, size_t market, int64_t receive_us)
{
    int64_t before_us = m->markets[market].stream_us;
    if (receive_us <= before_us)
        return;
    m->markets[market].stream_us = receive_us;
    for (size_t i = 0; i < m->n_windows; i++) {
        struct model_window *w = &m->windows[i];
        if (m->series[w->series].market != market || before_us >= leave_at(m, w->open_us))
            continue;
        bool closes = !w->final && receive_us >= close_at(m, w->open_us);
        bool rested = receive_us - w->written_us >= SECOND_US;
        w->final |= closes;
        if (closes || (w->changed && (rested || receive_us >= leave_at(m, w->open_us))))
            expect(m, w);
    }
}

/* n_markets, n_series: none such. */
static size_t find_market(const struct candle_model *m, struct slice exchange)
{
    size_t i = 0;
    while (i < m->n_markets && !slice_eq(m->markets[i].exchange, exchange))
        i++;
    return i;
}

static size_t find_series(const struct candle_model *m, const struct trade *t)
{
    size_t i = 0;
    while (i < m->n_series && !(m->series[i].market == find_market(m, t->exchange) &&
                                slice_eq(m->series[i].symbol, t->symbol)))
        i++;
    return i;
}

static size_t add_market(struct candle_model *m, struct slice exchange)
{
    size_t i = find_market(m, exchange);
    if (i == m->n_markets) {
        assert_true(m->n_markets < SCRIPT_EXCHANGES);
        m->markets[m->n_markets++] = (struct model_market){exchange, INT64_MIN};
    }
    return i;
}

static struct model_window *find_window(const struct candle_model *m, size_t series,
                                        int64_t open_us)
{
    for (size_t i = 0; i < m->n_windows; i++)
        if (m->windows[i].series == series && m->windows[i].open_us == open_us)
            return &m->windows[i];
    return NULL;
}

static int64_t windows_in_state(const struct candle_model *m)
{
    int64_t n = 0;
    for (size_t i = 0; i < m->n_windows; i++)
        n += market_of(m, &m->windows[i])->stream_us < leave_at(m, m->windows[i].open_us);
    return n;
}

static void take(struct candle_model *m, struct model_window *w, const struct model_trade *t)
{
    assert_true(m->n_trades < ROOM);
    m->trades[m->n_trades++] = *t;
    int64_t now_us = market_of(m, w)->stream_us;
    w->changed = true;
    w->repaired |= t->item->record.trade.origin == TRADE_ORIGIN_REPAIR;
    w->final |= now_us >= close_at(m, w->open_us);
    if (!w->written || now_us - w->written_us >= SECOND_US)
        expect(m, w);
}

/* The reason for which the trade is refused, or NULL. */
static const char *apply_trade(struct candle_model *m, const struct candle_script_item *item,
                               int64_t offset)
{
    const struct trade *t = &item->record.trade;
    size_t series = find_series(m, t);
    if (series == m->n_series && (int64_t)m->n_series >= m->options->max_windows)
        return "state.max.windows is reached";
    if (series == m->n_series)
        m->series[m->n_series++] = (struct model_series){add_market(m, t->exchange), t->symbol};
    size_t market = m->series[series].market;
    advance(m, market, t->receive_time_us);
    bool ahead = t->exchange_time_us > t->receive_time_us + AHEAD_US;
    int64_t placed_us = ahead ? t->receive_time_us : t->exchange_time_us;
    int64_t open_us = placed_us - placed_us % MINUTE_US; /* no script goes before 1970 */
    if (m->markets[market].stream_us >= leave_at(m, open_us))
        return "its window has left the state";
    struct model_window *w = find_window(m, series, open_us);
    if (!w && windows_in_state(m) >= m->options->max_windows)
        return "state.max.windows is reached";
    if (!w) {
        assert_true(m->n_windows < ROOM);
        w = &m->windows[m->n_windows++];
        *w = (struct model_window){.series = series, .open_us = open_us};
    }
    take(m, w, &(struct model_trade){item, series, placed_us, offset});
    return NULL;
}

static const char *apply(struct candle_model *m, const struct candle_script_item *item,
                         int64_t offset)
{
    if (item->record.type == RECORD_TRADE)
        return apply_trade(m, item, offset);
    if (item->record.type == RECORD_TICK) {
        const struct tick *t = &item->record.tick;
        advance(m, add_market(m, t->exchange), t->receive_time_us);
        return NULL;
    }
    return item->record.type == RECORD_FEED ? NULL : "not a record of this topic";
}

/* --- values, from all trades of a window ----------------------------------------------------- */

static bool is_before(const struct model_trade *a, const struct model_trade *b)
{
    const struct trade *x = &a->item->record.trade;
    const struct trade *y = &b->item->record.trade;
    if (a->placed_us != b->placed_us)
        return a->placed_us < b->placed_us;
    if (x->sequence != y->sequence) /* 0 where there is none */
        return x->sequence < y->sequence;
    if (x->trade_id.len != y->trade_id.len)
        return x->trade_id.len < y->trade_id.len;
    return strcmp(a->item->id, b->item->id) < 0;
}

/* price * amount, of 24 decimals, at 18 decimals: half to even. */
static __int128 quote_e18(const struct candle_script_item *item)
{
    const __int128 exact_e24 = (__int128)item->price_e12 * item->amount_e12;
    __int128 q = exact_e24 / 1000000;
    int rest = (int)(exact_e24 % 1000000);
    return q + (rest > 500000 || (rest == 500000 && q % 2 == 1));
}

static void set(struct decimal *d, __int128 e18, bool take_it)
{
    if (take_it)
        d->e18 = e18;
}

static void add_to_candle(struct candle *c, const struct model_trade *t,
                          const struct model_trade **first, const struct model_trade **last)
{
    const __int128 price = (__int128)t->item->price_e12 * 1000000;
    const __int128 amount = (__int128)t->item->amount_e12 * 1000000;
    *first = !*first || is_before(t, *first) ? t : *first;
    *last = !*last || is_before(*last, t) ? t : *last;
    set(&c->high, price, c->trades == 0 || price > c->high.e18);
    set(&c->low, price, c->trades == 0 || price < c->low.e18);
    c->volume.e18 += amount;
    c->quote_volume.e18 += quote_e18(t->item);
    c->buy_volume.e18 += t->item->record.trade.side == SIDE_BUY ? amount : 0;
    c->first_offset = c->trades == 0 || t->offset < c->first_offset ? t->offset : c->first_offset;
    c->last_offset = t->offset > c->last_offset ? t->offset : c->last_offset;
    c->trades++;
}

static struct candle expected_candle(const struct candle_model *m, const struct model_window *w)
{
    struct candle c = {.exchange = market_of(m, w)->exchange,
                       .symbol = m->series[w->series].symbol,
                       .interval = slice_of("1m"),
                       .open_time_us = w->open_us,
                       .close_time_us = w->open_us + MINUTE_US,
                       .status = w->final ? CANDLE_STATUS_FINAL : CANDLE_STATUS_PROVISIONAL,
                       .revision = w->revision,
                       .has_reason = w->revision > 1,
                       .reason =
                           w->expected_repaired ? REVISION_REASON_REPAIR : REVISION_REASON_LATE,
                       .origin = CANDLE_ORIGIN_TRADES,
                       .has_partition = true,
                       .partition = 3};
    const struct model_trade *first = NULL;
    const struct model_trade *last = NULL;
    for (size_t i = 0; i < w->expected_of; i++) {
        const struct model_trade *t = &m->trades[i];
        if (t->series == w->series && t->placed_us - w->open_us >= 0 &&
            t->placed_us - w->open_us < MINUTE_US)
            add_to_candle(&c, t, &first, &last);
    }
    if (!first || !last) {
        fail_msg("%s: a candle without a trade", m->label);
        return c;
    }
    c.has_open = c.has_high = c.has_low = c.has_close = c.has_first_offset = c.has_last_offset =
        true;
    c.open.e18 = (__int128)first->item->price_e12 * 1000000;
    c.close.e18 = (__int128)last->item->price_e12 * 1000000;
    c.has_vwap = decimal_div(c.quote_volume, c.volume, &c.vwap) == 0;
    c.has_first_trade_id = c.has_last_trade_id = true;
    c.first_trade_id = first->item->record.trade.trade_id;
    c.last_trade_id = last->item->record.trade.trade_id;
    return c;
}

/* --- what was said --------------------------------------------------------------------------- */

static void complain(const struct candle_model *m, int64_t offset, const struct record *said,
                     const struct record *due)
{
    struct strbuf text = STRBUF_INIT(8000);
    if (said)
        assert_int_equal(record_json(said, &text, NULL), 0);
    assert_int_equal(strbuf_adds(&text, "\nexpected\n"), 0);
    if (due)
        assert_int_equal(record_json(due, &text, NULL), 0);
    fail_msg("%s, offset %lld:\n%s", m->label, (long long)offset, text.data);
}

static void check_key(const struct candle_model *m, const struct candle *c, struct slice key)
{
    char time[TIME_TEXT];
    char due[200];
    time_format(c->open_time_us, time);
    int n = snprintf(due, sizeof(due), "%.*s|%.*s|%s", SLICE_ARG(c->exchange), SLICE_ARG(c->symbol),
                     time);
    if (!slice_eq(key, slice_make(due, (size_t)n)))
        fail_msg("%s: key %.*s, expected %s", m->label, SLICE_ARG(key), due);
}

/* Both as bytes: every field counts. */
static void check_candle(struct candle_model *m, const struct fold_harness *h, size_t i)
{
    struct record said;
    fold_harness_decode(h, i, &said);
    assert_int_equal(said.type, RECORD_CANDLE);
    const struct trade name = {.exchange = said.candle.exchange, .symbol = said.candle.symbol};
    struct model_window *w = find_window(m, find_series(m, &name), said.candle.open_time_us);
    if (!w || !w->expected || w->seen) {
        complain(m, h->said[i].offset, &said, NULL);
        return; /* not reached, but complain() is not declared so */
    }
    w->seen = true;
    struct record due = {.type = RECORD_CANDLE};
    due.candle = expected_candle(m, w);
    struct strbuf bytes = STRBUF_INIT(RECORD_MAX_BYTES);
    assert_int_equal(record_encode(&due, &bytes, NULL), 0);
    if (!slice_eq(strbuf_slice(&bytes), fold_harness_value(h, i)))
        complain(m, h->said[i].offset, &said, &due);
    strbuf_finish(&bytes);
    check_key(m, &due.candle, fold_harness_key(h, i));
    m->n_written++;
    m->n_revised += w->revision > 1;
}

void candle_model_check(struct candle_model *m, const struct candle_script_item *item,
                        const struct fold_harness *h, size_t before)
{
    int64_t offset = h->next_offset - 1;
    for (size_t i = 0; i < m->n_windows; i++)
        m->windows[i].expected = m->windows[i].seen = false;
    const char *reason = apply(m, item, offset);
    m->n_refused += reason != NULL;
    for (size_t i = before; i < h->n_said; i++) {
        if (!h->said[i].refusal) {
            check_candle(m, h, i);
            continue;
        }
        if (!reason || !slice_is(fold_harness_value(h, i), reason))
            fail_msg("%s, offset %lld: refused: %.*s", m->label, (long long)offset,
                     SLICE_ARG(fold_harness_value(h, i)));
        reason = NULL;
    }
    if (reason)
        fail_msg("%s, offset %lld: not refused: %s", m->label, (long long)offset, reason);
    for (size_t i = 0; i < m->n_windows; i++) {
        struct record due = {.type = RECORD_CANDLE};
        if (!m->windows[i].expected || m->windows[i].seen)
            continue;
        due.candle = expected_candle(m, &m->windows[i]);
        complain(m, offset, NULL, &due);
    }
}
