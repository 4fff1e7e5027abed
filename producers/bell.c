#include "bell.h"

#include "deadline.h"

#include <stdlib.h>

struct bell {
    pthread_mutex_t lock; /* guards rung */
    pthread_cond_t sound;
    bool rung;
};

struct bell *bell_create(struct err *e)
{
    struct bell *b = calloc(1, sizeof(*b));
    if (b && pthread_mutex_init(&b->lock, NULL) == 0) {
        if (deadline_cond_init(&b->sound) == 0)
            return b;
        (void)pthread_mutex_destroy(&b->lock);
    }
    free(b);
    (void)err_set(e, ERR_NOMEM, "out of memory");
    return NULL;
}

void bell_destroy(struct bell *b)
{
    if (!b)
        return;
    (void)pthread_cond_destroy(&b->sound);
    (void)pthread_mutex_destroy(&b->lock);
    free(b);
}

void bell_ring(struct bell *b)
{
    (void)pthread_mutex_lock(&b->lock);
    b->rung = true;
    (void)pthread_cond_signal(&b->sound);
    (void)pthread_mutex_unlock(&b->lock);
}

bool bell_wait(struct bell *b, int64_t timeout_ms)
{
    const struct timespec end = deadline_after_ms(timeout_ms);
    (void)pthread_mutex_lock(&b->lock);
    while (!b->rung && pthread_cond_timedwait(&b->sound, &b->lock, &end) == 0)
        ;
    bool rung = b->rung;
    b->rung = false;
    (void)pthread_mutex_unlock(&b->lock);
    return rung;
}
