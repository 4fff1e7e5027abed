#include "rng.h"

void rng_seed(struct rng *r, uint64_t seed)
{
    r->state = seed;
}

uint64_t rng_next(struct rng *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
    return ((rng_next(r) >> 32) * n) >> 32; /* biased by less than n / 2^32: no one can tell */
}

int64_t rng_around(struct rng *r, int64_t n)
{
    return (int64_t)rng_below(r, 2 * (uint64_t)n + 1) - n;
}

bool rng_permille(struct rng *r, int64_t n)
{
    return (int64_t)rng_below(r, 1000) < n;
}

int64_t rng_wait(struct rng *r, int64_t mean)
{
    uint64_t u = rng_next(r) | 1; /* never 0, so that it has a highest bit */
    int zeros = __builtin_clzll(u);
    /* u / 2^64 = 2^-(zeros + 1) * (1 + fraction), and -log2 of that is close to
     * zeros + 1 - fraction, whose mean is 3/2. Both in units of 2^-16: */
    int64_t fraction = zeros == 63 ? 0 : (int64_t)((u << (zeros + 1)) >> 48);
    int64_t log2_u = ((int64_t)(zeros + 1) << 16) - fraction;
    return (int64_t)((__int128)mean * log2_u * 2 / (3 << 16));
}
