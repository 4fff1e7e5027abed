#include "fold.h"

#include "clock.h"
#include "kafka/topics.h"
#include "log.h"
#include "poison.h"
#include "replay.h"
#include "runtime.h"

#include <stdlib.h>
#include <unistd.h>

enum { OPTIONS_MAX = 64 };

#define REPLAY(field_) offsetof(struct runtime_options, replay.field_)
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
    {"keep.every.s", CONF_INT, offsetof(struct runtime_options, keep_every_s), .def = "21600",
     .min = 1, .max = 31536000,
     .help = "how much time of the input lies between two images that are kept for replays"},
    POISON_OPTION(offsetof(struct runtime_options, poison_max)),
    {"into", CONF_STR, REPLAY(into),
     .help = "replay, into TOPIC.SUFFIX instead of each TOPIC, and leave: outside the group, "
             "without effect on what is live"},
    {"from-offset", CONF_INT, REPLAY(from_offset), .def = "-1", .min = -1, .max = INT64_MAX - 1,
     .help = "of a replay: begin with this offset of the input (with one of --partitions); without "
             "a beginning, with the first that is possible"},
    {"to-offset", CONF_INT, REPLAY(to_offset), .def = "-1", .min = -1, .max = INT64_MAX - 1,
     .help = "of a replay: end behind this offset (with one of --partitions); without an end, with "
             "what there is at the start"},
    {"from-time", CONF_STR, REPLAY(from_time),
     .help = "of a replay: begin with what was written at this time: RFC 3339 or seconds since "
             "1970"},
    {"to-time", CONF_STR, REPLAY(to_time),
     .help = "of a replay: end with what was written before this time"},
    {"partitions", CONF_STR, REPLAY(partitions),
     .help = "of a replay: only these, comma-separated; empty: all"},
    {"speed", CONF_STR, REPLAY(speed), .def = "max",
     .help = "of a replay: max, or so many times as fast as the input was written: 1x, 10x"},
    {"recreate", CONF_BOOL, REPLAY(recreate),
     .help = "of a replay: remove its topics first, with all they hold; else they must be empty"},
    {"recompute", CONF_BOOL, REPLAY(recompute),
     .help = "of a replay: fold with this configuration what was folded with another; else it "
             "stops where that begins"},
    {NULL}};
#undef REPLAY

static const char *const prefixes[] = {KAFKA_PAIR_PREFIX, NULL};

#define COUNTER(name_, help_, labels_)                                                             \
    {                                                                                              \
        "candlewick_" name_, help_, METRIC_COUNTER, 1, labels_                                     \
    }
#define GAUGE(name_, help_, divisor_)                                                              \
    {                                                                                              \
        "candlewick_" name_, help_, METRIC_GAUGE, divisor_                                         \
    }
#define AT(field_) offsetof(struct runtime_metrics, field_)
static const struct {
    size_t offset; /* of the metric in struct runtime_metrics */
    struct metric_desc desc;
} rows[] = {
    {AT(consumed),
     COUNTER("records_consumed_total", "inputs read, those folded again included", NULL)},
    {AT(refused), COUNTER("dead_letters_total", "inputs sent to the dead letters", NULL)},
    {AT(commits), COUNTER("txn_commits_total", "transactions committed", NULL)},
    {AT(aborts), COUNTER("txn_aborts_total", "transactions aborted", NULL)},
    {AT(rebuilds), COUNTER("rebuilds_total", "beginnings anew after a failure", NULL)},
    {AT(images), COUNTER("images_total", "images of state written", NULL)},
    {AT(kept), COUNTER("images_kept_total", "images of state kept for replays", NULL)},
    {AT(image_bytes), GAUGE("state_bytes", "size of the image written last", 1)},
    {AT(restore_us),
     GAUGE("restore_seconds", "how long the last restore of a partition took", 1000000)},
    {AT(assigned), GAUGE("partitions_assigned", "partitions this process folds", 1)},
    {AT(lag), GAUGE("consumer_lag_records", "inputs written and not yet folded", 1)},
    {AT(last_write_us),
     GAUGE("last_output_time_seconds", "when the last output was written", 1000000)},
};
static const struct metric_desc emitted[] = {
    COUNTER("records_produced_total", "outputs written", "topic")};
#undef AT
#undef GAUGE
#undef COUNTER
static const struct metric_table runtime_metric_table = METRIC_TABLE_OF(rows, desc);
static const struct metric_table output_metric_table = METRIC_TABLE(emitted);

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

/* The fold's counters as a table, whose rows are in descs. */
static struct metric_table table_of(const struct fold_ops *ops,
                                    struct metric_desc descs[FOLD_COUNTERS_MAX])
{
    size_t n = 0;
    for (; n < FOLD_COUNTERS_MAX && ops->counters[n]; n++)
        descs[n] = *ops->counters[n];
    return (struct metric_table){descs, n, sizeof(descs[0])};
}

/* --- set-up ---------------------------------------------------------------------------------- */

static int add_metrics(struct runtime *rt, struct err *e)
{
    struct metrics *registry = rt->program->metrics;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct metric *added = metrics_add(registry, &rows[i].desc, "", e);
        if (!added)
            return -1;
        *(struct metric **)((char *)&rt->metrics + rows[i].offset) = added;
    }
    for (int i = 0; rt->ops->outputs[i]; i++) {
        char labels[KAFKA_NAME_MAX + 16];
        (void)snprintf(labels, sizeof(labels), "topic=\"%s\"", rt->outputs[i]);
        rt->metrics.emitted[i] = metrics_add(registry, emitted, labels, e);
        if (!rt->metrics.emitted[i])
            return -1;
    }
    for (int i = 0; rt->ops->counters[i]; i++)
        if (!(rt->metrics.counters[i] = metrics_add(registry, rt->ops->counters[i], "", e)))
            return -1;
    return 0;
}

/* Without an instance nobody comes back under the same name, so any name will do that is ours. Of
 * two replays into the same topics the later one ends the other. */
static void name_transactions(struct runtime *rt)
{
    if (*rt->options.replay.into)
        (void)snprintf(rt->transactional_id, sizeof(rt->transactional_id), "%s.into.%.40s", rt->id,
                       rt->options.replay.into);
    else if (*rt->options.instance)
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
    (void)snprintf(rt->images_logical, sizeof(rt->images_logical), "%s-images", rt->ops->name);
    if (kafka_name(&rt->kafka, rt->state_logical, rt->state_topic, e) != 0 ||
        kafka_name(&rt->kafka, rt->images_logical, rt->images_topic, e) != 0 ||
        kafka_name(&rt->kafka, "dead-letters", rt->dead_letters, e) != 0)
        return -1;
    for (int i = 0; rt->ops->outputs[i]; i++) {
        char name[KAFKA_NAME_MAX + 1];
        runtime_output_name(rt, i, name);
        if (kafka_name(&rt->kafka, name, rt->outputs[i], e) != 0)
            return -1;
    }
    return 0;
}

static int find_topics(struct runtime *rt, struct err *e)
{
    const char *names[FOLD_OUTPUTS_MAX + 4] = {rt->ops->input, rt->state_logical,
                                               rt->images_logical};
    int32_t counts[FOLD_OUTPUTS_MAX + 4];
    int n = 3;
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
    for (int i = 0; rt->ops->outputs[i]; i++) {
        char name[KAFKA_NAME_MAX + 1];
        runtime_output_name(rt, i, name);
        if (framing_prepare(rt->framing, name, &rt->ops->output_type, 1, &rt->framed[i], e) != 0)
            return -1;
    }
    return 0;
}

static int run(struct runtime *rt, void *fold_options, struct err *e)
{
    health_wait(rt->program->health, "assignment", "no partitions assigned yet");
    if (kafka_settings_check(&rt->kafka, e) != 0 ||
        replay_options_check(&rt->options.replay, clock_real_us(), e) != 0 ||
        (rt->ops->prepare && rt->ops->prepare(fold_options, e) != 0) ||
        configuration_make(&rt->configuration, rt->ops, fold_options, e) != 0 ||
        name_topics(rt, e) != 0 || add_metrics(rt, e) != 0 || find_topics(rt, e) != 0 ||
        prepare_framing(rt, e) != 0)
        return -1;
    log_info(rt->id, "ready to fold", LOG_STR("input", rt->ops->input),
             LOG_INT("partitions", rt->partitions), LOG_STR("instance", rt->options.instance),
             LOG_STR("config", rt->configuration.digest));
    return *rt->options.replay.into ? replay_run(rt, e) : runtime_run(rt, e);
}

int fold_main(int argc, char **argv, const struct fold_ops *ops)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "cw-%s", ops->name);
    struct framing_conf framing;
    struct metric_desc descs[FOLD_COUNTERS_MAX];
    const struct metric_table counters = table_of(ops, descs);
    const struct program_about about = {
        .conf = {.name = name,
                 .summary = ops->summary,
                 .args = "",
                 .prefixes = prefixes,
                 .details = ops->details},
        .health_listen = ops->health_listen,
        .shared = {framing_options, &framing},
        .metrics = {&runtime_metric_table, &output_metric_table, &framing_metric_table, &counters}};
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
        code = program_end(&p, rt.framing ? run(&rt, values + 1, &e) : -1, &e);
        framing_destroy(rt.framing);
        configuration_finish(&rt.configuration);
    }
    program_finish(&p);
    free(values);
    return code;
}
