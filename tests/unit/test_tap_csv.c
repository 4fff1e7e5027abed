/* CSV: columns from the schema, null and empty apart, and what needs quotes. */
#include "tap_csv.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct tap_place place = {3, 77, 1700000000123000, {"a,b", 3}, true};

static struct decimal number(const char *text)
{
    struct decimal d;
    assert_int_equal(decimal_parse(slice_of(text), &d, NULL), 0);
    return d;
}

static void columns(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT(1 << 16);
    assert_int_equal(tap_csv_header(RECORD_TICK, false, &b), 0);
    assert_int_equal(tap_csv_header(RECORD_TICK, true, &b), 0);
    assert_string_equal(b.data, "exchange,receive_time,alive,epoch\n"
                                "kafka_partition,kafka_offset,kafka_timestamp,kafka_key,"
                                "exchange,receive_time,alive,epoch\n");
    strbuf_finish(&b);
}

static void a_row(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT(1 << 16);
    struct record r = {.type = RECORD_RATE,
                       .rate = {.exchange = slice_of("kraken"),
                                .symbol = slice_of("USDT-USD"),
                                .bid = number("0.99980000"),
                                .ask = number("1"),
                                .receive_time_us = 1700000000000001,
                                .epoch = -5}};
    assert_int_equal(tap_csv_row(&r, &place, &b), 0);
    assert_string_equal(b.data, "3,77,2023-11-14T22:13:20.123000Z,\"a,b\",kraken,USDT-USD,0.9998,1,"
                                ",2023-11-14T22:13:20.000001Z,-5\n");
    strbuf_finish(&b);
}

static void a_tombstone(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT(1 << 16);
    struct tap_place bare = place;
    bare.has_key = false;
    assert_int_equal(tap_csv_tombstone(RECORD_TICK, &bare, &b), 0);
    assert_string_equal(b.data, "3,77,2023-11-14T22:13:20.123000Z,,,,,\n");
    strbuf_finish(&b);
}

static const struct {
    const char *text;
    const char *cell;
} texts[] = {
    {"plain", "plain"},
    {"", "\"\""},
    {"a,b", "\"a,b\""},
    {"\"", "\"\"\"\""},
    {"say \"no\" twice", "\"say \"\"no\"\" twice\""},
    {"two\nlines", "\"two\nlines\""},
    {"\r", "\"\r\""},
    {" blank", "\" blank\""},
    {"blank ", "\"blank \""},
    {"in the middle", "in the middle"},
    {"\xff", "\xef\xbf\xbd"},
    {"\xe2\x82\xac,\xe2\x82", "\"\xe2\x82\xac,\xef\xbf\xbd\xef\xbf\xbd\""},
};

static void cells_of_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct strbuf b = STRBUF_INIT(1 << 16);
        struct strbuf expected = STRBUF_INIT(1 << 16);
        struct record r = {.type = RECORD_TICK,
                           .tick = {.exchange = slice_of(texts[i].text), .alive = true}};
        assert_int_equal(
            strbuf_addf(&expected, "%s,1970-01-01T00:00:00.000000Z,true,0\n", texts[i].cell), 0);
        assert_int_equal(tap_csv_row(&r, NULL, &b), 0);
        assert_string_equal(b.data, expected.data);
        strbuf_finish(&b);
        strbuf_finish(&expected);
    }
}

static void arrays_and_words(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT(1 << 16);
    struct record r = {.type = RECORD_OPPORTUNITY,
                       .opportunity = {.id = slice_of("x"),
                                       .kind = 1,
                                       .legs = {{.exchange = slice_of("okx"),
                                                 .symbol = slice_of("A-B"),
                                                 .price = number("2.50"),
                                                 .amount = number("3")}},
                                       .n_legs = 1}};
    assert_int_equal(tap_csv_row(&r, NULL, &b), 0);
    assert_non_null(strstr(b.data,
                           "x,cross,unknown,\"[{\"\"exchange\"\":\"\"okx\"\",\"\"symbol\"\":"
                           "\"\"A-B\"\",\"\"side\"\":\"\"unknown\"\",\"\"price\"\":"
                           "\"\"2.5\"\",\"\"amount\"\":\"\"3\"\","));
    strbuf_finish(&b);
}

static void no_room(void **state)
{
    (void)state;
    struct record r = {.type = RECORD_TICK, .tick = {.exchange = slice_of("a,b\"c")}};
    struct strbuf whole = STRBUF_INIT(1 << 16);
    assert_int_equal(tap_csv_row(&r, &place, &whole), 0);
    for (size_t limit = 0; limit < whole.len; limit++) {
        struct strbuf b = STRBUF_INIT(limit);
        assert_int_equal(tap_csv_row(&r, &place, &b), -1);
        strbuf_finish(&b);
    }
    strbuf_finish(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns),          cmocka_unit_test(a_row),
        cmocka_unit_test(a_tombstone),      cmocka_unit_test(cells_of_text),
        cmocka_unit_test(arrays_and_words), cmocka_unit_test(no_room),
    };
    return cmocka_run_group_tests_name("tap_csv", tests, NULL, NULL);
}
