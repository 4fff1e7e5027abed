#include "reader.h"

#include "ask.h"
#include "clock.h"
#include "timefmt.h"

#include <stdlib.h>
#include <time.h>

/* A short poll: what ends a run is often a control record, which wakes nobody. */
enum { STALL_S = 30, POLL_MS = 5, WARM_MS = 1000, ASK_MS = 1000, PAUSE_MS = 50 };

struct reader {
    const struct kafka_settings *settings;
    rd_kafka_t *committed;   /* reads */
    rd_kafka_t *uncommitted; /* asks for watermarks */
};

static rd_kafka_t *open_one(const struct kafka_settings *s, const char *isolation, struct err *e)
{
    char group[KAFKA_NAME_MAX + 1];
    if (kafka_name(s, "cw-reader", group, e) != 0)
        return NULL;
    const char *const own[] = {"group.id", group, /* never joined, never committed to */
                               "isolation.level", isolation, "enable.auto.commit", "false",
                               "enable.auto.offset.store", "false", "auto.offset.reset", "error",
                               "allow.auto.create.topics", "false",
                               /* a fetch at the end of one partition holds up the next one */
                               "fetch.wait.max.ms", "10", NULL};
    rd_kafka_conf_t *conf = kafka_conf_create(s, own, e);
    rd_kafka_t *rk = conf ? kafka_create(RD_KAFKA_CONSUMER, conf, e) : NULL;
    if (rk)
        (void)rd_kafka_poll_set_consumer(rk);
    return rk;
}

struct reader *reader_open(const struct kafka_settings *s, struct err *e)
{
    struct reader *r = calloc(1, sizeof(*r));
    if (!r) {
        (void)err_set(e, ERR_NOMEM, "kafka: out of memory");
        return NULL;
    }
    r->settings = s;
    r->committed = open_one(s, "read_committed", e);
    if (r->committed)
        r->uncommitted = open_one(s, "read_uncommitted", e);
    if (r->uncommitted)
        return r;
    reader_close(r);
    return NULL;
}

void reader_close(struct reader *r)
{
    if (!r)
        return;
    if (r->committed)
        rd_kafka_destroy(r->committed);
    if (r->uncommitted)
        rd_kafka_destroy(r->uncommitted);
    free(r);
}

/* Asks again while the trouble may pass. */
static int ask_until(struct reader *r, const char *topic, int32_t partition, int64_t when,
                     int64_t *ret, struct err *e)
{
    const struct timespec pause = {0, PAUSE_MS * 1000000L};
    char name[KAFKA_NAME_MAX + 1];
    if (kafka_name(r->settings, topic, name, e) != 0)
        return -1;
    int64_t end_us = clock_mono_us() + STALL_S * US_PER_S;
    while (ask_offset(r->uncommitted, name, partition, when, ASK_MS, ret, e) != 0) {
        if (kafka_stopping(r->settings))
            return err_set(e, ERR_STOPPED, "stopped while asking for the end of %s", name);
        if (!e->retriable || clock_mono_us() > end_us)
            return -1;
        (void)nanosleep(&pause, NULL); /* a signal ends it early, which is what we want */
    }
    return 0;
}

int reader_watermarks(struct reader *r, const char *topic, int32_t partition, int64_t *ret_low,
                      int64_t *ret_high, struct err *e)
{
    if (ask_until(r, topic, partition, ASK_BEGIN, ret_low, e) != 0)
        return -1;
    return ask_until(r, topic, partition, ASK_END, ret_high, e);
}

int reader_at_time(struct reader *r, const char *topic, int32_t partition, int64_t time_us,
                   int64_t *ret_offset, struct err *e)
{
    int64_t high;
    int64_t value;
    int64_t when_ms = time_us <= 0 ? 0 : (time_us - 1) / US_PER_MS + 1; /* negative: other words */
    /* the end first: what is written in between is then found by its time, not passed over */
    if (ask_until(r, topic, partition, ASK_END, &high, e) != 0 ||
        ask_until(r, topic, partition, when_ms, &value, e) != 0)
        return -1;
    *ret_offset = value >= 0 ? value : high;
    return 0;
}

/* Where the committed reader stands, control records included; -1: unknown. */
static int64_t position(struct reader *r, rd_kafka_topic_partition_list_t *at)
{
    at->elems[0].offset = RD_KAFKA_OFFSET_INVALID;
    if (rd_kafka_position(r->committed, at))
        return -1;
    return at->elems[0].offset;
}

static int take(rd_kafka_message_t *m, reader_fn fn, void *ctx, struct err *e)
{
    if (!m->err) {
        struct kafka_message km;
        kafka_message_from(m, &km);
        return fn(ctx, &km, e);
    }
    (void)kafka_fail(m->err, rd_kafka_topic_name(m->rkt), rd_kafka_message_errstr(m), e);
    if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        e->code = ERR_STATE;
    return e->retriable ? 0 : -1;
}

static int run_to(struct reader *r, rd_kafka_topic_partition_list_t *at, int64_t end, reader_fn fn,
                  void *ctx, struct err *e)
{
    int64_t stall_us = clock_mono_us() + STALL_S * US_PER_S;
    int64_t seen = -1;
    for (;;) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(r->committed, POLL_MS);
        int done = m ? take(m, fn, ctx, e) : 0;
        if (m)
            rd_kafka_message_destroy(m);
        if (done != 0)
            return done < 0 ? -1 : 0;
        int64_t now = position(r, at);
        if (now >= end)
            return 0;
        if (now > seen) {
            seen = now;
            stall_us = clock_mono_us() + STALL_S * US_PER_S;
        }
        if (kafka_stopping(r->settings))
            return err_set(e, ERR_STOPPED, "stopped while reading %s", at->elems[0].topic);
        if (clock_mono_us() > stall_us)
            return err_retry(e, ERR_IO, "%s partition %d: nothing readable at offset %lld for %d s",
                             at->elems[0].topic, at->elems[0].partition, (long long)now, STALL_S);
    }
}

int reader_run(struct reader *r, const char *topic, int32_t partition, int64_t from, reader_fn fn,
               void *ctx, struct err *e)
{
    char name[KAFKA_NAME_MAX + 1];
    int64_t low;
    int64_t high;
    if (kafka_name(r->settings, topic, name, e) != 0 ||
        reader_watermarks(r, topic, partition, &low, &high, e) != 0)
        return -1;
    if (from >= high)
        return 0;
    if (from < low)
        return err_set(e, ERR_STATE, "%s partition %d: offset %lld is gone, the log begins at %lld",
                       name, partition, (long long)from, (long long)low);
    /* asked for its answer's side effect: the reading client learns the leader and connects at
     * once, where a fetch would find out by a timer of up to a second */
    int64_t stable;
    struct err passing = {0};
    (void)(ask_offset(r->committed, name, partition, ASK_END, WARM_MS, &stable, &passing) == 0);
    rd_kafka_topic_partition_list_t *at = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(at, name, partition)->offset = from;
    rd_kafka_resp_err_t code = rd_kafka_assign(r->committed, at);
    int ret = code ? kafka_fail(code, name, NULL, e) : run_to(r, at, high, fn, ctx, e);
    (void)rd_kafka_assign(r->committed, NULL); /* stops fetching */
    rd_kafka_topic_partition_list_destroy(at);
    return ret;
}
