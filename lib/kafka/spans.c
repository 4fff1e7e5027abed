#include "spans.h"

#include "log.h"

#include <stdlib.h>

static const char MOD[] = "kafka";

/* One span, and the queue of its own that its messages come by. */
struct stretch {
    struct span wanted;
    rd_kafka_queue_t *queue;
    bool done;
};

struct spans {
    rd_kafka_t *rk;
    char name[KAFKA_NAME_MAX + 1];
    struct stretch *items;
    size_t n;
    size_t left;
    rd_kafka_message_t *batch[SPANS_BATCH_MAX];
};

/* --- open and close -------------------------------------------------------------------------- */

static int open_client(struct spans *s, const struct kafka_settings *settings, struct err *e)
{
    char group[KAFKA_NAME_MAX + 1];
    if (kafka_name(settings, "cw-reader", group, e) != 0)
        return -1;
    const char *const own[] = {"group.id", group, /* never joined, never committed to */
                               "enable.partition.eof", "true", NULL};
    static const char *const defaults[] = {"queued.max.messages.kbytes", "16384", NULL};
    rd_kafka_conf_t *conf = kafka_conf_consumer(settings, defaults, own, e);
    s->rk = conf ? kafka_create(RD_KAFKA_CONSUMER, conf, e) : NULL;
    if (!s->rk)
        return -1;
    (void)rd_kafka_poll_set_consumer(s->rk); /* cannot fail on a consumer with a group */
    return 0;
}

/* The queues are taken before anything can be in the common one. */
static int begin(struct spans *s, struct err *e)
{
    rd_kafka_topic_partition_list_t *at = rd_kafka_topic_partition_list_new((int)s->n);
    int r = 0;
    for (size_t i = 0; r == 0 && i < s->n; i++) {
        struct stretch *x = &s->items[i];
        if (x->done)
            continue;
        rd_kafka_topic_partition_list_add(at, s->name, x->wanted.partition)->offset =
            x->wanted.from;
        x->queue = rd_kafka_queue_get_partition(s->rk, s->name, x->wanted.partition);
        if (x->queue)
            rd_kafka_queue_forward(x->queue, NULL);
        else
            r = err_set(e, ERR_NOMEM, "%s partition %d: no queue", s->name, x->wanted.partition);
    }
    if (r == 0 && s->left > 0) {
        rd_kafka_resp_err_t code = rd_kafka_assign(s->rk, at);
        r = code ? kafka_fail(code, s->name, NULL, e) : 0;
    }
    rd_kafka_topic_partition_list_destroy(at);
    return r;
}

struct spans *spans_open(const struct kafka_settings *settings, const char *topic,
                         const struct span *wanted, size_t n, struct err *e)
{
    struct spans *s = calloc(1, sizeof(*s));
    if (s)
        s->items = calloc(n ? n : 1, sizeof(*s->items));
    if (!s || !s->items) {
        free(s);
        (void)err_set(e, ERR_NOMEM, "kafka: out of memory");
        return NULL;
    }
    s->n = n;
    for (size_t i = 0; i < n; i++) {
        s->items[i] =
            (struct stretch){.wanted = wanted[i], .done = wanted[i].from >= wanted[i].end};
        s->left += !s->items[i].done;
    }
    if (kafka_name(settings, topic, s->name, e) == 0 && open_client(s, settings, e) == 0 &&
        begin(s, e) == 0)
        return s;
    spans_close(s);
    return NULL;
}

void spans_close(struct spans *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++)
        if (s->items[i].queue)
            rd_kafka_queue_destroy(s->items[i].queue);
    if (s->rk)
        rd_kafka_destroy(s->rk);
    free(s->items);
    free(s);
}

/* --- reading --------------------------------------------------------------------------------- */

/* next: an offset up to which all of it has been seen. */
static void advance(struct spans *s, struct stretch *x, int64_t next)
{
    if (!x->done && next >= x->wanted.end) {
        x->done = true;
        s->left--;
    }
}

static int judge(struct spans *s, struct stretch *x, const rd_kafka_message_t *m, struct err *e)
{
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        advance(s, x, m->offset);
        return 0;
    }
    (void)kafka_fail_of(s->rk, m->err, &(struct kafka_request){s->name, s->name, "Read"},
                        rd_kafka_message_errstr(m), e);
    if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        e->code = ERR_STATE;
    if (!e->retriable)
        return -1;
    log_warn(MOD, "consumer, going on", LOG_ERR(e));
    return 0;
}

/* What belongs to no partition: errors of the client as a whole, which pass or are told again. */
static void serve_client(struct spans *s)
{
    struct err e;
    rd_kafka_message_t *m = rd_kafka_consumer_poll(s->rk, 0);
    if (!m)
        return;
    (void)kafka_fail(m->err, "consumer", rd_kafka_message_errstr(m), &e);
    /* the library looks for the group's coordinator, but of the group we want nothing */
    if (m->err != RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
        log_warn(MOD, "consumer, going on", LOG_ERR(&e));
    rd_kafka_message_destroy(m);
}

ssize_t spans_take(struct spans *s, size_t i, int timeout_ms, struct kafka_message *ret, size_t max,
                   struct err *e)
{
    struct stretch *x = &s->items[i];
    serve_client(s);
    if (x->done)
        return 0;
    /* The library waits until the array is full: so first for one, then for what came with it. */
    ssize_t n = rd_kafka_consume_batch_queue(x->queue, timeout_ms, s->batch, 1);
    if (n == 1 && max > 1) {
        size_t room = (max < SPANS_BATCH_MAX ? max : SPANS_BATCH_MAX) - 1;
        ssize_t more = rd_kafka_consume_batch_queue(x->queue, 0, s->batch + 1, room);
        n += more > 0 ? more : 0;
    }
    if (n < 0)
        return kafka_fail(rd_kafka_last_error(), "consume", NULL, e);
    ssize_t kept = 0;
    int r = 0;
    for (ssize_t k = 0; k < n; k++) {
        rd_kafka_message_t *m = s->batch[k];
        bool ours = r == 0 && !m->err && m->offset < x->wanted.end;
        if (ours)
            kafka_message_from(m, &ret[kept++]);
        if (r == 0)
            r = m->err ? judge(s, x, m, e) : (advance(s, x, m->offset + 1), 0);
        if (!ours)
            rd_kafka_message_destroy(m);
    }
    if (r == 0)
        return kept;
    spans_release(ret, kept);
    return -1;
}

void spans_release(struct kafka_message *batch, ssize_t n)
{
    for (ssize_t i = 0; i < n; i++)
        rd_kafka_message_destroy(batch[i].handle);
}

bool spans_is_done(const struct spans *s, size_t i)
{
    return s->items[i].done;
}

size_t spans_left(const struct spans *s)
{
    return s->left;
}
