/**
 * The fingerprint of a parsed schema: CRC-64-AVRO of its Parsing Canonical Form.
 * https://avro.apache.org/docs/1.11.1/specification/#parsing-canonical-form-for-schemas
 * Threads: pure.
 */
#ifndef CANDLEWICK_WRITER_CANONICAL_H
#define CANDLEWICK_WRITER_CANONICAL_H

#include "writer_schema.h"

/* ERR_NOMEM. */
int writer_fingerprint(const struct writer_schema *s, uint64_t *ret, struct err *e) MUST_CHECK;

#endif
