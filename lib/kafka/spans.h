/**
 * Reads stretches of partitions of one topic, each from an offset up to another, side by side and
 * outside of any group.
 *
 *     const struct span wanted[] = {{0, 1200, 5000}, {2, 880, 4100}};
 *     struct spans *s = spans_open(&settings, "trades", wanted, 2, &e);
 *     while (spans_left(s) > 0) {
 *         ssize_t n = spans_take(s, i, 100, batch, BATCH, &e);      // of wanted[i], in order
 *         ...
 *         spans_release(batch, n);
 *     }
 *     spans_close(s);
 *
 * What is committed is read, and only that: a transaction that is still open below a span's end is
 * waited for. Each span is read by itself, so that none has to wait for another's records to be
 * taken.
 * Threads: one.
 */
#ifndef CANDLEWICK_KAFKA_SPANS_H
#define CANDLEWICK_KAFKA_SPANS_H

#include "kafka/kafka.h"

#include <sys/types.h>

struct span {
    int32_t partition;
    int64_t from; /* first offset; the log has it, or from is its end; or SPANS_BEGINNING */
    int64_t end;  /* behind the last one; SPANS_FOR_EVER: it is never done */
};

#define SPANS_BEGINNING INT64_C(-2) /* wherever the log begins, as librdkafka says it */
#define SPANS_FOR_EVER INT64_MAX

struct spans;

enum { SPANS_BATCH_MAX = 1000 };

/* topic: without the prefix. wanted is copied; no partition twice. NULL: ERR_CONF, ERR_NOMEM,
 * ERR_IO. */
struct spans *spans_open(const struct kafka_settings *s, const char *topic,
                         const struct span *wanted, size_t n, struct err *e);
void spans_close(struct spans *s); /* NULL is fine */

/* Waits up to timeout_ms for messages of wanted[i], and returns how many there are, at most max; 0:
 * none yet, or it is done. -1: ERR_STATE (the log no longer has the offset), ERR_IO. */
ssize_t spans_take(struct spans *s, size_t i, int timeout_ms, struct kafka_message *ret, size_t max,
                   struct err *e);
void spans_release(struct kafka_message *batch, ssize_t n);

/* Whether all of wanted[i] was returned by spans_take(). */
bool spans_is_done(const struct spans *s, size_t i);
size_t spans_left(const struct spans *s); /* how many are not done */

#endif
