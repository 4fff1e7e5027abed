#include "rest_quota.h"

#include <pthread.h>
#include <stdlib.h>

struct rest_quota {
    pthread_mutex_t lock; /* guards budget */
    struct rest_budget budget;
};

struct rest_quota *rest_quota_create(const struct rest_rules *rules, struct err *e)
{
    struct rest_quota *q = calloc(1, sizeof(*q));
    if (!q || pthread_mutex_init(&q->lock, NULL) != 0) {
        free(q);
        (void)err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    rest_budget_init(&q->budget, rules);
    return q;
}

void rest_quota_destroy(struct rest_quota *q)
{
    if (!q)
        return;
    (void)pthread_mutex_destroy(&q->lock);
    free(q);
}

int64_t rest_quota_wait_us(struct rest_quota *q, int64_t weight, int64_t now_us)
{
    (void)pthread_mutex_lock(&q->lock);
    int64_t wait_us = rest_budget_wait_us(&q->budget, weight, now_us);
    (void)pthread_mutex_unlock(&q->lock);
    return wait_us;
}

void rest_quota_spend(struct rest_quota *q, int64_t weight, int64_t now_us)
{
    (void)pthread_mutex_lock(&q->lock);
    rest_budget_spend(&q->budget, weight, now_us);
    (void)pthread_mutex_unlock(&q->lock);
}

void rest_quota_told(struct rest_quota *q, int64_t used, int64_t now_us)
{
    (void)pthread_mutex_lock(&q->lock);
    rest_budget_told(&q->budget, used, now_us);
    (void)pthread_mutex_unlock(&q->lock);
}

void rest_quota_answered(struct rest_quota *q)
{
    (void)pthread_mutex_lock(&q->lock);
    rest_budget_answered(&q->budget);
    (void)pthread_mutex_unlock(&q->lock);
}

void rest_quota_busy(struct rest_quota *q, int64_t told_us, bool banned, int64_t now_us)
{
    (void)pthread_mutex_lock(&q->lock);
    rest_budget_busy(&q->budget, told_us, banned, now_us);
    (void)pthread_mutex_unlock(&q->lock);
}

void rest_quota_silent(struct rest_quota *q, int64_t told_us, int64_t now_us)
{
    (void)pthread_mutex_lock(&q->lock);
    rest_budget_silent(&q->budget, told_us, now_us);
    (void)pthread_mutex_unlock(&q->lock);
}
