/* One golden line per record type: names, order, decimals, times, words, nulls, items. */
#include "record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define E18(whole, e18)                                                                            \
    {                                                                                              \
        (__int128)(whole)*1000000000000000000 + (e18)                                              \
    }
#define TEXT(s)                                                                                    \
    {                                                                                              \
        (s), sizeof(s) - 1                                                                         \
    }
#define T0 INT64_C(1700000000000000)
#define T0_TEXT "\"2023-11-14T22:13:20.000000Z\""

static const struct golden {
    struct record record;
    const char *json;
} goldens[] = {
    {{.type = RECORD_TRADE,
      .trade = {.exchange = TEXT("binance"),
                .symbol = TEXT("BTC-USDT"),
                .trade_id = TEXT("42"),
                .has_sequence = true,
                .sequence = 42,
                .price = E18(64123, 450000000000000000),
                .amount = E18(0, 1),
                .side = SIDE_BUY,
                .exchange_time_us = T0 + 123456,
                .receive_time_us = T0,
                .origin = TRADE_ORIGIN_REPAIR}},
     "{\"exchange\":\"binance\",\"symbol\":\"BTC-USDT\",\"trade_id\":\"42\",\"sequence\":42,"
     "\"price\":\"64123.45\",\"amount\":\"0.000000000000000001\",\"side\":\"buy\","
     "\"exchange_time\":\"2023-11-14T22:13:20.123456Z\",\"receive_time\":" T0_TEXT ","
     "\"origin\":\"repair\"}"},
    {{.type = RECORD_TICK,
      .tick = {.exchange = TEXT("okx"), .receive_time_us = -1, .alive = true, .epoch = INT64_MIN}},
     "{\"exchange\":\"okx\",\"receive_time\":\"1969-12-31T23:59:59.999999Z\",\"alive\":true,"
     "\"epoch\":-9223372036854775808}"},
    {{.type = RECORD_FEED,
      .feed = {.exchange = TEXT("okx"),
               .symbol = TEXT("ETH-USD"),
               .event = FEED_EVENT_GIVEN_UP,
               .has_first_id = true,
               .first_id = 7,
               .has_last_id = true,
               .last_id = 9,
               .has_from_time_us = true,
               .from_time_us = T0,
               .receive_time_us = T0,
               .has_reason = true,
               .reason = TEXT("a \"b\"\n\xff \xc3\xa9")}},
     "{\"exchange\":\"okx\",\"symbol\":\"ETH-USD\",\"event\":\"given_up\",\"first_id\":7,"
     "\"last_id\":9,\"from_time\":" T0_TEXT ",\"to_time\":null,\"receive_time\":" T0_TEXT ","
     "\"reason\":\"a \\\"b\\\"\\n\xef\xbf\xbd \xc3\xa9\"}"},
    {{.type = RECORD_QUOTE,
      .quote = {.exchange = TEXT("okx"),
                .symbol = TEXT("ETH-USD"),
                .state = QUOTE_STATE_VOID,
                .receive_time_us = T0,
                .epoch = 3}},
     "{\"exchange\":\"okx\",\"symbol\":\"ETH-USD\",\"bid\":null,\"bid_amount\":null,"
     "\"ask\":null,\"ask_amount\":null,\"state\":\"void\",\"exchange_time\":null,"
     "\"receive_time\":" T0_TEXT ",\"epoch\":3}"},
    {{.type = RECORD_RATE,
      .rate = {.exchange = TEXT("kraken"),
               .symbol = TEXT("USDT-USD"),
               .bid = E18(1, 0),
               .ask = E18(1, 100000000000000),
               .has_exchange_time_us = true,
               .exchange_time_us = T0,
               .receive_time_us = T0,
               .epoch = 1}},
     "{\"exchange\":\"kraken\",\"symbol\":\"USDT-USD\",\"bid\":\"1\",\"ask\":\"1.0001\","
     "\"exchange_time\":" T0_TEXT ",\"receive_time\":" T0_TEXT ",\"epoch\":1}"},
    {{.type = RECORD_INSTRUMENT,
      .instrument = {.exchange = TEXT("binance"),
                     .symbol = TEXT("BTC-USDT"),
                     .native_symbol = TEXT("BTCUSDT"),
                     .base = TEXT("BTC"),
                     .quote = TEXT("USDT"),
                     .status = INSTRUMENT_STATUS_TRADING,
                     .has_tick_size = true,
                     .tick_size = E18(0, 10000000000000000),
                     .update_time_us = T0}},
     "{\"exchange\":\"binance\",\"symbol\":\"BTC-USDT\",\"native_symbol\":\"BTCUSDT\","
     "\"base\":\"BTC\",\"quote\":\"USDT\",\"status\":\"trading\",\"tick_size\":\"0.01\","
     "\"lot_size\":null,\"update_time\":" T0_TEXT "}"},
    {{.type = RECORD_PROGRESS,
      .progress = {.exchange = TEXT("binance"),
                   .symbol = TEXT("BTC-USDT"),
                   .stream = TEXT("trade"),
                   .first_id = 1,
                   .last_id = 90,
                   .last_time_us = T0,
                   .last_receive_time_us = T0,
                   .n_holes = 2,
                   .holes = {{.first_id = 5,
                              .last_id = 6,
                              .from_time_us = T0,
                              .to_time_us = T0,
                              .open_time_us = T0},
                             {.first_id = 8, .last_id = 8}}}},
     "{\"exchange\":\"binance\",\"symbol\":\"BTC-USDT\",\"stream\":\"trade\",\"first_id\":1,"
     "\"last_id\":90,\"last_time\":" T0_TEXT ",\"last_receive_time\":" T0_TEXT ",\"holes\":["
     "{\"first_id\":5,\"last_id\":6,\"from_time\":" T0_TEXT ",\"to_time\":" T0_TEXT ","
     "\"open_time\":" T0_TEXT "},"
     "{\"first_id\":8,\"last_id\":8,\"from_time\":\"1970-01-01T00:00:00.000000Z\","
     "\"to_time\":\"1970-01-01T00:00:00.000000Z\",\"open_time\":\"1970-01-01T00:00:00.000000Z\"}]"
     ",\"given_up\":[]}"},
    {{.type = RECORD_IMAGE,
      .image = {.processor = TEXT("candles"),
                .version = INT32_MIN,
                .input_topic = TEXT("trades"),
                .input_partition = 1,
                .input_partitions = 4,
                .next_offset = 5,
                .chunk = 0,
                .chunks = 1,
                .state_len = 4,
                .state_crc = -1,
                .config = TEXT("89abcdef01234567"),
                .configuration = TEXT("a=1\n"),
                .data = TEXT("\0\xff\xfe!")}},
     "{\"processor\":\"candles\",\"version\":-2147483648,\"input_topic\":\"trades\","
     "\"input_partition\":1,\"input_partitions\":4,\"next_offset\":5,\"chunk\":0,\"chunks\":1,"
     "\"state_len\":4,\"state_crc\":-1,\"config\":\"89abcdef01234567\",\"configuration\":\"a="
     "1\\n\","
     "\"data\":\"AP/+IQ==\"}"},
    {{.type = RECORD_CANDLE,
      .candle = {.exchange = TEXT("binance"),
                 .symbol = TEXT("BTC-USDT"),
                 .interval = TEXT("1m"),
                 .open_time_us = T0,
                 .close_time_us = T0 + 60000000,
                 .has_open = true,
                 .open = E18(10, 0),
                 .has_high = true,
                 .high = E18(12, 0),
                 .has_low = true,
                 .low = E18(9, 0),
                 .has_close = true,
                 .close = E18(11, 0),
                 .volume = E18(2, 0),
                 .quote_volume = E18(22, 0),
                 .buy_volume = E18(1, 0),
                 .trades = 3,
                 .has_vwap = true,
                 .vwap = E18(11, 0),
                 .has_first_trade_id = true,
                 .first_trade_id = TEXT("7"),
                 .has_last_trade_id = true,
                 .last_trade_id = TEXT("9"),
                 .status = CANDLE_STATUS_FINAL,
                 .coverage = COVERAGE_GAP,
                 .has_missing = true,
                 .missing = 1,
                 .revision = 2,
                 .has_reason = true,
                 .reason = REVISION_REASON_LATE,
                 .origin = CANDLE_ORIGIN_TRADES,
                 .has_partition = true,
                 .partition = 3,
                 .has_first_offset = true,
                 .first_offset = 100,
                 .has_last_offset = true,
                 .last_offset = 109}},
     "{\"exchange\":\"binance\",\"symbol\":\"BTC-USDT\",\"interval\":\"1m\",\"open_time\":" T0_TEXT
     ",\"close_time\":\"2023-11-14T22:14:20.000000Z\",\"open\":\"10\",\"high\":\"12\","
     "\"low\":\"9\",\"close\":\"11\",\"volume\":\"2\",\"quote_volume\":\"22\","
     "\"buy_volume\":\"1\",\"trades\":3,\"vwap\":\"11\",\"first_trade_id\":\"7\","
     "\"last_trade_id\":\"9\",\"status\":\"final\",\"coverage\":\"gap\",\"missing\":1,"
     "\"revision\":2,\"reason\":\"late\",\"origin\":\"trades\",\"partition\":3,"
     "\"first_offset\":100,\"last_offset\":109}"},
    {{.type = RECORD_TICKER,
      .ticker = {.exchange = TEXT("okx"),
                 .symbol = TEXT("ETH-USD"),
                 .as_of_us = T0,
                 .last = E18(2000, 0),
                 .volume = E18(0, 0),
                 .quote_volume = E18(0, 0),
                 .has_change_24h = true,
                 .change_24h = {-(__int128)12500000000000000}}},
     "{\"exchange\":\"okx\",\"symbol\":\"ETH-USD\",\"as_of\":" T0_TEXT ",\"last\":\"2000\","
     "\"open\":null,\"high\":null,\"low\":null,\"volume\":\"0\",\"quote_volume\":\"0\","
     "\"vwap\":null,\"trades\":0,\"change_1h\":null,\"change_24h\":\"-0.0125\","
     "\"change_7d\":null}"},
    {{.type = RECORD_OPPORTUNITY,
      .opportunity = {.id = TEXT("a1"),
                      .kind = OPPORTUNITY_KIND_CROSS,
                      .state = OPPORTUNITY_STATE_OPENED,
                      .n_legs = 1,
                      .legs = {{.exchange = TEXT("okx"),
                                .symbol = TEXT("ETH-USD"),
                                .side = SIDE_SELL,
                                .price = E18(2000, 0),
                                .amount = E18(1, 0),
                                .taker_fee_bps = E18(10, 0),
                                .age_us = 250}},
                      .has_net_bps = true,
                      .net_bps = E18(3, 500000000000000000),
                      .suspect = false,
                      .time_us = T0,
                      .has_partition = true,
                      .partition = 0}},
     "{\"id\":\"a1\",\"kind\":\"cross\",\"state\":\"opened\",\"legs\":[{\"exchange\":\"okx\","
     "\"symbol\":\"ETH-USD\",\"side\":\"sell\",\"price\":\"2000\",\"amount\":\"1\","
     "\"taker_fee_bps\":\"10\",\"age_us\":250}],\"rates\":[],\"size\":null,\"gross_bps\":null,"
     "\"net_bps\":\"3.5\",\"peak_net_bps\":null,\"suspect\":false,\"open_time\":null,"
     "\"time\":" T0_TEXT ",\"duration_us\":null,\"reason\":null,\"partition\":0,"
     "\"offset\":null}"},
};

static void golden_of_every_type(void **state)
{
    (void)state;
    bool seen[RECORD_TYPES] = {false};
    struct strbuf b = STRBUF_INIT(1 << 16);
    struct err e = {0};
    for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++) {
        strbuf_reset(&b);
        assert_int_equal(record_json(&goldens[i].record, &b, &e), 0);
        assert_string_equal(b.data, goldens[i].json);
        seen[goldens[i].record.type] = true;
    }
    for (enum record_type type = 0; type < RECORD_TYPES; type++)
        assert_true(seen[type]);
    strbuf_finish(&b);
}

/* Text of the goldens, cut by the buffer's limit at every length, leaves the buffer as it was. */
static void no_room(void **state)
{
    (void)state;
    struct err e = {0};
    for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++) {
        size_t whole = strlen(goldens[i].json);
        for (size_t limit = 0; limit < whole; limit++) {
            struct strbuf b = STRBUF_INIT(limit + 1);
            assert_int_equal(strbuf_addc(&b, '>'), 0);
            assert_int_equal(record_json(&goldens[i].record, &b, &e), -1);
            assert_int_equal(e.code, ERR_NOMEM);
            assert_string_equal(b.data, ">");
            strbuf_finish(&b);
        }
    }
}

static void base64_paddings(void **state)
{
    (void)state;
    static const struct {
        struct slice data;
        const char *text;
    } cases[] = {
        /* RFC 4648 section 10 */
        {TEXT(""), "\"\"}"},
        {TEXT("f"), "\"Zg==\"}"},
        {TEXT("fo"), "\"Zm8=\"}"},
        {TEXT("foo"), "\"Zm9v\"}"},
        {TEXT("foob"), "\"Zm9vYg==\"}"},
        {TEXT("fooba"), "\"Zm9vYmE=\"}"},
        {TEXT("foobar"), "\"Zm9vYmFy\"}"},
    };
    struct err e = {0};
    struct strbuf b = STRBUF_INIT(1 << 16);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct record r = {.type = RECORD_IMAGE, .image.data = cases[i].data};
        strbuf_reset(&b);
        assert_int_equal(record_json(&r, &b, &e), 0);
        const char *data = strstr(b.data, "\"data\":");
        assert_non_null(data);
        assert_string_equal(data + strlen("\"data\":"), cases[i].text);
    }
    strbuf_finish(&b);
}

static void values_outside_their_type(void **state)
{
    (void)state;
    struct err e = {0};
    struct strbuf b = STRBUF_INIT(1 << 16);
    struct record r = {.type = RECORD_TRADE, .trade.side = (enum side)77};
    assert_int_equal(record_json(&r, &b, &e), 0);
    assert_non_null(strstr(b.data, "\"side\":\"unknown\""));
    assert_string_equal(side_name((enum side)77), "unknown");
    assert_string_equal(side_name(SIDE_SELL), "sell");
    strbuf_reset(&b);
    r = (struct record){.type = RECORD_PROGRESS, .progress.n_holes = 33};
    assert_int_equal(record_json(&r, &b, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    r.type = (enum record_type)99;
    assert_int_equal(record_json(&r, &b, &e), -1);
    assert_int_equal(e.code, ERR_ARG);
    assert_int_equal(b.len, 0);
    strbuf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_of_every_type),
        cmocka_unit_test(no_room),
        cmocka_unit_test(base64_paddings),
        cmocka_unit_test(values_outside_their_type),
    };
    return cmocka_run_group_tests_name("record_json", tests, NULL, NULL);
}
