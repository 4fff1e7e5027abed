/**
 * When to try again: at once after a first loss, then ever later, never all at the same moment.
 *
 *     struct backoff b = {.seed = seed};
 *     int64_t wait_us = backoff_next_us(&b);     // 0, then 0.25..0.5 s, 0.5..1 s, … 15..30 s
 *     ...                                        // it held for a while:
 *     backoff_reset(&b);
 *
 * Threads: values.
 */
#ifndef CANDLEWICK_BACKOFF_H
#define CANDLEWICK_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

enum { BACKOFF_BASE_MS = 500, BACKOFF_CAP_MS = 30000 };

struct backoff {
    uint32_t attempts; /* since the last reset */
    uint64_t seed;     /* of the jitter; differs between instances */
};

/* How long to wait before the next attempt. */
int64_t backoff_next_us(struct backoff *b);
void backoff_reset(struct backoff *b);

/* A number that jitter is made of; seed moves on. */
uint64_t jitter_next(uint64_t *seed);

/* At most ATTEMPTS_MAX attempts in any ATTEMPTS_WINDOW_S, as Binance asks of an address. */
enum { ATTEMPTS_MAX = 300, ATTEMPTS_WINDOW_S = 300 };

struct attempts {
    int64_t at_us[ATTEMPTS_MAX]; /* a ring, oldest at next */
    uint32_t next;
    uint32_t n;
};

/* True, and counted: another attempt may be made now. */
bool attempts_take(struct attempts *a, int64_t now_us);

#endif
