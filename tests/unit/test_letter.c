/* Dead letters: which are wanted, and how they are told; their headers may be any bytes. */
#include "letter.h"
#include "reinjected.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define TEXT(t) ((struct slice){(t), sizeof(t) - 1})

static const struct letter refused = {.partition = 2,
                                      .offset = 1044,
                                      .time_us = 1700000000123000,
                                      .stage = TEXT("cw-candles"),
                                      .reason = TEXT("trade: Too late"),
                                      .topic = TEXT("p.trades"),
                                      .origin_partition = TEXT("3"),
                                      .origin_offset = TEXT("81455"),
                                      .key = TEXT("BTC"),
                                      .has_key = true,
                                      .value_bytes = 77};
static const struct letter frame = {.stage = TEXT("producer"),
                                    .exchange = TEXT("binance"),
                                    .whole_bytes = TEXT("999000"),
                                    .value_bytes = -1};

static const struct {
    struct letter_wishes wishes;
    bool wanted;
} wishes[] = {
    {{"", "", "", "p.", "", INT64_MIN}, true},
    {{"cw-candles", "", "", "p.", "", INT64_MIN}, true},
    {{"cw-candle", "", "", "p.", "", INT64_MIN}, false},
    {{"", "", "trades", "p.", "", INT64_MIN}, true},
    {{"", "", "p.trades", "p.", "", INT64_MIN}, true},
    {{"", "", "p.trades", "", "", INT64_MIN}, true},
    {{"", "", "trades", "", "", INT64_MIN}, false},
    {{"", "", "trades", "q.", "", INT64_MIN}, false},
    {{"", "", "rades", "p.", "", INT64_MIN}, false},
    {{"", "", "", "p.", "too LATE", INT64_MIN}, true},
    {{"", "", "", "p.", "trade: Too late", INT64_MIN}, true},
    {{"", "", "", "p.", "trade: Too late!", INT64_MIN}, false},
    {{"", "", "", "p.", "early", INT64_MIN}, false},
    {{"", "", "", "p.", "", 1700000000123000}, true},
    {{"", "", "", "p.", "", 1700000000123001}, false},
    {{"cw-candles", "", "trades", "p.", "late", 1600000000000000}, true},
    {{"", "okx", "", "p.", "", INT64_MIN}, false},
    {{"producer", "", "trades", "p.", "late", 1600000000000000}, false},
};

static void wanted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
        if (letter_wanted(&wishes[i].wishes, &refused) != wishes[i].wanted)
            fail_msg("wishes %zu", i);
    assert_false(letter_wanted(&(struct letter_wishes){"", "", "", "", "x", INT64_MIN}, &frame));
    assert_true(
        letter_wanted(&(struct letter_wishes){"", "binance", "", "", "", INT64_MIN}, &frame));
}

static void as_json(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT(1 << 16);
    struct letter odd = refused;
    odd.origin_partition = TEXT("012");
    odd.origin_offset = TEXT("1e5\"");
    odd.reason = TEXT("\xff");
    assert_int_equal(letter_json(&refused, &b), 0);
    assert_int_equal(letter_json(&frame, &b), 0);
    assert_int_equal(letter_json(&odd, &b), 0);
    assert_string_equal(
        b.data,
        "{\"partition\":2,\"offset\":1044,\"time\":\"2023-11-14T22:13:20.123000Z\","
        "\"stage\":\"cw-candles\",\"reason\":\"trade: Too late\",\"exchange\":null,"
        "\"topic\":\"p.trades\",\"topic_partition\":3,\"topic_offset\":81455,\"key\":\"BTC\","
        "\"bytes\":77,\"whole_bytes\":null}\n"
        "{\"partition\":0,\"offset\":0,\"time\":\"1970-01-01T00:00:00.000000Z\","
        "\"stage\":\"producer\",\"reason\":null,\"exchange\":\"binance\",\"topic\":null,"
        "\"topic_partition\":null,\"topic_offset\":null,\"key\":null,\"bytes\":null,"
        "\"whole_bytes\":999000}\n"
        "{\"partition\":2,\"offset\":1044,\"time\":\"2023-11-14T22:13:20.123000Z\","
        "\"stage\":\"cw-candles\",\"reason\":\"\xef\xbf\xbd\",\"exchange\":null,"
        "\"topic\":\"p.trades\",\"topic_partition\":\"012\",\"topic_offset\":\"1e5\\\"\","
        "\"key\":\"BTC\",\"bytes\":77,\"whole_bytes\":null}\n");
    strbuf_finish(&b);
}

static void origins(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT(1 << 16);
    assert_int_equal(letter_origin(&refused, &b), 0);
    assert_string_equal(b.data, "p.trades/3/81455");
    strbuf_reset(&b);
    assert_int_equal(letter_origin(&frame, &b), 0);
    assert_string_equal(b.data, "binance");
    strbuf_reset(&b);
    assert_int_equal(letter_origin(&(struct letter){.partition = 0}, &b), 0);
    assert_string_equal(b.data, "-");
    strbuf_finish(&b);
}

/* Nothing that reaches a terminal may steer it. */
static void plain(void **state)
{
    (void)state;
    static const struct {
        struct slice text;
        const char *shown;
    } cases[] = {
        {TEXT("a b"), "a b"},
        {TEXT("\x1b[2Jx"), "\xef\xbf\xbd[2Jx"},
        {TEXT("a\nb\0c\x7f"), "a\xef\xbf\xbd"
                              "b\xef\xbf\xbd"
                              "c\xef\xbf\xbd"},
        {TEXT("\xe2\x82\xac"), "\xe2\x82\xac"},
        {TEXT("x\xc2\x9b"
              "31m"),
         "x\xef\xbf\xbd"
         "31m"},
        {TEXT("\xc2\xa0"), "\xc2\xa0"},
        {TEXT("\x9b"), "\xef\xbf\xbd"},
        {TEXT("\xc2"), "\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct strbuf b = STRBUF_INIT(1 << 16);
        assert_int_equal(letter_add_plain(&b, cases[i].text), 0);
        assert_string_equal(b.data, cases[i].shown);
        strbuf_finish(&b);
    }
}

static void hexdump(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT(1 << 16);
    assert_int_equal(letter_hexdump(&b, TEXT("0123456789abcdef\xc3\x01|\n")), 0);
    assert_string_equal(
        b.data, "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n"
                "00000010  c3 01 7c 0a                                       |..|.|\n");
    strbuf_reset(&b);
    assert_int_equal(letter_hexdump(&b, TEXT("")), 0);
    assert_int_equal(b.len, 0);
    strbuf_finish(&b);
}

/* --- which may come back --------------------------------------------------------------------- */

static void who_takes_what_comes_back(void **state)
{
    (void)state;
    struct letter l = frame;
    l.whole_bytes = (struct slice){NULL, 0};
    assert_string_equal(reinjected_why_not(&l), "it has no value");
    l.value_bytes = 5;
    assert_null(reinjected_why_not(&l));
    l.whole_bytes = frame.whole_bytes;
    assert_non_null(strstr(reinjected_why_not(&l), "is cut"));
    l = refused;
    assert_non_null(strstr(reinjected_why_not(&l), "a replay (--into)"));
    l.stage = (struct slice)TEXT("decode");
    assert_null(reinjected_why_not(&l));
    l.stage = (struct slice)TEXT("store");
    assert_null(reinjected_why_not(&l));
    l.origin_offset = (struct slice){NULL, 0};
    assert_non_null(reinjected_why_not(&l));
    l.stage = (struct slice)TEXT("mirror");
    assert_non_null(reinjected_why_not(&l));
    l.stage = (struct slice){NULL, 0};
    assert_string_equal(reinjected_why_not(&l), "nobody takes letters of its stage");
}

static void those_that_came_back(void **state)
{
    (void)state;
    struct reinjected r = {0};
    struct err e = {0};
    assert_false(reinjected_has(&r, 0, 0));
    for (int64_t i = 0; i < 1000; i++)
        assert_int_equal(reinjected_add(&r, (int32_t)(i * 7 % 4), i * 7 % 1000, &e), 0);
    for (int64_t i = 0; i < 1000; i++) {
        assert_true(reinjected_has(&r, (int32_t)(i * 7 % 4), i * 7 % 1000));
        assert_false(reinjected_has(&r, (int32_t)((i * 7 + 1) % 4), i * 7 % 1000));
    }
    assert_int_equal(reinjected_add(&r, 9, INT64_MAX - 1, &e), 0);
    assert_true(reinjected_has(&r, 9, INT64_MAX - 1));
    reinjected_finish(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_takes_what_comes_back),
        cmocka_unit_test(those_that_came_back),
        cmocka_unit_test(wanted),
        cmocka_unit_test(as_json),
        cmocka_unit_test(origins),
        cmocka_unit_test(plain),
        cmocka_unit_test(hexdump),
    };
    return cmocka_run_group_tests_name("letter", tests, NULL, NULL);
}
