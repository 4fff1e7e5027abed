#include "runner.h"

#include "clock.h"
#include "runner_internal.h"
#include "timefmt.h"

#include <stdlib.h>
#include <time.h>

enum { SAY_EVERY_S = 10 };

/* --- stopping and beating -------------------------------------------------------------------- */

bool runner_stopping(const struct runner *r)
{
    return atomic_load_explicit(&r->stop, memory_order_relaxed) || r->about.kafka->stopping();
}

void runner_beat(struct runner *r)
{
    atomic_store_explicit(&r->beat_us, clock_mono_us(), memory_order_relaxed);
}

bool runner_go_on(void *ctx)
{
    struct runner *r = ctx;
    if (!flusher_has_batch(r->flusher)) { /* on the runner's thread, then */
        runner_beat(r);
        runner_refresh(r);
    }
    if (!runner_stopping(r))
        return true;
    int64_t now_us = clock_mono_us();
    long long first_us = 0;
    if (atomic_compare_exchange_strong(&r->stop_us, &first_us, now_us))
        first_us = now_us;
    return now_us < first_us + RUNNER_FLUSH_GRACE_S * US_PER_S;
}

/* Whether a new session may go better; a consumer that Kafka fenced is not among them: that
 * instance id is in use elsewhere, or the supervisor shall start us with a clean slate. */
static bool may_start_anew(const struct runner *r, const struct err *e)
{
    return e->retriable || r->fenced || e->code == ERR_IO;
}

/* Says why, but a fence each time: two instances that fight must not look like one that waits. */
static void say_anew(struct runner *r, const struct err *e)
{
    if (r->fenced)
        log_warn(r->about.program, "another instance writes this table, starting anew",
                 LOG_STR("table", r->about.table), LOG_ERR(e));
    else if (log_limit_pass(&r->say, clock_mono_us()))
        log_warn(r->about.program, "starting anew", LOG_STR("table", r->about.table), LOG_ERR(e));
}

static int run(struct runner *r, struct err *e)
{
    const struct timespec pause = {1, 0};
    while (!runner_stopping(r)) {
        if (runner_session(r, e) == 0)
            break;
        if (runner_stopping(r) && (e->retriable || e->code == ERR_STOPPED))
            break; /* what was not flushed is read again after the next start */
        if (!may_start_anew(r, e))
            return -1;
        say_anew(r, e);
        r->fenced = false;
        (void)nanosleep(&pause, NULL); /* a signal may end it early */
    }
    return 0;
}

/* --- the thread ------------------------------------------------------------------------------ */

static void *thread_main(void *ctx)
{
    struct runner *r = ctx;
    r->result = run(r, &r->failure);
    r->about.ops->disconnect(r->sink);
    dead_letters_close(r->letters);
    r->letters = NULL;
    atomic_store(&r->ended, true);
    return NULL;
}

struct runner *runner_create(const struct runner_about *about, struct err *e)
{
    struct runner *r = calloc(1, sizeof(*r));
    if (!r) {
        (void)err_set(e, ERR_NOMEM, "no memory for a runner");
        return NULL;
    }
    r->about = *about;
    r->backoff_ms = RUNNER_BACKOFF_MIN_MS;
    r->say.interval_us = SAY_EVERY_S * US_PER_S;
    r->say_letter.interval_us = SAY_EVERY_S * US_PER_S;
    r->say_refused.interval_us = SAY_EVERY_S * US_PER_S;
    runner_beat(r);
    r->filling = &r->batches[0];
    if (batch_init(&r->batches[0], (size_t)about->batch_rows, e) == 0 &&
        batch_init(&r->batches[1], (size_t)about->batch_rows, e) == 0 &&
        runner_metrics_init(&r->metrics, about, e) == 0)
        return r;
    runner_destroy(r);
    return NULL;
}

void runner_destroy(struct runner *r)
{
    if (!r)
        return;
    for (int i = 0; i < 2; i++) {
        r->about.ops->rows_destroy(r->batches[i].rows);
        batch_finish(&r->batches[i]);
    }
    cursors_finish(&r->cursors);
    free(r);
}

int runner_start(struct runner *r, void *sink, struct err *e)
{
    r->sink = sink;
    for (int i = 0; i < 2; i++) {
        r->batches[i].rows = r->about.ops->rows_create(sink, e);
        if (!r->batches[i].rows)
            return -1;
    }
    health_wait(r->about.health, r->about.store_part, "not connected yet");
    health_wait(r->about.health, r->about.assigned_part, "waiting for partitions");
    if (pthread_create(&r->thread, NULL, thread_main, r) != 0)
        return err_set(e, ERR_NOMEM, "cannot start a thread");
    r->started = true;
    return 0;
}

bool runner_alive(const struct runner *r)
{
    return !atomic_load(&r->ended);
}

int64_t runner_beat_us(const struct runner *r)
{
    return atomic_load_explicit(&r->beat_us, memory_order_relaxed);
}

void runner_stop(struct runner *r)
{
    atomic_store(&r->stop, true);
}

int runner_join(struct runner *r, int64_t deadline_us, struct err *e)
{
    if (!r->started)
        return 0;
    int64_t left_us = deadline_us - clock_mono_us();
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until); /* exists everywhere; what timedjoin counts by */
    int64_t end_us = until.tv_sec * US_PER_S + until.tv_nsec / 1000 + (left_us > 0 ? left_us : 0);
    until = (struct timespec){end_us / US_PER_S, end_us % US_PER_S * 1000};
    if (pthread_timedjoin_np(r->thread, NULL, &until) != 0)
        return 1;
    r->started = false;
    if (r->result != 0)
        *e = r->failure;
    return r->result;
}
