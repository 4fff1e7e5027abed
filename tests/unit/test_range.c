/* Where reading begins and ends, and which wishes contradict each other. */
#include "range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NOW_US INT64_C(1700000000000000)
static const struct range_wishes nothing = {false, false, -1, -1, -1, "", ""};
static const struct range_log topic_log = {100, 200, 140, 160};

static struct range make(const struct range_wishes *w)
{
    struct range r;
    struct err e = {0};
    if (range_init(&r, w, NOW_US, &e) != 0)
        fail_msg("%s", e.text);
    return r;
}

static const struct {
    const char *name;
    struct range_wishes wishes;
    int64_t start;
    int64_t end;
} plans[] = {
    {"nothing", {false, false, -1, -1, -1, "", ""}, RANGE_START_LATEST, RANGE_FOR_EVER},
    {"to the end", {false, true, -1, -1, -1, "", ""}, RANGE_START_LATEST, 200},
    {"all", {true, true, -1, -1, -1, "", ""}, RANGE_START_EARLIEST, 200},
    {"all, and on", {true, false, -1, -1, -1, "", ""}, RANGE_START_EARLIEST, RANGE_FOR_EVER},
    {"an offset", {false, false, 0, 150, -1, "", ""}, 150, RANGE_FOR_EVER},
    {"first offset", {false, false, 0, 100, -1, "", ""}, 100, RANGE_FOR_EVER},
    {"behind the last", {false, true, 0, 200, -1, "", ""}, 200, 200},
    {"one offset", {false, false, 0, 150, 150, "", ""}, 150, 151},
    {"an end to come", {false, false, 0, 150, 300, "", ""}, 150, 301},
    {"an end to come, unless", {false, true, 0, 150, 300, "", ""}, 150, 200},
    {"a time", {false, false, -1, -1, -1, "1600000000", ""}, 140, RANGE_FOR_EVER},
    {"two times", {false, false, -1, -1, -1, "1600000000", "1600000001"}, 140, 160},
    {"up to a time", {true, false, -1, -1, -1, "", "1600000001"}, RANGE_START_EARLIEST, 160},
    {"up to now", {true, false, -1, -1, -1, "", "1700000000"}, RANGE_START_EARLIEST, 160},
    {"offset to time", {false, false, 2, 120, -1, "", "1600000001"}, 120, 160},
    {"time to offset", {false, false, 2, -1, 170, "1600000000", ""}, 140, 171},
};

static void planned(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        struct range r = make(&plans[i].wishes);
        struct err e = {0};
        int64_t start = -9;
        int64_t end = -9;
        assert_int_equal(range_plan(&r, &topic_log, &start, &end, &e), 0);
        if (start != plans[i].start || end != plans[i].end)
            fail_msg("%s: %lld to %lld", plans[i].name, (long long)start, (long long)end);
    }
}

static void no_such_offset(void **state)
{
    (void)state;
    static const int64_t wrong[] = {0, 99, 201, 1000};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct range_wishes w = nothing;
        struct err e = {0};
        int64_t start;
        int64_t end;
        w.partition = 0;
        w.from_offset = wrong[i];
        struct range r = make(&w);
        assert_int_equal(range_plan(&r, &topic_log, &start, &end, &e), -1);
        assert_int_equal(e.code, ERR_STATE);
        assert_non_null(strstr(e.text, "offsets 100 to 199, no "));
    }
}

static const struct {
    struct range_wishes wishes;
    const char *said;
} mistakes[] = {
    {{false, false, -1, 5, -1, "", ""}, "need one partition"},
    {{false, false, -1, -1, 5, "", ""}, "need one partition"},
    {{false, false, 0, 6, 5, "", ""}, "--to-offset 5 lies before --from-offset 6"},
    {{true, false, 0, 6, -1, "", ""}, "not several"},
    {{true, false, -1, -1, -1, "1600000000", ""}, "not several"},
    {{false, false, 0, 6, -1, "1600000000", ""}, "not several"},
    {{false, false, 0, 6, 7, "", "1600000000"}, "not both"},
    {{false, false, -1, -1, -1, "", "1600000000"}, "needs a beginning"},
    {{false, false, -1, -1, -1, "1600000000", "1600000000"}, "behind --from-time"},
    {{true, false, -1, -1, -1, "", "1700000001"}, "has not come yet"},
    {{false, false, -1, -1, -1, "yesterday", ""}, "--from-time: not a time: \"yesterday\""},
    {{true, false, -1, -1, -1, "", "2023-02-30T00:00:00Z"}, "--to-time: not a time"},
};

static void contradictions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct range r;
        struct err e = {0};
        assert_int_equal(range_init(&r, &mistakes[i].wishes, NOW_US, &e), -1);
        assert_int_equal(e.code, ERR_CONF);
        if (!strstr(e.text, mistakes[i].said))
            fail_msg("%s", e.text);
    }
}

static void held(void **state)
{
    (void)state;
    struct range r = make(&nothing);
    assert_true(range_holds(&r, 0));
    r = make(&(struct range_wishes){false, false, -1, -1, -1, "1000", "2000"});
    assert_false(range_holds(&r, 999999999));
    assert_true(range_holds(&r, 1000000000));
    assert_true(range_holds(&r, 1999999999));
    assert_false(range_holds(&r, 2000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planned),
        cmocka_unit_test(no_such_offset),
        cmocka_unit_test(contradictions),
        cmocka_unit_test(held),
    };
    return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
