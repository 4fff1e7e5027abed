/**
 * Records of one kind as lines of CSV (RFC 4180, but with '\n' at the end of a line).
 *
 *     tap_csv_header(RECORD_CANDLE, true, &out);     //
 * kafka_partition,…,exchange,symbol,interval,… tap_csv_row(&record, &place, &out);
 *
 * Columns are the schema's fields in its order. Decimals and times are written as in JSON, without
 * quotes; null is an empty cell, an empty text is ""; an array is its JSON in one cell. A line
 * break inside a text stays one, in quotes. Threads: pure functions.
 */
#ifndef CANDLEWICK_TAP_CSV_H
#define CANDLEWICK_TAP_CSV_H

#include "record.h"
#include "tap_place.h"

/* place: with the columns of a place in front. -1: no room, and some of the line may be there. */
int tap_csv_header(enum record_type type, bool place, struct strbuf *out) MUST_CHECK;

/* place: NULL without those columns. -1 as above. */
int tap_csv_row(const struct record *r, const struct tap_place *place,
                struct strbuf *out) MUST_CHECK;

/* A tombstone: nothing but its place. -1 as above. */
int tap_csv_tombstone(enum record_type type, const struct tap_place *place,
                      struct strbuf *out) MUST_CHECK;

#endif
