/* The loop that copies. A transaction has the copies and the offsets of what they are copies of;
 * whatever fails, a new beginning goes on behind the last one that was committed. */
#include "clock.h"
#include "copy_part.h"
#include "kafka/txn.h"
#include "log.h"
#include "progress_bar.h"
#include "timefmt.h"

#include <stdlib.h>

enum {
    POLL_MS = 100,
    COMMIT_MS = 100,
    COMMIT_RECORDS = 20000,
    COMMIT_BYTES = 8 << 20,
    LOOK_MS = 1000,
    PAUSE_MS = 1000,
    SAY_EVERY_S = 10,
};

/* One group member and one transactional id for all that is copied into a prefix: whoever comes
 * later ends who was there before. */
static const char TRANSACTIONAL_ID[] = "cw-copy";
static const char INSTANCE[] = "0";

struct session {
    struct copy *copy;
    struct copy_readers readers;
    struct txn *txn;
    struct group *group;
    struct copy_part *parts; /* of all topics, one after the other */
    size_t n_parts;
    size_t first[GROUP_TOPICS_MAX]; /* of each topic, its partition 0 in parts */
    struct group_offset *offsets;
    bool revoked;      /* during the last poll */
    int64_t first_us;  /* when the open transaction began */
    int64_t n_read;    /* records in it */
    int64_t n_written; /* their copies */
    size_t bytes;
    int64_t look_us;
    bool through; /* all there was at the beginning is copied */
    struct progress_bar bar;
};

static struct copy_part *part_of(const struct session *s, int topic, int32_t partition)
{
    bool ours = partition >= 0 && partition < s->copy->topics[topic].route.from;
    return ours ? &s->parts[s->first[topic] + (size_t)partition] : NULL;
}

/* --- partitions come and go ------------------------------------------------------------------- */

static int64_t total_of(const struct session *s)
{
    int64_t total = 0;
    for (size_t i = 0; i < s->n_parts; i++)
        if (s->parts[i].assigned)
            total += s->parts[i].end - s->parts[i].begin;
    return total;
}

static int64_t done_of(const struct session *s)
{
    int64_t done = 0;
    for (size_t i = 0; i < s->n_parts; i++) {
        const struct copy_part *p = &s->parts[i];
        if (p->assigned)
            done += (p->next_offset < p->end ? p->next_offset : p->end) - p->begin;
    }
    return done;
}

static int on_assign(void *ctx, struct group_offset *given, size_t n, struct err *e)
{
    struct session *s = ctx;
    for (size_t i = 0; i < n; i++) {
        struct copy_part *p = part_of(s, given[i].topic, given[i].partition);
        if (!p)
            return err_set(e, ERR_STATE, "%s has more partitions than at the start",
                           s->copy->topics[given[i].topic].name);
        if (copy_part_begin(p, s->copy, &s->readers, given[i].next_offset, e) != 0)
            return -1;
        given[i].next_offset = p->next_offset;
    }
    s->bar = progress_bar_begin("copy", total_of(s), clock_mono_us());
    return 0;
}

static void on_revoke(void *ctx)
{
    struct session *s = ctx;
    for (size_t i = 0; i < s->n_parts; i++)
        s->parts[i].assigned = false;
    s->revoked = true;
}

/* --- records ---------------------------------------------------------------------------------- */

static int begin(struct session *s, struct err *e)
{
    if (txn_is_open(s->txn))
        return 0;
    s->first_us = clock_mono_us();
    s->n_read = s->n_written = 0;
    s->bytes = 0;
    return txn_begin(s->txn, e);
}

static int write_copy(struct session *s, const struct kafka_message *m, int32_t partition,
                      struct err *e)
{
    const struct txn_record r = {
        .topic = s->copy->topics[m->topic].target,
        .partition = partition,
        .key = m->key,
        .value = m->tombstone ? (struct slice){NULL, 0} : m->value,
        .headers_of = m,
        .timestamp_ms = m->timestamp_ms,
    };
    s->n_written++;
    s->bytes += m->key.len + m->value.len;
    return txn_produce(s->txn, &r, e);
}

static int copy_one(struct session *s, const struct kafka_message *m, struct err *e)
{
    const struct route *route = &s->copy->topics[m->topic].route;
    struct copy_part *p = part_of(s, m->topic, m->partition);
    if (!p || !p->assigned)
        return err_set(e, ERR_STATE, "a record of %s partition %d, which is not ours",
                       s->copy->topics[m->topic].name, m->partition);
    if (begin(s, e) != 0)
        return -1;
    bool to_all = route_is_to_all(kafka_message_header(m, "kind"));
    int32_t at = to_all ? m->partition : route_of_key(route, m->partition, m->key);
    int r = write_copy(s, m, at, e);
    for (at += route->from; r == 0 && to_all && at < route->to; at += route->from)
        r = write_copy(s, m, at, e);
    p->came = p->moved = true;
    copy_part_advance(p, m->offset + 1);
    s->n_read++;
    return r;
}

/* --- commit ----------------------------------------------------------------------------------- */

/* Past the markers of transactions, too, so that "all read" looks like it. Before the first record
 * the position may be that of messages which an assignment threw away, to be read again. */
static void pass_markers(struct session *s)
{
    for (size_t i = 0; i < s->n_parts; i++)
        if (s->parts[i].came)
            copy_part_advance(&s->parts[i],
                              group_position(s->group, s->parts[i].topic, s->parts[i].partition));
}

/* The offsets of all partitions, also where nothing is new: so none is ever old enough to be
 * forgotten by the brokers. */
static int commit(struct session *s, struct err *e)
{
    size_t n = 0;
    pass_markers(s);
    for (size_t i = 0; i < s->n_parts; i++)
        if (s->parts[i].assigned)
            s->offsets[n++] = (struct group_offset){.topic = s->parts[i].topic,
                                                    .partition = s->parts[i].partition,
                                                    .next_offset = s->parts[i].next_offset};
    if (txn_commit(s->txn, s->group, s->offsets, n, e) != 0)
        return -1;
    metric_inc(s->copy->metrics.read, s->n_read);
    metric_inc(s->copy->metrics.written, s->n_written);
    return 0;
}

static bool is_due(const struct session *s, int64_t now_us)
{
    return txn_is_open(s->txn) && (s->n_written >= COMMIT_RECORDS || s->bytes >= COMMIT_BYTES ||
                                   now_us - s->first_us >= COMMIT_MS * US_PER_MS);
}

/* --- how far it is ---------------------------------------------------------------------------- */

static void show_lag(struct session *s)
{
    for (size_t i = 0; i < s->n_parts; i++) {
        const struct copy_part *p = &s->parts[i];
        int64_t end = p->assigned ? group_end_offset(s->group, p->topic, p->partition) : -1;
        if (end >= 0)
            copy_metrics_lag(&s->copy->metrics, group_topic(s->group, p->topic), p->partition,
                             end > p->next_offset ? end - p->next_offset : 0);
    }
}

/* What it came to is committed, so that a new beginning finds it done, too. */
static int end_of_beginning(struct session *s, struct err *e)
{
    if (begin(s, e) != 0 || commit(s, e) != 0)
        return -1;
    s->through = true;
    progress_bar_end(&s->bar, done_of(s), clock_mono_us());
    health_ready(s->copy->program->health, "copy");
    if (!s->copy->settings->exit_at_end)
        log_info("copy", "all there was is copied, following");
    return 0;
}

/* Nothing may lie in an open transaction meanwhile: the answer may take longer than that lives. */
static int look(struct session *s, struct err *e)
{
    size_t assigned = 0;
    size_t reached = 0;
    s->look_us = clock_mono_us();
    if (txn_is_open(s->txn) && commit(s, e) != 0)
        return -1;
    show_lag(s);
    for (size_t i = 0; !s->through && i < s->n_parts; i++) {
        if (copy_part_look(&s->parts[i], s->copy, &s->readers, e) != 0)
            return -1;
        assigned += s->parts[i].assigned;
        reached += s->parts[i].assigned && s->parts[i].reached;
    }
    if (!s->through && assigned == s->n_parts && reached == assigned)
        return end_of_beginning(s, e);
    return 0;
}

/* --- a session: from joining the group to leaving it ------------------------------------------ */

static int turn(struct session *s, struct err *e)
{
    struct kafka_message batch[GROUP_BATCH_MAX];
    health_beat(s->copy->program->health);
    ssize_t n = group_poll(s->group, POLL_MS, batch, GROUP_BATCH_MAX, e);
    int r = n < 0 ? -1 : 0;
    if (r == 0 && s->revoked)
        r = txn_abort(s->txn, e);
    s->revoked = false;
    for (ssize_t i = 0; r == 0 && i < n; i++)
        r = copy_one(s, &batch[i], e);
    group_release(s->group, batch, n);
    int64_t now_us = clock_mono_us();
    if (r == 0 && is_due(s, now_us))
        r = commit(s, e);
    if (r == 0 && (n == 0 || now_us - s->look_us >= LOOK_MS * US_PER_MS))
        r = look(s, e);
    if (r == 0 && !s->through)
        progress_bar_show(&s->bar, done_of(s), now_us);
    return r;
}

static int make_parts(struct session *s, struct err *e)
{
    for (int t = 0; t < s->copy->n_topics; t++) {
        s->first[t] = s->n_parts;
        s->n_parts += (size_t)s->copy->topics[t].route.from;
    }
    size_t n = s->n_parts ? s->n_parts : 1;
    s->parts = calloc(n, sizeof(*s->parts));
    s->offsets = calloc(n, sizeof(*s->offsets));
    if (!s->parts || !s->offsets)
        return err_set(e, ERR_NOMEM, "no memory for %zu partitions", n);
    for (int t = 0; t < s->copy->n_topics; t++)
        for (int32_t p = 0; p < s->copy->topics[t].route.from; p++)
            *part_of(s, t, p) = (struct copy_part){.topic = t, .partition = p};
    return 0;
}

/* The producer first: it settles what its predecessor left open, which the offsets wait for. */
static int open_session(struct session *s, const char *group, struct err *e)
{
    const char *names[GROUP_TOPICS_MAX + 1] = {NULL};
    const char *targets[GROUP_TOPICS_MAX + 1] = {NULL};
    for (int i = 0; i < s->copy->n_topics; i++) {
        names[i] = s->copy->topics[i].name;
        targets[i] = s->copy->topics[i].target;
    }
    const struct group_about about = {.group = group,
                                      .topics = names,
                                      .instance = INSTANCE,
                                      .on_assign = on_assign,
                                      .on_revoke = on_revoke,
                                      .ctx = s,
                                      .offsets_in_kafka = true};
    if (make_parts(s, e) != 0)
        return -1;
    s->readers.from = reader_open(&s->copy->from, e);
    s->readers.to = s->readers.from ? reader_open(&s->copy->to, e) : NULL;
    s->txn = s->readers.to ? txn_open(&s->copy->to, TRANSACTIONAL_ID, e) : NULL;
    if (!s->txn || txn_know(s->txn, targets, e) != 0)
        return -1;
    s->group = group_open(&s->copy->from, &about, e);
    return s->group ? 0 : -1;
}

static void close_session(struct session *s)
{
    txn_close(s->txn);
    group_close(s->group);
    reader_close(s->readers.to);
    reader_close(s->readers.from);
    free(s->parts);
    free(s->offsets);
}

/* Ends when asked to, or where it is to end. */
static int run_session(struct copy *c, const char *group, struct err *e)
{
    struct session s = {.copy = c};
    health_wait(c->program->health, "copy", "copying what there is");
    int r = open_session(&s, group, e);
    while (r == 0 && !program_stopping() && !(s.through && c->settings->exit_at_end))
        r = turn(&s, e);
    if (r == 0 && txn_is_open(s.txn))
        r = commit(&s, e);
    if (r == 0 && c->settings->exit_at_end && !s.through)
        r = err_set(e, ERR_STATE, "stopped before all there was at the start was copied");
    close_session(&s);
    return r;
}

/* --- the work --------------------------------------------------------------------------------- */

static int fenced(const struct copy *c, struct err *e)
{
    e->retriable = false;
    return err_prefix(e,
                      "another cw-copy copies into the prefix \"%.100s\", or this one stood still "
                      "for too long; nothing is lost, start one",
                      c->to.prefix);
}

/* After a failure what was not committed is read and written again. */
int copy_run(struct copy *c, struct err *e)
{
    char group[KAFKA_NAME_MAX + 1];
    struct log_limit say = {.interval_us = SAY_EVERY_S * US_PER_S};
    int n = snprintf(group, sizeof(group), "cw-copy.into.%s", c->to.prefix);
    if (n < 0 || (size_t)n >= sizeof(group))
        return err_set(e, ERR_CONF, "the prefix is too long");
    while (run_session(c, group, e) != 0) {
        if (e->code == ERR_FENCED)
            return fenced(c, e);
        if (!e->retriable && e->code != ERR_IO)
            return -1;
        metric_inc(c->metrics.rebuilds, 1);
        health_wait(c->program->health, "copy", e->text);
        if (log_limit_pass(&say, clock_mono_us()))
            log_warn("copy", "beginning anew from the last commit", LOG_ERR(e));
        if (!program_pause(c->program, PAUSE_MS))
            return err_set(e, ERR_STOPPED, "stopped");
    }
    return 0;
}
