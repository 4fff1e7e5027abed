/**
 * Of the records of a batch that share a key, the newest.
 *
 *     struct newest n = NEWEST_INIT(sizeof(struct quote));
 *     void *item;
 *     int r = newest_put(&n, &(struct key){{exchange, symbol}}, epoch, offset, &item, &e);
 *     if (r == 1)
 *         *(struct quote *)item = *quote;            // it is the newest so far
 *     for (size_t i = 0; i < newest_count(&n); i++)
 *         use(newest_get(&n, i));
 *     newest_clear(&n);
 *     newest_finish(&n);
 *
 * Newest is what has the greatest (epoch, offset).
 * Threads: one.
 */
#ifndef CANDLEWICK_POSTGRES_NEWEST_H
#define CANDLEWICK_POSTGRES_NEWEST_H

#include "keyset.h"

struct newest {
    struct keyset keys;
    struct newest_rank {
        int64_t epoch;
        int64_t offset;
    } * ranks;   /* one per key */
    char *items; /* one per key, item_size bytes each */
    size_t item_size;
    size_t cap;
};

#define NEWEST_INIT(item_bytes)                                                                    \
    {                                                                                              \
        .item_size = (item_bytes)                                                                  \
    }

/* 1: newer than what there is, to be written to *ret_item; 0: not; -1: ERR_NOMEM, nothing changed.
 * key: borrowed until newest_clear(). */
int newest_put(struct newest *n, const struct key *key, int64_t epoch, int64_t offset,
               void **ret_item, struct err *e) MUST_CHECK;

static inline size_t newest_count(const struct newest *n)
{
    return n->keys.n;
}

/* The item of the i-th key, in the order the keys came. */
static inline const void *newest_get(const struct newest *n, size_t i)
{
    return n->items + i * n->item_size;
}

void newest_clear(struct newest *n); /* no keys; memory is kept */
void newest_finish(struct newest *n);

#endif
