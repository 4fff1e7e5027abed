/**
 * A transactional producer.
 *
 *     struct txn *t = txn_open(&settings, "cw-candles.0", &e);   // fences its predecessor
 *     txn_begin(t, &e);
 *     txn_produce(t, &record, &e);
 *     txn_commit(t, group, offsets, n, &e);     // outputs and input offsets, or neither
 *
 * There is one recovery: whatever call fails, close the producer (txn_close() aborts), throw away
 * the state that belongs to the transaction, and open a new one. That also covers the commit whose
 * outcome is unknown: init_transactions of the new producer settles it.
 * librdkafka 2.0.2 turns a transaction that merely timed out at the broker into a fatal error, so
 * the way through a new producer is not optional anyway.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_KAFKA_TXN_H
#define CANDLEWICK_KAFKA_TXN_H

#include "kafka/kafka.h"

enum { TXN_HEADERS_MAX = 6 };

struct txn;
struct group;
struct group_offset;

struct txn_header {
    const char *name;
    struct slice value;
};

struct txn_record {
    const char *topic; /* whole, with its prefix */
    int32_t partition; /* explicit; RD_KAFKA_PARTITION_UA: murmur2 of the key, as Java clients do */
    struct slice key;  /* data NULL: no key */
    struct slice value; /* data NULL: a tombstone */
    struct txn_header headers[TXN_HEADERS_MAX];
    int n_headers;
    const struct kafka_message *headers_of; /* instead: the headers of a message, all as they are */
    int64_t timestamp_ms;                   /* Kafka's; 0: the time of this call */
};

/* name: without the prefix. Waits for init_transactions as long as errors are retriable and
 * settings->stopping() is false, saying so every 10 s. NULL: ERR_FENCED, ERR_IO, ERR_STOPPED. */
struct txn *txn_open(const struct kafka_settings *s, const char *name, struct err *e);

/* Learns where the topics' partitions are (whole names, ended by NULL). What is not known when the
 * first record comes is only asked for once a second, and the first commit waits for it. Optional.
 * ERR_IO, ERR_NOMEM. */
int txn_know(struct txn *t, const char *const *topics, struct err *e) MUST_CHECK;

/* From now on no more than 10,000 records or 4 MiB are sent at a time, and waited for: slow brokers
 * cost no CPU, and who has much to write is slower by it. */
void txn_pace(struct txn *t);

/* Aborts what is open, destroys. Bounded; NULL is fine. */
void txn_close(struct txn *t);

int txn_begin(struct txn *t, struct err *e) MUST_CHECK;
bool txn_is_open(const struct txn *t);

/* Everything is copied. Records gather until the commit, or until there are as many as a paced one
 * sends at a time. Those are waited for, up to the transaction timeout, as is room in a full queue.
 * ERR_IO, ERR_FENCED, ERR_NOMEM. */
int txn_produce(struct txn *t, const struct txn_record *r, struct err *e) MUST_CHECK;

/* Commits the open transaction, with the group's offsets where n > 0. After -1: txn_close().
 * Also fails if any record of the transaction was not delivered; gives up after 10 s without a
 * broker, after 5 s when asked to stop. */
int txn_commit(struct txn *t, struct group *g, const struct group_offset *offsets, size_t n,
               struct err *e) MUST_CHECK;

/* Aborts what is open, keeping the producer. After -1: txn_close(). */
int txn_abort(struct txn *t, struct err *e) MUST_CHECK;

/* The producer's partition for a key: murmur2 as Java clients count it. */
int32_t txn_partition(struct slice key, int32_t partitions);

#endif
