/**
 * Seeded randomness in whole numbers: the same seed gives the same sequence on every machine.
 *
 *     struct rng r;
 *     rng_seed(&r, 42);
 *     uint64_t die = 1 + rng_below(&r, 6);
 *
 * SplitMix64 (Steele, Lea, Flood 2014): one addition and a mix per number, any seed is a good one.
 * Not for secrets.
 * Threads: one at a time per struct.
 */
#ifndef CANDLEWICK_SIM_RNG_H
#define CANDLEWICK_SIM_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};

void rng_seed(struct rng *r, uint64_t seed);

/* Any 64-bit number. */
uint64_t rng_next(struct rng *r);

/* 0 to n - 1; n from 1 to 2^32. */
uint64_t rng_below(struct rng *r, uint64_t n);

/* -n to n, both included; n from 0 to 2^31. */
int64_t rng_around(struct rng *r, int64_t n);

/* True in n of 1000 cases. */
bool rng_permille(struct rng *r, int64_t n);

/* A waiting time with this mean, most often short and sometimes long: the exponential distribution
 * drawn with straight lines between the powers of two, so that it needs no logarithm.
 * mean: 0 to 2^40. */
int64_t rng_wait(struct rng *r, int64_t mean);

#endif
