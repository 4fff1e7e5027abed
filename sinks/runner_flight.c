#include "runner_internal.h"

#include "clock.h"
#include "timefmt.h"

#include <stdlib.h>

enum { LOOK_MS = 200 };

/* --- bad records, on the flusher's thread ---------------------------------------------------- */

static void say_bad(const struct runner *r, struct log_limit *limit, const char *what,
                    const struct kafka_message *m, const struct err *why)
{
    if (log_limit_pass(limit, clock_mono_us()))
        log_warn(r->about.program, what, LOG_STR("topic", r->topics[m->topic]),
                 LOG_INT("partition", m->partition), LOG_INT("offset", m->offset), LOG_ERR(why),
                 LOG_INT("suppressed", limit->held));
}

static int letter(void *ctx, const struct kafka_message *m, const char *stage,
                  const struct err *why, struct err *e)
{
    struct runner *r = ctx;
    const struct dead_letter one = {r->topics[m->topic], m, stage, why->text};
    if (kafka_message_header(m, "dlq.stage").len > 0)
        return 0; /* it came back: it is a letter */
    if (!r->letters)
        r->letters = dead_letters_open(r->about.kafka, e);
    if (!r->letters || dead_letters_put(r->letters, &one, e) != 0)
        return -1;
    say_bad(r, &r->say_letter, "a record is refused, putting it to the dead letters", m, why);
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

static void refused(void *ctx, const struct kafka_message *m, const struct err *why)
{
    struct runner *r = ctx;
    metric_inc(r->metrics.quarantined, 1);
    say_bad(r, &r->say_refused, "the database refuses a record, it is in quarantine", m, why);
}

const struct writer_reports runner_reports = {letter, letters_flush, refused};

/* --- batches --------------------------------------------------------------------------------- */

static void release(void *ctx, struct kafka_message *m)
{
    group_release(ctx, m, 1);
}

static void drop(struct runner *r, struct batch *b)
{
    batch_drop(b, release, r->group);
    r->about.ops->rows_clear(b->rows);
}

void runner_drop_filling(struct runner *r)
{
    drop(r, r->filling);
    r->dirty_us = 0;
}

static struct batch *other(struct runner *r)
{
    return r->filling == &r->batches[0] ? &r->batches[1] : &r->batches[0];
}

int runner_flight_start(struct runner *r, struct err *e)
{
    r->moves = calloc(r->cursors.n ? r->cursors.n : 1, sizeof(*r->moves));
    if (!r->moves)
        return err_set(e, ERR_NOMEM, "no memory for offsets");
    r->n_moves = cursors_moves(&r->cursors, r->moves);
    flusher_give(r->flusher, r->filling, r->moves, r->n_moves);
    r->filling = other(r);
    r->dirty_us = 0;
    return 0;
}

/* What became of the flight; partitions and what was read since are as they were. */
static enum sink_verdict take(struct runner *r, struct err *e)
{
    struct batch *b = other(r);
    enum sink_verdict v = flusher_take(r->flusher, e);
    if (v == SINK_OK) {
        cursors_moved(&r->cursors, r->moves, r->n_moves);
        if (cursors_dirty(&r->cursors) && r->dirty_us == 0)
            r->dirty_us = clock_mono_us();
        r->backoff_ms = RUNNER_BACKOFF_MIN_MS;
        r->failing = false;
        health_ready(r->about.health, r->about.store_part);
        metric_inc(r->metrics.flushes, 1);
    } else {
        metric_inc(r->metrics.failures, 1);
    }
    free(r->moves);
    r->moves = NULL;
    drop(r, b);
    return v;
}

static int give_up(struct runner *r, const struct err *e)
{
    r->about.ops->disconnect(r->sink); /* in the middle of a transaction, perhaps */
    r->connected = false;
    r->fenced = e->code == ERR_FENCED;
    return -1;
}

int runner_flight_land(struct runner *r, int timeout_ms, struct err *e)
{
    if (r->flight_failed) {
        *e = r->flight_failure;
        r->flight_failed = false;
        return -1;
    }
    if (!flusher_has_batch(r->flusher) || !flusher_wait(r->flusher, timeout_ms))
        return 0;
    enum sink_verdict v = take(r, e);
    if (v == SINK_OK)
        return 0;
    runner_drop_filling(r);
    if (v != SINK_RETRY)
        return give_up(r, e);
    r->failing = true;
    runner_store_lose(r, e);
    return group_hold(r->group, e);
}

void runner_flight_settle(struct runner *r)
{
    if (!flusher_has_batch(r->flusher))
        return;
    while (!flusher_wait(r->flusher, LOOK_MS))
        runner_beat(r);
    enum sink_verdict v = take(r, &r->flight_failure);
    if (v == SINK_RETRY)
        runner_store_lose(r, &r->flight_failure);
    r->flight_failed = v != SINK_OK && v != SINK_RETRY;
    if (r->flight_failed)
        (void)give_up(r, &r->flight_failure); /* the next land tells */
}
