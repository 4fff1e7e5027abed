/**
 * A borrowed run of bytes: not ours to free, not terminated.
 *
 *     struct slice s = slice_of("BTC-USDT");
 *     printf("%.*s", SLICE_ARG(s));
 *
 * Threads: a value; the bytes it points to follow their owner's rules.
 */
#ifndef CANDLEWICK_SLICE_H
#define CANDLEWICK_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *data; /* may be NULL when len is 0 */
    size_t len;       /* bytes */
};

/* For printf's "%.*s". */
#define SLICE_ARG(s) (int)(s).len, ((s).data ? (s).data : "")

static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}

static inline struct slice slice_make(const void *data, size_t len)
{
    return (struct slice){(const char *)data, len};
}

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool slice_is(struct slice a, const char *text)
{
    return slice_eq(a, slice_of(text));
}

/* Byte order, a shorter prefix first: <0, 0, >0. */
static inline int slice_cmp(struct slice a, struct slice b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.data, b.data, n) : 0;
    if (c != 0)
        return c;
    return a.len < b.len ? -1 : a.len > b.len;
}

#endif
