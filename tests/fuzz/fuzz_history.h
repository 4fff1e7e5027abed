/**
 * Any bytes as a page of trades of the past: an error, or what keeps an adapter's promises.
 *
 *     fuzz_history(&okx_exchange, text);       // of BTC-USDT
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_FUZZ_HISTORY_H
#define CANDLEWICK_FUZZ_HISTORY_H

#include "exchange.h"

/* Aborts at a broken promise. */
void fuzz_history(const struct exchange_ops *x, struct slice text);

#endif
