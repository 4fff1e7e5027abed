/**
 * The topic `schemas`: the text of every schema we write with, by its fingerprint.
 *
 *     if (topics_schemas_publish(&settings, &n_new, &e) != 0) ...
 *
 * Key: the CRC-64-AVRO fingerprint as 16 hex digits; value: the schema's text. Only what is missing
 * is written, in one transaction.
 * Threads: one.
 */
#ifndef CANDLEWICK_TOPICS_SCHEMAS_H
#define CANDLEWICK_TOPICS_SCHEMAS_H

#include "kafka/kafka.h"
#include "record.h"

struct schemas_found {
    bool present[RECORD_TYPES];
    size_t n_missing;
};

/* Reads the topic to its end. ERR_IO, ERR_NOT_FOUND, ERR_STATE, ERR_STOPPED. */
int topics_schemas_look(const struct kafka_settings *s, struct schemas_found *ret,
                        struct err *e) MUST_CHECK;

/* Writes what is missing. The same errors, and ERR_FENCED where another one does it just now. */
int topics_schemas_publish(const struct kafka_settings *s, const struct schemas_found *found,
                           struct err *e) MUST_CHECK;

#endif
