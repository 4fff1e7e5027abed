#include "probes.h"

#include "clock.h"
#include "tape.h"
#include "timefmt.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PROBES_MAX = 1 << 16, LAST_WAIT_S = 30, NAP_MS = 100 };

struct probe {
    char symbol[TAPE_SYMBOL_MAX];
    int64_t mark;
    int64_t start_us[2]; /* by enum probes_start */
    int64_t read_us;     /* 0: not yet */
};

struct probes {
    pthread_mutex_t lock; /* guards the rest */
    struct probe *list;   /* in the order they went out */
    size_t n;
    size_t n_committed;
    size_t n_read;
};

struct probes *probes_create(struct err *e)
{
    struct probes *p = calloc(1, sizeof(*p));
    if (p)
        p->list = calloc(PROBES_MAX, sizeof(*p->list));
    if (p && p->list && pthread_mutex_init(&p->lock, NULL) == 0)
        return p;
    (void)err_set(e, ERR_NOMEM, "probes: out of memory");
    if (p)
        free(p->list);
    free(p);
    return NULL;
}

void probes_destroy(struct probes *p)
{
    if (!p)
        return;
    (void)pthread_mutex_destroy(&p->lock);
    free(p->list);
    free(p);
}

int probes_add(struct probes *p, struct slice symbol, int64_t mark, int64_t due_us, struct err *e)
{
    struct probe one = {.mark = mark, .start_us = {[PROBES_DUE] = due_us}};
    (void)snprintf(one.symbol, sizeof(one.symbol), "%.*s", SLICE_ARG(symbol));
    (void)pthread_mutex_lock(&p->lock);
    bool full = p->n == PROBES_MAX;
    if (!full)
        p->list[p->n++] = one;
    (void)pthread_mutex_unlock(&p->lock);
    return full ? err_set(e, ERR_LIMIT, "more than %d probes", PROBES_MAX) : 0;
}

void probes_commit(struct probes *p, int64_t now_us)
{
    (void)pthread_mutex_lock(&p->lock);
    while (p->n_committed < p->n)
        p->list[p->n_committed++].start_us[PROBES_COMMITTED] = now_us;
    (void)pthread_mutex_unlock(&p->lock);
}

void probes_read(struct probes *p, struct slice symbol, int64_t mark, int64_t now_us)
{
    (void)pthread_mutex_lock(&p->lock);
    for (size_t i = p->n; i-- > 0;) { /* the newest first: it is most often that */
        struct probe *one = &p->list[i];
        if (one->mark != mark || !slice_is(symbol, one->symbol))
            continue;
        p->n_read += one->read_us == 0;
        if (one->read_us == 0)
            one->read_us = now_us;
        break;
    }
    (void)pthread_mutex_unlock(&p->lock);
}

size_t probes_count(struct probes *p)
{
    (void)pthread_mutex_lock(&p->lock);
    size_t n = p->n;
    (void)pthread_mutex_unlock(&p->lock);
    return n;
}

int probes_await(struct probes *p, struct tail *t, struct err *e)
{
    int64_t end_us = clock_mono_us() + LAST_WAIT_S * US_PER_S;
    for (;;) {
        (void)pthread_mutex_lock(&p->lock);
        size_t left = p->n - p->n_read;
        (void)pthread_mutex_unlock(&p->lock);
        if (tail_failed(t, e))
            return -1;
        if (left == 0)
            return 0;
        if (clock_mono_us() > end_us)
            return err_set(e, ERR_STATE, "nothing came of %zu of %zu probes", left,
                           probes_count(p));
        const struct timespec nap = {0, NAP_MS * 1000000L};
        (void)nanosleep(&nap, NULL); /* the deadline above bounds it */
    }
}

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

int probes_print(struct probes *p, const char *name, enum probes_start start, struct err *e)
{
    size_t n = probes_count(p);
    if (n == 0)
        return err_set(e, ERR_ARG, "no probe: run for longer");
    int64_t *us = calloc(n, sizeof(*us));
    if (!us)
        return err_set(e, ERR_NOMEM, "probes: out of memory");
    (void)pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < n; i++)
        us[i] = p->list[i].read_us - p->list[i].start_us[start];
    (void)pthread_mutex_unlock(&p->lock);
    qsort(us, n, sizeof(*us), ascending);
    (void)printf("\"%s\":{\"p50_us\":%" PRId64 ",\"p99_us\":%" PRId64 "}", name, us[n / 2],
                 us[n * 99 / 100]);
    free(us);
    return 0;
}
