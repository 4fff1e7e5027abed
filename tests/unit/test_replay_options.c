/* What a replay's options may say. */
#include "replay_options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT = 4 };

static void partitions_are_a_list(void **state)
{
    (void)state;
    static const struct {
        const char *text, *marked;
    } rows[] = {{"", "1111"}, {"0", "1000"}, {"0,2", "1010"}, {"3,1,3", "0101"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool marks[COUNT] = {true, true, true, true};
        struct err e = {0};
        assert_int_equal(replay_mark_partitions(rows[i].text, COUNT, marks, &e), 0);
        for (int p = 0; p < COUNT; p++)
            assert_int_equal(marks[p], rows[i].marked[p] == '1');
    }
}

static void what_is_no_list(void **state)
{
    (void)state;
    static const char *const texts[] = {",",   "0,",  ",0", "0,,1", "4",
                                        "-1",  "a",   "1a", "0 ,1", "99999999999999999999",
                                        "0-2", "0;1", " 0"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        bool marks[COUNT];
        struct err e = {0};
        if (replay_mark_partitions(texts[i], COUNT, marks, &e) == 0)
            fail_msg("\"%s\" is taken for a list", texts[i]);
        assert_int_equal(e.code, ERR_CONF);
        assert_non_null(strstr(e.text, "0 to 3"));
    }
}

/* Nothing is said of anything. */
static const struct replay_options silent = {.into = "",
                                             .from_offset = -1,
                                             .to_offset = -1,
                                             .from_time = "",
                                             .to_time = "",
                                             .partitions = "",
                                             .speed = "max"};

static void what_goes_together(void **state)
{
    (void)state;
    struct replay_options all = silent;
    all.into = "fix-2";
    struct replay_options stretch = all;
    stretch.partitions = "2";
    stretch.from_offset = 0;
    stretch.to_offset = 7;
    struct replay_options times = all;
    times.partitions = "1,2";
    times.from_time = "100";
    times.to_time = "200";
    times.speed = "10x";
    times.recreate = times.recompute = true;
    const struct replay_options *const good[] = {&silent, &all, &stretch, &times};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct err e = {0};
        if (replay_options_check(good[i], 1000000000, &e) != 0)
            fail_msg("row %zu: %s", i, e.text);
    }
}

static void a_beginning_and_an_end(void **state)
{
    (void)state;
    struct replay_options o = silent;
    struct range range;
    struct err e = {0};
    o.into = "x";
    o.partitions = "3";
    o.to_offset = 7;
    assert_int_equal(replay_range(&o, 0, &range, &e), 0);
    const struct range_log log = {.low = 5, .high = 100};
    int64_t start;
    int64_t end;
    assert_int_equal(range_plan(&range, &log, &start, &end, &e), 0);
    assert_int_equal(start, RANGE_START_EARLIEST);
    assert_int_equal(end, 8);
    o.from_offset = 6;
    assert_int_equal(replay_range(&o, 0, &range, &e), 0);
    assert_int_equal(range_plan(&range, &log, &start, &end, &e), 0);
    assert_int_equal(start, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partitions_are_a_list),
        cmocka_unit_test(what_is_no_list),
        cmocka_unit_test(what_goes_together),
        cmocka_unit_test(a_beginning_and_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
