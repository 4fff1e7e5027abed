/**
 * What a copy counts.
 *
 *     struct copy_metrics m;
 *     if (copy_metrics_init(&m, program->metrics, &e) != 0) ...
 *     metric_inc(m.read, 1);
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_COPY_METRICS_H
#define CANDLEWICK_COPY_METRICS_H

#include "metrics.h"

struct copy_metrics {
    struct metrics *registry;
    struct metric *read;     /* records whose copies are committed */
    struct metric *written;  /* their copies */
    struct metric *rebuilds; /* new beginnings */
};

extern const struct metric_table copy_metric_table;

int copy_metrics_init(struct copy_metrics *m, struct metrics *registry, struct err *e) MUST_CHECK;

/* Offsets between what is copied and the end of a partition. topic: with its prefix. */
void copy_metrics_lag(struct copy_metrics *m, const char *topic, int32_t partition,
                      int64_t records);

#endif
