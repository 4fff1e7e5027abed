/**
 * What the topic quotes comes to: the newest quote of each symbol in latest_quote, and, where it is
 * asked for, each quote in the table quote. Ticks: ticks.h. Rates are nobody's quotes and are not
 * kept.
 *
 *     store_create(&about, keep ? &quotes_table : &latest_quotes_table, &e)
 *
 * Of a batch only the last quote of a symbol is written to latest_quote, so that its cost is that
 * of the symbols, not of the quotes.
 * Threads: as rows.h.
 */
#ifndef CANDLEWICK_POSTGRES_QUOTES_H
#define CANDLEWICK_POSTGRES_QUOTES_H

#include "rows.h"

extern const struct table quotes_table;        /* each quote, by UTC day of receive_time */
extern const struct table latest_quotes_table; /* the newest of each symbol alone */

#endif
