/**
 * The plan of a resolution: what to do with the bytes of a body, one small step after the other.
 * resolution_plan.c makes it from two schemas, resolution_run.c runs it.
 * Threads: read-only once made.
 */
#ifndef CANDLEWICK_RESOLUTION_PLAN_H
#define CANDLEWICK_RESOLUTION_PLAN_H

#include "record_table.h"
#include "writer_schema.h"

enum { PLAN_STEPS_MAX = 1 << 14 };

enum plan_code {
    PLAN_GET,         /* a value of field's type into field */
    PLAN_GET_SYMBOL,  /* a symbol, by words */
    PLAN_PRESENT,     /* field is not null */
    PLAN_DEFAULT,     /* field takes its default */
    PLAN_SKIP_NUMBER, /* int, long, enum */
    PLAN_SKIP_RUN,    /* string, bytes */
    PLAN_SKIP_BYTES,  /* n of them */
    PLAN_BRANCH,      /* one of the n targets from first on */
    PLAN_REFUSE,      /* null for a field that takes none */
    PLAN_LOOP,        /* into the blocks of an array or map; of field where that is not NULL */
    PLAN_NEXT,        /* the next item; none is left: on at target */
    PLAN_JUMP,        /* on at target */
    PLAN_CALL,        /* the steps that skip record number n, then on */
    PLAN_RETURN,      /* behind that call */
    PLAN_END,
};

struct plan_step {
    enum plan_code code;
    const struct record_field *field;
    const char *name; /* of the field in the writer's or our schema: for messages */
    size_t target;    /* a step */
    size_t n;         /* bytes, branches, or number of a record */
    size_t first;     /* branches: in plan.targets; symbols: in plan.symbols */
};

struct plan {
    const struct record_table *table; /* of the record that comes out */
    struct plan_step *steps;
    size_t n_steps;
    size_t steps_room;
    size_t *targets; /* of all branches */
    size_t n_targets;
    size_t targets_room;
    uint8_t *symbols; /* our index for each of the writer's symbols */
    size_t n_symbols;
    size_t symbols_room;
};

/* Texts in the plan are the schema's: it must outlive the plan. ERR_PROTO: not compatible;
 * ERR_LIMIT: more than PLAN_STEPS_MAX; ERR_NOMEM. Call plan_finish() in every case. */
int plan_make(struct plan *p, const struct writer_schema *writer, const struct record_table *table,
              struct err *e) MUST_CHECK;
void plan_finish(struct plan *p);

/* Decodes a body into *record, which is all zero. As record_decode_body(). */
int plan_run(const struct plan *p, struct slice body, void *record, size_t *ret_len,
             struct err *e) MUST_CHECK;

#endif
