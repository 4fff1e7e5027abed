/**
 * The taker orders of a market and the trades they make: whose, when, how many and how large.
 *
 *     struct orders *o = orders_create(&config, listing, &e);
 *     orders_begin(o, now_us);
 *     while (orders_left(o)) {
 *         struct book b = ...;                     // of orders_symbol(o) at orders_due_ns(o)
 *         orders_next(o, &b, &trade);
 *     }
 *     orders_destroy(o);
 *
 * Orders come at random instants; each fills one or more makers at one instant and price. The
 * sequence hangs on the configuration alone; only the price comes from the book.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_SIM_ORDERS_H
#define CANDLEWICK_SIM_ORDERS_H

#include "book.h"
#include "market.h"

struct orders;

/* config: checked by the market; borrowed for the call. listing: must outlive the orders. NULL with
 * ERR_NOMEM. */
struct orders *orders_create(const struct market_config *config, const struct listing *listing,
                             struct err *e);
void orders_destroy(struct orders *o); /* NULL is fine */

/* now_us: market time of the start, to which all *_ns are relative. */
void orders_begin(struct orders *o, int64_t now_us);

/* There are trades to come. */
bool orders_left(const struct orders *o);

/* The next trade belongs to the order of the last one. */
bool orders_amid(const struct orders *o);

/* Of the next trade. */
int64_t orders_due_ns(const struct orders *o);
uint32_t orders_symbol(const struct orders *o);

/* Makes the next trade; there must be one left. book: the sound book of its symbol; read only when
 * an order begins. */
void orders_next(struct orders *o, const struct book *book, struct market_trade *ret);

/* One more trade at this instant, outside of the orders, with the symbol's next id; book as of
 * orders_next(). Neither this nor the next may come amid an order. */
void orders_extra(struct orders *o, uint32_t symbol, const struct book *book, int64_t at_us,
                  struct market_trade *ret);

/* So many ids of the symbol are never given to a trade. */
void orders_skip(struct orders *o, uint32_t symbol, int64_t ids);

/* Another set of symbols trades now. Not amid an order. */
void orders_changed(struct orders *o);

#endif
