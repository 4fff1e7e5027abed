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
#include "kafka/topics.h"
#include "program.h"
#include "tape_writer.h"
#include "timefmt.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { PROBES = 30, POLL_MS = 100, WARM_S = 3, LAST_WAIT_S = 10, PROBES_MAX = 1 << 16 };

struct settings {
    int64_t seconds;
    int64_t symbols;
    int64_t rate;
    int64_t commit_ms;
};

/* One timed trade; times by clock_mono_us(), 0: not yet. */
struct probe {
    char symbol[TAPE_SYMBOL_MAX];
    int64_t sequence;
    int64_t due_us;
    int64_t committed_us; /* of the writer's transaction */
    int64_t read_us;
};

struct measure {
    const struct kafka_settings *kafka;
    const struct settings *settings;
    char topic[KAFKA_NAME_MAX + 1];
    struct tape_writer *writer;
    rd_kafka_t *reader;
    pthread_mutex_t lock; /* guards the rest */
    struct probe *probes; /* in the order they were written */
    size_t n;
    size_t committed;
    size_t read;
    bool stop;
    struct err failure; /* of the reader */
};

/* --- reading --------------------------------------------------------------------------------- */

static void take(struct measure *m, const struct candle *c, int64_t now_us)
{
    (void)pthread_mutex_lock(&m->lock);
    for (size_t i = 0; c->has_last_trade_id && i < m->n; i++) {
        struct probe *p = &m->probes[m->n - 1 - i]; /* the newest first: it is most often that */
        if (!slice_is(c->symbol, p->symbol))
            continue;
        if (p->read_us == 0 && p->sequence == strtoll(c->last_trade_id.data, NULL, 10)) {
            p->read_us = now_us;
            m->read++;
        }
        break;
    }
    (void)pthread_mutex_unlock(&m->lock);
}

static int read_one(struct measure *m, struct err *e)
{
    rd_kafka_message_t *rkm = rd_kafka_consumer_poll(m->reader, POLL_MS);
    int64_t now_us = clock_mono_us();
    struct record r;
    int ret = 0;
    if (!rkm)
        return 0;
    if (rkm->err)
        ret = kafka_fail(rkm->err, "candles.1m", NULL, e);
    else if (record_decode(slice_make(rkm->payload, rkm->len), &r, e) != 0)
        ret = -1;
    else if (r.type == RECORD_CANDLE)
        take(m, &r.candle, now_us);
    rd_kafka_message_destroy(rkm);
    return ret;
}

static bool reader_stops(struct measure *m)
{
    (void)pthread_mutex_lock(&m->lock);
    bool stop = m->stop;
    (void)pthread_mutex_unlock(&m->lock);
    return stop;
}

static void *read_all(void *arg)
{
    struct measure *m = arg;
    struct err e = {0};
    while (!reader_stops(m))
        if (read_one(m, &e) != 0) {
            (void)pthread_mutex_lock(&m->lock);
            m->failure = e;
            (void)pthread_mutex_unlock(&m->lock);
            break;
        }
    return NULL;
}

/* From the end of candles.1m as it is now. */
static int open_reader(struct measure *m, struct err *e)
{
    static const char *const names[] = {"candles.1m", NULL};
    static const char *const own[] = {"group.id",
                                      "bench-latency",
                                      "isolation.level",
                                      "read_committed",
                                      "enable.auto.commit",
                                      "false",
                                      NULL};
    int32_t partitions;
    if (kafka_name(m->kafka, names[0], m->topic, e) != 0 ||
        topics_await(m->kafka, m->kafka->health, names, &partitions, e) != 0)
        return -1;
    rd_kafka_conf_t *conf = kafka_conf_create(m->kafka, own, e);
    m->reader = conf ? kafka_create(RD_KAFKA_CONSUMER, conf, e) : NULL;
    if (!m->reader)
        return -1;
    (void)rd_kafka_poll_set_consumer(m->reader); /* fails for producers only */
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int32_t i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(list, m->topic, i)->offset = RD_KAFKA_OFFSET_END;
    rd_kafka_resp_err_t code = rd_kafka_assign(m->reader, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code ? kafka_fail(code, "assign", NULL, e) : 0;
}

/* --- writing --------------------------------------------------------------------------------- */

static void on_commit(void *ctx)
{
    struct measure *m = ctx;
    int64_t now_us = clock_mono_us();
    (void)pthread_mutex_lock(&m->lock);
    while (m->committed < m->n)
        m->probes[m->committed++].committed_us = now_us;
    (void)pthread_mutex_unlock(&m->lock);
}

static int note(struct measure *m, const struct tape_record *r, struct err *e)
{
    if (m->n == PROBES_MAX)
        return err_set(e, ERR_LIMIT, "more than %d probes", PROBES_MAX);
    struct probe p = {.sequence = r->record.trade.sequence,
                      .due_us = tape_writer_due_us(m->writer, r->at_us)};
    struct slice symbol = r->record.trade.symbol;
    (void)snprintf(p.symbol, sizeof(p.symbol), "%.*s", SLICE_ARG(symbol));
    (void)pthread_mutex_lock(&m->lock);
    m->probes[m->n++] = p;
    (void)pthread_mutex_unlock(&m->lock);
    return 0;
}

static int play(struct measure *m, struct err *e)
{
    int64_t warm_us = clock_mono_us() + WARM_S * US_PER_S;
    int64_t end_us = warm_us + m->settings->seconds * US_PER_S;
    while (clock_mono_us() < end_us) {
        struct tape_record r;
        int stop = tape_writer_step(m->writer, &r, e);
        if (stop != 0)
            return stop < 0 ? -1 : err_set(e, ERR_STOPPED, "stopped");
        if (r.probe >= 0 && clock_mono_us() >= warm_us && note(m, &r, e) != 0)
            return -1;
    }
    return tape_writer_commit(m->writer, e);
}

/* Every probe makes a candle: none may be missing. */
static int await_last(struct measure *m, struct err *e)
{
    int64_t end_us = clock_mono_us() + LAST_WAIT_S * US_PER_S;
    for (;;) {
        (void)pthread_mutex_lock(&m->lock);
        size_t left = m->n - m->read;
        if (m->failure.code != ERR_NONE)
            *e = m->failure;
        (void)pthread_mutex_unlock(&m->lock);
        if (e->code != ERR_NONE || left == 0)
            return e->code != ERR_NONE ? -1 : 0;
        if (clock_mono_us() > end_us)
            return err_set(e, ERR_STATE, "%zu of %zu probes made no candle", left, m->n);
        const struct timespec nap = {0, POLL_MS * 1000000L};
        (void)nanosleep(&nap, NULL); /* the deadline above bounds it */
    }
}

/* --- result ---------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void print_percentiles(const char *name, int64_t *us, size_t n)
{
    qsort(us, n, sizeof(*us), ascending);
    (void)printf("\"%s\":{\"p50_us\":%" PRId64 ",\"p99_us\":%" PRId64 "}", name, us[n / 2],
                 us[n * 99 / 100]);
}

static int print(const struct measure *m, struct err *e)
{
    if (m->n == 0)
        return err_set(e, ERR_ARG, "no probe: run for longer");
    int64_t *trade = calloc(m->n, sizeof(*trade));
    int64_t *commit = calloc(m->n, sizeof(*commit));
    if (trade && commit) {
        for (size_t i = 0; i < m->n; i++) {
            trade[i] = m->probes[i].read_us - m->probes[i].due_us;
            commit[i] = m->probes[i].read_us - m->probes[i].committed_us;
        }
        (void)printf("{\"probes\":%zu,", m->n);
        print_percentiles("from_trade", trade, m->n);
        (void)putchar(',');
        print_percentiles("from_commit", commit, m->n);
        (void)puts("}");
    }
    int r = trade && commit ? 0 : err_set(e, ERR_NOMEM, "latency: out of memory");
    free(trade);
    free(commit);
    return r;
}

/* --- program --------------------------------------------------------------------------------- */

static int measure(struct measure *m, struct err *e)
{
    const struct tape_writer_about writer = {.kafka = m->kafka,
                                             .tape = {.symbols = m->settings->symbols + PROBES,
                                                      .probes = PROBES,
                                                      .rate = m->settings->rate,
                                                      .start_us = clock_real_us()},
                                             .commit_ms = m->settings->commit_ms,
                                             .paced = true,
                                             .on_commit = on_commit,
                                             .ctx = m};
    pthread_t thread;
    m->probes = calloc(PROBES_MAX, sizeof(*m->probes));
    if (!m->probes)
        return err_set(e, ERR_NOMEM, "latency: out of memory");
    if (open_reader(m, e) != 0 || !(m->writer = tape_writer_open(&writer, e)))
        return -1;
    if (pthread_create(&thread, NULL, read_all, m) != 0)
        return err_set(e, ERR_NOMEM, "latency: no thread");
    int r = play(m, e);
    if (r == 0)
        r = await_last(m, e);
    (void)pthread_mutex_lock(&m->lock);
    m->stop = true;
    (void)pthread_mutex_unlock(&m->lock);
    (void)pthread_join(thread, NULL);
    return r == 0 ? print(m, e) : -1;
}

static int run(struct program *p, const struct settings *s, struct err *e)
{
    const struct kafka_settings kafka = {p->common.brokers, p->common.prefix, &p->conf,
                                         program_stopping, p->health};
    struct measure m = {.kafka = &kafka, .settings = s, .lock = PTHREAD_MUTEX_INITIALIZER};
    int r = measure(&m, e);
    tape_writer_close(m.writer);
    if (m.reader)
        rd_kafka_destroy(m.reader);
    free(m.probes);
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
