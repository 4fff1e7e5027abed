/**
 * Which part of a list is asked for, and the cursor that names a place in it.
 *
 *     struct place at = {.time_us = candle.open_time_us};
 *     char cursor[CURSOR_TEXT];
 *     if (cursor_encode(&at, place_scope("candles|binance|BTC-USDT|1m"), cursor, &e) != 0) ...
 *     ...
 *     if (cursor_decode(text, &page.after, &e) != 0) ...      // text: from a client, hostile
 *     if (page.after.scope != place_scope("candles|…")) ...   // a cursor of another list
 *
 * A cursor is the order key of the last row that was served, so that it neither repeats nor skips
 * rows of equal time, whatever is added around them meanwhile. To clients it is opaque.
 * Threads: values and pure functions.
 */
#ifndef CANDLEWICK_PAGE_H
#define CANDLEWICK_PAGE_H

#include "err.h"

#include <stdint.h>

enum {
    PAGE_LIMIT_DEFAULT = 500, /* rows */
    PAGE_LIMIT_MAX = 5000,
    PLACE_TEXT = 129,  /* longest trade id (or exchange and symbol) in a cursor, with its NUL */
    CURSOR_TEXT = 320, /* room for any cursor, with its NUL */
};

/* A row's order key. Lists use the parts that order them; the others are 0 and "". */
struct place {
    uint32_t scope; /* which list it is a place of */
    int64_t time_us;
    int64_t sequence;
    int64_t partition;
    int64_t offset;
    char text[PLACE_TEXT];
};

struct page {
    int64_t start_us; /* inclusive; INT64_MIN: none */
    int64_t end_us;   /* exclusive; INT64_MAX: none */
    int limit;        /* rows, 1 to PAGE_LIMIT_MAX */
    bool has_after;
    struct place after; /* rows behind this one only */
};

/* Without start and cursor the newest rows are meant, not the first ones. */
static inline bool page_is_newest(const struct page *p)
{
    return p->start_us == INT64_MIN && !p->has_after;
}

/* A number that two lists hardly share. */
uint32_t place_scope(const char *list);

/* Letters, digits, "-" and "_" only. ERR_LIMIT: the place's text is longer than PLACE_TEXT - 1. */
int cursor_encode(const struct place *at, uint32_t scope, char ret[CURSOR_TEXT],
                  struct err *e) MUST_CHECK;

/* ERR_PROTO: not a cursor that cursor_encode() makes. */
int cursor_decode(const char *cursor, struct place *ret, struct err *e) MUST_CHECK;

#endif
