#include "fold.h"

#include "clock.h"
#include "kafka/topics.h"
#include "log.h"
#include "runtime.h"

#include <stdlib.h>
#include <unistd.h>

enum { OPTIONS_MAX = 64 };

static const struct conf_opt runtime_options[] = {
    {"instance", CONF_STR, offsetof(struct runtime_options, instance),
     .help = "slot of this process among several (0, 1, …): makes a restart instant; no two "
             "running processes may share one"},
    {"commit.interval.ms", CONF_INT, offsetof(struct runtime_options, commit_interval_ms),
     .def = "100", .min = 1, .max = 5000,
     .help = "longest time from an input to the commit of what came of it"},
    {"commit.min.ms", CONF_INT, offsetof(struct runtime_options, commit_min_ms), .def = "20",
     .min = 0, .max = 5000, .help = "shortest time between two commits"},
    {"image.min.ms", CONF_INT, offsetof(struct runtime_options, image_min_ms), .def = "5000",
     .min = 0, .max = 3600000, .help = "shortest time between two images of a partition's state"},
    {"image.max.ms", CONF_INT, offsetof(struct runtime_options, image_max_ms), .def = "60000",
     .min = 1, .max = 3600000, .help = "an image is due after this time, if there was input"},
    {"image.records", CONF_INT, offsetof(struct runtime_options, image_records), .def = "200000",
     .min = 1, .max = 100000000, .help = "or after this many inputs"},
    {NULL}};

static const char *const prefixes[] = {KAFKA_PAIR_PREFIX, NULL};

static const struct metric_desc consumed = {"candlewick_records_consumed_total",
                                            "inputs read, those folded again included",
                                            METRIC_COUNTER, 1};
static const struct metric_desc emitted = {"candlewick_records_produced_total", "outputs written",
                                           METRIC_COUNTER, 1};
static const struct metric_desc refused = {"candlewick_records_dead_letter_total",
                                           "inputs sent to the dead letters", METRIC_COUNTER, 1};
static const struct metric_desc commits = {"candlewick_txn_commits_total", "transactions committed",
                                           METRIC_COUNTER, 1};
static const struct metric_desc aborts = {"candlewick_txn_aborts_total", "transactions aborted",
                                          METRIC_COUNTER, 1};
static const struct metric_desc rebuilds = {"candlewick_rebuilds_total",
                                            "beginnings anew after a failure", METRIC_COUNTER, 1};
static const struct metric_desc images = {"candlewick_images_total", "images of state written",
                                          METRIC_COUNTER, 1};
static const struct metric_desc image_bytes = {"candlewick_state_bytes",
                                               "size of the image written last", METRIC_GAUGE, 1};
static const struct metric_desc restore_us = {"candlewick_restore_seconds",
                                              "how long the last restore of a partition took",
                                              METRIC_GAUGE, 1000000};
static const struct metric_desc assigned = {"candlewick_partitions_assigned",
                                            "partitions this process folds", METRIC_GAUGE, 1};
static const struct metric_desc lag = {"candlewick_consumer_lag_records",
                                       "inputs written and not yet folded", METRIC_GAUGE, 1};
static const struct metric_desc last_write_us = {"candlewick_last_output_time_seconds",
                                                 "when the last output was written", METRIC_GAUGE,
                                                 1000000};

/* --- options --------------------------------------------------------------------------------- */

/* One struct for both tables: the runtime's options first, the fold's behind them. */
static int merge_options(const struct fold_ops *ops, struct conf_opt *merged)
{
    int n = 0;
    for (const struct conf_opt *o = runtime_options; o->key; o++)
        merged[n++] = *o;
    for (const struct conf_opt *o = ops->options; o->key; o++) {
        if (n == OPTIONS_MAX - 1)
            return -1;
        merged[n] = *o;
        merged[n++].offset += sizeof(struct runtime_options);
    }
    merged[n] = (struct conf_opt){NULL};
    return 0;
}

/* --- set-up ---------------------------------------------------------------------------------- */

static int add_metrics(struct runtime *rt, struct err *e)
{
    const struct {
        struct metric **at;
        const struct metric_desc *desc;
    } all[] = {
        {&rt->metrics.consumed, &consumed},
        {&rt->metrics.emitted, &emitted},
        {&rt->metrics.refused, &refused},
        {&rt->metrics.commits, &commits},
        {&rt->metrics.aborts, &aborts},
        {&rt->metrics.rebuilds, &rebuilds},
        {&rt->metrics.images, &images},
        {&rt->metrics.image_bytes, &image_bytes},
        {&rt->metrics.restore_us, &restore_us},
        {&rt->metrics.assigned, &assigned},
        {&rt->metrics.lag, &lag},
        {&rt->metrics.last_write_us, &last_write_us},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (!(*all[i].at = metrics_add(rt->program->metrics, all[i].desc, "", e)))
            return -1;
    for (int i = 0; rt->ops->counters[i]; i++)
        if (!(rt->metrics.counters[i] =
                  metrics_add(rt->program->metrics, rt->ops->counters[i], "", e)))
            return -1;
    return 0;
}

/* Without an instance nobody comes back under the same name, so any name will do that is ours. */
static void name_transactions(struct runtime *rt)
{
    if (*rt->options.instance)
        (void)snprintf(rt->transactional_id, sizeof(rt->transactional_id), "%s.%.60s", rt->id,
                       rt->options.instance);
    else
        (void)snprintf(rt->transactional_id, sizeof(rt->transactional_id), "%s.pid-%ld-%lld",
                       rt->id, (long)getpid(), (long long)clock_real_us());
}

static int name_topics(struct runtime *rt, struct err *e)
{
    (void)snprintf(rt->id, sizeof(rt->id), "cw-%s", rt->ops->name);
    name_transactions(rt);
    (void)snprintf(rt->state_logical, sizeof(rt->state_logical), "%s-state", rt->ops->name);
    if (kafka_name(&rt->kafka, rt->state_logical, rt->state_topic, e) != 0 ||
        kafka_name(&rt->kafka, "dead-letters", rt->dead_letters, e) != 0)
        return -1;
    for (int i = 0; rt->ops->outputs[i]; i++)
        if (kafka_name(&rt->kafka, rt->ops->outputs[i], rt->outputs[i], e) != 0)
            return -1;
    return 0;
}

static int find_topics(struct runtime *rt, struct err *e)
{
    const char *names[FOLD_OUTPUTS_MAX + 4] = {rt->ops->input, rt->state_logical};
    int32_t counts[FOLD_OUTPUTS_MAX + 4];
    int n = 2;
    for (int i = 0; rt->ops->outputs[i]; i++)
        names[n++] = rt->ops->outputs[i];
    names[n] = NULL;
    if (topics_await(&rt->kafka, rt->program->health, names, counts, e) != 0 ||
        topics_same_count(names, counts, e) != 0)
        return -1;
    rt->partitions = counts[0];
    static const char *const others[] = {"dead-letters", NULL};
    return topics_await(&rt->kafka, rt->program->health, others, counts, e);
}

/* What is written, made known to readers before it is. */
static int prepare_framing(struct runtime *rt, struct err *e)
{
    const enum record_type all[] = {RECORD_IMAGE, rt->ops->output_type};
    if (framing_publish(rt->framing, all, sizeof(all) / sizeof(all[0]), e) != 0)
        return -1;
    for (int i = 0; rt->ops->outputs[i]; i++)
        if (framing_prepare(rt->framing, rt->ops->outputs[i], &rt->ops->output_type, 1,
                            &rt->framed[i], e) != 0)
            return -1;
    return 0;
}

static int run(struct runtime *rt, struct err *e)
{
    health_wait(rt->program->health, "assignment", "no partitions assigned yet");
    if (kafka_settings_check(&rt->kafka, e) != 0 ||
        (rt->ops->check && rt->ops->check(rt->fold_options, e) != 0) || name_topics(rt, e) != 0 ||
        add_metrics(rt, e) != 0 || find_topics(rt, e) != 0 || prepare_framing(rt, e) != 0)
        return -1;
    log_info(rt->id, "ready to fold", LOG_STR("input", rt->ops->input),
             LOG_INT("partitions", rt->partitions), LOG_STR("instance", rt->options.instance));
    return runtime_run(rt, e);
}

int fold_main(int argc, char **argv, const struct fold_ops *ops)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "cw-%s", ops->name);
    struct framing_conf framing;
    const struct program_about about = {.conf = {.name = name,
                                                 .summary = ops->summary,
                                                 .args = "",
                                                 .prefixes = prefixes,
                                                 .details = ops->details},
                                        .health_listen = ops->health_listen,
                                        .shared = {framing_options, &framing}};
    struct conf_opt options[OPTIONS_MAX];
    struct runtime_options *values = calloc(1, sizeof(*values) + ops->options_size);
    if (!values || merge_options(ops, options) != 0) {
        free(values);
        (void)fprintf(stderr, "%s: out of memory\n", name);
        return PROGRAM_FAILURE;
    }
    struct program p;
    struct err e = {0};
    int code = program_start(&p, &about, options, values, argc, argv);
    if (code == PROGRAM_RUN) {
        struct runtime rt = {
            .ops = ops,
            .fold_options = values + 1,
            .options = *values,
            .program = &p,
            .kafka = {p.common.brokers, p.common.prefix, &p.conf, program_stopping, p.health}};
        rt.framing = framing_create(&framing, &rt.kafka, p.metrics, &e);
        code = program_end(&p, rt.framing ? run(&rt, &e) : -1, &e);
        framing_destroy(rt.framing);
    }
    program_finish(&p);
    free(values);
    return code;
}
