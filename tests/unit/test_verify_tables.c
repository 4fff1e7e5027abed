/* Rows as records make them, and the SQL that asks for them. */
#include "fields.h"
#include "tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct record a_candle(void)
{
    struct record r = {.type = RECORD_CANDLE};
    r.candle.exchange = slice_of("okx");
    r.candle.symbol = slice_of("BTC-USDT");
    r.candle.interval = slice_of("1m");
    r.candle.open_time_us = INT64_C(1767355440000000);
    r.candle.has_open = true;
    r.candle.open = (struct decimal){(__int128)1500000000000000000};
    r.candle.trades = 7;
    r.candle.revision = 2;
    r.candle.status = CANDLE_STATUS_FINAL;
    return r;
}

static void each_topic_has_its_tables(void **state)
{
    (void)state;
    static const struct {
        const char *topic;
        const char *tables;
        const char *interval;
    } cases[] = {
        {"trades", "trade feed_event ", ""},
        {"candles.1s", "candle candle_revision ", "1s"},
        {"candles.1d", "candle candle_revision ", "1d"},
        {"arbitrage", "opportunity_event opportunity watching ", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tables_of of;
        struct err e;
        char names[80] = "";
        assert_int_equal(tables_find(cases[i].topic, &of, &e), 0);
        for (size_t k = 0; k < of.n; k++)
            (void)snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s ",
                           of.tables[k]->name);
        assert_string_equal(names, cases[i].tables);
        assert_true(slice_is(of.interval, cases[i].interval));
    }
}

static void other_topics_have_none(void **state)
{
    (void)state;
    static const char *const topics[] = {"quotes", "instruments", "candles.1m.replay", "candles",
                                         ""};
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        struct tables_of of;
        struct err e = {0};
        assert_int_equal(tables_find(topics[i], &of, &e), -1);
        assert_int_equal(e.code, ERR_CONF);
    }
}

/* Takes field after field off and says them with '|' between, a null as "~". */
static void say(struct slice packed, char *ret, size_t size)
{
    struct slice text;
    bool null;
    *ret = '\0';
    while (fields_unpack(&packed, &text, &null))
        (void)snprintf(ret + strlen(ret), size - strlen(ret), "%.*s|", null ? 1 : (int)text.len,
                       null       ? "~"
                       : text.len ? text.data
                                  : "");
}

static void a_row_is_its_record_as_text(void **state)
{
    (void)state;
    const struct record r = a_candle();
    struct strbuf packed = STRBUF_INIT(4096);
    struct err e;
    char text[400];
    assert_int_equal(tables_pack(&r, &packed, &e), 0);
    say(strbuf_slice(&packed), text, sizeof(text));
    assert_string_equal(text,
                        "okx|BTC-USDT|1m|2026-01-02T12:04:00.000000Z|1970-01-01T00:00:00.000000Z|"
                        "1.5|~|~|~|0|0|0|7|~|~|~|final|unknown|~|2|~|unknown|~|~|~|");
    strbuf_finish(&packed);
}

static void keys_are_parts_of_the_row(void **state)
{
    (void)state;
    const struct record r = a_candle();
    struct strbuf packed = STRBUF_INIT(4096);
    struct strbuf key = STRBUF_INIT(4096);
    struct tables_of of;
    struct err e;
    char text[400];
    assert_int_equal(tables_find("candles.1m", &of, &e), 0);
    assert_int_equal(tables_pack(&r, &packed, &e), 0);
    assert_int_equal(tables_key(of.tables[0], strbuf_slice(&packed), &key, &e), 0);
    say(strbuf_slice(&key), text, sizeof(text));
    assert_string_equal(text, "okx|BTC-USDT|1m|2026-01-02T12:04:00.000000Z|");
    strbuf_reset(&key);
    assert_int_equal(tables_key(of.tables[1], strbuf_slice(&packed), &key, &e), 0);
    say(strbuf_slice(&key), text, sizeof(text));
    assert_string_equal(text, "okx|BTC-USDT|1m|2026-01-02T12:04:00.000000Z|2|");
    assert_int_equal(tables_rank(of.tables[0], &r), 2);
    assert_int_equal(tables_rank(of.tables[1], &r), 0);
    strbuf_finish(&packed);
    strbuf_finish(&key);
}

static void some_records_make_no_row(void **state)
{
    (void)state;
    struct record r = a_candle();
    struct tables_of of;
    struct err e;
    assert_int_equal(tables_find("candles.1m", &of, &e), 0);
    assert_true(tables_makes_row(of.tables[1], &r));
    r.candle.revision = 0;
    assert_true(tables_makes_row(of.tables[0], &r));
    assert_false(tables_makes_row(of.tables[1], &r));
    r.type = RECORD_TICK;
    assert_false(tables_makes_row(of.tables[0], &r));
    assert_int_equal(tables_find("arbitrage", &of, &e), 0);
    r = (struct record){.type = RECORD_OPPORTUNITY};
    r.opportunity.state = OPPORTUNITY_STATE_WATCHING;
    assert_false(tables_makes_row(of.tables[0], &r));
    assert_false(tables_makes_row(of.tables[1], &r));
    assert_true(tables_makes_row(of.tables[2], &r));
}

static void only_what_is_kept_by_day_has_one(void **state)
{
    (void)state;
    const struct record r = a_candle();
    struct tables_of of;
    struct err e;
    assert_int_equal(tables_find("candles.1m", &of, &e), 0);
    assert_true(tables_day_us(of.tables[0], &r) == INT64_MAX);
    assert_int_equal(tables_find("candles.1s", &of, &e), 0);
    assert_true(tables_day_us(of.tables[0], &r) == r.candle.open_time_us);
}

static void columns_are_asked_for_by_their_names(void **state)
{
    (void)state;
    struct strbuf sql = STRBUF_INIT(8192);
    struct tables_of of;
    struct err e;
    assert_int_equal(tables_find("candles.1m", &of, &e), 0);
    assert_int_equal(tables_select(of.tables[1], of.interval, &sql, &e), 0);
    assert_non_null(strstr(sql.data, "SELECT partition, \"offset\", record_time < now()"));
    assert_non_null(strstr(sql.data, ", trim_scale(\"volume\")::text"));
    assert_non_null(strstr(sql.data, "\"trades_partition\"::text, \"trades_first_offset\"::text"));
    assert_non_null(strstr(sql.data, "to_char(\"open_time\" AT TIME ZONE 'UTC'"));
    assert_non_null(strstr(sql.data, " FROM candle_revision WHERE interval = '1m'"));
    strbuf_reset(&sql);
    assert_int_equal(tables_find("arbitrage", &of, &e), 0);
    assert_int_equal(tables_select(of.tables[0], of.interval, &sql, &e), 0);
    assert_non_null(strstr(sql.data, "\"quotes_partition\"::text, \"quotes_offset\"::text"));
    assert_non_null(strstr(sql.data, " FROM opportunity_event"));
    assert_null(strstr(sql.data, "WHERE"));
    strbuf_finish(&sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_topic_has_its_tables),
        cmocka_unit_test(other_topics_have_none),
        cmocka_unit_test(a_row_is_its_record_as_text),
        cmocka_unit_test(keys_are_parts_of_the_row),
        cmocka_unit_test(some_records_make_no_row),
        cmocka_unit_test(only_what_is_kept_by_day_has_one),
        cmocka_unit_test(columns_are_asked_for_by_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
