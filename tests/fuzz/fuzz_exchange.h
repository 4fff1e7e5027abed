/**
 * Any bytes as a frame, a line of recorded frames, an instrument list and a page of trades of the
 * past: an error, or what keeps an adapter's promises.
 *
 *     int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
 *     {
 *         return fuzz_exchange(&okx_exchange, slice_make(data, size));
 *     }
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_FUZZ_EXCHANGE_H
#define CANDLEWICK_FUZZ_EXCHANGE_H

#include "exchange.h"

/* Returns 0, and aborts at a broken promise. */
int fuzz_exchange(const struct exchange_ops *x, struct slice text);

#endif
