/**
 * Candles into the table candle: the current row of each window.
 *
 *     void *sink = candles_create(&about, &e);
 *     runner_start(runner, sink, &e);               // runner_about.ops = &candles_ops
 *     candles_ops.destroy(sink);
 *
 * Of several records of a window the greater (revision, offset) wins, whatever order they are
 * written in: a provisional record (revision 0) never replaces a final one.
 * Threads: one.
 */
#ifndef CANDLEWICK_POSTGRES_CANDLES_H
#define CANDLEWICK_POSTGRES_CANDLES_H

#include "store.h"

extern const struct sink_ops candles_ops;

/* The sink of candles_ops, which also destroy it. NULL: ERR_NOMEM. */
void *candles_create(const struct store_about *about, struct err *e);

#endif
