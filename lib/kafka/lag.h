/**
 * How far somebody is behind the end of a partition, as a metric.
 *
 *     lag_show(registry, &descs[LAG], "prod.trades", 3, end - stored);
 *
 * Threads: any.
 */
#ifndef CANDLEWICK_KAFKA_LAG_H
#define CANDLEWICK_KAFKA_LAG_H

#include "metrics.h"

/* desc: a gauge with the labels "topic,partition". topic: whole, with its prefix. Without memory
 * for the gauge nothing is shown: no reason to stop the work that it tells of. */
void lag_show(struct metrics *r, const struct metric_desc *desc, const char *topic,
              int32_t partition, int64_t records);

#endif
