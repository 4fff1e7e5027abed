#include "pool.h"

#include "clock.h"
#include "timefmt.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SESSIONS, CONNECTS, WAITING, BUSY };

static const struct metric_desc descs[] = {
    [SESSIONS] = {"candlewick_api_database_sessions", "open database sessions", METRIC_GAUGE, 1},
    [CONNECTS] = {"candlewick_api_database_connects_total", "attempts to connect to the database",
                  METRIC_COUNTER, 1},
    [WAITING] = {"candlewick_api_database_waiting", "queries that wait for a free session",
                 METRIC_GAUGE, 1},
    [BUSY] = {"candlewick_api_database_busy_total", "queries that found no free session in time",
              METRIC_COUNTER, 1},
};
const struct metric_table pool_metric_table = METRIC_TABLE(descs);

/* A query that waits for a session, on its own stack. */
struct waiter {
    struct waiter *next;
    pthread_cond_t turn;
};

struct pool {
    const char *url;
    atomic_bool stop;
    pthread_condattr_t monotonic;
    pthread_mutex_t lock;           /* guards all below */
    struct waiter *waiters;         /* who came first is first */
    struct session *idle[POOL_MAX]; /* a stack: the one used last is used next */
    int n_idle;
    int n_used; /* handed out, or being opened */
    int n_max;
    int64_t retry_us; /* not to connect before, monotonic; 0: the last attempt succeeded */
    char away[sizeof(((struct err *)0)->text)]; /* why it failed */
    struct metric *sessions;
    struct metric *connects;
    struct metric *waiting;
    struct metric *busy;
};

static int init_lock(struct pool *p)
{
    if (pthread_condattr_init(&p->monotonic) != 0)
        return -1;
    int r = pthread_condattr_setclock(&p->monotonic, CLOCK_MONOTONIC);
    if (r == 0)
        r = pthread_mutex_init(&p->lock, NULL);
    if (r != 0)
        (void)pthread_condattr_destroy(&p->monotonic);
    return r;
}

struct pool *pool_create(const char *url, int n, struct metrics *metrics, struct err *e)
{
    if (session_check_url(url, e) != 0)
        return NULL;
    struct pool *p = calloc(1, sizeof(*p));
    if (!p || init_lock(p) != 0) {
        free(p);
        (void)err_set(e, ERR_NOMEM, "out of memory for the connection pool");
        return NULL;
    }
    p->url = url;
    p->n_max = n < POOL_MAX ? n : POOL_MAX;
    p->sessions = metrics_add(metrics, &descs[SESSIONS], "", e);
    p->connects = metrics_add(metrics, &descs[CONNECTS], "", e);
    p->waiting = metrics_add(metrics, &descs[WAITING], "", e);
    p->busy = metrics_add(metrics, &descs[BUSY], "", e);
    if (p->sessions && p->connects && p->waiting && p->busy)
        return p;
    pool_destroy(p);
    return NULL;
}

void pool_stop(struct pool *p)
{
    (void)pthread_mutex_lock(&p->lock);
    atomic_store(&p->stop, true);
    for (struct waiter *w = p->waiters; w; w = w->next)
        (void)pthread_cond_signal(&w->turn);
    (void)pthread_mutex_unlock(&p->lock);
}

void pool_destroy(struct pool *p)
{
    if (!p)
        return;
    while (p->n_idle > 0)
        session_close(p->idle[--p->n_idle]);
    (void)pthread_condattr_destroy(&p->monotonic);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}

/* --- a session for one query ----------------------------------------------------------------- */

static void wake_first_locked(struct pool *p)
{
    if (p->waiters && p->n_used < p->n_max)
        (void)pthread_cond_signal(&p->waiters->turn);
}

/* Behind all who wait already, even if a session is free: it is theirs. */
static void wait_turn_locked(struct pool *p, struct waiter *me)
{
    int64_t end_us = clock_mono_us() + POOL_WAIT_MS * US_PER_MS;
    struct timespec end = {end_us / US_PER_S, end_us % US_PER_S * 1000};
    struct waiter **at = &p->waiters;
    while (*at)
        at = &(*at)->next;
    *at = me;
    metric_inc(p->waiting, 1);
    int r = 0;
    while (r == 0 && (p->waiters != me || p->n_used == p->n_max) && !atomic_load(&p->stop))
        r = pthread_cond_timedwait(&me->turn, &p->lock, &end);
    for (at = &p->waiters; *at != me;)
        at = &(*at)->next;
    *at = me->next;
    metric_inc(p->waiting, -1);
}

static int wait_free_locked(struct pool *p, struct err *e)
{
    if (p->waiters || p->n_used == p->n_max) {
        struct waiter me = {0};
        if (pthread_cond_init(&me.turn, &p->monotonic) != 0)
            return err_set(e, ERR_NOMEM, "out of memory for a query that waits");
        wait_turn_locked(p, &me);
        (void)pthread_cond_destroy(&me.turn);
    }
    if (atomic_load(&p->stop))
        return err_set(e, ERR_STOPPED, "stopping");
    if (p->n_used < p->n_max)
        return 0;
    metric_inc(p->busy, 1);
    return err_retry(e, ERR_LIMIT, "all %d database connections are busy", p->n_max);
}

/* Takes a place for one session and an idle one with it, if there is one. */
static int take_place(struct pool *p, struct session **ret_idle, struct err *e)
{
    (void)pthread_mutex_lock(&p->lock);
    int r = wait_free_locked(p, e);
    if (r == 0) {
        p->n_used++;
        *ret_idle = p->n_idle > 0 ? p->idle[--p->n_idle] : NULL;
    }
    wake_first_locked(p); /* there may be more than one place, or who had the turn is gone */
    (void)pthread_mutex_unlock(&p->lock);
    return r;
}

/* Gives the place back, and the session with it: to be used again, or closed where it is lost. */
static void give_place(struct pool *p, struct session *s)
{
    bool keep = s && session_is_alive(s) && !atomic_load(&p->stop);
    if (s && !keep) {
        session_close(s);
        metric_inc(p->sessions, -1);
    }
    (void)pthread_mutex_lock(&p->lock);
    if (keep)
        p->idle[p->n_idle++] = s;
    p->n_used--;
    wake_first_locked(p);
    (void)pthread_mutex_unlock(&p->lock);
}

/* One try each POOL_RETRY_MS while the database is away; the others learn why at once. */
static int may_connect(struct pool *p, struct err *e)
{
    int r = 0;
    int64_t now_us = clock_mono_us();
    (void)pthread_mutex_lock(&p->lock);
    if (now_us < p->retry_us)
        r = err_set(e, ERR_IO, "%s", p->away);
    else if (p->retry_us != 0)
        p->retry_us = now_us + POOL_RETRY_MS * US_PER_MS;
    (void)pthread_mutex_unlock(&p->lock);
    return r;
}

static struct session *connect_session(struct pool *p, struct err *e)
{
    if (may_connect(p, e) != 0)
        return NULL;
    metric_inc(p->connects, 1);
    struct session *s = session_open(p->url, &p->stop, e);
    (void)pthread_mutex_lock(&p->lock);
    p->retry_us = s ? 0 : clock_mono_us() + POOL_RETRY_MS * US_PER_MS;
    if (!s)
        (void)snprintf(p->away, sizeof(p->away), "%s", e->text);
    (void)pthread_mutex_unlock(&p->lock);
    if (s)
        metric_inc(p->sessions, 1);
    return s;
}

PGresult *pool_query(struct pool *p, const struct statement *st, const struct binds *b,
                     struct err *e)
{
    struct session *s;
    PGresult *rows = NULL;
    struct err first = {0};
    if (take_place(p, &s, e) != 0)
        return NULL;
    if (s) {
        rows = session_query(s, st, b, &first);
        if (!rows && first.code == ERR_IO && first.retriable) {
            session_close(s);
            metric_inc(p->sessions, -1);
            s = NULL;
        }
    }
    if (!s) {
        s = connect_session(p, e);
        rows = s ? session_query(s, st, b, e) : NULL;
    } else if (!rows) {
        *e = first;
    }
    give_place(p, s);
    return rows;
}
