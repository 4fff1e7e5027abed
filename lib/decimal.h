/**
 * Exact decimals: 38 digits, 18 of them after the point, in a 128-bit integer.
 *
 *     struct decimal price;
 *     if (decimal_parse(slice_of("64123.45"), &price, &e) != 0) ...
 *     char text[DECIMAL_TEXT];
 *     decimal_format(price, text);             // "64123.45"
 *
 * The value is e18 / 10^18 and |e18| < 10^38, which is Avro's decimal(38, 18). Nothing is ever
 * rounded but by decimal_mul() and decimal_div(), half to even, and nothing wraps: what does not
 * fit is ERR_LIMIT.
 * Threads: values.
 */
#ifndef CANDLEWICK_DECIMAL_H
#define CANDLEWICK_DECIMAL_H

#include "err.h"
#include "slice.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    DECIMAL_SCALE = 18,
    DECIMAL_PRECISION = 38,
    DECIMAL_TEXT = 48,        /* room for any value as text, with its NUL */
    DECIMAL_BYTES = 16,       /* room for any value as bytes */
    DECIMAL_PARSE_MAX = 1000, /* longest text that is read */
};

struct decimal {
    __int128 e18;
};

/* Plain decimal text, optionally signed, optionally with an exponent: "12", "-0.5", "1e-7".
 * ERR_PROTO: not a number; ERR_LIMIT: too large, or digits other than 0 beyond the 18th decimal, or
 * more than DECIMAL_PARSE_MAX characters. */
int decimal_parse(struct slice text, struct decimal *ret, struct err *e) MUST_CHECK;

/* Shortest plain text: no exponent, no trailing zeros, "0" for zero. Returns its length. */
size_t decimal_format(struct decimal d, char text[DECIMAL_TEXT]);

/* Big-endian two's complement in the fewest bytes (at least one), as Avro's decimal wants it.
 * Returns how many of out were used. */
size_t decimal_to_bytes(struct decimal d, uint8_t out[DECIMAL_BYTES]);

/* The same back; sign bytes in front are accepted. ERR_PROTO: no byte at all; ERR_LIMIT. */
int decimal_from_bytes(const uint8_t *bytes, size_t len, struct decimal *ret,
                       struct err *e) MUST_CHECK;

/* 0, or -1 when the result does not fit; *ret is then untouched. */
int decimal_add(struct decimal a, struct decimal b, struct decimal *ret) MUST_CHECK;
int decimal_sub(struct decimal a, struct decimal b, struct decimal *ret) MUST_CHECK;

/* Rounded half to even at the 18th decimal. -1: does not fit, or b is zero. */
int decimal_mul(struct decimal a, struct decimal b, struct decimal *ret) MUST_CHECK;
int decimal_div(struct decimal a, struct decimal b, struct decimal *ret) MUST_CHECK;

static inline int decimal_cmp(struct decimal a, struct decimal b)
{
    return a.e18 < b.e18 ? -1 : a.e18 > b.e18;
}

static inline bool decimal_is_zero(struct decimal d)
{
    return d.e18 == 0;
}

#endif
