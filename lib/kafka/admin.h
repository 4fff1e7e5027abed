/**
 * What is asked of a cluster about its topics: which there are, how they are set, make or remove
 * one.
 *
 *     struct admin *a = admin_open(&settings, &e);
 *     struct topic_found found;
 *     if (admin_look(a, "trades", &found, &e) == 0 && !found.exists)
 *         r = admin_create(a, &spec, 0, &e);
 *     admin_close(a);
 *
 * Names go in without the prefix. Every call asks once and waits at most 10 s; errors that may pass
 * are marked retriable.
 * Threads: one.
 */
#ifndef CANDLEWICK_KAFKA_ADMIN_H
#define CANDLEWICK_KAFKA_ADMIN_H

#include "kafka/kafka.h"
#include "kafka/topic_spec.h"

struct admin;

struct topic_found {
    bool exists;
    int32_t partitions;
    int32_t replication; /* of the first partition */
    bool led;            /* every partition has a leader */
};

/* Called for each setting of a topic; both texts are borrowed. own: the topic says so itself, and
 * it is not the broker's default. -1 with *e ends the run. */
typedef int (*topic_config_fn)(void *ctx, const char *name, const char *value, bool own,
                               struct err *e);

struct admin *admin_open(const struct kafka_settings *s, struct err *e);
void admin_close(struct admin *a); /* NULL is fine */

/* ERR_IO. */
int admin_look(struct admin *a, const char *topic, struct topic_found *ret,
               struct err *e) MUST_CHECK;

/* Called with the name of a topic, without the prefix; borrowed. -1 with *e ends the run. */
typedef int (*topic_name_fn)(void *ctx, const char *name, struct err *e);

/* Every topic there is whose name begins with the prefix and then with start, in no order. ERR_IO,
 * or what fn said. */
int admin_names(struct admin *a, const char *start, topic_name_fn fn, void *ctx,
                struct err *e) MUST_CHECK;

/* replication: 0 for the broker's default. 0: made; 1: somebody else just did. ERR_IO: says what
 * the broker said. */
int admin_create(struct admin *a, const struct topic_spec *spec, int replication,
                 struct err *e) MUST_CHECK;

/* The topic and all it holds. 0: the cluster began to remove it; 1: there is none. ERR_IO. */
int admin_remove(struct admin *a, const char *topic, struct err *e) MUST_CHECK;

/* Every setting of a topic, as it is in effect. ERR_IO, or what fn said. */
int admin_configs(struct admin *a, const char *topic, topic_config_fn fn, void *ctx,
                  struct err *e) MUST_CHECK;

#endif
