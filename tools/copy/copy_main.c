/**
 * cw-copy: what producers wrote under one prefix, once more under another.
 */
#include "copy.h"

#include <stddef.h>

static const struct conf_opt options[] = {
    {"from-prefix", CONF_STR, offsetof(struct copy_settings, from_prefix),
     .help = "prefix of what is copied; --prefix is where to"},
    {"topics", CONF_STR, offsetof(struct copy_settings, topics), .def = COPY_TOPICS,
     .help = "what is copied, comma-separated; " COPY_PROGRESS " stands for all of them"},
    {"exit-at-end", CONF_BOOL, offsetof(struct copy_settings, exit_at_end),
     .help = "leave when all there was at the start is copied; without it, follow"},
    {NULL}};

static const char *const prefixes[] = {KAFKA_PAIR_PREFIX, NULL};

static const char details[] =
    "What it does\n"
    "  Copies the topics that producers write from one prefix to another on the same brokers,\n"
    "  each record exactly once: keys, values, headers and Kafka's times as they are, in the "
    "order\n"
    "  of their partition. It goes on where it stopped, and may be killed at any time. Of two "
    "that\n"
    "  copy into the same prefix the later one ends the other. What is derived (candles,\n"
    "  opportunities) is not copied: processors under the new prefix fold it anew.\n\n"
    "Partitions\n"
    "  The new topics, made by cw-topics create, have as many partitions as the old ones, or a\n"
    "  multiple: then partition p of k is spread over p, p + k, p + 2k, … by the hash of the key,\n"
    "  and ticks and rates go to each of these. " COPY_PROGRESS " keeps its number, the shards'.\n"
    "  Nobody else may write to the new topics before the copy is whole.\n\n"
    "The end\n"
    "  With --exit-at-end it leaves with exit code 0 when every record that was there at the "
    "start\n"
    "  is copied. Producers that were stopped before can then be started under the new prefix:\n"
    "  docs/UPGRADE.md. Stopped sooner, it leaves with exit code 1. Without --exit-at-end it\n"
    "  follows until it is stopped; /readyz says whether it has caught up with its start, the\n"
    "  metric candlewick_consumer_lag_records how far it is behind.\n\n"
    "Examples\n"
    "  cw-topics create --prefix v2. --partitions 8\n"
    "  cw-copy --prefix v2.\n"
    "  cw-copy --prefix v2. --exit-at-end\n"
    "  cw-copy --from-prefix v2. --prefix v3. --topics trades,quotes\n";

static int run(struct program *p, const struct copy_settings *s, struct err *e)
{
    struct copy c = {
        .program = p,
        .settings = s,
        .from = {p->common.brokers, s->from_prefix, &p->conf, program_stopping, p->health},
        .to = {p->common.brokers, p->common.prefix, &p->conf, program_stopping, p->health}};
    if (strcmp(s->from_prefix, p->common.prefix) == 0)
        return err_set(e, ERR_CONF, "--from-prefix and --prefix are the same, \"%.100s\"",
                       s->from_prefix);
    health_wait(p->health, "copy", "looking at the topics");
    if (kafka_settings_check(&c.from, e) != 0 || kafka_settings_check(&c.to, e) != 0 ||
        copy_metrics_init(&c.metrics, p->metrics, e) != 0 || copy_topics_find(&c, e) != 0)
        return -1;
    return copy_run(&c, e);
}

int main(int argc, char **argv)
{
    static const struct program_about about = {
        .conf = {.name = "cw-copy",
                 .summary = "copies what producers wrote to another prefix, exactly once",
                 .args = "",
                 .prefixes = prefixes,
                 .details = details},
        .health_listen = "127.0.0.1:9106",
        .metrics = {&copy_metric_table}};
    struct copy_settings s;
    struct program p;
    struct err e = {0};
    int r = program_start(&p, &about, options, &s, argc, argv);
    if (r == PROGRAM_RUN) {
        int done = run(&p, &s, &e);
        /* who waits for the whole must not take a part for it */
        if (done != 0 && s.exit_at_end && e.code == ERR_STOPPED)
            e.code = ERR_STATE;
        r = program_end(&p, done, &e);
    }
    program_finish(&p);
    return r;
}
