/**
 * What things are worth at an instant of market time: pure functions of seed, names and time, so
 * that simulators in different processes agree.
 *
 *     struct price p;
 *     price_init(&p, seed, &listing->assets[base]);
 *     int64_t usd_e12 = price_usd_e12(&p, now_us);
 *     int64_t ppm = price_drift_ppm(price_drift_key(seed, "okx", "BTC-USDT"), now_us);
 *
 * An asset's dollar price moves like a random walk at every scale from a tenth of a second to a
 * day and a half, and stays within a fifth of where its seed put it. An exchange's own price of a
 * symbol strays from the cross of its assets by PRICE_DRIFT_MAX_PPM at most.
 * Threads: values.
 */
#ifndef CANDLEWICK_SIM_PRICE_H
#define CANDLEWICK_SIM_PRICE_H

#include "listing.h"

enum { PRICE_OCTAVE_FIRST = 16, PRICE_OCTAVE_LAST = 37 };
enum { PRICE_OCTAVES = PRICE_OCTAVE_LAST - PRICE_OCTAVE_FIRST + 1, PRICE_DRIFT_MAX_PPM = 400 };

struct price {
    uint64_t key;
    int64_t middle_e12;              /* what it moves about, in dollars */
    int64_t swing_e9[PRICE_OCTAVES]; /* how far each scale moves it, of 10^9 */
    bool steady;                     /* it does not move */
};

void price_init(struct price *p, uint64_t seed, const struct asset *asset);

/* Dollars for one, times 10^12; above 0. at_us: since 1970, not negative. */
int64_t price_usd_e12(const struct price *p, int64_t at_us);

uint64_t price_drift_key(uint64_t seed, const char *exchange, const char *canonical);
int64_t price_drift_ppm(uint64_t key, int64_t at_us);

#endif
