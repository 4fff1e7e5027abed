/**
 * Reads partitions to their end, outside any group.
 *
 *     struct reader *r = reader_open(&settings, &e);
 *     reader_watermarks(r, "feed-progress.binance", 0, &low, &high, &e);
 *     reader_run(r, "feed-progress.binance", 0, low, on_message, ctx, &e);
 *     ...                                             // or one message at a time:
 *     reader_begin(r, "candles.1m", 2, low, high, &e);
 *     while ((n = reader_next(r, &message, &e)) == 1) ...
 *
 * The end is the high watermark at the start of the run, also of what is not committed yet: a
 * transaction that is still open below it is waited for, so nothing committed is overlooked. (The
 * end that a read_committed client is told lies before the oldest open transaction.)
 * Threads: one.
 */
#ifndef CANDLEWICK_KAFKA_READER_H
#define CANDLEWICK_KAFKA_READER_H

#include "kafka/kafka.h"

struct reader;

/* Return -1 with *e to end the run, 1 to end it as a success. m is borrowed for the call. */
typedef int (*reader_fn)(void *ctx, const struct kafka_message *m, struct err *e);

struct reader *reader_open(const struct kafka_settings *s, struct err *e);
void reader_close(struct reader *r); /* NULL is fine */

/* topic: without the prefix. First offset there is, and the one behind the last. ERR_IO,
 * ERR_NOT_FOUND. */
int reader_watermarks(struct reader *r, const char *topic, int32_t partition, int64_t *ret_low,
                      int64_t *ret_high, struct err *e) MUST_CHECK;

/* First offset that was written at that time or later, by Kafka's clock of milliseconds: of all
 * that is there now, committed or not. The end where there is none. ERR_IO, ERR_NOT_FOUND. */
int reader_at_time(struct reader *r, const char *topic, int32_t partition, int64_t time_us,
                   int64_t *ret_offset, struct err *e) MUST_CHECK;

/* Every committed message from an offset on. ERR_IO after 30 s without progress, ERR_STATE where
 * the log has no such offset, ERR_STOPPED, or what fn said. */
int reader_run(struct reader *r, const char *topic, int32_t partition, int64_t from, reader_fn fn,
               void *ctx, struct err *e) MUST_CHECK;

/* The same one by one: from an offset on, up to but without end, which is READER_END for the end of
 * now. A reader reads one partition at a time: this ends what it read before. Errors as
 * reader_run(). */
#define READER_END INT64_MAX
int reader_begin(struct reader *r, const char *topic, int32_t partition, int64_t from, int64_t end,
                 struct err *e) MUST_CHECK;

/* 1: a message, which lives until the next call; 0: there are no more below the end; -1 as
 * reader_run(). */
int reader_next(struct reader *r, struct kafka_message *ret, struct err *e) MUST_CHECK;

#endif
