/**
 * A set of keys that numbers them: the first key put is 0, the next new one 1, and so on.
 *
 *     struct keyset k = {0};
 *     size_t index;
 *     int r = keyset_put(&k, &(struct key){{exchange, symbol}}, &index, &e);
 *     // 1: new, 0: known; index says where in an array beside it
 *     keyset_clear(&k);
 *     keyset_finish(&k);
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_POSTGRES_KEYSET_H
#define CANDLEWICK_POSTGRES_KEYSET_H

#include "err.h"
#include "slice.h"

#include <stdint.h>

enum { KEY_PARTS = 3 };

struct key {
    struct slice parts[KEY_PARTS]; /* borrowed until keyset_clear(); unused ones are empty */
    int64_t number;
};

struct keyset {
    struct key *keys;
    size_t n;
    size_t cap;
    uint32_t *slots; /* index + 1, 0: free; twice as many as keys or more, a power of two */
    size_t n_slots;
};

/* 1: new; 0: was there; -1: ERR_NOMEM, nothing changed. */
int keyset_put(struct keyset *k, const struct key *key, size_t *ret_index,
               struct err *e) MUST_CHECK;
void keyset_clear(struct keyset *k); /* no keys; memory is kept */
void keyset_finish(struct keyset *k);

#endif
