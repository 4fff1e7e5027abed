#include "instruments_watch.h"

#include "bell.h"
#include "log.h"
#include "timefmt.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct instruments_watch {
    struct instruments_watch_about about;
    pthread_t thread;
    struct bell *bell; /* rung to stop, or to hurry */
    atomic_bool stop;
    atomic_bool hurry;
    pthread_mutex_t lock; /* guards all below */
    bool there;
    struct instruments list;
    int64_t read_us;
};

static void read_list(struct instruments_watch *w)
{
    const struct instruments_source *from = &w->about.from;
    struct instruments list = {0};
    struct err e = {0};
    int64_t skew_us;
    if (instruments_ask(from, &list, &e) != 0) {
        if (e.code != ERR_STOPPED)
            log_warn("instruments", "the list cannot be read again; going on with what is known",
                     LOG_STR("exchange", from->ops->name), LOG_ERR(&e));
        return;
    }
    metric_inc(w->about.metrics->instrument_reads, 1);
    if (from->rest && rest_skew_us(from->rest, &skew_us))
        metric_set(w->about.metrics->clock_skew, skew_us);
    if (from->rest && rest_check_clock(from->rest, &e) != 0)
        log_warn("instruments", "going on with a clock that is wrong",
                 LOG_STR("exchange", from->ops->name), LOG_ERR(&e));
    (void)pthread_mutex_lock(&w->lock);
    instruments_finish(&w->list);
    w->list = list;
    w->read_us = market_clock_now_us(w->about.clock);
    w->there = true;
    (void)pthread_mutex_unlock(&w->lock);
}

static void *run(void *ctx)
{
    struct instruments_watch *w = ctx;
    int64_t read_us = clock_mono_us();
    while (!atomic_load(&w->stop)) {
        int64_t wait_ms = atomic_load(&w->hurry) ? w->about.hurry_ms : w->about.every_ms;
        int64_t now_us = clock_mono_us();
        int64_t wait_us = read_us + wait_ms * US_PER_MS - now_us;
        if (wait_us <= 0)
            wait_us = instruments_wait_us(&w->about.from, now_us);
        if (wait_us > 0) {
            (void)bell_wait(w->bell, wait_us / US_PER_MS + 1);
            continue;
        }
        atomic_store(&w->hurry, false);
        read_us = now_us;
        read_list(w);
    }
    return NULL;
}

static void destroy(struct instruments_watch *w)
{
    bell_destroy(w->bell);
    instruments_finish(&w->list);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
}

struct instruments_watch *instruments_watch_start(const struct instruments_watch_about *about,
                                                  struct err *e)
{
    struct instruments_watch *w = calloc(1, sizeof(*w));
    if (!w || pthread_mutex_init(&w->lock, NULL) != 0) {
        free(w);
        (void)err_set(e, ERR_NOMEM, "instruments: out of memory");
        return NULL;
    }
    w->about = *about;
    w->bell = bell_create(e);
    if (w->bell) {
        int code = pthread_create(&w->thread, NULL, run, w);
        if (code == 0)
            return w;
        (void)err_set(e, ERR_NOMEM, "instruments: no thread: %s", strerror(code));
    }
    destroy(w);
    return NULL;
}

void instruments_watch_stop(struct instruments_watch *w)
{
    if (!w)
        return;
    atomic_store(&w->stop, true);
    bell_ring(w->bell);
    (void)pthread_join(w->thread, NULL); /* joinable, and joined once */
    destroy(w);
}

void instruments_watch_hurry(struct instruments_watch *w)
{
    if (w && !atomic_exchange(&w->hurry, true))
        bell_ring(w->bell);
}

bool instruments_watch_take(struct instruments_watch *w, struct instruments *ret,
                            int64_t *ret_read_us)
{
    (void)pthread_mutex_lock(&w->lock);
    bool there = w->there;
    if (there) {
        *ret = w->list;
        *ret_read_us = w->read_us;
        w->list = (struct instruments){0};
        w->there = false;
    }
    (void)pthread_mutex_unlock(&w->lock);
    return there;
}
