/**
 * A dead letter on its way back: what the topic `reinjections` says of it.
 *
 *     struct reinjection r;
 *     reinjection_from(&message, &r);
 *     if (slice_is(r.stage, "decode") && r.offset >= 0) ...
 *
 * Key, value and headers are the letter's, and where the letter lies is added. Whoever refused the
 * record takes it, if his own check finds that it is not there yet: so a letter may come back any
 * number of times. The topic has one partition: all who read it see one order.
 * Threads: pure, on a message that is not released yet.
 */
#ifndef CANDLEWICK_KAFKA_REINJECTION_H
#define CANDLEWICK_KAFKA_REINJECTION_H

#include "kafka/kafka.h"

extern const char REINJECTION_TOPIC[];            /* without the prefix */
extern const char REINJECTION_LETTER_PARTITION[]; /* headers that are added */
extern const char REINJECTION_LETTER_OFFSET[];

/* Headers are from outside: what is missing or no number is empty, or -1. */
struct reinjection {
    struct slice stage;
    struct slice exchange; /* of a frame */
    struct slice topic;    /* of a record, whole, with its prefix; and where it was */
    int32_t partition;
    int64_t offset;
    int32_t letter_partition; /* of dead-letters */
    int64_t letter_offset;
};

/* The texts are slices of the message. */
void reinjection_from(const struct kafka_message *m, struct reinjection *ret);

#endif
