/**
 * The top of one symbol's book as the exchange said it last, and what it means.
 *
 *     struct quote_top top = quote_top_of(&entry);
 *     if (quote_top_state(&top) == QUOTE_STATE_NORMAL) ...
 *
 * Threads: values.
 */
#ifndef CANDLEWICK_QUOTE_TOP_H
#define CANDLEWICK_QUOTE_TOP_H

#include "entry.h"

struct quote_top {
    struct quote_side bid;
    struct quote_side ask;
    bool has_exchange_time;
    int64_t exchange_time_us;
    int64_t receive_us;
};

/* Of an ENTRY_QUOTE. */
struct quote_top quote_top_of(const struct entry *in);

/* void: no side is there; one_sided: one is; crossed: the bid is at or above the ask, which no book
 * at rest is; else normal. */
enum quote_state quote_top_state(const struct quote_top *t);

/* Whether prices and amounts are the same; times do not matter. */
bool quote_top_same(const struct quote_top *a, const struct quote_top *b);

#endif
