/**
 * A declaration applied to a cluster: what is missing is made, what differs is told.
 *
 *     struct topics_apply t = {.program = p, .kafka = &kafka, .declared = &file, .create = true,
 *                              .drift = STRBUF_INIT(1 << 20)};
 *     if (topics_apply(&t, admin, &e) == 0)
 *         fputs(t.drift.len ? t.drift.data : "all as declared\n", stdout);
 *
 * Nothing that exists is ever altered, so every call may be repeated.
 * Threads: one.
 */
#ifndef CANDLEWICK_TOPICS_APPLY_H
#define CANDLEWICK_TOPICS_APPLY_H

#include "kafka/admin.h"
#include "program.h"
#include "strbuf.h"
#include "topics_file.h"

struct topics_apply {
    struct program *program;
    const struct kafka_settings *kafka;
    const struct topics_file *declared;
    int replication;     /* 0: the broker's default */
    bool create;         /* false: only look */
    struct strbuf drift; /* after the call: one line per difference */
};

/* One pass over all topics and the schemas; says on stdout what it makes. 0 also where something
 * differs. ERR_IO, retriable where a broker may answer later; ERR_FENCED; ERR_STOPPED. */
int topics_apply(struct topics_apply *t, struct admin *a, struct err *e) MUST_CHECK;

#endif
