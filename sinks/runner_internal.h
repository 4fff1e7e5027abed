/**
 * What the parts of a runner share: its life (runner.c), its work (runner_session.c), the store
 * that comes and goes (runner_store.c) and the batches on their way there (runner_flight.c).
 * Threads: the runner's, but for what a comment says of the flusher's.
 */
#ifndef CANDLEWICK_SINK_RUNNER_INTERNAL_H
#define CANDLEWICK_SINK_RUNNER_INTERNAL_H

#include "batch.h"
#include "cursors.h"
#include "flusher.h"
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
    atomic_llong stop_us; /* when the stop was first seen; 0: not yet */
    int result;           /* of the thread, once it ended */
    struct err failure;

    /* of the runner's thread */
    struct group *group;
    const char *topics[GROUP_TOPICS_MAX + 1]; /* whole names */
    struct batch batches[2];
    struct batch *filling; /* the other one is empty, or in flight */
    struct cursors cursors;
    struct flusher *flusher;
    struct sink_move *moves; /* of the batch in flight */
    size_t n_moves;
    bool flight_failed; /* one that ended while partitions were taken from us */
    struct err flight_failure;
    struct runner_metrics metrics;
    bool connected;
    bool failing; /* connected or not, the last flush went wrong for now */
    bool fenced;  /* the store is ahead of us: somebody else writes */
    int64_t retry_us;
    int64_t backoff_ms;
    int64_t dirty_us; /* since when offsets wait to be given to a flight; 0: none do */
    int64_t refresh_us;
    struct log_limit say;

    /* of the flusher's thread while it has a batch */
    struct dead_letters *letters; /* opened when the first one is needed */
    struct log_limit say_letter;
    struct log_limit say_refused;
};

bool runner_stopping(const struct runner *r);
void runner_beat(struct runner *r);

/* --- runner_session.c --- */

/* From joining the group to leaving it: 0 when asked to stop. r->fenced: it failed because another
 * instance writes the table. */
int runner_session(struct runner *r, struct err *e) MUST_CHECK;

/* Once a second: shows lag and offsets. Also called while the store is waited for, which is when
 * people look. */
void runner_refresh(struct runner *r);

/* --- runner_store.c --- */

/* The store does not take anything now: *e says why. Nothing is read until it does. */
void runner_store_lose(struct runner *r, const struct err *e);

/* Without a store, and when it is time: connects, and reads on where the store says. */
int runner_store_keep(struct runner *r, int64_t now_us, struct err *e) MUST_CHECK;

/* Sets the cursors, and fills where to read from; 1: the store cannot tell now. */
int runner_store_load(struct runner *r, struct group_offset *parts, size_t n,
                      struct err *e) MUST_CHECK;

/* --- runner_flight.c --- */

extern const struct writer_reports runner_reports;

/* Gives the batch that was being filled, with all offsets that were read, to the flusher, which has
 * none. ERR_NOMEM. */
int runner_flight_start(struct runner *r, struct err *e) MUST_CHECK;

/* Where a flight has come to its end within timeout_ms: takes note of it. -1: the runner cannot go
 * on. Where the store is lost by it, all that was read since is dropped, too. */
int runner_flight_land(struct runner *r, int timeout_ms, struct err *e) MUST_CHECK;

/* Waits for a flight to end, however it does; a failure is for the next land. */
void runner_flight_settle(struct runner *r);

/* Gives the messages of the batch being filled back. */
void runner_drop_filling(struct runner *r);

#endif
