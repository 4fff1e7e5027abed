/**
 * What a mirror counts.
 *
 *     struct tap_mirror_metrics m;
 *     if (tap_mirror_metrics_init(&m, program->metrics, &e) != 0) ...
 *     metric_inc(m.mirrored, 1);
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_TAP_MIRROR_METRICS_H
#define CANDLEWICK_TAP_MIRROR_METRICS_H

#include "metrics.h"

struct tap_mirror_metrics {
    struct metrics *registry;
    struct metric *mirrored; /* records written to the mirror, tombstones among them */
    struct metric *ticks;    /* left out */
};

extern const struct metric_table tap_mirror_metric_table;

int tap_mirror_metrics_init(struct tap_mirror_metrics *m, struct metrics *registry,
                            struct err *e) MUST_CHECK;

/* One dead letter, by the code of what was wrong. ERR_NOMEM. */
int tap_mirror_metrics_letter(struct tap_mirror_metrics *m, enum err_code why,
                              struct err *e) MUST_CHECK;

/* topic: whole, with its prefix. */
void tap_mirror_metrics_lag(struct tap_mirror_metrics *m, const char *topic, int32_t partition,
                            int64_t records);

#endif
