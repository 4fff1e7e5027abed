#include "lost.h"

#include <stdlib.h>
#include <string.h>

void lost_finish(struct lost *l)
{
    free(l->ranges);
    *l = (struct lost){NULL};
}

/* Replaces n ranges from `at` on by the new ones. */
static void replace(struct lost *l, size_t at, size_t n, const struct lost_range *by, size_t n_by)
{
    memmove(l->ranges + at + n_by, l->ranges + at + n, (l->n - at - n) * sizeof(*by));
    if (n_by)
        memcpy(l->ranges + at, by, n_by * sizeof(*by));
    l->n = l->n - n + n_by;
}

static void forget(struct lost *l, int64_t forget_us)
{
    size_t n = 0;
    while (n < l->n && l->ranges[n].to_us <= forget_us)
        n++;
    replace(l, 0, n, NULL, 0);
}

static void join_closest(struct lost *l)
{
    size_t best = 0;
    for (size_t i = 1; i + 1 < l->n; i++)
        if (l->ranges[i + 1].from_us - l->ranges[i].to_us <
            l->ranges[best + 1].from_us - l->ranges[best].to_us)
            best = i;
    const struct lost_range joined = {l->ranges[best].from_us, l->ranges[best + 1].to_us};
    replace(l, best, 2, &joined, 1);
}

static void limit(struct lost *l, int64_t forget_us)
{
    if (l->n > LOST_MAX)
        forget(l, forget_us);
    if (l->n > LOST_MAX)
        join_closest(l);
}

int lost_add(struct lost *l, int64_t from_us, int64_t to_us, int64_t forget_us, struct err *e)
{
    if (!l->ranges && from_us < to_us)
        l->ranges = calloc(LOST_MAX + 1, sizeof(*l->ranges));
    if (!l->ranges && from_us < to_us)
        return err_set(e, ERR_NOMEM, "candles: out of memory");
    lost_put(l, from_us, to_us, forget_us);
    return 0;
}

void lost_put(struct lost *l, int64_t from_us, int64_t to_us, int64_t forget_us)
{
    if (from_us >= to_us)
        return;
    size_t at = 0;
    while (at < l->n && l->ranges[at].to_us < from_us)
        at++;
    size_t n = 0;
    struct lost_range whole = {from_us, to_us};
    for (; at + n < l->n && l->ranges[at + n].from_us <= to_us; n++) {
        const struct lost_range *r = &l->ranges[at + n];
        whole.from_us = r->from_us < whole.from_us ? r->from_us : whole.from_us;
        whole.to_us = r->to_us > whole.to_us ? r->to_us : whole.to_us;
    }
    replace(l, at, n, &whole, 1);
    limit(l, forget_us);
}

void lost_cut(struct lost *l, int64_t from_us, int64_t to_us, int64_t forget_us)
{
    if (from_us >= to_us || l->n == 0)
        return;
    size_t at = 0;
    while (at < l->n && l->ranges[at].to_us <= from_us)
        at++;
    struct lost_range rest[2];
    size_t n_rest = 0;
    size_t n = 0;
    for (; at + n < l->n && l->ranges[at + n].from_us < to_us; n++) {
        const struct lost_range r = l->ranges[at + n];
        if (r.from_us < from_us)
            rest[n_rest++] = (struct lost_range){r.from_us, from_us};
        if (r.to_us > to_us)
            rest[n_rest++] = (struct lost_range){to_us, r.to_us};
    }
    replace(l, at, n, rest, n_rest);
    limit(l, forget_us);
}

bool lost_touches(const struct lost *l, int64_t from_us, int64_t to_us)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->ranges[i].from_us < to_us && l->ranges[i].to_us > from_us)
            return true;
    return false;
}

bool lost_covers(const struct lost *l, int64_t from_us, int64_t to_us)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->ranges[i].from_us <= from_us && l->ranges[i].to_us >= to_us)
            return true;
    return false;
}

void lost_copy(struct lost_copy *into, const struct lost *l)
{
    into->lost = (struct lost){into->ranges, l->n};
    if (l->n)
        memcpy(into->ranges, l->ranges, l->n * sizeof(*l->ranges));
}
