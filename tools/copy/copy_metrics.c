#include "copy_metrics.h"

#include "kafka/lag.h"

enum { READ, WRITTEN, REBUILDS, LAG };

static const struct metric_desc descs[] = {
    [READ] = {"candlewick_records_copied_total", "records that were copied", METRIC_COUNTER, 1},
    [WRITTEN] = {"candlewick_copies_written_total",
                 "records written; ticks and rates may be written to several partitions",
                 METRIC_COUNTER, 1},
    [REBUILDS] = {"candlewick_rebuilds_total", "beginnings anew after a failure", METRIC_COUNTER,
                  1},
    [LAG] = {"candlewick_consumer_lag_records",
             "offsets between what is copied and the end of the topic", METRIC_GAUGE, 1,
             "topic,partition"},
};
const struct metric_table copy_metric_table = METRIC_TABLE(descs);

int copy_metrics_init(struct copy_metrics *m, struct metrics *registry, struct err *e)
{
    struct metric *read = metrics_add(registry, &descs[READ], "", e);
    struct metric *written = metrics_add(registry, &descs[WRITTEN], "", e);
    struct metric *rebuilds = metrics_add(registry, &descs[REBUILDS], "", e);
    if (!read || !written || !rebuilds)
        return -1;
    *m = (struct copy_metrics){registry, read, written, rebuilds};
    return 0;
}

void copy_metrics_lag(struct copy_metrics *m, const char *topic, int32_t partition, int64_t records)
{
    lag_show(m->registry, &descs[LAG], topic, partition, records);
}
