/**
 * Reading single values in Avro's binary encoding, as the generated decoders do it.
 *
 *     struct wire_in in = wire_open(body);
 *     if (wire_get_text(&in, &v.symbol) != 0)
 *         return wire_at(&in, "symbol");               // notes where; wire_error() tells
 *     ...
 *     return wire_end(&in, body, ret_len, "trade", e);
 *
 * Every length is checked against the input and the limits of record.h.
 * Source: https://avro.apache.org/docs/1.11.1/specification/#binary-encoding, checked 2026-11-21.
 * Threads: values.
 */
#ifndef CANDLEWICK_WIRE_READ_H
#define CANDLEWICK_WIRE_READ_H

#include "record_table.h"

/* What is wrong with an input. */
enum wire_fault {
    WIRE_OK,
    WIRE_CUT,        /* it ends inside a value */
    WIRE_VARINT,     /* a number of more than 64 bits */
    WIRE_INT,        /* an int of more than 32 bits */
    WIRE_BOOL,       /* neither 0 nor 1 */
    WIRE_BRANCH,     /* neither branch of ["null", type] */
    WIRE_SYMBOL,     /* no symbol of the enum */
    WIRE_LENGTH,     /* a negative length */
    WIRE_BLOCK,      /* an array block whose size in bytes is not what it holds */
    WIRE_EMPTY,      /* a decimal without bytes */
    WIRE_DIGITS,     /* a decimal that does not fit */
    WIRE_LONG_TEXT,  /* longer than RECORD_TEXT_MAX */
    WIRE_LONG_BYTES, /* longer than RECORD_BODY_MAX */
    WIRE_ITEMS,      /* more items than the record has room for */
    WIRE_NULL,       /* null in a field that takes none */
    WIRE_DEPTH,      /* values inside values inside values */
    WIRE_STEPS,      /* more to skip than a record can hold */
};

struct wire_in {
    const uint8_t *p; /* next byte; behind the last value read without fault */
    const uint8_t *end;
    enum wire_fault fault; /* of the first value that could not be read */
    const char *field;     /* where that was */
    const char *array;     /* the array around it, or NULL */
    size_t index;          /* its item in that array */
};

static inline struct wire_in wire_open(struct slice body)
{
    const uint8_t *p = (const uint8_t *)(body.data ? body.data : "");
    return (struct wire_in){.p = p, .end = p + body.len};
}

/* Bytes read since wire_open(body). */
static inline size_t wire_taken(const struct wire_in *in, struct slice body)
{
    return body.len - (size_t)(in->end - in->p);
}

/* Note a fault, or where it was. All return -1. */
int wire_bad(struct wire_in *in, enum wire_fault fault);
int wire_at(struct wire_in *in, const char *field);
int wire_at_item(struct wire_in *in, const char *array, size_t index);

/* Turn the noted fault into *e, naming record and field. 1: the body is cut, but not yet as long as
 * a body may be; else -1. */
int wire_error(const struct wire_in *in, struct slice body, const char *record, struct err *e);

/* The last step of a decoder: notes in *ret_len what was taken, or, where ret_len is NULL, demands
 * that nothing is left. -1 with ERR_LIMIT (longer than RECORD_BODY_MAX) or ERR_PROTO. */
int wire_end(const struct wire_in *in, struct slice body, size_t *ret_len, const char *record,
             struct err *e) MUST_CHECK;

/* Each reader: 0, or -1 with the fault noted and *ret untouched. */
int wire_get_int(struct wire_in *in, int32_t *ret) MUST_CHECK;
int wire_get_bool(struct wire_in *in, bool *ret) MUST_CHECK;
int wire_get_bytes(struct wire_in *in, struct slice *ret) MUST_CHECK;
int wire_get_decimal(struct wire_in *in, struct decimal *ret) MUST_CHECK;
int wire_get_long_slow(struct wire_in *in, int64_t *ret) MUST_CHECK; /* of more than one byte */

static inline int64_t wire_unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1 ^ -(v & 1));
}

static inline MUST_CHECK int wire_get_long(struct wire_in *in, int64_t *ret)
{
    if (in->p == in->end || *in->p & 0x80)
        return wire_get_long_slow(in, ret);
    *ret = wire_unzigzag(*in->p++);
    return 0;
}

/* Which branch of ["null", type] follows. */
static inline MUST_CHECK int wire_get_present(struct wire_in *in, bool *ret)
{
    int64_t branch = 0;
    if (wire_get_long(in, &branch) != 0)
        return -1;
    if (branch != 0 && branch != 1)
        return wire_bad(in, WIRE_BRANCH);
    *ret = branch == 1;
    return 0;
}

static inline MUST_CHECK int wire_get_symbol(struct wire_in *in, unsigned count, unsigned *ret)
{
    int64_t index = 0;
    if (wire_get_long(in, &index) != 0)
        return -1;
    if (index < 0 || index >= count)
        return wire_bad(in, WIRE_SYMBOL);
    *ret = (unsigned)index;
    return 0;
}

static inline MUST_CHECK int wire_get_run(struct wire_in *in, int64_t max, enum wire_fault too_long,
                                          struct slice *ret)
{
    int64_t len = 0;
    if (wire_get_long(in, &len) != 0)
        return -1;
    if (len < 0)
        return wire_bad(in, WIRE_LENGTH);
    if (len > max)
        return wire_bad(in, too_long);
    if (len > in->end - in->p)
        return wire_bad(in, WIRE_CUT);
    *ret = slice_make(in->p, (size_t)len);
    in->p += len;
    return 0;
}

static inline MUST_CHECK int wire_get_text(struct wire_in *in, struct slice *ret)
{
    return wire_get_run(in, RECORD_TEXT_MAX, WIRE_LONG_TEXT, ret);
}

/* Where in an array's blocks a reader is. Start with {.max = room for items}. */
struct wire_items {
    size_t max;
    size_t seen;          /* items begun */
    int64_t left;         /* of the current block, behind the one begun last */
    const uint8_t *until; /* where the current block says that it ends; NULL: it does not say */
};

/* True: an item follows. False: the array is over, or in->fault says why not. */
bool wire_next_item(struct wire_in *in, struct wire_items *items) MUST_CHECK;

#endif
