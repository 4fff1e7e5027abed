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

#include <stdbool.h>
#include <stdint.h>

#define CURSOR_START "MX" /* of "1|" in base64 */

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
    struct place after; /* rows behind this one only; of no list: a cursor that is none of ours */
};

/* Without start and cursor the newest rows are meant, not the first ones. */
static inline bool page_is_newest(const struct page *p)
{
    return p->start_us == INT64_MIN && !p->has_after;
}

/* The first time a row may have, of lists where no two rows share one. */
static inline int64_t page_first_us(const struct page *p)
{
    bool behind = p->has_after && p->after.time_us >= p->start_us;
    return behind ? p->after.time_us + (p->after.time_us < INT64_MAX) : p->start_us;
}

/* How many rows to look for: one more tells whether the list goes on. Nothing but newer rows may
 * follow the newest page, so it asks for no row more. */
static inline int page_rows_wanted(const struct page *p)
{
    return page_is_newest(p) ? p->limit : p->limit + 1;
}

/* A number that two lists hardly share; never 0, which is no list's. */
uint32_t place_scope(const char *list);

/* As cursor_has_form() says. ERR_LIMIT: the place's text is longer than PLACE_TEXT - 1. */
int cursor_encode(const struct place *at, uint32_t scope, char ret[CURSOR_TEXT],
                  struct err *e) MUST_CHECK;

/* Whether a text has the form of a cursor: CURSOR_START, then 9 to 301 letters, digits, "-" and
 * "_". What has it may still be no cursor of ours. */
bool cursor_has_form(const char *text);

/* ERR_PROTO: not a cursor that cursor_encode() makes. */
int cursor_decode(const char *cursor, struct place *ret, struct err *e) MUST_CHECK;

#endif
