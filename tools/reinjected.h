/**
 * Which dead letters may be re-injected, and what became of them.
 *
 *     const char *why = reinjected_why_not(&letter);
 *     if (!why && reinjected_has(&done, letter.partition, letter.offset))
 *         ...                                          // it was, already
 *
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_REINJECTED_H
#define CANDLEWICK_REINJECTED_H

#include "err.h"
#include "letter.h"

#include <stddef.h>

/* Why nobody could take the letter; NULL: its owner can. A static text. */
const char *reinjected_why_not(const struct letter *l);

struct reinjected_place {
    int32_t partition; /* of dead-letters */
    int64_t offset;
};

/* The letters that were re-injected. All zero: none. */
struct reinjected {
    struct reinjected_place *places;
    size_t n;
    size_t cap;
    bool sorted;
};

/* ERR_NOMEM. */
int reinjected_add(struct reinjected *r, int32_t partition, int64_t offset,
                   struct err *e) MUST_CHECK;
bool reinjected_has(struct reinjected *r, int32_t partition, int64_t offset);
void reinjected_finish(struct reinjected *r);

#endif
