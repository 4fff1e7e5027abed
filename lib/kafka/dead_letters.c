#include "dead_letters.h"

#include <inttypes.h>
#include <stdlib.h>

static const char TOPIC[] = "dead-letters";

struct dead_letters {
    rd_kafka_t *rk;
    char topic[KAFKA_NAME_MAX + 1];
    rd_kafka_resp_err_t undelivered; /* first failed delivery since the last flush */
};

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    (void)rk;
    struct dead_letters *d = opaque;
    if (m->err && !d->undelivered)
        d->undelivered = m->err;
}

struct dead_letters *dead_letters_open(const struct kafka_settings *s, struct err *e)
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
    struct dead_letters *d = calloc(1, sizeof(*d));
    if (!d) {
        (void)err_set(e, ERR_NOMEM, "kafka: out of memory");
        return NULL;
    }
    rd_kafka_conf_t *conf = NULL;
    if (kafka_name(s, TOPIC, d->topic, e) == 0)
        conf = kafka_conf_create(s, own, e);
    if (conf) {
        rd_kafka_conf_set_opaque(conf, d);
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
        d->rk = kafka_create(RD_KAFKA_PRODUCER, conf, e);
    }
    if (d->rk)
        return d;
    dead_letters_close(d);
    return NULL;
}

void dead_letters_close(struct dead_letters *d)
{
    if (!d)
        return;
    if (d->rk) {
        (void)rd_kafka_purge(d->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(d->rk);
    }
    free(d);
}

/* --- one letter ------------------------------------------------------------------------------ */

static bool add(rd_kafka_headers_t *h, const char *name, const char *value)
{
    return rd_kafka_header_add(h, name, -1, value, -1) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* The message's own headers and ours. NULL: out of memory. */
static rd_kafka_headers_t *make_headers(const struct dead_letter *l)
{
    char partition[16];
    char offset[24];
    char bytes[24];
    rd_kafka_headers_t *had;
    rd_kafka_headers_t *h =
        rd_kafka_message_headers(l->message->handle, &had) == RD_KAFKA_RESP_ERR_NO_ERROR
            ? rd_kafka_headers_copy(had)
            : rd_kafka_headers_new(5);
    (void)snprintf(partition, sizeof(partition), "%" PRId32, l->message->partition);
    (void)snprintf(offset, sizeof(offset), "%" PRId64, l->message->offset);
    (void)snprintf(bytes, sizeof(bytes), "%zu", l->message->value.len);
    if (h && l->message->value.len > KAFKA_LETTER_VALUE_MAX && !add(h, "dlq.whole_bytes", bytes)) {
        rd_kafka_headers_destroy(h);
        return NULL;
    }
    if (h && add(h, "dlq.topic", l->topic) && add(h, "dlq.partition", partition) &&
        add(h, "dlq.offset", offset) && add(h, "dlq.stage", l->stage) &&
        add(h, "dlq.reason", l->reason))
        return h;
    if (h)
        rd_kafka_headers_destroy(h);
    return NULL;
}

int dead_letters_put(struct dead_letters *d, const struct dead_letter *letter, struct err *e)
{
    const struct kafka_message *m = letter->message;
    const struct slice key = kafka_cut(m->key, KAFKA_LETTER_KEY_MAX);
    const struct slice value = kafka_cut(m->value, KAFKA_LETTER_VALUE_MAX);
    rd_kafka_headers_t *h = make_headers(letter);
    if (!h)
        return err_set(e, ERR_NOMEM, "kafka: no memory for headers");
    const rd_kafka_vu_t vus[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = d->topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = RD_KAFKA_PARTITION_UA},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)key.data, key.len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)value.data, value.len}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = h},
    };
    rd_kafka_error_t *error = rd_kafka_produceva(d->rk, vus, sizeof(vus) / sizeof(vus[0]));
    if (!error)
        return 0;
    rd_kafka_headers_destroy(h); /* taken only by a success */
    return kafka_fail_take(error, d->topic, e);
}

int dead_letters_flush(struct dead_letters *d, struct err *e)
{
    rd_kafka_resp_err_t code = rd_kafka_flush(d->rk, KAFKA_CALL_TIMEOUT_MS);
    if (!code)
        code = d->undelivered;
    return code ? kafka_fail(code, d->topic, NULL, e) : 0;
}
