#include "candle_cover.h"

#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { IDS_ROOM = 8192 };

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void cover_finish(struct cover *c)
{
    free(c->ids);
    *c = (struct cover){0};
}

/* --- ids ------------------------------------------------------------------------------------- */

bool cover_has_id(const struct cover *c, int64_t sequence)
{
    for (size_t i = 0; i < c->n_ids; i++)
        if (c->ids[i].sequence == sequence)
            return true;
    return false;
}

/* The holes between the ids, but for forgotten ones. */
static size_t find_holes(const struct cover *c, struct cover_hole *ret)
{
    size_t n = 0;
    for (size_t i = 1; i < c->n_ids; i++) {
        const struct cover_id *a = &c->ids[i - 1];
        const struct cover_id *b = &c->ids[i];
        if (b->sequence == a->sequence + 1 || (c->has_forgotten && a->sequence < c->forgotten))
            continue;
        assert_true(n <= COVER_HOLES);
        ret[n++] = (struct cover_hole){
            a->sequence + 1,
            b->sequence - 1,
            {least(a->placed_us, b->placed_us), most(a->placed_us, b->placed_us)}};
    }
    return n;
}

bool cover_add_id(struct cover *c, int64_t sequence, int64_t placed_us,
                  struct cover_hole *ret_forgotten)
{
    if (!c->ids)
        c->ids = calloc(IDS_ROOM, sizeof(*c->ids));
    assert_true(c->ids && c->n_ids < IDS_ROOM);
    size_t at = c->n_ids++;
    for (; at > 0 && c->ids[at - 1].sequence > sequence; at--)
        c->ids[at] = c->ids[at - 1];
    c->ids[at] = (struct cover_id){sequence, placed_us};
    struct cover_hole holes[COVER_HOLES + 1];
    if (find_holes(c, holes) <= COVER_HOLES)
        return false;
    *ret_forgotten = holes[0];
    c->has_forgotten = true;
    c->forgotten = holes[0].last;
    return true;
}

/* --- lost time ------------------------------------------------------------------------------- */

static void put_range(struct cover_range *ranges, size_t *n, int64_t from_us, int64_t to_us)
{
    if (from_us >= to_us)
        return;
    assert_true(*n < COVER_KNOWN);
    ranges[(*n)++] = (struct cover_range){from_us, to_us};
}

/* In order, and what meets or overlaps as one; but what is over stays apart from what is not. */
static void join(struct cover_range *ranges, size_t *n)
{
    for (size_t i = 1; i < *n; i++)
        for (size_t k = i; k > 0 && ranges[k].from_us < ranges[k - 1].from_us; k--) {
            const struct cover_range swap = ranges[k];
            ranges[k] = ranges[k - 1];
            ranges[k - 1] = swap;
        }
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++)
        if (kept > 0 && ranges[i].from_us > ranges[kept - 1].from_us &&
            ranges[i].from_us <= ranges[kept - 1].to_us && ranges[i].to_us == COVER_ENDLESS &&
            ranges[kept - 1].to_us != COVER_ENDLESS) {
            ranges[kept - 1].to_us = ranges[i].from_us;
            ranges[kept++] = ranges[i];
        } else if (kept > 0 && ranges[i].from_us <= ranges[kept - 1].to_us)
            ranges[kept - 1].to_us = most(ranges[kept - 1].to_us, ranges[i].to_us);
        else
            ranges[kept++] = ranges[i];
    *n = kept;
}

void cover_lose(struct cover *c, int64_t from_us, int64_t to_us)
{
    put_range(c->lost, &c->n_lost, from_us, to_us);
    join(c->lost, &c->n_lost);
}

/* What lies in both. */
static size_t cut(const struct cover_range *a, size_t n_a, const struct cover_range *b, size_t n_b,
                  struct cover_range *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < n_a; i++)
        for (size_t k = 0; k < n_b; k++)
            put_range(ret, &n, most(a[i].from_us, b[k].from_us), least(a[i].to_us, b[k].to_us));
    return n;
}

void cover_heal(struct cover *c, int64_t from_us, int64_t to_us)
{
    struct cover_range kept[COVER_KNOWN];
    size_t n = 0;
    if (from_us >= to_us)
        return;
    for (size_t i = 0; i < c->n_lost; i++) {
        const struct cover_range lost = c->lost[i];
        bool over = lost.to_us != COVER_ENDLESS;
        put_range(kept, &n, lost.from_us, over ? least(lost.to_us, from_us) : lost.to_us);
        put_range(kept, &n, over ? most(lost.from_us, to_us) : lost.to_us, lost.to_us);
    }
    memcpy(c->lost, kept, n * sizeof(*kept));
    c->n_lost = n;
}

void cover_end(struct cover *c, int64_t at_us)
{
    struct cover_range *last = &c->lost[c->n_lost > 0 ? c->n_lost - 1 : 0];
    if (c->n_lost == 0 || last->to_us != COVER_ENDLESS)
        return;
    last->to_us = at_us;
    c->n_lost -= last->from_us >= at_us;
}

/* The time of which ids prove nothing: before the earliest, in holes, after the latest. */
static size_t find_unproven(const struct cover *c, const struct cover_known *known,
                            struct cover_range *ret)
{
    size_t n = 0;
    put_range(ret, &n, INT64_MIN, c->n_ids > 0 ? known->earliest_us : COVER_ENDLESS);
    for (size_t i = 0; i < known->n_holes; i++)
        put_range(ret, &n, known->holes[i].time.from_us, known->holes[i].time.to_us);
    if (c->n_ids > 0)
        put_range(ret, &n, known->latest_us, COVER_ENDLESS);
    join(ret, &n);
    return n;
}

void cover_know(const struct cover *c, struct cover_range unseen, int64_t stream_us,
                struct cover_known *ret)
{
    *ret = (struct cover_known){.earliest_us = INT64_MAX, .latest_us = INT64_MIN};
    for (size_t i = 0; i < c->n_ids; i++) {
        ret->earliest_us = least(ret->earliest_us, c->ids[i].placed_us);
        ret->latest_us = most(ret->latest_us, c->ids[i].placed_us);
    }
    ret->n_holes = find_holes(c, ret->holes);
    struct cover_range all[COVER_KNOWN];
    struct cover_range unproven[COVER_KNOWN];
    size_t n = 0;
    for (size_t i = 0; i < c->n_lost; i++)
        put_range(all, &n, c->lost[i].from_us,
                  c->lost[i].to_us == COVER_ENDLESS ? stream_us : c->lost[i].to_us);
    put_range(all, &n, unseen.from_us, unseen.to_us);
    join(all, &n);
    ret->n_lost = cut(all, n, unproven, find_unproven(c, ret, unproven), ret->lost);
    join(ret->lost, &ret->n_lost);
}

static void forget_before(struct cover *c, int64_t time_us)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->n_lost; i++)
        if (c->lost[i].to_us >= time_us)
            c->lost[kept++] = c->lost[i];
    c->n_lost = kept;
}

static void join_nearest(struct cover *c)
{
    size_t at = 1;
    for (size_t i = 2; i < c->n_lost; i++)
        if (c->lost[i].from_us - c->lost[i - 1].to_us < c->lost[at].from_us - c->lost[at - 1].to_us)
            at = i;
    c->lost[at - 1].to_us = c->lost[at].to_us;
    c->n_lost--;
    memmove(&c->lost[at], &c->lost[at + 1], (c->n_lost - at) * sizeof(*c->lost));
}

void cover_tidy(struct cover *c, int64_t stream_us, int64_t hold_us)
{
    struct cover past = *c;
    int64_t since_us = COVER_ENDLESS;
    if (past.n_lost > 0 && past.lost[past.n_lost - 1].to_us == COVER_ENDLESS)
        since_us = past.lost[--past.n_lost].from_us;
    struct cover_known known;
    cover_know(&past, (struct cover_range){0}, COVER_ENDLESS, &known);
    memcpy(c->lost, known.lost, known.n_lost * sizeof(*known.lost));
    c->n_lost = known.n_lost;
    put_range(c->lost, &c->n_lost, since_us, COVER_ENDLESS);
    join(c->lost, &c->n_lost);
    if (c->n_lost > COVER_LOST)
        forget_before(c, stream_us - 7 * US_PER_DAY - hold_us);
    while (c->n_lost > COVER_LOST)
        join_nearest(c);
}

/* --- judgement ------------------------------------------------------------------------------- */

bool cover_touches(const struct cover_hole *hole, struct cover_range window)
{
    return window.to_us > hole->time.from_us && window.from_us <= hole->time.to_us;
}

enum coverage cover_judge(const struct cover *c, const struct cover_known *known,
                          struct cover_range window, bool has_trades, int64_t forgotten,
                          int64_t *ret_missing)
{
    struct cover_range lost[COVER_KNOWN];
    int64_t lost_us = 0;
    *ret_missing = forgotten;
    for (size_t i = 0; i < known->n_holes; i++)
        if (cover_touches(&known->holes[i], window))
            *ret_missing += known->holes[i].last - known->holes[i].first + 1;
    for (size_t i = 0, n = cut(known->lost, known->n_lost, &window, 1, lost); i < n; i++)
        lost_us += lost[i].to_us - lost[i].from_us;
    if (lost_us == window.to_us - window.from_us && !has_trades)
        return COVERAGE_DOWN;
    if (lost_us > 0 || *ret_missing > 0)
        return COVERAGE_GAP;
    if (c->subscribed && window.from_us <= c->subscribed_us)
        return COVERAGE_PARTIAL;
    if (c->has_idless || (!c->subscribed && window.from_us <= known->earliest_us))
        return COVERAGE_UNKNOWN;
    return has_trades ? COVERAGE_COMPLETE : COVERAGE_QUIET;
}
