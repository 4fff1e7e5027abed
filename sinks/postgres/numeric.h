/**
 * A decimal as PostgreSQL's numeric in its binary form.
 *
 *     uint8_t out[NUMERIC_BYTES_MAX];
 *     size_t len = numeric_binary(price, out);    // what numeric_send() would give
 *
 * Four 16-bit words (digits, weight, sign, decimals shown) and the digits to the base of 10,000,
 * all big-endian. Exact for every decimal; shown with as many decimals as it needs.
 * Source: src/backend/utils/adt/numeric.c of PostgreSQL 15, numeric_recv().
 * Threads: pure function.
 */
#ifndef CANDLEWICK_POSTGRES_NUMERIC_H
#define CANDLEWICK_POSTGRES_NUMERIC_H

#include "decimal.h"

enum { NUMERIC_BYTES_MAX = 8 + 2 * 10 }; /* 20 digits before the point and 18 behind it */

/* Returns how many bytes of out were used. */
size_t numeric_binary(struct decimal d, uint8_t out[NUMERIC_BYTES_MAX]);

#endif
