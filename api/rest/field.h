/**
 * The fields of a JSON object, one call each.
 *
 *     bool ok = strbuf_addc(body, '{') == 0 &&
 *               field_text(body, "exchange", true, exchange) == 0 &&
 *               field_time(body, "to_time", has_to_time, to_time_us) == 0 && strbuf_addc(body, '}')
 * == 0;
 *
 * Each appends "name":value, behind a comma unless it is the object's first; null unless has. -1:
 * no room.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_FIELD_H
#define CANDLEWICK_FIELD_H

#include "decimal.h"
#include "strbuf.h"

int field_text(struct strbuf *b, const char *name, bool has, struct slice text) MUST_CHECK;
int field_int(struct strbuf *b, const char *name, bool has, int64_t value) MUST_CHECK;
int field_bool(struct strbuf *b, const char *name, bool value) MUST_CHECK;
int field_decimal(struct strbuf *b, const char *name, bool has, struct decimal value) MUST_CHECK;
int field_time(struct strbuf *b, const char *name, bool has, int64_t time_us) MUST_CHECK;
int field_json(struct strbuf *b, const char *name, struct slice json) MUST_CHECK; /* as it is */

/* Microseconds from a time to now; 0 where the clock that gave it is ahead of ours. */
int field_age(struct strbuf *b, const char *name, bool has, int64_t time_us,
              int64_t now_us) MUST_CHECK;

#endif
