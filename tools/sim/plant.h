/**
 * Planted opportunities: now and then the book of one symbol is moved, for a while and by so much.
 *
 *     struct plant_config config = {.every_us = 60000000, .length_us = 5000000, .bps = 80};
 *     struct plant p;
 *     if (plant_first(&config, key, listing, now_us, &p))   // the first that begins at now or
 * later
 *         ... p.symbol is moved by p.bps from p.from_us to p.to_us
 *     plant_first(&config, key, listing, p.to_us, &p);      // the next
 *
 * One in each stretch of every_us of market time, at a random place within it: a pure function of
 * key and time.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_SIM_PLANT_H
#define CANDLEWICK_SIM_PLANT_H

#include "listing.h"

struct plant_config {
    int64_t every_us;  /* 0: never */
    int64_t length_us; /* 1 to every_us */
    int64_t bps;       /* up or down, of 10000 */
};

struct plant {
    uint32_t symbol; /* a busy one more often */
    int64_t from_us; /* market time, whole milliseconds */
    int64_t to_us;
    int64_t bps; /* below 0: down */
};

/* False: there is none, ever. */
bool plant_first(const struct plant_config *config, uint64_t key, const struct listing *listing,
                 int64_t at_us, struct plant *ret);

#endif
