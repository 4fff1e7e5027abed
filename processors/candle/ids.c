#include "ids.h"

#include <stdlib.h>
#include <string.h>

static int64_t min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void ids_finish(struct ids *ids)
{
    free(ids->holes);
    *ids = (struct ids){0};
}

/* The hole that holds the id, or where one would be that does: the first that ends at it or later.
 */
static size_t find(const struct ids *ids, int64_t sequence)
{
    size_t i = 0;
    while (i < ids->n_holes && ids->holes[i].last < sequence)
        i++;
    return i;
}

enum ids_verdict ids_judge(const struct ids *ids, int64_t sequence)
{
    if (!ids->known || sequence > ids->last)
        return IDS_NEW;
    if (sequence < ids->floor)
        return IDS_FORGOTTEN;
    if (sequence < ids->first)
        return IDS_NEW;
    size_t i = find(ids, sequence);
    return i < ids->n_holes && ids->holes[i].first <= sequence ? IDS_NEW : IDS_SEEN;
}

/* Room for the holes there may be while one is being put in. */
static int reserve(struct ids *ids, struct err *e)
{
    if (ids->n_holes < ids->room)
        return 0;
    size_t room = ids->room ? ids->room * 2 : 4;
    room = room > IDS_HOLES_MAX + 1 ? IDS_HOLES_MAX + 1 : room;
    struct hole_range *holes = realloc(ids->holes, room * sizeof(*holes));
    if (!holes)
        return err_set(e, ERR_NOMEM, "candles: out of memory");
    ids->holes = holes;
    ids->room = room;
    return 0;
}

static void insert(struct ids *ids, size_t at, struct hole_range hole)
{
    memmove(ids->holes + at + 1, ids->holes + at, (ids->n_holes - at) * sizeof(hole));
    ids->holes[at] = hole;
    ids->n_holes++;
}

static void drop(struct ids *ids, size_t at)
{
    ids->n_holes--;
    memmove(ids->holes + at, ids->holes + at + 1, (ids->n_holes - at) * sizeof(*ids->holes));
}

/* A new hole at one end of the ids. */
static void open_hole(struct ids *ids, size_t at, struct hole_range hole, struct ids_change *change)
{
    insert(ids, at, hole);
    *change = (struct ids_change){
        .holes = true, .from_us = hole_from_us(&hole), .to_us = hole_to_us(&hole)};
}

static void note_times(struct ids *ids, int64_t placed_us)
{
    ids->earliest_us = min(ids->earliest_us, placed_us);
    ids->latest_us = max(ids->latest_us, placed_us);
}

static void forget_one_too_many(struct ids *ids, struct ids_change *change)
{
    if (ids->n_holes <= IDS_HOLES_MAX)
        return;
    change->forgot = true;
    change->forgotten = ids->holes[0];
    ids->floor = ids->holes[0].last + 1;
    drop(ids, 0);
}

static void take_above(struct ids *ids, int64_t sequence, int64_t placed_us,
                       struct ids_change *change)
{
    if (sequence - 1 != ids->last)
        open_hole(ids, ids->n_holes,
                  (struct hole_range){ids->last + 1, sequence - 1, ids->last_at_us, placed_us},
                  change);
    ids->last = sequence;
    ids->last_at_us = placed_us;
}

static void take_below(struct ids *ids, int64_t sequence, int64_t placed_us,
                       struct ids_change *change)
{
    if (sequence + 1 != ids->first)
        open_hole(ids, 0,
                  (struct hole_range){sequence + 1, ids->first - 1, placed_us, ids->first_at_us},
                  change);
    ids->first = sequence;
    ids->first_at_us = placed_us;
}

/* The hole's trades at both ends stay what they are; the new one is an end of what remains. */
static void take_inside(struct ids *ids, int64_t sequence, int64_t placed_us,
                        struct ids_change *change)
{
    size_t at = find(ids, sequence);
    const struct hole_range hole = ids->holes[at];
    drop(ids, at);
    if (hole.last > sequence)
        insert(ids, at, (struct hole_range){sequence + 1, hole.last, placed_us, hole.above_us});
    if (hole.first < sequence)
        insert(ids, at, (struct hole_range){hole.first, sequence - 1, hole.below_us, placed_us});
    *change = (struct ids_change){.holes = true,
                                  .from_us = min(hole_from_us(&hole), placed_us),
                                  .to_us = max(hole_to_us(&hole), placed_us)};
}

int ids_take(struct ids *ids, int64_t sequence, int64_t placed_us, struct ids_change *ret,
             struct err *e)
{
    struct ids_change change = {false};
    if (!ids->known) {
        ids->known = true;
        ids->first = ids->last = sequence;
        ids->first_at_us = ids->last_at_us = placed_us;
        ids->earliest_us = ids->latest_us = placed_us;
        *ret = change;
        return 0;
    }
    if (reserve(ids, e) != 0)
        return -1;
    if (sequence > ids->last)
        take_above(ids, sequence, placed_us, &change);
    else if (sequence < ids->first)
        take_below(ids, sequence, placed_us, &change);
    else
        take_inside(ids, sequence, placed_us, &change);
    note_times(ids, placed_us);
    forget_one_too_many(ids, &change);
    *ret = change;
    return 0;
}

int ids_restore_hole(struct ids *ids, const struct hole_range *hole, struct err *e)
{
    /* between two holes an id was seen, as were the lowest and the highest */
    int64_t seen = ids->n_holes ? ids->holes[ids->n_holes - 1].last + 1 : ids->first;
    if (ids->n_holes == IDS_HOLES_MAX || hole->first <= seen || hole->last < hole->first ||
        hole->last >= ids->last)
        return 0;
    if (reserve(ids, e) != 0)
        return -1;
    insert(ids, ids->n_holes, *hole);
    return 1;
}

int64_t ids_sum(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

int64_t ids_missing(const struct ids *ids, int64_t open_us, int64_t close_us)
{
    int64_t n = 0;
    for (size_t i = 0; i < ids->n_holes; i++)
        if (hole_touches(&ids->holes[i], open_us, close_us))
            n = ids_sum(n, hole_count(&ids->holes[i]));
    return n;
}
