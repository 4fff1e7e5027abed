#include "parts.h"

#include "timefmt.h"

/* 1s windows are many, and whoever wants to know what was missing looks at the minutes. */
static const int64_t SECONDS_HOLD_US = 10 * US_PER_MIN;

static const int64_t REVISION_PACE_US = US_PER_S;

/* --- when ------------------------------------------------------------------------------------ */

int64_t time_final_us(const struct candle_state *s, int interval, int64_t open_us)
{
    return open_us + intervals[interval].length_us + s->options->grace_ms * US_PER_MS;
}

int64_t time_kept_us(const struct candle_state *s, int interval, int64_t open_us)
{
    return time_final_us(s, interval, open_us) + s->options->keep_ms * US_PER_MS;
}

int64_t time_held_us(const struct candle_state *s, int interval, int64_t open_us)
{
    int64_t keep_us = s->options->keep_ms * US_PER_MS;
    int64_t hold_us = s->options->hold_ms * US_PER_MS;
    if (interval == INTERVAL_1S && hold_us > SECONDS_HOLD_US)
        hold_us = SECONDS_HOLD_US;
    return time_final_us(s, interval, open_us) + (hold_us > keep_us ? hold_us : keep_us);
}

static int64_t stage_end_us(const struct candle_state *s, const struct window *w)
{
    switch (w->stage) {
    case STAGE_OPEN:
        return time_final_us(s, w->interval, w->open_us);
    case STAGE_KEPT:
        return time_kept_us(s, w->interval, w->open_us);
    case STAGE_HELD:
    case STAGES:
        break;
    }
    return time_held_us(s, w->interval, w->open_us);
}

static int64_t rest_end_us(const struct window *w)
{
    return w->written_us +
           (window_is_final(w) ? REVISION_PACE_US : intervals[w->interval].provisional_us);
}

/* The last minute whose end + grace stream time has passed. */
static int64_t passed_minute_us(const struct candle_state *s, const struct market *m)
{
    return interval_open_us(&intervals[INTERVAL_1M],
                            m->stream_us - s->options->grace_ms * US_PER_MS);
}

static void sooner(int64_t *at, int64_t us)
{
    *at = us < *at ? us : *at;
}

void time_schedule(const struct turn *t, struct market *m)
{
    const struct candle_state *s = t->state;
    int64_t wake = time_final_us(s, INTERVAL_1M, m->minute_us);
    if (!m->silent)
        sooner(&wake, coverage_silent_us(m));
    for (int i = 0; i < INTERVALS; i++) {
        if (!s->folds[i])
            continue;
        for (int stage = 0; stage < STAGES; stage++)
            if (!TAILQ_EMPTY(&m->queues[i][stage]))
                sooner(&wake, stage_end_us(s, TAILQ_FIRST(&m->queues[i][stage])));
        if (!TAILQ_EMPTY(&m->rests[i]))
            sooner(&wake, rest_end_us(TAILQ_FIRST(&m->rests[i])));
    }
    if (!TAILQ_EMPTY(&m->rests[RESTS_CLOSED]))
        sooner(&wake, rest_end_us(TAILQ_FIRST(&m->rests[RESTS_CLOSED])));
    m->wake_us = wake;
}

/* --- what ------------------------------------------------------------------------------------ */

/* Ticks stay away: from here on their time counts as lost, which closed windows have to say. */
static int fall_silent(const struct turn *t, struct market *m)
{
    m->silent = true;
    for (struct series *s = t->state->book->series; s; s = s->next)
        if (s->market == m && window_reconsider(t, s, m->tick_us, m->stream_us) != 0)
            return -1;
    return 0;
}

/* Windows of one interval that end there and had no trade. */
static int notice_empty(const struct turn *t, const struct market *m, int interval, int64_t end_us)
{
    int64_t open_us = end_us - intervals[interval].length_us;
    for (struct series *s = t->state->book->series; s; s = s->next)
        if (s->market == m && (coverage_has_lost(s) || s->ids.n_holes > 0) &&
            window_notice(t, s, interval, open_us, true) != 0)
            return -1;
    return 0;
}

static int notice_minute(const struct turn *t, const struct market *m, int64_t end_us)
{
    for (int i = INTERVAL_1M; i < INTERVALS; i++)
        if (t->state->folds[i] && interval_open_us(&intervals[i], end_us) == end_us &&
            notice_empty(t, m, i, end_us) != 0)
            return -1;
    return 0;
}

/* Minutes have ended. Those that ended too long ago are not even held. */
static int pass_minutes(const struct turn *t, struct market *m)
{
    const int64_t minute = intervals[INTERVAL_1M].length_us;
    int64_t last = passed_minute_us(t->state, m);
    int64_t held = time_held_us(t->state, INTERVAL_1M, 0);
    int64_t next = m->minute_us + minute;
    int64_t first = interval_open_us(&intervals[INTERVAL_1M], m->stream_us - held);
    next = next < first ? first : next;
    for (; next <= last; next += minute)
        if (notice_minute(t, m, next) != 0)
            return -1;
    m->minute_us = last;
    return 0;
}

static int close_due(const struct turn *t, struct market *m, int interval)
{
    struct window *w;
    while ((w = TAILQ_FIRST(&m->queues[interval][STAGE_OPEN])) &&
           m->stream_us >= stage_end_us(t->state, w))
        if (window_close(t, w) != 0)
            return -1;
    return 0;
}

/* What was kept long enough is dropped, or held where it is not as complete as it was. */
static int drop_due(const struct turn *t, struct market *m, int interval, enum window_stage stage)
{
    struct window *w;
    while ((w = TAILQ_FIRST(&m->queues[interval][stage])) &&
           m->stream_us >= stage_end_us(t->state, w)) {
        if (stage == STAGE_KEPT)
            window_file(w);
        if (w->stage == stage && window_drop(t, w) != 0)
            return -1;
    }
    return 0;
}

static int drop_all_due(const struct turn *t, struct market *m)
{
    for (int i = 0; i < INTERVALS; i++)
        if (t->state->folds[i] &&
            (drop_due(t, m, i, STAGE_KEPT) != 0 || drop_due(t, m, i, STAGE_HELD) != 0))
            return -1;
    return 0;
}

/* Ends the rests that lasted long enough, and writes what changed meanwhile. Windows rest in the
 * order they were written, and all of a list as long: the first to be done stands first. */
static int end_rests(const struct turn *t, struct market *m, int list)
{
    struct window *w;
    while ((w = TAILQ_FIRST(&m->rests[list])) && m->stream_us >= rest_end_us(w)) {
        window_end_lane(w->series);
        book_wake(w);
        if (window_show(t, w) != 0)
            return -1;
    }
    return 0;
}

static int wake(const struct turn *t, struct market *m)
{
    if (!m->silent && coverage_is_silent(m) && fall_silent(t, m) != 0)
        return -1;
    if (pass_minutes(t, m) != 0)
        return -1;
    for (int i = 0; i < INTERVALS; i++)
        if (close_due(t, m, i) != 0)
            return -1;
    if (drop_all_due(t, m) != 0)
        return -1;
    for (int i = 0; i < RESTS; i++)
        if (end_rests(t, m, i) != 0)
            return -1;
    time_schedule(t, m);
    return 0;
}

int time_advance(const struct turn *t, struct market *m, int64_t receive_us)
{
    if (receive_us <= m->stream_us)
        return 0;
    bool first = m->stream_us == BOOK_NEVER;
    m->stream_us = receive_us;
    if (first) {
        m->tick_us = receive_us;
        m->minute_us = passed_minute_us(t->state, m);
        time_schedule(t, m);
        return 0;
    }
    return receive_us >= m->wake_us ? wake(t, m) : 0;
}
