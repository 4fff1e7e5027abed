/**
 * Clocks: the machine's, and the market's, which a test may move.
 *
 *     struct market_clock mc = MARKET_CLOCK_REAL;
 *     if (*flag && market_clock_parse(flag, &mc, &e) != 0) ...
 *     int64_t receive_us = market_clock_now_us(&mc);
 *
 * Records carry market time; timeouts and backoff use clock_mono_us().
 * Threads: values and pure functions.
 */
#ifndef CANDLEWICK_CLOCK_H
#define CANDLEWICK_CLOCK_H

#include "err.h"

#include <stdint.h>

int64_t clock_real_us(void); /* microseconds since 1970, the machine's clock */
int64_t clock_mono_us(void); /* microseconds since some start, never set back */

/* Market time = start_us + (real - real_us) * speed. */
struct market_clock {
    int64_t start_us;
    int64_t real_us;
    int64_t speed; /* at least 1 */
};

#define MARKET_CLOCK_REAL ((struct market_clock){0, 0, 1})

/* "START@REAL[,SPEED]": START and REAL as time_parse() reads them, SPEED a whole number from 1 to
 * 100000. "" leaves *ret as the real clock. ERR_CONF. */
int market_clock_parse(const char *text, struct market_clock *ret, struct err *e) MUST_CHECK;

int64_t market_clock_now_us(const struct market_clock *mc);

/* The market's time at a given real instant, kept between 1970 and the end of 9999. */
int64_t market_clock_at_us(const struct market_clock *mc, int64_t real_us);

#endif
