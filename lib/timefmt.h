/**
 * Time as text: microseconds since 1970-01-01T00:00:00Z, RFC 3339 in UTC with six decimals.
 *
 *     char text[TIME_TEXT];
 *     time_format(1700000000123456, text);     // "2023-11-14T22:13:20.123456Z"
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_TIMEFMT_H
#define CANDLEWICK_TIMEFMT_H

#include "err.h"
#include "slice.h"

#include <stdint.h>

enum { TIME_TEXT = 40 };

#define US_PER_MS INT64_C(1000)
#define US_PER_S INT64_C(1000000)
#define US_PER_MIN (60 * US_PER_S)
#define US_PER_DAY (24 * 60 * US_PER_MIN)

/* The first instant of the year 10000: no time of ours is that late. */
#define TIME_END_US (INT64_C(253402300800) * US_PER_S)

/* Years 0000 to 9999; a time outside is written as its nearest end. Returns the length. */
size_t time_format(int64_t time_us, char text[TIME_TEXT]);

/* RFC 3339 with any offset and up to nine decimals (digits past the sixth are cut), or whole or
 * decimal seconds since 1970 ("1700000000.5"), within the years 0000 to 9999. ERR_ARG names what is
 * wrong. */
int time_parse(struct slice text, int64_t *ret_us, struct err *e) MUST_CHECK;

#endif
