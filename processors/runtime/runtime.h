/**
 * What the parts of the runtime share: names, counts and settings, fixed before the loop starts.
 * Threads: read-only.
 */
#ifndef CANDLEWICK_RUNTIME_H
#define CANDLEWICK_RUNTIME_H

#include "configuration.h"
#include "fold.h"
#include "framing.h"
#include "kafka/kafka.h"
#include "program.h"
#include "replay_options.h"

#include <stddef.h>

struct runtime_options {
    _Alignas(max_align_t) char *instance; /* a fold's options follow in memory, of any kind */
    int64_t commit_interval_ms;
    int64_t commit_min_ms;
    int64_t image_min_ms;
    int64_t image_max_ms;
    int64_t image_records;
    int64_t keep_every_s;
    int64_t poison_max;
    struct replay_options replay;
};

struct runtime_metrics {
    struct metric *consumed;
    struct metric *emitted[FOLD_OUTPUTS_MAX]; /* as fold_ops.outputs */
    struct metric *refused;
    struct metric *commits;
    struct metric *aborts;
    struct metric *rebuilds;
    struct metric *images;
    struct metric *image_bytes;
    struct metric *kept;
    struct metric *restore_us;
    struct metric *assigned;
    struct metric *lag;
    struct metric *last_write_us;
    struct metric *counters[FOLD_COUNTERS_MAX];
};

struct runtime {
    const struct fold_ops *ops;
    const void *fold_options;
    struct configuration configuration;
    struct runtime_options options;
    struct program *program;
    struct kafka_settings kafka;
    struct framing *framing;
    char id[64];                /* "cw-candles" */
    char transactional_id[128]; /* of every session of this process */
    char state_logical[64];     /* "candles-state" */
    char state_topic[KAFKA_NAME_MAX + 1];
    char images_logical[64]; /* "candles-images" */
    char images_topic[KAFKA_NAME_MAX + 1];
    char dead_letters[KAFKA_NAME_MAX + 1];
    char outputs[FOLD_OUTPUTS_MAX][KAFKA_NAME_MAX + 1];
    struct framing_topic framed[FOLD_OUTPUTS_MAX]; /* the outputs' */
    int32_t partitions;                            /* of input, outputs, state and images alike */
    struct runtime_metrics metrics;
};

/* Logical name of output number i: the fold's, with the suffix of a replay. */
void runtime_output_name(const struct runtime *rt, int i, char ret[KAFKA_NAME_MAX + 1]);

/* The loop: from the start, through every failure that a new beginning can mend, to the request to
 * stop. -1 with *e: what a new beginning cannot mend. */
int runtime_run(const struct runtime *rt, struct err *e) MUST_CHECK;

#endif
