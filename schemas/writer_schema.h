/**
 * A schema that somebody else wrote with: parsed, checked, and made into a tree.
 *
 *     struct writer_schema *s = writer_schema_parse(text, &e);
 *     if (s->root->type == SCHEMA_RECORD && strcmp(s->root->name, "candlewick.Trade") == 0) ...
 *     writer_schema_destroy(s);
 *
 * All of Avro's types are understood. The text comes from outside: its size, its depth and its
 * counts have limits.
 * Source: https://avro.apache.org/docs/1.11.1/specification/, checked 2026-11-21.
 * Threads: read-only once made.
 */
#ifndef CANDLEWICK_WRITER_SCHEMA_H
#define CANDLEWICK_WRITER_SCHEMA_H

#include "err.h"
#include "slice.h"

#include <stddef.h>
#include <stdint.h>

enum {
    WRITER_SCHEMA_TEXT_MAX = 1 << 16,
    WRITER_SCHEMA_DEPTH_MAX = 32,   /* types inside types */
    WRITER_SCHEMA_NODES_MAX = 4096, /* types in all */
    WRITER_SCHEMA_PARTS_MAX = 1024, /* fields, symbols or branches of one type */
};

enum schema_type {
    SCHEMA_NULL,
    SCHEMA_BOOLEAN,
    SCHEMA_INT,
    SCHEMA_LONG,
    SCHEMA_FLOAT,
    SCHEMA_DOUBLE,
    SCHEMA_BYTES,
    SCHEMA_STRING,
    SCHEMA_RECORD,
    SCHEMA_ENUM,
    SCHEMA_FIXED,
    SCHEMA_ARRAY,
    SCHEMA_MAP,
    SCHEMA_UNION,
};

enum schema_logical { SCHEMA_PLAIN, SCHEMA_DECIMAL, SCHEMA_TIMESTAMP_MICROS, SCHEMA_OTHER };

struct schema_node {
    enum schema_type type;
    enum schema_logical logical;
    size_t number;              /* 0, 1, … in the order of the text */
    const char *name;           /* record, enum, fixed: with its namespace */
    const char **words;         /* record: names of fields; enum: symbols */
    struct schema_node **parts; /* record: types of fields; union: branches; array, map: [0] */
    size_t n;                   /* of words or parts */
    int64_t size;               /* fixed: bytes; decimal: scale */
};

struct writer_schema {
    const struct schema_node *root;
    size_t n_nodes;
    uint64_t fingerprint; /* CRC-64-AVRO of its canonical form */
    struct writer_memory *memory;
};

/* NULL: ERR_PROTO (no JSON, no Avro schema: says where), ERR_LIMIT, ERR_NOMEM. */
struct writer_schema *writer_schema_parse(struct slice text, struct err *e);
void writer_schema_destroy(struct writer_schema *s); /* NULL is fine */

/* "long", "record", …: for messages. */
const char *schema_type_name(enum schema_type type);

/* The last part of a full name. */
const char *schema_short_name(const char *name);

#endif
