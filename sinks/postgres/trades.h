/**
 * Trades into the tables trade and symbol.
 *
 *     void *sink = trades_create(&about, &e);
 *     runner_start(runner, sink, &e);               // runner_about.ops = &trades_ops
 *     trades_ops.destroy(sink);
 *
 * COPY BINARY into partitions by UTC day of receive_time, made as they are needed; no unique key,
 * since offsets keep each trade once. A trade whose receive_time lies outside the years 2000 to
 * 2099 is refused: no producer's clock shows that, and each such day would make a partition.
 * Threads: one.
 */
#ifndef CANDLEWICK_POSTGRES_TRADES_H
#define CANDLEWICK_POSTGRES_TRADES_H

#include "store.h"

extern const struct sink_ops trades_ops;

/* The sink of trades_ops, which also destroy it. NULL: ERR_NOMEM. */
void *trades_create(const struct store_about *about, struct err *e);

#endif
