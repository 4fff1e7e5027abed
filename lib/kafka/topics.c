#include "topics.h"

#include "clock.h"
#include "log.h"
#include "timefmt.h"

enum { ASK_MS = 2000, SAY_EVERY_S = 10, PAUSE_MS = 200 };

static int count_of(const struct rd_kafka_metadata *md, const char *name, int32_t *ret,
                    struct err *e)
{
    const rd_kafka_metadata_topic_t *t = md->topic_cnt == 1 ? &md->topics[0] : NULL;
    if (t && !t->err && t->partition_cnt > 0) {
        *ret = t->partition_cnt;
        return 0;
    }
    if (t && t->err && t->err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return kafka_fail(t->err, name, NULL, e);
    return err_set(e, ERR_NOT_FOUND, "topic %s is missing: create it with cw-topics create", name);
}

static int ask(rd_kafka_t *rk, const char *name, int32_t *ret, struct err *e)
{
    rd_kafka_topic_t *t = rd_kafka_topic_new(rk, name, NULL);
    if (!t)
        return kafka_fail(rd_kafka_last_error(), name, NULL, e);
    const struct rd_kafka_metadata *md;
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, t, &md, ASK_MS);
    int r = -1;
    if (code) {
        (void)kafka_fail(code, "no broker answers", NULL, e);
    } else {
        r = count_of(md, name, ret, e);
        rd_kafka_metadata_destroy(md);
    }
    rd_kafka_topic_destroy(t);
    return r;
}

/* Asks until an answer other than "nobody there" comes. */
static int ask_until(const struct kafka_settings *s, struct health *h, rd_kafka_t *rk,
                     const char *name, int32_t *ret, struct err *e)
{
    struct log_limit limit = {.interval_us = SAY_EVERY_S * US_PER_S};
    while (ask(rk, name, ret, e) != 0) {
        if (!e->retriable)
            return -1;
        if (s->stopping())
            return err_set(e, ERR_STOPPED, "stopped while waiting for a broker");
        health_wait(h, "kafka", e->text);
        health_beat(h);
        if (log_limit_pass(&limit, clock_mono_us()))
            log_warn("kafka", "waiting for the cluster", LOG_STR("brokers", s->brokers),
                     LOG_ERR(e));
        (void)rd_kafka_poll(rk, PAUSE_MS);
    }
    return 0;
}

int topics_await(const struct kafka_settings *s, struct health *h, const char *const *names,
                 int32_t *ret_partitions, struct err *e)
{
    const char *const own[] = {"allow.auto.create.topics", "false", "group.id", "cw-topics", NULL};
    rd_kafka_conf_t *conf = kafka_conf_create(s, own, e);
    rd_kafka_t *rk = conf ? kafka_create(RD_KAFKA_CONSUMER, conf, e) : NULL;
    int r = rk ? 0 : -1;
    for (size_t i = 0; r == 0 && names[i]; i++) {
        char name[KAFKA_NAME_MAX + 1];
        r = kafka_name(s, names[i], name, e);
        if (r == 0)
            r = ask_until(s, h, rk, name, &ret_partitions[i], e);
    }
    if (rk)
        rd_kafka_destroy(rk);
    if (r == 0)
        health_ready(h, "kafka");
    return r;
}

int topics_same_count(const char *const *names, const int32_t *partitions, struct err *e)
{
    for (size_t i = 1; names[0] && names[i]; i++)
        if (partitions[i] != partitions[0])
            return err_set(e, ERR_CONF, "topic %s has %d partitions, but %s has %d", names[i],
                           partitions[i], names[0], partitions[0]);
    return 0;
}
