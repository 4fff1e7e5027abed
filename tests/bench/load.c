/**
 * bench-load: fills `trades` with a tape, as fast as it goes or as it happens.
 */
#include "clock.h"
#include "program.h"
#include "tape_writer.h"
#include "timefmt.h"

#include <inttypes.h>

struct settings {
    int64_t trades;
    int64_t symbols;
    int64_t rate;
    int64_t commit_ms;
    char *start;
    bool paced;
};

#define AT(field_) offsetof(struct settings, field_)

static const struct conf_opt options[] = {
    {"trades", CONF_INT, AT(trades), .def = "0", .min = 0, .max = INT64_C(10000000000),
     .help = "how many trades; 0: until it is stopped"},
    {"symbols", CONF_INT, AT(symbols), .def = "60", .min = 1, .max = 10000000,
     .help = "how many symbols"},
    {"rate", CONF_INT, AT(rate), .def = "2000", .min = 1, .max = 1000000,
     .help = "trades a second of market time"},
    {"commit.interval.ms", CONF_INT, AT(commit_ms), .def = "100", .min = 1, .max = 5000,
     .help = "how long a transaction is open"},
    {"start", CONF_STR, AT(start), .help = "market time of the beginning; empty: now"},
    {"paced", CONF_BOOL, AT(paced), .help = "each trade when it is due, not as fast as it goes"},
    {NULL}};

static const char *const prefixes[] = {KAFKA_PAIR_PREFIX, NULL};

static const struct program_about about = {.conf = {.name = "bench-load",
                                                    .summary = "fills trades for measurements",
                                                    .args = "",
                                                    .prefixes = prefixes},
                                           .health_listen = "127.0.0.1:9199"};

static int play(struct tape_writer *w, int64_t trades, struct err *e)
{
    struct tape_record r;
    for (int64_t n = 0; trades == 0 || n < trades; n += r.record.type == RECORD_TRADE) {
        int stop = tape_writer_step(w, &r, e);
        if (stop < 0)
            return -1;
        if (stop)
            break;
    }
    return tape_writer_commit(w, e);
}

static int run(struct program *p, const struct settings *s, struct err *e)
{
    const struct kafka_settings kafka = {p->common.brokers, p->common.prefix, &p->conf,
                                         program_stopping, p->health};
    struct tape_writer_about writer = {
        .kafka = &kafka,
        .tape = {.symbols = s->symbols, .rate = s->rate, .start_us = clock_real_us()},
        .commit_ms = s->commit_ms,
        .paced = s->paced};
    if (*s->start && time_parse(slice_of(s->start), &writer.tape.start_us, e) != 0)
        return err_prefix(e, "start");
    struct tape_writer *w = tape_writer_open(&writer, e);
    if (!w)
        return -1;
    int r = play(w, s->trades, e);
    tape_writer_close(w);
    return r;
}

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
