/**
 * Records that could not be used go to the topic `dead-letters`, as they were.
 *
 *     struct dead_letters *d = dead_letters_open(&settings, &e);
 *     dead_letters_put(d, &(struct dead_letter){group_topic(g, m->topic), m, "decode", err.text},
 * &e);
 *     ...
 *     if (dead_letters_flush(d, &e) != 0)       // before the record's offset is given up
 *
 * Key, value and headers stay as they were; added are dlq.topic, dlq.partition, dlq.offset,
 * dlq.stage and dlq.reason, and dlq.whole_bytes where the value is too long and was cut. For
 * consumers that keep their offsets outside Kafka; a processor writes its own in its transaction. A
 * crash between flush and the owner's commit repeats a letter, and loses none. Threads: one at a
 * time.
 */
#ifndef CANDLEWICK_KAFKA_DEAD_LETTERS_H
#define CANDLEWICK_KAFKA_DEAD_LETTERS_H

#include "kafka/kafka.h"

struct dead_letters;

struct dead_letter {
    const char *topic; /* of the message, whole, with its prefix */
    const struct kafka_message *message;
    const char *stage;  /* a word: "decode", "store" */
    const char *reason; /* for people */
};

/* Does not wait for a broker. NULL: ERR_CONF, ERR_NOMEM. */
struct dead_letters *dead_letters_open(const struct kafka_settings *s, struct err *e);
void dead_letters_close(struct dead_letters *d); /* what was not flushed is dropped; NULL is fine */

/* Everything is copied. A full queue is waited for, at most 10 s. ERR_IO, ERR_NOMEM, ERR_STOPPED.
 */
int dead_letters_put(struct dead_letters *d, const struct dead_letter *letter,
                     struct err *e) MUST_CHECK;

/* Waits until all that was put is on its brokers, at most 10 s. After -1 (ERR_IO, ERR_NOT_FOUND:
 * no such topic) close; some may have arrived. */
int dead_letters_flush(struct dead_letters *d, struct err *e) MUST_CHECK;

#endif
