/**
 * bench-signal: how long a quote takes to become an opportunity that can be read.
 *
 * Plays a paced tape of quotes into `quotes` as cw-producer writes them (idempotent, at once, in no
 * transaction) and reads `arbitrage` at the same time. What is timed are the probes, quotes that
 * cross another exchange's: the `opened` record has the quote's receive time as its open_time, if
 * cw-arbitrage runs with --min.dwell.ms 0. The clock starts when the quote is due to be handed to
 * the Kafka client: a writer that is late counts. The first seconds do not.
 */
#include "clock.h"
#include "kafka/outbox.h"
#include "kafka/topics.h"
#include "probes.h"
#include "program.h"
#include "quote_tape.h"
#include "timefmt.h"

#include <errno.h>
#include <time.h>

enum { PROBES = 30, WARM_S = 3, KNOW_MS = 10000 };

struct settings {
    int64_t seconds;
    int64_t symbols;
    int64_t rate;
};

struct measure {
    const struct settings *settings;
    const struct kafka_settings *kafka;
    struct probes *probes;
    struct tail *tail;
    struct quote_tape *tape;
    struct outbox *out;
    char topic[KAFKA_NAME_MAX + 1];
    struct strbuf value;
    int64_t market_us; /* the tape's beginning, */
    int64_t start_us;  /* and when that is by clock_mono_us() */
};

/* tail_fn */
static void on_opportunity(void *ctx, const struct record *r, int64_t read_us)
{
    struct measure *m = ctx;
    if (r->type != RECORD_OPPORTUNITY)
        return;
    const struct opportunity *o = &r->opportunity;
    if (o->state == OPPORTUNITY_STATE_OPENED && o->has_open_time_us && o->n_legs > 0)
        probes_read(m->probes, o->legs[0].symbol, o->open_time_us, read_us);
}

/* --- writing --------------------------------------------------------------------------------- */

static int64_t due_us(const struct measure *m, int64_t at_us)
{
    return m->start_us + at_us - m->market_us;
}

static int wait_until(const struct measure *m, int64_t mono_us, struct err *e)
{
    const struct timespec at = {mono_us / US_PER_S, mono_us % US_PER_S * 1000};
    int code;
    do {
        if (kafka_stopping(m->kafka))
            return err_set(e, ERR_STOPPED, "stopped");
        code = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    } while (code == EINTR);
    return code == 0 ? 0 : err_set(e, ERR_IO, "clock_nanosleep: %s", strerror(code));
}

static int add_kind(struct outbox_message *out, const struct record *r, struct err *e)
{
    if (r->type == RECORD_QUOTE)
        return 0;
    out->headers = rd_kafka_headers_new(1);
    if (out->headers && rd_kafka_header_add(out->headers, "kind", -1, record_type_name(r->type),
                                            -1) == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    return err_set(e, ERR_NOMEM, "no memory for headers");
}

static int put(struct measure *m, const struct tape_record *in, struct err *e)
{
    struct outbox_message out = {.topic = m->topic, .partition = in->partition, .key = in->key};
    strbuf_reset(&m->value);
    if (record_encode(&in->record, &m->value, e) != 0)
        return -1;
    out.value = strbuf_slice(&m->value);
    if (add_kind(&out, &in->record, e) == 0 && outbox_put(m->out, &out, e) == 0)
        return outbox_settle(m->out, e) == 0 ? 0 : -1;
    if (out.headers)
        rd_kafka_headers_destroy(out.headers);
    return -1;
}

static int play(struct measure *m, struct err *e)
{
    int64_t warm_us = m->start_us + WARM_S * US_PER_S;
    int64_t end_us = warm_us + m->settings->seconds * US_PER_S;
    struct tape_record r;
    for (int64_t at_us = m->start_us; at_us < end_us;) {
        quote_tape_next(m->tape, &r);
        at_us = due_us(m, r.at_us);
        if (wait_until(m, at_us, e) != 0)
            return -1;
        const struct quote *q = &r.record.quote;
        if (r.probe >= 0 && at_us >= warm_us &&
            probes_add(m->probes, q->symbol, q->receive_time_us, at_us, e) != 0)
            return -1;
        if (put(m, &r, e) != 0)
            return -1;
    }
    return outbox_flush(m->out, e);
}

/* --- program --------------------------------------------------------------------------------- */

static int open_writer(struct measure *m, struct err *e)
{
    static const char *const names[] = {"quotes", NULL};
    static const char *const defaults[] = {"compression.codec", "lz4", NULL};
    static const char *const own[] = {"linger.ms", "1", NULL};
    const char *const topics[] = {m->topic, NULL};
    struct quote_tape_about about = {
        .symbols = m->settings->symbols, .probes = PROBES, .rate = m->settings->rate};
    if (kafka_name(m->kafka, names[0], m->topic, e) != 0 ||
        topics_await(m->kafka, m->kafka->health, names, &about.partitions, e) != 0)
        return -1;
    m->out = outbox_open_tuned(m->kafka, defaults, own, e);
    if (!m->out || outbox_know(m->out, topics, KNOW_MS, e) != 0)
        return -1;
    m->market_us = about.start_us = clock_real_us();
    m->start_us = clock_mono_us();
    m->tape = quote_tape_create(&about, e);
    return m->tape ? 0 : -1;
}

static int measure(struct measure *m, struct err *e)
{
    m->probes = probes_create(e);
    if (!m->probes)
        return -1;
    m->tail = tail_start(m->kafka, "arbitrage", on_opportunity, m, e);
    if (!m->tail || open_writer(m, e) != 0 || play(m, e) != 0 ||
        probes_await(m->probes, m->tail, e) != 0)
        return -1;
    (void)printf("{\"probes\":%zu,", probes_count(m->probes));
    if (probes_print(m->probes, "from_quote", PROBES_DUE, e) != 0)
        return -1;
    (void)puts("}");
    return 0;
}

static int run(struct program *p, const struct settings *s, struct err *e)
{
    const struct kafka_settings kafka = {p->common.brokers, p->common.prefix, &p->conf,
                                         program_stopping, p->health};
    struct measure m = {.settings = s, .kafka = &kafka};
    strbuf_init(&m.value, RECORD_MAX_BYTES);
    int r = measure(&m, e);
    outbox_close(m.out);
    quote_tape_destroy(m.tape);
    tail_stop(m.tail);
    probes_destroy(m.probes);
    strbuf_finish(&m.value);
    return r;
}

#define AT(field_) offsetof(struct settings, field_)

static const struct conf_opt options[] = {
    {"seconds", CONF_INT, AT(seconds), .def = "10", .min = 1, .max = 1800,
     .help = "how long, after a warm-up"},
    {"symbols", CONF_INT, AT(symbols), .def = "60", .min = 1, .max = 5000,
     .help = "how many symbols beside the probes"},
    {"rate", CONF_INT, AT(rate), .def = "2000", .min = 200, .max = 3500,
     .help = "quotes a second; every 100th is a probe"},
    {NULL}};

static const char *const prefixes[] = {KAFKA_PAIR_PREFIX, NULL};

static const struct program_about about = {.conf = {.name = "bench-signal",
                                                    .summary = "times quotes on their way",
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
