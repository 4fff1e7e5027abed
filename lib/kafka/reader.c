#include "reader.h"

#include "ask.h"
#include "clock.h"
#include "timefmt.h"
#include "waker.h"

#include <stdlib.h>
#include <time.h>

/* A short poll: what ends a run is often a control record, which wakes nobody. */
/* SHORT_RUN: no queue of librdkafka gets full with so few messages. */
enum { SHORT_RUN = 50000 };
enum { STALL_S = 30, POLL_MS = 5, WARM_MS = 1000, ASK_MS = 1000, PAUSE_MS = 50 };

struct reader {
    const struct kafka_settings *settings;
    rd_kafka_t *committed;   /* reads */
    rd_kafka_t *uncommitted; /* asks for watermarks */

    /* the partition that is being read; at NULL: none is */
    rd_kafka_topic_partition_list_t *at;
    int64_t next;                /* the first offset that was not read, control records included */
    int64_t end;                 /* read offsets below */
    int64_t stall_us;            /* when to give up */
    rd_kafka_message_t *message; /* the one that was given out last */
    char name[KAFKA_NAME_MAX + 1];
    const char *names[2]; /* the same, as the waker wants it */
    struct waker *waker;  /* of a long run; else NULL */
    bool waker_is_needless;
};

static rd_kafka_t *open_one(struct reader *r, const char *isolation, struct err *e)
{
    const struct kafka_settings *s = r->settings;
    char group[KAFKA_NAME_MAX + 1];
    if (kafka_name(s, "cw-reader", group, e) != 0)
        return NULL;
    const char *const own[] = {"group.id", group, /* never joined, never committed to */
                               "isolation.level", isolation,
                               /* a fetch at the end of one partition holds up the next one */
                               "fetch.wait.max.ms", "10", NULL};
    rd_kafka_conf_t *conf = kafka_conf_consumer(s, NULL, own, e);
    r->waker_is_needless = conf && waker_is_needless(conf);
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
    r->committed = open_one(r, "read_committed", e);
    if (r->committed)
        r->uncommitted = open_one(r, "read_uncommitted", e);
    if (r->uncommitted)
        return r;
    reader_close(r);
    return NULL;
}

static void release(struct reader *r)
{
    if (r->message)
        rd_kafka_message_destroy(r->message);
    r->message = NULL;
}

static void stop(struct reader *r)
{
    release(r);
    waker_stop(r->waker);
    r->waker = NULL;
    if (!r->at)
        return;
    (void)rd_kafka_assign(r->committed, NULL); /* stops fetching */
    rd_kafka_topic_partition_list_destroy(r->at);
    r->at = NULL;
}

void reader_close(struct reader *r)
{
    if (!r)
        return;
    stop(r);
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

/* --- one partition ---------------------------------------------------------------------------- */

static void advance(struct reader *r, int64_t next)
{
    if (next <= r->next)
        return;
    r->next = next;
    r->stall_us = clock_mono_us() + STALL_S * US_PER_S;
}

/* Where the committed reader stands, control records included. */
static void look_where(struct reader *r)
{
    r->at->elems[0].offset = RD_KAFKA_OFFSET_INVALID;
    if (!rd_kafka_position(r->committed, r->at))
        advance(r, r->at->elems[0].offset);
}

static int refuse(struct reader *r, const rd_kafka_message_t *m, struct err *e)
{
    const char *topic = r->at->elems[0].topic;
    if (m->err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
        return 0; /* the library looks for its coordinator, but of the group we want nothing */
    (void)kafka_fail_of(r->committed, m->err, &(struct kafka_request){topic, topic, "Read"},
                        rd_kafka_message_errstr(m), e);
    if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        e->code = ERR_STATE;
    return e->retriable ? 0 : -1;
}

static int poll_once(struct reader *r, struct err *e)
{
    release(r);
    r->message = rd_kafka_consumer_poll(r->committed, POLL_MS);
    if (!r->message) {
        look_where(r);
        return 0;
    }
    if (r->message->err)
        return refuse(r, r->message, e);
    advance(r, r->message->offset + 1);
    if (r->waker)
        waker_behind(r->waker);
    return r->message->offset < r->end; /* what was written since then is not asked for */
}

int reader_next(struct reader *r, struct kafka_message *ret, struct err *e)
{
    while (r->next < r->end) {
        const rd_kafka_topic_partition_t *at = &r->at->elems[0];
        if (kafka_stopping(r->settings))
            return err_set(e, ERR_STOPPED, "stopped while reading %s", at->topic);
        int got = poll_once(r, e);
        if (got < 0)
            return -1;
        if (got > 0) {
            kafka_message_from(r->message, ret);
            return 1;
        }
        if (clock_mono_us() > r->stall_us)
            return err_retry(e, ERR_IO, "%s partition %d: nothing readable at offset %lld for %d s",
                             at->topic, at->partition, (long long)r->next, STALL_S);
    }
    stop(r);
    return 0;
}

/* Two million records were compared in 1.5 s with it, in 7 s without. */
static int start_waker(struct reader *r, struct err *e)
{
    if (r->waker_is_needless || r->end - r->next < SHORT_RUN)
        return 0;
    r->names[0] = r->name;
    r->waker = waker_start(r->committed, r->names, e);
    if (!r->waker)
        return -1;
    waker_assigned(r->waker, r->at);
    return 0;
}

static int start(struct reader *r, int32_t partition, struct err *e)
{
    /* asked for its answer's side effect: the reading client learns the leader and connects at
     * once, where a fetch would find out by a timer of up to a second */
    int64_t stable;
    struct err passing = {0};
    (void)(ask_offset(r->committed, r->name, partition, ASK_END, WARM_MS, &stable, &passing) == 0);
    r->stall_us = clock_mono_us() + STALL_S * US_PER_S;
    r->at = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(r->at, r->name, partition)->offset = r->next;
    rd_kafka_resp_err_t code = rd_kafka_assign(r->committed, r->at);
    return code ? kafka_fail(code, r->name, NULL, e) : start_waker(r, e);
}

int reader_begin(struct reader *r, const char *topic, int32_t partition, int64_t from, int64_t end,
                 struct err *e)
{
    int64_t low;
    int64_t high;
    stop(r);
    if (kafka_name(r->settings, topic, r->name, e) != 0 ||
        reader_watermarks(r, topic, partition, &low, &high, e) != 0)
        return -1;
    r->next = from;
    r->end = end < high ? end : high;
    if (r->next >= r->end)
        return 0;
    if (from < low)
        return err_set(e, ERR_STATE, "%s partition %d: offset %lld is gone, the log begins at %lld",
                       r->name, partition, (long long)from, (long long)low);
    return start(r, partition, e);
}

int reader_run(struct reader *r, const char *topic, int32_t partition, int64_t from, reader_fn fn,
               void *ctx, struct err *e)
{
    struct kafka_message m;
    int got;
    if (reader_begin(r, topic, partition, from, READER_END, e) != 0)
        return -1;
    while ((got = reader_next(r, &m, e)) == 1) {
        int said = fn(ctx, &m, e);
        if (said != 0) {
            got = said < 0 ? -1 : 0;
            break;
        }
    }
    stop(r);
    return got;
}
