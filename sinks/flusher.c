#include "flusher.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct flusher {
    struct writer writer;
    pthread_t thread;
    bool has_batch; /* written by the owner, while the thread has none */

    pthread_mutex_t lock; /* guards what follows; changed is signalled with it */
    pthread_cond_t changed;
    struct batch *batch; /* to do, or being done; NULL: nothing */
    struct sink_move *moves;
    size_t n;
    bool stop;
    enum sink_verdict verdict; /* of the last batch */
    struct err err;
};

static bool next_batch(struct flusher *f)
{
    (void)pthread_mutex_lock(&f->lock);
    while (!f->batch && !f->stop)
        (void)pthread_cond_wait(&f->changed, &f->lock);
    bool found = f->batch != NULL;
    (void)pthread_mutex_unlock(&f->lock);
    return found;
}

static void *run(void *ctx)
{
    struct flusher *f = ctx;
    while (next_batch(f)) {
        struct err e = {0};
        enum sink_verdict v = writer_write(&f->writer, f->batch, f->moves, f->n, &e);
        (void)pthread_mutex_lock(&f->lock);
        f->verdict = v;
        f->err = e;
        f->batch = NULL;
        (void)pthread_cond_broadcast(&f->changed);
        (void)pthread_mutex_unlock(&f->lock);
    }
    return NULL;
}

static void init_locks(struct flusher *f)
{
    /* none of these can fail as they are used here */
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&f->changed, &attr);
    (void)pthread_condattr_destroy(&attr);
    (void)pthread_mutex_init(&f->lock, NULL);
}

static void finish_locks(struct flusher *f)
{
    (void)pthread_cond_destroy(&f->changed);
    (void)pthread_mutex_destroy(&f->lock);
}

struct flusher *flusher_start(const struct writer *w, struct err *e)
{
    struct flusher *f = calloc(1, sizeof(*f));
    if (!f) {
        (void)err_set(e, ERR_NOMEM, "no memory for a thread");
        return NULL;
    }
    f->writer = *w;
    init_locks(f);
    if (pthread_create(&f->thread, NULL, run, f) == 0)
        return f;
    finish_locks(f);
    free(f);
    (void)err_set(e, ERR_NOMEM, "cannot start a thread");
    return NULL;
}

void flusher_stop(struct flusher *f)
{
    if (!f)
        return;
    (void)pthread_mutex_lock(&f->lock);
    f->stop = true;
    (void)pthread_cond_broadcast(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
    (void)pthread_join(f->thread, NULL);
    finish_locks(f);
    free(f);
}

void flusher_give(struct flusher *f, struct batch *b, struct sink_move *moves, size_t n)
{
    f->has_batch = true; /* before its thread can look */
    (void)pthread_mutex_lock(&f->lock);
    f->batch = b;
    f->moves = moves;
    f->n = n;
    (void)pthread_cond_broadcast(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
}

bool flusher_has_batch(const struct flusher *f)
{
    return f && f->has_batch;
}

bool flusher_wait(struct flusher *f, int timeout_ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    int r = 0;
    (void)pthread_mutex_lock(&f->lock);
    while (f->batch && r == 0 && timeout_ms > 0)
        r = pthread_cond_timedwait(&f->changed, &f->lock, &until);
    bool done = !f->batch;
    (void)pthread_mutex_unlock(&f->lock);
    return done;
}

enum sink_verdict flusher_take(struct flusher *f, struct err *e)
{
    f->has_batch = false;
    if (f->verdict != SINK_OK)
        *e = f->err;
    return f->verdict;
}
