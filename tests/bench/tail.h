/**
 * What comes into a topic from now on, as a reader that waits for commits sees it.
 *
 *     struct tail *t = tail_start(&settings, "candles.1m", on_record, ctx, &e);
 *     ...                                 // on_record(ctx, &record, when) on a thread of its own
 *     if (tail_failed(t, &e)) ...
 *     tail_stop(t);
 *
 * Threads: start, failed and stop from one; the records come on the tail's own.
 */
#ifndef CANDLEWICK_BENCH_TAIL_H
#define CANDLEWICK_BENCH_TAIL_H

#include "kafka/kafka.h"
#include "record.h"

struct tail;

/* read_us: clock_mono_us() when the record was there. r lives until the return. */
typedef void (*tail_fn)(void *ctx, const struct record *r, int64_t read_us);

/* Waits for the topic (its name without the prefix) and begins at its end as it is then. Everything
 * is borrowed until tail_stop(). NULL: ERR_IO, ERR_NOMEM, what the cluster says. */
struct tail *tail_start(const struct kafka_settings *s, const char *topic, tail_fn fn, void *ctx,
                        struct err *e);

/* True with *e: reading came to its end on an error. */
bool tail_failed(struct tail *t, struct err *e);
void tail_stop(struct tail *t); /* NULL is fine */

#endif
