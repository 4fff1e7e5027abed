/**
 * Taker fees of exchanges, each entry with the day from which it is in force.
 *
 *     struct fees f;
 *     if (fees_parse(text, &f, &e) != 0) ...
 *     struct fee_span now = fees_at(&f, slice_of("okx"), time_us);
 *     if (now.fee) use(now.fee->taker_bps);
 *
 * Shape: {"fees": [{"exchange": "okx", "taker_bps": "10", "from": "2025-01-01", "source":
 * "https://…", "checked": "2026-11-21", "note": "…"}]}; only the note may be absent.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_FEES_H
#define CANDLEWICK_FEES_H

#include "decimal.h"
#include "key.h"

enum { FEES_MAX = 500 };

struct fee {
    char exchange[KEY_EXCHANGE_MAX + 1];
    int64_t from_us; /* 00:00 UTC of its first day */
    struct decimal taker_bps;
};

struct fees {
    struct fee items[FEES_MAX]; /* by exchange, then by day */
    size_t n;
};

/* ERR_CONF: names the line where the text is no JSON, or the entry and its key. */
int fees_parse(struct slice text, struct fees *ret, struct err *e) MUST_CHECK;

/* The entry in force at a time, and for how long that is so. */
struct fee_span {
    const struct fee *fee; /* NULL: there is none */
    int64_t until_us;      /* INT64_MAX: for ever */
};
struct fee_span fees_at(const struct fees *f, struct slice exchange, int64_t time_us);

#endif
