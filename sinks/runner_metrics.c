#include "runner_metrics.h"

#include "clock.h"
#include "kafka/lag.h"
#include "timefmt.h"

#include <stdio.h>

enum { LABELS_MAX = KAFKA_NAME_MAX + 64, LOOK_MS = 500 };

enum { FLUSHES, FAILURES, LETTERS, QUARANTINED, LAG };

static const struct metric_desc descs[] = {
    [FLUSHES] = {"candlewick_flushes_total", "batches kept, with their offsets", METRIC_COUNTER, 1,
                 "table"},
    [FAILURES] = {"candlewick_flush_failures_total",
                  "batches that were not kept and are read again", METRIC_COUNTER, 1, "table"},
    [LETTERS] = {"candlewick_dead_letters_total",
                 "records that cannot be kept, put to the dead letters", METRIC_COUNTER, 1,
                 "reason,stage"},
    [QUARANTINED] = {"candlewick_quarantined_total", "records that the store refused, kept aside",
                     METRIC_COUNTER, 1, "table"},
    [LAG] = {"candlewick_consumer_lag_records",
             "offsets between what is stored and the end of the topic", METRIC_GAUGE, 1,
             "topic,partition"},
};
const struct metric_table runner_metric_table = METRIC_TABLE(descs);

int runner_metrics_init(struct runner_metrics *m, const struct runner_about *about, struct err *e)
{
    char labels[LABELS_MAX];
    (void)snprintf(labels, sizeof(labels), "table=\"%s\"", about->table);
    struct metric *ok = metrics_add(about->metrics, &descs[FLUSHES], labels, e);
    struct metric *failed = metrics_add(about->metrics, &descs[FAILURES], labels, e);
    struct metric *aside = metrics_add(about->metrics, &descs[QUARANTINED], labels, e);
    if (!ok || !failed || !aside)
        return -1;
    *m = (struct runner_metrics){about->metrics, ok, failed, aside};
    return 0;
}

int runner_metrics_letter(struct runner_metrics *m, const char *stage, enum err_code why,
                          struct err *e)
{
    char labels[LABELS_MAX];
    (void)snprintf(labels, sizeof(labels), "reason=\"%s\",stage=\"%s\"", err_code_name(why), stage);
    struct metric *counter = metrics_add(m->registry, &descs[LETTERS], labels, e);
    if (!counter)
        return -1;
    metric_inc(counter, 1);
    return 0;
}

static void set_lag(struct runner_metrics *m, struct group *g, const struct cursor *c,
                    int64_t records)
{
    lag_show(m->registry, &descs[LAG], group_topic(g, c->topic), c->partition, records);
}

void runner_metrics_lag(struct runner_metrics *m, struct group *g, const struct cursors *c)
{
    /* a group that is held asks brokers, who may not answer: better an old figure than no turn */
    int64_t end_us = clock_mono_us() + LOOK_MS * US_PER_MS;
    for (size_t i = 0; i < c->n && clock_mono_us() < end_us; i++) {
        const struct cursor *at = &c->items[i];
        int64_t stored = at->stored;
        int64_t end = group_end_offset(g, at->topic, at->partition);
        int64_t behind = end - stored;
        if (end >= 0 && stored >= 0) /* what is stored is unknown until the store was asked */
            set_lag(m, g, at, behind > 0 ? behind : 0);
    }
}

void runner_metrics_forget(struct runner_metrics *m, struct group *g, const struct cursors *c)
{
    for (size_t i = 0; i < c->n; i++)
        set_lag(m, g, &c->items[i], 0);
}
