/**
 * What the topic instruments comes to: what each exchange says of each symbol, in the table
 * instrument, and since when, in instrument_period.
 *
 *     store_create(&about, &instruments_table, &e)
 *
 * Threads: as rows.h.
 */
#ifndef CANDLEWICK_POSTGRES_INSTRUMENTS_H
#define CANDLEWICK_POSTGRES_INSTRUMENTS_H

#include "rows.h"

extern const struct table instruments_table;

#endif
