/**
 * Names of exchanges and symbols: as parts of a record's key, and as keys of a table.
 *
 *     if (!key_is_part(exchange, KEY_EXCHANGE_MAX)) ...      // "okx", of the key "okx|BTC-USDT"
 *     slot = key_hash(key_hash(0, exchange), symbol) & (n_slots - 1);
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_KEY_H
#define CANDLEWICK_KEY_H

#include "slice.h"

#include <stdint.h>

enum { KEY_EXCHANGE_MAX = 20, KEY_SYMBOL_MAX = 40 }; /* bytes of a name */

/* Whether the text can be a part of a key: 1 to max bytes of UTF-8 without control characters and
 * without '|', which separates the parts. */
bool key_is_part(struct slice text, size_t max);

/* Mixes the text into h. Eight bytes at a time: each record asks. Nobody gains from making names
 * collide. */
static inline uint64_t key_hash(uint64_t h, struct slice text)
{
    for (size_t i = 0; i < text.len; i += sizeof(uint64_t)) {
        uint64_t part = 0;
        size_t left = text.len - i;
        memcpy(&part, text.data + i, left < sizeof(part) ? left : sizeof(part));
        h = (h ^ part) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 32;
    }
    h = (h ^ text.len) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

#endif
