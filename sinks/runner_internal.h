/**
 * What runner.c (a thread and its life) and runner_session.c (its work) share.
 * Threads: as runner.h.
 */
#ifndef CANDLEWICK_SINK_RUNNER_INTERNAL_H
#define CANDLEWICK_SINK_RUNNER_INTERNAL_H

#include "batch.h"
#include "cursors.h"
#include "kafka/dead_letters.h"
#include "log.h"
#include "runner.h"
#include "runner_metrics.h"

#include <pthread.h>
#include <stdatomic.h>

enum { RUNNER_BACKOFF_MIN_MS = 100, RUNNER_BACKOFF_MAX_MS = 2000 };

struct runner {
    struct runner_about about;
    void *sink;
    pthread_t thread;
    bool started;
    atomic_bool stop;
    atomic_bool ended;
    atomic_llong beat_us;
    int result; /* of the thread, once it ended */
    struct err failure;

    /* of the thread alone */
    struct group *group;
    struct batch batch;
    struct cursors cursors;
    struct dead_letters *letters; /* opened when the first one is needed */
    struct runner_metrics metrics;
    bool connected;
    bool fenced; /* the store is ahead of us: somebody else writes */
    int64_t retry_us;
    int64_t backoff_ms;
    int64_t stop_us;  /* when the stop was first seen; 0: not yet */
    int64_t dirty_us; /* since when offsets wait to be stored; 0: none do */
    int64_t refresh_us;
    struct log_limit say;
    struct log_limit say_letter;
};

bool runner_stopping(const struct runner *r);
void runner_beat(struct runner *r);

/* From joining the group to leaving it: 0 when asked to stop. r->fenced: it failed because another
 * instance writes the table. */
int runner_session(struct runner *r, struct err *e) MUST_CHECK;

/* Once a second: shows lag and offsets. Also called while the store is waited for, which is when
 * people look. */
void runner_refresh(struct runner *r);

#endif
