#include "tail.h"

#include "clock.h"
#include "kafka/topics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { POLL_MS = 100, ANSWER_MS = 10000 };

struct tail {
    const char *name; /* without the prefix */
    tail_fn fn;
    void *ctx;
    rd_kafka_t *reader;
    pthread_t thread;
    atomic_bool stop;
    struct err failure; /* of the thread, published by failed */
    atomic_bool failed;
};

static int read_one(struct tail *t, struct err *e)
{
    rd_kafka_message_t *rkm = rd_kafka_consumer_poll(t->reader, POLL_MS);
    int64_t now_us = clock_mono_us();
    struct record r;
    int ret = 0;
    if (!rkm)
        return 0;
    if (rkm->err)
        ret = kafka_fail(rkm->err, t->name, NULL, e);
    else if (record_decode(slice_make(rkm->payload, rkm->len), &r, e) != 0)
        ret = -1;
    else
        t->fn(t->ctx, &r, now_us);
    rd_kafka_message_destroy(rkm);
    return ret;
}

static void *read_all(void *arg)
{
    struct tail *t = arg;
    while (!atomic_load(&t->stop))
        if (read_one(t, &t->failure) != 0) {
            atomic_store(&t->failed, true);
            break;
        }
    return NULL;
}

/* Asked for here: what RD_KAFKA_OFFSET_END stands for would be found out after the return. */
static int assign_ends(struct tail *t, const char *topic, int32_t partitions, struct err *e)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int32_t i = 0; i < partitions && !code; i++) {
        int64_t low;
        int64_t *end = &rd_kafka_topic_partition_list_add(list, topic, i)->offset;
        code = rd_kafka_query_watermark_offsets(t->reader, topic, i, &low, end, ANSWER_MS);
    }
    if (!code)
        code = rd_kafka_assign(t->reader, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code ? kafka_fail(code, "assign", NULL, e) : 0;
}

static int open_reader(struct tail *t, const struct kafka_settings *s, struct err *e)
{
    const char *const names[] = {t->name, NULL};
    static const char *const own[] = {
        "group.id", "bench-tail", "isolation.level", "read_committed", "enable.auto.commit",
        "false",    NULL};
    char topic[KAFKA_NAME_MAX + 1];
    int32_t partitions;
    if (kafka_name(s, t->name, topic, e) != 0 ||
        topics_await(s, s->health, names, &partitions, e) != 0)
        return -1;
    rd_kafka_conf_t *conf = kafka_conf_create(s, own, e);
    t->reader = conf ? kafka_create(RD_KAFKA_CONSUMER, conf, e) : NULL;
    if (!t->reader)
        return -1;
    (void)rd_kafka_poll_set_consumer(t->reader); /* fails for producers only */
    return assign_ends(t, topic, partitions, e);
}

static void destroy(struct tail *t)
{
    if (t->reader)
        rd_kafka_destroy(t->reader);
    free(t);
}

struct tail *tail_start(const struct kafka_settings *s, const char *topic, tail_fn fn, void *ctx,
                        struct err *e)
{
    struct tail *t = calloc(1, sizeof(*t));
    if (!t) {
        (void)err_set(e, ERR_NOMEM, "tail: out of memory");
        return NULL;
    }
    t->name = topic;
    t->fn = fn;
    t->ctx = ctx;
    if (open_reader(t, s, e) == 0) {
        if (pthread_create(&t->thread, NULL, read_all, t) == 0)
            return t;
        (void)err_set(e, ERR_NOMEM, "tail: no thread");
    }
    destroy(t);
    return NULL;
}

bool tail_failed(struct tail *t, struct err *e)
{
    if (!atomic_load(&t->failed))
        return false;
    *e = t->failure;
    return true;
}

void tail_stop(struct tail *t)
{
    if (!t)
        return;
    atomic_store(&t->stop, true);
    (void)pthread_join(t->thread, NULL); /* joinable, and joined once */
    destroy(t);
}
