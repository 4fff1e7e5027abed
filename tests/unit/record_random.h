/**
 * Random records of any type, for tests: made from the field tables, edges of every type included.
 *
 *     struct record_random rnd = {.state = 1};
 *     record_random_fill(&rnd, RECORD_TRADE, &r);     // texts live in rnd until the next fill
 *
 * Threads: one per struct.
 */
#ifndef CANDLEWICK_RECORD_RANDOM_H
#define CANDLEWICK_RECORD_RANDOM_H

#include "record.h"

enum { RECORD_RANDOM_ARENA = 1 << 19 };

struct record_random {
    uint64_t state; /* any number but 0 */
    size_t used;
    char arena[RECORD_RANDOM_ARENA];
};

uint64_t record_random_next(struct record_random *rnd);

/* All fields random, nulls and empty arrays among them; *ret can always be encoded. */
void record_random_fill(struct record_random *rnd, enum record_type type, struct record *ret);

#endif
