/**
 * cw-copy: what producers wrote under one prefix, once more under another, exactly once.
 *
 *     struct copy c = {.program = &p, .settings = &s, .from = {…}, .to = {…}};
 *     if (copy_topics_find(&c, &e) == 0)
 *         r = copy_run(&c, &e);
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_COPY_H
#define CANDLEWICK_COPY_H

#include "copy_metrics.h"
#include "kafka/group.h"
#include "program.h"
#include "route.h"

#define COPY_PROGRESS "feed-progress"

/* What producers write, by the words of --topics. */
#define COPY_TOPICS "trades,quotes,instruments,feeds," COPY_PROGRESS ",exchange-candles"

struct copy_settings {
    char *from_prefix;
    char *topics;
    bool exit_at_end;
};

struct copy_topic {
    char name[KAFKA_NAME_MAX + 1];   /* without a prefix */
    char target[KAFKA_NAME_MAX + 1]; /* with the new one */
    struct route route;
};

struct copy {
    struct program *program;
    const struct copy_settings *settings;
    struct kafka_settings from; /* with the old prefix */
    struct kafka_settings to;   /* with the new one */
    struct copy_metrics metrics;
    struct copy_topic topics[GROUP_TOPICS_MAX];
    int n_topics;
};

/* Fills c->topics, waiting for the cluster. ERR_CONF: a word of --topics is none, or numbers of
 * partitions do not go together; ERR_NOT_FOUND: a topic is missing; ERR_STOPPED, ERR_IO. */
int copy_topics_find(struct copy *c, struct err *e) MUST_CHECK;

/* Copies: to the end of what there is, or until asked to stop. ERR_STATE: the topics are not what
 * they were, or hold records of somebody else; ERR_FENCED: another one copies into this prefix. */
int copy_run(struct copy *c, struct err *e) MUST_CHECK;

#endif
