/**
 * The target of a request ("/v1/candles/binance/BTC%2FUSDT?limit=10"), cut and decoded.
 *
 *     struct target t;
 *     if (target_parse(url, &t, &e) != 0) ...             // ERR_LIMIT: too long, ERR_PROTO:
 * malformed t.segments[3];                                      // "BTC/USDT" const char *limit =
 * target_param(&t, "limit");      // "10"
 *
 * We read the raw target ourselves because ulfius hands on less than was sent: it joins a repeated
 * parameter, and one named like a part of the path, with a comma, and drops what is not UTF-8.
 * Decoding is RFC 3986's: "+" stays a plus, so that +02:00 may be written as it is.
 * Threads: pure function; a struct target points into itself and must not be copied.
 */
#ifndef CANDLEWICK_TARGET_H
#define CANDLEWICK_TARGET_H

#include "err.h"

enum {
    TARGET_MAX = 2048, /* bytes of a target as sent */
    TARGET_SEGMENTS_MAX = 8,
    TARGET_PARAMS_MAX = 16,
};

struct param {
    const char *name;
    const char *value; /* "" where there was none */
};

struct target {
    const char *segments[TARGET_SEGMENTS_MAX]; /* of the path, empty ones left out */
    int n_segments;
    struct param params[TARGET_PARAMS_MAX]; /* in the order they were sent */
    int n_params;
    char text[TARGET_MAX + 2]; /* what the pointers point into */
};

/* url: path and query as sent. Every decoded part is UTF-8 without NUL. ERR_LIMIT: longer than
 * TARGET_MAX, or too many parts; ERR_PROTO: a malformed %-escape, NUL, or not UTF-8. */
int target_parse(const char *url, struct target *ret, struct err *e) MUST_CHECK;

/* The first value of this name, or NULL. */
const char *target_param(const struct target *t, const char *name);

#endif
