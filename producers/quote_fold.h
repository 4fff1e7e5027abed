/**
 * One shard's way from quotes that were received to records of `quotes`: a pure fold.
 *
 *     struct quote_fold *f = quote_fold_create(&about, &e);
 *     quote_fold_own(f, epoch, emit, ctx, &e);        // ours: what is known is written at once
 *     quote_fold_apply(f, &entry, emit, ctx, &e);     // any number of times, owned or not
 *     quote_fold_restate(f, emit, ctx, &e);           // something written may not have arrived
 *     quote_fold_disown(f);                           // goes on to learn, and writes nothing
 *
 * A quote is written when its prices or amounts differ from what was written last; a void one where
 * something was written before. A tick stands behind every quote received before it. Rates stand in
 * every partition of the shard.
 * An epoch says all anew: its first record makes void what lower ones said in that partition, and
 * what it has not written is not known.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_QUOTE_FOLD_H
#define CANDLEWICK_QUOTE_FOLD_H

#include "entry.h"
#include "universe.h"

/* One record of `quotes`; borrowed for the call. */
struct quote_output {
    int32_t partition;
    struct slice key; /* data NULL: none */
    const struct record *record;
};

/* Return -1 with *e to stop; the call then fails with it. */
typedef int (*quote_emit_fn)(void *ctx, const struct quote_output *out, struct err *e);

struct quote_fold_about {
    const char *exchange;
    const struct universe *universe;
    uint32_t number; /* of the shard */
};

/* What was done since quote_fold_create() or the last quote_fold_counts_take(). */
struct quote_counts {
    int64_t quotes;
    int64_t unchanged; /* received, and not written for that */
    int64_t rates;     /* in all partitions */
};

struct quote_fold;

/* What about points to is borrowed. NULL: ERR_NOMEM. */
struct quote_fold *quote_fold_create(const struct quote_fold_about *about, struct err *e);
void quote_fold_destroy(struct quote_fold *f); /* NULL is fine */

int quote_fold_own(struct quote_fold *f, int64_t epoch, quote_emit_fn emit, void *ctx,
                   struct err *e) MUST_CHECK;
void quote_fold_disown(struct quote_fold *f);
bool quote_fold_is_owned(const struct quote_fold *f);

/* Quotes of the shard's symbols and of rates, and ticks; anything else is nothing to it. */
int quote_fold_apply(struct quote_fold *f, const struct entry *in, quote_emit_fn emit, void *ctx,
                     struct err *e) MUST_CHECK;

/* Writes of each symbol that this epoch has written what is true now, void or not. */
int quote_fold_restate(struct quote_fold *f, quote_emit_fn emit, void *ctx,
                       struct err *e) MUST_CHECK;

void quote_fold_counts_take(struct quote_fold *f, struct quote_counts *ret);

#endif
