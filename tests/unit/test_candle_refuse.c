/* Records that the candle fold refuses, and that it is then as if they had never been. */
#include "candle_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_TEXT "99999999999999999999.999999999999999999"
#define X20 "xxxxxxxxxxxxxxxxxxxx"
#define TEXT(text_)                                                                                \
    {                                                                                              \
        text_, sizeof(text_) - 1                                                                   \
    }

static void open_fold(struct fold_harness *h)
{
    fold_harness_init(h, &candle_fold, &candle_case_minutes, CANDLE_CASE_PARTITION);
}

static int64_t n_windows(const struct fold_harness *h)
{
    return ((const struct candle_state *)h->state)->book->n_windows;
}

static size_t image_len(struct fold_harness *h)
{
    struct strbuf image = STRBUF_INIT(1 << 20);
    fold_harness_image(h, &image);
    size_t len = image.len;
    strbuf_finish(&image);
    return len;
}

/* The record is refused, with a reason that says so much, and leaves nothing in the state. */
static void expect_refused(const char *name, const struct record *r, const char *reason)
{
    struct fold_harness h;
    open_fold(&h);
    size_t before = image_len(&h);
    fold_harness_apply(&h, r);
    if (h.n_said != 1 || !h.said[0].refusal)
        fail_msg("%s: not refused", name);
    const struct slice said = fold_harness_value(&h, 0);
    if (!memmem(said.data, said.len, reason, strlen(reason)))
        fail_msg("%s: %.*s, expected %s", name, SLICE_ARG(fold_harness_value(&h, 0)), reason);
    assert_int_equal(image_len(&h), before);
    assert_int_equal(h.counts[CANDLE_TRADES], 0);
    fold_harness_finish(&h);
}

/* --- names ----------------------------------------------------------------------------------- */

static const struct slice good_names[] = {
    TEXT("x"),
    TEXT("BTC-USDT"),
    TEXT(X20),
    TEXT("\xe5\xb8\x81\xe5\xae\x89-USDT"), /* Binance lists symbols in Chinese */
    TEXT("1000SATS.x_y/z"),
};

static const struct slice bad_names[] = {
    TEXT(""),     TEXT(X20 X20 "x"), TEXT("a\0b"),  TEXT("\0"),    TEXT("BTC\0"),
    TEXT("a|b"), /* would be another symbol's key */
    TEXT("a\nb"), TEXT("\x1b[2J"),   TEXT("a\x7f"), TEXT("a\xff"), TEXT("\xed\xa0\x80"),
};

static void names(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(good_names); i++) {
        struct fold_harness h;
        open_fold(&h);
        struct record r = candle_case_trade("", "", CANDLE_CASE_T0);
        r.trade.exchange = good_names[i];
        r.trade.symbol = good_names[i];
        fold_harness_apply(&h, &r);
        fold_harness_reopen(&h);
        r.trade.receive_time_us += US_PER_S;
        fold_harness_apply(&h, &r);
        assert_int_equal(h.n_said, 2);
        struct record candle;
        fold_harness_decode(&h, 1, &candle);
        assert_true(slice_eq(candle.candle.exchange, good_names[i]));
        assert_true(slice_eq(candle.candle.symbol, good_names[i]));
        assert_int_equal(candle.candle.trades, 2);
        fold_harness_finish(&h);
    }
    for (size_t i = 0; i < N(bad_names); i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "bad name %zu", i);
        struct record r = candle_case_trade("binance", "BTC-USDT", CANDLE_CASE_T0);
        r.trade.exchange = bad_names[i];
        expect_refused(name, &r, "exchange: empty, too long or no name");
        r = candle_case_trade("binance", "BTC-USDT", CANDLE_CASE_T0);
        r.trade.symbol = bad_names[i];
        expect_refused(name, &r, "symbol: empty, too long or no name");
        r = candle_case_tick("", CANDLE_CASE_T0);
        r.tick.exchange = bad_names[i];
        expect_refused(name, &r, "exchange: empty, too long or no name");
    }
    struct record r = candle_case_trade(X20 "x", "BTC-USDT", CANDLE_CASE_T0);
    expect_refused("exchange of 21 bytes", &r, "exchange: empty, too long or no name");
}

/* --- other fields ---------------------------------------------------------------------------- */

static void trade_ids(void **state)
{
    (void)state;
    struct fold_harness h;
    open_fold(&h);
    struct record r = candle_case_trade("binance", "BTC-USDT", CANDLE_CASE_T0);
    r.trade.trade_id = slice_make(X20 "xxxxxxxxxxxxxxxxxx\0\xff", WINDOW_TRADE_ID_MAX);
    fold_harness_apply(&h, &r);
    fold_harness_reopen(&h);
    const struct record tick = candle_case_tick("binance", CANDLE_CASE_T0 + MS(62000));
    fold_harness_apply(&h, &tick);
    assert_int_equal(h.n_said, 2);
    struct record candle;
    fold_harness_decode(&h, 1, &candle);
    assert_true(slice_eq(candle.candle.first_trade_id, r.trade.trade_id));
    assert_true(slice_eq(candle.candle.last_trade_id, r.trade.trade_id));
    fold_harness_finish(&h);
    r.trade.trade_id = slice_of(X20 X20 "x");
    expect_refused("id of 41 bytes", &r, "trade_id: too long");
}

static void prices_and_amounts(void **state)
{
    (void)state;
    static const char *const texts[] = {"0", "-1", "-1e-18", ("-" MAX_TEXT)};
    for (size_t i = 0; i < N(texts); i++) {
        struct record r = candle_case_trade("binance", "BTC-USDT", CANDLE_CASE_T0);
        r.trade.price = candle_case_num(texts[i]);
        expect_refused(texts[i], &r, "price or amount: not above zero");
        r = candle_case_trade("binance", "BTC-USDT", CANDLE_CASE_T0);
        r.trade.amount = candle_case_num(texts[i]);
        expect_refused(texts[i], &r, "price or amount: not above zero");
    }
}

static void times(void **state)
{
    (void)state;
    static const int64_t bad[] = {INT64_MIN, -1, TIME_END_US, INT64_MAX};
    static const char why[] = "exchange_time or receive_time: not between 1970 and 9999";
    for (size_t i = 0; i < N(bad); i++) {
        struct record r = candle_case_trade("binance", "BTC-USDT", CANDLE_CASE_T0);
        r.trade.exchange_time_us = bad[i];
        expect_refused("exchange time", &r, why);
        r = candle_case_trade("binance", "BTC-USDT", CANDLE_CASE_T0);
        r.trade.receive_time_us = bad[i];
        expect_refused("receive time", &r, why);
        r = candle_case_tick("binance", bad[i]);
        expect_refused("tick", &r, "receive_time: not between 1970 and 9999");
    }
    static const int64_t good[] = {0, TIME_END_US - 1};
    for (size_t i = 0; i < N(good); i++) {
        struct fold_harness h;
        open_fold(&h);
        const struct record r = candle_case_trade("binance", "BTC-USDT", good[i]);
        fold_harness_apply(&h, &r);
        fold_harness_reopen(&h);
        const struct record tick = candle_case_tick("binance", TIME_END_US - 1);
        fold_harness_apply(&h, &tick);
        assert_true(h.n_said >= (i == 0 ? 2 : 1)); /* and silence in between */
        fold_harness_finish(&h);
    }
}

static struct record feed(int64_t receive_us)
{
    struct record r = {.type = RECORD_FEED};
    r.feed = (struct feed){.exchange = slice_of("binance"),
                           .symbol = slice_of("BTC-USDT"),
                           .event = FEED_EVENT_LOST,
                           .has_from_time_us = true,
                           .from_time_us = CANDLE_CASE_T0,
                           .has_to_time_us = true,
                           .to_time_us = CANDLE_CASE_T0,
                           .receive_time_us = receive_us};
    return r;
}

static void feed_records(void **state)
{
    (void)state;
    static const int64_t bad[] = {INT64_MIN, -1, TIME_END_US, INT64_MAX};
    static const char why[] = "not between 1970 and 9999";
    for (size_t i = 0; i < N(bad); i++) {
        struct record r = feed(bad[i]);
        expect_refused("feed, receive time", &r, why);
        r = feed(CANDLE_CASE_T0);
        r.feed.from_time_us = bad[i];
        expect_refused("feed, from", &r, why);
        r.feed.has_from_time_us = false;
        r.feed.to_time_us = bad[i];
        expect_refused("feed, to", &r, why);
    }
    for (size_t i = 0; i < N(bad_names); i++) {
        struct record r = feed(CANDLE_CASE_T0);
        r.feed.event = FEED_EVENT_SUBSCRIBED;
        r.feed.exchange = bad_names[i];
        expect_refused("feed, exchange", &r, "exchange: empty, too long or no name");
        r.feed.exchange = slice_of("binance");
        r.feed.symbol = bad_names[i];
        expect_refused("feed, symbol", &r, "symbol: empty, too long or no name");
    }
}

static void a_gap_makes_no_symbol_known(void **state)
{
    (void)state;
    struct fold_harness h;
    open_fold(&h);
    size_t before = image_len(&h);
    const struct record r = feed(CANDLE_CASE_T0);
    fold_harness_apply(&h, &r);
    assert_int_equal(h.n_said, 0);
    assert_int_equal(image_len(&h), before);
    fold_harness_finish(&h);
}

/* --- sums ------------------------------------------------------------------------------------ */

static struct record big_trade(const char *price, const char *amount)
{
    struct record r = candle_case_trade("binance", "BTC-USDT", CANDLE_CASE_T0);
    r.trade.price = candle_case_num(price);
    r.trade.amount = candle_case_num(amount);
    return r;
}

static const char sum_reason[] = "a sum of the window no longer fits";

/* The trade alone does not fit: no window is left behind, and nothing of it closes. */
static void a_product_that_does_not_fit_leaves_no_window(void **state)
{
    (void)state;
    struct fold_harness h;
    open_fold(&h);
    const struct record bad = big_trade(MAX_TEXT, "1.000000000000000001");
    fold_harness_apply(&h, &bad);
    assert_int_equal(h.n_said, 1);
    assert_true(slice_is(fold_harness_value(&h, 0), sum_reason));
    assert_int_equal(n_windows(&h), 0);
    assert_int_equal(h.counts[CANDLE_TRADES], 0);
    const struct record good = big_trade("7", "1");
    fold_harness_apply(&h, &good);
    struct record r;
    fold_harness_decode(&h, 1, &r);
    assert_int_equal(r.candle.trades, 1);
    assert_int_equal(r.candle.first_offset, 1);
    assert_int_equal(h.counts[CANDLE_TRADES], 1);
    fold_harness_finish(&h);
}

static const struct {
    const char *name;
    const char *price[2];
    const char *amount[2]; /* the second does not fit behind the first */
} sums[] = {
    {"volume", {"1e-18", "1e-18"}, {"99999999999999999999", "1"}},
    {"quote volume", {"99999999999999999999", "1"}, {"1", "1"}},
    {"product", {"1", "10000000000"}, {"1", "10000000000"}},
};

/* The window stays what it was before the trade, and goes on. */
static void a_sum_that_does_not_fit_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(sums); i++) {
        struct fold_harness h;
        open_fold(&h);
        const struct record first = big_trade(sums[i].price[0], sums[i].amount[0]);
        const struct record second = big_trade(sums[i].price[1], sums[i].amount[1]);
        fold_harness_apply(&h, &first);
        struct strbuf before = STRBUF_INIT(1000);
        struct strbuf after = STRBUF_INIT(1000);
        fold_harness_image(&h, &before);
        fold_harness_apply(&h, &second);
        fold_harness_image(&h, &after);
        if (h.n_said != 2 || !slice_is(fold_harness_value(&h, 1), sum_reason))
            fail_msg("%s: not refused", sums[i].name);
        if (!slice_eq(strbuf_slice(&before), strbuf_slice(&after)))
            fail_msg("%s: the state has changed", sums[i].name);
        assert_int_equal(h.counts[CANDLE_TRADES], 1);
        strbuf_finish(&before);
        strbuf_finish(&after);
        fold_harness_finish(&h);
    }
}

/* --- limits ---------------------------------------------------------------------------------- */

static const char full_reason[] = "refused: state.max.windows is reached";

/* Where no window is closed, a new one is refused; one that is there goes on taking trades. */
static void no_more_open_windows_than_allowed(void **state)
{
    (void)state;
    struct candle_options two = candle_case_minutes;
    two.max_windows = 2;
    const struct candle_step steps[] = {
        {TRADE, BTC, MS(0), MS(0), "BTC[0] provisional n=1"},
        {TRADE, BTC, MS(60000), MS(60000), "BTC[1] provisional n=1"},
        {TRADE, ETH, MS(60000), MS(60000), full_reason},
        {TRADE, BTC, MS(60000), MS(61000), "BTC[1] provisional n=2"},
        {TRADE, BTC, MS(120000), MS(119000), "BTC[0] final 1 n=1; BTC[2] provisional n=1"},
        {TRADE, ETH, MS(120000), MS(119000), full_reason},
        {TRADE, ETH, MS(120000), MS(122000), "BTC[1] final 1 n=2; ETH[2] provisional n=1"},
        {TRADE, BTC, MS(180000), MS(179000), full_reason},
    };
    candle_case_run(__func__, &two, steps, N(steps));
}

/* The closed windows with the oldest ends go first, with what they still had to tell. */
static void the_oldest_windows_are_dropped(void **state)
{
    (void)state;
    struct candle_options few = candle_case_minutes;
    few.hold_ms = candle_case_defaults.hold_ms;
    few.max_windows = 3;
    const struct candle_step steps[] = {
        {TRADE, BTC, MS(0), MS(0), "BTC[0] provisional n=1"},
        {TRADE, BTC, MS(60000), MS(60000), "BTC[1] provisional n=1"},
        {TRADE, ETH, MS(60000), MS(60000), "ETH[1] provisional n=1"},
        {TICK, BTC, 0, MS(62000), "BTC[0] final 1 n=1"},
        {TRADE, BTC, MS(1000), MS(62500), ""},
        {TRADE, KRAKEN, MS(60000), MS(60000), "BTC[0] final 2 late n=2; KRAKEN[1] provisional n=1"},
        {TRADE, BTC, MS(1000), MS(62600), "refused: its window has left the state"},
        {TICK, BTC, 0, MS(122000), "BTC[1] final 1 n=1; ETH[1] final 1 n=1"},
        {TRADE, ETH, MS(120000), MS(122000), "ETH[2] provisional n=1"}, /* the symbol seen first */
        {TRADE, BTC, MS(119000), MS(122000), "refused: its window has left the state"},
        {TRADE, ETH, MS(119000), MS(122100), ""},
        {TRADE, BTC, MS(120000), MS(122200), "ETH[1] final 2 late n=2; BTC[2] provisional n=1"},
    };
    candle_case_run(__func__, &few, steps, N(steps));
}

/* Symbols that traded once are few; that they come from outside makes them a limit, too. */
static void no_more_symbols_than_windows(void **state)
{
    (void)state;
    struct candle_options one = candle_case_minutes;
    one.keep_ms = one.hold_ms = 0;
    one.max_windows = 1;
    const struct candle_step steps[] = {
        {TRADE, BTC, MS(0), MS(0), "BTC[0] provisional n=1"},
        {TICK, BTC, 0, MS(62000), "BTC[0] final 1 n=1"},
        {TRADE, ETH, MS(62000), MS(62000), full_reason},
        {TRADE, BTC, MS(62000), MS(62000), "BTC[1] provisional n=1"},
    };
    candle_case_run(__func__, &one, steps, N(steps));
}

/* Whatever the fold takes, its own image can hold. */
static void no_more_exchanges_than_an_image_holds(void **state)
{
    (void)state;
    struct fold_harness h;
    open_fold(&h);
    for (int i = 0; i < BOOK_MARKETS_MAX + 2; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "x%d", i);
        const struct record r = i % 2 ? candle_case_tick(name, CANDLE_CASE_T0)
                                      : candle_case_trade(name, "BTC-USDT", CANDLE_CASE_T0);
        fold_harness_apply(&h, &r);
    }
    assert_int_equal(h.n_said, BOOK_MARKETS_MAX / 2 + 2);
    for (size_t i = h.n_said - 2; i < h.n_said; i++)
        assert_true(slice_is(fold_harness_value(&h, i), "exchange: one more than the state holds"));
    fold_harness_reopen(&h);
    const struct record r = candle_case_trade("x1", "BTC-USDT", CANDLE_CASE_T0);
    fold_harness_apply(&h, &r);
    assert_false(h.said[h.n_said - 1].refusal);
    fold_harness_finish(&h);
}

/* --- the other way round --------------------------------------------------------------------- */

/* What the sink says is what the fold returns. */
static void a_full_sink_stops_the_fold(void **state)
{
    (void)state;
    struct fold_harness h;
    open_fold(&h);
    struct err e = {0};
    h.emits_left = 1;
    struct record r = candle_case_trade("binance", "BTC-USDT", CANDLE_CASE_T0);
    assert_int_equal(fold_harness_try(&h, &r, &e), 0);
    r.trade.symbol = slice_of("ETH-USDT");
    assert_int_equal(fold_harness_try(&h, &r, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    const struct record tick = candle_case_tick("binance", CANDLE_CASE_T0 + MS(62000));
    assert_int_equal(fold_harness_try(&h, &tick, &e), -1);
    fold_harness_finish(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(trade_ids),
        cmocka_unit_test(prices_and_amounts),
        cmocka_unit_test(times),
        cmocka_unit_test(feed_records),
        cmocka_unit_test(a_gap_makes_no_symbol_known),
        cmocka_unit_test(a_product_that_does_not_fit_leaves_no_window),
        cmocka_unit_test(a_sum_that_does_not_fit_changes_nothing),
        cmocka_unit_test(no_more_open_windows_than_allowed),
        cmocka_unit_test(the_oldest_windows_are_dropped),
        cmocka_unit_test(no_more_symbols_than_windows),
        cmocka_unit_test(no_more_exchanges_than_an_image_holds),
        cmocka_unit_test(a_full_sink_stops_the_fold),
    };
    return cmocka_run_group_tests_name("candle_refuse", tests, NULL, NULL);
}
