#include "kafka.h"

#include "health.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

enum { KNOW_MAX = 64 };

/* Properties whose value exactly-once and our layout of groups and topics depend on. */
static const char *const owned[] = {
    "auto.offset.reset",
    "acks",
    "bootstrap.servers",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.instance.id",
    "isolation.level",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "partitioner",
    "request.required.acks",
    "transaction.timeout.ms",
    "transactional.id",
    NULL,
};

static const char *pair_property(const struct conf_pair *p)
{
    size_t n = strlen(KAFKA_PAIR_PREFIX);
    return strncmp(p->key, KAFKA_PAIR_PREFIX, n) == 0 ? p->key + n : NULL;
}

static bool is_owned(const char *property)
{
    for (const char *const *o = owned; *o; o++)
        if (strcmp(*o, property) == 0)
            return true;
    return false;
}

void kafka_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    enum log_level l = level <= 3 ? LOG_LEVEL_WARN /* a client's trouble is ours only if we fail */
                       : level <= 5 ? LOG_LEVEL_INFO
                                    : LOG_LEVEL_DEBUG;
    LOG_EVENT(l, "librdkafka", text, LOG_STR("facility", facility),
              LOG_STR("client", rk ? rd_kafka_name(rk) : ""));
}

static int set(rd_kafka_conf_t *c, const char *name, const char *value, struct err *e)
{
    char why[160];
    if (rd_kafka_conf_set(c, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
        return 0;
    return err_set(e, ERR_CONF, "kafka.%s: %s", name, why);
}

static int set_pairs(rd_kafka_conf_t *c, const struct kafka_settings *s, struct err *e)
{
    for (size_t i = 0; s->conf && i < s->conf->n_pairs; i++) {
        const char *property = pair_property(&s->conf->pairs[i]);
        if (!property)
            continue;
        if (is_owned(property))
            return err_set(e, ERR_CONF, "kafka.%s is set by candlewick itself", property);
        if (set(c, property, s->conf->pairs[i].value, e) != 0)
            return -1;
    }
    return 0;
}

static int set_all(rd_kafka_conf_t *c, const char *const *pairs, struct err *e)
{
    for (const char *const *p = pairs; p && *p; p += 2)
        if (set(c, p[0], p[1], e) != 0)
            return -1;
    return 0;
}

rd_kafka_conf_t *kafka_conf_layered(const struct kafka_settings *s, const char *const *defaults,
                                    const char *const *own, struct err *e)
{
    rd_kafka_conf_t *c = rd_kafka_conf_new();
    if (!c) {
        (void)err_set(e, ERR_NOMEM, "kafka: out of memory");
        return NULL;
    }
    rd_kafka_conf_set_log_cb(c, kafka_log);
    if (set(c, "bootstrap.servers", s->brokers, e) == 0 &&
        set(c, "socket.nagle.disable", "true", e) == 0 && set_all(c, defaults, e) == 0 &&
        set_pairs(c, s, e) == 0 && set_all(c, own, e) == 0)
        return c;
    rd_kafka_conf_destroy(c);
    return NULL;
}

rd_kafka_conf_t *kafka_conf_create(const struct kafka_settings *s, const char *const *own,
                                   struct err *e)
{
    return kafka_conf_layered(s, NULL, own, e);
}

rd_kafka_conf_t *kafka_conf_consumer(const struct kafka_settings *s, const char *const *defaults,
                                     const char *const *own, struct err *e)
{
    static const char *const all[] = {"isolation.level",
                                      "read_committed",
                                      "enable.auto.commit",
                                      "false",
                                      "enable.auto.offset.store",
                                      "false",
                                      "auto.offset.reset",
                                      "error",
                                      "allow.auto.create.topics",
                                      "false",
                                      NULL};
    rd_kafka_conf_t *c = kafka_conf_layered(s, defaults, all, e);
    if (!c || set_all(c, own, e) == 0)
        return c;
    rd_kafka_conf_destroy(c);
    return NULL;
}

bool kafka_stopping(const struct kafka_settings *s)
{
    if (s->health)
        health_beat(s->health);
    return s->stopping();
}

int kafka_settings_check(const struct kafka_settings *s, struct err *e)
{
    rd_kafka_conf_t *c = kafka_conf_create(s, NULL, e);
    if (!c)
        return -1;
    rd_kafka_conf_destroy(c);
    char name[KAFKA_NAME_MAX + 1];
    return kafka_name(s, "", name, e);
}

int kafka_name(const struct kafka_settings *s, const char *name, char ret[KAFKA_NAME_MAX + 1],
               struct err *e)
{
    char text[KAFKA_NAME_MAX + 1];
    int n = snprintf(text, sizeof(text), "%s%s", s->prefix, name);
    if (n < 0 || n > KAFKA_NAME_MAX)
        return err_set(e, ERR_CONF, "the name %.60s%.60s is too long for Kafka", s->prefix, name);
    for (const char *p = text; *p; p++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", *p))
            return err_set(e, ERR_CONF, "\"%.100s\" has a character that no Kafka name may have",
                           text);
    memcpy(ret, text, (size_t)n + 1);
    return 0;
}

rd_kafka_t *kafka_create(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *e)
{
    char why[200];
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof(why));
    if (!rk) {
        rd_kafka_conf_destroy(conf);
        (void)err_set(e, ERR_CONF, "kafka client: %s", why);
    }
    return rk;
}

/* One question for all: it asks about the topics that the client has heard of. What it is told
 * stays in the client's memory for longer than these handles. */
int kafka_know(rd_kafka_t *rk, const char *const *topics, int timeout_ms, struct err *e)
{
    rd_kafka_topic_t *handles[KNOW_MAX];
    size_t n = 0;
    int r = 0;
    while (r == 0 && n < KNOW_MAX && topics[n]) {
        handles[n] = rd_kafka_topic_new(rk, topics[n], NULL);
        if (handles[n])
            n++;
        else
            r = kafka_fail(rd_kafka_last_error(), topics[n], NULL, e);
    }
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (r == 0 && n > 0)
        code = rd_kafka_metadata(rk, 0, NULL, &md, timeout_ms);
    if (code)
        r = kafka_fail(code, "metadata", NULL, e);
    else if (md)
        rd_kafka_metadata_destroy(md);
    while (n > 0)
        rd_kafka_topic_destroy(handles[--n]);
    return r;
}

struct slice kafka_message_header(const struct kafka_message *m, const char *name)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t len;
    if (rd_kafka_message_headers(m->handle, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &len) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return (struct slice){NULL, 0};
    return slice_make(value, len);
}

void kafka_message_from(rd_kafka_message_t *rkm, struct kafka_message *ret)
{
    *ret = (struct kafka_message){
        .partition = rkm->partition,
        .offset = rkm->offset,
        .timestamp_ms = rd_kafka_message_timestamp(rkm, NULL),
        .key = slice_make(rkm->key, rkm->key_len),
        .value = slice_make(rkm->payload, rkm->len),
        .tombstone = rkm->payload == NULL,
        .handle = rkm,
    };
}
