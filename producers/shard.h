/**
 * One shard's way from what was received to what is written: a pure fold of journal entries into
 * the records of a transaction.
 *
 *     struct shard *s = shard_create(&about, &e);
 *     shard_restore(s, &progress_record, &e);            // each of the progress partition
 *     shard_begin(s, up, now_us, emit, ctx, &e);   // first transaction: this is ours now
 *     shard_apply(s, &entry, emit, ctx, &e);             // any number of times
 *     shard_flush(s, emit, ctx, &e);                     // last thing in each transaction
 *
 * A trade is written once, told by the progress of its symbol. A gap record goes right before the
 * trade that showed it. Each id that a gap record names is named later by one repaired or given_up
 * record, or its hole is still open in the progress. After a transaction that failed the state is
 * of no use: shard_reset(), and restore again.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_SHARD_H
#define CANDLEWICK_SHARD_H

#include "entry.h"
#include "universe.h"

/* The record of the progress partition that is no symbol's: its last_id is the epoch. */
#define SHARD_EPOCH_SYMBOL "*"

enum { SHARD_BY_KEY = -1 };

enum shard_topic {
    SHARD_TRADES,
    SHARD_FEEDS,
    SHARD_PROGRESS,
    SHARD_INSTRUMENTS,
    SHARD_DEAD_LETTERS,
};

/* One record to write; borrowed for the call. */
struct shard_output {
    enum shard_topic topic;
    int32_t partition;           /* or SHARD_BY_KEY */
    struct slice key;            /* data NULL: none */
    const struct record *record; /* NULL for a dead letter */
    const struct entry *bad;     /* the frame and what is wrong with it */
};

/* Return -1 with *e to stop; the call then fails with it. */
typedef int (*shard_emit_fn)(void *ctx, const struct shard_output *out, struct err *e);

struct shard_about {
    const char *exchange;
    const char *stream; /* the id space of the trades */
    const struct universe *universe;
    uint32_t number;
    int64_t instruments_us; /* when the instrument list was read */
};

/* What was done since shard_create() or the last shard_counts_take(). */
struct shard_counts {
    int64_t trades;
    int64_t duplicates;
    int64_t gaps;
    int64_t gap_ids;
    int64_t repaired_ids;
    int64_t given_up_ids;
    int64_t strange; /* duplicates with a time newer than the newest: ids started over? */
};

struct shard;

/* Everything in about is borrowed for as long as the shard lives. NULL: ERR_NOMEM. */
struct shard *shard_create(const struct shard_about *about, struct err *e);
void shard_destroy(struct shard *s); /* NULL is fine */

/* Forgets all it learnt, as if just created. */
void shard_reset(struct shard *s);

/* Takes one record of the progress partition, in their order. ERR_STATE: it is no progress, or of
 * another exchange or stream. */
int shard_restore(struct shard *s, const struct record *r, struct err *e) MUST_CHECK;

/* The epoch grows by one, strictly, with each beginning that is committed: it is read below a
 * fence, and written in the transaction that ends with the fence still up. up: by symbol of the
 * universe, whether its trades arrive. */
int shard_begin(struct shard *s, const bool *up, int64_t since_us, shard_emit_fn emit, void *ctx,
                struct err *e) MUST_CHECK;

/* Quotes are nothing to it. */
int shard_apply(struct shard *s, const struct entry *in, shard_emit_fn emit, void *ctx,
                struct err *e) MUST_CHECK;

/* Progress of the symbols touched, and what was repaired. */
int shard_flush(struct shard *s, shard_emit_fn emit, void *ctx, struct err *e) MUST_CHECK;

int64_t shard_epoch(const struct shard *s);
void shard_counts_take(struct shard *s, struct shard_counts *ret);

#endif
