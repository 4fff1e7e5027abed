#include "parts.h"

#include "timefmt.h"

/* Two ticks further apart mean that nobody listened in between. */
static const int64_t SILENCE_US = 3 * US_PER_S;

bool coverage_is_silence(int64_t from_us, int64_t to_us)
{
    return to_us - from_us > SILENCE_US;
}

bool coverage_is_silent(const struct market *m)
{
    return coverage_is_silence(m->tick_us, m->stream_us);
}

int64_t coverage_silent_us(const struct market *m)
{
    return m->tick_us + SILENCE_US + 1;
}

bool coverage_shows(enum coverage coverage)
{
    return coverage == COVERAGE_GAP || coverage == COVERAGE_DOWN;
}

int64_t coverage_forget_us(const struct turn *t, const struct series *s)
{
    if (s->market->stream_us == BOOK_NEVER)
        return BOOK_NEVER;
    return s->market->stream_us - intervals[INTERVALS - 1].length_us -
           t->state->options->hold_ms * US_PER_MS;
}

/* Takes out what ids prove: the time between the symbol's trades, but for its holes. */
static void heal(struct lost *l, const struct ids *ids, int64_t forget_us)
{
    if (!ids->known || l->n == 0)
        return;
    struct lost_copy before;
    lost_copy(&before, l);
    lost_cut(l, ids->earliest_us, ids->latest_us, forget_us);
    for (size_t h = 0; h < ids->n_holes; h++)
        for (size_t i = 0; i < before.lost.n; i++) {
            const struct lost_range *r = &before.lost.ranges[i];
            int64_t from = hole_from_us(&ids->holes[h]);
            int64_t to = hole_to_us(&ids->holes[h]);
            from = from > r->from_us ? from : r->from_us;
            to = to < r->to_us ? to : r->to_us;
            lost_put(l, from, to, forget_us);
        }
}

int coverage_lose(const struct turn *t, struct series *s, int64_t from_us, int64_t to_us)
{
    if (lost_add(&s->lost, from_us, to_us, coverage_forget_us(t, s), t->e) != 0)
        return -1;
    return coverage_heal(t, s);
}

int coverage_heal(const struct turn *t, struct series *s)
{
    heal(&s->lost, &s->ids, coverage_forget_us(t, s));
    return s->lost.n == LOST_MAX; /* others may have become one */
}

/* Since when time counts as lost for the moment, or BOOK_NEVER. */
static int64_t losing_since_us(const struct series *s)
{
    const struct market *m = s->market;
    int64_t since_us = m->dead || coverage_is_silent(m) ? m->tick_us : BOOK_NEVER;
    if (s->lost_since_us != BOOK_NEVER && (since_us == BOOK_NEVER || s->lost_since_us < since_us))
        since_us = s->lost_since_us;
    return since_us;
}

bool coverage_has_lost(const struct series *s)
{
    return s->lost.n > 0 || losing_since_us(s) != BOOK_NEVER;
}

/* Whether the window's time is lost in part, and whether it is as a whole. */
static void look_for_lost(const struct series *s, int64_t open_us, int64_t close_us, bool *ret_part,
                          bool *ret_whole)
{
    int64_t since_us = losing_since_us(s);
    struct lost_copy copy;
    const struct lost *l = &s->lost;
    if (since_us != BOOK_NEVER) {
        lost_copy(&copy, l);
        lost_put(&copy.lost, since_us, s->market->stream_us, BOOK_NEVER);
        heal(&copy.lost, &s->ids, BOOK_NEVER);
        l = &copy.lost;
    }
    *ret_part = lost_touches(l, open_us, close_us);
    *ret_whole = *ret_part && lost_covers(l, open_us, close_us);
}

/* Nobody said when listening began, and no trade was seen before the window. */
static bool is_unproven(const struct series *s, int64_t open_us)
{
    if (s->unsequenced)
        return true;
    return s->subscribed_us == BOOK_NEVER && (!s->ids.known || open_us <= s->ids.earliest_us);
}

struct judgement coverage_judge(const struct series *s, int interval, int64_t open_us,
                                const struct window *w)
{
    int64_t close_us = open_us + intervals[interval].length_us;
    bool trades = w && w->sum.trades > 0;
    bool part;
    bool whole;
    look_for_lost(s, open_us, close_us, &part, &whole);
    struct judgement j = {
        .missing = ids_sum(ids_missing(&s->ids, open_us, close_us), w ? w->forgotten : 0)};
    if (whole && !trades)
        j.coverage = COVERAGE_DOWN;
    else if (part || j.missing > 0)
        j.coverage = COVERAGE_GAP;
    else if (s->subscribed_us != BOOK_NEVER && open_us <= s->subscribed_us)
        j.coverage = COVERAGE_PARTIAL;
    else if (is_unproven(s, open_us))
        j.coverage = COVERAGE_UNKNOWN;
    else
        j.coverage = trades ? COVERAGE_COMPLETE : COVERAGE_QUIET;
    return j;
}
