/**
 * A topic as it shall be: what deploy/topics.json says of one, or as another one is.
 * Threads: values.
 */
#ifndef CANDLEWICK_KAFKA_TOPIC_SPEC_H
#define CANDLEWICK_KAFKA_TOPIC_SPEC_H

#include <stddef.h>
#include <stdint.h>

enum { TOPIC_CONFIGS_MAX = 16 };

struct topic_config {
    char *name;  /* as the broker knows it: "retention.ms" */
    char *value; /* without unit: "604800000" */
};

struct topic_spec {
    char *name; /* without the prefix */
    int32_t partitions;
    struct topic_config configs[TOPIC_CONFIGS_MAX];
    size_t n_configs;
};

#endif
