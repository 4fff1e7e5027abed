#include "noise.h"

#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)
#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

enum { OCTAVE_BITS = 6, HEIGHT_SHIFT = 47 };

/* The mix of SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t fold(uint64_t hash, const char *text)
{
    do { /* with its NUL, so that "ab","c" is not "a","bc" */
        hash = (hash ^ (uint8_t)*text) * FNV_PRIME;
    } while (*text++);
    return hash;
}

uint64_t noise_key(uint64_t seed, const char *what, const char *name)
{
    return mix(fold(fold(FNV_START, what), name) ^ mix(seed + GOLDEN));
}

uint64_t noise_hash(uint64_t key, int64_t n)
{
    return mix(key + GOLDEN * (uint64_t)n);
}

static int64_t height(uint64_t key, int octave, int64_t n)
{
    int64_t slot = n << OCTAVE_BITS | octave;
    return (int64_t)(noise_hash(key, slot) >> HEIGHT_SHIFT) - NOISE_ONE;
}

int64_t noise_at(uint64_t key, int octave, int64_t at_us)
{
    int64_t n = at_us >> octave;
    int64_t part = (at_us >> (octave - NOISE_OCTAVE_MIN)) & (NOISE_ONE - 1);
    int64_t from = height(key, octave, n);
    int64_t to = height(key, octave, n + 1);
    return from + (to - from) * part / NOISE_ONE;
}
