/* Which input offsets are compared. */
#include "inputs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void nothing_said_is_everything(void **state)
{
    (void)state;
    struct inputs in;
    struct err e;
    assert_int_equal(inputs_parse("", &in, &e), 0);
    const struct inputs_range *range = inputs_of(&in, 7);
    assert_non_null(range);
    assert_int_equal(range->from, 0);
    assert_true(range->to == INT64_MAX);
}

static void ranges_are_of_the_partitions_named(void **state)
{
    (void)state;
    struct inputs in;
    struct err e;
    assert_int_equal(inputs_parse("0:100-200,2:50-,11:7-7", &in, &e), 0);
    assert_int_equal(inputs_of(&in, 0)->from, 100);
    assert_int_equal(inputs_of(&in, 0)->to, 200);
    assert_null(inputs_of(&in, 1));
    assert_int_equal(inputs_of(&in, 2)->from, 50);
    assert_true(inputs_of(&in, 2)->to == INT64_MAX);
    assert_int_equal(inputs_of(&in, 11)->to, 7);
}

static void what_is_no_range_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"x", "\"x\" is not PARTITION:FROM-TO"},
        {"1", "is not"},
        {"1:5", "is not"},
        {":1-2", "is not"},
        {"1:-2", "is not"},
        {"1:a-2", "is not"},
        {"1:1-2x", "is not"},
        {"-1:1-2", "is not"},
        {"1:1--2", "is not"},
        {"2147483648:1-2", "is not"},
        {"0:1-9223372036854775808", "is not"},
        {"0:5-4", "0:5-4 ends before it begins"},
        {"0:1-2,", "nothing stands behind the last comma"},
        {",0:1-2", "\"\" is not"},
        {"0:1-2,,1:1-2", "\"\" is not"},
        {"0:1-2,0:3-4", "partition 0 is there twice"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct inputs in;
        struct err e = {0};
        assert_int_equal(inputs_parse(cases[i].text, &in, &e), -1);
        assert_int_equal(e.code, ERR_CONF);
        if (!strstr(e.text, cases[i].says))
            fail_msg("%s: %s", cases[i].text, e.text);
    }
}

static void more_partitions_than_there_is_room_for_are_refused(void **state)
{
    (void)state;
    static char text[(INPUTS_MAX + 1) * 8];
    struct inputs in;
    struct err e = {0};
    size_t len = 0;
    for (int p = 0; p <= INPUTS_MAX; p++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%d:0-", p ? "," : "", p);
    assert_int_equal(inputs_parse(text, &in, &e), -1);
    assert_non_null(strstr(e.text, "more than"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_said_is_everything),
        cmocka_unit_test(ranges_are_of_the_partitions_named),
        cmocka_unit_test(what_is_no_range_is_refused),
        cmocka_unit_test(more_partitions_than_there_is_room_for_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
