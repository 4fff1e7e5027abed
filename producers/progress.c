#include "progress.h"

#include <inttypes.h>
#include <string.h>

static void remove_at(struct progress *r, size_t i)
{
    r->n_holes--;
    memmove(&r->holes[i], &r->holes[i + 1], (r->n_holes - i) * sizeof(r->holes[0]));
}

/* The hole noticed first has waited longest and is the least likely to be filled. */
static size_t oldest(const struct progress *r)
{
    size_t at = 0;
    for (size_t i = 1; i < r->n_holes; i++)
        if (r->holes[i].open_time_us < r->holes[at].open_time_us)
            at = i;
    return at;
}

static void forget_given_up(struct progress *r, size_t i)
{
    r->n_given_up--;
    memmove(&r->given_up[i], &r->given_up[i + 1], (r->n_given_up - i) * sizeof(r->given_up[0]));
}

/* The one that was given up first makes room. */
static void remember_given_up(struct progress *r, const struct hole *h)
{
    if (r->n_given_up == PROGRESS_GIVEN_UP_MAX)
        forget_given_up(r, 0);
    r->given_up[r->n_given_up++] = *h;
}

static void add_hole(struct progress *r, const struct hole *h, struct progress_step *ret)
{
    if (r->n_holes == PROGRESS_HOLES_MAX) {
        size_t i = oldest(r);
        ret->gave_up = true;
        ret->given_up = r->holes[i];
        remember_given_up(r, &r->holes[i]);
        remove_at(r, i);
    }
    size_t at = r->n_holes;
    while (at > 0 && r->holes[at - 1].first_id > h->first_id)
        at--;
    memmove(&r->holes[at + 1], &r->holes[at], (r->n_holes - at) * sizeof(r->holes[0]));
    r->holes[at] = *h;
    r->n_holes++;
}

static void open_hole(struct progress *r, const struct hole *h, struct progress_step *ret)
{
    ret->opened = true;
    ret->hole = *h;
    add_hole(r, h, ret);
}

static void go_on(struct progress *r, const struct progress_trade *t, struct progress_step *ret)
{
    if (t->id > r->last_id + 1)
        open_hole(r,
                  &(struct hole){r->last_id + 1, t->id - 1, r->last_time_us, t->exchange_time_us,
                                 t->receive_us},
                  ret);
    r->last_id = t->id;
    r->last_time_us = t->exchange_time_us;
    r->last_receive_time_us = t->receive_us;
}

/* A trade from before the first one: two swapped right at the beginning. When exactly the first
 * one happened is not known any more; it was not after the last. */
static void go_back(struct progress *r, const struct progress_trade *t, struct progress_step *ret)
{
    if (t->id < r->first_id - 1)
        open_hole(r,
                  &(struct hole){t->id + 1, r->first_id - 1, t->exchange_time_us, r->last_time_us,
                                 t->receive_us},
                  ret);
    r->first_id = t->id;
}

static void fill(struct progress *r, size_t i, int64_t id, struct progress_step *ret)
{
    struct hole *h = &r->holes[i];
    ret->verdict = PROGRESS_FILLS;
    ret->hole = *h;
    ret->closed = h->first_id == h->last_id;
    if (ret->closed) {
        remove_at(r, i);
    } else if (id == h->first_id) {
        h->first_id++;
    } else if (id == h->last_id) {
        h->last_id--;
    } else {
        struct hole below = *h;
        below.last_id = id - 1;
        h->first_id = id + 1;
        add_hole(r, &below, ret);
    }
}

void progress_offer(struct symbol_progress *p, const struct progress_trade *t,
                    struct progress_step *ret)
{
    struct progress *r = &p->record;
    *ret = (struct progress_step){.verdict = PROGRESS_NEW};
    if (!p->known) {
        p->known = true;
        r->n_holes = 0;
        r->n_given_up = 0;
        r->first_id = t->id;
        r->last_id = t->id;
        r->last_time_us = t->exchange_time_us;
        r->last_receive_time_us = t->receive_us;
        return;
    }
    if (t->id > r->last_id) {
        go_on(r, t, ret);
        return;
    }
    if (t->id < r->first_id) {
        go_back(r, t, ret);
        return;
    }
    for (size_t i = r->n_holes; i-- > 0;) {
        if (t->id >= r->holes[i].first_id && t->id <= r->holes[i].last_id) {
            fill(r, i, t->id, ret);
            return;
        }
    }
    ret->verdict = PROGRESS_DUPLICATE;
    ret->newer_than_newest = t->id < r->last_id && t->exchange_time_us > r->last_time_us;
}

/* Takes the ids from first to last, which lie in hole i, out of it. */
static void cut_out(struct progress *r, size_t i, int64_t first, int64_t last)
{
    struct hole *h = &r->holes[i];
    if (h->first_id == first && h->last_id == last) {
        remove_at(r, i);
    } else if (h->first_id == first) {
        h->first_id = last + 1;
    } else if (h->last_id == last) {
        h->last_id = first - 1;
    } else {
        struct progress_step step;
        struct hole behind = *h;
        behind.first_id = last + 1;
        h->last_id = first - 1;
        add_hole(r, &behind, &step);
    }
}

bool progress_give_up(struct symbol_progress *p, int64_t first_id, int64_t last_id,
                      struct hole *ret)
{
    struct progress *r = &p->record;
    for (size_t i = 0; i < r->n_holes; i++) {
        struct hole part = r->holes[i];
        if (part.last_id < first_id || part.first_id > last_id)
            continue;
        if (part.first_id < first_id)
            part.first_id = first_id;
        bool parts = part.first_id > r->holes[i].first_id;
        if (part.last_id > last_id && !(parts && r->n_holes == PROGRESS_HOLES_MAX))
            part.last_id = last_id; /* else there is no room to part it: what is behind goes, too */
        cut_out(r, i, part.first_id, part.last_id);
        remember_given_up(r, &part);
        *ret = part;
        return true;
    }
    return false;
}

/* --- what is brought back -------------------------------------------------------------------- */

static bool has_id(const struct hole *h, int64_t id)
{
    return id >= h->first_id && id <= h->last_id;
}

bool progress_is_missing(const struct symbol_progress *p, int64_t id)
{
    for (size_t i = 0; p->known && i < p->record.n_holes; i++)
        if (has_id(&p->record.holes[i], id))
            return true;
    return false;
}

bool progress_bring_back(struct symbol_progress *p, int64_t id, struct hole *ret)
{
    struct progress *r = &p->record;
    size_t i = 0;
    while (p->known && i < r->n_given_up && !has_id(&r->given_up[i], id))
        i++;
    if (!p->known || i == r->n_given_up)
        return false;
    struct hole *h = &r->given_up[i];
    *ret = *h;
    if (h->first_id == h->last_id) {
        forget_given_up(r, i);
    } else if (id == h->first_id) {
        h->first_id++;
    } else if (id == h->last_id) {
        h->last_id--;
    } else {
        struct hole above = *h;
        above.first_id = id + 1;
        h->last_id = id - 1;
        remember_given_up(r, &above);
    }
    return true;
}

/* --- restoring ------------------------------------------------------------------------------- */

int progress_restore(struct symbol_progress *p, const struct progress *r, struct err *e)
{
    bool good = r->first_id >= 0 && r->first_id <= r->last_id && r->last_id < INT64_MAX;
    int64_t below = r->first_id;
    for (size_t i = 0; good && i < r->n_holes; i++) {
        const struct hole *h = &r->holes[i];
        good = h->first_id > below && h->first_id <= h->last_id && h->last_id < r->last_id;
        below = h->last_id;
    }
    for (size_t i = 0; good && i < r->n_given_up; i++)
        good = r->given_up[i].first_id >= 0 && r->given_up[i].first_id <= r->given_up[i].last_id &&
               r->given_up[i].last_id < r->last_id;
    if (!good)
        return err_set(e, ERR_STATE,
                       "progress of %.*s contradicts itself: ids %" PRId64 " to %" PRId64
                       " with %zu holes and %zu ranges given up",
                       SLICE_ARG(r->symbol), r->first_id, r->last_id, r->n_holes, r->n_given_up);
    p->known = true;
    p->record = *r;
    return 0;
}
