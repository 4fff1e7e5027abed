#include "waker.h"

#include "ask.h"
#include "clock.h"
#include "timefmt.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* BEHIND_MS: longer than the library leaves a partition alone, which may outlast its queue. */
enum { PERIOD_MS = 20, ASK_MS = 500, LEADERS_MAX = 64, BEHIND_MS = 2000 };

/* What to ask about: a partition that a leader has. */
struct place {
    const char *topic;
    int32_t partition;
};

struct waker {
    rd_kafka_t *rk;
    const char *const *topics;
    pthread_t thread;
    pthread_mutex_t lock; /* guards places and stop; changed is signalled with it */
    pthread_cond_t changed;
    struct place places[LEADERS_MAX]; /* one of each leader */
    int n;
    bool stop;
    _Atomic int64_t behind_us; /* when the reader was last behind, by clock_mono_us() */
};

bool waker_is_needless(rd_kafka_conf_t *conf)
{
    char why[64];
    return rd_kafka_conf_set(conf, "fetch.queue.backoff.ms", "5", why, sizeof(why)) ==
           RD_KAFKA_CONF_OK;
}

static bool is_behind(const struct waker *w)
{
    int64_t since_us = clock_mono_us() - atomic_load_explicit(&w->behind_us, memory_order_relaxed);
    return since_us < BEHIND_MS * US_PER_MS;
}

/* Copies what to ask now. False: time to end. */
static bool next_round(struct waker *w, struct place ret[LEADERS_MAX], int *ret_n)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += PERIOD_MS * 1000000L;
    at.tv_sec += at.tv_nsec / 1000000000L;
    at.tv_nsec %= 1000000000L;
    (void)pthread_mutex_lock(&w->lock);
    if (!w->stop)
        (void)pthread_cond_timedwait(&w->changed, &w->lock, &at); /* a timeout is the normal end */
    *ret_n = is_behind(w) ? w->n : 0;
    for (int i = 0; i < *ret_n; i++)
        ret[i] = w->places[i];
    bool go_on = !w->stop;
    (void)pthread_mutex_unlock(&w->lock);
    return go_on;
}

static void *run(void *arg)
{
    struct waker *w = arg;
    struct place ask[LEADERS_MAX];
    int n;
    while (next_round(w, ask, &n)) {
        for (int i = 0; i < n; i++) {
            int64_t end;
            struct err passing = {0};
            /* the request is the point, its answer is not */
            (void)(ask_offset(w->rk, ask[i].topic, ask[i].partition, ASK_END, ASK_MS, &end,
                              &passing) == 0);
        }
    }
    return NULL;
}

struct waker *waker_start(rd_kafka_t *rk, const char *const *topics, struct err *e)
{
    struct waker *w = calloc(1, sizeof(*w));
    if (!w) {
        (void)err_set(e, ERR_NOMEM, "kafka: out of memory");
        return NULL;
    }
    w->rk = rk;
    w->topics = topics;
    w->behind_us = INT64_MIN / 2;             /* long ago */
    (void)pthread_mutex_init(&w->lock, NULL); /* neither can fail with default attributes */
    (void)pthread_cond_init(&w->changed, NULL);
    if (pthread_create(&w->thread, NULL, run, w) == 0)
        return w;
    free(w);
    (void)err_set(e, ERR_NOMEM, "kafka: no thread");
    return NULL;
}

void waker_stop(struct waker *w)
{
    if (!w)
        return;
    (void)pthread_mutex_lock(&w->lock);
    w->stop = true;
    (void)pthread_cond_signal(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
    (void)pthread_cond_destroy(&w->changed);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
}

/* -1: not known. */
static int32_t leader_of(const struct rd_kafka_metadata *md, const rd_kafka_topic_partition_t *p)
{
    for (int t = 0; md && t < md->topic_cnt; t++)
        for (int i = 0;
             strcmp(md->topics[t].topic, p->topic) == 0 && i < md->topics[t].partition_cnt; i++)
            if (md->topics[t].partitions[i].id == p->partition)
                return md->topics[t].partitions[i].leader;
    return -1;
}

/* The same name as text that outlives the list. */
static const char *keep_name(const struct waker *w, const char *name)
{
    const char *const *t = w->topics;
    while (t[1] && strcmp(*t, name) != 0)
        t++;
    return *t;
}

/* One partition of each leader; all partitions where the leaders cannot be learnt. */
static int pick(const struct waker *w, const struct rd_kafka_metadata *md,
                const rd_kafka_topic_partition_list_t *list, struct place ret[LEADERS_MAX])
{
    int32_t leaders[LEADERS_MAX];
    int n = 0;
    for (int i = 0; list && i < list->cnt && n < LEADERS_MAX; i++) {
        int32_t leader = leader_of(md, &list->elems[i]);
        int k = 0;
        while (k < n && (leader < 0 || leaders[k] != leader))
            k++;
        if (k < n)
            continue;
        leaders[n] = leader;
        ret[n++] = (struct place){keep_name(w, list->elems[i].topic), list->elems[i].partition};
    }
    return n;
}

void waker_assigned(struct waker *w, const rd_kafka_topic_partition_list_t *list)
{
    if (!w)
        return;
    const struct rd_kafka_metadata *md = NULL;
    if (rd_kafka_metadata(w->rk, 0 /* what this client uses */, NULL, &md, KAFKA_CALL_TIMEOUT_MS))
        md = NULL;
    struct place places[LEADERS_MAX];
    int n = pick(w, md, list, places);
    if (md)
        rd_kafka_metadata_destroy(md);
    (void)pthread_mutex_lock(&w->lock);
    for (int i = 0; i < n; i++)
        w->places[i] = places[i];
    w->n = n;
    (void)pthread_mutex_unlock(&w->lock);
}

void waker_behind(struct waker *w)
{
    if (w)
        atomic_store_explicit(&w->behind_us, clock_mono_us(), memory_order_relaxed);
}
