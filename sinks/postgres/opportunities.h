/**
 * What the topic arbitrage comes to: each opportunity as it stands in the table opportunity, each
 * record of its life in opportunity_event, and why there is none in watching.
 *
 *     store_create(&about, &opportunities_table, &e)
 *
 * opportunity_event is partitioned by UTC day of time. Of the records of an id the one with the
 * greatest offset is its row.
 * Threads: as rows.h.
 */
#ifndef CANDLEWICK_POSTGRES_OPPORTUNITIES_H
#define CANDLEWICK_POSTGRES_OPPORTUNITIES_H

#include "rows.h"

extern const struct table opportunities_table;

#endif
