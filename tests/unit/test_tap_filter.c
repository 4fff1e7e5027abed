/* Which records pass: lists, kinds, ticks, tombstones, and fields that a record does not have. */
#include "tap_filter.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TEXT(t) ((struct slice){(t), sizeof(t) - 1})

static const struct record trade = {.type = RECORD_TRADE,
                                    .trade = {.exchange = TEXT("okx"), .symbol = TEXT("BTC-USDT")}};
static const struct record tick = {.type = RECORD_TICK, .tick = {.exchange = TEXT("okx")}};
static const struct record image = {.type = RECORD_IMAGE, .image = {.processor = TEXT("okx")}};
static const struct record opportunity = {
    .type = RECORD_OPPORTUNITY,
    .opportunity = {.legs = {{.exchange = TEXT("okx"), .symbol = TEXT("BTC-USDT")},
                             {.exchange = TEXT("kraken"), .symbol = TEXT("BTC-USD")},
                             {.exchange = TEXT("binance"), .symbol = TEXT("ETH-USD")}},
                    .n_legs = 2}};

static struct tap_filter make(const char *exchanges, const char *symbols, const char *kinds,
                              bool ticks)
{
    struct tap_filter f;
    struct err e = {0};
    assert_int_equal(
        tap_filter_init(&f, &(struct tap_filter_wishes){exchanges, symbols, kinds, ticks}, &e), 0);
    return f;
}

static const struct {
    const char *name;
    const struct record *record;
    const char *exchanges;
    const char *symbols;
    const char *kinds;
    bool ticks;
    bool passes;
} cases[] = {
    {"no wishes", &trade, "", "", "", false, true},
    {"its exchange", &trade, "okx", "", "", false, true},
    {"another exchange", &trade, "kraken", "", "", false, false},
    {"among exchanges", &trade, "kraken,okx", "", "", false, true},
    {"a part of a word", &trade, "ok", "", "", false, false},
    {"a longer word", &trade, "okx2", "", "", false, false},
    {"the other case", &trade, "OKX", "btc-usdt", "Trade", false, true},
    {"exchange without symbol", &trade, "okx", "ETH-USDT", "", false, false},
    {"symbol", &trade, "", "ETH-USDT,BTC-USDT", "", false, true},
    {"kind", &trade, "", "", "candle,trade", false, true},
    {"another kind", &trade, "", "", "candle", false, false},
    {"all three", &trade, "okx", "BTC-USDT", "trade", false, true},
    {"a tick", &tick, "", "", "", false, false},
    {"a tick asked for", &tick, "", "", "", true, true},
    {"a tick among the kinds", &tick, "", "", "tick", false, true},
    {"a tick beside kinds", &tick, "", "", "trade", false, false},
    {"a tick beside kinds, asked for", &tick, "", "", "trade", true, true},
    {"a tick of the exchange", &tick, "okx", "", "", true, true},
    {"a tick has no symbol", &tick, "", "BTC-USDT", "", true, false},
    {"no field of that name", &image, "okx", "", "", false, false},
    {"no field is asked for", &image, "", "", "", false, true},
    {"first leg", &opportunity, "okx", "", "", false, true},
    {"second leg", &opportunity, "kraken", "BTC-USD", "", false, true},
    {"behind the last leg", &opportunity, "binance", "", "", false, false},
};

static void records(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tap_filter f =
            make(cases[i].exchanges, cases[i].symbols, cases[i].kinds, cases[i].ticks);
        if (tap_filter_pass(&f, cases[i].record) != cases[i].passes)
            fail_msg("%s", cases[i].name);
    }
}

static void headers(void **state)
{
    (void)state;
    struct tap_filter f = make("", "", "", false);
    assert_false(tap_filter_pass_header(&f, TEXT("tick")));
    assert_true(tap_filter_pass_header(&f, TEXT("feed")));
    assert_true(tap_filter_pass_header(&f, TEXT("of a newer release")));
    assert_true(tap_filter_pass_header(&f, (struct slice){NULL, 0}));
    f = make("", "", "trade", false);
    assert_false(tap_filter_pass_header(&f, TEXT("feed")));
    assert_true(tap_filter_pass_header(&f, (struct slice){NULL, 0}));
}

static void tombstones(void **state)
{
    (void)state;
    struct tap_filter f = make("", "", "", false);
    assert_true(tap_filter_pass_tombstone(&f));
    f = make("okx", "", "", false);
    assert_false(tap_filter_pass_tombstone(&f));
    f = make("", "BTC-USDT", "", false);
    assert_false(tap_filter_pass_tombstone(&f));
    f = make("", "", "trade", false);
    assert_false(tap_filter_pass_tombstone(&f));
}

static void only_kind(void **state)
{
    (void)state;
    struct tap_filter f = make("", "", "", false);
    assert_int_equal(tap_filter_only_kind(&f), RECORD_TYPES);
    f = make("", "", "candle", false);
    assert_int_equal(tap_filter_only_kind(&f), RECORD_CANDLE);
    f = make("", "", "candle", true);
    assert_int_equal(tap_filter_only_kind(&f), RECORD_TYPES);
    f = make("", "", "candle,feed", false);
    assert_int_equal(tap_filter_only_kind(&f), RECORD_TYPES);
}

static void mistakes(void **state)
{
    (void)state;
    static const struct {
        struct tap_filter_wishes wishes;
        const char *said;
    } wrong[] = {
        {{"", "", "candel", false}, "\"candel\" is none of"},
        {{"", "", "trade,", false}, "\"\" is none of"},
        {{"okx,,kraken", "", "", false}, "--exchange: an empty item"},
        {{"", ",", "", false}, "--symbol: an empty item"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct tap_filter f;
        struct err e = {0};
        assert_int_equal(tap_filter_init(&f, &wrong[i].wishes, &e), -1);
        assert_int_equal(e.code, ERR_CONF);
        if (!strstr(e.text, wrong[i].said))
            fail_msg("%s", e.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records),   cmocka_unit_test(headers),  cmocka_unit_test(tombstones),
        cmocka_unit_test(only_kind), cmocka_unit_test(mistakes),
    };
    return cmocka_run_group_tests_name("tap_filter", tests, NULL, NULL);
}
