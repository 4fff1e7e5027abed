/* When an exchange may be asked again: windows, what it tells, silence. */
#include "rest_budget.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct rest_rules okx_like = {.weight_max = 20, .window_ms = 2000, .busy_ms = 4000};
static const struct rest_rules one_a_second = {.weight_max = 1, .window_ms = 1000, .busy_ms = 5000};
static const struct rest_rules by_minute = {
    .weight_max = 6000, .window_ms = 60000, .used_header = "X", .busy_ms = 60000};

static const int64_t START = INT64_C(123456789);

/* Waits as long as it says and spends. The time then. */
static int64_t ask(struct rest_budget *b, int64_t weight, int64_t now_us)
{
    int64_t wait_us = rest_budget_wait_us(b, weight, now_us);
    assert_true(wait_us >= 0);
    now_us += wait_us;
    assert_int_equal(rest_budget_wait_us(b, weight, now_us), 0);
    if (wait_us > 0) /* not a moment longer than needed */
        assert_int_equal(rest_budget_wait_us(b, weight, now_us - 1), 1);
    rest_budget_spend(b, weight, now_us);
    return now_us;
}

/* As fast as it lets us: no window of any beginning holds more, and hardly less. */
static void any_window(const struct rest_rules *rules, int64_t weight, int64_t step_us)
{
    static int64_t at[4000];
    const int64_t window_us = rules->window_ms * US_PER_MS;
    const size_t allowed = (size_t)(rules->weight_max / weight);
    struct rest_budget b;
    int64_t now_us = START;
    rest_budget_init(&b, rules);
    for (size_t i = 0; i < 4000; i++) {
        at[i] = now_us = ask(&b, weight, now_us);
        if (i >= allowed)
            assert_true(at[i] - at[i - allowed] >= window_us);
        now_us += step_us;
    }
    int64_t ideal_us = (int64_t)(4000 / allowed) * window_us;
    if (step_us == 0)
        assert_in_range(at[3999] - START, ideal_us - 2 * window_us, ideal_us + ideal_us / 20);
}

static void windows(void **state)
{
    (void)state;
    for (int64_t step_us = 0; step_us < 3000000; step_us = step_us * 3 + 1) {
        any_window(&okx_like, 1, step_us);
        any_window(&okx_like, 7, step_us);
        any_window(&one_a_second, 1, step_us);
        any_window(&by_minute, 25, step_us);
    }
}

/* A machine whose clock has just begun, and one that slept for long. */
static void ends_of_time(void **state)
{
    (void)state;
    struct rest_budget b;
    rest_budget_init(&b, &one_a_second);
    assert_int_equal(ask(&b, 1, 0), 0);
    assert_in_range(ask(&b, 1, 0), 1000000, 1100000);
    assert_int_equal(ask(&b, 1, INT64_MAX / 4), INT64_MAX / 4);
    /* heavier than any window: alone */
    assert_in_range(ask(&b, 5, INT64_MAX / 4), INT64_MAX / 4 + 1000000, INT64_MAX / 4 + 1100000);
    rest_budget_init(&b, &one_a_second);
    assert_int_equal(ask(&b, 5, START), START);
    /* a clock that would go backwards is as if it stood still */
    assert_true(rest_budget_wait_us(&b, 1, START - 500) > 0);
    rest_budget_spend(&b, 1, START - 500);
    rest_budget_told(&b, 0, START - 500);
    assert_int_equal(rest_budget_wait_us(&b, 1, START - 500), 0);
}

static void told(void **state)
{
    (void)state;
    struct rest_budget b;
    rest_budget_init(&b, &by_minute);
    rest_budget_spend(&b, 100, START);
    rest_budget_told(&b, 100, START); /* as we count */
    assert_int_equal(rest_budget_wait_us(&b, 5900, START), 0);
    assert_true(rest_budget_wait_us(&b, 5901, START) > 0);
    rest_budget_told(&b, 5990, START + US_PER_S); /* somebody else asks, too */
    assert_int_equal(rest_budget_wait_us(&b, 10, START + US_PER_S), 0);
    assert_in_range(rest_budget_wait_us(&b, 200, START + US_PER_S), 59 * US_PER_S, 62 * US_PER_S);
    /* ours is forgotten first, as the oldest */
    assert_in_range(rest_budget_wait_us(&b, 110, START + US_PER_S), 58 * US_PER_S, 61 * US_PER_S);
    rest_budget_told(&b, 50, START + 2 * US_PER_S); /* its minute is over */
    assert_int_equal(rest_budget_wait_us(&b, 5950, START + 2 * US_PER_S), 0);
    assert_true(rest_budget_wait_us(&b, 5951, START + 2 * US_PER_S) > 0);
    rest_budget_told(&b, INT64_MAX, START + 2 * US_PER_S); /* a wild count is no more than all */
    assert_in_range(rest_budget_wait_us(&b, 1, START + 2 * US_PER_S), 1, 62 * US_PER_S);
    rest_budget_spend(&b, 25, START + 2 * US_PER_S);
    rest_budget_told(&b, 0, START + 2 * US_PER_S);
    assert_int_equal(rest_budget_wait_us(&b, 6000, START + 2 * US_PER_S), 0);
}

static void silence(void **state)
{
    (void)state;
    static const int64_t unsaid_s[] = {4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600};
    struct rest_budget b;
    int64_t now_us = START;
    rest_budget_init(&b, &okx_like);
    for (size_t i = 0; i < 40; i++) { /* again and again, twice as long each time */
        rest_budget_spend(&b, 1, now_us);
        rest_budget_busy(&b, 0, false, now_us);
        assert_int_equal(rest_budget_wait_us(&b, 1, now_us), unsaid_s[i < 12 ? i : 11] * US_PER_S);
        now_us += rest_budget_wait_us(&b, 1, now_us);
        assert_int_equal(rest_budget_wait_us(&b, 1, now_us), 0);
    }
    rest_budget_spend(&b, 1, now_us); /* told how long: so long */
    rest_budget_busy(&b, 7 * US_PER_S, false, now_us);
    assert_int_equal(rest_budget_wait_us(&b, 1, now_us), 7 * US_PER_S);
    rest_budget_busy(&b, US_PER_S, false, now_us); /* and never shortened */
    assert_int_equal(rest_budget_wait_us(&b, 1, now_us), 7 * US_PER_S);
    now_us += 7 * US_PER_S;
    rest_budget_busy(&b, 2 * US_PER_S, true, now_us); /* banned: a minute at least */
    assert_int_equal(rest_budget_wait_us(&b, 1, now_us), 60 * US_PER_S);
    rest_budget_busy(&b, INT64_MAX / 2, true, now_us); /* and three days at most */
    assert_int_equal(rest_budget_wait_us(&b, 1, now_us), 3 * US_PER_DAY);
    now_us += 3 * US_PER_DAY;
    rest_budget_silent(&b, 5 * US_PER_S, now_us); /* for another reason */
    assert_int_equal(rest_budget_wait_us(&b, 1, now_us), 5 * US_PER_S);
}

/* A body may say that we ask too often under a status that says nothing of it: only what follows an
 * answer shows that it was a good one. */
static void answered(void **state)
{
    (void)state;
    struct rest_budget b;
    int64_t now_us = START;
    rest_budget_init(&b, &okx_like);
    for (int64_t wait_s = 4; wait_s <= 32; wait_s *= 2) {
        rest_budget_spend(&b, 1, now_us);
        rest_budget_answered(&b);
        rest_budget_busy(&b, 0, false, now_us);
        assert_int_equal(rest_budget_wait_us(&b, 1, now_us), wait_s * US_PER_S);
        now_us += wait_s * US_PER_S;
    }
    rest_budget_spend(&b, 1, now_us);
    rest_budget_answered(&b);
    rest_budget_spend(&b, 1, now_us); /* the one before was a good one */
    rest_budget_busy(&b, 0, false, now_us);
    assert_int_equal(rest_budget_wait_us(&b, 1, now_us), 4 * US_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows), cmocka_unit_test(ends_of_time), cmocka_unit_test(told),
        cmocka_unit_test(silence), cmocka_unit_test(answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
