/* The queue of quotes: in order while there is room, the newest where there is none. */
#include "bell.h"
#include "quote_queue.h"

#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define LARGE ((__int128)1 << 70) /* more than 64 bits hold */

enum { SYMBOLS = 50 };

static struct quote_queue *create(struct bell *bell)
{
    struct err e = {0};
    struct quote_queue *q = quote_queue_create(SYMBOLS, bell, &e);
    assert_non_null(q);
    return q;
}

static int64_t put(struct quote_queue *q, uint32_t symbol, int64_t n)
{
    const struct entry in = {
        .type = ENTRY_QUOTE,
        .index = symbol,
        .receive_us = n,
        .has_exchange_time = n % 2 == 0,
        .other_us = n - 7,
        .bid = {true, {n * LARGE}, {n}},
        .ask = {n % 3 != 0, {-n}, {-n * LARGE}},
    };
    return quote_queue_put(q, &in);
}

static int64_t put_tick(struct quote_queue *q, int64_t n)
{
    return quote_queue_put(
        q, &(struct entry){.type = ENTRY_TICK, .receive_us = n, .data = slice_make("\1\0\1", 3)});
}

static bool is_quote(const struct entry *in, uint32_t symbol, int64_t n)
{
    return in->type == ENTRY_QUOTE && in->index == symbol && in->receive_us == n &&
           in->has_exchange_time == (n % 2 == 0) && in->other_us == n - 7 && in->bid.there &&
           in->bid.price.e18 == n * LARGE && in->bid.amount.e18 == n &&
           in->ask.there == (n % 3 != 0) && in->ask.price.e18 == -n &&
           in->ask.amount.e18 == -n * LARGE;
}

static void in_order(void **state)
{
    (void)state;
    struct quote_queue *q = create(NULL);
    struct entry in;
    int64_t next = 0;
    int64_t n = 0;
    unsigned seed = 3;
    assert_false(quote_queue_next(q, &in));
    for (int round = 0; round < 2000; round++) {
        for (int k = rand_r(&seed) % 300; k > 0 && quote_queue_wait_room(q, 0); k--, n++)
            assert_int_equal(n % 10 ? put(q, (uint32_t)(n % SYMBOLS), n) : put_tick(q, n), 0);
        for (int k = rand_r(&seed) % 300; k > 0 && next < n; k--, next++) {
            assert_true(quote_queue_next(q, &in));
            if (next % 10)
                assert_true(is_quote(&in, (uint32_t)(next % SYMBOLS), next));
            else
                assert_true(in.type == ENTRY_TICK && in.receive_us == next &&
                            slice_eq(in.data, slice_make("\1\0\1", 3)));
        }
    }
    assert_true(n > 100000);
    for (; next < n; next++)
        assert_true(quote_queue_next(q, &in));
    assert_false(quote_queue_next(q, &in));
    assert_int_equal(quote_queue_bytes(q), 0);
    quote_queue_destroy(q);
}

/* Nobody takes: memory stays where it is, and what is left at the end is what is newest. */
static void the_newest_stays(void **state)
{
    (void)state;
    enum { PUT = 1000000 };
    struct quote_queue *q = create(NULL);
    struct entry in;
    int64_t last[SYMBOLS] = {0};
    int64_t dropped = 0;
    int64_t taken = 0;
    int64_t newest = -1;
    int ticks = 0;
    dropped += put(q, 49, 1); /* said once, before everything else */
    for (int64_t n = 2; n < PUT; n++) {
        dropped += n % 1000 ? put(q, (uint32_t)(n * n % 49), n) : put_tick(q, n);
        assert_true(quote_queue_bytes(q) < 6 << 20);
    }
    while (quote_queue_next(q, &in)) {
        assert_true(in.receive_us > newest); /* in their order */
        newest = in.receive_us;
        ticks += in.type == ENTRY_TICK;
        if (in.type == ENTRY_TICK)
            continue;
        taken++;
        assert_true(is_quote(&in, in.index, in.receive_us));
        last[in.index] = in.receive_us;
    }
    assert_int_equal(newest, PUT - 1);
    assert_true(ticks >= 1);
    assert_int_equal(taken + dropped, PUT - 1 - (PUT - 1) / 1000); /* each is taken or counted */
    assert_true(dropped > PUT / 2);
    assert_int_equal(last[49], 1);
    for (int64_t n = PUT - 1, seen = 0; seen < 1000; n--, seen++)
        if (n % 1000)
            assert_true(last[n * n % 49] >= n);
    quote_queue_destroy(q);
}

/* A tick stands behind every quote received before it, also where much was dropped. */
static void ticks_stay_behind(void **state)
{
    (void)state;
    struct quote_queue *q = create(NULL);
    struct entry in;
    int64_t n = 0;
    while (put(q, (uint32_t)(n % SYMBOLS), n) == 0)
        n++;
    int64_t tick = ++n;
    assert_int_equal(put_tick(q, tick), 0);
    while (put(q, 3, ++n) == 0) /* until it is full again */
        ;
    bool passed = false;
    while (quote_queue_next(q, &in)) {
        passed = passed || in.type == ENTRY_TICK;
        assert_true(in.type == ENTRY_TICK ? in.receive_us == tick
                                          : (in.receive_us > tick) == passed);
    }
    assert_true(passed);
    quote_queue_destroy(q);
}

static void the_longest_tick(void **state)
{
    (void)state;
    static char alive[QUOTE_TICK_MAX];
    struct quote_queue *q = create(NULL);
    struct entry in;
    alive[QUOTE_TICK_MAX - 1] = 1;
    const struct entry tick = {.type = ENTRY_TICK, .data = slice_make(alive, sizeof(alive))};
    assert_int_equal(quote_queue_put(q, &tick), 0);
    assert_true(quote_queue_next(q, &in));
    assert_true(slice_eq(in.data, tick.data));
    quote_queue_destroy(q);
}

/* --- two threads ----------------------------------------------------------------------------- */

enum { HANDED = 500000 };

struct pair {
    struct quote_queue *queue;
    bool waits;
    atomic_llong dropped;
};

static void *feed(void *ctx)
{
    struct pair *p = ctx;
    for (int64_t i = 1; i <= HANDED; i++) {
        while (p->waits && !quote_queue_wait_room(p->queue, 1000))
            ;
        atomic_fetch_add(&p->dropped, put(p->queue, (uint32_t)(i % SYMBOLS), i));
    }
    return NULL;
}

static void hand_over(bool waits)
{
    struct err e = {0};
    struct bell *bell = bell_create(&e);
    struct pair p = {.waits = waits};
    struct entry in;
    pthread_t thread;
    int64_t taken = 0;
    int64_t newest = 0;
    assert_non_null(bell);
    p.queue = create(bell);
    assert_int_equal(pthread_create(&thread, NULL, feed, &p), 0);
    while (newest < HANDED) {
        if (!quote_queue_next(p.queue, &in)) {
            assert_true(bell_wait(bell, 10000)); /* each quote into an empty queue rings */
            continue;
        }
        assert_true(in.receive_us > newest && is_quote(&in, in.index, in.receive_us));
        newest = in.receive_us;
        taken++;
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(taken + atomic_load(&p.dropped), HANDED);
    if (waits)
        assert_int_equal(taken, HANDED);
    quote_queue_destroy(p.queue);
    bell_destroy(bell);
}

static void across_threads(void **state)
{
    (void)state;
    hand_over(false);
    hand_over(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order),          cmocka_unit_test(the_newest_stays),
        cmocka_unit_test(ticks_stay_behind), cmocka_unit_test(the_longest_tick),
        cmocka_unit_test(across_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
