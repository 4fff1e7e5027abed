/**
 * What all of lib/kafka shares: settings, messages, and librdkafka's errors as ours.
 *
 * Nothing outside lib/kafka includes librdkafka's header but through here, and only tools that
 * administer a cluster use it directly.
 *
 *     const struct kafka_settings k = {p.common.brokers, p.common.prefix, &p.conf,
 *                                      program_stopping, p.health};
 *     if (kafka_settings_check(&k, &e) != 0) ...      // before the first connection
 *
 * Threads: settings are read-only after main made them.
 */
#ifndef CANDLEWICK_KAFKA_H
#define CANDLEWICK_KAFKA_H

#include "conf.h"
#include "err.h"
#include "slice.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    KAFKA_NAME_MAX = 249, /* longest topic name a broker takes */
    KAFKA_TRANSACTION_TIMEOUT_MS = 10000,
    KAFKA_SESSION_TIMEOUT_MS = 10000,
    KAFKA_CALL_TIMEOUT_MS = 10000, /* one request to a broker */
    /* What is kept of a dead letter's key and value: a message that was just small enough for a
     * broker must still be so with the headers that say what is wrong with it. */
    KAFKA_LETTER_KEY_MAX = 64 * 1024,
    KAFKA_LETTER_VALUE_MAX = 800 * 1024,
};

struct health;

struct kafka_settings {
    const char *brokers;
    const char *prefix;      /* in front of topics, groups and transactional ids */
    const struct conf *conf; /* its "kafka." pairs go to librdkafka as they are */
    bool (*stopping)(void);  /* ends long waits */
    struct health *health; /* beaten in long waits: who waits for a cluster is alive; NULL: none */
};

/* Asked by every wait that may last: whether it shall end. Says that the loop is alive. */
bool kafka_stopping(const struct kafka_settings *s);

/* A pass-through key of conf_program.prefixes. */
#define KAFKA_PAIR_PREFIX "kafka."

/* Refuses pass-through properties we own or librdkafka does not know. ERR_CONF. */
int kafka_settings_check(const struct kafka_settings *s, struct err *e) MUST_CHECK;

/* Writes prefix + name. ERR_CONF: longer than a broker takes. */
int kafka_name(const struct kafka_settings *s, const char *name, char ret[KAFKA_NAME_MAX + 1],
               struct err *e) MUST_CHECK;

/* A configuration with brokers, pass-through pairs and our log. own: name, value pairs of ours,
 * ended by NULL; they win. The caller owns the result until rd_kafka_new() took it. NULL with
 * ERR_CONF or ERR_NOMEM. */
rd_kafka_conf_t *kafka_conf_create(const struct kafka_settings *s, const char *const *own,
                                   struct err *e);

/* The same over defaults (name, value pairs, ended by NULL), which the pass-through pairs beat. */
rd_kafka_conf_t *kafka_conf_layered(const struct kafka_settings *s, const char *const *defaults,
                                    const char *const *own, struct err *e);

/* The same of a consumer that, unless own says otherwise, reads what is committed; that commits,
 * stores and makes nothing by itself; and to which an offset that is gone is an error. */
rd_kafka_conf_t *kafka_conf_consumer(const struct kafka_settings *s, const char *const *defaults,
                                     const char *const *own, struct err *e);

/* What a client says, into our log: the log callback of all configurations. Any thread. */
void kafka_log(const rd_kafka_t *rk, int level, const char *facility, const char *text);

/* rd_kafka_new() that also frees conf where it fails. NULL with ERR_CONF. */
rd_kafka_t *kafka_create(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *e);

/* Learns where the topics' partitions are (whole names, ended by NULL). What a producer does not
 * know when the first record comes is only asked for once a second. ERR_IO, ERR_NOMEM. */
int kafka_know(rd_kafka_t *rk, const char *const *topics, int timeout_ms, struct err *e) MUST_CHECK;

/* *e from a code: ERR_FENCED where another instance took over, ERR_NOT_FOUND for an unknown topic,
 * else ERR_IO; retriable where librdkafka's documentation says so. Returns -1. */
int kafka_fail(rd_kafka_resp_err_t code, const char *what, const char *detail, struct err *e);

/* As kafka_request.operation: each right to do something to a topic includes it. */
#define KAFKA_DESCRIBE "Describe, so neither Read nor Write"

/* What was asked of a broker. */
struct kafka_request {
    const char *what;      /* as people say it: "commit_transaction", or the topic */
    const char *topic;     /* whole; NULL: about no topic, or about several */
    const char *operation; /* the right that it needs there: "Read" */
};

/* As kafka_fail(); but a missing right is told as one: of which topic, group, transactional id or
 * cluster, of whom, and for which operation. rk: who asked. */
int kafka_fail_of(rd_kafka_t *rk, rd_kafka_resp_err_t code, const struct kafka_request *r,
                  const char *detail, struct err *e);

/* The same from an error object, which is destroyed. NULL is success: 0. */
int kafka_fail_take(rd_kafka_t *rk, rd_kafka_error_t *error, const struct kafka_request *r,
                    struct err *e);

/* One message, borrowed from librdkafka until its batch is released. */
struct kafka_message {
    int topic; /* its place among those of its group; 0 where there is one */
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* Kafka's: time of writing */
    struct slice key;
    struct slice value;
    bool tombstone; /* the value is null, not empty */
    rd_kafka_message_t *handle;
};

/* The header of that name, or an empty slice. */
struct slice kafka_message_header(const struct kafka_message *m, const char *name);

/* At most max bytes of it, from the front. */
static inline struct slice kafka_cut(struct slice s, size_t max)
{
    return slice_make(s.data, s.len < max ? s.len : max);
}

void kafka_message_from(rd_kafka_message_t *rkm, struct kafka_message *ret);

#endif
