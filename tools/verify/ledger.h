/**
 * Two sides of the same keys: what each holds for a key in the end, as a digest, and where.
 *
 *     struct ledger *l = ledger_create(4000000, &e);
 *     ledger_put(l, LEDGER_A, key, &(struct ledger_entry){content, partition, offset, rank}, &e);
 *     ledger_drop(l, LEDGER_A, key);                           // a tombstone
 *     ...
 *     struct ledger_sum sum;
 *     ledger_sum(l, &sum);                                     // how many are equal, and not
 *
 * Keys and contents are known by the first 128 bits of their SHA-256 alone, so a key costs 88 to
 * 96 bytes, however long it is.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_VERIFY_LEDGER_H
#define CANDLEWICK_VERIFY_LEDGER_H

#include "digest.h"
#include "err.h"

#include <stdint.h>

enum ledger_side { LEDGER_A, LEDGER_B, LEDGER_SIDES };

/* What one side holds for a key. */
struct ledger_entry {
    struct digest content;
    int64_t offset;
    int32_t partition;
    int32_t rank; /* the greater wins; of equal ones the one that was put later */
};

struct ledger;

/* max_keys: of both sides together. NULL with ERR_NOMEM. */
struct ledger *ledger_create(int64_t max_keys, struct err *e);
void ledger_destroy(struct ledger *l); /* NULL is fine */

/* 1: the side had the key already; 0: it had not; -1: ERR_LIMIT: more than max_keys, ERR_NOMEM. */
int ledger_put(struct ledger *l, enum ledger_side side, struct slice key,
               const struct ledger_entry *entry, struct err *e) MUST_CHECK;

/* The side holds the key no more. ERR_NOMEM. */
int ledger_drop(struct ledger *l, enum ledger_side side, struct slice key,
                struct err *e) MUST_CHECK;

/* What the side holds for the key: 1, 0 if nothing, -1: ERR_NOMEM. */
int ledger_find(const struct ledger *l, enum ledger_side side, struct slice key,
                struct ledger_entry *ret, struct err *e) MUST_CHECK;

/* Walks the keys that at least one side holds, in the order they came. *at: 0 at first. has: which
 * sides do. False: there are no more. */
struct ledger_pair {
    bool has[LEDGER_SIDES];
    struct ledger_entry side[LEDGER_SIDES];
};
bool ledger_next(const struct ledger *l, size_t *at, struct ledger_pair *ret);

/* Both sides hold it, with one content. */
bool ledger_pair_equal(const struct ledger_pair *p);

/* What all keys come to. first: of those that differ, the one whose record is first by partition
 * and offset, on A where A has one; meaningless where none differs. */
struct ledger_sum {
    int64_t equal;
    int64_t different; /* both sides hold the key */
    int64_t only[LEDGER_SIDES];
    struct ledger_pair first;
};
void ledger_sum(const struct ledger *l, struct ledger_sum *ret);
bool ledger_sum_equal(const struct ledger_sum *s);

#endif
