/**
 * What cw-topics asks of a cluster: which topics there are, how they are set, make this one.
 *
 *     struct topics_admin *a = topics_admin_open(&settings, &e);
 *     struct topic_found found;
 *     if (topics_admin_look(a, "trades", &found, &e) == 0 && !found.exists)
 *         r = topics_admin_create(a, &spec, 0, &e);
 *     topics_admin_close(a);
 *
 * Names go in without the prefix. Every call asks once and waits at most 10 s; errors that may pass
 * are marked retriable.
 * Threads: one.
 */
#ifndef CANDLEWICK_TOPICS_ADMIN_H
#define CANDLEWICK_TOPICS_ADMIN_H

#include "kafka/kafka.h"
#include "topics_file.h"

struct topics_admin;

struct topic_found {
    bool exists;
    int32_t partitions;
    int32_t replication; /* of the first partition */
    bool led;            /* every partition has a leader */
};

/* Called for each setting of a topic; both texts are borrowed. -1 with *e ends the run. */
typedef int (*topic_config_fn)(void *ctx, const char *name, const char *value, struct err *e);

struct topics_admin *topics_admin_open(const struct kafka_settings *s, struct err *e);
void topics_admin_close(struct topics_admin *a); /* NULL is fine */

/* ERR_IO. */
int topics_admin_look(struct topics_admin *a, const char *topic, struct topic_found *ret,
                      struct err *e) MUST_CHECK;

/* replication: 0 for the broker's default. 0: made; 1: somebody else just did. ERR_IO: says what
 * the broker said. */
int topics_admin_create(struct topics_admin *a, const struct topic_spec *spec, int replication,
                        struct err *e) MUST_CHECK;

/* Every setting of a topic, as it is in effect. ERR_IO, or what fn said. */
int topics_admin_configs(struct topics_admin *a, const char *topic, topic_config_fn fn, void *ctx,
                         struct err *e) MUST_CHECK;

#endif
