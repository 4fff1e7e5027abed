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

/* n digits to the base of 10,000, most significant first; v has no more. */
static void split(uint64_t v, uint16_t *digits, int n)
{
    for (int i = n - 1; i >= 0; i--) {
        digits[i] = (uint16_t)(v % BASE);
        v /= BASE;
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
    unsigned __int128 whole = m / e18;
    uint64_t fraction = (uint64_t)(m - whole * e18);
    /* the lowest digit of each apart: what remains has fewer than 64 bits, and is soon divided */
    digits[WHOLE_DIGITS - 1] = (uint16_t)(whole % BASE);
    split((uint64_t)(whole / BASE), digits, WHOLE_DIGITS - 1);
    digits[DIGITS - 1] = (uint16_t)(fraction % 100 * 100);
    split(fraction / 100, digits + WHOLE_DIGITS, FRACTION_DIGITS - 1);
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
