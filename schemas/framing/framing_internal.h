/**
 * What framing.c (reading) and framing_write.c share.
 * Threads: as framing.h.
 */
#ifndef CANDLEWICK_FRAMING_INTERNAL_H
#define CANDLEWICK_FRAMING_INTERNAL_H

#include "frame.h"
#include "framing.h"
#include "registry.h"
#include "resolution.h"
#include "schema_topic.h"

enum { FRAMING_ABSENT_MAX = 64 };

/* A schema that was looked up. */
struct framing_known {
    enum frame_kind kind;
    uint64_t id;
    struct resolution *resolution; /* NULL: it cannot be read, for the reason below */
    struct err why;
};

/* One that does not exist: for some seconds it is not asked for again. */
struct framing_absent {
    enum frame_kind kind;
    uint64_t id;
    int64_t until_us; /* 0: free */
};

struct framing {
    const struct framing_conf *conf;
    const struct kafka_settings *kafka;
    struct registry *registry;    /* NULL: none is configured */
    struct schema_topic *topic;   /* opened when first needed */
    bool published[RECORD_TYPES]; /* by us or before us, in the topic `schemas` */
    struct strbuf text;
    struct framing_known known[FRAMING_SCHEMAS_MAX];
    size_t n_known;
    struct framing_absent absent[FRAMING_ABSENT_MAX];
    size_t next_absent;
    struct metric *found;
    struct metric *not_found;
    struct metric *unusable;
    struct metric *failed;
};

/* Opens the topic `schemas` unless it is open. */
int framing_topic_open(struct framing *f, struct err *e) MUST_CHECK;

#endif
