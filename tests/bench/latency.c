/**
 * bench-latency: how long a trade takes to become a candle that can be read.
 *
 * Plays a paced tape into `trades` and reads `candles.1m` at the same time. What is timed are the
 * probes: trades that are the only one of their symbol for more than a second, so that each makes a
 * provisional record at once; the record's last_trade_id says whose it is. The clock starts when
 * the market has the trade (the writer's own waiting counts), and again when the writer's
 * transaction is committed, before which no reader may see it. The first seconds do not count: that
 * is when clients meet their brokers.
 */
#include "clock.h"
#include "probes.h"
#include "program.h"
#include "tape_writer.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PROBES = 30, WARM_S = 3 };

struct settings {
    int64_t seconds;
    int64_t symbols;
    int64_t rate;
    int64_t commit_ms;
};

struct measure {
    const struct settings *settings;
    struct probes *probes;
    struct tape_writer *writer;
    struct tail *tail;
};

/* tail_fn */
static void on_candle(void *ctx, const struct record *r, int64_t read_us)
{
    struct measure *m = ctx;
    char id[24];
    if (r->type != RECORD_CANDLE || !r->candle.has_last_trade_id)
        return;
    (void)snprintf(id, sizeof(id), "%.*s", SLICE_ARG(r->candle.last_trade_id)); /* digits of ours */
    probes_read(m->probes, r->candle.symbol, strtoll(id, NULL, 10), read_us);
}

static void on_commit(void *ctx)
{
    struct measure *m = ctx;
    probes_commit(m->probes, clock_mono_us());
}

static int play(struct measure *m, struct err *e)
{
    int64_t warm_us = clock_mono_us() + WARM_S * US_PER_S;
    int64_t end_us = warm_us + m->settings->seconds * US_PER_S;
    struct tape_record r;
    for (int64_t due_us = 0; due_us < end_us;) {
        int stop = tape_writer_step(m->writer, &r, e);
        if (stop != 0)
            return stop < 0 ? -1 : err_set(e, ERR_STOPPED, "stopped");
        const struct trade *t = &r.record.trade;
        due_us = tape_writer_due_us(m->writer, r.at_us);
        if (r.probe >= 0 && due_us >= warm_us &&
            probes_add(m->probes, t->symbol, t->sequence, due_us, e) != 0)
            return -1;
    }
    return tape_writer_commit(m->writer, e);
}

static int print(struct measure *m, struct err *e)
{
    (void)printf("{\"probes\":%zu,", probes_count(m->probes));
    if (probes_print(m->probes, "from_trade", PROBES_DUE, e) != 0)
        return -1;
    (void)putchar(',');
    if (probes_print(m->probes, "from_commit", PROBES_COMMITTED, e) != 0)
        return -1;
    (void)puts("}");
    return 0;
}

/* --- program --------------------------------------------------------------------------------- */

static int measure(struct measure *m, const struct kafka_settings *kafka, struct err *e)
{
    const struct tape_writer_about writer = {.kafka = kafka,
                                             .tape = {.symbols = m->settings->symbols + PROBES,
                                                      .probes = PROBES,
                                                      .rate = m->settings->rate,
                                                      .start_us = clock_real_us()},
                                             .commit_ms = m->settings->commit_ms,
                                             .paced = true,
                                             .on_commit = on_commit,
                                             .ctx = m};
    m->probes = probes_create(e);
    if (!m->probes)
        return -1;
    m->tail = tail_start(kafka, "candles.1m", on_candle, m, e);
    if (!m->tail)
        return -1;
    m->writer = tape_writer_open(&writer, e);
    if (!m->writer || play(m, e) != 0 || probes_await(m->probes, m->tail, e) != 0)
        return -1;
    return print(m, e);
}

static int run(struct program *p, const struct settings *s, struct err *e)
{
    const struct kafka_settings kafka = {p->common.brokers, p->common.prefix, &p->conf,
                                         program_stopping, p->health};
    struct measure m = {.settings = s};
    int r = measure(&m, &kafka, e);
    tape_writer_close(m.writer);
    tail_stop(m.tail);
    probes_destroy(m.probes);
    return r;
}

#define AT(field_) offsetof(struct settings, field_)

static const struct conf_opt options[] = {
    {"seconds", CONF_INT, AT(seconds), .def = "10", .min = 1, .max = 3600,
     .help = "how long, after a warm-up"},
    {"symbols", CONF_INT, AT(symbols), .def = "60", .min = 1, .max = 10000000,
     .help = "how many symbols beside the probes"},
    {"rate", CONF_INT, AT(rate), .def = "2000", .min = 200, .max = 2500,
     .help = "trades a second; every 100th is a probe"},
    {"commit.interval.ms", CONF_INT, AT(commit_ms), .def = "100", .min = 1, .max = 5000,
     .help = "how long the writer's transactions are open"},
    {NULL}};

static const char *const prefixes[] = {KAFKA_PAIR_PREFIX, NULL};

static const struct program_about about = {.conf = {.name = "bench-latency",
                                                    .summary = "times trades on their way",
                                                    .args = "",
                                                    .prefixes = prefixes},
                                           .health_listen = "127.0.0.1:9199"};

int main(int argc, char **argv)
{
    struct settings s;
    struct program p;
    struct err e = {0};
    int code = program_start(&p, &about, options, &s, argc, argv);
    if (code == PROGRAM_RUN)
        code = program_end(&p, run(&p, &s, &e), &e);
    program_finish(&p);
    return code;
}
