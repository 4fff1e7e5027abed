/**
 * The thread that writes quotes: from the queues of all shards through their folds into `quotes`.
 *
 *     struct quote_writer *w = quote_writer_start(&about, &e);
 *     quote_writer_own(w, shard, epoch);     // from now on these are ours to write
 *     quote_writer_disown(w, shard);
 *     quote_writer_end(w);                   // nothing more comes: write what is there
 *     lost = quote_writer_stop(w, false);
 *
 * One idempotent producer writes all shards, outside of any transaction: a quote is on its way some
 * microseconds after it was received, and is written at most once. Whatever the brokers did not
 * take is dropped, and what is true then is written anew, so that no reader is left with a quote
 * that is none any more. A fatal error of the producer ends that producer, and the next one goes on
 * the same way. While the brokers are slower than the exchange, the queue keeps what is newest.
 * One batch is on its way at a time, of all that came meanwhile: while an idempotent producer waits
 * for the answers to five records of a partition and has more for it that is due, librdkafka 2.0.2
 * polls without a pause. That takes a core, and the brokers of a small machine may not get to
 * answer at all. Threads: own, disown, end and stop from one; the producer lives on a thread of its
 * own.
 */
#ifndef CANDLEWICK_QUOTE_WRITER_H
#define CANDLEWICK_QUOTE_WRITER_H

#include "bell.h"
#include "framing.h"
#include "health.h"
#include "producer_metrics.h"
#include "quote_queue.h"
#include "universe.h"

struct quote_writer;

struct quote_writer_about {
    const struct kafka_settings *settings;
    const char *exchange;
    const struct universe *universe;
    struct quote_queue *const *queues; /* one per shard */
    struct bell *bell;                 /* rung by them */
    const struct framing_topic *framed;
    const struct producer_metrics *metrics;
    struct health *health; /* part "quotes" */
    int64_t linger_ms;
    bool all; /* nothing may be lost: a shard that is not ours is left alone, as a file that is
                 played can wait; else its quotes are only remembered */
};

/* Makes the schemas of `quotes` known to readers, as framing_prepare() does. */
int quote_writer_frame(struct framing *f, struct framing_topic *ret, struct err *e) MUST_CHECK;

/* Everything in about is borrowed until quote_writer_stop(). NULL: ERR_CONF, ERR_NOMEM. */
struct quote_writer *quote_writer_start(const struct quote_writer_about *about, struct err *e);

/* With the epoch comes all that is known, anew. */
void quote_writer_own(struct quote_writer *w, uint32_t shard, int64_t epoch);
void quote_writer_disown(struct quote_writer *w, uint32_t shard);

void quote_writer_end(struct quote_writer *w);

/* Waits until what owned shards hold is written: about.all: as long as it takes, unless the program
 * is to stop or in a hurry; else some seconds at most. Returns how many records were given up in
 * all its life. NULL is fine: 0. */
int64_t quote_writer_stop(struct quote_writer *w, bool hurry);

#endif
