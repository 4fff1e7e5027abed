/**
 * Plays a tape into `trades` as cw-producer would: keys, headers, and transactions that are
 * committed commit_ms after their first record.
 *
 *     struct tape_writer *w = tape_writer_open(&about, &e);
 *     while (...)
 *         tape_writer_step(w, &record, &e);           // the next record of the tape
 *     tape_writer_close(w, &e);                       // commits the rest
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_BENCH_TAPE_WRITER_H
#define CANDLEWICK_BENCH_TAPE_WRITER_H

#include "kafka/kafka.h"
#include "tape.h"

struct tape_writer_about {
    const struct kafka_settings *kafka; /* borrowed until the close */
    struct tape_about tape;             /* its partitions are those of the topic */
    int64_t commit_ms;
    bool paced;                   /* each record when it is due, not as fast as it goes */
    void (*on_commit)(void *ctx); /* after each commit; NULL: nobody cares */
    void *ctx;
};

struct tape_writer;

/* NULL: what tape_create() or the cluster says. */
struct tape_writer *tape_writer_open(const struct tape_writer_about *about, struct err *e);

/* Waits until the next record is due, if paced, and writes it. *ret: what it was. 1: asked to stop
 * instead. */
int tape_writer_step(struct tape_writer *w, struct tape_record *ret, struct err *e) MUST_CHECK;

/* When a market time comes, by clock_mono_us(). Of a paced writer. */
int64_t tape_writer_due_us(const struct tape_writer *w, int64_t at_us);

int tape_writer_commit(struct tape_writer *w, struct err *e) MUST_CHECK;
void tape_writer_close(struct tape_writer *w); /* what is not committed is lost; NULL is fine */

#endif
