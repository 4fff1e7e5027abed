/**
 * The assets a simulated exchange can list: real names first, made-up ones behind them.
 *
 *     struct asset a;
 *     asset_at(ASSET_QUOTES, &a);        // ETH
 *
 * The first ASSET_QUOTES are what prices are quoted in. A pair is (base, quote) with
 * quote < ASSET_QUOTES and quote < base, so no pair stands beside its inverse; no quote's name is
 * the end of another's, so two pairs never run together to the same text.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_SIM_ASSETS_H
#define CANDLEWICK_SIM_ASSETS_H

#include "listing.h"

enum { ASSET_QUOTES = 5 };

/* How many real ones there are, and how many with the made-up ones. */
uint32_t asset_known(void);
uint32_t asset_count(void);

/* i below asset_count(). */
void asset_at(uint32_t i, struct asset *ret);

/* Trades against this quote asset, of 1000 against the first. i below ASSET_QUOTES. */
int64_t asset_quote_permille(uint32_t i);

/* Assets that were traded once. i below LISTING_DELISTED. */
void asset_delisted_at(uint32_t i, struct asset *ret);

#endif
