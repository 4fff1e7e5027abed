#include "clock.h"
#include "kafka/reader.h"
#include "kafka/topics.h"
#include "log.h"
#include "tap.h"
#include "timefmt.h"

#include <stdlib.h>

enum { POLL_MS = 100, PROBE_MS = 200, SAY_EVERY_S = 10 };

/* A record of before the end may lie behind one of after it: by so much the clocks of writers may
 * differ. */
#define CLOCKS_US (60 * US_PER_S)

/* One topic being read. */
struct source {
    struct tap *tap;
    char name[KAFKA_NAME_MAX + 1];
    rd_kafka_t *rk;
    int32_t first; /* partitions first … first + n - 1 */
    int32_t n;
    int64_t *ends; /* of these: print offsets below; RANGE_FOR_EVER: no end, -1: all was printed */
    int32_t left;  /* partitions that have not come to their end */
    bool trouble;  /* the client complained, and no answer came since */
    struct log_limit trouble_limit;
    struct log_limit wait_limit;
};

/* --- before reading --------------------------------------------------------------------------- */

static int pick_partitions(struct source *s, int32_t count, struct err *e)
{
    int64_t wanted = s->tap->settings->partition;
    if (wanted >= count)
        return err_set(e, ERR_NOT_FOUND, "topic %s has partitions 0 to %d, no %lld", s->name,
                       count - 1, (long long)wanted);
    s->first = wanted < 0 ? 0 : (int32_t)wanted;
    s->n = wanted < 0 ? count : 1;
    s->left = s->n;
    s->ends = calloc((size_t)s->n, sizeof(*s->ends));
    return s->ends ? 0 : err_set(e, ERR_NOMEM, "out of memory");
}

static int ask_log(const struct source *s, struct reader *r, int32_t partition,
                   struct range_log *ret, struct err *e)
{
    const struct range *range = &s->tap->range;
    const char *topic = s->tap->settings->topic;
    int done = reader_watermarks(r, topic, partition, &ret->low, &ret->high, e);
    if (done == 0 && range->from_us != RANGE_NO_TIME)
        done = reader_at_time(r, topic, partition, range->from_us, &ret->at_from, e);
    if (done == 0 && range->to_us != RANGE_NO_TIME)
        done = reader_at_time(r, topic, partition, range->to_us + CLOCKS_US, &ret->at_to, e);
    return done;
}

/* librdkafka's word for where to begin. The latest is what a committed reader calls the end: what
 * is being committed just now is still to come. */
static int64_t start_word(int64_t start)
{
    if (start == RANGE_START_EARLIEST)
        return RD_KAFKA_OFFSET_BEGINNING;
    return start == RANGE_START_LATEST ? RD_KAFKA_OFFSET_END : start;
}

static int plan_one(struct source *s, struct reader *r, int32_t i,
                    rd_kafka_topic_partition_list_t *at, struct err *e)
{
    struct range_log log = {0};
    int64_t start;
    if (ask_log(s, r, s->first + i, &log, e) != 0)
        return -1;
    if (range_plan(&s->tap->range, &log, &start, &s->ends[i], e) != 0)
        return err_prefix(e, "%s partition %d", s->name, s->first + i);
    rd_kafka_topic_partition_list_add(at, s->name, s->first + i)->offset = start_word(start);
    return 0;
}

/* Where each partition begins, and where it ends if it does. */
static int plan(struct source *s, rd_kafka_topic_partition_list_t *at, struct err *e)
{
    struct reader *r = reader_open(&s->tap->kafka, e);
    int ret = r ? 0 : -1;
    for (int32_t i = 0; ret == 0 && i < s->n; i++)
        ret = plan_one(s, r, i, at, e);
    reader_close(r);
    return ret;
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    struct source *s = opaque;
    (void)rk;
    (void)code;
    (void)reason; /* the log has it */
    s->trouble = true;
}

static int open_client(struct source *s, struct err *e)
{
    static const char *const own[] = {"group.id", "cw-tap", /* never joined, never committed to */
                                      "enable.partition.eof", "true", NULL};
    rd_kafka_conf_t *conf = kafka_conf_consumer(&s->tap->kafka, NULL, own, e);
    if (!conf)
        return -1;
    rd_kafka_conf_set_opaque(conf, s);
    rd_kafka_conf_set_error_cb(conf, on_error);
    s->rk = kafka_create(RD_KAFKA_CONSUMER, conf, e);
    if (!s->rk)
        return -1;
    (void)rd_kafka_poll_set_consumer(s->rk); /* cannot fail on a consumer with a group */
    return 0;
}

static int begin(struct source *s, struct err *e)
{
    rd_kafka_topic_partition_list_t *at = rd_kafka_topic_partition_list_new(s->n);
    int r = plan(s, at, e);
    if (r == 0)
        r = open_client(s, e);
    if (r == 0) {
        rd_kafka_resp_err_t code = rd_kafka_assign(s->rk, at);
        r = code ? kafka_fail(code, s->name, NULL, e) : 0;
    }
    rd_kafka_topic_partition_list_destroy(at);
    return r;
}

/* --- messages --------------------------------------------------------------------------------- */

static int print_value(struct source *s, const struct kafka_message *m, struct err *e)
{
    struct tap *t = s->tap;
    struct record r;
    struct err why = {0};
    struct tap_place place = {m->partition, m->offset, m->timestamp_ms * US_PER_MS, m->key,
                              m->key.data != NULL};
    if (!range_holds(&t->range, place.time_us) ||
        !tap_filter_pass_header(&t->filter, kafka_message_header(m, "kind")))
        return 0;
    if (!m->tombstone && tap_decode(t, m->value, &r, &why) != 0) {
        if (why.code == ERR_STOPPED) {
            *e = why;
            return -1;
        }
        t->refused++;
        log_warn("tap", "a record cannot be decoded", LOG_STR("topic", s->name),
                 LOG_INT("partition", m->partition), LOG_INT("offset", m->offset), LOG_ERR(&why));
        return 0;
    }
    return tap_output_line(&t->out, m->tombstone ? NULL : &r, &place, e);
}

/* next: the first offset that has not been read. */
static void advance(struct source *s, int32_t partition, int64_t next)
{
    int64_t *end = &s->ends[partition - s->first];
    s->trouble = false;
    if (*end >= 0 && next >= *end) {
        *end = -1;
        s->left--;
    }
}

static int take(struct source *s, rd_kafka_message_t *rkm, struct err *e)
{
    if (rkm->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        advance(s, rkm->partition, rkm->offset);
        return 0;
    }
    if (rkm->err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
        return 0; /* the library looks for its coordinator, but of the group we want nothing */
    if (rkm->err) {
        (void)kafka_fail_of(s->rk, rkm->err, &(struct kafka_request){s->name, s->name, "Read"},
                            rd_kafka_message_errstr(rkm), e);
        if (rkm->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
            e->code = ERR_STATE;
        s->trouble = true;
        return e->retriable ? 0 : -1;
    }
    struct kafka_message m;
    kafka_message_from(rkm, &m);
    if (m.offset < s->ends[m.partition - s->first] && print_value(s, &m, e) != 0)
        return -1;
    advance(s, m.partition, m.offset + 1);
    return 0;
}

/* --- waiting ---------------------------------------------------------------------------------- */

static void say_who_is_absent(struct source *s)
{
    struct err e = {0};
    const struct rd_kafka_metadata *md;
    if (!log_limit_pass(&s->trouble_limit, clock_mono_us()))
        return;
    rd_kafka_resp_err_t code = rd_kafka_metadata(s->rk, 0, NULL, &md, PROBE_MS);
    if (!code) {
        rd_kafka_metadata_destroy(md);
        s->trouble = false;
        return;
    }
    (void)kafka_fail(code, "no broker answers", NULL, &e);
    log_warn("tap", "waiting for the cluster", LOG_STR("brokers", s->tap->kafka.brokers),
             LOG_ERR(&e));
}

/* Nothing came for a moment. */
static int idle(struct source *s, struct err *e)
{
    health_beat(s->tap->program->health);
    if (tap_output_flush(&s->tap->out, e) != 0)
        return -1;
    if (!tap_output_wanted(&s->tap->out))
        return err_set(e, ERR_STOPPED, "nobody reads the output any more");
    if (s->trouble)
        say_who_is_absent(s);
    else if (s->tap->settings->exit_at_end && log_limit_pass(&s->wait_limit, clock_mono_us()))
        log_info("tap", "waiting for records that are not committed yet",
                 LOG_INT("partitions", s->left));
    return 0;
}

static int follow(struct source *s, struct err *e)
{
    int r = 0;
    while (r == 0 && s->left > 0) {
        if (program_stopping())
            return err_set(e, ERR_STOPPED, "stopped");
        rd_kafka_message_t *m = rd_kafka_consumer_poll(s->rk, s->tap->out.text.len ? 0 : POLL_MS);
        r = m ? take(s, m, e) : idle(s, e);
        if (m)
            rd_kafka_message_destroy(m);
    }
    return r == 0 ? tap_output_flush(&s->tap->out, e) : -1;
}

int tap_topic(struct tap *t, struct err *e)
{
    const int64_t every_us = SAY_EVERY_S * US_PER_S;
    struct source s = {
        .tap = t,
        .trouble_limit.interval_us = every_us,
        .wait_limit = {.interval_us = every_us, .next_us = clock_mono_us() + every_us},
    };
    const char *const names[] = {t->settings->topic, NULL};
    int32_t count = 0;
    int r = tap_check_topic(t->settings->topic, e);
    if (r == 0)
        r = kafka_settings_check(&t->kafka, e);
    if (r == 0)
        r = kafka_name(&t->kafka, t->settings->topic, s.name, e);
    if (r == 0)
        r = topics_await(&t->kafka, t->program->health, names, &count, e);
    if (r == 0)
        r = pick_partitions(&s, count, e);
    if (r == 0)
        r = begin(&s, e);
    if (r == 0)
        r = follow(&s, e);
    if (s.rk)
        rd_kafka_destroy(s.rk);
    free(s.ends);
    return r;
}
