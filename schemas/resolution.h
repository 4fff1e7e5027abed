/**
 * Reading records that were written with another version of their schema.
 *
 *     struct resolution *r = resolution_create(schema_text, &e);    // once per schema
 *     if (resolution_decode(r, body, &record, NULL, &e) != 0) ...
 *     resolution_destroy(r);
 *
 * The writer's schema is matched with ours, by names, into a flat plan; decoding runs the plan.
 *   - a field that the writer does not have takes our default; without one there is no resolution;
 *   - a field that we do not have is skipped, whatever its type;
 *   - int is read as long, string and bytes as each other;
 *   - nullable on either side: a null for a field of ours that takes none makes the record bad;
 *   - a symbol that our enum does not have is read as `unknown`;
 *   - decimals must have our scale, times must be timestamp-micros.
 * Source: https://avro.apache.org/docs/1.11.1/specification/#schema-resolution, checked 2026-11-21.
 * Threads: read-only once made.
 */
#ifndef CANDLEWICK_RESOLUTION_H
#define CANDLEWICK_RESOLUTION_H

#include "record.h"

struct resolution;

/* NULL: ERR_PROTO (no schema, or not compatible with ours: says which field), ERR_NOT_FOUND (a
 * record of a name that is none of ours), ERR_LIMIT, ERR_NOMEM. */
struct resolution *resolution_create(struct slice schema_text, struct err *e);
void resolution_destroy(struct resolution *r); /* NULL is fine */

enum record_type resolution_type(const struct resolution *r);
uint64_t resolution_fingerprint(const struct resolution *r); /* of the writer's schema */

/* As record_decode_body(). */
int resolution_decode(const struct resolution *r, struct slice body, struct record *ret,
                      size_t *ret_len, struct err *e) MUST_CHECK;

#endif
