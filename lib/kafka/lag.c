#include "lag.h"

#include "kafka.h"

#include <inttypes.h>

void lag_show(struct metrics *r, const struct metric_desc *desc, const char *topic,
              int32_t partition, int64_t records)
{
    char labels[KAFKA_NAME_MAX + 64];
    struct err ignored;
    (void)snprintf(labels, sizeof(labels), "topic=\"%s\",partition=\"%" PRId32 "\"", topic,
                   partition);
    struct metric *gauge = metrics_add(r, desc, labels, &ignored);
    if (gauge)
        metric_set(gauge, records);
}
