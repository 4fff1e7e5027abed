/**
 * Values in a row as bytes: numbers as zigzag varints, decimals and text with their length.
 *
 *     pack_int(&out, 42); pack_text(&out, name);
 *     struct unpack u = unpack_begin(bytes);
 *     int64_t n = unpack_int(&u); struct slice name = unpack_text(&u, 40);
 *     if (!unpack_end(&u)) ...                      // something did not fit: all of it is suspect
 *
 * Private to one program's own state; what others read is Avro.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_PACK_H
#define CANDLEWICK_PACK_H

#include "decimal.h"
#include "strbuf.h"

/* -1: no room. */
int pack_int(struct strbuf *out, int64_t value) MUST_CHECK;
int pack_decimal(struct strbuf *out, struct decimal value) MUST_CHECK;
int pack_text(struct strbuf *out, struct slice text) MUST_CHECK;

struct unpack {
    const uint8_t *p;
    const uint8_t *end;
    bool bad; /* once set, every further value is 0 or empty */
};

struct unpack unpack_begin(struct slice bytes);
int64_t unpack_int(struct unpack *u);
/* Marks the input bad where the value is outside min..max. */
int64_t unpack_range(struct unpack *u, int64_t min, int64_t max);
struct decimal unpack_decimal(struct unpack *u);
/* Borrowed from the input; longer than max is bad. */
struct slice unpack_text(struct unpack *u, size_t max);
/* Whether everything fitted and nothing is left. */
bool unpack_end(const struct unpack *u);

#endif
