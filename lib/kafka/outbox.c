#include "outbox.h"

#include "clock.h"
#include "timefmt.h"

#include <stdlib.h>

enum { STEP_MS = 100 };

struct outbox {
    rd_kafka_t *rk;
    const struct kafka_settings *settings;
    rd_kafka_resp_err_t undelivered; /* first failed delivery */
};

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    (void)rk;
    struct outbox *o = opaque;
    if (m->err && !o->undelivered)
        o->undelivered = m->err;
}

struct outbox *outbox_open(const struct kafka_settings *s, struct err *e)
{
    static const char *const own[] = {"enable.idempotence",
                                      "true",
                                      "partitioner",
                                      "murmur2_random",
                                      "allow.auto.create.topics",
                                      "false",
                                      "delivery.report.only.error",
                                      "true",
                                      NULL};
    struct outbox *o = calloc(1, sizeof(*o));
    if (!o) {
        (void)err_set(e, ERR_NOMEM, "kafka: out of memory");
        return NULL;
    }
    o->settings = s;
    rd_kafka_conf_t *conf = kafka_conf_create(s, own, e);
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

static rd_kafka_error_t *offer(struct outbox *o, const struct outbox_message *m)
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

int outbox_put(struct outbox *o, const struct outbox_message *m, struct err *e)
{
    int64_t end_us = clock_mono_us() + KAFKA_CALL_TIMEOUT_MS * US_PER_MS;
    for (;;) {
        rd_kafka_error_t *error = offer(o, m);
        if (!error)
            return 0;
        if (rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__QUEUE_FULL ||
            clock_mono_us() >= end_us)
            return kafka_fail_take(error, m->topic, e);
        rd_kafka_error_destroy(error);
        if (kafka_stopping(o->settings))
            return err_set(e, ERR_STOPPED, "stopped while the producer's queue was full");
        (void)rd_kafka_poll(o->rk, STEP_MS); /* how many callbacks it served is no matter */
    }
}

/* In steps, so that whoever watches the program sees it alive. */
int outbox_flush(struct outbox *o, struct err *e)
{
    int64_t end_us = clock_mono_us() + KAFKA_CALL_TIMEOUT_MS * US_PER_MS;
    rd_kafka_resp_err_t code;
    do {
        code = rd_kafka_flush(o->rk, STEP_MS);
        (void)kafka_stopping(o->settings); /* beats; who stops still wants its records delivered */
    } while (code == RD_KAFKA_RESP_ERR__TIMED_OUT && clock_mono_us() < end_us);
    if (o->undelivered)
        code = o->undelivered;
    return code ? kafka_fail(code, "delivery", NULL, e) : 0;
}
