/**
 * Randomness as a function of time: the same key and instant give the same value in every process.
 *
 *     uint64_t key = noise_key(seed, "price", "BTC");
 *     int64_t v = noise_at(key, 20, now_us);      // a new direction every 2^20 us
 *     uint64_t die = 1 + noise_hash(key, roll) % 6;
 *
 * Value noise in whole numbers: random heights at the multiples of a power of two of microseconds,
 * straight lines between them.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_SIM_NOISE_H
#define CANDLEWICK_SIM_NOISE_H

#include <stdint.h>

#define NOISE_ONE INT64_C(65536)

enum { NOISE_OCTAVE_MIN = 16, NOISE_OCTAVE_MAX = 47 };

/* One key for what is random about a thing of this name. */
uint64_t noise_key(uint64_t seed, const char *what, const char *name);

/* Any 64-bit number. */
uint64_t noise_hash(uint64_t key, int64_t n);

/* -NOISE_ONE to NOISE_ONE, evenly spread at the multiples of 2^octave us. octave: NOISE_OCTAVE_MIN
 * to NOISE_OCTAVE_MAX; at_us: not negative. */
int64_t noise_at(uint64_t key, int octave, int64_t at_us);

#endif
