/**
 * The market of one simulated exchange: an endless sequence of plausible trades and quotes from a
 * seed.
 *
 *     struct market *m = market_create(&config, listing, &e);
 *     market_begin(m, now_us);
 *     struct market_event ev;
 *     while (market_next(m, now_us, &ev))
 *         ...                                     // everything due by now, in order of sending
 *     wait_until(market_due_us(m));
 *
 * No clock inside. Prices are a pure function of seed, names and market time (price.h), so that
 * markets of one seed agree wherever and whenever they run; symbols, amounts, sides and time steps
 * of trades depend on the seed, the exchange, the rate and the options for trades alone: neither
 * on when the market begins nor on its quotes.
 *
 * Every symbol has a best bid and ask. A taker order trades at one of them, as it was last quoted,
 * with one or more makers at one instant. When the market begins, every symbol is quoted once.
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
#include "plant.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    MARKET_ID_US = 10,
    MARKET_RATE_MAX = 50000,
    MARKET_QUOTE_RATE_MAX = 200000,
    MARKET_ORDER_MAX = 8, /* trades of one taker order */
};
#define MARKET_LATE_MAX_US INT64_C(3600000000)

struct market_config {
    const char *exchange; /* its market differs from another exchange's; borrowed for the call */
    int64_t rate;         /* trades per second of market time, all symbols together */
    int64_t quote_rate;   /* quotes likewise; 0: books move unseen */
    uint64_t seed;
    int64_t trades;             /* the market ends after so many; 0: never */
    int64_t late_permille;      /* of 1000 trades, how many carry a time in the past */
    int64_t late_max_us;        /* how far back at most */
    int64_t reorder_permille;   /* of 1000 taker orders, how many fill two makers whose trades
                                   arrive in the wrong order of ids */
    int64_t one_sided_permille; /* of 1000 quotes, how many miss a side or both */
    int64_t crossed_permille;   /* of 1000 quotes, how many have the bid above the ask */
    int64_t time_step_us;       /* times of trades and quotes are multiples of it */
    struct plant_config plant;
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
    bool more;       /* the next event is another trade of the same taker order */
};

/* A side without anybody has price and amount 0. */
struct market_quote {
    uint32_t symbol;
    int64_t bid_e8;
    int64_t bid_amount_e8;
    int64_t ask_e8;
    int64_t ask_amount_e8;
    int64_t time_us; /* since when it stands, market time */
    int64_t number;  /* grows with every quote, and from run to run */
};

enum market_kind {
    MARKET_TRADE,
    MARKET_QUOTE,
    MARKET_PLANT, /* an opportunity begins; its quote is next */
};

struct market_event {
    enum market_kind kind;
    union {
        struct market_trade trade;
        struct market_quote quote;
        struct plant plant;
    };
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

/* The next event, if it is due at now_us or before. */
bool market_next(struct market *m, int64_t now_us, struct market_event *ret);

/* One more trade of the symbol at now_us, outside of the orders; first a quote where its book is
 * not fit to trade with. Neither this nor the next may come amid an order, nor before the market
 * has begun. symbol: one that trades. */
void market_extra(struct market *m, uint32_t symbol, int64_t now_us, struct market_event *ret);

/* So many ids of the symbol are never given to a trade. */
void market_skip_ids(struct market *m, uint32_t symbol, int64_t ids);

/* The symbol has begun or ceased to trade at now_us; some symbol still does. True: its first quote.
 * Not amid an order. */
bool market_changed(struct market *m, uint32_t symbol, int64_t now_us, struct market_event *ret);

/* When the next event is due; INT64_MAX before the start and after the end. */
int64_t market_due_us(const struct market *m);

/* All trades that were asked for have been given out, and what was planted has ended. */
bool market_over(const struct market *m);

/* The book of a symbol as it was last quoted; false before its first quote, and of a symbol that
 * does not trade. */
bool market_book(const struct market *m, uint32_t symbol, struct market_quote *ret);

#endif
