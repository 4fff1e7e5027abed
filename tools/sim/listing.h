/**
 * What the simulated exchange lists: assets with a dollar price, and the symbols made of them.
 *
 *     struct listing *l = listing_create(20, &rules, &e);
 *     const struct symbol *s = &l->symbols[0];               // the busiest first
 *     uint32_t i;
 *     if (listing_find(l, slice_of("BTCUSDT"), &i)) ...
 *     listing_destroy(l);
 *
 * A few dozen well-known assets come first, against the quote assets that the exchange has; when
 * more symbols are wanted, assets with made-up names follow. The list depends on nothing but the
 * exchange's rules and how many are wanted. Behind the trading symbols stand a few delisted ones,
 * as on a real exchange.
 * Threads: immutable once made, but for what listing_set_trading() does; one at a time then.
 */
#ifndef CANDLEWICK_SIM_LISTING_H
#define CANDLEWICK_SIM_LISTING_H

#include "err.h"
#include "slice.h"

#include <stdint.h>

enum { LISTING_MAX = 5000, LISTING_DELISTED = 3, SYMBOL_NAME = 32, ASSET_NAME = 16 };

/* What prices are quoted in; also the indexes of these assets. */
enum quote_asset {
    QUOTE_USD,
    QUOTE_USDT,
    QUOTE_USDC,
    QUOTE_FDUSD,
    QUOTE_EUR,
    QUOTE_BTC,
    QUOTE_ASSETS,
};

/* What an exchange lists, and how it writes it. */
struct listing_rules {
    const char *separator; /* between base and quote of a native name: one character or none */
    int64_t quote_permille[QUOTE_ASSETS]; /* trades against each; 0: it is not listed at all.
                                             Without a separator not both of USD and FDUSD: two
                                             pairs could run together to the same text. */
    int64_t currency_permille; /* trades of a dollar or the euro as a base, of 1000 of BTC */
};

struct asset {
    char name[ASSET_NAME];
    int64_t usd_e12;        /* dollars for one, times 10^12 */
    int64_t volatility_ppm; /* how far the price walks in one second, times 10^-6 */
    int64_t weight;         /* share of trades, relative to other assets */
};

struct symbol {
    char native[SYMBOL_NAME];    /* as this exchange writes it */
    char canonical[SYMBOL_NAME]; /* BASE-QUOTE */
    uint32_t base;               /* index into assets */
    uint32_t quote;
    int64_t tick_e8;      /* prices are multiples of it; a power of ten */
    int64_t lot_e8;       /* amounts are multiples of it; a power of ten */
    int64_t typical_lots; /* size of a usual trade */
    int64_t weight;       /* share of trades, relative to other symbols; 0 where none trades */
    bool trading;         /* false: delisted, still shown, */
    bool hidden;          /* or not listed yet */
};

struct listing {
    struct asset *assets;
    uint32_t n_assets;
    struct symbol *symbols; /* n trading ones, the busiest first, those that will trade, then the
                               delisted */
    uint32_t n_symbols;
    uint32_t n_trading;   /* that have a market: that trade, will, or have until now */
    int64_t *weight_sums; /* weights of the trading symbols up to and with each */
    uint32_t *by_native;  /* indexes of symbols in the order of their native names */
};

/* n: trading symbols, 1 to LISTING_MAX. rules: borrowed for the call. NULL with ERR_ARG, ERR_NOMEM.
 */
struct listing *listing_create(uint32_t n, const struct listing_rules *rules, struct err *e);

/* With so many more, the next busiest, that are not listed yet. n + later: LISTING_MAX at most. */
struct listing *listing_create_later(uint32_t n, uint32_t later, const struct listing_rules *rules,
                                     struct err *e);
void listing_destroy(struct listing *l); /* NULL is fine */

/* A symbol begins to trade, and is listed; or it ends, and is delisted. symbol: below n_trading. */
void listing_set_trading(struct listing *l, uint32_t symbol, bool trading);

/* How many trade now. */
uint32_t listing_trading(const struct listing *l);

/* A symbol that has a market, a busy one more often: random is any 64-bit number. */
uint32_t listing_pick(const struct listing *l, uint64_t random);

/* The symbol of this native name, trading or delisted; not one that is not listed yet. */
bool listing_find(const struct listing *l, struct slice native, uint32_t *ret_index);

#endif
