/**
 * A growable byte buffer with a limit.
 *
 *     struct strbuf b = STRBUF_INIT(1 << 20);
 *     if (strbuf_addf(&b, "%s-%d", name, n) != 0) ...   // -1: the limit or memory ran out
 *     use(b.data, b.len);
 *     strbuf_finish(&b);
 *
 * After a failed append the buffer is as it was before it.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_STRBUF_H
#define CANDLEWICK_STRBUF_H

#include "err.h"
#include "slice.h"

#include <stddef.h>
#include <stdint.h>

struct strbuf {
    char *data; /* NULL until the first append; always followed by a NUL byte not counted in len */
    size_t len;
    size_t cap;
    size_t limit; /* bytes; appends beyond it fail */
};

#define STRBUF_INIT(limit_bytes)                                                                   \
    {                                                                                              \
        NULL, 0, 0, (limit_bytes)                                                                  \
    }

void strbuf_init(struct strbuf *b, size_t limit);
void strbuf_finish(struct strbuf *b); /* frees; *b is empty and usable again */
void strbuf_reset(struct strbuf *b);  /* len = 0, memory kept */

/* Each append: 0, or -1 when the limit or memory ran out (ERR_NOMEM is what callers report). */
int strbuf_reserve(struct strbuf *b, size_t more) MUST_CHECK;
int strbuf_add(struct strbuf *b, const void *data, size_t len) MUST_CHECK;
int strbuf_adds(struct strbuf *b, const char *text) MUST_CHECK;
int strbuf_addc(struct strbuf *b, char c) MUST_CHECK;
int strbuf_addf(struct strbuf *b, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_CHECK;

static inline struct slice strbuf_slice(const struct strbuf *b)
{
    return slice_make(b->data, b->len);
}

/* Fills *e with what a failed append means. Returns -1. */
int strbuf_full(const struct strbuf *b, const char *what, struct err *e);

#endif
