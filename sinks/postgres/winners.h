/**
 * Of several records of one candle, the one that counts.
 *
 *     struct winners w = {0};
 *     winners_put(&w, &candle, partition, offset, &e);
 *     for (size_t i = 0; i < w.keys.n; i++)
 *         use(&w.rows[i]);
 *     winners_clear(&w);
 *     winners_finish(&w);
 *
 * The greater (revision, offset) wins, as in the table; so within a batch each window is written
 * once, however often it changed.
 * Threads: one.
 */
#ifndef CANDLEWICK_POSTGRES_WINNERS_H
#define CANDLEWICK_POSTGRES_WINNERS_H

#include "keyset.h"
#include "record.h"

struct winner {
    struct candle candle; /* texts borrowed from the message */
    int32_t partition;
    int64_t offset;
};

struct winners {
    struct keyset keys;  /* parts: exchange, symbol, interval; number: open time */
    struct winner *rows; /* one per key */
    size_t cap;
};

/* ERR_NOMEM. */
int winners_put(struct winners *w, const struct candle *candle, int32_t partition, int64_t offset,
                struct err *e) MUST_CHECK;
void winners_clear(struct winners *w);
void winners_finish(struct winners *w);

#endif
