#include "group.h"

#include "clock.h"
#include "failpoint.h"
#include "group_internal.h"
#include "log.h"
#include "timefmt.h"
#include "waker.h"

#include <stdlib.h>

static const char MOD[] = "kafka";

/* The place of a topic, which is one of ours. */
static int topic_index(const struct group *g, const char *name)
{
    int i = 0;
    while (i + 1 < g->n_topics && strcmp(g->topics[i], name) != 0)
        i++;
    return i;
}

/* --- what the group has committed ------------------------------------------------------------ */

static void take_committed(struct group_offset *p, const rd_kafka_topic_partition_t *committed)
{
    p->next_offset = committed->offset >= 0 ? committed->offset : GROUP_NO_OFFSET;
    size_t n = committed->metadata ? committed->metadata_size : 0;
    if (n >= sizeof(p->note))
        n = 0; /* not a note of ours */
    if (n)
        memcpy(p->note, committed->metadata, n);
    p->note[n] = '\0';
}

/* Waits until no open transaction of a predecessor covers the group's offsets. */
static int read_committed(struct group *g, rd_kafka_topic_partition_list_t *list, struct err *e)
{
    int64_t end_us = clock_mono_us() + 3 * KAFKA_TRANSACTION_TIMEOUT_MS * US_PER_MS;
    for (;;) {
        rd_kafka_resp_err_t code = rd_kafka_committed(g->rk, list, KAFKA_CALL_TIMEOUT_MS);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            return 0;
        const struct kafka_request request = {"committed offsets", group_only_topic(g),
                                              KAFKA_DESCRIBE};
        (void)kafka_fail_of(g->rk, code, &request, NULL, e);
        if (kafka_stopping(g->settings))
            return err_set(e, ERR_STOPPED, "stopped while reading committed offsets");
        if (!e->retriable || clock_mono_us() > end_us)
            return -1;
    }
}

/* --- rebalance ------------------------------------------------------------------------------- */

/* 0: list says where to read; 1: the owner wants to hold the partitions. */
static int start_offsets(struct group *g, rd_kafka_topic_partition_list_t *list, struct err *e)
{
    size_t n = (size_t)list->cnt;
    struct group_offset *parts = calloc(n ? n : 1, sizeof(*parts));
    if (!parts)
        return err_set(e, ERR_NOMEM, "kafka: no memory for an assignment");
    int r = g->about.offsets_in_kafka && n > 0 ? read_committed(g, list, e) : 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        parts[i].topic = topic_index(g, list->elems[i].topic);
        parts[i].partition = list->elems[i].partition;
        parts[i].next_offset = GROUP_NO_OFFSET;
        if (g->about.offsets_in_kafka)
            take_committed(&parts[i], &list->elems[i]);
    }
    if (r == 0)
        r = g->about.on_assign(g->about.ctx, parts, n, e);
    for (size_t i = 0; r == 0 && i < n; i++) {
        list->elems[i].offset = parts[i].next_offset;
        if (parts[i].next_offset < 0) /* would be a logical offset: the end, the committed one */
            r = err_set(e, ERR_STATE, "%s partition %d: no offset to read from",
                        list->elems[i].topic, parts[i].partition);
    }
    free(parts);
    return r;
}

static void drop_assignment(struct group *g)
{
    if (g->assigned)
        rd_kafka_topic_partition_list_destroy(g->assigned);
    g->assigned = NULL;
}

static int assign(struct group *g, const rd_kafka_topic_partition_list_t *list, struct err *e)
{
    rd_kafka_resp_err_t code = rd_kafka_assign(g->rk, list);
    return code ? kafka_fail(code, "assign", NULL, e) : 0;
}

/* Up to librdkafka 2.15.0 a partition that is taken away a second time before its first stop is
 * done aborts the process (its issue 5573). So partitions that are read are never assigned anew,
 * and once stopped not before the library's thread, which does one thing after the other, has done
 * with what came of it: when it answers a question asked behind it. */
static void await_stops(struct group *g)
{
    rd_kafka_topic_partition_list_t *ignored = NULL;
    if (!rd_kafka_assignment(g->rk, &ignored))
        rd_kafka_topic_partition_list_destroy(ignored);
}

/* An empty list, not NULL: in answer to an assignment NULL would leave the group waiting for one.
 */
static int assign_nothing(struct group *g, struct err *e)
{
    rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);
    int r = assign(g, none, e);
    rd_kafka_topic_partition_list_destroy(none);
    await_stops(g);
    return r;
}

/* Reading begins at the end of the poll, whose batch may hold messages from before. */
static void on_assigned(struct group *g, rd_kafka_topic_partition_list_t *given)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_copy(given);
    FAILPOINT(GROUP_ASSIGN);
    int r = start_offsets(g, list, &g->failure);
    g->held = r == 1;
    if (r < 0 || assign_nothing(g, &g->failure) != 0) {
        (void)rd_kafka_assign(g->rk, NULL); /* the failure ends the poll */
        rd_kafka_topic_partition_list_destroy(list);
        return;
    }
    drop_assignment(g);
    g->assigned = list;
    waker_assigned(g->waker, list);
    FAILPOINT(GROUP_ASSIGNED);
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct group *g = opaque;
    bool lost = rd_kafka_assignment_lost(rk) != 0; /* true only before the assign call below */
    g->changed = true;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        log_info(MOD, "partitions assigned", LOG_STR("group", g->about.group),
                 LOG_INT("partitions", list->cnt));
        on_assigned(g, list);
        return;
    }
    log_info(MOD, "partitions revoked", LOG_STR("group", g->about.group),
             LOG_INT("partitions", list->cnt), LOG_INT("lost", lost));
    FAILPOINT(GROUP_REVOKE);
    if (g->assigned)
        g->about.on_revoke(g->about.ctx);
    FAILPOINT(GROUP_REVOKED);
    drop_assignment(g);
    (void)rd_kafka_assign(rk, NULL); /* nothing is assigned afterwards, whatever it returns */
}

/* Only for the time of it: what matters comes as a message, or is asked for. */
static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    (void)rk;
    struct group *g = opaque;
    g->trouble_us = clock_mono_us();
    log_debug(MOD, "consumer", LOG_STR("error", rd_kafka_err2name((rd_kafka_resp_err_t)code)),
              LOG_STR("reason", reason));
}

/* --- open and close -------------------------------------------------------------------------- */

static rd_kafka_conf_t *make_conf(struct group *g, struct err *e)
{
    char group[KAFKA_NAME_MAX + 1];
    char instance[KAFKA_NAME_MAX + 1];
    char session[16];
    bool fixed = g->about.instance && *g->about.instance;
    if (kafka_name(g->settings, g->about.group, group, e) != 0)
        return NULL;
    (void)snprintf(session, sizeof(session), "%d", KAFKA_SESSION_TIMEOUT_MS);
    int n = snprintf(instance, sizeof(instance), "%s.%s", group, fixed ? g->about.instance : "");
    if (n < 0 || n > KAFKA_NAME_MAX) {
        (void)err_set(e, ERR_CONF, "instance: too long");
        return NULL;
    }
    const char *const own[] = {"group.id",
                               group,
                               "partition.assignment.strategy",
                               "range",
                               "session.timeout.ms",
                               session,
                               "heartbeat.interval.ms",
                               "1000",
                               fixed ? "group.instance.id" : NULL,
                               instance,
                               NULL};
    /* The library's 64 MiB of values are four times as much memory where values are as small as
     * ours; a quarter lasts longer than it takes to fetch more. */
    static const char *const defaults[] = {"queued.max.messages.kbytes", "16384", NULL};
    rd_kafka_conf_t *conf = kafka_conf_consumer(g->settings, defaults, own, e);
    if (conf) {
        rd_kafka_conf_set_opaque(conf, g);
        rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
        rd_kafka_conf_set_error_cb(conf, on_error);
        g->needs_waker = !waker_is_needless(conf);
    }
    return conf;
}

static int subscribe(struct group *g, struct err *e)
{
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(g->n_topics);
    for (int i = 0; i < g->n_topics; i++)
        rd_kafka_topic_partition_list_add(l, g->topics[i], RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(g->rk, l);
    rd_kafka_topic_partition_list_destroy(l);
    return code ? kafka_fail(code, "subscribe", NULL, e) : 0;
}

static int name_topics(struct group *g, struct err *e)
{
    char name[KAFKA_NAME_MAX + 1];
    for (int i = 0; g->about.topics[i]; i++) {
        if (i == GROUP_TOPICS_MAX)
            return err_set(e, ERR_CONF, "kafka: more than %d topics for one group", i);
        if (kafka_name(g->settings, g->about.topics[i], name, e) != 0)
            return -1;
        g->topics[i] = strdup(name);
        if (!g->topics[i])
            return err_set(e, ERR_NOMEM, "kafka: out of memory");
        g->n_topics = i + 1;
    }
    g->about.topics = NULL; /* the caller's */
    return 0;
}

struct group *group_open(const struct kafka_settings *s, const struct group_about *about,
                         struct err *e)
{
    struct group *g = calloc(1, sizeof(*g));
    if (!g) {
        (void)err_set(e, ERR_NOMEM, "kafka: out of memory");
        return NULL;
    }
    g->settings = s;
    g->about = *about;
    g->trouble_us = INT64_MIN / 2; /* long ago */
    rd_kafka_conf_t *conf = NULL;
    if (name_topics(g, e) == 0)
        conf = make_conf(g, e);
    if (conf)
        g->rk = kafka_create(RD_KAFKA_CONSUMER, conf, e);
    if (g->rk) {
        (void)rd_kafka_poll_set_consumer(g->rk); /* fails for producers only */
        g->queue = rd_kafka_queue_get_consumer(g->rk);
    }
    if (g->queue && g->needs_waker)
        g->waker = waker_start(g->rk, (const char *const *)g->topics, e);
    if (g->queue && (g->waker || !g->needs_waker) && subscribe(g, e) == 0)
        return g;
    group_close(g);
    return NULL;
}

void group_close(struct group *g)
{
    if (!g)
        return;
    waker_stop(g->waker);
    g->waker = NULL;
    if (g->queue)
        rd_kafka_queue_destroy(g->queue);
    if (g->rk) {
        rd_kafka_resp_err_t code = rd_kafka_consumer_close(g->rk);
        if (code)
            log_warn(MOD, "leaving the group failed; it notices after the session timeout",
                     LOG_STR("error", rd_kafka_err2str(code)));
        drop_assignment(g); /* before destroy, which waits for every reference */
        rd_kafka_destroy(g->rk);
    }
    for (int i = 0; i < g->n_topics; i++)
        free(g->topics[i]);
    free(g);
}

/* --- reading --------------------------------------------------------------------------------- */

static int judge(struct group *g, const rd_kafka_message_t *m, struct err *e)
{
    rd_kafka_resp_err_t code = m->err;
    const char *topic = m->rkt ? rd_kafka_topic_name(m->rkt) : group_only_topic(g);
    if (code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
        code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
        return err_set(e, ERR_STATE, "%s partition %d: the log has no offset %lld: %s",
                       topic ? topic : "?", m->partition, (long long)m->offset,
                       rd_kafka_message_errstr(m));
    (void)kafka_fail_of(g->rk, code, &(struct kafka_request){"consumer", topic, "Read"},
                        rd_kafka_message_errstr(m), e);
    if (e->retriable) {
        log_warn(MOD, "consumer, going on", LOG_ERR(e));
        return 0;
    }
    return -1;
}

/* Asked for: the word of it goes to the error callback, and nothing comes from such a client any
 * more. */
static bool is_dead(struct group *g, struct err *e)
{
    char why[200];
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(g->rk, why, sizeof(why));
    if (!code)
        return false;
    (void)kafka_fail(code, "consumer", why, e);
    e->code = ERR_FENCED; /* 2.0.2 may fence itself when coordinators move: start anew */
    return true;
}

static void discard(struct group *g, ssize_t n)
{
    for (ssize_t i = 0; i < n; i++)
        rd_kafka_message_destroy(g->batch[i]);
}

/* Sorts what came into messages (kept, at the front) and events (judged). */
static ssize_t sort_batch(struct group *g, ssize_t n, struct kafka_message *ret, struct err *e)
{
    ssize_t kept = 0;
    int r = 0;
    const rd_kafka_topic_t *rkt = NULL; /* of the last message kept, which is alive */
    int topic = 0;
    for (ssize_t i = 0; i < n; i++) {
        rd_kafka_message_t *m = g->batch[i];
        if (!m->err && r == 0) {
            if (m->rkt != rkt)
                topic = topic_index(g, rd_kafka_topic_name(m->rkt));
            rkt = m->rkt;
            kafka_message_from(m, &ret[kept]);
            ret[kept++].topic = topic;
            continue;
        }
        if (m->err && r == 0)
            r = judge(g, m, e);
        rd_kafka_message_destroy(m);
    }
    if (r == 0)
        return kept;
    group_release(g, ret, kept);
    return -1;
}

/* What is there; if nothing is, what comes first and what came with it. The library's call alone
 * would wait until its array is full, which at a live market's pace is the whole timeout. */
static ssize_t take(struct group *g, int timeout_ms, size_t max)
{
    ssize_t n = rd_kafka_consume_batch_queue(g->queue, 0, g->batch, max);
    if (n == 0 && timeout_ms > 0)
        n = rd_kafka_consume_batch_queue(g->queue, timeout_ms, g->batch, 1);
    if (n != 1 || max == 1)
        return n;
    ssize_t more = rd_kafka_consume_batch_queue(g->queue, 0, g->batch + 1, max - 1);
    return more > 0 ? n + more : n; /* a failure shows again in the next call */
}

ssize_t group_poll(struct group *g, int timeout_ms, struct kafka_message *ret, size_t max,
                   struct err *e)
{
    g->changed = false;
    g->failure = (struct err){0};
    if (max > GROUP_BATCH_MAX)
        max = GROUP_BATCH_MAX;
    ssize_t n = take(g, timeout_ms, max);
    if (n < 0)
        return kafka_fail(rd_kafka_last_error(), "consume", NULL, e);
    if (is_dead(g, e)) {
        discard(g, n);
        return -1;
    }
    if ((size_t)n == max)
        waker_behind(g->waker);
    if (!g->changed && !g->held)
        return sort_batch(g, n, ret, e);
    if (!g->changed) { /* held: only events matter */
        n = sort_batch(g, n, ret, e);
        group_release(g, ret, n);
        return n < 0 ? -1 : 0;
    }
    discard(g, n);
    if (g->failure.code != ERR_NONE) {
        *e = g->failure;
        return -1;
    }
    return g->assigned && !g->held ? assign(g, g->assigned, e) : 0;
}

void group_release(struct group *g, struct kafka_message *batch, ssize_t n)
{
    (void)g;
    for (ssize_t i = 0; i < n; i++)
        rd_kafka_message_destroy(batch[i].handle);
}

/* --- holding --------------------------------------------------------------------------------- */

int group_hold(struct group *g, struct err *e)
{
    if (!g->held && g->assigned && assign_nothing(g, e) != 0)
        return -1;
    g->held = true;
    return 0;
}

int group_resume(struct group *g, const struct group_offset *offsets, size_t n, struct err *e)
{
    for (int i = 0; g->assigned && i < g->assigned->cnt; i++) {
        rd_kafka_topic_partition_t *p = &g->assigned->elems[i];
        int topic = topic_index(g, p->topic);
        size_t k = 0;
        while (k < n && (offsets[k].topic != topic || offsets[k].partition != p->partition))
            k++;
        if (k == n || offsets[k].next_offset < 0)
            return err_set(e, ERR_STATE, "%s partition %d: no offset to read from", p->topic,
                           p->partition);
        p->offset = offsets[k].next_offset;
    }
    if (group_hold(g, e) != 0 || (g->assigned && assign(g, g->assigned, e) != 0))
        return -1;
    g->held = false;
    return 0;
}

/* --- its parts -------------------------------------------------------------------------------- */

const char *group_topic(const struct group *g, int topic)
{
    return g->topics[topic];
}

rd_kafka_t *group_handle(const struct group *g)
{
    return g->rk;
}
