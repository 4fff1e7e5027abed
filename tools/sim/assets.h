/**
 * The assets a simulated exchange can list: real names first, made-up ones behind them.
 *
 *     struct asset a;
 *     asset_at(QUOTE_ASSETS, &a);        // ETH
 *
 * The first QUOTE_ASSETS are what prices are quoted in. A pair is (base, quote) with
 * quote < QUOTE_ASSETS and quote < base, so no pair stands beside its inverse.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_SIM_ASSETS_H
#define CANDLEWICK_SIM_ASSETS_H

#include "listing.h"

/* How many real ones there are, and how many with the made-up ones. */
uint32_t asset_known(void);
uint32_t asset_count(void);

/* i below asset_count(). */
void asset_at(uint32_t i, struct asset *ret);

/* Assets that were traded once. i below LISTING_DELISTED. */
void asset_delisted_at(uint32_t i, struct asset *ret);

#endif
