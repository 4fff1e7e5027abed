/* Intervals: where windows begin, and how a list of them is read. */
#include "interval.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* 2026-11-22T23:59:59.999999Z, a Sunday's last microsecond. */
static const int64_t SUNDAY_END_US = INT64_C(1795391999999999);

static void all_eleven_end_with_a_sunday(void **state)
{
    (void)state;
    for (int i = 0; i < INTERVALS; i++) {
        int64_t open_us = interval_open_us(&intervals[i], SUNDAY_END_US);
        assert_int_equal(open_us + intervals[i].length_us, SUNDAY_END_US + 1);
        assert_int_equal(interval_open_us(&intervals[i], SUNDAY_END_US + 1), SUNDAY_END_US + 1);
    }
}

static void windows_hold_their_start_and_not_their_end(void **state)
{
    (void)state;
    for (int i = 0; i < INTERVALS; i++) {
        const struct interval *iv = &intervals[i];
        for (int64_t t = -20; t < 20; t++) {
            int64_t time_us = t * (iv->length_us / 7) + 3;
            int64_t open_us = interval_open_us(iv, time_us);
            assert_true(open_us <= time_us && time_us < open_us + iv->length_us);
            assert_int_equal(interval_open_us(iv, open_us), open_us);
            assert_int_equal(interval_open_us(iv, open_us - 1), open_us - iv->length_us);
        }
    }
}

static void each_but_the_first_is_made_of_minutes(void **state)
{
    (void)state;
    for (int i = INTERVAL_1M; i < INTERVALS; i++)
        assert_int_equal(intervals[i].length_us % intervals[INTERVAL_1M].length_us, 0);
}

static const struct {
    const char *text;
    const char *error; /* NULL: it is good */
    int first;         /* the shortest of them */
    int n;
} lists[] = {
    {"1m", NULL, INTERVAL_1M, 1},
    {"1h,1m,1s", NULL, INTERVAL_1S, 3},
    {"1s,1m,5m,15m,30m,1h,4h,6h,12h,1d,1w", NULL, INTERVAL_1S, 11},
    {"all", NULL, INTERVAL_1S, 11},
    {"", "\"\" is none of", 0, 0},
    {"1m,", "\"\" is none of", 0, 0},
    {"1m,2m", "\"2m\" is none of", 0, 0},
    {"1m, 5m", "\" 5m\" is none of", 0, 0},
    {"1m,1m", "1m is there twice", 0, 0},
    {"1s,1h", "1m is not optional", 0, 0},
};

static void a_list_names_each_once_and_the_minute_always(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct err e = {0};
        bool named[INTERVALS] = {false};
        int r = interval_parse(lists[i].text, named, &e);
        assert_int_equal(r, lists[i].error ? -1 : 0);
        if (lists[i].error) {
            assert_int_equal(e.code, ERR_CONF);
            assert_non_null(strstr(e.text, lists[i].error));
            continue;
        }
        int n = 0;
        for (int k = 0; k < INTERVALS; k++)
            n += named[k];
        assert_int_equal(n, lists[i].n);
        assert_true(named[lists[i].first]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_eleven_end_with_a_sunday),
        cmocka_unit_test(windows_hold_their_start_and_not_their_end),
        cmocka_unit_test(each_but_the_first_is_made_of_minutes),
        cmocka_unit_test(a_list_names_each_once_and_the_minute_always),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
