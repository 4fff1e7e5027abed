#include "topics.h"

#include "clock.h"
#include "gate.h"
#include "log.h"
#include "timefmt.h"

enum {
    ASK_MS = 2000,
    SAY_EVERY_S = 10,
    PAUSE_MS = 200,
    REFUSED_S = 10, /* how long we knock where we are refused: what was granted just now takes
                       effect a moment later */
};

/* Who asks. */
struct caller {
    const struct kafka_settings *settings;
    struct health *health;
    rd_kafka_t *rk;
    struct gate gate;
};

static int count_of(struct caller *c, const struct rd_kafka_metadata *md, const char *name,
                    int32_t *ret, struct err *e)
{
    const rd_kafka_metadata_topic_t *t = md->topic_cnt == 1 ? &md->topics[0] : NULL;
    if (t && !t->err && t->partition_cnt > 0) {
        *ret = t->partition_cnt;
        return 0;
    }
    if (t && t->err && t->err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return kafka_fail_of(c->rk, t->err, &(struct kafka_request){name, name, KAFKA_DESCRIBE},
                             NULL, e);
    return err_set(e, ERR_NOT_FOUND, "topic %s is missing: create it with cw-topics create", name);
}

static int ask(struct caller *c, const char *name, int32_t *ret, struct err *e)
{
    rd_kafka_topic_t *t = rd_kafka_topic_new(c->rk, name, NULL);
    if (!t)
        return kafka_fail(rd_kafka_last_error(), name, NULL, e);
    const struct rd_kafka_metadata *md;
    rd_kafka_resp_err_t code = rd_kafka_metadata(c->rk, 0, t, &md, ASK_MS);
    int r = -1;
    if (code) {
        (void)gate_fail(&c->gate, c->rk, code, e);
    } else {
        r = count_of(c, md, name, ret, e);
        rd_kafka_metadata_destroy(md);
    }
    rd_kafka_topic_destroy(t);
    return r;
}

/* Whoever is away is waited for; who refuses us, for a moment. since_us: of the first refusal, 0:
 * none. */
static bool may_wait(const struct err *e, int64_t *since_us)
{
    int64_t now_us = clock_mono_us();
    if (e->retriable)
        *since_us = 0;
    else if (*since_us == 0)
        *since_us = now_us;
    return e->retriable || (e->code == ERR_IO && now_us - *since_us < REFUSED_S * US_PER_S);
}

/* Asks until there is an answer. */
static int ask_until(struct caller *c, const char *name, int32_t *ret, struct err *e)
{
    struct log_limit limit = {.interval_us = SAY_EVERY_S * US_PER_S};
    int64_t refused_us = 0;
    while (ask(c, name, ret, e) != 0) {
        if (!may_wait(e, &refused_us))
            return -1;
        if (c->settings->stopping())
            return err_set(e, ERR_STOPPED, "stopped while waiting for a broker");
        health_wait(c->health, "kafka", e->text);
        health_beat(c->health);
        if (log_limit_pass(&limit, clock_mono_us()))
            log_warn("kafka", "waiting for the cluster", LOG_STR("brokers", c->settings->brokers),
                     LOG_ERR(e));
        (void)rd_kafka_poll(c->rk, PAUSE_MS);
    }
    return 0;
}

static int open_client(struct caller *c, struct err *e)
{
    const char *const own[] = {"allow.auto.create.topics", "false", "group.id", "cw-topics", NULL};
    rd_kafka_conf_t *conf = kafka_conf_create(c->settings, own, e);
    if (!conf)
        return -1;
    gate_watch(&c->gate, conf);
    c->rk = kafka_create(RD_KAFKA_CONSUMER, conf, e);
    return c->rk ? 0 : -1;
}

int topics_await(const struct kafka_settings *s, struct health *h, const char *const *names,
                 int32_t *ret_partitions, struct err *e)
{
    struct caller c = {.settings = s, .health = h};
    int r = open_client(&c, e);
    for (size_t i = 0; r == 0 && names[i]; i++) {
        char name[KAFKA_NAME_MAX + 1];
        r = kafka_name(s, names[i], name, e);
        if (r == 0)
            r = ask_until(&c, name, &ret_partitions[i], e);
    }
    if (c.rk)
        rd_kafka_destroy(c.rk);
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
