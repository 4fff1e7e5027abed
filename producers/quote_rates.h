/**
 * The conversion rates a shard repeats in each of its partitions, and when each is due.
 *
 *     struct quote_rates *r = quote_rates_create(universe, &e);
 *     quote_rates_take(r, symbol, &top);             // what the exchange said
 *     quote_rates_tick(r, receive_us);               // all that are normal are said again
 *     while ((rate = quote_rates_next(r, now_us)))   // what is to be written now
 *         ...
 *
 * A rate is written while its pair is normal: on a change, at most ten times a second, and again at
 * each tick, with the tick's time: a rate that is not repeated is not known any more.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_QUOTE_RATES_H
#define CANDLEWICK_QUOTE_RATES_H

#include "quote_top.h"
#include "universe.h"

enum { RATE_PAUSE_MS = 100 }; /* between two records of one rate */

struct quote_rates;

struct quote_rate {
    uint32_t symbol; /* index in the universe */
    struct quote_top top;
};

/* universe: borrowed. NULL: ERR_NOMEM. */
struct quote_rates *quote_rates_create(const struct universe *u, struct err *e);
void quote_rates_destroy(struct quote_rates *r); /* NULL is fine */

/* symbol: one with is_rate. */
void quote_rates_take(struct quote_rates *r, uint32_t symbol, const struct quote_top *top);
void quote_rates_tick(struct quote_rates *r, int64_t receive_us);

/* Every rate that is normal is to be written anew, at once. */
void quote_rates_again(struct quote_rates *r);

/* The next rate that is to be written at now_us, taken to be written then; NULL: none. */
const struct quote_rate *quote_rates_next(struct quote_rates *r, int64_t now_us);

#endif
