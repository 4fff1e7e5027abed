/**
 * One record of a topic as cw-verify sees it: bytes, and where they lie.
 * Threads: a value; what it points to lives as long as its source says.
 */
#ifndef CANDLEWICK_VERIFY_ITEM_H
#define CANDLEWICK_VERIFY_ITEM_H

#include "slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { ITEM_HEADERS_MAX = 32 };

struct item_header {
    struct slice name;
    struct slice value;
    bool null;
};

struct item {
    int32_t partition;
    int64_t offset;
    struct slice key;
    bool has_key;
    struct slice value;
    bool tombstone; /* the value is null, not empty */
    size_t n_headers;
    struct item_header headers[ITEM_HEADERS_MAX]; /* in their order */
};

/* The last header of that name, or NULL. */
static inline const struct item_header *item_header(const struct item *i, const char *name)
{
    for (size_t n = i->n_headers; n > 0; n--)
        if (slice_is(i->headers[n - 1].name, name))
            return &i->headers[n - 1];
    return NULL;
}

#endif
