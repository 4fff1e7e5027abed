#include "price.h"

#include "noise.h"

enum {
    MIDDLE_PERMILLE = 20, /* how far a seed moves the middle */
    DRIFT_STEPS = 4,
    SWING_MILLI = 866, /* see swing_e9() */
};

#define E9 INT64_C(1000000000)

/* The root cut to a whole number. */
static int64_t square_root(int64_t n)
{
    int64_t root = n > 0 ? INT64_C(1) << ((64 - __builtin_clzll((uint64_t)n)) / 2 + 1) : 0;
    while (root > 0 && root > n / root) /* Newton's steps come down to the root and stop there */
        root = (root + n / root) / 2;
    return root;
}

/* A random walk strays by volatility * sqrt(T) in a time T. Scales of T, T/2, T/4 ... whose
 * standard deviations are half of that add up to about it; evenly spread heights reach sqrt(3)
 * times as far as theirs: sqrt(3) / 2 is SWING_MILLI. sqrt(T us) is sqrt(T s) * 1000. */
static int64_t swing_e9(int64_t volatility_ppm, int octave)
{
    return volatility_ppm * square_root(INT64_C(1) << octave) * SWING_MILLI / 1000;
}

void price_init(struct price *p, uint64_t seed, const struct asset *asset)
{
    p->key = noise_key(seed, "price", asset->name);
    p->middle_e12 = asset->usd_e12;
    p->steady = asset->volatility_ppm == 0;
    for (int i = 0; i < PRICE_OCTAVES; i++)
        p->swing_e9[i] = swing_e9(asset->volatility_ppm, PRICE_OCTAVE_FIRST + i);
    if (p->steady)
        return;
    int64_t shift_permille =
        (int64_t)(noise_key(seed, "middle", asset->name) % (2 * MIDDLE_PERMILLE + 1)) -
        MIDDLE_PERMILLE;
    p->middle_e12 += (int64_t)((__int128)asset->usd_e12 * shift_permille / 1000);
}

int64_t price_usd_e12(const struct price *p, int64_t at_us)
{
    if (p->steady)
        return p->middle_e12;
    int64_t moved_e9 = 0;
    for (int i = 0; i < PRICE_OCTAVES; i++)
        moved_e9 += p->swing_e9[i] * noise_at(p->key, PRICE_OCTAVE_FIRST + i, at_us) / NOISE_ONE;
    return p->middle_e12 + (int64_t)((__int128)p->middle_e12 * moved_e9 / E9);
}

uint64_t price_drift_key(uint64_t seed, const char *exchange, const char *canonical)
{
    return noise_key(noise_key(seed, "drift", exchange), "symbol", canonical);
}

int64_t price_drift_ppm(uint64_t key, int64_t at_us)
{
    static const int octaves[DRIFT_STEPS] = {22, 24, 26, 31}; /* seconds, and half an hour */
    int64_t sum = 0;
    for (int i = 0; i < DRIFT_STEPS; i++)
        sum += noise_at(key, octaves[i], at_us);
    return sum * (PRICE_DRIFT_MAX_PPM / DRIFT_STEPS) / NOISE_ONE;
}
