/* How fast a replay goes. */
#include "pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct pace parse(const char *text)
{
    struct pace p;
    struct err e = {0};
    if (pace_parse(text, &p, &e) != 0)
        fail_msg("%s: %s", text, e.text);
    return p;
}

static void as_fast_as_it_can(void **state)
{
    (void)state;
    struct pace p = parse("max");
    assert_int_equal(pace_due_us(&p, 5000, 77), 77);
    assert_int_equal(pace_due_us(&p, 9000000, 78), 78);
}

static void so_many_times_as_fast(void **state)
{
    (void)state;
    struct pace one = parse("1x");
    struct pace ten = parse("10x");
    assert_int_equal(pace_due_us(&one, 5000, 100), 100);
    assert_int_equal(pace_due_us(&ten, 5000, 100), 100);
    assert_int_equal(pace_due_us(&one, 6000, 200), 100 + 1000000);
    assert_int_equal(pace_due_us(&ten, 6000, 200), 100 + 100000);
}

static void older_than_the_first_is_due_at_once(void **state)
{
    (void)state;
    struct pace p = parse("1x");
    assert_int_equal(pace_due_us(&p, 5000, 100), 100);
    assert_int_equal(pace_due_us(&p, 1000, 100), 100);
}

static void no_time_is_too_far(void **state)
{
    (void)state;
    struct pace p = parse("1x");
    assert_int_equal(pace_due_us(&p, 0, 1000), 1000);
    int64_t due_us = pace_due_us(&p, INT64_MAX, 1000);
    assert_true(due_us > INT64_MAX / 2);
}

static void what_is_no_pace(void **state)
{
    (void)state;
    static const char *const texts[] = {"",    "x",   "0x",       "-1x", "1",  "1.5x",
                                        "1xx", "1 x", "1000001x", "Max", "+1x"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct pace p;
        struct err e = {0};
        if (pace_parse(texts[i], &p, &e) == 0)
            fail_msg("\"%s\" is taken for a pace", texts[i]);
        assert_int_equal(e.code, ERR_CONF);
        assert_non_null(strstr(e.text, "speed"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_fast_as_it_can),
        cmocka_unit_test(so_many_times_as_fast),
        cmocka_unit_test(older_than_the_first_is_due_at_once),
        cmocka_unit_test(no_time_is_too_far),
        cmocka_unit_test(what_is_no_pace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
