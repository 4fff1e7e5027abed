#include "candle_model.h"

#include "candle_model_state.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MARKETS_ROOM = 64, SERIES_ROOM = 256, TRADES_ROOM = 8192 };

static const int64_t AHEAD_US = 5 * US_PER_S;

/* --- names ----------------------------------------------------------------------------------- */

static void copy_text(struct slice from, char to[MODEL_TEXT])
{
    assert_true(from.len < MODEL_TEXT);
    memcpy(to, from.data, from.len);
    to[from.len] = '\0';
}

/* The exchange of that name, from now on known. */
static size_t market_named(struct model *m, struct slice exchange)
{
    for (size_t i = 0; i < m->n_markets; i++)
        if (slice_is(exchange, m->markets[i].name))
            return i;
    assert_true(m->n_markets < MARKETS_ROOM);
    struct model_market *x = &m->markets[m->n_markets];
    *x = (struct model_market){
        .stream_us = MODEL_NEVER_US, .tick_us = MODEL_NEVER_US, .alive = true};
    copy_text(exchange, x->name);
    return m->n_markets++;
}

static size_t find_series(const struct model *m, struct slice exchange, struct slice symbol)
{
    for (size_t i = 0; i < m->n_series; i++)
        if (slice_is(exchange, m->markets[m->series[i].market].name) &&
            slice_is(symbol, m->series[i].name))
            return i;
    return m->n_series;
}

/* As many symbols as windows are allowed; n_series for no room. */
static size_t series_named(struct model *m, struct slice exchange, struct slice symbol)
{
    size_t i = find_series(m, exchange, symbol);
    if (i < m->n_series || (int64_t)m->n_series >= m->options->max_windows)
        return i;
    assert_true(m->n_series < SERIES_ROOM);
    struct model_series *s = &m->series[m->n_series];
    *s = (struct model_series){.latest_us = MODEL_NEVER_US,
                               .before_us = MODEL_NEVER_US,
                               .dropped_us = MODEL_NEVER_US,
                               .fresh = true};
    s->market = market_named(m, exchange);
    copy_text(symbol, s->name);
    return m->n_series++;
}

/* --- trades ---------------------------------------------------------------------------------- */

static void add_to_window(struct model *m, struct model_window *w, const struct model_trade *t)
{
    w->final |= model_is_closed(m, w);
    w->trades++;
    w->added++;
    w->repaired += t->trade.origin == TRADE_ORIGIN_REPAIR;
    if (w->interval == MODEL_MINUTE && w->final)
        model_count(m, CANDLE_LATE);
}

static void forget_hole(struct model *m, size_t series, const struct cover_hole *hole)
{
    for (size_t i = 0; i < m->n_windows; i++) {
        struct model_window *w = &m->windows[i];
        const struct cover_range time = {w->open_us, w->open_us + model_length_us(w->interval)};
        if (w->series == series && cover_touches(hole, time))
            w->forgotten += hole->last - hole->first + 1;
    }
}

/* Into all its windows: there is room, and the sums fit. */
static void accept(struct model *m, const struct model_trade *t)
{
    struct model_series *s = &m->series[t->series];
    struct cover_hole hole;
    assert_true(m->n_trades < TRADES_ROOM);
    m->trades[m->n_trades++] = *t;
    for (int k = 0; k < MODEL_INTERVALS; k++) {
        int64_t open_us = model_open_us(k, t->placed_us);
        struct model_window *w = model_find_window(m, t->series, k, open_us);
        if (!model_is_enabled(m, k))
            continue;
        bool makeable = model_is_makeable(m, t->series, k, open_us);
        if (!w && !makeable && k == MODEL_SECOND) {
            model_count(m, CANDLE_SKIPPED);
            continue;
        }
        if (!w && !makeable)
            fail_msg("a window of %lld s is gone before its minutes",
                     (long long)(model_length_us(k) / US_PER_S));
        add_to_window(m, w ? w : model_add_window(m, t->series, k, open_us), t);
    }
    s->latest_us = t->placed_us > s->latest_us ? t->placed_us : s->latest_us;
    s->cover.has_idless |= !t->trade.has_sequence;
    if (t->trade.has_sequence && cover_add_id(&s->cover, t->trade.sequence, t->placed_us, &hole))
        forget_hole(m, t->series, &hole);
    model_count(m, CANDLE_TRADES);
}

/* How many windows must be made for the trade; -1: its minute is gone. */
static int windows_to_make(const struct model *m, const struct model_trade *t)
{
    int n = 0;
    for (int k = 0; k < MODEL_INTERVALS; k++) {
        int64_t open_us = model_open_us(k, t->placed_us);
        if (!model_is_enabled(m, k) || model_find_window(m, t->series, k, open_us))
            continue;
        bool makeable = model_is_makeable(m, t->series, k, open_us);
        if (k == MODEL_MINUTE && !makeable)
            return -1;
        n += k != MODEL_SECOND || makeable;
    }
    return n;
}

static bool sums_fit(const struct model *m, const struct model_trade *t)
{
    for (int k = 0; k < MODEL_INTERVALS; k++) {
        const struct model_window w = {
            .series = t->series, .interval = k, .open_us = model_open_us(k, t->placed_us)};
        struct candle c;
        if (model_is_enabled(m, k) && model_candle(m, &w, t, &c) != 0)
            return false;
    }
    return true;
}

/* Why the trade is refused; NULL: it was taken, or is a duplicate. */
static const char *take(struct model *m, const struct model_trade *t)
{
    const struct cover *c = &m->series[t->series].cover;
    if (t->trade.has_sequence && c->has_forgotten && t->trade.sequence <= c->forgotten)
        return "its id is below a forgotten hole";
    if (t->trade.has_sequence && cover_has_id(c, t->trade.sequence)) {
        model_count(m, CANDLE_DUPLICATES);
        return NULL;
    }
    if (t->placed_us != t->trade.exchange_time_us)
        model_count(m, CANDLE_AHEAD);
    int n;
    do { /* making room may drop some of its own */
        n = windows_to_make(m, t);
        if (n < 0) {
            model_count(m, CANDLE_TOO_LATE);
            return "its window has left the state";
        }
        if (n > 0 && !model_make_room(m, (size_t)n))
            return "state.max.windows is reached";
    } while (windows_to_make(m, t) != n);
    if (!sums_fit(m, t))
        return "a sum of the window no longer fits";
    accept(m, t);
    return NULL;
}

static const char *apply_trade(struct model *m, const struct trade *t, int64_t offset)
{
    size_t series = series_named(m, t->exchange, t->symbol);
    if (series == m->n_series)
        return "state.max.windows is reached";
    struct model_series *s = &m->series[series];
    s->before_us = s->latest_us;
    model_advance(m, s->market, t->receive_time_us);
    bool ahead = t->exchange_time_us - t->receive_time_us > AHEAD_US;
    struct model_trade mine = {.series = series,
                               .placed_us = ahead ? t->receive_time_us : t->exchange_time_us,
                               .offset = offset,
                               .trade = *t,
                               .id_len = t->trade_id.len};
    copy_text(t->trade_id, mine.id);
    const char *why = take(m, &mine);
    s->fresh &= why != NULL;
    model_settle(m, s->market);
    s->before_us = s->latest_us;
    return why;
}

/* --- ticks and feed records ------------------------------------------------------------------ */

static void apply_tick(struct model *m, const struct tick *t)
{
    size_t market = market_named(m, t->exchange);
    struct model_market *x = &m->markets[market];
    model_begin(x, t->receive_time_us);
    if (t->receive_time_us >= x->tick_us) {
        bool lost = !x->alive || !t->alive || t->receive_time_us - x->tick_us > MODEL_SILENCE_US;
        for (size_t i = 0; lost && i < m->n_series; i++) {
            if (m->series[i].market != market)
                continue;
            cover_lose(&m->series[i].cover, x->tick_us, t->receive_time_us);
            m->series[i].fresh = false;
        }
        x->tick_us = t->receive_time_us;
        x->alive = t->alive;
    }
    model_advance(m, market, t->receive_time_us);
}

static void note_feed(struct cover *c, const struct feed *f)
{
    int64_t from_us = f->has_from_time_us ? f->from_time_us : f->receive_time_us;
    int64_t to_us = f->has_to_time_us ? f->to_time_us : f->receive_time_us;
    if (f->event == FEED_EVENT_SUBSCRIBED) {
        cover_end(c, f->receive_time_us);
        c->subscribed_us = c->subscribed ? c->subscribed_us : f->receive_time_us;
        c->subscribed = true;
    } else if (f->event == FEED_EVENT_LOST) {
        cover_lose(c, from_us, COVER_ENDLESS);
    } else if (f->event == FEED_EVENT_GAP && c->n_ids == 0) {
        cover_lose(c, from_us, to_us);
    } else if (f->event == FEED_EVENT_REPAIRED && !f->has_first_id && f->has_from_time_us &&
               f->has_to_time_us) {
        cover_heal(c, from_us, to_us);
    }
}

static void apply_feed(struct model *m, const struct feed *f)
{
    size_t series = find_series(m, f->exchange, f->symbol);
    if (series == m->n_series && f->event == FEED_EVENT_SUBSCRIBED)
        series = series_named(m, f->exchange, f->symbol);
    if (series == m->n_series)
        return;
    struct model_series *s = &m->series[series];
    s->fresh = false;
    note_feed(&s->cover, f);
    model_settle(m, s->market);
}

/* --- the fold -------------------------------------------------------------------------------- */

static int apply(void *state, const struct fold_input *in, const struct fold_sink *sink,
                 struct err *e)
{
    struct model *m = state;
    const char *why = NULL;
    m->sink = sink;
    if (in->record->type == RECORD_TRADE)
        why = apply_trade(m, &in->record->trade, in->offset);
    else if (in->record->type == RECORD_TICK)
        apply_tick(m, &in->record->tick);
    else
        apply_feed(m, &in->record->feed);
    return why ? sink->refuse(sink->ctx, why, e) : 0;
}

static void destroy(void *state)
{
    struct model *m = state;
    for (size_t i = 0; i < m->n_series; i++)
        cover_finish(&m->series[i].cover);
    free(m->markets);
    free(m->series);
    free(m->trades);
    free(m->windows);
    free(m);
}

static void *create(const void *options, int32_t partition, struct err *e)
{
    (void)e;
    struct model *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    m->options = options;
    m->partition = partition;
    m->markets = calloc(MARKETS_ROOM, sizeof(*m->markets));
    m->series = calloc(SERIES_ROOM, sizeof(*m->series));
    m->trades = calloc(TRADES_ROOM, sizeof(*m->trades));
    m->windows = calloc(MODEL_WINDOWS_ROOM, sizeof(*m->windows));
    assert_true(m->markets && m->series && m->trades && m->windows);
    return m;
}

/* The harness asks for their number only. */
static const struct metric_desc counter = {"model", "", METRIC_COUNTER, 1};
static const struct metric_desc *const counters[] = {
    [CANDLE_TRADES] = &counter,  [CANDLE_DUPLICATES] = &counter, [CANDLE_FINALS] = &counter,
    [CANDLE_REVISED] = &counter, [CANDLE_LATE] = &counter,       [CANDLE_TOO_LATE] = &counter,
    [CANDLE_AHEAD] = &counter,   [CANDLE_SKIPPED] = &counter,    [CANDLE_DROPPED] = &counter,
    [CANDLE_UNMADE] = &counter,  [CANDLE_COUNTERS] = NULL};

const struct fold_ops candle_model_fold = {
    .name = "model", .counters = counters, .create = create, .destroy = destroy, .apply = apply};
