#include "parts.h"

#include <stdlib.h>

/* At the limit so many windows go at once, as a part of it: finding the oldest takes a while. */
enum { DROP_PART = 16 };

/* --- the lane -------------------------------------------------------------------------------- */

void window_settle(struct series *s)
{
    if (s->lane_sum.trades == 0)
        return;
    for (int i = 0; i < INTERVALS; i++) {
        struct window *w = s->lane_windows[i];
        if (!w)
            continue;
        sum_merge(&w->sum, &s->lane_sum);
        w->changed = true;
        w->repaired |= s->lane_repaired;
    }
    s->lane_sum.trades = 0;
    s->lane_repaired = false;
}

void window_end_lane(struct series *s)
{
    window_settle(s);
    s->lane = false;
}

/* --- writing --------------------------------------------------------------------------------- */

static struct judgement judge(const struct window *w)
{
    return coverage_judge(w->series, w->interval, w->open_us, w);
}

/* What was said of a window that never was written: that there is nothing to say. */
static bool has_news(const struct window *w, struct judgement j)
{
    if (!window_is_final(w))
        return w->changed;
    if (!w->written && w->sum.trades == 0)
        return coverage_shows(j.coverage);
    return w->changed || w->said != j.coverage || w->said_missing != j.missing;
}

static bool may_show(const struct window *w)
{
    return !w->rests && (window_is_final(w) || intervals[w->interval].provisional_us > 0);
}

static int write_and_rest(const struct turn *t, struct window *w, struct judgement j)
{
    if (candle_write(t, w, j) != 0)
        return -1;
    book_rest(w);
    return 0;
}

int window_show(const struct turn *t, struct window *w)
{
    if (!may_show(w))
        return 0;
    struct judgement j = judge(w);
    return has_news(w, j) ? write_and_rest(t, w, j) : 0;
}

/* --- closed windows -------------------------------------------------------------------------- */

/* Whether only the trade behind the latest one can show that nothing is missing here. */
static bool awaits_proof(const struct window *w)
{
    const struct ids *ids = &w->series->ids;
    return ids->known && w->open_us <= ids->latest_us &&
           ids->latest_us < w->open_us + intervals[w->interval].length_us;
}

/* Whether it could be made anew if it went: without a trade, and none behind its start. */
static bool could_come_again(const struct window *w)
{
    return w->sum.trades == 0 && w->open_us > w->series->latest_us;
}

void window_file(struct window *w)
{
    enum coverage c = judge(w).coverage;
    bool waits = awaits_proof(w) || could_come_again(w);
    bool done = (c == COVERAGE_COMPLETE || c == COVERAGE_QUIET) && !waits;
    w->series->unproven |= waits;
    book_stage(w, done ? STAGE_KEPT : STAGE_HELD);
}

int window_close(const struct turn *t, struct window *w)
{
    window_end_lane(w->series);
    struct judgement j = judge(w);
    if (w->sum.trades == 0 && !coverage_shows(j.coverage)) {
        book_drop(t->state->book, w);
        return 0;
    }
    book_stage(w, STAGE_KEPT);
    if (write_and_rest(t, w, j) != 0)
        return -1;
    window_file(w);
    return 0;
}

int window_drop(const struct turn *t, struct window *w)
{
    struct judgement j = judge(w);
    if (has_news(w, j) && candle_write(t, w, j) != 0)
        return -1;
    book_drop(t->state->book, w);
    return 0;
}

/* --- room ------------------------------------------------------------------------------------ */

static int64_t end_of(const struct window *w)
{
    return w->open_us + intervals[w->interval].length_us;
}

/* By end, of equal ends the shorter first, then the symbol that appeared first. */
static int oldest_first(const void *a, const void *b)
{
    const struct window *x = *(struct window *const *)a;
    const struct window *y = *(struct window *const *)b;
    if (end_of(x) != end_of(y))
        return end_of(x) < end_of(y) ? -1 : 1;
    if (x->interval != y->interval)
        return x->interval < y->interval ? -1 : 1;
    return x->series->number < y->series->number ? -1 : x->series->number > y->series->number;
}

static size_t collect_closed(const struct book *b, struct window **ret)
{
    size_t n = 0;
    struct window *w;
    for (const struct market *m = b->markets; m; m = m->next)
        for (int i = 0; i < INTERVALS; i++)
            for (int stage = STAGE_KEPT; stage < STAGES; stage++)
                TAILQ_FOREACH(w, &m->queues[i][stage], queue)
    ret[n++] = w;
    return n;
}

/* No window of the series that ended by then is made (again). */
static void give_up_until(struct series *s, int64_t end_us)
{
    s->dropped_us = end_us > s->dropped_us ? end_us : s->dropped_us;
}

/* Drops the oldest of the closed windows, at least as many as are needed, if there are so many: 1,
 * else 0. */
static int drop_oldest(const struct turn *t, struct window **closed, size_t n, size_t needed)
{
    if (needed > n)
        return 0;
    qsort(closed, n, sizeof(struct window *), oldest_first);
    size_t drops = (size_t)t->state->options->max_windows / DROP_PART + 1;
    drops = drops < needed ? needed : drops;
    drops = drops < n ? drops : n;
    for (size_t i = 0; i < drops; i++) {
        give_up_until(closed[i]->series, end_of(closed[i]));
        if (window_drop(t, closed[i]) != 0)
            return -1;
    }
    turn_count(t, CANDLE_DROPPED, (int64_t)drops);
    return 1;
}

int window_room(const struct turn *t, int64_t n)
{
    const struct candle_state *s = t->state;
    int64_t needed = s->book->n_windows + n - s->options->max_windows;
    if (needed <= 0)
        return 1;
    if (s->book->n_windows == 0)
        return 0;
    struct window **closed = calloc((size_t)s->book->n_windows, sizeof(struct window *));
    if (!closed)
        return turn_no_memory(t);
    int r = drop_oldest(t, closed, collect_closed(s->book, closed), (size_t)needed);
    free(closed);
    return r;
}

bool window_may_come(const struct turn *t, const struct series *s, int interval, int64_t open_us)
{
    return open_us + intervals[interval].length_us > s->dropped_us &&
           s->market->stream_us < time_kept_us(t->state, interval, open_us);
}

/* --- more is known --------------------------------------------------------------------------- */

/* Whether a window without a trade may be made: it must not have been there before. */
static bool may_be_noticed(const struct turn *t, const struct series *s, int interval,
                           int64_t open_us, bool ends_now)
{
    int64_t now_us = s->market->stream_us;
    return open_us + intervals[interval].length_us > s->dropped_us &&
           now_us < time_held_us(t->state, interval, open_us) &&
           (ends_now || now_us < time_kept_us(t->state, interval, open_us) ||
            open_us > s->before_us);
}

int window_notice(const struct turn *t, struct series *s, int interval, int64_t open_us,
                  bool ends_now)
{
    if (book_find_window(s, interval, open_us) ||
        !may_be_noticed(t, s, interval, open_us, ends_now) ||
        !coverage_shows(coverage_judge(s, interval, open_us, NULL).coverage))
        return 0;
    int room = window_room(t, 1);
    if (room < 0)
        return -1;
    if (room == 0) {
        give_up_until(s, open_us + intervals[interval].length_us);
        turn_count(t, CANDLE_UNMADE, 1);
        return 0;
    }
    struct window *w = book_window(t->state->book, s, interval, open_us);
    if (!w)
        return turn_no_memory(t);
    return window_close(t, w);
}

/* Windows of an interval that lie between the times, have ended, and are not there. */
static int notice_between(const struct turn *t, struct series *s, int interval, int64_t from_us,
                          int64_t to_us)
{
    const struct interval *iv = &intervals[interval];
    int64_t now_us = s->market->stream_us;
    int64_t oldest_us = now_us - (time_held_us(t->state, interval, 0));
    int64_t open_us = interval_open_us(iv, from_us > oldest_us ? from_us : oldest_us);
    for (; open_us <= to_us && now_us >= time_final_us(t->state, interval, open_us);
         open_us += iv->length_us)
        if (window_notice(t, s, interval, open_us, false) != 0)
            return -1;
    return 0;
}

static int review(const struct turn *t, struct window *w)
{
    if (window_show(t, w) != 0)
        return -1;
    window_file(w);
    return 0;
}

static int review_between(const struct turn *t, struct series *s, int interval, int64_t from_us,
                          int64_t to_us)
{
    struct window *w = TAILQ_FIRST(&s->windows[interval]);
    while (w && w->open_us > to_us)
        w = TAILQ_NEXT(w, link);
    for (; w && end_of(w) > from_us; w = TAILQ_NEXT(w, link))
        if (window_is_final(w) && review(t, w) != 0)
            return -1;
    return 0;
}

int window_reconsider(const struct turn *t, struct series *s, int64_t from_us, int64_t to_us)
{
    if (s->market->stream_us == BOOK_NEVER)
        return 0;
    for (int i = 0; i < INTERVALS; i++) {
        if (!t->state->folds[i])
            continue;
        if (review_between(t, s, i, from_us, to_us) != 0)
            return -1;
        if (i != INTERVAL_1S && notice_between(t, s, i, from_us, to_us) != 0)
            return -1;
    }
    return 0;
}
