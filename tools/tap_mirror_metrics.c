#include "tap_mirror_metrics.h"

#include "kafka/lag.h"

#include <stdio.h>

enum { LABELS_MAX = 64 };

enum { MIRRORED, TICKS, LETTERS, LAG };

static const struct metric_desc descs[] = {
    [MIRRORED] = {"candlewick_records_mirrored_total", "records written to the mirror",
                  METRIC_COUNTER, 1},
    [TICKS] = {"candlewick_ticks_left_out_total", "ticks that the mirror leaves out",
               METRIC_COUNTER, 1},
    [LETTERS] = {"candlewick_dead_letters_total",
                 "records that cannot be mirrored, put to the dead letters", METRIC_COUNTER, 1,
                 "reason,stage"},
    [LAG] = {"candlewick_consumer_lag_records",
             "offsets between what is mirrored and the end of the topic", METRIC_GAUGE, 1,
             "topic,partition"},
};
const struct metric_table tap_mirror_metric_table = METRIC_TABLE(descs);

int tap_mirror_metrics_init(struct tap_mirror_metrics *m, struct metrics *registry, struct err *e)
{
    struct metric *written = metrics_add(registry, &descs[MIRRORED], "", e);
    struct metric *left = metrics_add(registry, &descs[TICKS], "", e);
    if (!written || !left)
        return -1;
    *m = (struct tap_mirror_metrics){registry, written, left};
    return 0;
}

int tap_mirror_metrics_letter(struct tap_mirror_metrics *m, enum err_code why, struct err *e)
{
    char labels[LABELS_MAX];
    (void)snprintf(labels, sizeof(labels), "reason=\"%s\",stage=\"mirror\"", err_code_name(why));
    struct metric *counter = metrics_add(m->registry, &descs[LETTERS], labels, e);
    if (!counter)
        return -1;
    metric_inc(counter, 1);
    return 0;
}

void tap_mirror_metrics_lag(struct tap_mirror_metrics *m, const char *topic, int32_t partition,
                            int64_t records)
{
    lag_show(m->registry, &descs[LAG], topic, partition, records);
}
