/**
 * cw-postgres: trades, feed records, candles, quotes, instruments and opportunities into
 * PostgreSQL, each record once.
 */
#include "candles.h"
#include "clock.h"
#include "instruments.h"
#include "kafka/topics.h"
#include "log.h"
#include "opportunities.h"
#include "poison.h"
#include "program.h"
#include "quotes.h"
#include "reinjections.h"
#include "runner.h"
#include "runner_metrics.h"
#include "store.h"
#include "timefmt.h"
#include "trades.h"

#include <time.h>
#include <unistd.h>

enum { LANES = 6, OTHERS = 5, LOOK_MS = 200, LEAVE_S = 9, KEEP_DAYS_MAX = 36500 };

static const char NAME[] = "cw-postgres";

#define NO_DAYS SIZE_MAX

struct settings {
    char *url;
    char *instance;
    int64_t batch_rows;
    int64_t batch_ms;
    int64_t poison_max;
    int64_t keep_trades_days;
    int64_t keep_1s_days;
    bool quotes;
    int64_t keep_quotes_days;
    int64_t keep_arbitrage_days;
    struct framing_conf framing;
};

static const struct conf_opt options[] = {
    {"database.url", CONF_STR, offsetof(struct settings, url), .def = "postgresql:///candlewick",
     .help = "the database: postgresql://user:password@host:port/name", .secret = true},
    {"instance", CONF_STR, offsetof(struct settings, instance),
     .help = "number of this process among those that share the work: a restart then keeps its "
             "partitions; empty for a dynamic member"},
    {"batch.rows", CONF_INT, offsetof(struct settings, batch_rows), .def = "20000", .min = 1,
     .max = 100000, .help = "most records in one transaction"},
    {"batch.ms", CONF_INT, offsetof(struct settings, batch_ms), .def = "500", .min = 1,
     .max = 60000, .help = "how long a record waits for others, at most"},
    POISON_OPTION(offsetof(struct settings, poison_max)),
    {"retention.trades.days", CONF_INT, offsetof(struct settings, keep_trades_days), .def = "7",
     .max = KEEP_DAYS_MAX, .help = "days of trades kept before today; 0: all"},
    {"retention.1s.days", CONF_INT, offsetof(struct settings, keep_1s_days), .def = "7",
     .max = KEEP_DAYS_MAX, .help = "days of 1s candles kept before today; 0: all"},
    {"every.quote", CONF_BOOL, offsetof(struct settings, quotes), .def = "false",
     .help = "keep each quote, not only the newest of each symbol"},
    {"retention.quotes.days", CONF_INT, offsetof(struct settings, keep_quotes_days), .def = "1",
     .max = KEEP_DAYS_MAX, .help = "days of quotes kept before today; 0: all"},
    {"retention.arbitrage.days", CONF_INT, offsetof(struct settings, keep_arbitrage_days),
     .def = "30", .max = KEEP_DAYS_MAX,
     .help = "days of what opportunities went through kept before today; 0: all"},
    {NULL}};

/* Topics, their sink and their threads. */
struct lane {
    struct runner *runner;
    void *sink;
};

struct service {
    struct program *program;
    const struct settings *settings;
    struct kafka_settings kafka;
    struct reinjections *again;
    struct lane lanes[LANES];
};

static const char *const trades_topics[] = {"trades", NULL};
static const char *const candles_topics[] = {
    "candles.1s", "candles.1m", "candles.5m",  "candles.15m", "candles.30m", "candles.1h",
    "candles.4h", "candles.6h", "candles.12h", "candles.1d",  "candles.1w",  NULL};

static const char *const quotes_topics[] = {"quotes", NULL};
static const char *const instruments_topics[] = {"instruments", NULL};
static const char *const arbitrage_topics[] = {"arbitrage", NULL};
static const char *const reinjections_topics[] = {"reinjections", NULL};

/* In the order of lanes; the last is of all the others' records. */
static const struct plan {
    const char *name; /* of the group */
    const char *const *topics;
    const struct table *table;        /* NULL: of all the others' */
    const struct table *table_of_all; /* with --every.quote; NULL: no difference */
    const char *store_part;
    const char *assigned_part;
    size_t keep_days; /* place in struct settings; NO_DAYS: nothing grows too old */
} plan[LANES] = {{"trades", trades_topics, &trades_table, NULL, "database.trade", "assigned.trade",
                  offsetof(struct settings, keep_trades_days)},
                 {"candles", candles_topics, &candles_table, NULL, "database.candle",
                  "assigned.candle", offsetof(struct settings, keep_1s_days)},
                 {"quotes", quotes_topics, &latest_quotes_table, &quotes_table, "database.quote",
                  "assigned.quote", offsetof(struct settings, keep_quotes_days)},
                 {"instruments", instruments_topics, &instruments_table, NULL,
                  "database.instrument", "assigned.instrument", NO_DAYS},
                 {"arbitrage", arbitrage_topics, &opportunities_table, NULL, "database.opportunity",
                  "assigned.opportunity", offsetof(struct settings, keep_arbitrage_days)},
                 {"reinjections", reinjections_topics, NULL, NULL, "database.reinjection",
                  "assigned.reinjection", NO_DAYS}};

static int64_t keep_days(const struct settings *s, const struct plan *p)
{
    return p->keep_days == NO_DAYS ? 0 : *(const int64_t *)((const char *)s + p->keep_days);
}

static const struct table *table_of(const struct service *s, const struct plan *p)
{
    if (!p->table)
        return reinjections_table(s->again);
    return s->settings->quotes && p->table_of_all ? p->table_of_all : p->table;
}

static int make_again(struct service *s, struct err *e)
{
    struct reinjections_source sources[OTHERS];
    for (size_t i = 0; i < OTHERS; i++)
        sources[i] = (struct reinjections_source){plan[i].topics, table_of(s, &plan[i])};
    s->again = reinjections_create(s->kafka.prefix, sources, OTHERS, e);
    return s->again ? 0 : -1;
}

static int open_lane(struct service *s, size_t i, struct err *e)
{
    struct lane *lane = &s->lanes[i];
    const struct plan *p = &plan[i];
    const struct table *table = table_of(s, p);
    const struct runner_about about = {.ops = &store_ops,
                                       .program = NAME,
                                       .name = p->name,
                                       .topics = p->topics,
                                       .instance = s->settings->instance,
                                       .table = table->name,
                                       .store_part = p->store_part,
                                       .assigned_part = p->assigned_part,
                                       .batch_rows = s->settings->batch_rows,
                                       .batch_ms = s->settings->batch_ms,
                                       .poison_max = s->settings->poison_max,
                                       .kafka = &s->kafka,
                                       .metrics = s->program->metrics,
                                       .health = s->program->health};
    lane->runner = runner_create(&about, e);
    if (!lane->runner)
        return -1;
    const struct store_about store = {.name = NAME,
                                      .url = s->settings->url,
                                      .keep_days = keep_days(s->settings, p),
                                      .go_on = runner_go_on,
                                      .ctx = lane->runner,
                                      .framing = &s->settings->framing,
                                      .kafka = &s->kafka,
                                      .metrics = s->program->metrics};
    lane->sink = store_create(&store, table, e);
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
                     LOG_STR("group", plan[i].name));
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
    int r = make_again(s, e);
    for (size_t i = 0; r == 0 && i < LANES; i++)
        r = open_lane(s, i, e);
    /* not program_pause(): it beats whether the threads live or not */
    const struct timespec look = {0, LOOK_MS * 1000000L};
    while (r == 0 && !program_stopping() && all_well(s))
        (void)nanosleep(&look, NULL);
    r = leave(s, r, e);
    for (size_t i = 0; i < LANES; i++) {
        runner_destroy(s->lanes[i].runner); /* before the sink that its rows are of */
        store_ops.destroy(s->lanes[i].sink);
    }
    reinjections_destroy(s->again);
    return r;
}

static int run(struct program *p, const struct settings *settings, struct err *e)
{
    struct service s = {
        .program = p,
        .settings = settings,
        .kafka = {p->common.brokers, p->common.prefix, &p->conf, program_stopping, p->health}};
    const char *topics[LANES * GROUP_TOPICS_MAX + 2] = {NULL};
    int32_t partitions[LANES * GROUP_TOPICS_MAX + 1];
    size_t n = 0;
    for (size_t i = 0; i < LANES; i++)
        for (const char *const *t = plan[i].topics; *t; t++)
            topics[n++] = *t;
    topics[n] = "dead-letters";
    if (db_url_check(settings->url, e) != 0 || framing_conf_check(&settings->framing, e) != 0 ||
        kafka_settings_check(&s.kafka, e) != 0 ||
        topics_await(&s.kafka, p->health, topics, partitions, e) != 0)
        return -1;
    return serve(&s, e);
}

int main(int argc, char **argv)
{
    static const char *const prefixes[] = {KAFKA_PAIR_PREFIX, NULL};
    struct settings s;
    const struct program_about about = {
        .conf =
            {.name = NAME,
             .summary = "stores trades, candles, quotes and opportunities in PostgreSQL",
             .args = "",
             .prefixes = prefixes,
             .details =
                 "Rows and the offsets they were read up to are committed together, so every\n"
                 "record is stored once, whatever is killed whenever. Run cw-topics create and\n"
                 "cw-migrate up first. Records that make no row go to the topic dead-letters,\n"
                 "those that the database refuses to the table quarantine, with the reason.\n"},
        .health_listen = "127.0.0.1:9103",
        .shared = {framing_options, &s.framing},
        .metrics = {&runner_metric_table, &store_metric_table, &framing_metric_table}};
    struct program p;
    struct err e = {0};
    int r = program_start(&p, &about, options, &s, argc, argv);
    if (r == PROGRAM_RUN)
        r = program_end(&p, run(&p, &s, &e), &e);
    program_finish(&p);
    return r;
}
