/**
 * What the two halves of a group share, group.c (membership, reading) and group_offsets.c (how far
 * it is), and what txn.c gets of it: the consumer whose membership a commit is checked against.
 * Threads: as group.h.
 */
#ifndef CANDLEWICK_KAFKA_GROUP_INTERNAL_H
#define CANDLEWICK_KAFKA_GROUP_INTERNAL_H

#include "kafka/group.h"

struct waker;

struct group {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    struct waker *waker; /* NULL where it is not needed */
    bool needs_waker;
    struct group_about about;
    const struct kafka_settings *settings;
    char *topics[GROUP_TOPICS_MAX + 1]; /* with the prefix, ended by NULL */
    int n_topics;
    bool changed;                              /* the assignment changed during the current poll */
    bool held;                                 /* partitions are ours, but nothing is read */
    struct err failure;                        /* of a callback */
    int64_t trouble_us;                        /* when a broker last failed */
    rd_kafka_topic_partition_list_t *assigned; /* with the offsets to read from; NULL: none */
    rd_kafka_message_t *batch[GROUP_BATCH_MAX];
};

/* The topic of whatever names none, NULL where it may be any of several. */
static inline const char *group_only_topic(const struct group *g)
{
    return g->n_topics == 1 ? g->topics[0] : NULL;
}

rd_kafka_t *group_handle(const struct group *g);

#endif
