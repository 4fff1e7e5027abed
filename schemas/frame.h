/**
 * The bytes in front of a record's Avro body, in both framings.
 *
 *     struct frame f;
 *     if (frame_read(value, &f, &e) == 0 && f.kind == FRAME_SINGLE_OBJECT)
 *         use(f.id, slice_make(value.data + f.len, value.len - f.len));
 *
 * Sources: https://avro.apache.org/docs/1.11.1/specification/#single-object-encoding and
 * https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/#wire-format,
 * checked 2026-11-21.
 * Threads: values.
 */
#ifndef CANDLEWICK_FRAME_H
#define CANDLEWICK_FRAME_H

#include "err.h"
#include "slice.h"

#include <stdint.h>

enum { FRAME_MAX = 10 }; /* longest header */

enum frame_kind {
    FRAME_SINGLE_OBJECT, /* C3 01, CRC-64-AVRO fingerprint, little-endian */
    FRAME_CONFLUENT,     /* 00, schema id, big-endian */
};

struct frame {
    enum frame_kind kind;
    uint64_t id; /* fingerprint or schema id */
    size_t len;  /* of the header */
};

/* 0; 1 with *e filled: the input ends inside the header; -1: ERR_PROTO, neither framing. */
int frame_read(struct slice input, struct frame *ret, struct err *e) MUST_CHECK;

/* The header's bytes; returns how many. id of FRAME_CONFLUENT: below 2^32. */
size_t frame_write(enum frame_kind kind, uint64_t id, uint8_t out[FRAME_MAX]);

#endif
