/* cw-tap --mirror: TOPIC once more as JSON text, for people who read a topic bare. At least once:
 * offsets are committed after the lines that lie below them are on their brokers. */
#include "clock.h"
#include "kafka/dead_letters.h"
#include "kafka/group.h"
#include "kafka/outbox.h"
#include "kafka/reader.h"
#include "kafka/topics.h"
#include "log.h"
#include "tap.h"
#include "tap_mirror_metrics.h"
#include "timefmt.h"

#include <stdlib.h>

enum {
    POLL_MS = 200,
    COMMIT_MS = 1000, /* as much is there twice after a crash */
    PAUSE_MS = 1000,
    SAY_EVERY_S = 10,
    TEXT_LIMIT = 1 << 24,     /* a record of 1 MiB whose every byte is escaped, and more */
    MESSAGE_MAX = 900 * 1024, /* key and line: a broker takes 1 MiB with all that is around */
};

struct mirror {
    struct tap *tap;
    char target[KAFKA_NAME_MAX + 1];
    struct group *group;
    struct outbox *out;
    struct dead_letters *letters; /* opened with the first one */
    struct group_offset *at;      /* the partitions that are ours, and what was read of them */
    bool *came;                   /* of each, whether a message came since it was assigned */
    size_t n_at;
    bool dirty; /* at says more than was committed */
    int64_t commit_us;
    struct strbuf line;
    struct log_limit say_letter;
    struct log_limit say_anew;
    struct tap_mirror_metrics metrics;
};

/* --- partitions come and go ------------------------------------------------------------------- */

static void forget_partitions(struct mirror *m)
{
    free(m->at);
    free(m->came);
    m->at = NULL;
    m->came = NULL;
    m->n_at = 0;
    m->dirty = false;
}

static int keep_partitions(struct mirror *m, const struct group_offset *parts, size_t n,
                           struct err *e)
{
    forget_partitions(m);
    m->at = calloc(n ? n : 1, sizeof(*m->at));
    m->came = calloc(n ? n : 1, sizeof(*m->came));
    if (!m->at || !m->came)
        return err_set(e, ERR_NOMEM, "no memory for %zu partitions", n);
    memcpy(m->at, parts, n * sizeof(*parts));
    m->n_at = n;
    return 0;
}

/* What is committed; the oldest record where nothing is, or where it is no longer there. */
static int begin_at(struct mirror *m, struct reader *r, struct group_offset *p, struct err *e)
{
    const char *topic = m->tap->settings->topic;
    int64_t low;
    int64_t high;
    if (reader_watermarks(r, topic, p->partition, &low, &high, e) != 0)
        return -1;
    if (p->next_offset > high)
        return err_set(
            e, ERR_STATE,
            "%s partition %d ends at %lld, but up to %lld was mirrored: was it made anew? "
            "Delete the group cw-tap.%s to begin again",
            topic, p->partition, (long long)high, (long long)p->next_offset, topic);
    if (p->next_offset != GROUP_NO_OFFSET && p->next_offset < low)
        log_warn("tap", "records were removed before they were mirrored, going on behind them",
                 LOG_STR("topic", topic), LOG_INT("partition", p->partition),
                 LOG_INT("from", p->next_offset), LOG_INT("to", low));
    if (p->next_offset < low)
        p->next_offset = low;
    return 0;
}

static int on_assign(void *ctx, struct group_offset *parts, size_t n, struct err *e)
{
    struct mirror *m = ctx;
    struct reader *r = reader_open(&m->tap->kafka, e);
    int result = r ? 0 : -1;
    for (size_t i = 0; result == 0 && i < n; i++)
        result = begin_at(m, r, &parts[i], e);
    reader_close(r);
    if (result != 0 || keep_partitions(m, parts, n, e) != 0)
        return -1;
    health_ready(m->tap->program->health, "partitions");
    return 0;
}

static void on_revoke(void *ctx)
{
    struct mirror *m = ctx;
    for (size_t i = 0; i < m->n_at; i++)
        tap_mirror_metrics_lag(&m->metrics, group_topic(m->group, 0), m->at[i].partition, 0);
    forget_partitions(m); /* their next owner mirrors again what was not committed */
    health_wait(m->tap->program->health, "partitions", "waiting for partitions");
}

static void advance(struct mirror *m, size_t i, int64_t next)
{
    if (next <= m->at[i].next_offset)
        return;
    m->at[i].next_offset = next;
    m->dirty = true;
}

/* The message is dealt with. */
static void pass_message(struct mirror *m, const struct kafka_message *in)
{
    for (size_t i = 0; i < m->n_at; i++) {
        if (m->at[i].partition != in->partition)
            continue;
        m->came[i] = true;
        advance(m, i, in->offset + 1);
    }
}

/* --- messages --------------------------------------------------------------------------------- */

static int put_letter(struct mirror *m, const struct kafka_message *in, const struct err *why,
                      struct err *e)
{
    const struct dead_letter letter = {group_topic(m->group, 0), in, "mirror", why->text};
    if (!m->letters)
        m->letters = dead_letters_open(&m->tap->kafka, e);
    if (!m->letters || dead_letters_put(m->letters, &letter, e) != 0)
        return -1;
    if (log_limit_pass(&m->say_letter, clock_mono_us()))
        log_warn("tap", "a record cannot be mirrored, putting it to the dead letters",
                 LOG_STR("topic", letter.topic), LOG_INT("partition", in->partition),
                 LOG_INT("offset", in->offset), LOG_ERR(why),
                 LOG_INT("suppressed", m->say_letter.held));
    return tap_mirror_metrics_letter(&m->metrics, why->code, e);
}

/* The value as a line without its end. 1: there is none to be (a tick). */
static int make_line(struct mirror *m, const struct kafka_message *in, struct err *why)
{
    struct record r;
    strbuf_reset(&m->line);
    if (tap_decode(m->tap, in->value, &r, why) != 0)
        return -1;
    if (!tap_filter_pass(&m->tap->filter, &r))
        return 1;
    if (record_json(&r, &m->line, why) != 0)
        return -1;
    if (m->line.len + in->key.len > MESSAGE_MAX)
        return err_set(why, ERR_LIMIT, "as JSON it has %zu bytes, more than a message may have",
                       m->line.len);
    return 0;
}

static int put_line(struct mirror *m, const struct kafka_message *in, struct err *e)
{
    rd_kafka_headers_t *had = NULL;
    struct outbox_message out = {
        .topic = m->target,
        .partition = in->partition,
        .key = in->key,
        .value = in->tombstone ? (struct slice){NULL, 0} : strbuf_slice(&m->line),
    };
    if (rd_kafka_message_headers(in->handle, &had) == RD_KAFKA_RESP_ERR_NO_ERROR)
        out.headers = rd_kafka_headers_copy(had);
    if (outbox_put(m->out, &out, e) != 0) {
        if (out.headers)
            rd_kafka_headers_destroy(out.headers);
        return -1;
    }
    metric_inc(m->metrics.mirrored, 1);
    return 0;
}

static int mirror_one(struct mirror *m, const struct kafka_message *in, struct err *e)
{
    struct err why = {0};
    int made = 1;
    if (in->tombstone)
        made = 0;
    else if (tap_filter_pass_header(&m->tap->filter, kafka_message_header(in, "kind")))
        made = make_line(m, in, &why);
    if (made < 0 && (why.code == ERR_NOMEM || why.code == ERR_STOPPED)) {
        *e = why;
        return -1;
    }
    if (made < 0)
        return put_letter(m, in, &why, e);
    if (made == 0)
        return put_line(m, in, e);
    metric_inc(m->metrics.ticks, 1);
    return 0;
}

/* --- a session: from joining the group to leaving it ------------------------------------------ */

/* Past the markers of transactions, too, so that "all read" looks like it. Before the first message
 * the position may be that of messages which an assignment threw away, to be read again. */
static void pass_markers(struct mirror *m)
{
    for (size_t i = 0; i < m->n_at; i++)
        if (m->came[i])
            advance(m, i, group_position(m->group, 0, m->at[i].partition));
}

static void show_lag(struct mirror *m)
{
    for (size_t i = 0; i < m->n_at; i++) {
        int64_t end = group_end_offset(m->group, 0, m->at[i].partition);
        int64_t behind = end - m->at[i].next_offset;
        if (end >= 0)
            tap_mirror_metrics_lag(&m->metrics, group_topic(m->group, 0), m->at[i].partition,
                                   behind > 0 ? behind : 0);
    }
}

static int commit(struct mirror *m, struct err *e)
{
    if (!m->dirty)
        return 0;
    if (outbox_flush(m->out, e) != 0)
        return err_prefix(e, "%s", m->target);
    if (m->letters && dead_letters_flush(m->letters, e) != 0)
        return -1;
    if (group_commit(m->group, m->at, m->n_at, e) != 0)
        return -1;
    m->dirty = false;
    return 0;
}

static int turn(struct mirror *m, struct err *e)
{
    struct kafka_message batch[GROUP_BATCH_MAX];
    health_beat(m->tap->program->health);
    ssize_t n = group_poll(m->group, POLL_MS, batch, GROUP_BATCH_MAX, e);
    int r = n < 0 ? -1 : 0;
    for (ssize_t i = 0; r == 0 && i < n; i++) {
        r = mirror_one(m, &batch[i], e);
        if (r == 0)
            pass_message(m, &batch[i]);
    }
    group_release(m->group, batch, n);
    if (r != 0 || clock_mono_us() - m->commit_us < COMMIT_MS * US_PER_MS)
        return r;
    m->commit_us = clock_mono_us();
    pass_markers(m);
    show_lag(m);
    return commit(m, e);
}

static void end_session(struct mirror *m)
{
    group_close(m->group); /* revokes what was assigned */
    m->group = NULL;
    forget_partitions(m); /* of an assignment that failed */
    outbox_close(m->out);
    m->out = NULL;
    dead_letters_close(m->letters);
    m->letters = NULL;
}

static int session(struct mirror *m, struct err *e)
{
    char name[KAFKA_NAME_MAX + 1];
    int n = snprintf(name, sizeof(name), "cw-tap.%s", m->tap->settings->topic);
    if (n < 0 || (size_t)n >= sizeof(name))
        return err_set(e, ERR_CONF, "the topic's name is too long");
    const char *const topics[] = {m->tap->settings->topic, NULL};
    const struct group_about about = {.group = name,
                                      .topics = topics,
                                      .instance = m->tap->settings->instance,
                                      .on_assign = on_assign,
                                      .on_revoke = on_revoke,
                                      .ctx = m,
                                      .offsets_in_kafka = true};
    health_wait(m->tap->program->health, "partitions", "waiting for partitions");
    m->out = outbox_open(&m->tap->kafka, e);
    if (m->out)
        m->group = group_open(&m->tap->kafka, &about, e);
    int r = m->group ? 0 : -1;
    while (r == 0 && !program_stopping())
        r = turn(m, e);
    if (r == 0)
        r = commit(m, e);
    end_session(m);
    return r;
}

/* --- the work --------------------------------------------------------------------------------- */

/* After a failure what was not committed is read and written again. */
static int keep_going(struct mirror *m, struct err *e)
{
    struct program *p = m->tap->program;
    while (session(m, e) != 0) {
        if (!e->retriable && e->code != ERR_IO)
            return -1;
        if (log_limit_pass(&m->say_anew, clock_mono_us()))
            log_warn("tap", "beginning anew from the last commit", LOG_ERR(e));
        health_wait(p->health, "partitions", e->text);
        if (!program_pause(p, PAUSE_MS))
            return err_set(e, ERR_STOPPED, "stopped");
    }
    return 0;
}

static int check_topics(struct mirror *m, struct err *e)
{
    char bare[KAFKA_NAME_MAX + 1];
    int32_t counts[2] = {0, 0};
    int n = snprintf(bare, sizeof(bare), "%s.json", m->tap->settings->topic);
    if (n < 0 || (size_t)n >= sizeof(bare))
        return err_set(e, ERR_CONF, "the topic's name is too long");
    const char *const names[] = {m->tap->settings->topic, bare, NULL};
    if (kafka_name(&m->tap->kafka, bare, m->target, e) != 0 ||
        topics_await(&m->tap->kafka, m->tap->program->health, names, counts, e) != 0)
        return -1;
    return topics_same_count(names, counts, e);
}

int tap_mirror(struct tap *t, struct err *e)
{
    struct mirror m = {
        .tap = t,
        .line = STRBUF_INIT(TEXT_LIMIT),
        .say_letter.interval_us = SAY_EVERY_S * US_PER_S,
        .say_anew.interval_us = SAY_EVERY_S * US_PER_S,
    };
    int r = tap_check_topic(t->settings->topic, e);
    if (r == 0)
        r = kafka_settings_check(&t->kafka, e);
    if (r == 0)
        r = tap_mirror_metrics_init(&m.metrics, t->program->metrics, e);
    if (r == 0)
        r = check_topics(&m, e);
    if (r == 0)
        r = keep_going(&m, e);
    strbuf_finish(&m.line);
    return r;
}
