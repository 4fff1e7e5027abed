/**
 * How far each assigned partition is: in the store, and in what was read since.
 *
 *     struct cursors c = {0};
 *     cursors_set(&c, parts, n, &e);              // where the store says
 *     cursors_advance(&c, m.topic, m.partition, m.offset + 1);
 *     size_t n = cursors_moves(&c, moves);        // what the next flush is to change
 *     cursors_moved(&c, moves, n);                // it did, or a part of it
 *     cursors_finish(&c);
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_SINK_CURSORS_H
#define CANDLEWICK_SINK_CURSORS_H

#include "poison.h"
#include "sink.h"

struct cursor {
    int topic;
    int32_t partition;
    int64_t stored; /* in the store */
    int64_t next;   /* the next offset to be read, >= stored */
    int64_t shown;  /* as last told to onlookers; below stored: not yet */
    bool read;      /* something was read since cursors_set() */
    struct poison poison;
};

struct cursors {
    struct cursor *items;
    size_t n;
};

/* parts[].next_offset becomes both stored and next. ERR_NOMEM. */
int cursors_set(struct cursors *c, const struct group_offset *parts, size_t n,
                struct err *e) MUST_CHECK;
void cursors_finish(struct cursors *c); /* none is left; *c may be set again */

/* NULL: not assigned. */
struct cursor *cursors_find(const struct cursors *c, int topic, int32_t partition);

/* Everything below next was read. False: not assigned, or was read before. */
bool cursors_advance(struct cursors *c, int topic, int32_t partition, int64_t next);

bool cursors_dirty(const struct cursors *c); /* a partition is ahead of the store */

/* moves: room for c->n. Returns how many there are. */
size_t cursors_moves(const struct cursors *c, struct sink_move *moves);

/* The store is where each move's from says. */
void cursors_moved(struct cursors *c, const struct sink_move *moves, size_t n);

#endif
