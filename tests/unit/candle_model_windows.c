#include "candle_model_state.h"

#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const int64_t SECONDS_HOLD_US = 10 * US_PER_MIN;

/* --- windows and their times ----------------------------------------------------------------- */

static struct model_market *market_of(const struct model *m, const struct model_window *w)
{
    return &m->markets[m->series[w->series].market];
}

static int64_t end_us(int interval, int64_t open_us)
{
    return open_us + model_length_us(interval);
}

static int64_t close_us(const struct model *m, int interval, int64_t open_us)
{
    return end_us(interval, open_us) + m->options->grace_ms * US_PER_MS;
}

static int64_t keep_until_us(const struct model *m, int interval, int64_t open_us)
{
    return close_us(m, interval, open_us) + m->options->keep_ms * US_PER_MS;
}

static int64_t hold_until_us(const struct model *m, int interval, int64_t open_us)
{
    int64_t hold_us = m->options->hold_ms * US_PER_MS;
    if (interval == MODEL_SECOND && hold_us > SECONDS_HOLD_US)
        hold_us = SECONDS_HOLD_US;
    return close_us(m, interval, open_us) + hold_us;
}

bool model_is_enabled(const struct model *m, int interval)
{
    static const char *const names[MODEL_INTERVALS] = {"1s", "1m", "5m",  "15m", "30m", "1h",
                                                       "4h", "6h", "12h", "1d",  "1w"};
    char list[200];
    char name[16];
    (void)snprintf(list, sizeof(list), ",%s,", m->options->intervals);
    (void)snprintf(name, sizeof(name), ",%s,", names[interval]);
    return strstr(list, name) != NULL;
}

struct model_window *model_find_window(const struct model *m, size_t series, int interval,
                                       int64_t open_us)
{
    for (size_t i = 0; i < m->n_windows; i++) {
        struct model_window *w = &m->windows[i];
        if (w->open_us == open_us && w->interval == interval && w->series == series)
            return w;
    }
    return NULL;
}

struct model_window *model_add_window(struct model *m, size_t series, int interval, int64_t open_us)
{
    assert_true(m->n_windows < MODEL_WINDOWS_ROOM);
    struct model_window *w = &m->windows[m->n_windows++];
    *w = (struct model_window){.series = series, .interval = interval, .open_us = open_us};
    return w;
}

/* --- coverage -------------------------------------------------------------------------------- */

/* What is known of each symbol of the exchange, as of now. */
static void know(struct model *m, size_t market)
{
    const struct model_market *x = &m->markets[market];
    bool unseen = !x->alive || x->stream_us - x->tick_us > MODEL_SILENCE_US;
    const struct cover_range since = {x->tick_us, unseen ? x->stream_us : x->tick_us};
    for (size_t i = 0; i < m->n_series; i++)
        if (m->series[i].market == market)
            cover_know(&m->series[i].cover, since, x->stream_us, &m->series[i].known);
}

static enum coverage judge(const struct model *m, const struct model_window *w, int64_t *missing)
{
    const struct model_series *s = &m->series[w->series];
    const struct cover_range time = {w->open_us, end_us(w->interval, w->open_us)};
    return cover_judge(&s->cover, &s->known, time, w->trades > 0, w->forgotten, missing);
}

/* --- records --------------------------------------------------------------------------------- */

static void emit(const struct model *m, const struct model_window *w, const struct record *r)
{
    char time[TIME_TEXT];
    char key[2 * MODEL_TEXT + TIME_TEXT];
    time_format(w->open_us, time);
    int n = snprintf(key, sizeof(key), "%s|%s|%s", market_of(m, w)->name, m->series[w->series].name,
                     time);
    const struct fold_output out = {
        .topic = w->interval, .key = slice_make(key, (size_t)n), .record = r};
    struct err e = {0};
    if (m->sink->emit(m->sink->ctx, &out, &e) != 0)
        fail_msg("the model cannot be stopped: %s", e.text);
}

void model_count(const struct model *m, enum candle_counter counter)
{
    m->sink->count(m->sink->ctx, (int)counter, 1);
}

static void write_window(const struct model *m, struct model_window *w)
{
    struct record r = {.type = RECORD_CANDLE};
    struct candle *c = &r.candle;
    assert_int_equal(model_candle(m, w, NULL, c), 0);
    w->coverage = judge(m, w, &w->missing);
    w->revision += w->final;
    c->status = w->final ? CANDLE_STATUS_FINAL : CANDLE_STATUS_PROVISIONAL;
    c->coverage = w->coverage;
    c->has_missing = w->missing > 0;
    c->missing = w->missing;
    c->revision = w->revision;
    c->has_reason = w->revision > 1;
    if (c->has_reason)
        c->reason = w->repaired ? REVISION_REASON_REPAIR
                    : w->added  ? REVISION_REASON_LATE
                                : REVISION_REASON_RESTATE;
    emit(m, w, &r);
    if (w->final)
        model_count(m, w->revision == 1 ? CANDLE_FINALS : CANDLE_REVISED);
    w->added = w->repaired = 0;
    w->written = true;
    w->written_us = market_of(m, w)->stream_us;
}

static bool has_changed(const struct model *m, const struct model_window *w)
{
    int64_t missing;
    if (!w->final || !w->written || w->added)
        return !w->written || w->added;
    return judge(m, w, &missing) != w->coverage || missing != w->missing;
}

/* Shortest stream time between two records of the window. */
static int64_t pace_us(const struct model_window *w)
{
    if (w->final || w->interval == MODEL_MINUTE)
        return US_PER_S;
    return w->interval == MODEL_MINUTE + 1 ? 5 * US_PER_S : 10 * US_PER_S;
}

static void write_rested(struct model *m, size_t market)
{
    for (size_t i = 0; i < m->n_windows; i++) {
        struct model_window *w = &m->windows[i];
        const struct model_series *s = &m->series[w->series];
        if (s->market != market || (!w->final && w->interval == MODEL_SECOND))
            continue;
        if (w->written && m->markets[market].stream_us - w->written_us < pace_us(w))
            continue;
        if (has_changed(m, w))
            write_window(m, w);
    }
}

/* --- leaving --------------------------------------------------------------------------------- */

static void remove_window(struct model *m, struct model_window *w)
{
    if (has_changed(m, w)) /* what waits is still told */
        write_window(m, w);
    *w = m->windows[--m->n_windows];
}

static bool stays(const struct model *m, const struct model_window *w)
{
    const struct model_series *s = &m->series[w->series];
    int64_t now_us = market_of(m, w)->stream_us;
    int64_t missing;
    enum coverage c = judge(m, w, &missing);
    if (!w->final || now_us < keep_until_us(m, w->interval, w->open_us))
        return true;
    bool open_end =
        s->known.latest_us >= w->open_us && s->known.latest_us < end_us(w->interval, w->open_us);

    bool quiet_end = w->trades == 0 && w->open_us > s->latest_us;
    bool held = (c != COVERAGE_COMPLETE && c != COVERAGE_QUIET) || open_end || quiet_end;
    return held && now_us < hold_until_us(m, w->interval, w->open_us);
}

static void drop_due(struct model *m, size_t market)
{
    for (size_t i = m->n_windows; i > 0; i--)
        if (m->series[m->windows[i - 1].series].market == market && !stays(m, &m->windows[i - 1]))
            remove_window(m, &m->windows[i - 1]);
}

/* Which of two windows goes first at the limit. */
static bool goes_first(const struct model_window *a, const struct model_window *b)
{
    int64_t x = end_us(a->interval, a->open_us);
    int64_t y = end_us(b->interval, b->open_us);
    if (x != y)
        return x < y;
    return a->interval != b->interval ? a->interval < b->interval : a->series < b->series;
}

static bool drop_oldest(struct model *m)
{
    struct model_window *oldest = NULL;
    for (size_t i = 0; i < m->n_windows; i++)
        if (m->windows[i].final && (!oldest || goes_first(&m->windows[i], oldest)))
            oldest = &m->windows[i];
    if (!oldest)
        return false;
    int64_t end = end_us(oldest->interval, oldest->open_us);
    int64_t *dropped_us = &m->series[oldest->series].dropped_us;
    *dropped_us = end > *dropped_us ? end : *dropped_us;
    remove_window(m, oldest);
    model_count(m, CANDLE_DROPPED);
    return true;
}

bool model_make_room(struct model *m, size_t more)
{
    int64_t needed = (int64_t)(m->n_windows + more) - m->options->max_windows;
    int64_t most = m->options->max_windows / 16 + 1;
    int64_t closed = 0;
    for (size_t i = 0; i < m->n_windows; i++)
        closed += m->windows[i].final;
    if (needed <= 0)
        return true;
    if (needed > closed)
        return false;
    for (int64_t n = needed > most ? needed : most; n > 0 && drop_oldest(m); n--)
        continue;
    return true;
}

bool model_is_closed(const struct model *m, const struct model_window *w)
{
    return market_of(m, w)->stream_us >= close_us(m, w->interval, w->open_us);
}

bool model_is_makeable(const struct model *m, size_t series, int interval, int64_t open_us)
{
    const struct model_series *s = &m->series[series];
    return m->markets[s->market].stream_us < keep_until_us(m, interval, open_us) &&
           end_us(interval, open_us) > s->dropped_us;
}

/* --- windows without trades ------------------------------------------------------------------ */

static void make_empty(struct model *m, size_t series, int interval, int64_t open_us,
                       int64_t stream_before_us)
{
    struct model_series *s = &m->series[series];
    int64_t now_us = m->markets[s->market].stream_us;
    bool closes = stream_before_us < close_us(m, interval, open_us);
    bool late =
        !s->fresh && (now_us < keep_until_us(m, interval, open_us) || open_us > s->before_us);
    if (now_us < close_us(m, interval, open_us) || now_us >= hold_until_us(m, interval, open_us) ||
        !(closes || late) || model_find_window(m, series, interval, open_us))
        return;
    struct model_window w = {.series = series, .interval = interval, .open_us = open_us};
    int64_t missing;
    enum coverage c = judge(m, &w, &missing);
    if ((c != COVERAGE_GAP && c != COVERAGE_DOWN) || end_us(interval, open_us) <= s->dropped_us)
        return;
    if (!model_make_room(m, 1)) {
        s->dropped_us = end_us(interval, open_us); /* it was not beyond it */
        model_count(m, CANDLE_UNMADE);
        return;
    }
    struct model_window *made = model_add_window(m, series, interval, open_us);
    made->final = true;
    write_window(m, made);
}

static void make_empty_within(struct model *m, size_t series, struct cover_range time,
                              int64_t stream_before_us)
{
    int64_t now_us = m->markets[m->series[series].market].stream_us;
    for (int k = MODEL_MINUTE; k < MODEL_INTERVALS; k++) {
        if (!model_is_enabled(m, k))
            continue;
        int64_t oldest_us = now_us - (hold_until_us(m, k, 0) + model_length_us(k));
        int64_t open_us = model_open_us(k, time.from_us > oldest_us ? time.from_us : oldest_us);
        for (; open_us <= time.to_us && open_us < now_us; open_us += model_length_us(k))
            make_empty(m, series, k, open_us, stream_before_us);
    }
}

/* Closed windows of which something is missing are made where that says something new. */
static void make_all_empty(struct model *m, size_t market, int64_t stream_before_us)
{
    for (size_t i = 0; i < m->n_series; i++) {
        const struct cover_known *known = &m->series[i].known;
        if (m->series[i].market != market)
            continue;
        for (size_t k = 0; k < known->n_holes; k++)
            make_empty_within(m, i, known->holes[k].time, stream_before_us);
        for (size_t k = 0; k < known->n_lost; k++)
            make_empty_within(m, i, known->lost[k], stream_before_us);
    }
}

/* --- time ------------------------------------------------------------------------------------ */

/* Stream time may have moved, lost time or holes may have come or gone. */
static void settle(struct model *m, size_t market, int64_t stream_before_us)
{
    int64_t now_us = m->markets[market].stream_us;
    for (size_t i = 0; i < m->n_series; i++)
        if (m->series[i].market == market)
            cover_tidy(&m->series[i].cover, now_us, m->options->hold_ms * US_PER_MS);
    know(m, market);
    if (now_us == MODEL_NEVER_US)
        return;
    for (size_t i = 0; i < m->n_windows; i++) {
        struct model_window *w = &m->windows[i];
        if (market_of(m, w) != &m->markets[market] || w->final ||
            now_us < close_us(m, w->interval, w->open_us))
            continue;
        w->final = true;
        write_window(m, w);
    }
    make_all_empty(m, market, stream_before_us);
    if (now_us > stream_before_us)
        drop_due(m, market);
    write_rested(m, market);
}

void model_begin(struct model_market *x, int64_t receive_us)
{
    if (x->tick_us == MODEL_NEVER_US)
        x->tick_us = receive_us;
}

void model_advance(struct model *m, size_t market, int64_t receive_us)
{
    int64_t before_us = m->markets[market].stream_us;
    model_begin(&m->markets[market], receive_us);
    if (receive_us > before_us)
        m->markets[market].stream_us = receive_us;
    settle(m, market, before_us);
}

void model_settle(struct model *m, size_t market)
{
    settle(m, market, m->markets[market].stream_us);
}
