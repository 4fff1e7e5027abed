#include "watch.h"

#include "clock.h"
#include "log.h"
#include "query.h"
#include "timefmt.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct watch {
    struct pool *pool;
    struct health *health;
    pthread_t thread;
    atomic_bool stop;
};

/* Returns whether the database is of use; was: what the last look found. */
static bool look(struct watch *w, bool was, struct log_limit *limit)
{
    struct err e = {0};
    if (query_check(w->pool, &e) == 0) {
        health_ready(w->health, "database");
        if (!was)
            log_info("database", "ready");
        *limit = (struct log_limit){.interval_us = limit->interval_us};
        return true;
    }
    if (e.code == ERR_STOPPED || e.code == ERR_LIMIT)
        return was; /* busy is not away */
    health_wait(w->health, "database", e.text);
    if (log_limit_pass(limit, clock_mono_us()))
        log_warn("database", "not usable, answering 503 until it is", LOG_ERR(&e));
    return false;
}

static void *run(void *arg)
{
    struct watch *w = arg;
    struct log_limit limit = {.interval_us = 10 * US_PER_S};
    const struct timespec slice = {0, 200 * 1000 * 1000};
    bool usable = false;
    for (int turn = 0; !atomic_load(&w->stop); turn++) {
        if (turn % 5 == 0) /* each second */
            usable = look(w, usable, &limit);
        (void)nanosleep(&slice, NULL);
    }
    return NULL;
}

struct watch *watch_start(struct pool *pool, struct health *health, struct err *e)
{
    struct watch *w = calloc(1, sizeof(*w));
    if (w) {
        w->pool = pool;
        w->health = health;
        health_wait(health, "database", "not looked at yet");
        if (pthread_create(&w->thread, NULL, run, w) == 0)
            return w;
    }
    free(w);
    (void)err_set(e, ERR_NOMEM, "cannot start the thread that watches the database");
    return NULL;
}

void watch_stop(struct watch *w)
{
    if (!w)
        return;
    atomic_store(&w->stop, true);
    (void)pthread_join(w->thread, NULL);
    free(w);
}
