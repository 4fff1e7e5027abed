#include "txn.h"

#include "clock.h"
#include "group.h"
#include "group_internal.h"
#include "log.h"
#include "timefmt.h"

#include <stdlib.h>

enum {
    INIT_STEP_MS = 1000,
    SAY_EVERY_S = 10,
    FULL_POLL_MS = 10,
    COMMIT_STEP_MS = 5000,
    /* What is sent at a time; of most records that is one request for a partition at most. */
    SEND_RECORDS = 10000, /* as batch.num.messages of librdkafka */
    SEND_BYTES = 4 << 20,
};

struct txn {
    rd_kafka_t *rk;
    const struct kafka_settings *settings;
    bool open;
    bool paced;                      /* as txn_pace() says */
    size_t n_waiting;                /* records since all were answered */
    size_t bytes_waiting;            /* keys and values of them */
    rd_kafka_resp_err_t undelivered; /* first failed delivery report of the open transaction */
};

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    (void)rk;
    struct txn *t = opaque;
    if (m->err && !t->undelivered)
        t->undelivered = m->err;
}

static rd_kafka_t *create_producer(struct txn *t, const char *id, struct err *e)
{
    char timeout[16];
    (void)snprintf(timeout, sizeof(timeout), "%d", KAFKA_TRANSACTION_TIMEOUT_MS);
    const char *const own[] = {"transactional.id",
                               id,
                               "transaction.timeout.ms",
                               timeout,
                               "partitioner",
                               "murmur2_random",
                               "delivery.report.only.error",
                               "true",
                               NULL};
    static const char *const defaults[] = {
        /* Nobody sees a record before its commit, which sends all at once. What is due to be sent
         * to a partition while five records or more of it are unanswered makes librdkafka 2.0.2
         * poll without a pause: that takes a core, and the brokers of a small machine are the
         * slower to answer. So nothing is due before the commit, or txn_produce() of a paced one,
         * waits for all. */
        "linger.ms", "1000", "compression.codec", "lz4",
        /* a transaction's second request often meets its first still being replicated; the
         * default of 100 ms would be the commit latency of every replicated cluster */
        "retry.backoff.ms", "20", "queue.buffering.max.messages", "1000000", NULL};
    rd_kafka_conf_t *conf = kafka_conf_layered(t->settings, defaults, own, e);
    if (!conf)
        return NULL;
    rd_kafka_conf_set_opaque(conf, t);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return kafka_create(RD_KAFKA_PRODUCER, conf, e);
}

/* Fences whoever had this id, and waits until what it left open is settled. */
static int init_transactions(struct txn *t, const char *id, struct err *e)
{
    int64_t say_us = clock_mono_us() + SAY_EVERY_S * US_PER_S;
    for (;;) {
        if (kafka_fail_take(rd_kafka_init_transactions(t->rk, INIT_STEP_MS), "init_transactions",
                            e) == 0)
            return 0;
        if (!e->retriable)
            return err_prefix(e, "transactional id %s", id);
        if (kafka_stopping(t->settings))
            return err_set(e, ERR_STOPPED, "stopped while waiting for init_transactions");
        if (clock_mono_us() >= say_us) {
            log_warn("kafka", "still waiting for the transaction coordinator",
                     LOG_STR("transactional_id", id), LOG_ERR(e));
            say_us += SAY_EVERY_S * US_PER_S;
        }
    }
}

/* Where a predecessor left a transaction open, the broker aborts it within milliseconds, but the
 * client looks again only half a second later; a new client looks at once. So the first few are not
 * waited for. 0 with a client, initialized or not (*ret_done); -1. */
static int init_in_haste(struct txn *t, const char *id, bool *ret_done, struct err *e)
{
    static const int haste_ms[] = {50, 100, 200};
    *ret_done = false;
    for (size_t i = 0; i < sizeof(haste_ms) / sizeof(haste_ms[0]); i++) {
        t->rk = create_producer(t, id, e);
        if (!t->rk)
            return -1;
        *ret_done = kafka_fail_take(rd_kafka_init_transactions(t->rk, haste_ms[i]),
                                    "init_transactions", e) == 0;
        if (*ret_done)
            return 0;
        if (!e->retriable)
            return err_prefix(e, "transactional id %s", id);
        rd_kafka_destroy(t->rk);
        t->rk = NULL;
    }
    t->rk = create_producer(t, id, e);
    return t->rk ? 0 : -1;
}

struct txn *txn_open(const struct kafka_settings *s, const char *name, struct err *e)
{
    struct txn *t = calloc(1, sizeof(*t));
    char id[KAFKA_NAME_MAX + 1];
    bool done;
    if (!t) {
        (void)err_set(e, ERR_NOMEM, "kafka: out of memory");
        return NULL;
    }
    t->settings = s;
    if (kafka_name(s, name, id, e) == 0 && init_in_haste(t, id, &done, e) == 0 &&
        (done || init_transactions(t, id, e) == 0))
        return t;
    txn_close(t);
    return NULL;
}

int txn_know(struct txn *t, const char *const *topics, struct err *e)
{
    return kafka_know(t->rk, topics, KAFKA_CALL_TIMEOUT_MS, e);
}

void txn_close(struct txn *t)
{
    if (!t)
        return;
    if (t->rk && t->open && rd_kafka_fatal_error(t->rk, NULL, 0) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        struct err e = {0};
        if (kafka_fail_take(rd_kafka_abort_transaction(t->rk, KAFKA_CALL_TIMEOUT_MS), "abort",
                            &e) != 0)
            log_warn("kafka", "abort failed; the successor's init_transactions settles it",
                     LOG_ERR(&e));
    }
    if (t->rk) {
        (void)rd_kafka_purge(t->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_NON_BLOCKING);
        rd_kafka_destroy(t->rk);
    }
    free(t);
}

int txn_begin(struct txn *t, struct err *e)
{
    /* begin_transaction() of 2.0.2 can hang while a fatal error is pending */
    char why[200];
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(t->rk, why, sizeof(why));
    if (fatal)
        return kafka_fail(fatal, "begin_transaction", why, e);
    if (kafka_fail_take(rd_kafka_begin_transaction(t->rk), "begin_transaction", e) != 0)
        return -1;
    t->open = true;
    t->n_waiting = t->bytes_waiting = 0;
    t->undelivered = RD_KAFKA_RESP_ERR_NO_ERROR;
    return 0;
}

bool txn_is_open(const struct txn *t)
{
    return t->open;
}

static rd_kafka_headers_t *make_headers(const struct txn_record *r, struct err *e)
{
    rd_kafka_headers_t *h = rd_kafka_headers_new((size_t)r->n_headers);
    for (int i = 0; h && i < r->n_headers; i++) {
        const struct txn_header *x = &r->headers[i];
        if (rd_kafka_header_add(h, x->name, -1, x->value.data, (ssize_t)x->value.len) !=
            RD_KAFKA_RESP_ERR_NO_ERROR) {
            rd_kafka_headers_destroy(h);
            h = NULL;
        }
    }
    if (!h)
        (void)err_set(e, ERR_NOMEM, "kafka: no memory for headers");
    return h;
}

/* The queue took the record (0) or not (its code); headers stay the caller's unless taken. */
static rd_kafka_resp_err_t offer(struct txn *t, const struct txn_record *r, rd_kafka_headers_t *h)
{
    rd_kafka_vu_t vus[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = r->topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = r->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)r->key.data, r->key.len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)r->value.data, r->value.len}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = h},
    };
    size_t n = sizeof(vus) / sizeof(vus[0]) - (h ? 0 : 1);
    rd_kafka_error_t *error = rd_kafka_produceva(t->rk, vus, n);
    rd_kafka_resp_err_t code = error ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (error)
        rd_kafka_error_destroy(error);
    return code;
}

void txn_pace(struct txn *t)
{
    t->paced = true;
}

/* Sends what waits, and waits until it is answered. What became of it the commit will say. */
static int send_all(struct txn *t, struct err *e)
{
    int64_t end_us = clock_mono_us() + KAFKA_TRANSACTION_TIMEOUT_MS * US_PER_MS;
    rd_kafka_resp_err_t code;
    do
        code = rd_kafka_flush(t->rk, COMMIT_STEP_MS);
    while (code == RD_KAFKA_RESP_ERR__TIMED_OUT && clock_mono_us() < end_us &&
           !kafka_stopping(t->settings));
    t->n_waiting = t->bytes_waiting = 0;
    return code ? kafka_fail(code, "flush", NULL, e) : 0;
}

int txn_produce(struct txn *t, const struct txn_record *r, struct err *e)
{
    rd_kafka_headers_t *h = NULL;
    bool enough = t->n_waiting == SEND_RECORDS || t->bytes_waiting >= SEND_BYTES;
    if (t->paced && enough && send_all(t, e) != 0)
        return -1;
    if (r->n_headers > 0 && !(h = make_headers(r, e)))
        return -1;
    int64_t end_us = clock_mono_us() + KAFKA_TRANSACTION_TIMEOUT_MS * US_PER_MS;
    rd_kafka_resp_err_t code;
    while ((code = offer(t, r, h)) == RD_KAFKA_RESP_ERR__QUEUE_FULL && clock_mono_us() < end_us)
        (void)rd_kafka_poll(t->rk, FULL_POLL_MS); /* how many callbacks it served is no matter */
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        t->n_waiting++;
        t->bytes_waiting += r->key.len + r->value.len;
        return 0;
    }
    if (h)
        rd_kafka_headers_destroy(h);
    return kafka_fail(code, r->topic, NULL, e);
}

static rd_kafka_topic_partition_list_t *make_list(const char *topic,
                                                  const struct group_offset *offsets, size_t n)
{
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new((int)n);
    for (size_t i = 0; l && i < n; i++) {
        rd_kafka_topic_partition_t *p =
            rd_kafka_topic_partition_list_add(l, topic, offsets[i].partition);
        p->offset = offsets[i].next_offset;
        p->metadata = strdup(offsets[i].note); /* freed with the list */
        p->metadata_size = p->metadata ? strlen(p->metadata) : 0;
        if (!p->metadata) {
            rd_kafka_topic_partition_list_destroy(l);
            return NULL;
        }
    }
    return l;
}

static int send_offsets(struct txn *t, struct group *g, const struct group_offset *offsets,
                        size_t n, struct err *e)
{
    int r = -1;
    rd_kafka_topic_partition_list_t *list = make_list(group_topic(g, 0), offsets, n);
    /* from the live consumer, so that the coordinator checks member and generation; what
     * rd_kafka_consumer_group_metadata_new() gives would be accepted unchecked */
    rd_kafka_consumer_group_metadata_t *meta = rd_kafka_consumer_group_metadata(group_handle(g));
    if (!list || !meta) {
        (void)err_set(e, ERR_NOMEM, "kafka: no memory for offsets");
        goto out;
    }
    int64_t end_us = clock_mono_us() + KAFKA_TRANSACTION_TIMEOUT_MS * US_PER_MS;
    do
        r = kafka_fail_take(rd_kafka_send_offsets_to_transaction(t->rk, list, meta, COMMIT_STEP_MS),
                            "send_offsets_to_transaction", e);
    while (r != 0 && e->retriable && clock_mono_us() < end_us && !kafka_stopping(t->settings));
out:
    if (meta)
        rd_kafka_consumer_group_metadata_destroy(meta);
    if (list)
        rd_kafka_topic_partition_list_destroy(list);
    return r;
}

int txn_commit(struct txn *t, struct group *g, const struct group_offset *offsets, size_t n,
               struct err *e)
{
    (void)rd_kafka_poll(t->rk, 0);
    if (n > 0 && send_offsets(t, g, offsets, n, e) != 0)
        return -1;
    int64_t end_us = clock_mono_us() + KAFKA_TRANSACTION_TIMEOUT_MS * US_PER_MS;
    int r;
    do
        r = kafka_fail_take(rd_kafka_commit_transaction(t->rk, COMMIT_STEP_MS),
                            "commit_transaction", e);
    while (r != 0 && e->retriable && clock_mono_us() < end_us && !kafka_stopping(t->settings));
    if (r != 0)
        return -1;
    t->open = false;
    if (t->undelivered)
        return kafka_fail(t->undelivered, "delivery", NULL, e);
    return 0;
}

int txn_abort(struct txn *t, struct err *e)
{
    if (!t->open)
        return 0;
    if (kafka_fail_take(rd_kafka_abort_transaction(t->rk, KAFKA_TRANSACTION_TIMEOUT_MS), "abort",
                        e) != 0)
        return -1;
    t->open = false;
    return 0;
}

int32_t txn_partition(struct slice key, int32_t partitions)
{
    return rd_kafka_msg_partitioner_murmur2(NULL, key.data, key.len, partitions, NULL, NULL);
}
