#include "runner_internal.h"

#include "clock.h"
#include "runner_offsets.h"
#include "timefmt.h"

enum {
    POLL_MS = 200,
    FLIGHT_LOOK_MS = 20,    /* with a batch that is due, while another one is in flight */
    OFFSETS_ONLY_MS = 5000, /* a batch without records may wait that long */
    REFRESH_MS = 1000,      /* of lag, and of what other people's tools see */
};

/* --- partitions come and go ------------------------------------------------------------------ */

static int on_assign(void *ctx, struct group_offset *parts, size_t n, struct err *e)
{
    struct runner *r = ctx;
    runner_drop_filling(r);
    int result = runner_store_load(r, parts, n, e);
    if (result < 0)
        return -1;
    health_ready(r->about.health, r->about.assigned_part);
    return result;
}

static void on_revoke(void *ctx)
{
    struct runner *r = ctx;
    runner_flight_settle(r);
    runner_drop_filling(r); /* its next owner reads it again */
    runner_metrics_forget(&r->metrics, r->group, &r->cursors);
    cursors_finish(&r->cursors);
    r->failing = false; /* its next owner finds out */
    health_wait(r->about.health, r->about.assigned_part, "waiting for partitions");
}

/* --- a turn ---------------------------------------------------------------------------------- */

static bool batch_is_due(const struct runner *r, int64_t now_us)
{
    const struct batch *b = r->filling;
    if (batch_is_full(b))
        return true;
    if (b->n > 0)
        return now_us - b->since_us >= r->about.batch_ms * US_PER_MS;
    return r->dirty_us > 0 && now_us - r->dirty_us >= OFFSETS_ONLY_MS * US_PER_MS;
}

static int unreadable(struct runner *r, struct cursor *c, const struct kafka_message *m,
                      const struct err *why, struct err *e)
{
    const struct poison_last last = {.topic = r->topics[m->topic],
                                     .partition = m->partition,
                                     .offset = m->offset,
                                     .count = poison_note(&c->poison, m->offset),
                                     .reason = why->text};
    bool seen = m->offset < c->stored; /* it was let pass, when it was the last */
    return seen || last.count <= r->about.poison_max ? 0 : poison_stop(&last, e);
}

/* Whether it can be read is noted, and may be too much. */
static int look(struct runner *r, const struct kafka_message *m, struct err *e)
{
    struct err why = {0};
    struct cursor *c = cursors_find(&r->cursors, m->topic, m->partition);
    if (!c || r->about.ops->read(r->filling->rows, m, &why) == 0)
        return 0;
    if (writer_is_bad_record(why.code))
        return unreadable(r, c, m, &why, e);
    *e = why;
    return -1;
}

static int put(struct runner *r, const struct kafka_message *m, int64_t now_us, struct err *e)
{
    struct batch_item *item = batch_add(r->filling, m, now_us);
    if (writer_put(r->about.ops, r->filling, item, e) != 0)
        return -1;
    return item->bad ? look(r, m, e) : 0;
}

static int take(struct runner *r, struct kafka_message *messages, ssize_t n, int64_t now_us,
                struct err *e)
{
    int result = 0;
    for (ssize_t i = 0; i < n; i++) {
        struct kafka_message *m = &messages[i];
        if (result == 0 && cursors_advance(&r->cursors, m->topic, m->partition, m->offset + 1)) {
            result = put(r, m, now_us, e);
            continue;
        }
        if (result == 0)
            result = look(r, m, e); /* it was stored before we began */
        group_release(r->group, m, 1);
    }
    if (n > 0 && r->dirty_us == 0)
        r->dirty_us = now_us;
    return result;
}

/* Past the markers of transactions, too, so that "all read" looks like it. */
static void pass_markers(struct runner *r, int64_t now_us)
{
    for (size_t i = 0; i < r->cursors.n; i++) {
        const struct cursor *c = &r->cursors.items[i];
        if (c->read &&
            cursors_advance(&r->cursors, c->topic, c->partition,
                            group_position(r->group, c->topic, c->partition)) &&
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
    if (r->filling->n == 0)
        return POLL_MS;
    int64_t left_ms = r->about.batch_ms - (now_us - r->filling->since_us) / US_PER_MS;
    return left_ms < 0 ? 0 : left_ms < POLL_MS ? (int)left_ms : POLL_MS;
}

/* What a record says cannot be found out now: as if the store were away, it is read again later. */
static int try_later(struct runner *r, struct err *e)
{
    const struct err why = *e;
    runner_flight_settle(r);
    runner_drop_filling(r);
    r->failing = true;
    runner_store_lose(r, &why);
    return group_hold(r->group, e);
}

static int read_on(struct runner *r, int64_t now_us, struct err *e)
{
    struct kafka_message messages[GROUP_BATCH_MAX];
    size_t room = r->filling->limit - r->filling->n;
    size_t max = room < GROUP_BATCH_MAX ? room : GROUP_BATCH_MAX;
    ssize_t n = group_poll(r->group, poll_ms(r, now_us), messages, max, e);
    if (n < 0)
        return -1;
    now_us = clock_mono_us();
    if (take(r, messages, n, now_us, e) != 0)
        return e->retriable ? try_later(r, e) : -1;
    pass_markers(r, now_us);
    return 0;
}

/* A batch that is due waits for the one in flight; a full one takes no more. */
static int turn(struct runner *r, struct err *e)
{
    int64_t now_us = clock_mono_us();
    bool due = batch_is_due(r, now_us);
    bool full = batch_is_full(r->filling);
    runner_beat(r);
    runner_refresh(r);
    if (runner_flight_land(r,
                           full  ? POLL_MS
                           : due ? FLIGHT_LOOK_MS
                                 : 0,
                           e) != 0 ||
        runner_store_keep(r, now_us, e) != 0)
        return -1;
    if (!batch_is_full(r->filling) && read_on(r, now_us, e) != 0)
        return -1;
    bool free = r->connected && !flusher_has_batch(r->flusher);
    return free && batch_is_due(r, clock_mono_us()) ? runner_flight_start(r, e) : 0;
}

/* --- a session: from joining the group to leaving it ------------------------------------------ */

static int land_all(struct runner *r, struct err *e)
{
    while (flusher_has_batch(r->flusher)) {
        if (runner_flight_land(r, POLL_MS, e) != 0)
            return -1;
        runner_beat(r);
    }
    return 0;
}

/* What was read goes to the store before we leave. */
static int end_well(struct runner *r, struct err *e)
{
    if (land_all(r, e) != 0)
        return -1;
    if (!r->connected || !cursors_dirty(&r->cursors))
        return 0;
    return runner_flight_start(r, e) == 0 ? land_all(r, e) : -1;
}

static int open_session(struct runner *r, const char *name, struct err *e)
{
    const struct group_about about = {.group = name,
                                      .topics = r->about.topics,
                                      .instance = r->about.instance,
                                      .on_assign = on_assign,
                                      .on_revoke = on_revoke,
                                      .ctx = r};
    health_wait(r->about.health, r->about.assigned_part, "waiting for partitions");
    r->group = group_open(r->about.kafka, &about, e);
    if (!r->group)
        return -1;
    for (int i = 0; r->about.topics[i]; i++)
        r->topics[i] = group_topic(r->group, i);
    const struct writer writer = {r->about.ops, r->sink, r->topics, &runner_reports, r};
    r->flusher = flusher_start(&writer, e);
    return r->flusher ? 0 : -1;
}

static void close_session(struct runner *r)
{
    runner_flight_settle(r);
    runner_drop_filling(r); /* messages must be given back before their group goes */
    group_close(r->group);
    r->group = NULL;
    flusher_stop(r->flusher);
    r->flusher = NULL;
    r->flight_failed = false;
    cursors_finish(&r->cursors);
}

int runner_session(struct runner *r, struct err *e)
{
    char name[KAFKA_NAME_MAX + 1];
    int n = snprintf(name, sizeof(name), "%s.%s", r->about.program, r->about.name);
    if (n < 0 || (size_t)n >= sizeof(name))
        return err_set(e, ERR_CONF, "the group's name is too long");
    int result = open_session(r, name, e);
    while (result == 0 && !runner_stopping(r))
        result = turn(r, e);
    if (result == 0)
        result = end_well(r, e);
    close_session(r);
    return result;
}
