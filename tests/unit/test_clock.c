/* The market's clock: START@REAL[,SPEED]. */
#include "clock.h"

#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *text;
    int64_t real_us;
    int64_t market_us;
} cases[] = {
    {"", 1234567, 1234567},
    {"0@0", 1234567, 1234567},
    {"1000@2000", 2000 * US_PER_S, 1000 * US_PER_S},
    {"1000@2000", 2001 * US_PER_S, 1001 * US_PER_S},
    {"1000@2000", 1999 * US_PER_S, 999 * US_PER_S}, /* before the start it ran, too */
    {"1000@2000,60", 2001 * US_PER_S, 1060 * US_PER_S},
    {"1000@2000,60", 1999 * US_PER_S, 940 * US_PER_S},
    {"2026-01-04T23:59:00Z@2000.5,1", INT64_C(2000500001), INT64_C(1767571140000001)},
    {"0@0,100000", 3, 300000},
    /* the calendar's ends, where a fast clock would run past them */
    {"0@0,100000", INT64_C(1900000000) * US_PER_S, TIME_END_US - 1},
    {"0@9999-12-31T23:59:59Z,100000", 0, 0},
    {"9999-12-31T23:59:59Z@0,1", 2 * US_PER_S, TIME_END_US - 1},
};

static void market_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        struct err e = {0};
        struct market_clock mc;
        if (market_clock_parse(cases[i].text, &mc, &e) != 0)
            fail_msg("%s", e.text);
        int64_t us = market_clock_at_us(&mc, cases[i].real_us);
        if (us != cases[i].market_us)
            fail_msg("\"%s\" at %lld: %lld us", cases[i].text, (long long)cases[i].real_us,
                     (long long)us);
    }
}

static void refuses_other_text(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "1000",
        "@",
        "1000@",
        "@2000",
        "1000@2000,",
        "1000@2000,0",
        "1000@2000,-1",
        "1000@2000,1.5",
        "1000@2000,2x",
        "1000@2000,100001",
        "1000@2000,99999999999999999999",
        "yesterday@2000",
        "1000@2000@3000",
    };
    for (size_t i = 0; i < N(texts); i++) {
        struct err e = {0};
        struct market_clock mc = {1, 2, 3};
        if (market_clock_parse(texts[i], &mc, &e) != -1)
            fail_msg("\"%s\" was taken", texts[i]);
        assert_int_equal(e.code, ERR_CONF);
        assert_non_null(strstr(e.text, texts[i]));
        assert_int_equal(mc.speed, 3);
    }
}

static void machine_clocks(void **state)
{
    (void)state;
    const struct market_clock real = MARKET_CLOCK_REAL;
    int64_t before_us = clock_real_us();
    int64_t market_us = market_clock_now_us(&real);
    int64_t after_us = clock_real_us();
    assert_true(before_us <= market_us && market_us <= after_us);
    assert_true(before_us > INT64_C(1700000000) * US_PER_S);
    int64_t last_us = clock_mono_us();
    for (int i = 0; i < 1000; i++) {
        int64_t now_us = clock_mono_us();
        assert_true(now_us >= last_us);
        last_us = now_us;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(market_time),
        cmocka_unit_test(refuses_other_text),
        cmocka_unit_test(machine_clocks),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
