/**
 * The writer: takes part in the group that shares the shards, and writes those that are ours.
 *
 *     struct writer *w = writer_create(&about, &e);
 *     writer_run(w, &e);                  // until stopping, or until ended journals are written
 *     writer_drain(w, &e);                // what is still in memory, within its time
 *     writer_destroy(w);
 *
 * An instance that owns nothing is a standby: connected, buffering, writing nothing.
 * Threads: one.
 */
#ifndef CANDLEWICK_WRITER_H
#define CANDLEWICK_WRITER_H

#include "bell.h"
#include "program.h"
#include "shard_writer.h"

struct writer;

struct writer_about {
    struct shard_env *shards;                    /* its reader is set by the writer */
    const char *instance;                        /* "": a dynamic member of the group */
    struct bell *bell;                           /* rung by the journals */
    struct health *health;                       /* parts "shard" and the loop's beat */
    bool (*failed)(void *source, struct err *e); /* asked each turn whether the feed is gone */
    void *source;
    bool (*pause)(void *ctx); /* asked each turn whether writer_run() shall return; NULL: never */
    void *ctx;
};

enum { WRITER_DONE = 0, WRITER_PAUSED = 1 };

/* NULL: ERR_NOMEM, ERR_CONF, ERR_IO. */
struct writer *writer_create(const struct writer_about *about, struct err *e);

/* Leaves the group. NULL is fine. */
void writer_destroy(struct writer *w);

/* Until settings->stopping() or all journals are ended and written: WRITER_DONE; or about.pause():
 * WRITER_PAUSED; -1. */
int writer_run(struct writer *w, struct err *e) MUST_CHECK;

/* Goes over to other shards of the same numbers: those that are ours go on being ours. ERR_NOMEM,
 * ERR_CONF. */
int writer_switch(struct writer *w, struct shard_env *shards, struct err *e) MUST_CHECK;

/* Writes and commits what the journals of owned shards hold, for at most some seconds. */
void writer_drain(struct writer *w);

#endif
