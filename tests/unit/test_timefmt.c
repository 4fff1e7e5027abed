/* Times to text and back. */
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define FIRST_US (INT64_C(-62167219200) * US_PER_S) /* year 0 */

static const struct {
    int64_t time_us;
    const char *text;
} formats[] = {
    {0, "1970-01-01T00:00:00.000000Z"},
    {1, "1970-01-01T00:00:00.000001Z"},
    {-1, "1969-12-31T23:59:59.999999Z"},
    {INT64_C(1700000000123456), "2023-11-14T22:13:20.123456Z"},
    {INT64_C(1709164800000000), "2024-02-29T00:00:00.000000Z"},
    {INT64_C(-11676096000000000), "1600-01-01T00:00:00.000000Z"},
    {FIRST_US, "0000-01-01T00:00:00.000000Z"},
    {TIME_END_US - 1, "9999-12-31T23:59:59.999999Z"},
    /* outside: the nearest end */
    {FIRST_US - 1, "0000-01-01T00:00:00.000000Z"},
    {INT64_MIN, "0000-01-01T00:00:00.000000Z"},
    {TIME_END_US, "9999-12-31T23:59:59.999999Z"},
    {INT64_MAX, "9999-12-31T23:59:59.999999Z"},
};

static void format(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(formats); i++) {
        char text[TIME_TEXT];
        size_t len = time_format(formats[i].time_us, text);
        assert_string_equal(text, formats[i].text);
        assert_int_equal(len, strlen(text));
    }
}

static const struct {
    const char *text;
    int64_t time_us;
} parses[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2023-11-14T22:13:20.123456Z", INT64_C(1700000000123456)},
    {"2023-11-14t22:13:20.123456z", INT64_C(1700000000123456)},
    {"2023-11-14 22:13:20.123456Z", INT64_C(1700000000123456)},
    {"2023-11-14T22:13:20.1Z", INT64_C(1700000000100000)},
    {"2023-11-14T22:13:20.123456999Z", INT64_C(1700000000123456)},
    {"2023-11-15T00:13:20+02:00", INT64_C(1700000000000000)},
    {"2023-11-14T16:43:20-05:30", INT64_C(1700000000000000)},
    {"2023-11-14T22:13:20-00:00", INT64_C(1700000000000000)},
    {"2024-02-29T23:59:59Z", INT64_C(1709251199000000)},
    {"2000-02-29T00:00:00Z", INT64_C(951782400000000)},
    {"1969-12-31T23:59:59.999999Z", -1},
    {"0000-01-01T00:00:00Z", FIRST_US},
    {"0000-01-01T01:00:00+01:00", FIRST_US},
    {"9999-12-31T23:59:59.999999Z", TIME_END_US - 1},
    {"0", 0},
    {"1700000000", INT64_C(1700000000000000)},
    {"1700000000.5", INT64_C(1700000000500000)},
    {"1700000000.1234569", INT64_C(1700000000123456)},
    {"17e8", INT64_C(1700000000000000)},
    {"-1", -US_PER_S},
    {"-62167219200", FIRST_US},
    {"253402300799.999999", TIME_END_US - 1},
};

static void parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(parses); i++) {
        struct err e = {0};
        int64_t us = 0;
        if (time_parse(slice_of(parses[i].text), &us, &e) != 0)
            fail_msg("%s", e.text);
        if (us != parses[i].time_us)
            fail_msg("%s: %lld us", parses[i].text, (long long)us);
    }
}

static const struct slice refused[] = {
#define TEXT(text_)                                                                                \
    {                                                                                              \
        text_, sizeof(text_) - 1                                                                   \
    }
    TEXT(""),
    TEXT("now"),
    TEXT("2023-11-14"),
    TEXT("2023-11-14T22:13Z"),
    TEXT("2023-11-14T22:13:20"),
    TEXT("2023-11-14T22:13:20.Z"),
    TEXT("2023-11-14T22:13:20.1234567890Z"),
    TEXT("2023-11-14T22:13:20Z "),
    TEXT(" 2023-11-14T22:13:20Z"),
    TEXT("2023-11-14T22:13:20ZZ"),
    TEXT("2023-11-14T22:13:20+0100"),
    TEXT("2023-11-14T22:13:20+24:00"),
    TEXT("2023-11-14T22:13:20+01:60"),
    TEXT("2023-00-14T22:13:20Z"),
    TEXT("2023-13-14T22:13:20Z"),
    TEXT("2023-11-00T22:13:20Z"),
    TEXT("2023-11-31T22:13:20Z"),
    TEXT("2023-02-29T22:13:20Z"),
    TEXT("1900-02-29T22:13:20Z"),
    TEXT("2023-11-14T24:00:00Z"),
    TEXT("2023-11-14T22:60:00Z"),
    TEXT("2023-11-14T22:13:60Z"),
    TEXT("23-11-14T22:13:20Z"),
    TEXT("-023-11-14T22:13:20Z"),
    TEXT("12023-11-14T22:13:20Z"),
    /* a NUL is no separator and no zone */
    TEXT("2023-11-14T22:13:20\0"),
    TEXT("2023\0"
         "11-14T22:13:20Z"),
    TEXT("2023-11-14\0"
         "22:13:20Z"),
    /* outside the years 0000 to 9999 */
    TEXT("0000-01-01T00:59:59.999999+01:00"),
    TEXT("9999-12-31T23:00:00-01:00"),
    TEXT("253402300800"),
    TEXT("-62167219200.000001"),
    TEXT("99999999999999999999"),
    TEXT("1.7e99"),
#undef TEXT
};

static void refuse(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(refused); i++) {
        struct err e = {0};
        int64_t us = 4242;
        if (time_parse(refused[i], &us, &e) != -1 || us != 4242)
            fail_msg("\"%s\" became %lld", refused[i].data, (long long)us);
        assert_int_equal(e.code, ERR_ARG);
    }
}

/* Every day's first and last instant of a whole cycle of the calendar, and others. */
static void round_trip(void **state)
{
    (void)state;
    const int64_t start_us = INT64_C(-11676096000) * US_PER_S; /* 1600 */
    for (int64_t day = 0; day <= INT64_C(400) * 365 + 97; day++) {
        const int64_t at_us[] = {start_us + day * US_PER_DAY, start_us + day * US_PER_DAY - 1,
                                 start_us + day * INT64_C(86400123457)};
        for (size_t i = 0; i < N(at_us); i++) {
            char text[TIME_TEXT];
            int64_t back_us = 0;
            size_t len = time_format(at_us[i], text);
            if (time_parse(slice_make(text, len), &back_us, NULL) != 0 || back_us != at_us[i])
                fail_msg("%s is not %lld us", text, (long long)at_us[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(format),
        cmocka_unit_test(parse),
        cmocka_unit_test(refuse),
        cmocka_unit_test(round_trip),
    };
    return cmocka_run_group_tests_name("timefmt", tests, NULL, NULL);
}
