#include "quote_writer.h"

#include "clock.h"
#include "kafka/outbox.h"
#include "log.h"
#include "quote_fold.h"
#include "timefmt.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    IDLE_MS = 100,    /* at most between two looks at what the brokers answered */
    ON_WAY_MS = 1,    /* the same while something is on its way */
    STRETCH = 2000,   /* entries of one shard before the next one's turn */
    BATCH_MAX = 5000, /* records: more would be old before they arrive */
    RESTATE_MS = 1000,
    REOPEN_MS = 1000,
    KNOW_MS = 1000,
    DRAIN_MS = 2000, /* what the end may last in a hurry: for the queues, then for the brokers */
    VALUE_MAX_BYTES = 64 << 10,
};

/* Whose a shard is, as the other thread says. */
struct order {
    bool given;
    bool owned;
    int64_t epoch;
};

struct quote_writer {
    struct quote_writer_about about;
    char topic[KAFKA_NAME_MAX + 1];
    char linger[24];
    pthread_t thread;
    pthread_mutex_t lock; /* guards orders */
    struct order *orders; /* one per shard */
    atomic_bool ended;
    atomic_bool hurry;
    /* all below: the thread's */
    struct quote_fold **folds; /* one per shard */
    struct outbox *out;        /* NULL: not open */
    bool filling;              /* a batch; while one is on its way, nothing is put behind it */
    int64_t reopen_us;
    bool lost;          /* something was not delivered since what is true was written */
    int64_t restate_us; /* when that may be written again */
    int64_t n_lost;
    bool waits; /* as health was told */
    struct strbuf value;
};

int quote_writer_frame(struct framing *f, struct framing_topic *ret, struct err *e)
{
    static const enum record_type types[] = {RECORD_QUOTE, RECORD_TICK, RECORD_RATE};
    return framing_prepare(f, "quotes", types, sizeof(types) / sizeof(types[0]), ret, e);
}

/* --- what goes wrong ------------------------------------------------------------------------- */

static void show_trouble(struct quote_writer *w, const char *why)
{
    health_wait(w->about.health, "quotes", why);
    w->waits = true;
}

static void lose(struct quote_writer *w, int64_t n, const struct err *why)
{
    metric_inc(w->about.metrics->quotes_lost, n);
    w->n_lost += n;
    if (!w->lost) {
        w->lost = true;
        show_trouble(w, why->text);
        log_warn("quotes", "records were given up; what is true is written anew",
                 LOG_STR("exchange", w->about.exchange), LOG_INT("records", n), LOG_ERR(why));
    }
}

/* n: what it has given up already. */
static void drop_producer(struct quote_writer *w, int64_t n, const struct err *why)
{
    n += (int64_t)outbox_waiting(w->out);
    outbox_close(w->out);
    w->out = NULL;
    w->reopen_us = 0;
    metric_inc(w->about.metrics->quote_rebuilds, 1);
    log_warn("quotes", "the producer of quotes came to its end; beginning with a new one",
             LOG_STR("exchange", w->about.exchange), LOG_INT("records", n), LOG_ERR(why));
    lose(w, n, why);
}

/* --- records --------------------------------------------------------------------------------- */

static int add_kind(struct outbox_message *m, const struct record *r, struct err *e)
{
    if (r->type == RECORD_QUOTE)
        return 0;
    m->headers = rd_kafka_headers_new(1);
    if (m->headers && rd_kafka_header_add(m->headers, "kind", -1, record_type_name(r->type), -1) ==
                          RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    return err_set(e, ERR_NOMEM, "quotes: no memory for headers");
}

static int put(struct quote_writer *w, const struct quote_output *out, struct err *e)
{
    struct outbox_message m = {.topic = w->topic, .partition = out->partition, .key = out->key};
    if (!w->out)
        return err_set(e, ERR_IO, "there is no producer");
    strbuf_reset(&w->value);
    int r = framing_encode(w->about.framed, out->record, &w->value, e);
    m.value = strbuf_slice(&w->value);
    if (r == 0)
        r = add_kind(&m, out->record, e);
    if (r == 0)
        r = outbox_offer(w->out, &m, e);
    if (r == 1)
        r = err_set(e, ERR_IO, "the producer's queue is full");
    if (r != 0 && m.headers)
        rd_kafka_headers_destroy(m.headers);
    return r;
}

/* quote_emit_fn; what does not go is lost, and nothing else stops for it. */
static int emit(void *ctx, const struct quote_output *out, struct err *e)
{
    struct quote_writer *w = ctx;
    if (put(w, out, e) != 0)
        lose(w, 1, e);
    return 0;
}

/* --- turns ----------------------------------------------------------------------------------- */

static bool is_on_way(const struct quote_writer *w)
{
    return w->out && outbox_waiting(w->out) > 0;
}

static bool has_room(const struct quote_writer *w)
{
    return w->out && w->filling && outbox_waiting(w->out) < BATCH_MAX;
}

static void open_producer(struct quote_writer *w, int64_t now_us)
{
    static const char *const defaults[] = {"compression.codec", "lz4", "retry.backoff.ms", "20",
                                           /* later, nobody wants them any more */
                                           "message.timeout.ms", "10000", NULL};
    const char *const own[] = {"linger.ms", w->linger, NULL};
    const char *const topics[] = {w->topic, NULL};
    struct err e = {0};
    if (w->out || now_us < w->reopen_us)
        return;
    w->reopen_us = now_us + REOPEN_MS * US_PER_MS;
    w->out = outbox_open_tuned(w->about.settings, defaults, own, &e);
    if (!w->out)
        lose(w, 0, &e);
    else if (outbox_know(w->out, topics, KNOW_MS, &e) != 0)
        log_warn("quotes", "the brokers do not say where the topic is; going on",
                 LOG_STR("topic", w->topic), LOG_ERR(&e));
}

/* Whose the shards are now. */
static void follow_orders(struct quote_writer *w)
{
    struct err e = {0};
    for (uint32_t i = 0; i < w->about.universe->n_shards; i++) {
        (void)pthread_mutex_lock(&w->lock);
        const struct order order = w->orders[i];
        w->orders[i].given = false;
        (void)pthread_mutex_unlock(&w->lock);
        if (!order.given)
            continue;
        if (!order.owned)
            quote_fold_disown(w->folds[i]);
        else if (quote_fold_own(w->folds[i], order.epoch, emit, w, &e) != 0)
            lose(w, 1, &e);
    }
}

static void count(struct quote_writer *w, uint32_t shard)
{
    struct quote_counts c;
    quote_fold_counts_take(w->folds[shard], &c);
    metric_inc(w->about.metrics->quotes_written, c.quotes);
    metric_inc(w->about.metrics->quotes_unchanged, c.unchanged);
    metric_inc(w->about.metrics->rates_written, c.rates);
}

static bool may_take(const struct quote_writer *w, uint32_t shard)
{
    return !w->about.all || quote_fold_is_owned(w->folds[shard]);
}

/* What the queue of a shard holds, as far as there is room. True: it may hold more. */
static bool write_shard(struct quote_writer *w, uint32_t shard)
{
    struct entry in;
    struct err e = {0};
    int n = 0;
    while (n < STRETCH && may_take(w, shard) && has_room(w) &&
           quote_queue_next(w->about.queues[shard], &in)) {
        if (quote_fold_apply(w->folds[shard], &in, emit, w, &e) != 0)
            lose(w, 1, &e);
        n++;
    }
    count(w, shard);
    return n == STRETCH;
}

/* What became of what is on its way. */
static void settle(struct quote_writer *w, int64_t now_us)
{
    struct err e = {0};
    int64_t n = w->out ? outbox_settle(w->out, &e) : 0;
    if (w->out && outbox_is_dead(w->out, &e))
        drop_producer(w, n, &e);
    else if (n > 0)
        lose(w, n, &e);
    if (!w->lost && w->waits) {
        health_ready(w->about.health, "quotes");
        w->waits = false;
    }
    open_producer(w, now_us);
    if (!w->lost || !w->out || now_us < w->restate_us)
        return;
    w->lost = false;
    w->restate_us = now_us + RESTATE_MS * US_PER_MS;
    for (uint32_t i = 0; i < w->about.universe->n_shards; i++)
        if (quote_fold_restate(w->folds[i], emit, w, &e) != 0)
            lose(w, 1, &e);
}

static bool turn(struct quote_writer *w)
{
    bool busy = false;
    settle(w, clock_mono_us());
    w->filling = !is_on_way(w);
    follow_orders(w);
    for (uint32_t i = 0; i < w->about.universe->n_shards; i++)
        busy = write_shard(w, i) || busy;
    return busy;
}

static bool is_drained(const struct quote_writer *w)
{
    for (uint32_t i = 0; i < w->about.universe->n_shards; i++)
        if (quote_fold_is_owned(w->folds[i]) && quote_queue_bytes(w->about.queues[i]) > 0)
            return false;
    return !w->lost;
}

static bool is_in_hurry(const struct quote_writer *w)
{
    return !w->about.all || atomic_load(&w->hurry) || w->about.settings->stopping();
}

/* Whether the end takes longer than it may. */
static bool is_late(const struct quote_writer *w, int64_t *end_us)
{
    int64_t now_us = clock_mono_us();
    if (!is_in_hurry(w))
        return false;
    if (*end_us == 0)
        *end_us = now_us + DRAIN_MS * US_PER_MS;
    return now_us >= *end_us;
}

static void say_goodbye(struct quote_writer *w)
{
    struct err e = {0};
    if (!w->out)
        return;
    /* what it has to say is counted below */
    (void)(outbox_flush_within(w->out, is_in_hurry(w) ? DRAIN_MS : KAFKA_CALL_TIMEOUT_MS, &e) == 0);
    int64_t n = outbox_settle(w->out, &e) + (int64_t)outbox_waiting(w->out);
    if (n > 0)
        lose(w, n, &e);
}

static void *run(void *ctx)
{
    struct quote_writer *w = ctx;
    int64_t end_us = 0;
    while (!atomic_load(&w->ended) || !is_drained(w)) {
        if (atomic_load(&w->ended) && is_late(w, &end_us))
            break;
        if (!turn(w))
            (void)bell_wait(w->about.bell, is_on_way(w) ? ON_WAY_MS : IDLE_MS);
    }
    say_goodbye(w);
    outbox_close(w->out);
    w->out = NULL;
    return NULL;
}

/* --- start and stop -------------------------------------------------------------------------- */

static void destroy(struct quote_writer *w)
{
    for (uint32_t i = 0; w->folds && i < w->about.universe->n_shards; i++)
        quote_fold_destroy(w->folds[i]);
    free(w->folds);
    free(w->orders);
    strbuf_finish(&w->value);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
}

static int make_folds(struct quote_writer *w, struct err *e)
{
    uint32_t n = w->about.universe->n_shards;
    w->orders = calloc(n, sizeof(*w->orders));
    w->folds = calloc(n, sizeof(struct quote_fold *));
    if (!w->orders || !w->folds)
        return err_set(e, ERR_NOMEM, "quotes: out of memory");
    for (uint32_t i = 0; i < n; i++) {
        const struct quote_fold_about about = {w->about.exchange, w->about.universe, i};
        w->folds[i] = quote_fold_create(&about, e);
        if (!w->folds[i])
            return -1;
    }
    return 0;
}

struct quote_writer *quote_writer_start(const struct quote_writer_about *about, struct err *e)
{
    struct quote_writer *w = calloc(1, sizeof(*w));
    if (!w || pthread_mutex_init(&w->lock, NULL) != 0) {
        free(w);
        (void)err_set(e, ERR_NOMEM, "quotes: out of memory");
        return NULL;
    }
    w->about = *about;
    strbuf_init(&w->value, VALUE_MAX_BYTES);
    (void)snprintf(w->linger, sizeof(w->linger), "%" PRId64, about->linger_ms);
    if (kafka_name(about->settings, "quotes", w->topic, e) == 0 && make_folds(w, e) == 0) {
        int code = pthread_create(&w->thread, NULL, run, w);
        if (code == 0)
            return w;
        (void)err_set(e, ERR_NOMEM, "quotes: no thread: %s", strerror(code));
    }
    destroy(w);
    return NULL;
}

static void give_order(struct quote_writer *w, uint32_t shard, const struct order *order)
{
    (void)pthread_mutex_lock(&w->lock);
    w->orders[shard] = *order;
    (void)pthread_mutex_unlock(&w->lock);
    bell_ring(w->about.bell);
}

void quote_writer_own(struct quote_writer *w, uint32_t shard, int64_t epoch)
{
    give_order(w, shard, &(struct order){true, true, epoch});
}

void quote_writer_disown(struct quote_writer *w, uint32_t shard)
{
    give_order(w, shard, &(struct order){true, false, 0});
}

void quote_writer_end(struct quote_writer *w)
{
    atomic_store(&w->ended, true);
    bell_ring(w->about.bell);
}

int64_t quote_writer_stop(struct quote_writer *w, bool hurry)
{
    if (!w)
        return 0;
    atomic_store(&w->hurry, hurry);
    quote_writer_end(w);
    (void)pthread_join(w->thread, NULL); /* joinable, and joined once */
    int64_t n = w->n_lost;
    destroy(w);
    return n;
}
