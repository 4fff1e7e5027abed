#include "outbox.h"

#include "clock.h"
#include "timefmt.h"

#include <stdlib.h>

enum { STEP_MS = 100, OWN_MAX = 32 };

struct undelivered {
    rd_kafka_resp_err_t why;
    char topic[KAFKA_NAME_MAX + 1];
};

struct outbox {
    rd_kafka_t *rk;
    const struct kafka_settings *settings;
    struct undelivered first;    /* failed delivery */
    int64_t n_given_up;          /* since outbox_settle() */
    struct undelivered given_up; /* the first of them */
};

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    (void)rk;
    struct outbox *o = opaque;
    if (!m->err)
        return;
    struct undelivered this = {.why = m->err};
    (void)snprintf(this.topic, sizeof(this.topic), "%s", rd_kafka_topic_name(m->rkt));
    if (!o->first.why)
        o->first = this;
    if (o->n_given_up++ == 0)
        o->given_up = this;
}

/* What is fatal to the client takes all that waits with it: then that is why. */
static int fail_delivery(struct outbox *o, const struct undelivered *u, struct err *e)
{
    char why[200];
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(o->rk, why, sizeof(why));
    return kafka_fail_of(o->rk, fatal ? fatal : u->why,
                         &(struct kafka_request){"delivery", u->topic, "Write"}, fatal ? why : NULL,
                         e);
}

struct outbox *outbox_open(const struct kafka_settings *s, struct err *e)
{
    return outbox_open_tuned(s, NULL, NULL, e);
}

struct outbox *outbox_open_tuned(const struct kafka_settings *s, const char *const *defaults,
                                 const char *const *own, struct err *e)
{
    static const char *const always[] = {
        "enable.idempotence",
        "true",
        "partitioner",
        "murmur2_random",
        "allow.auto.create.topics",
        "false",
        "delivery.report.only.error",
        "true",
    };
    const char *all[OWN_MAX + 1] = {NULL};
    size_t n = 0;
    for (; n < sizeof(always) / sizeof(always[0]); n++)
        all[n] = always[n];
    for (const char *const *p = own; p && *p && n < OWN_MAX; p++)
        all[n++] = *p;
    struct outbox *o = calloc(1, sizeof(*o));
    if (!o) {
        (void)err_set(e, ERR_NOMEM, "kafka: out of memory");
        return NULL;
    }
    o->settings = s;
    rd_kafka_conf_t *conf = kafka_conf_layered(s, defaults, all, e);
    if (conf) {
        rd_kafka_conf_set_opaque(conf, o);
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
        o->rk = kafka_create(RD_KAFKA_PRODUCER, conf, e);
    }
    if (o->rk)
        return o;
    outbox_close(o);
    return NULL;
}

int outbox_know(struct outbox *o, const char *const *topics, int timeout_ms, struct err *e)
{
    return kafka_know(o->rk, topics, timeout_ms, e);
}

void outbox_close(struct outbox *o)
{
    if (!o)
        return;
    if (o->rk) {
        (void)rd_kafka_purge(o->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(o->rk);
    }
    free(o);
}

static rd_kafka_error_t *produce(struct outbox *o, const struct outbox_message *m)
{
    const rd_kafka_vu_t vus[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = m->topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = m->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)m->key.data, m->key.len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)m->value.data, m->value.len}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = m->headers},
    };
    size_t n = sizeof(vus) / sizeof(vus[0]) - (m->headers ? 0 : 1);
    return rd_kafka_produceva(o->rk, vus, n);
}

int outbox_offer(struct outbox *o, const struct outbox_message *m, struct err *e)
{
    rd_kafka_error_t *error = produce(o, m);
    if (!error)
        return 0;
    if (rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return kafka_fail_take(o->rk, error, &(struct kafka_request){m->topic, m->topic, "Write"},
                               e);
    rd_kafka_error_destroy(error);
    return 1;
}

int outbox_put(struct outbox *o, const struct outbox_message *m, struct err *e)
{
    int64_t end_us = clock_mono_us() + KAFKA_CALL_TIMEOUT_MS * US_PER_MS;
    int r;
    while ((r = outbox_offer(o, m, e)) == 1) {
        if (clock_mono_us() >= end_us)
            return kafka_fail(RD_KAFKA_RESP_ERR__QUEUE_FULL, m->topic, NULL, e);
        if (kafka_stopping(o->settings))
            return err_set(e, ERR_STOPPED, "stopped while the producer's queue was full");
        (void)rd_kafka_poll(o->rk, STEP_MS); /* how many callbacks it served is no matter */
    }
    return r;
}

size_t outbox_waiting(const struct outbox *o)
{
    return (size_t)rd_kafka_outq_len(o->rk);
}

int64_t outbox_settle(struct outbox *o, struct err *e)
{
    (void)rd_kafka_poll(o->rk, 0); /* how many callbacks it served is no matter */
    int64_t n = o->n_given_up;
    o->n_given_up = 0;
    if (n > 0)
        (void)fail_delivery(o, &o->given_up, e);
    return n;
}

bool outbox_is_dead(struct outbox *o, struct err *e)
{
    char why[200];
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(o->rk, why, sizeof(why));
    const char *topic = o->first.why ? o->first.topic : NULL;
    if (fatal)
        (void)kafka_fail_of(o->rk, fatal, &(struct kafka_request){"producer", topic, "Write"}, why,
                            e);
    return fatal != RD_KAFKA_RESP_ERR_NO_ERROR;
}

int outbox_flush(struct outbox *o, struct err *e)
{
    return outbox_flush_within(o, KAFKA_CALL_TIMEOUT_MS, e);
}

/* In steps, so that whoever watches the program sees it alive. */
int outbox_flush_within(struct outbox *o, int64_t timeout_ms, struct err *e)
{
    int64_t end_us = clock_mono_us() + timeout_ms * US_PER_MS;
    rd_kafka_resp_err_t code;
    do {
        code = rd_kafka_flush(o->rk, STEP_MS);
        (void)kafka_stopping(o->settings); /* beats; who stops still wants its records delivered */
    } while (code == RD_KAFKA_RESP_ERR__TIMED_OUT && clock_mono_us() < end_us);
    if (o->first.why)
        return fail_delivery(o, &o->first, e);
    return code ? kafka_fail(code, "delivery", NULL, e) : 0;
}
