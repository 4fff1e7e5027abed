/* Who waits for a database session, and in which order; sessions are stand-ins. */
#include "pool.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { ASKERS = 4, WAIT_S = 30 };

/* --- sessions that answer when they are told to ------------------------------------------------
 */

struct session {
    int unused;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;      /* it answers */
    int n;          /* queries begun */
    char order[16]; /* by whom */
} database = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

int session_check_url(const char *url, struct err *e)
{
    (void)url;
    (void)e;
    return 0;
}

struct session *session_open(const char *url, const atomic_bool *stop, struct err *e)
{
    (void)url;
    (void)stop;
    (void)e;
    return calloc(1, sizeof(struct session));
}

void session_close(struct session *s)
{
    free(s);
}

bool session_is_alive(const struct session *s)
{
    return s != NULL;
}

PGresult *session_query(struct session *s, const struct statement *st, const struct binds *b,
                        struct err *e)
{
    (void)s;
    (void)b;
    (void)e;
    (void)pthread_mutex_lock(&database.lock);
    database.order[database.n++] = st->name[0];
    while (!database.open)
        (void)pthread_cond_wait(&database.changed, &database.lock);
    (void)pthread_mutex_unlock(&database.lock);
    return PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
}

static void allow_all(void)
{
    (void)pthread_mutex_lock(&database.lock);
    database.open = true;
    (void)pthread_cond_broadcast(&database.changed);
    (void)pthread_mutex_unlock(&database.lock);
}

/* --- those who ask -----------------------------------------------------------------------------
 */

struct asker {
    struct pool *pool;
    struct statement statement;
    int n; /* queries, one after the other */
    pthread_t thread;
};

static void *ask(void *arg)
{
    struct asker *a = arg;
    for (int i = 0; i < a->n; i++) {
        struct binds b = {0};
        struct err e = {0};
        PQclear(pool_query(a->pool, &a->statement, &b, &e));
    }
    return NULL;
}

static const struct metric *metric_named(struct metrics *metrics, const char *name)
{
    struct err e = {0};
    for (size_t i = 0; i < pool_metric_table.n; i++)
        if (strcmp(metric_table_get(&pool_metric_table, i)->name, name) == 0)
            return metrics_add(metrics, metric_table_get(&pool_metric_table, i), "", &e);
    return NULL;
}

static int n_begun(void)
{
    (void)pthread_mutex_lock(&database.lock);
    int n = database.n;
    (void)pthread_mutex_unlock(&database.lock);
    return n;
}

/* One session, which a has; the others come in turn, and then a once more. Returns how many found
 * no session in POOL_WAIT_MS, which this thread may take itself. */
static int64_t one_trial(void)
{
    struct err e = {0};
    struct metrics *metrics = metrics_create(&e);
    struct pool *pool = pool_create("", 1, metrics, &e);
    const struct metric *waiting = metric_named(metrics, "candlewick_api_database_waiting");
    const struct metric *busy = metric_named(metrics, "candlewick_api_database_busy_total");
    struct asker askers[ASKERS] = {{.statement = {.name = "a"}, .n = 2},
                                   {.statement = {.name = "b"}, .n = 1},
                                   {.statement = {.name = "c"}, .n = 1},
                                   {.statement = {.name = "d"}, .n = 1}};
    const struct timespec ms = {0, 1000 * 1000};
    database.open = false;
    database.n = 0;
    memset(database.order, 0, sizeof(database.order));
    for (int i = 0; i < ASKERS; i++) {
        askers[i].pool = pool;
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
        time_t end = time(NULL) + WAIT_S;
        while (n_begun() + metric_get(waiting) + metric_get(busy) < i + 1 && time(NULL) < end)
            (void)nanosleep(&ms, NULL);
        assert_true(n_begun() + metric_get(waiting) + metric_get(busy) >= i + 1);
    }
    allow_all();
    for (int i = 0; i < ASKERS; i++)
        assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
    assert_int_equal(metric_get(waiting), 0);
    int64_t n_busy = metric_get(busy);
    pool_destroy(pool);
    metrics_destroy(metrics);
    return n_busy;
}

static void first_come_first_served(void **state)
{
    (void)state;
    while (one_trial() > 0)
        ;
    assert_string_equal(database.order, "abcda");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(first_come_first_served)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
