/**
 * A page of candles, the windows without a record among them if that is wished.
 *
 *     struct candle_list *list = candle_list_open(pool, &key, FILL_NULL, &page, &e);
 *     struct candle_row row;
 *     while ((r = candle_list_next(list, &row, &e)) > 0) ...   // ascending
 *     if (r == 0 && candle_list_more(list)) ...                // row is the last one of the page
 *     candle_list_close(list);
 *
 * A window gets a row where it lies between the symbol's first candle and the newest time known to
 * be closed, and has no record: then it had no trade and lost none. From 1m up it is `quiet`. A 1s
 * window makes no record when time is lost, either; it has the coverage of its minute.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_CANDLE_LIST_H
#define CANDLEWICK_CANDLE_LIST_H

#include "query.h"

enum fill {
    FILL_NONE,     /* records alone */
    FILL_NULL,     /* and windows without one, prices null */
    FILL_PREVIOUS, /* and prices, where there are none, are the close before */
};

struct candle_row {
    struct record record;
    bool filled; /* some of it is not from a record: all, or its prices */
};

struct candle_list;

/* key is borrowed until close. NULL with *e as pool_query(), ERR_NOMEM, ERR_PROTO. */
struct candle_list *candle_list_open(struct pool *pool, const struct candle_key *key,
                                     enum fill fill, const struct page *page, struct err *e);

/* 1: the next row, its texts live until close; 0: that was the last. -1 with *e as above. */
int candle_list_next(struct candle_list *l, struct candle_row *ret, struct err *e) MUST_CHECK;

/* Whether the list goes on behind the page. */
bool candle_list_more(const struct candle_list *l);

void candle_list_close(struct candle_list *l); /* NULL is fine */

#endif
