/* The send queue: first in, first out, and never above its limit. */
#include "outq.h"
#include "rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void an_empty_one(void **state)
{
    (void)state;
    struct outq q = OUTQ_INIT(100);
    struct slice s;
    assert_false(outq_peek(&q, &s));
    assert_int_equal(outq_push(&q, slice_make(NULL, 0)), 0);
    assert_true(outq_peek(&q, &s));
    assert_int_equal(s.len, 0);
    outq_pop(&q);
    assert_false(outq_peek(&q, &s));
    outq_finish(&q);
}

static void full_is_full(void **state)
{
    (void)state;
    struct outq q = OUTQ_INIT(28); /* 4 + 10 twice */
    struct slice ten = slice_of("0123456789");
    assert_int_equal(outq_push(&q, ten), 0);
    assert_int_equal(outq_push(&q, ten), 0);
    assert_int_equal(outq_push(&q, slice_make(NULL, 0)), -1);
    assert_int_equal(q.n, 2);
    outq_pop(&q);
    assert_int_equal(outq_push(&q, slice_of("0123456789+")), -1);
    assert_int_equal(outq_push(&q, ten), 0);
    outq_finish(&q);
    assert_int_equal(q.n, 0);
    assert_int_equal(outq_push(&q, ten), 0); /* usable again, with its limit */
    outq_finish(&q);
}

/* A long walk of pushes and pops against a counter at each end. */
static void keeps_the_order(void **state)
{
    (void)state;
    struct outq q = OUTQ_INIT(1 << 16);
    struct rng r;
    rng_seed(&r, 5);
    uint64_t in = 0;
    uint64_t out = 0;
    uint64_t refused = 0;
    for (int i = 0; i < 200000; i++) {
        bool push = rng_below(&r, 100) < (i / 20000 % 2 ? 40U : 60U);
        char text[300];
        int pad = (int)rng_below(&r, 200);
        struct slice s;
        if (push) {
            int len = snprintf(text, sizeof(text), "%llu %*s", (unsigned long long)in, pad, "");
            if (outq_push(&q, slice_make(text, (size_t)len)) == 0)
                in++;
            else
                refused++;
        } else if (outq_peek(&q, &s)) {
            assert_int_equal(strtoull(s.data, NULL, 10), out++);
            outq_pop(&q);
        }
        assert_int_equal(q.n, in - out);
        assert_true(q.tail - q.head <= q.limit && q.cap <= 2 * q.limit);
    }
    assert_true(refused > 0 && out > 10000);
    outq_finish(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one),
        cmocka_unit_test(full_is_full),
        cmocka_unit_test(keeps_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
