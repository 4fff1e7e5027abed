/**
 * What the topics candles.<interval> come to: the current row of each window in the table candle,
 * and every revision of a closed one in candle_revision.
 *
 *     store_create(&about, &candles_table, &e)
 *
 * Candles of 1s lie in partitions by UTC day of open_time.
 * Threads: as rows.h.
 */
#ifndef CANDLEWICK_POSTGRES_CANDLES_H
#define CANDLEWICK_POSTGRES_CANDLES_H

#include "rows.h"

extern const struct table candles_table;

#endif
