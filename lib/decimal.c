#include "decimal.h"

#include <endian.h>
#include <string.h>

typedef unsigned __int128 u128; /* a built-in type whose own name is two words */

#define E18 ((u128)1000000000000000000u)
#define LIMIT (E18 * E18 * 100) /* 10^38: the first magnitude that no longer fits */

static u128 magnitude(struct decimal d)
{
    return d.e18 < 0 ? -(u128)d.e18 : (u128)d.e18;
}

static int from_magnitude(u128 m, bool negative, struct decimal *ret)
{
    if (m >= LIMIT)
        return -1;
    ret->e18 = negative ? -(__int128)m : (__int128)m;
    return 0;
}

/* --- text ------------------------------------------------------------------------------------ */

/* What a number's text says before it is scaled. Zeros at an end of it count for nothing, however
 * many there are: they are held back until a digit other than 0 follows. */
struct digits {
    u128 value;    /* the significant digits as one integer */
    int zeros;     /* how many zeros followed them */
    int decimals;  /* how many digits stood after the point, zeros included */
    int exponent;  /* what followed "e" */
    bool overflow; /* more digits than fit */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void push_digit(struct digits *n, char c)
{
    if (c == '0') {
        n->zeros += n->value != 0;
        return;
    }
    for (; n->zeros >= 0 && !n->overflow; n->zeros--) {
        n->overflow = n->value >= LIMIT / 10;
        if (!n->overflow)
            n->value *= 10;
    }
    n->zeros = 0;
    n->value += (unsigned)(c - '0');
}

/* "123.4500" */
static const char *scan_mantissa(const char *p, const char *end, struct digits *n)
{
    const char *start = p;
    while (p < end && is_digit(*p))
        push_digit(n, *p++);
    if (p == start || p == end || *p != '.')
        return p == start ? NULL : p;
    const char *fraction = ++p;
    while (p < end && is_digit(*p))
        push_digit(n, *p++);
    n->decimals = (int)(p - fraction);
    return p == fraction ? NULL : p;
}

static const char *scan_exponent(const char *p, const char *end, struct digits *n)
{
    if (p == end || (*p != 'e' && *p != 'E'))
        return p;
    p++;
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    const char *start = p;
    int value = 0;
    while (p < end && is_digit(*p)) {
        if (value < 10000) /* no text has the zeros to make up for more */
            value = value * 10 + (*p - '0');
        p++;
    }
    n->exponent = negative ? -value : value;
    return p == start ? NULL : p;
}

/* value * 10^shift, where value ends in another digit than 0. -1: does not fit, or is no whole
 * number. */
static int scale_by(u128 *value, int shift)
{
    if (*value == 0)
        return 0;
    if (shift < 0)
        return -1;
    for (; shift > 0; shift--) {
        if (*value >= LIMIT / 10)
            return -1;
        *value *= 10;
    }
    return 0;
}

int decimal_parse(struct slice text, struct decimal *ret, struct err *e)
{
    int shown = (int)(text.len < 60 ? text.len : 60);
    if (text.len == 0)
        return err_set(e, ERR_PROTO, "a decimal number is empty");
    if (text.len > DECIMAL_PARSE_MAX)
        return err_set(e, ERR_LIMIT, "a number of %zu characters: \"%.*s…\"", text.len, shown,
                       text.data);
    const char *end = text.data + text.len;
    struct digits n = {0};
    bool negative = text.data[0] == '-';
    const char *p = scan_mantissa(text.data + negative, end, &n);
    if (p)
        p = scan_exponent(p, end, &n);
    if (p != end)
        return err_set(e, ERR_PROTO, "not a decimal number: \"%.*s\"", shown, text.data);
    if (n.overflow || scale_by(&n.value, DECIMAL_SCALE - n.decimals + n.zeros + n.exponent) != 0 ||
        from_magnitude(n.value, negative, ret) != 0)
        return err_set(e, ERR_LIMIT, "does not fit in 38 digits with 18 decimals: \"%.*s\"", shown,
                       text.data);
    return 0;
}

static size_t put_digits(u128 v, int width, char *out)
{
    char rev[DECIMAL_TEXT];
    int n = 0;
    do {
        rev[n++] = (char)('0' + (int)(v % 10));
        v /= 10;
    } while (v != 0);
    while (n < width)
        rev[n++] = '0';
    for (int i = 0; i < n; i++)
        out[i] = rev[n - 1 - i];
    return (size_t)n;
}

size_t decimal_format(struct decimal d, char text[DECIMAL_TEXT])
{
    u128 m = magnitude(d);
    size_t len = 0;
    if (d.e18 < 0)
        text[len++] = '-';
    len += put_digits(m / E18, 1, text + len);
    u128 fraction = m % E18;
    if (fraction != 0) {
        text[len++] = '.';
        len += put_digits(fraction, DECIMAL_SCALE, text + len);
        while (text[len - 1] == '0')
            len--;
    }
    text[len] = '\0';
    return len;
}

/* --- bytes ----------------------------------------------------------------------------------- */

size_t decimal_to_bytes(struct decimal d, uint8_t out[DECIMAL_BYTES])
{
    uint64_t high = (uint64_t)((u128)d.e18 >> 64);
    uint64_t low = (uint64_t)(u128)d.e18;
    /* Bytes that only repeat the sign say nothing; what differs from it in its top bit does. */
    u128 told = (u128)(d.e18 ^ d.e18 >> 127) << 1 | 1;
    int zeros =
        told >> 64 ? __builtin_clzll((uint64_t)(told >> 64)) : 64 + __builtin_clzll((uint64_t)told);
    size_t skip = (size_t)zeros / 8;
    uint64_t all[2] = {htobe64(high), htobe64(low)};
    memcpy(out, (const uint8_t *)all + skip, DECIMAL_BYTES - skip);
    return DECIMAL_BYTES - skip;
}

int decimal_from_bytes(const uint8_t *bytes, size_t len, struct decimal *ret, struct err *e)
{
    if (len == 0)
        return err_set(e, ERR_PROTO, "decimal without bytes");
    bool negative = (bytes[0] & 0x80) != 0;
    uint8_t sign = negative ? 0xff : 0x00;
    while (len > DECIMAL_BYTES && bytes[0] == sign) {
        bytes++;
        len--;
    }
    if (len > DECIMAL_BYTES || ((bytes[0] & 0x80) != 0) != negative)
        return err_set(e, ERR_LIMIT, "decimal of more than 38 digits");
    uint64_t all[2];
    memset(all, sign, sizeof(all));
    memcpy((uint8_t *)all + DECIMAL_BYTES - len, bytes, len);
    struct decimal d = {(__int128)((u128)be64toh(all[0]) << 64 | be64toh(all[1]))};
    if (magnitude(d) >= LIMIT)
        return err_set(e, ERR_LIMIT, "decimal of more than 38 digits");
    *ret = d;
    return 0;
}

/* --- arithmetic ------------------------------------------------------------------------------ */

int decimal_add(struct decimal a, struct decimal b, struct decimal *ret)
{
    struct decimal sum;
    if (__builtin_add_overflow(a.e18, b.e18, &sum.e18) || magnitude(sum) >= LIMIT)
        return -1;
    *ret = sum;
    return 0;
}

int decimal_sub(struct decimal a, struct decimal b, struct decimal *ret)
{
    return decimal_add(a, (struct decimal){-b.e18}, ret);
}

/* 256 bits, least significant limb first. */
struct wide {
    uint64_t limb[4];
};

static struct wide wide_mul(u128 a, u128 b)
{
    uint64_t x[2] = {(uint64_t)a, (uint64_t)(a >> 64)};
    uint64_t y[2] = {(uint64_t)b, (uint64_t)(b >> 64)};
    struct wide w = {{0}};
    for (int i = 0; i < 2; i++) {
        u128 carry = 0;
        for (int j = 0; j < 2; j++) {
            carry += (u128)x[i] * y[j] + w.limb[i + j];
            w.limb[i + j] = (uint64_t)carry;
            carry >>= 64;
        }
        w.limb[i + 2] = (uint64_t)carry;
    }
    return w;
}

/* quotient + 1 where the remainder is past the half, or on it and the quotient is odd. */
static u128 half_even(u128 quotient, u128 remainder, u128 divisor)
{
    u128 rest = divisor - remainder;
    return quotient + (remainder > rest || (remainder == rest && (quotient & 1)));
}

/* Long division, a limb at a time: *rem * 2^64 + limb by the divisor, which is above *rem and below
 * 2^127. Returns the quotient's limb and leaves the new remainder.
 * Knuth, The Art of Computer Programming, vol. 2, 4.3.1, algorithm D. */
static uint64_t divide_limb(u128 *rem, uint64_t limb, u128 divisor)
{
    if (*rem == 0 && limb < divisor) {
        *rem = limb;
        return 0;
    }
    if (divisor >> 64 == 0) {
        u128 part = *rem << 64 | limb;
        *rem = part % (uint64_t)divisor;
        return (uint64_t)(part / (uint64_t)divisor);
    }
    int shift = __builtin_clzll((uint64_t)(divisor >> 64)); /* at least 1 */
    u128 d = divisor << shift;
    u128 high = *rem << shift | limb >> (64 - shift);
    uint64_t low = limb << shift;
    uint64_t d_high = (uint64_t)(d >> 64);
    u128 q = high / d_high; /* too large by at most 2 */
    u128 r = high % d_high;
    while (r >> 64 == 0 && (q >> 64 || q * (uint64_t)d > (r << 64 | low))) {
        q--;
        r += d_high;
    }
    *rem = ((high << 64 | low) - q * d) >> shift; /* the bits above 2^128 cancel out */
    return (uint64_t)q;
}

int decimal_mul(struct decimal a, struct decimal b, struct decimal *ret)
{
    struct wide w = wide_mul(magnitude(a), magnitude(b));
    u128 rem = 0;
    for (int i = 3; i >= 0; i--)
        w.limb[i] = divide_limb(&rem, w.limb[i], E18);
    if (w.limb[3] || w.limb[2])
        return -1;
    u128 q = (u128)w.limb[1] << 64 | w.limb[0];
    if (q >= LIMIT)
        return -1;
    return from_magnitude(half_even(q, rem, E18), (a.e18 < 0) != (b.e18 < 0), ret);
}

int decimal_div(struct decimal a, struct decimal b, struct decimal *ret)
{
    if (b.e18 == 0)
        return -1;
    struct wide w = wide_mul(magnitude(a), E18);
    u128 divisor = magnitude(b);
    u128 rem = 0;
    for (int i = 3; i >= 0; i--)
        w.limb[i] = divide_limb(&rem, w.limb[i], divisor);
    if (w.limb[3] || w.limb[2])
        return -1;
    u128 q = (u128)w.limb[1] << 64 | w.limb[0];
    if (q >= LIMIT)
        return -1;
    return from_magnitude(half_even(q, rem, divisor), (a.e18 < 0) != (b.e18 < 0), ret);
}
