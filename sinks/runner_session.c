#include "runner_internal.h"

#include "clock.h"
#include "runner_offsets.h"
#include "timefmt.h"
#include "writer.h"

#include <stdlib.h>

enum {
    POLL_MS = 200,
    OFFSETS_ONLY_MS = 5000, /* a batch without records may wait that long */
    REFRESH_MS = 1000,      /* of lag, and of what other people's tools see */
};

/* --- dead letters ---------------------------------------------------------------------------- */

static int letter_put(void *ctx, const struct kafka_message *m, const char *stage,
                      const struct err *why, struct err *e)
{
    struct runner *r = ctx;
    const struct dead_letter letter = {group_topic(r->group), m, stage, why->text};
    if (!r->letters)
        r->letters = dead_letters_open(r->about.kafka, e);
    if (!r->letters || dead_letters_put(r->letters, &letter, e) != 0)
        return -1;
    if (log_limit_pass(&r->say_letter, clock_mono_us()))
        log_warn(r->about.program, "a record cannot be kept, putting it to the dead letters",
                 LOG_STR("topic", letter.topic), LOG_INT("partition", m->partition),
                 LOG_INT("offset", m->offset), LOG_STR("stage", stage), LOG_ERR(why),
                 LOG_INT("suppressed", r->say_letter.held));
    return runner_metrics_letter(&r->metrics, stage, why->code, e);
}

static int letters_flush(void *ctx, struct err *e)
{
    struct runner *r = ctx;
    if (!r->letters || dead_letters_flush(r->letters, e) == 0)
        return 0;
    dead_letters_close(r->letters);
    r->letters = NULL;
    e->retriable = e->code == ERR_IO || e->code == ERR_FENCED; /* with a producer that is new */
    return -1;
}

/* --- the store comes and goes ---------------------------------------------------------------- */

static void release(void *ctx, struct kafka_message *m)
{
    group_release(ctx, m, 1);
}

static void drop_batch(struct runner *r)
{
    batch_drop(&r->batch, release, r->group);
    r->about.ops->clear(r->sink);
    r->dirty_us = 0;
}

/* The store does not take anything now: *e says why. Nothing is read until it does. */
static void lose_store(struct runner *r, const struct err *e)
{
    int64_t now_us = clock_mono_us();
    r->about.ops->disconnect(r->sink);
    r->connected = false;
    r->retry_us = now_us + r->backoff_ms * US_PER_MS;
    r->backoff_ms =
        r->backoff_ms * 2 < RUNNER_BACKOFF_MAX_MS ? r->backoff_ms * 2 : RUNNER_BACKOFF_MAX_MS;
    health_wait(r->about.health, r->about.ops->store_part, e->text);
    if (e->code != ERR_STOPPED && log_limit_pass(&r->say, now_us))
        log_warn(r->about.program, "nothing can be stored now, trying again",
                 LOG_STR("table", r->about.ops->table), LOG_ERR(e));
}

static int connect_store(struct runner *r, struct err *e)
{
    if (r->about.ops->connect(r->sink, e) != 0) {
        if (!e->retriable)
            return -1;
        lose_store(r, e);
        return 0;
    }
    log_info(r->about.program, "database connected", LOG_STR("table", r->about.ops->table));
    r->connected = true;
    r->say.next_us = 0; /* the next loss is news */
    return 0;
}

/* Reads on where the store says. */
static int resume(struct runner *r, struct err *e)
{
    size_t n = r->cursors.n;
    struct group_offset *parts = calloc(n ? n : 1, sizeof(*parts));
    if (!parts)
        return err_set(e, ERR_NOMEM, "no memory for %zu partitions", n);
    for (size_t i = 0; i < n; i++)
        parts[i].partition = r->cursors.items[i].partition;
    int result = runner_offsets_load(&r->about, r->sink, parts, n, e);
    if (result == 0 &&
        (cursors_set(&r->cursors, parts, n, e) != 0 || group_resume(r->group, parts, n, e) != 0))
        result = -1;
    else if (result != 0 && e->retriable) {
        lose_store(r, e);
        result = 1;
    }
    free(parts);
    return result;
}

static int keep_store(struct runner *r, int64_t now_us, struct err *e)
{
    if (r->connected || now_us < r->retry_us)
        return 0;
    if (connect_store(r, e) != 0)
        return -1;
    int result = r->connected ? resume(r, e) : 1;
    if (result == 0)
        health_ready(r->about.health, r->about.ops->store_part);
    return result < 0 ? -1 : 0;
}

/* --- partitions come and go ------------------------------------------------------------------ */

static int on_assign(void *ctx, struct group_offset *parts, size_t n, struct err *e)
{
    struct runner *r = ctx;
    drop_batch(r);
    int result = r->connected ? runner_offsets_load(&r->about, r->sink, parts, n, e) : 1;
    if (result < 0 && e->retriable) {
        lose_store(r, e);
        result = 1;
    }
    if (result < 0 || cursors_set(&r->cursors, parts, n, e) != 0)
        return -1;
    health_ready(r->about.health, r->about.ops->assigned_part);
    return result;
}

static void on_revoke(void *ctx)
{
    struct runner *r = ctx;
    drop_batch(r); /* its next owner reads it again */
    runner_metrics_forget(&r->metrics, r->group, &r->cursors);
    cursors_finish(&r->cursors);
    health_wait(r->about.health, r->about.ops->assigned_part, "waiting for partitions");
}

/* --- a turn ---------------------------------------------------------------------------------- */

static const struct writer_letters letters_ops = {letter_put, letters_flush};

static int write_batch(struct runner *r, struct err *e)
{
    const struct writer w = {r->about.ops, r->sink, group_topic(r->group), &letters_ops, r};
    enum sink_verdict v = writer_write(&w, &r->batch, &r->cursors, e);
    drop_batch(r);
    if (v == SINK_OK) {
        r->dirty_us = cursors_dirty(&r->cursors) ? clock_mono_us() : 0;
        r->backoff_ms = RUNNER_BACKOFF_MIN_MS;
        metric_inc(r->metrics.flushes, 1);
        return 0;
    }
    metric_inc(r->metrics.failures, 1);
    if (v == SINK_RETRY) {
        lose_store(r, e);
        return group_hold(r->group, e);
    }
    r->about.ops->disconnect(r->sink); /* in the middle of a transaction, perhaps */
    r->connected = false;
    r->fenced = e->code == ERR_FENCED;
    return -1;
}

static bool batch_is_due(const struct runner *r, int64_t now_us)
{
    if (batch_is_full(&r->batch))
        return true;
    if (r->batch.n > 0)
        return now_us - r->batch.since_us >= r->about.batch_ms * US_PER_MS;
    return r->dirty_us > 0 && now_us - r->dirty_us >= OFFSETS_ONLY_MS * US_PER_MS;
}

static void take(struct runner *r, struct kafka_message *messages, ssize_t n, int64_t now_us)
{
    for (ssize_t i = 0; i < n; i++) {
        struct kafka_message *m = &messages[i];
        if (cursors_advance(&r->cursors, m->partition, m->offset + 1) && !m->tombstone &&
            r->about.ops->wanted(m))
            batch_add(&r->batch, m, now_us);
        else
            group_release(r->group, m, 1);
    }
    if (n > 0 && r->dirty_us == 0)
        r->dirty_us = now_us;
}

/* Past the markers of transactions, too, so that "all read" looks like it. */
static void pass_markers(struct runner *r, int64_t now_us)
{
    for (size_t i = 0; i < r->cursors.n; i++) {
        const struct cursor *c = &r->cursors.items[i];
        if (c->read &&
            cursors_advance(&r->cursors, c->partition, group_position(r->group, c->partition)) &&
            r->dirty_us == 0)
            r->dirty_us = now_us;
    }
}

void runner_refresh(struct runner *r)
{
    int64_t now_us = clock_mono_us();
    if (!r->group || now_us < r->refresh_us)
        return;
    r->refresh_us = now_us + REFRESH_MS * US_PER_MS;
    runner_metrics_lag(&r->metrics, r->group, &r->cursors);
    runner_offsets_show(r->group, &r->cursors);
}

static int poll_ms(const struct runner *r, int64_t now_us)
{
    if (r->batch.n == 0)
        return POLL_MS;
    int64_t left_ms = r->about.batch_ms - (now_us - r->batch.since_us) / US_PER_MS;
    return left_ms < 0 ? 0 : left_ms < POLL_MS ? (int)left_ms : POLL_MS;
}

static int turn(struct runner *r, struct err *e)
{
    struct kafka_message messages[GROUP_BATCH_MAX];
    int64_t now_us = clock_mono_us();
    runner_beat(r);
    if (keep_store(r, now_us, e) != 0)
        return -1;
    size_t room = r->batch.limit - r->batch.n;
    size_t max = room < GROUP_BATCH_MAX ? room : GROUP_BATCH_MAX;
    ssize_t n = group_poll(r->group, poll_ms(r, now_us), messages, max, e);
    if (n < 0)
        return -1;
    now_us = clock_mono_us();
    take(r, messages, n, now_us);
    pass_markers(r, now_us);
    runner_refresh(r);
    return r->connected && batch_is_due(r, now_us) ? write_batch(r, e) : 0;
}

/* --- a session: from joining the group to leaving it ------------------------------------------ */

int runner_session(struct runner *r, struct err *e)
{
    char name[KAFKA_NAME_MAX + 1];
    int n = snprintf(name, sizeof(name), "%s.%s", r->about.program, r->about.topic);
    if (n < 0 || (size_t)n >= sizeof(name))
        return err_set(e, ERR_CONF, "the topic's name is too long");
    const struct group_about about = {.group = name,
                                      .topic = r->about.topic,
                                      .instance = r->about.instance,
                                      .on_assign = on_assign,
                                      .on_revoke = on_revoke,
                                      .ctx = r};
    health_wait(r->about.health, r->about.ops->assigned_part, "waiting for partitions");
    r->group = group_open(r->about.kafka, &about, e);
    if (!r->group)
        return -1;
    int result = 0;
    while (result == 0 && !runner_stopping(r))
        result = turn(r, e);
    if (result == 0 && r->connected && cursors_dirty(&r->cursors))
        result = write_batch(r, e);
    drop_batch(r); /* messages must be given back before their group goes */
    group_close(r->group);
    r->group = NULL;
    cursors_finish(&r->cursors);
    return result;
}
