/**
 * What a runner counts.
 *
 *     struct runner_metrics m;
 *     if (runner_metrics_init(&m, &about, &e) != 0) ...
 *     metric_inc(m.flushes, 1);
 *
 * Threads: as metrics.h.
 */
#ifndef CANDLEWICK_SINK_RUNNER_METRICS_H
#define CANDLEWICK_SINK_RUNNER_METRICS_H

#include "cursors.h"
#include "runner.h"

struct runner_metrics {
    struct metrics *registry;
    struct metric *flushes;
    struct metric *failures;
    struct metric *quarantined;
};

extern const struct metric_table runner_metric_table;

/* ERR_NOMEM. */
int runner_metrics_init(struct runner_metrics *m, const struct runner_about *about,
                        struct err *e) MUST_CHECK;

/* One record went to the dead letters. ERR_NOMEM. */
int runner_metrics_letter(struct runner_metrics *m, const char *stage, enum err_code why,
                          struct err *e) MUST_CHECK;

/* How far the store is behind the topic. */
void runner_metrics_lag(struct runner_metrics *m, struct group *g, const struct cursors *c);

/* The lag of these partitions is somebody else's from now on. */
void runner_metrics_forget(struct runner_metrics *m, struct group *g, const struct cursors *c);

#endif
