/**
 * How values are framed on their topics, and how framed values are read.
 *
 *     struct framing *f = framing_create(&settings.framing, &kafka, p.metrics, &e);
 *     ...                                                    // a writer, once at its start:
 *     static const enum record_type types[] = {RECORD_CANDLE};
 *     framing_prepare(f, "candles.1m", types, 1, &candles, &e);
 *     framing_encode(&candles, &record, &value, &e);         // header and body, no look-ups
 *     ...                                                    // a reader:
 *     if (framing_decode(f, message.value, &record, &e) != 0)
 *         e.retriable ? ask again later : refuse this record;
 *
 * There are two framings. Avro's single-object encoding (C3 01, 8 bytes of fingerprint, body) is
 * what we write where no registry is configured; Confluent's wire format (00, 4 bytes of schema id,
 * body) where one is. Readers take both, always. A schema that is not exactly ours is looked up,
 * by fingerprint in the topic `schemas` or by id in the registry, resolved against ours once
 * (resolution.h), and kept for ever, up to FRAMING_SCHEMAS_MAX of them.
 * Threads: one at a time for each struct framing; a struct framing_topic is read-only once made.
 */
#ifndef CANDLEWICK_FRAMING_H
#define CANDLEWICK_FRAMING_H

#include "conf.h"
#include "kafka/kafka.h"
#include "metrics.h"
#include "record.h"

enum { FRAMING_SCHEMAS_MAX = 128 };

/* The options all programs that read or write records share: the section of framing_options. */
struct framing_conf {
    char *registry_url; /* "": no registry; may have a path: https://host/apis/ccompat/v7 */
    char *registry_user;
    char *registry_password;
    char *registry_ca_file; /* "": the system's authorities */
    int64_t registry_timeout_ms;
};
extern const struct conf_opt framing_options[];

/* Whether the options make sense together. ERR_CONF. */
int framing_conf_check(const struct framing_conf *c, struct err *e) MUST_CHECK;

extern const struct metric_table framing_metric_table; /* what programs with a framing show */

struct framing;

/* c and kafka: borrowed for the framing's life. kafka NULL: there is no topic `schemas` to look in,
 * and nothing can be prepared for writing. Connects nothing. metrics: gets the look-ups; NULL is
 * fine. NULL with ERR_CONF, ERR_NOMEM. */
struct framing *framing_create(const struct framing_conf *c, const struct kafka_settings *kafka,
                               struct metrics *metrics, struct err *e);
void framing_destroy(struct framing *f); /* NULL is fine */

/* --- reading --------------------------------------------------------------------------------- */

/* Decodes one whole value; texts and bytes in *ret are slices of it. -1 and e->retriable: the
 * schema could not be asked for (registry or Kafka away): ask again later, as one asks for Kafka;
 * one call waits no longer than schema.registry.timeout.ms, or half a minute for Kafka. Else this
 * record can never be read: ERR_PROTO, ERR_LIMIT, or ERR_NOT_FOUND: there is no such schema.
 * ERR_STOPPED: asked to stop while waiting. */
int framing_decode(struct framing *f, struct slice value, struct record *ret,
                   struct err *e) MUST_CHECK;

/* The same for a value at the start of a longer input; *ret_len: how many bytes it took. 1 with *e
 * filled: the input ends inside the value, and more of it may make it whole. */
int framing_decode_prefix(struct framing *f, struct slice input, struct record *ret,
                          size_t *ret_len, struct err *e) MUST_CHECK;

/* --- writing --------------------------------------------------------------------------------- */

/* What goes in front of the bodies of one topic, by record type; len 0: not prepared. */
struct framing_topic {
    struct framing_header {
        uint8_t bytes[RECORD_HEADER_BYTES];
        size_t len;
    } headers[RECORD_TYPES];
};

/* Makes the schemas of n record types known to readers, registering them under the subjects
 * <prefix><topic>-<full name> or putting them into the topic `schemas`, and adds their headers to
 * *ret (all zero at first). topic: without the prefix. Waits for registry and cluster, saying so in
 * the log and in /readyz ("schemas"). ERR_STATE: the registry refuses a schema (incompatible,
 * invalid); ERR_CONF: it refuses us, or is none; ERR_NOT_FOUND: no topic `schemas`;
 * ERR_STOPPED. */
int framing_prepare(struct framing *f, const char *topic, const enum record_type *types, size_t n,
                    struct framing_topic *ret, struct err *e) MUST_CHECK;

/* Puts schemas into the topic `schemas` whatever the framing: of records that are written by
 * record_encode(), in single-object encoding always, such as state images and progress. Given all
 * types at once, framing_prepare() has nothing left to do there. The same errors. */
int framing_publish(struct framing *f, const enum record_type *types, size_t n,
                    struct err *e) MUST_CHECK;

/* Appends header and body. On failure nothing is appended: as record_encode(), and ERR_ARG for a
 * type that was not prepared. */
int framing_encode(const struct framing_topic *t, const struct record *r, struct strbuf *out,
                   struct err *e) MUST_CHECK;

#endif
