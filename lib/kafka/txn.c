#include "txn.h"

#include "clock.h"
#include "failpoint.h"
#include "group.h"
#include "group_internal.h"
#include "log.h"
#include "timefmt.h"

#include <pthread.h>
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
    bool paced;                       /* as txn_pace() says */
    size_t n_waiting;                 /* records since all were answered */
    size_t bytes_waiting;             /* keys and values of them */
    rd_kafka_resp_err_t undelivered;  /* first failed delivery report of the open transaction */
    pthread_mutex_t lock;             /* guards refused, which the library's threads write */
    char refused[KAFKA_NAME_MAX + 1]; /* topic that we may not write to; "": none known */
};

/* --- errors ---------------------------------------------------------------------------------- */

static void set_refused(struct txn *t, const char *name, size_t len)
{
    if (len > KAFKA_NAME_MAX)
        return;
    (void)pthread_mutex_lock(&t->lock);
    memcpy(t->refused, name, len);
    t->refused[len] = '\0';
    (void)pthread_mutex_unlock(&t->lock);
}

/* Which topic the transaction may not write to the library says in a line of its log, and nowhere
 * else: `Failed to add partition "trades" [0] to transaction: Broker: Topic authorization failed`.
 */
static void note_refused(struct txn *t, const char *line)
{
    static const char before[] = "partition \"";
    const char *name = strstr(line, before);
    if (!name || !strstr(line, rd_kafka_err2str(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)))
        return;
    name += sizeof(before) - 1;
    set_refused(t, name, strcspn(name, "\""));
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    if (rk && strcmp(facility, "ADDPARTS") == 0)
        note_refused(rd_kafka_opaque(rk), text);
    kafka_log(rk, level, facility, text);
}

/* After a refused write every call for the transaction fails with it, or with no more than "wrong
 * state", whatever it was to do.
 * buf: for the topic's name. */
static struct kafka_request request_of(struct txn *t, const char *what,
                                       char buf[KAFKA_NAME_MAX + 1])
{
    (void)pthread_mutex_lock(&t->lock);
    memcpy(buf, t->refused, sizeof(t->refused));
    (void)pthread_mutex_unlock(&t->lock);
    return (struct kafka_request){what, *buf ? buf : NULL, "Write"};
}

/* *e from a call's failure. rk: who has the names that r leaves out. */
static int fail_request(rd_kafka_t *rk, rd_kafka_error_t *error, const struct kafka_request *r,
                        bool refused, struct err *e)
{
    if (!error || !refused || rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__STATE)
        return kafka_fail_take(rk, error, r, e);
    rd_kafka_error_destroy(error);
    return kafka_fail_of(rk, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, r, NULL, e);
}

static int fail_take(struct txn *t, rd_kafka_error_t *error, const char *what, struct err *e)
{
    char topic[KAFKA_NAME_MAX + 1];
    const struct kafka_request r = request_of(t, what, topic);
    return fail_request(t->rk, error, &r, r.topic != NULL, e);
}

/* --- open and close -------------------------------------------------------------------------- */

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    (void)rk;
    struct txn *t = opaque;
    if (!m->err || t->undelivered)
        return;
    const char *topic = rd_kafka_topic_name(m->rkt);
    t->undelivered = m->err;
    if (m->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
        set_refused(t, topic, strlen(topic));
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
    rd_kafka_conf_set_log_cb(conf, on_log);
    return kafka_create(RD_KAFKA_PRODUCER, conf, e);
}

static int init_within(struct txn *t, const char *id, int timeout_ms, struct err *e)
{
    char what[KAFKA_NAME_MAX + 48];
    (void)snprintf(what, sizeof(what), "transactional id %s: init_transactions", id);
    return fail_take(t, rd_kafka_init_transactions(t->rk, timeout_ms), what, e);
}

/* Fences whoever had this id, and waits until what it left open is settled. */
static int init_transactions(struct txn *t, const char *id, struct err *e)
{
    int64_t say_us = clock_mono_us() + SAY_EVERY_S * US_PER_S;
    for (;;) {
        if (init_within(t, id, INIT_STEP_MS, e) == 0)
            return 0;
        if (!e->retriable)
            return -1;
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
        *ret_done = init_within(t, id, haste_ms[i], e) == 0;
        if (*ret_done)
            return 0;
        if (!e->retriable)
            return -1;
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
    (void)pthread_mutex_init(&t->lock, NULL); /* cannot fail with default attributes */
    if (kafka_name(s, name, id, e) == 0 && init_in_haste(t, id, &done, e) == 0 &&
        (done || init_transactions(t, id, e) == 0)) {
        FAILPOINT(TXN_OPENED);
        return t;
    }
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
    if (t->open)
        FAILPOINT(TXN_ABORTED);
    if (t->rk && t->open && rd_kafka_fatal_error(t->rk, NULL, 0) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        struct err e = {0};
        if (fail_take(t, rd_kafka_abort_transaction(t->rk, KAFKA_CALL_TIMEOUT_MS), "abort", &e) !=
            0)
            log_warn("kafka", "abort failed; the successor's init_transactions settles it",
                     LOG_ERR(&e));
    }
    if (t->rk) {
        (void)rd_kafka_purge(t->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_NON_BLOCKING);
        rd_kafka_destroy(t->rk);
    }
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
}

int txn_begin(struct txn *t, struct err *e)
{
    /* begin_transaction() of 2.0.2 can hang while a fatal error is pending */
    char why[200];
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(t->rk, why, sizeof(why));
    if (fatal)
        return kafka_fail(fatal, "begin_transaction", why, e);
    if (fail_take(t, rd_kafka_begin_transaction(t->rk), "begin_transaction", e) != 0)
        return -1;
    t->open = true;
    FAILPOINT(TXN_BEGUN);
    t->n_waiting = t->bytes_waiting = 0;
    t->undelivered = RD_KAFKA_RESP_ERR_NO_ERROR;
    set_refused(t, "", 0);
    return 0;
}

bool txn_is_open(const struct txn *t)
{
    return t->open;
}

static int no_headers(struct err *e)
{
    return err_set(e, ERR_NOMEM, "kafka: no memory for headers");
}

/* *ret stays NULL where the message has none. */
static int copy_headers(const struct kafka_message *from, rd_kafka_headers_t **ret, struct err *e)
{
    rd_kafka_headers_t *there;
    if (rd_kafka_message_headers(from->handle, &there) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    *ret = rd_kafka_headers_copy(there);
    return *ret ? 0 : no_headers(e);
}

static int make_headers(const struct txn_record *r, rd_kafka_headers_t **ret, struct err *e)
{
    if (r->headers_of)
        return copy_headers(r->headers_of, ret, e);
    if (r->n_headers == 0)
        return 0;
    rd_kafka_headers_t *h = rd_kafka_headers_new((size_t)r->n_headers);
    for (int i = 0; h && i < r->n_headers; i++) {
        const struct txn_header *x = &r->headers[i];
        if (rd_kafka_header_add(h, x->name, -1, x->value.data, (ssize_t)x->value.len) !=
            RD_KAFKA_RESP_ERR_NO_ERROR) {
            rd_kafka_headers_destroy(h);
            h = NULL;
        }
    }
    *ret = h;
    return h ? 0 : no_headers(e);
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
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = r->timestamp_ms},
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
    if (make_headers(r, &h, e) != 0)
        return -1;
    int64_t end_us = clock_mono_us() + KAFKA_TRANSACTION_TIMEOUT_MS * US_PER_MS;
    rd_kafka_resp_err_t code;
    while ((code = offer(t, r, h)) == RD_KAFKA_RESP_ERR__QUEUE_FULL && clock_mono_us() < end_us)
        (void)rd_kafka_poll(t->rk, FULL_POLL_MS); /* how many callbacks it served is no matter */
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        t->n_waiting++;
        t->bytes_waiting += r->key.len + r->value.len;
        FAILPOINT(TXN_PRODUCED);
        return 0;
    }
    if (h)
        rd_kafka_headers_destroy(h);
    char topic[KAFKA_NAME_MAX + 1];
    struct kafka_request request = request_of(t, r->topic, topic);
    if (code == RD_KAFKA_RESP_ERR__STATE && request.topic) /* what it was refused before */
        code = RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    return kafka_fail_of(t->rk, code, &request, NULL, e);
}

static rd_kafka_topic_partition_list_t *make_list(const struct group *g,
                                                  const struct group_offset *offsets, size_t n)
{
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new((int)n);
    for (size_t i = 0; l && i < n; i++) {
        rd_kafka_topic_partition_t *p = rd_kafka_topic_partition_list_add(
            l, group_topic(g, offsets[i].topic), offsets[i].partition);
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

/* Of its rights the group is the consumer's to name. */
static int fail_offsets(struct txn *t, struct group *g, rd_kafka_error_t *error, struct err *e)
{
    char topic[KAFKA_NAME_MAX + 1];
    struct kafka_request r = request_of(t, "send_offsets_to_transaction", topic);
    bool of_group =
        error && rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
    bool refused = r.topic != NULL;
    if (!refused)
        r = (struct kafka_request){r.what, group_topic(g, 0), "Read"};
    return fail_request(of_group ? group_handle(g) : t->rk, error, &r, refused, e);
}

static int send_offsets(struct txn *t, struct group *g, const struct group_offset *offsets,
                        size_t n, struct err *e)
{
    int r = -1;
    rd_kafka_topic_partition_list_t *list = make_list(g, offsets, n);
    /* from the live consumer, so that the coordinator checks member and generation; what
     * rd_kafka_consumer_group_metadata_new() gives would be accepted unchecked */
    rd_kafka_consumer_group_metadata_t *meta = rd_kafka_consumer_group_metadata(group_handle(g));
    if (!list || !meta) {
        (void)err_set(e, ERR_NOMEM, "kafka: no memory for offsets");
        goto out;
    }
    int64_t end_us = clock_mono_us() + KAFKA_TRANSACTION_TIMEOUT_MS * US_PER_MS;
    FAILPOINT(TXN_OFFSETS);
    do
        r = fail_offsets(
            t, g, rd_kafka_send_offsets_to_transaction(t->rk, list, meta, COMMIT_STEP_MS), e);
    while (r != 0 && e->retriable && clock_mono_us() < end_us && !kafka_stopping(t->settings));
    FAILPOINT(TXN_OFFSETS_SENT);
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
    FAILPOINT(TXN_COMMIT);
    int64_t end_us = clock_mono_us() + KAFKA_TRANSACTION_TIMEOUT_MS * US_PER_MS;
    int r;
    do
        r = fail_take(t, rd_kafka_commit_transaction(t->rk, COMMIT_STEP_MS), "commit_transaction",
                      e);
    while (r != 0 && e->retriable && clock_mono_us() < end_us && !kafka_stopping(t->settings));
    if (r != 0)
        return -1;
    t->open = false;
    FAILPOINT(TXN_COMMITTED);
    if (!t->undelivered)
        return 0;
    char topic[KAFKA_NAME_MAX + 1];
    const struct kafka_request request = request_of(t, "delivery", topic);
    return kafka_fail_of(t->rk, t->undelivered, &request, NULL, e);
}

int txn_abort(struct txn *t, struct err *e)
{
    if (!t->open)
        return 0;
    if (fail_take(t, rd_kafka_abort_transaction(t->rk, KAFKA_TRANSACTION_TIMEOUT_MS), "abort", e) !=
        0)
        return -1;
    t->open = false;
    FAILPOINT(TXN_ABORTED);
    return 0;
}

int32_t txn_partition(struct slice key, int32_t partitions)
{
    return rd_kafka_msg_partitioner_murmur2(NULL, key.data, key.len, partitions, NULL, NULL);
}
