/**
 * A batch into a store, whatever is in it.
 *
 *     struct writer w = {.ops = ops, .sink = sink, .topic = topic, .letters = &letters, .ctx = r};
 *     verdict = writer_write(&w, &batch, &cursors, &e);
 *
 * Records that cannot be decoded, and records that the store refuses, go to the dead letters, each
 * alone: a batch that is refused is halved until the one bad record is found. A letter is posted
 * before the offset moves past its record.
 * Threads: one.
 */
#ifndef CANDLEWICK_SINK_WRITER_H
#define CANDLEWICK_SINK_WRITER_H

#include "batch.h"
#include "cursors.h"
#include "sink.h"

/* Where records go that cannot be kept. */
struct writer_letters {
    /* stage: "decode" or "store". why: its code is the metric's label, its text the reason. */
    int (*put)(void *ctx, const struct kafka_message *m, const char *stage, const struct err *why,
               struct err *e);
    /* Only after it returned 0 a letter is safe. Called with nothing to post, too. */
    int (*flush)(void *ctx, struct err *e);
};

struct writer {
    const struct sink_ops *ops;
    void *sink;
    const char *topic; /* whole, with its prefix */
    const struct writer_letters *letters;
    void *ctx; /* of letters */
};

/* Keeps the batch and moves the offsets to cursors' next, in one flush where nothing is wrong with
 * it. SINK_RETRY: part of it may be kept, as the stored offsets tell; SINK_FATAL. Never SINK_DROP.
 */
enum sink_verdict writer_write(const struct writer *w, struct batch *b, struct cursors *c,
                               struct err *e) MUST_CHECK;

#endif
