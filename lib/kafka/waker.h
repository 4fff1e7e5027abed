/**
 * Keeps librdkafka 2.0.2 fetching while its reader is behind.
 *
 *     struct waker *w = waker_start(rk, topics, &e);
 *     waker_assigned(w, partitions);         // after each assignment
 *     if (n_messages == max)                 // after each poll: there is more than it could take
 *         waker_behind(w);
 *     waker_stop(w);                         // before the consumer closes
 *
 * A partition whose queue is full is left alone for about a second, however soon the queue empties
 * (measured: 0.2 million messages a second on an idle machine). Any request to the partition's
 * leader wakes the thread that would fetch, so while the reader is behind, and for 2 s after, one
 * partition of each leader is asked for its watermarks every 20 ms: ten times the rate, with the
 * default queues.
 * Newer versions have fetch.queue.backoff.ms; where that is known, no thread runs.
 * Threads: its own; the calls from the one that owns the consumer.
 */
#ifndef CANDLEWICK_KAFKA_WAKER_H
#define CANDLEWICK_KAFKA_WAKER_H

#include "kafka/kafka.h"

struct waker;

/* Sets fetch.queue.backoff.ms where this librdkafka knows it. True: no waker is needed. */
bool waker_is_needless(rd_kafka_conf_t *conf);

/* topics: whole names, ended by NULL, borrowed until waker_stop(). NULL with ERR_NOMEM. */
struct waker *waker_start(rd_kafka_t *rk, const char *const *topics, struct err *e);
void waker_stop(struct waker *w); /* NULL is fine */

void waker_assigned(struct waker *w, const rd_kafka_topic_partition_list_t *list);
void waker_behind(struct waker *w);

#endif
