#include "numeric.h"

enum {
    BASE = 10000,
    WHOLE_DIGITS = 5,    /* 20 decimal digits */
    FRACTION_DIGITS = 5, /* 18 decimal digits, and two zeros */
    DIGITS = WHOLE_DIGITS + FRACTION_DIGITS,
};

static const uint16_t POSITIVE = 0x0000;
static const uint16_t NEGATIVE = 0x4000;

static uint8_t *put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
    return p + 2;
}

/* n digits to the base of 10,000, most significant first. */
static void split(unsigned __int128 v, uint16_t *digits, int n)
{
    /* one division of 128 bits; what remains fits in 64 */
    uint64_t low = (uint64_t)(v % BASE);
    uint64_t high = (uint64_t)(v / BASE);
    digits[n - 1] = (uint16_t)low;
    for (int i = n - 2; i >= 0; i--) {
        digits[i] = (uint16_t)(high % BASE);
        high /= BASE;
    }
}

/* How many decimals are needed to show the fraction (its digits, most significant first). */
static unsigned decimals_of(const uint16_t *fraction)
{
    int last = FRACTION_DIGITS - 1;
    while (last >= 0 && fraction[last] == 0)
        last--;
    if (last < 0)
        return 0;
    unsigned decimals = (unsigned)(last + 1) * 4;
    for (unsigned v = fraction[last]; v % 10 == 0; v /= 10)
        decimals--;
    return decimals;
}

size_t numeric_binary(struct decimal d, uint8_t out[NUMERIC_BYTES_MAX])
{
    const uint64_t e18 = UINT64_C(1000000000000000000);
    unsigned __int128 m = d.e18 < 0 ? -(unsigned __int128)d.e18 : (unsigned __int128)d.e18;
    uint16_t digits[DIGITS];
    split(m / e18, digits, WHOLE_DIGITS);
    split(m % e18 * 100, digits + WHOLE_DIGITS, FRACTION_DIGITS);
    int first = 0;
    int end = DIGITS;
    while (first < DIGITS && digits[first] == 0)
        first++;
    while (end > first && digits[end - 1] == 0)
        end--;
    int weight = first < end ? WHOLE_DIGITS - 1 - first : 0; /* zero has no digits and no weight */
    uint8_t *p = put16(out, (uint16_t)(end - first));
    p = put16(p, (uint16_t)weight);
    p = put16(p, d.e18 < 0 ? NEGATIVE : POSITIVE);
    p = put16(p, (uint16_t)decimals_of(digits + WHOLE_DIGITS));
    for (int i = first; i < end; i++)
        p = put16(p, digits[i]);
    return (size_t)(p - out);
}
