/**
 * What a ticker tells of every symbol besides its book: last trade, range and volume since the
 * market began.
 *
 *     struct tickers *k = tickers_create(listing, &e);
 *     tickers_add(k, &trade);
 *     const struct ticker *t = tickers_get(k, symbol);     // t->trades == 0: nothing yet
 *     tickers_destroy(k);
 *
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_SIM_TICKER_H
#define CANDLEWICK_SIM_TICKER_H

#include "market.h"

struct ticker {
    int64_t trades;
    int64_t first_e8; /* prices */
    int64_t last_e8;
    int64_t low_e8;
    int64_t high_e8;
    int64_t volume_e8; /* base and quote; the largest int64_t where they do not fit */
    int64_t quote_volume_e8;
};

struct tickers;

/* listing: borrowed for the call. NULL with ERR_NOMEM. */
struct tickers *tickers_create(const struct listing *listing, struct err *e);
void tickers_destroy(struct tickers *k); /* NULL is fine */

void tickers_add(struct tickers *k, const struct market_trade *t);

/* symbol: any of the listing. */
const struct ticker *tickers_get(const struct tickers *k, uint32_t symbol);

/* Quote volume by volume, cut to the grid of prices; 0 before the first trade. */
int64_t ticker_vwap_e8(const struct ticker *t, int64_t tick_e8);

#endif
