/**
 * One shard's way from what was received to what is written: a pure fold of journal entries into
 * the records of a transaction.
 *
 *     struct shard *s = shard_create(&about, &e);
 *     shard_restore(s, &progress_record, &e);            // each of the progress partition
 *     shard_begin(s, up, now_us, emit, ctx, &e);   // first transaction: this is ours now
 *     shard_time(s, now_us, market_us);
 *     shard_apply(s, &entry, emit, ctx, &e);             // any number of times
 *     shard_let_go(s, emit, ctx, &e);                    // what has waited for long enough
 *     shard_flush(s, emit, ctx, &e);                     // last thing in each transaction
 *
 * A trade is written once, told by the progress of its symbol. One that comes while ids before it
 * are missing waits for them, with those behind it, as long as about.wait_us; they may come late
 * from the exchange's stream, or by repair (shard_missing() says what to ask for). Then a gap
 * record goes right before it. Each id that a gap record names is named later by one repaired or
 * given_up record, or its hole is still open in the progress. After a transaction that failed the
 * state is of no use: shard_reset(), and restore again.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_SHARD_H
#define CANDLEWICK_SHARD_H

#include "entry.h"
#include "hold.h"
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
    struct hold *hold;      /* NULL: nothing waits, and nothing is asked for */
    int64_t wait_us;
    bool looks; /* after a time of not listening, what is missing may show only much later: it is
                   asked for */
};

/* What was done since shard_create() or the last shard_counts_take(). */
struct shard_counts {
    int64_t trades;
    int64_t duplicates;
    int64_t gaps;
    int64_t gap_ids;
    int64_t repaired_ids;
    int64_t given_up_ids;
    int64_t brought_back; /* of the trades */
    int64_t strange;      /* duplicates with a time newer than the newest: ids started over? */
};

enum shard_missing_kind {
    SHARD_MISSING_WAITED_FOR, /* trades wait for them */
    SHARD_MISSING_DECLARED,   /* a gap record has named them */
    SHARD_MISSING_PERHAPS,    /* whatever came after the last one, if anything did */
};

/* Ids that an exchange could be asked for. */
struct shard_missing {
    enum shard_missing_kind kind;
    int64_t first_id;
    int64_t last_id;      /* INT64_MAX of SHARD_MISSING_PERHAPS */
    int64_t from_time_us; /* exchange time of the trade before them */
    int64_t look;         /* SHARD_MISSING_PERHAPS: which time of not listening it is about */
};

/* As many as a symbol can have at once. */
enum { SHARD_MISSING_MAX = 34 };

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

/* now_us: the time by which trades wait; market_us: when what is told now was known. */
void shard_time(struct shard *s, int64_t now_us, int64_t market_us);

/* Quotes are nothing to it. */
int shard_apply(struct shard *s, const struct entry *in, shard_emit_fn emit, void *ctx,
                struct err *e) MUST_CHECK;

/* A trade that somebody brings back, with origin repair: it is written if its id lies in a hole, or
 * was given up; else it is there, or was never missed, and counts as a duplicate. */
int shard_bring_back(struct shard *s, const struct entry *in, shard_emit_fn emit, void *ctx,
                     struct err *e) MUST_CHECK;

/* Writes, and the gaps before them, what has waited for as long as it may. */
int shard_let_go(struct shard *s, shard_emit_fn emit, void *ctx, struct err *e) MUST_CHECK;

/* The symbols of which something may be missing, in no order: how many, and the i-th. */
uint32_t shard_needy(const struct shard *s);
uint32_t shard_needy_at(const struct shard *s, uint32_t i);

/* Nothing was missing of the i-th: it leaves them, and the last one takes its place. */
void shard_not_needy(struct shard *s, uint32_t i);

/* What is missing of a symbol of the shard; how many. */
size_t shard_missing(const struct shard *s, uint32_t index,
                     struct shard_missing ret[SHARD_MISSING_MAX]);

/* The exchange is being asked for these: said of declared ones. */
int shard_repairing(struct shard *s, uint32_t index, const struct shard_missing *m,
                    shard_emit_fn emit, void *ctx, struct err *e) MUST_CHECK;

/* Whatever came after the last id has been asked for, as *m said; if there was another time of not
 * listening since, it is nothing. */
void shard_looked(struct shard *s, uint32_t index, const struct shard_missing *m);

/* Of these ids, those that are declared missing are no longer waited for. */
int shard_give_up(struct shard *s, uint32_t index, const struct shard_missing *m,
                  const char *reason, shard_emit_fn emit, void *ctx, struct err *e) MUST_CHECK;

/* Holes that are open, of all symbols. */
int64_t shard_holes(const struct shard *s);

/* Progress of the symbols touched, and what was repaired. */
int shard_flush(struct shard *s, shard_emit_fn emit, void *ctx, struct err *e) MUST_CHECK;

int64_t shard_epoch(const struct shard *s);
void shard_counts_take(struct shard *s, struct shard_counts *ret);

#endif
