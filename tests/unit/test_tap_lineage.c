/* Which trades are a candle's, and whether they are all. */
#include "tap_lineage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const int64_t NOON_US = INT64_C(1767355440) * US_PER_S; /* 2026-01-02T12:04:00Z */

static void keys_are_read_however_the_time_is_written(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "binance|BTC-USDT|2026-01-02T12:04:00.000000Z", "binance|BTC-USDT|2026-01-02T12:04:00Z",
        "binance|BTC-USDT|2026-01-02T13:04:00+01:00", "binance|BTC-USDT|1767355440"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct lineage_key key;
        struct err e = {0};
        assert_int_equal(lineage_parse(texts[i], &key, &e), 0);
        assert_string_equal(key.text, "binance|BTC-USDT|2026-01-02T12:04:00.000000Z");
        assert_string_equal(key.base, "BTC");
    }
}

static void what_is_no_key_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"x",
                                        "binance|BTC-USDT",
                                        "binance|BTC-USDT|",
                                        "binance|BTCUSDT|1767355440",
                                        "binance|-USDT|1767355440",
                                        "|BTC-USDT|1767355440",
                                        "binance||1767355440",
                                        "binance|BTC-USDT|1m|1767355440",
                                        "binance|BTC-USDT|1767355440|",
                                        "binance|BTC-USDT|yesterday"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct lineage_key key;
        struct err e = {0};
        assert_int_equal(lineage_parse(texts[i], &key, &e), -1);
        assert_int_equal(e.code, ERR_CONF);
        assert_non_null(strstr(e.text, "--lineage: "));
    }
}

static struct decimal number(const char *text)
{
    struct decimal d;
    struct err e;
    assert_int_equal(decimal_parse(slice_of(text), &d, &e), 0);
    return d;
}

static struct trade a_trade(const char *id, int64_t at_us, const char *price, const char *amount)
{
    return (struct trade){.exchange = slice_of("binance"),
                          .symbol = slice_of("BTC-USDT"),
                          .trade_id = slice_of(id),
                          .price = number(price),
                          .amount = number(amount),
                          .exchange_time_us = at_us,
                          .receive_time_us = at_us};
}

static struct candle a_candle(void)
{
    return (struct candle){.exchange = slice_of("binance"),
                           .symbol = slice_of("BTC-USDT"),
                           .open_time_us = NOON_US,
                           .close_time_us = NOON_US + US_PER_MIN};
}

static void trades_are_placed_as_the_fold_places_them(void **state)
{
    (void)state;
    const struct candle c = a_candle();
    struct trade t = a_trade("1", NOON_US, "1", "1");
    assert_true(lineage_holds(&c, &t));
    t.exchange_time_us = NOON_US - 1;
    assert_false(lineage_holds(&c, &t));
    t.exchange_time_us = NOON_US + US_PER_MIN - 1;
    t.receive_time_us = t.exchange_time_us - 5 * US_PER_S; /* as far ahead as is believed */
    assert_true(lineage_holds(&c, &t));
    t.exchange_time_us = NOON_US + US_PER_MIN;
    t.receive_time_us = t.exchange_time_us - 5 * US_PER_S;
    assert_false(lineage_holds(&c, &t));
    t.receive_time_us -= 1; /* further: placed by its receive time */
    assert_true(lineage_holds(&c, &t));
    t.symbol = slice_of("BTC-USDC");
    assert_false(lineage_holds(&c, &t));
    t.symbol = c.symbol;
    t.exchange = slice_of("okx");
    assert_false(lineage_holds(&c, &t));
}

/* Open 10, high 12, low 8, close 9: the ends by time, then sequence, then id. */
static void add_all(struct lineage *l)
{
    struct err e = {0};
    struct trade trades[] = {
        a_trade("10", NOON_US + 5, "9", "1"), a_trade("9", NOON_US + 5, "12", "2"),
        a_trade("7", NOON_US + 1, "10", "0.5"), a_trade("8", NOON_US + 1, "8", "3")};
    trades[2].has_sequence = trades[3].has_sequence = true;
    trades[2].sequence = 7;
    trades[3].sequence = 8;
    for (size_t i = 0; i < sizeof(trades) / sizeof(trades[0]); i++)
        assert_int_equal(lineage_add(l, &trades[i], &e), 0);
}

static struct candle its_candle(void)
{
    struct candle c = a_candle();
    c.trades = 4;
    c.volume = number("6.5");
    c.has_open = c.has_high = c.has_low = c.has_close = true;
    c.open = number("10");
    c.high = number("12");
    c.low = number("8");
    c.close = number("9");
    c.has_first_trade_id = c.has_last_trade_id = true;
    c.first_trade_id = slice_of("7");
    c.last_trade_id = slice_of("10");
    return c;
}

static void all_its_trades_make_the_candle(void **state)
{
    (void)state;
    struct lineage l = {0};
    struct err e = {0};
    const struct candle c = its_candle();
    add_all(&l);
    assert_int_equal(lineage_agrees(&l, &c, &e), 0);
    lineage_finish(&l);
    const struct lineage none = {0};
    const struct candle empty = a_candle();
    assert_int_equal(lineage_agrees(&none, &empty, &e), 0);
}

static void what_is_not_the_candles_is_named(void **state)
{
    (void)state;
    struct lineage l = {0};
    add_all(&l);
    for (int part = 0; part < 8; part++) {
        static const char *const names[] = {"trades", "volume", "open",           "high",
                                            "low",    "close",  "first_trade_id", "last_trade_id"};
        struct candle c = its_candle();
        struct err e = {0};
        struct decimal *const prices[] = {&c.volume, &c.open, &c.high, &c.low, &c.close};
        if (part == 0)
            c.trades++;
        else if (part < 6)
            *prices[part - 1] = number("9.999");
        else
            *(part == 6 ? &c.first_trade_id : &c.last_trade_id) = slice_of("11");
        assert_int_equal(lineage_agrees(&l, &c, &e), -1);
        assert_int_equal(e.code, ERR_STATE);
        char end[40];
        (void)snprintf(end, sizeof(end), ": other %s", names[part]);
        assert_string_equal(e.text + strlen(e.text) - strlen(end), end);
    }
    const struct candle empty = a_candle();
    struct err e = {0};
    assert_int_equal(lineage_agrees(&l, &empty, &e), -1);
    assert_non_null(
        strstr(e.text, "trades, volume, open, high, low, close, first_trade_id, last_"));
    lineage_finish(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_read_however_the_time_is_written),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(trades_are_placed_as_the_fold_places_them),
        cmocka_unit_test(all_its_trades_make_the_candle),
        cmocka_unit_test(what_is_not_the_candles_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
