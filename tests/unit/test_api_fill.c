/* Windows without a record among those that have one. */
#include "fill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void test_windows_between(void **state)
{
    (void)state;
    /* windows of 10 from 5: 5, 15, …, 45 */
    static const struct windows all = {5, 55, 10};
    static const struct {
        int64_t start;
        int64_t end;
        int64_t first; /* -1: none */
        int64_t to;
    } cases[] = {
        {INT64_MIN, INT64_MAX, 5, 55},
        {5, 55, 5, 55},
        {6, 55, 15, 55},
        {15, 16, 15, 25},
        {15, 15, -1, 0},
        {16, 25, -1, 0},
        {45, 999, 45, 55},
        {46, 999, -1, 0},
        {55, 999, -1, 0},
        {0, 5, -1, 0},
        {0, 6, 5, 15},
        {30, 10, -1, 0},
        {INT64_MAX, INT64_MAX, -1, 0},
        {0, INT64_MIN, -1, 0},
    };
    for (size_t i = 0; i < N(cases); i++) {
        struct windows w = windows_between(&all, cases[i].start, cases[i].end);
        if (cases[i].first < 0) {
            assert_true(w.from_us >= w.to_us);
            continue;
        }
        assert_int_equal(w.from_us, cases[i].first);
        assert_int_equal(w.to_us, cases[i].to);
    }
}

static void test_a_window_that_is_not_whole_is_left_out(void **state)
{
    (void)state;
    static const struct windows all = {5, 54, 10};
    struct windows w = windows_between(&all, INT64_MIN, INT64_MAX);
    assert_int_equal(w.to_us, 45);
}

/* text: "5 15* 25": the slots, a star where there is no record. */
static void assert_slots(const struct fill_slot *slots, int n, const int64_t *open_us,
                         const char *text)
{
    char is[256] = "";
    size_t len = 0;
    for (int i = 0; i < n; i++) {
        len += (size_t)snprintf(is + len, sizeof(is) - len, "%s%lld%s", i ? " " : "",
                                (long long)slots[i].open_us, slots[i].record < 0 ? "*" : "");
        if (slots[i].record >= 0)
            assert_int_equal(open_us[slots[i].record], slots[i].open_us);
    }
    assert_string_equal(is, text);
}

static void test_fill(void **state)
{
    (void)state;
    static const struct {
        struct windows windows;
        int64_t open_us[8];
        int n;
        int limit;
        const char *forward;
        const char *backward;
    } cases[] = {
        {{5, 45, 10}, {0}, 0, 9, "5* 15* 25* 35*", "5* 15* 25* 35*"},
        {{5, 45, 10}, {0}, 0, 2, "5* 15*", "25* 35*"},
        {{5, 45, 10}, {5, 15, 25, 35}, 4, 9, "5 15 25 35", "5 15 25 35"},
        {{5, 45, 10}, {15, 35}, 2, 9, "5* 15 25* 35", "5* 15 25* 35"},
        {{5, 45, 10}, {15, 35}, 2, 3, "5* 15 25*", "15 25* 35"},
        {{5, 25, 10}, {5, 25, 45}, 3, 9, "5 15* 25 45", "5 15* 25 45"}, /* some behind them */
        {{5, 25, 10}, {5, 25, 45}, 3, 3, "5 15* 25", "15* 25 45"},
        {{15, 25, 10}, {5}, 1, 9, "5 15*", "5 15*"},                /* and before */
        {{5, 25, 10}, {7, 12}, 2, 9, "5* 7 12 15*", "5* 7 12 15*"}, /* and beside */
        {{5, 5, 10}, {5, 15}, 2, 9, "5 15", "5 15"},
        {{45, 5, 10}, {5, 15}, 2, 9, "5 15", "5 15"},
        {{5, 5, 10}, {0}, 0, 9, "", ""},
    };
    for (size_t i = 0; i < N(cases); i++) {
        struct fill_slot slots[9];
        int n =
            fill_forward(&cases[i].windows, cases[i].open_us, cases[i].n, cases[i].limit, slots);
        assert_slots(slots, n, cases[i].open_us, cases[i].forward);
        n = fill_backward(&cases[i].windows, cases[i].open_us, cases[i].n, cases[i].limit, slots);
        assert_slots(slots, n, cases[i].open_us, cases[i].backward);
    }
}

/* A list of a billion windows costs what a page costs. */
static void test_a_long_range_costs_a_page(void **state)
{
    (void)state;
    static const struct windows all = {0, INT64_C(1) << 60, 1};
    static const int64_t open_us[] = {3};
    struct fill_slot slots[4];
    struct windows w = windows_between(&all, (INT64_C(1) << 60) - 2, INT64_MAX);
    assert_int_equal(fill_forward(&w, open_us, 0, 4, slots), 2);
    assert_int_equal(fill_backward(&all, open_us, 1, 4, slots), 4);
    assert_int_equal(slots[3].open_us, (INT64_C(1) << 60) - 1);
    assert_int_equal(slots[3].record, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows_between),
        cmocka_unit_test(test_a_window_that_is_not_whole_is_left_out),
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_a_long_range_costs_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
