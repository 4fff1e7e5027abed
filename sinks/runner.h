/**
 * Runs one sink on one or several topics: a thread with a consumer, and one with a store.
 *
 *     struct runner *r = runner_create(&about, &e);
 *     sink = store_create(&trades_table, &store_about, &e);       // with runner_go_on
 *     runner_start(r, sink, &e);
 *     while (runner_alive(r) && !program_stopping()) ...
 *     runner_stop(r);                             // asks; returns at once
 *     if (runner_join(r, deadline, &e) != 0) ...  // why it ended
 *     runner_destroy(r);
 *
 * Records are gathered into batches, and a batch becomes rows and offsets in one flush; while it
 * does, the next one is read and made. While the store is away or full the runner keeps its place
 * in the group and reads nothing; when it is back, the offsets it holds say where to go on, and
 * that is the only way there is: after any failure what was read is dropped and read again.
 * Threads: runner_go_on() from the runner's own threads, the rest from the owner's.
 */
#ifndef CANDLEWICK_SINK_RUNNER_H
#define CANDLEWICK_SINK_RUNNER_H

#include "health.h"
#include "metrics.h"
#include "sink.h"

enum {
    RUNNER_FLUSH_GRACE_S = 5, /* how long the last flush may take after runner_stop() */
};

struct runner;

struct runner_about {
    const struct sink_ops *ops;
    const char *program;       /* "cw-postgres" */
    const char *name;          /* "trades": group "<program>.<name>" */
    const char *const *topics; /* without the prefix, ended by NULL */
    const char *instance;      /* static membership; "": dynamic */
    const char *table;         /* metric label; static, as are the next two */
    const char *store_part;    /* part of /readyz: "database.trade" */
    const char *assigned_part; /* part of /readyz: "assigned.trade" */
    int64_t batch_rows;
    int64_t batch_ms;
    int64_t poison_max;
    const struct kafka_settings *kafka;
    struct metrics *metrics;
    struct health *health;
};

/* NULL: ERR_NOMEM. about's texts and pointers must outlive the runner. */
struct runner *runner_create(const struct runner_about *about, struct err *e);
void runner_destroy(
    struct runner *r); /* not while its threads run; before its sink's destroy; NULL is fine */

/* For waits inside the sink: false when the sink has to come back now. ctx: the runner. */
bool runner_go_on(void *ctx);

/* The sink is borrowed. ERR_NOMEM. */
int runner_start(struct runner *r, void *sink, struct err *e) MUST_CHECK;

bool runner_alive(const struct runner *r);
int64_t runner_beat_us(const struct runner *r); /* clock_mono_us() of its last turn */
void runner_stop(struct runner *r);

/* Waits until the thread ended, at most until deadline_us (clock_mono_us). 1: it has not; else what
 * it ended with: 0, or -1 with *e. Of a runner that never started: 0. */
int runner_join(struct runner *r, int64_t deadline_us, struct err *e) MUST_CHECK;

#endif
