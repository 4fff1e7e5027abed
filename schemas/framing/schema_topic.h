/**
 * The topic `schemas`: the text of every schema that records in single-object encoding were
 * written with, by its fingerprint.
 *
 *     struct schema_topic *t = schema_topic_open(&settings, &e);
 *     if (schema_topic_find(t, fingerprint, &text, &e) == 1) ...
 *     schema_topic_publish(t, types, n, &n_written, &e);     // only what is missing
 *
 * Key: the CRC-64-AVRO fingerprint as 16 hex digits; value: the schema's text. The last record of a
 * key counts, as compaction has it, and a tombstone takes a schema away. The topic is read once,
 * and from there on what is new in it, each time a question is asked.
 * Threads: one.
 */
#ifndef CANDLEWICK_SCHEMA_TOPIC_H
#define CANDLEWICK_SCHEMA_TOPIC_H

#include "kafka/kafka.h"
#include "record.h"

#define SCHEMA_TOPIC "schemas"

enum { SCHEMA_TOPIC_TEXTS_MAX = 1024 }; /* more than that are not looked at, and the log says so */

struct schema_topic;

/* NULL: ERR_CONF, ERR_NOMEM. s is borrowed. */
struct schema_topic *schema_topic_open(const struct kafka_settings *s, struct err *e);
void schema_topic_close(struct schema_topic *t); /* NULL is fine */

/* 1 with the text, which lives until the next call; 0: the topic has none, up to its end at the
 * time of the call; -1: the topic could not be read: ERR_IO, ERR_NOT_FOUND (no such topic),
 * ERR_STATE, ERR_STOPPED, ERR_NOMEM. */
int schema_topic_find(struct schema_topic *t, uint64_t fingerprint, struct slice *ret,
                      struct err *e) MUST_CHECK;

/* As above, of our own schemas: 1 only where the text is ours to the letter. */
int schema_topic_has(struct schema_topic *t, enum record_type type, struct err *e) MUST_CHECK;

/* Writes those of our schemas that are missing. Two that do so at once write the same. The same
 * errors. */
int schema_topic_publish(struct schema_topic *t, const enum record_type *types, size_t n,
                         size_t *ret_written, struct err *e) MUST_CHECK;

#endif
