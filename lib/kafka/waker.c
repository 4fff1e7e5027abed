#include "waker.h"

#include "clock.h"
#include "timefmt.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* BEHIND_MS: longer than the library leaves a partition alone, which may outlast its queue. */
enum { PERIOD_MS = 20, ASK_MS = 500, LEADERS_MAX = 64, BEHIND_MS = 2000 };

struct waker {
    rd_kafka_t *rk;
    const char *topic;
    pthread_t thread;
    pthread_mutex_t lock; /* guards partitions and stop; changed is signalled with it */
    pthread_cond_t changed;
    int32_t partitions[LEADERS_MAX]; /* one of each leader */
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
static bool next_round(struct waker *w, int32_t ret[LEADERS_MAX], int *ret_n)
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
        ret[i] = w->partitions[i];
    bool go_on = !w->stop;
    (void)pthread_mutex_unlock(&w->lock);
    return go_on;
}

static void *run(void *arg)
{
    struct waker *w = arg;
    int32_t ask[LEADERS_MAX];
    int n;
    while (next_round(w, ask, &n)) {
        for (int i = 0; i < n; i++) {
            int64_t low;
            int64_t high;
            /* the request is the point, its answer is not */
            (void)rd_kafka_query_watermark_offsets(w->rk, w->topic, ask[i], &low, &high, ASK_MS);
        }
    }
    return NULL;
}

struct waker *waker_start(rd_kafka_t *rk, const char *topic, struct err *e)
{
    struct waker *w = calloc(1, sizeof(*w));
    if (!w) {
        (void)err_set(e, ERR_NOMEM, "kafka: out of memory");
        return NULL;
    }
    w->rk = rk;
    w->topic = topic;
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

static int32_t leader_of(const rd_kafka_metadata_topic_t *t, int32_t partition)
{
    for (int i = 0; i < t->partition_cnt; i++)
        if (t->partitions[i].id == partition)
            return t->partitions[i].leader;
    return -1;
}

/* One partition of each leader; all partitions where the leaders cannot be learnt. */
static int pick(const rd_kafka_metadata_topic_t *t, const rd_kafka_topic_partition_list_t *list,
                int32_t ret[LEADERS_MAX])
{
    int32_t leaders[LEADERS_MAX];
    int n = 0;
    for (int i = 0; list && i < list->cnt && n < LEADERS_MAX; i++) {
        int32_t leader = t ? leader_of(t, list->elems[i].partition) : -1;
        int k = 0;
        while (k < n && (leader < 0 || leaders[k] != leader))
            k++;
        if (k < n)
            continue;
        leaders[n] = leader;
        ret[n++] = list->elems[i].partition;
    }
    return n;
}

void waker_assigned(struct waker *w, const rd_kafka_topic_partition_list_t *list)
{
    if (!w)
        return;
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_topic_t *t = rd_kafka_topic_new(w->rk, w->topic, NULL);
    if (t && rd_kafka_metadata(w->rk, 0, t, &md, KAFKA_CALL_TIMEOUT_MS))
        md = NULL;
    int32_t partitions[LEADERS_MAX];
    int n = pick(md && md->topic_cnt == 1 ? &md->topics[0] : NULL, list, partitions);
    if (md)
        rd_kafka_metadata_destroy(md);
    if (t)
        rd_kafka_topic_destroy(t);
    (void)pthread_mutex_lock(&w->lock);
    for (int i = 0; i < n; i++)
        w->partitions[i] = partitions[i];
    w->n = n;
    (void)pthread_mutex_unlock(&w->lock);
}

void waker_behind(struct waker *w)
{
    if (w)
        atomic_store_explicit(&w->behind_us, clock_mono_us(), memory_order_relaxed);
}
