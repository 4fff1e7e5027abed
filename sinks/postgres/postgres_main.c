/**
 * cw-postgres: trades and candles into PostgreSQL, each record once.
 */
#include "candles.h"
#include "clock.h"
#include "kafka/topics.h"
#include "log.h"
#include "program.h"
#include "runner.h"
#include "runner_metrics.h"
#include "timefmt.h"
#include "trades.h"

#include <time.h>
#include <unistd.h>

enum { LANES = 2, LOOK_MS = 200, LEAVE_S = 9 };

static const char NAME[] = "cw-postgres";

struct settings {
    char *url;
    char *instance;
    int64_t batch_rows;
    int64_t batch_ms;
};

static const struct conf_opt options[] = {
    {"database.url", CONF_STR, offsetof(struct settings, url), .def = "postgresql:///candlewick",
     .help = "the database: postgresql://user:password@host:port/name", .secret = true},
    {"instance", CONF_STR, offsetof(struct settings, instance),
     .help = "number of this process among those that share the work: a restart then keeps its "
             "partitions; empty for a dynamic member"},
    {"batch.rows", CONF_INT, offsetof(struct settings, batch_rows), .def = "5000", .min = 1,
     .max = 100000, .help = "most records in one transaction"},
    {"batch.ms", CONF_INT, offsetof(struct settings, batch_ms), .def = "500", .min = 1,
     .max = 60000, .help = "how long a record waits for others, at most"},
    {NULL}};

/* One topic, its sink and its thread. */
struct lane {
    struct runner *runner;
    void *sink;
};

struct service {
    struct program *program;
    const struct settings *settings;
    struct kafka_settings kafka;
    struct lane lanes[LANES];
};

/* In the order of lanes. */
static const struct {
    const char *topic;
    const struct sink_ops *ops;
    void *(*create)(const struct store_about *about, struct err *e);
} plan[LANES] = {{"trades", &trades_ops, trades_create},
                 {"candles.1m", &candles_ops, candles_create}};

static int open_lane(struct service *s, size_t i, struct err *e)
{
    struct lane *lane = &s->lanes[i];
    const struct runner_about about = {.ops = plan[i].ops,
                                       .program = NAME,
                                       .topic = plan[i].topic,
                                       .instance = s->settings->instance,
                                       .batch_rows = s->settings->batch_rows,
                                       .batch_ms = s->settings->batch_ms,
                                       .kafka = &s->kafka,
                                       .metrics = s->program->metrics,
                                       .health = s->program->health};
    lane->runner = runner_create(&about, e);
    if (!lane->runner)
        return -1;
    const struct store_about store = {.name = NAME,
                                      .url = s->settings->url,
                                      .go_on = runner_go_on,
                                      .ctx = lane->runner,
                                      .metrics = s->program->metrics};
    lane->sink = plan[i].create(&store, e);
    return lane->sink ? runner_start(lane->runner, lane->sink, e) : -1;
}

/* The program lives while each of its threads does. */
static bool all_well(const struct service *s)
{
    int64_t oldest_us = clock_mono_us();
    for (size_t i = 0; i < LANES; i++) {
        if (!runner_alive(s->lanes[i].runner))
            return false;
        int64_t beat_us = runner_beat_us(s->lanes[i].runner);
        oldest_us = beat_us < oldest_us ? beat_us : oldest_us;
    }
    if (clock_mono_us() - oldest_us < HEALTH_STALL_MS * US_PER_MS)
        health_beat(s->program->health);
    return true;
}

/* Ends all threads. The first failure is the program's. */
static int leave(struct service *s, int result, struct err *e)
{
    int64_t deadline_us = clock_mono_us() + LEAVE_S * US_PER_S;
    for (size_t i = 0; i < LANES; i++)
        if (s->lanes[i].runner)
            runner_stop(s->lanes[i].runner);
    for (size_t i = 0; i < LANES; i++) {
        struct err why = {0};
        int r = s->lanes[i].runner ? runner_join(s->lanes[i].runner, deadline_us, &why) : 0;
        if (r > 0) {
            /* Some library call does not come back. Nothing is lost by leaving: what was not
             * committed is read again. */
            log_warn(NAME, "a thread does not end, leaving without it",
                     LOG_STR("table", plan[i].ops->table));
            _exit(PROGRAM_FAILURE);
        }
        if (r < 0 && result == 0) {
            *e = why;
            result = -1;
        }
    }
    return result;
}

static int serve(struct service *s, struct err *e)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < LANES; i++)
        r = open_lane(s, i, e);
    /* not program_pause(): it beats whether the threads live or not */
    const struct timespec look = {0, LOOK_MS * 1000000L};
    while (r == 0 && !program_stopping() && all_well(s))
        (void)nanosleep(&look, NULL);
    r = leave(s, r, e);
    for (size_t i = 0; i < LANES; i++) {
        plan[i].ops->destroy(s->lanes[i].sink);
        runner_destroy(s->lanes[i].runner);
    }
    return r;
}

static int run(struct program *p, const struct settings *settings, struct err *e)
{
    struct service s = {
        .program = p,
        .settings = settings,
        .kafka = {p->common.brokers, p->common.prefix, &p->conf, program_stopping, p->health}};
    const char *topics[LANES + 2] = {NULL};
    int32_t partitions[LANES + 1];
    for (size_t i = 0; i < LANES; i++)
        topics[i] = plan[i].topic;
    topics[LANES] = "dead-letters";
    if (db_url_check(settings->url, e) != 0 || kafka_settings_check(&s.kafka, e) != 0 ||
        topics_await(&s.kafka, p->health, topics, partitions, e) != 0)
        return -1;
    return serve(&s, e);
}

int main(int argc, char **argv)
{
    static const char *const prefixes[] = {KAFKA_PAIR_PREFIX, NULL};
    static const struct program_about about = {
        .conf =
            {.name = NAME,
             .summary = "stores trades and candles in PostgreSQL",
             .args = "",
             .prefixes = prefixes,
             .details =
                 "Rows and the offsets they were read up to are committed together, so every\n"
                 "record is stored once, whatever is killed whenever. Run cw-topics create and\n"
                 "cw-migrate up first. Records that cannot be stored go to the topic\n"
                 "dead-letters, with the reason in their headers.\n"},
        .health_listen = "127.0.0.1:9103",
        .metrics = {&runner_metric_table, &store_metric_table}};
    struct settings s;
    struct program p;
    struct err e = {0};
    int r = program_start(&p, &about, options, &s, argc, argv);
    if (r == PROGRAM_RUN)
        r = program_end(&p, run(&p, &s, &e), &e);
    program_finish(&p);
    return r;
}
