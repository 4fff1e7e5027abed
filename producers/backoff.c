#include "backoff.h"

#include "timefmt.h"

/* splitmix64: good enough to spread reconnects. */
uint64_t jitter_next(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

int64_t backoff_next_us(struct backoff *b)
{
    uint32_t attempt = b->attempts;
    if (b->attempts < UINT32_MAX)
        b->attempts++;
    if (attempt == 0)
        return 0;
    int64_t ms = BACKOFF_BASE_MS;
    for (uint32_t i = 1; i < attempt && ms < BACKOFF_CAP_MS; i++)
        ms *= 2;
    if (ms > BACKOFF_CAP_MS)
        ms = BACKOFF_CAP_MS;
    int64_t half_us = ms * US_PER_MS / 2;
    return half_us + (int64_t)(jitter_next(&b->seed) % (uint64_t)(half_us + 1));
}

void backoff_reset(struct backoff *b)
{
    b->attempts = 0;
}

bool attempts_take(struct attempts *a, int64_t now_us)
{
    if (a->n == ATTEMPTS_MAX && now_us - a->at_us[a->next] < ATTEMPTS_WINDOW_S * US_PER_S)
        return false;
    a->at_us[a->next] = now_us;
    a->next = (a->next + 1) % ATTEMPTS_MAX;
    if (a->n < ATTEMPTS_MAX)
        a->n++;
    return true;
}
