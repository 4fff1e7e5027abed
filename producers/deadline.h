/**
 * Timed waits on a condition variable that no change of the wall clock disturbs.
 *
 *     (void)deadline_cond_init(&c->cond);
 *     const struct timespec end = deadline_after_ms(100);
 *     while (!c->ready && pthread_cond_timedwait(&c->cond, &c->lock, &end) == 0)
 *         ;
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_DEADLINE_H
#define CANDLEWICK_DEADLINE_H

#include "clock.h"
#include "timefmt.h"

#include <pthread.h>
#include <time.h>

/* A condition variable whose waits are counted by the monotonic clock. 0, or an errno. */
static inline int deadline_cond_init(pthread_cond_t *c)
{
    pthread_condattr_t attr;
    int r = pthread_condattr_init(&attr);
    if (r != 0)
        return r;
    r = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    if (r == 0)
        r = pthread_cond_init(c, &attr);
    (void)pthread_condattr_destroy(&attr);
    return r;
}

static inline struct timespec deadline_after_ms(int64_t ms)
{
    int64_t end_us = clock_mono_us() + ms * US_PER_MS;
    return (struct timespec){end_us / US_PER_S, end_us % US_PER_S * 1000};
}

#endif
