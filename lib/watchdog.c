#include "watchdog.h"

#include "log.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char MOD[] = "watchdog";

struct watchdog {
    const struct health *health;
    bool (*stopping)(void);
    struct watch watch;
    pthread_t thread;
    pthread_mutex_t lock; /* guards over; changed is signalled with it */
    pthread_cond_t changed;
    bool over;
};

enum watch_verdict watch_look(struct watch *w, int64_t beat_us, bool stopping)
{
    w->quiet = beat_us == w->beat_us ? w->quiet + 1 : 0;
    w->beat_us = beat_us;
    w->stopping += stopping;
    if (w->stopping > WATCHDOG_STOP_S)
        return WATCH_LINGERS;
    return w->limit > 0 && w->quiet >= w->limit ? WATCH_STUCK : WATCH_FINE;
}

/* False: it is over. */
static bool wait_a_second(struct watchdog *w)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec++;
    (void)pthread_mutex_lock(&w->lock);
    if (!w->over)
        (void)pthread_cond_timedwait(&w->changed, &w->lock, &at); /* a timeout is the normal end */
    bool over = w->over;
    (void)pthread_mutex_unlock(&w->lock);
    return !over;
}

static void *run(void *ctx)
{
    struct watchdog *w = ctx;
    while (wait_a_second(w)) {
        enum watch_verdict v = watch_look(&w->watch, health_last_beat_us(w->health), w->stopping());
        if (v == WATCH_FINE)
            continue;
        log_error(MOD,
                  v == WATCH_STUCK ? "the main loop stands still: ending the process"
                                   : "asked to stop and still here: ending the process",
                  LOG_INT("seconds", v == WATCH_STUCK ? w->watch.quiet : WATCHDOG_STOP_S));
        _exit(1); /* nothing of it may wait for what is stuck */
    }
    return NULL;
}

static int start(struct watchdog *w)
{
    pthread_condattr_t attr;
    int code = pthread_condattr_init(&attr);
    if (code)
        return code;
    code = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    if (!code)
        code = pthread_cond_init(&w->changed, &attr);
    (void)pthread_condattr_destroy(&attr);
    if (code)
        return code;
    code = pthread_mutex_init(&w->lock, NULL);
    if (!code) {
        code = pthread_create(&w->thread, NULL, run, w);
        if (!code)
            return 0;
        (void)pthread_mutex_destroy(&w->lock);
    }
    (void)pthread_cond_destroy(&w->changed);
    return code;
}

struct watchdog *watchdog_start(const struct health *h, int64_t limit_s, bool (*stopping)(void),
                                struct err *e)
{
    struct watchdog *w = calloc(1, sizeof(*w));
    if (!w) {
        (void)err_set(e, ERR_NOMEM, "watchdog: out of memory");
        return NULL;
    }
    w->health = h;
    w->stopping = stopping;
    w->watch.limit = limit_s;
    int code = start(w);
    if (!code)
        return w;
    (void)err_set(e, ERR_IO, "watchdog: no thread: %s", strerror(code));
    free(w);
    return NULL;
}

void watchdog_stop(struct watchdog *w)
{
    if (!w)
        return;
    (void)pthread_mutex_lock(&w->lock);
    w->over = true;
    (void)pthread_cond_signal(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
    (void)pthread_mutex_destroy(&w->lock);
    (void)pthread_cond_destroy(&w->changed);
    free(w);
}
