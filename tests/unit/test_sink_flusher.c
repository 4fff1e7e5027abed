/* What the flusher promises: one batch at a time, in the order given, on a thread of its own. */
#include "flusher.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A store that finishes a flush when it is told to. */
struct store {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool let_go;
    pthread_t thread; /* that flushed last */
    int flushes;
    enum sink_verdict verdict;
};

static enum sink_verdict flush(void *sink, void *rows, const char *const *topics,
                               const struct sink_move *moves, size_t n, struct err *e)
{
    (void)rows;
    (void)topics;
    (void)moves;
    (void)n;
    struct store *s = sink;
    (void)pthread_mutex_lock(&s->lock);
    while (!s->let_go)
        (void)pthread_cond_wait(&s->changed, &s->lock);
    s->let_go = false;
    s->flushes++;
    s->thread = pthread_self();
    enum sink_verdict v = s->verdict;
    (void)pthread_mutex_unlock(&s->lock);
    if (v == SINK_RETRY)
        (void)err_retry(e, ERR_IO, "away");
    return v;
}

static void let_go(struct store *s, enum sink_verdict v)
{
    (void)pthread_mutex_lock(&s->lock);
    s->let_go = true;
    s->verdict = v;
    (void)pthread_cond_signal(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
}

static int letters_flush(void *ctx, struct err *e)
{
    (void)ctx;
    (void)e;
    return 0;
}

static const struct sink_ops ops = {.flush = flush};
static const struct writer_reports reports = {.letters_flush = letters_flush};

static void batches_go_one_by_one(void **state)
{
    (void)state;
    struct store s = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct err e = {0};
    struct batch batches[2];
    struct sink_move move = {.from = 1, .to = 9};
    const struct writer w = {.ops = &ops, .sink = &s, .reports = &reports};
    struct flusher *f = flusher_start(&w, &e);
    assert_non_null(f);
    assert_false(flusher_has_batch(NULL));
    assert_false(flusher_has_batch(f));
    const enum sink_verdict verdicts[] = {SINK_OK, SINK_RETRY};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(batch_init(&batches[i], 1, &e), 0);
        flusher_give(f, &batches[i], &move, 1);
        assert_true(flusher_has_batch(f));
        assert_false(flusher_wait(f, 0)); /* it cannot be done: nobody let it go */
        assert_int_equal(s.flushes, i);
        let_go(&s, verdicts[i]);
        while (!flusher_wait(f, 1000))
            ;
        assert_true(flusher_has_batch(f)); /* until it is taken back */
        assert_int_equal(flusher_take(f, &e), verdicts[i]);
        assert_false(flusher_has_batch(f));
        assert_int_equal(move.from, 9);
        assert_false(pthread_equal(s.thread, pthread_self()));
    }
    assert_string_equal(e.text, "away");
    assert_true(e.retriable);
    flusher_stop(f);
    for (int i = 0; i < 2; i++)
        batch_finish(&batches[i]);
}

/* A batch that was given is written before the thread ends. */
static void stop_waits(void **state)
{
    (void)state;
    struct store s = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct err e = {0};
    struct batch b;
    const struct writer w = {.ops = &ops, .sink = &s, .reports = &reports};
    assert_int_equal(batch_init(&b, 1, &e), 0);
    struct flusher *f = flusher_start(&w, &e);
    assert_non_null(f);
    flusher_give(f, &b, NULL, 0);
    let_go(&s, SINK_OK);
    flusher_stop(f);
    assert_int_equal(s.flushes, 1);
    batch_finish(&b);
    flusher_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_go_one_by_one),
        cmocka_unit_test(stop_waits),
    };
    return cmocka_run_group_tests_name("sink_flusher", tests, NULL, NULL);
}
