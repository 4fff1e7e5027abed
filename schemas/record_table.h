/**
 * The fields of a record as a table, for what treats all records alike: printing, diagnosing.
 *
 *     const struct record_table *t = record_table(r->type);
 *     for (size_t i = 0; i < t->n_fields; i++)
 *         if (record_field_present(&t->fields[i], &r->trade)) ...
 *
 * The tables are generated from the schemas. Offsets are into the record's struct.
 * Threads: constants and pure functions.
 */
#ifndef CANDLEWICK_RECORD_TABLE_H
#define CANDLEWICK_RECORD_TABLE_H

#include "record.h"

enum record_field_type {
    RECORD_FIELD_TEXT,    /* struct slice, UTF-8 */
    RECORD_FIELD_BYTES,   /* struct slice */
    RECORD_FIELD_DECIMAL, /* struct decimal */
    RECORD_FIELD_TIME,    /* int64_t, microseconds since 1970 UTC */
    RECORD_FIELD_LONG,    /* int64_t */
    RECORD_FIELD_INT,     /* int32_t */
    RECORD_FIELD_BOOL,    /* bool */
    RECORD_FIELD_ENUM,    /* one of the generated enums: as wide as unsigned */
    RECORD_FIELD_ARRAY,   /* structs one behind the other; never inside another array */
};

struct record_field {
    const char *name; /* as in the schema */
    enum record_field_type type;
    bool nullable;
    size_t offset;
    size_t has_offset;                /* of the bool, where nullable */
    const char *const *words;         /* enum: its symbols */
    unsigned n_words;                 /* enum: how many; the first is "unknown" */
    const char *enum_name;            /* enum: its name in the schema, without namespace */
    const struct record_table *items; /* array: what it holds */
    size_t n_offset;                  /* array: of the size_t that counts them */
    size_t max_items;                 /* array: room in the struct */
    /* What stands for the field where the writer's schema has none. Of a nullable field: null, of
     * an array: no items; then the struct's zeroes are it. */
    bool has_default;
    int64_t number_default;   /* e18 of a decimal, index of an enum, time, long, int, bool */
    const char *text_default; /* of text and bytes */
};

struct record_table {
    const char *name;      /* "trade" */
    const char *type_name; /* as in the schema, without namespace: "Trade" */
    const struct record_field *fields;
    size_t n_fields;
    size_t size; /* of the struct */
};

/* NULL for no type. */
const struct record_table *record_table(enum record_type type);

static inline const void *record_field_at(const struct record_field *f, const void *record)
{
    return (const char *)record + f->offset;
}

/* False: the field is null. */
static inline bool record_field_present(const struct record_field *f, const void *record)
{
    return !f->nullable || *(const bool *)((const char *)record + f->has_offset);
}

/* How many items an array has. */
static inline size_t record_field_count(const struct record_field *f, const void *record)
{
    return *(const size_t *)((const char *)record + f->n_offset);
}

/* Appends one field's value as record_json() writes it, without its name. -1: no room, or more
 * items than the struct has. */
int record_field_json(const struct record_field *f, const void *record,
                      struct strbuf *out) MUST_CHECK;

/* Fills *e with the reason why this struct of a record cannot be encoded: ERR_LIMIT, naming the
 * field. For encoders that found a value not to fit. Returns -1. */
int record_misfit(enum record_type type, const void *record, struct err *e);

/* Fills *e: a record of that name would be longer than RECORD_MAX_BYTES. Returns -1. */
int record_too_long(const char *name, struct err *e);

#endif
