/**
 * What the topic trades comes to: trades in the tables trade and symbol, feed records in
 * feed_event, ticks in exchange_state (ticks.h).
 *
 *     store_create(&about, &trades_table, &e)
 *
 * COPY BINARY into partitions by UTC day of receive_time; no unique key, since offsets keep each
 * trade once. The table gap follows feed_event by itself.
 * Threads: as rows.h.
 */
#ifndef CANDLEWICK_POSTGRES_TRADES_H
#define CANDLEWICK_POSTGRES_TRADES_H

#include "rows.h"

extern const struct table trades_table;

#endif
