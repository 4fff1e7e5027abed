/**
 * The market of one simulated exchange: an endless sequence of plausible trades from a seed.
 *
 *     struct market *m = market_create(&config, listing, &e);
 *     market_begin(m, now_us);
 *     struct market_trade t;
 *     while (market_next(m, now_us, &t))
 *         ...                                     // every trade due by now, in order of sending
 *     wait_until(market_due_us(m));
 *
 * No clock inside: the sequence of symbols, prices, amounts, sides and time steps depends on the
 * configuration and the listing alone; market_begin() only says when it starts. Taker orders come
 * at random instants; each fills one or more makers, so that some trades share an instant. Dollar
 * prices of assets walk at random and are pulled back to where they began; the symbols of an asset
 * follow it within some hundredths of a percent, so that cross rates fit together.
 *
 * Trade ids are contiguous per symbol. The first id of a run is the start in units of
 * MARKET_ID_US, and a symbol never trades faster than ids could grow with the clock: a later run
 * goes on above all ids of an earlier one, and the jump between them looks like a real outage.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_SIM_MARKET_H
#define CANDLEWICK_SIM_MARKET_H

#include "err.h"
#include "listing.h"

#include <stdbool.h>
#include <stdint.h>

enum { MARKET_ID_US = 10, MARKET_RATE_MAX = 50000 };
#define MARKET_LATE_MAX_US INT64_C(3600000000)

struct market_config {
    int64_t rate; /* trades per second of market time, all symbols together */
    uint64_t seed;
    int64_t trades;           /* the market ends after so many; 0: never */
    int64_t late_permille;    /* of 1000 trades, how many carry a time in the past */
    int64_t late_max_us;      /* how far back at most */
    int64_t reorder_permille; /* of 1000 taker orders, how many fill two makers whose trades
                                 arrive in the wrong order of ids */
    int64_t time_step_us;     /* trade times are multiples of it */
};

enum taker_side { TAKER_BUY, TAKER_SELL };

struct market_trade {
    uint32_t symbol; /* index into the listing */
    enum taker_side side;
    int64_t id;
    int64_t price_e8;
    int64_t amount_e8;
    int64_t time_us; /* when it happened, market time */
    int64_t due_us;  /* when it is to be sent; later than time_us for a late trade */
};

struct market;

/* listing: borrowed, must outlive the market. NULL with ERR_ARG (names the bad number), ERR_NOMEM.
 */
struct market *market_create(const struct market_config *config, const struct listing *listing,
                             struct err *e);
void market_destroy(struct market *m); /* NULL is fine */

/* Starts the market; once. now_us: market time since 1970. */
void market_begin(struct market *m, int64_t now_us);
bool market_begun(const struct market *m);

/* The next trade, if it is due at now_us or before. */
bool market_next(struct market *m, int64_t now_us, struct market_trade *ret);

/* When the next trade is due; INT64_MAX before the start and after the end. */
int64_t market_due_us(const struct market *m);

/* All trades that were asked for have been given out. */
bool market_over(const struct market *m);

#endif
