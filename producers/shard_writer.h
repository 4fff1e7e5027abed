/**
 * One shard's transactions: from a journal into Kafka, exactly once.
 *
 *     struct shard_writer *w = shard_writer_create(&env, number, &e);
 *     shard_writer_own(w);                      // the group gave it to us
 *     r = shard_writer_turn(w, now_us, &e);     // again and again
 *     shard_writer_disown(w);                   // the group took it away,
 *     shard_writer_stand_by(w);                 // and gave it to another
 *
 * There is one way to begin, and every failure leads back to it: close the producer, forget the
 * state, rewind the journal; then fence whoever held the shard, read its progress to the end,
 * write the beginning, and go on with what memory holds.
 * Threads: one.
 */
#ifndef CANDLEWICK_SHARD_WRITER_H
#define CANDLEWICK_SHARD_WRITER_H

#include "clock.h"
#include "framing.h"
#include "journal.h"
#include "kafka/reader.h"
#include "kafka/txn.h"
#include "producer_metrics.h"
#include "quote_writer.h"
#include "repair.h"
#include "shard_records.h"

/* What the shards of a producer share; borrowed by them. */
struct shard_env {
    const struct kafka_settings *settings;
    const char *exchange;
    const char *stream;
    const struct universe *universe;
    struct journal *const *journals; /* one per shard */
    const struct producer_metrics *metrics;
    const struct market_clock *clock;
    struct reader *reader;
    struct framing *framing;
    int64_t instruments_us;
    int64_t commit_interval_ms;
    /* is told which shards are to be listened to: ours are, those of others are not; may be NULL */
    void (*want)(void *ctx, uint32_t shard, bool wanted);
    void *want_ctx;
    struct quote_writer *quotes; /* is told whose the shards are; NULL: no quotes */
    struct repair *repair; /* asks for what is missing; NULL: nobody does, and nothing waits */
    int64_t wait_us;       /* how long trades wait for what is missing before them */
    size_t hold_trades;    /* how many at most, per shard */
    bool looks;            /* as shard.h says */
    char progress_topic[KAFKA_NAME_MAX + 1];         /* without the prefix */
    struct framing_topic framed[SHARD_DEAD_LETTERS]; /* by enum shard_topic; of progress: unused */
};

/* Makes the schemas of what is written known to readers, and fills env->framed. Waits, as
 * framing_prepare() does; the same errors. */
int shard_env_frame(struct shard_env *env, struct err *e) MUST_CHECK;

struct shard_writer;

/* NULL: ERR_NOMEM, ERR_CONF (a name too long for Kafka). */
struct shard_writer *shard_writer_create(const struct shard_env *env, uint32_t number,
                                         struct err *e);
void shard_writer_destroy(struct shard_writer *w); /* NULL is fine */

void shard_writer_own(struct shard_writer *w);

/* Aborts what is open. Memory is kept: a membership that was lost with the brokers says nothing of
 * anybody else who writes the shard. */
void shard_writer_disown(struct shard_writer *w);

/* Another instance has the shard: memory holds the last stretch only. */
void shard_writer_stand_by(struct shard_writer *w);

bool shard_writer_is_owned(const struct shard_writer *w);
bool shard_writer_is_open(const struct shard_writer *w);      /* its journal is being written */
bool shard_writer_is_gathering(const struct shard_writer *w); /* a transaction is under way */

/* Trades that wait for what is missing before them; ranges of ids that are declared missing. */
size_t shard_writer_held(const struct shard_writer *w);
int64_t shard_writer_holes(const struct shard_writer *w);

/* When the transaction under way is to be committed, by clock_mono_us(); INT64_MAX: there is none.
 */
int64_t shard_writer_commit_us(const struct shard_writer *w);

/* True: everything of an ended journal is committed. */
bool shard_writer_is_done(const struct shard_writer *w);

enum { SHARD_WRITER_IDLE = 0, SHARD_WRITER_BUSY = 1 };

/* Opens the shard, commits, writes a stretch of the journal, as due. The caller has just made sure
 * that the shard is still ours: a commit is the first thing done. SHARD_WRITER_BUSY: there is more
 * to do at once. -1: ERR_FENCED: another instance took over, leave the group; anything else: the
 * program cannot go on. What can pass is logged and tried again. */
int shard_writer_turn(struct shard_writer *w, int64_t now_us, struct err *e) MUST_CHECK;

/* Commits what was written so far, and what waits, now; for the end of the program. */
int shard_writer_finish(struct shard_writer *w, struct err *e) MUST_CHECK;

#endif
