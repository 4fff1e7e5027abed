/**
 * What a batch of trades says of each symbol.
 *
 *     struct tally t = {0};
 *     tally_add(&t, trade.exchange, trade.symbol, trade.exchange_time_us, &e);
 *     for (size_t i = 0; i < t.keys.n; i++)
 *         use(t.keys.keys[i].parts[0], t.keys.keys[i].parts[1], &t.counts[i]);
 *     tally_clear(&t);
 *     tally_finish(&t);
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_POSTGRES_TALLY_H
#define CANDLEWICK_POSTGRES_TALLY_H

#include "keyset.h"

struct tally_count {
    int64_t trades;
    int64_t first_us; /* lowest exchange time */
    int64_t last_us;  /* highest */
};

struct tally {
    struct keyset keys;         /* parts: exchange, symbol */
    struct tally_count *counts; /* one per key */
    size_t cap;
};

/* exchange, symbol: borrowed until tally_clear(). ERR_NOMEM. */
int tally_add(struct tally *t, struct slice exchange, struct slice symbol, int64_t time_us,
              struct err *e) MUST_CHECK;
void tally_clear(struct tally *t);
void tally_finish(struct tally *t);

#endif
