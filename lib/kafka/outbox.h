/**
 * A producer outside of any transaction: idempotent, in order, at least once.
 *
 *     struct outbox *o = outbox_open(&settings, &e);
 *     outbox_put(o, &(struct outbox_message){.topic = name, .partition = 2, .key = key,
 *         .value = line}, &e);
 *     ...
 *     if (outbox_flush(o, &e) != 0)        // before what was read is committed as done
 *         outbox_close(o);
 *
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_KAFKA_OUTBOX_H
#define CANDLEWICK_KAFKA_OUTBOX_H

#include "kafka/kafka.h"

struct outbox;

struct outbox_message {
    const char *topic;           /* whole, with its prefix */
    int32_t partition;           /* RD_KAFKA_PARTITION_UA: murmur2 of the key, as Java clients do */
    struct slice key;            /* data NULL: no key */
    struct slice value;          /* data NULL: a tombstone */
    rd_kafka_headers_t *headers; /* NULL: none; taken by a success, else the caller's */
};

/* Does not wait for a broker. NULL: ERR_CONF, ERR_NOMEM. */
struct outbox *outbox_open(const struct kafka_settings *s, struct err *e);

/* The same over librdkafka properties of the caller's: name, value pairs, ended by NULL; those of
 * defaults give way to the pass-through pairs of s, those of own do not. */
struct outbox *outbox_open_tuned(const struct kafka_settings *s, const char *const *defaults,
                                 const char *const *own, struct err *e);

/* Learns where the topics' partitions are (whole names, ended by NULL), so that the first record
 * does not wait for it. Optional. ERR_IO, ERR_NOMEM. */
int outbox_know(struct outbox *o, const char *const *topics, int timeout_ms,
                struct err *e) MUST_CHECK;

void outbox_close(struct outbox *o); /* what was not flushed is dropped; NULL is fine */

/* Everything is copied. A full queue is waited for, at most KAFKA_CALL_TIMEOUT_MS. ERR_IO,
 * ERR_NOT_FOUND, ERR_STOPPED. */
int outbox_put(struct outbox *o, const struct outbox_message *m, struct err *e) MUST_CHECK;

/* The same without waiting. 0: taken; 1: the queue is full; -1: as above, and ERR_FENCED after a
 * fatal error. */
int outbox_offer(struct outbox *o, const struct outbox_message *m, struct err *e) MUST_CHECK;

/* How many records are on their way. */
size_t outbox_waiting(const struct outbox *o);

/* Takes what the brokers answered, without waiting. How many records were given up since the last
 * call; *e then says why. */
int64_t outbox_settle(struct outbox *o, struct err *e) MUST_CHECK;

/* True with *e: a fatal error; nothing goes out any more: close. */
bool outbox_is_dead(struct outbox *o, struct err *e);

/* Waits until all that was put is on its brokers, at most KAFKA_CALL_TIMEOUT_MS. After -1 (ERR_IO,
 * ERR_NOT_FOUND: no such topic) close; some may have arrived. */
int outbox_flush(struct outbox *o, struct err *e) MUST_CHECK;

/* The same, at most timeout_ms. */
int outbox_flush_within(struct outbox *o, int64_t timeout_ms, struct err *e) MUST_CHECK;

#endif
