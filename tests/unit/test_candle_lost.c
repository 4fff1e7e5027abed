/* Ranges of lost time: against a plain array of instants. */
#include "lost.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SPAN = 300 };

static uint64_t next(uint64_t *x)
{
    *x = *x * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *x >> 33;
}

static void add(struct lost *l, int64_t from, int64_t to, int64_t forget)
{
    struct err e = {0};
    assert_int_equal(lost_add(l, from, to, forget, &e), 0);
}

static void must_be(const struct lost *l, const bool *instants)
{
    for (size_t i = 0; i + 1 < l->n; i++)
        assert_true(l->ranges[i].to_us < l->ranges[i + 1].from_us);
    for (int64_t t = 0; t < SPAN; t++)
        assert_int_equal(lost_touches(l, t, t + 1), instants[t]);
}

static bool all(const bool *instants, int64_t from, int64_t to)
{
    for (int64_t t = from; t < to; t++)
        if (!instants[t])
            return false;
    return true;
}

static void adding_and_cutting_is_that_of_sets(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        uint64_t x = seed;
        struct lost l = {NULL};
        bool instants[SPAN] = {false};
        for (int k = 0; k < 60; k++) {
            int64_t from = (int64_t)(next(&x) % SPAN);
            int64_t to = from + (int64_t)(next(&x) % 20);
            to = to > SPAN ? SPAN : to;
            bool cut = next(&x) % 3 == 0;
            if (cut)
                lost_cut(&l, from, to, INT64_MIN);
            else
                add(&l, from, to, INT64_MIN);
            for (int64_t t = from; t < to; t++)
                instants[t] = !cut;
            must_be(&l, instants);
            if (from < to)
                assert_int_equal(lost_covers(&l, from, to), all(instants, from, to));
        }
        lost_finish(&l);
    }
}

static void fill(struct lost *l)
{
    for (int64_t i = 0; i < LOST_MAX; i++)
        add(l, i * 100, i * 100 + 50, INT64_MIN);
    assert_int_equal(l->n, LOST_MAX);
}

static void one_too_many_forgets_what_is_old(void **state)
{
    (void)state;
    struct lost l = {NULL};
    fill(&l);
    add(&l, LOST_MAX * 100, LOST_MAX * 100 + 50, 150);
    assert_int_equal(l.n, LOST_MAX - 1); /* the two that ended at 50 and 150 are gone */
    assert_int_equal(l.ranges[0].from_us, 200);
    lost_finish(&l);
}

static void one_too_many_joins_the_closest_where_none_is_old(void **state)
{
    (void)state;
    struct lost l = {NULL};
    fill(&l);
    add(&l, 365, 380, INT64_MIN); /* 15 behind 300..350, 20 before 400..450 */
    assert_int_equal(l.n, LOST_MAX);
    assert_true(lost_covers(&l, 300, 380));
    assert_false(lost_touches(&l, 380, 400));
    lost_finish(&l);
}

static void a_cut_within_the_last_free_place_keeps_the_limit(void **state)
{
    (void)state;
    struct lost l = {NULL};
    fill(&l);
    lost_cut(&l, 20, 30, INT64_MIN);
    assert_int_equal(l.n, LOST_MAX);
    assert_true(lost_covers(&l, 0, 50)); /* its halves were the closest: joined again */
    lost_finish(&l);
}

static void a_copy_is_changed_alone(void **state)
{
    (void)state;
    struct lost l = {NULL};
    struct lost_copy copy;
    lost_copy(&copy, &l);
    lost_put(&copy.lost, 5, 9, INT64_MIN);
    assert_true(lost_covers(&copy.lost, 5, 9));
    add(&l, 1, 3, INT64_MIN);
    lost_copy(&copy, &l);
    lost_cut(&copy.lost, 1, 3, INT64_MIN);
    assert_int_equal(copy.lost.n, 0);
    assert_int_equal(l.n, 1);
    lost_finish(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adding_and_cutting_is_that_of_sets),
        cmocka_unit_test(one_too_many_forgets_what_is_old),
        cmocka_unit_test(one_too_many_joins_the_closest_where_none_is_old),
        cmocka_unit_test(a_cut_within_the_last_free_place_keeps_the_limit),
        cmocka_unit_test(a_copy_is_changed_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
