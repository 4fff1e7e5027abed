/* What a candle says of its trades. */
#include "candle_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_TEXT "99999999999999999999.999999999999999999"

enum { TRADES_MAX = 4, NO_SEQUENCE = -1 };

/* One trade of a window: all are of the same minute. */
struct small_trade {
    const char *id;
    int64_t sequence;
    int64_t at_us;
    const char *price;
    const char *amount;
    enum side side;
};

static const struct {
    const char *name;
    struct small_trade trades[TRADES_MAX];
    const char *values; /* of the window, whatever the order of the trades */
} cases[] = {
    {"one trade",
     {{"7", 7, 5, "64123.45", "0.001", SIDE_BUY}},
     "64123.45 64123.45 64123.45 64123.45 v=0.001 q=64.12345 b=0.001 n=1 vwap=64123.45 7..7"},
    {"prices in order of time",
     {{"3", 3, 30, "101", "1", SIDE_SELL},
      {"1", 1, 10, "102", "2", SIDE_BUY},
      {"2", 2, 20, "99", "1", SIDE_SELL}},
     "102 102 99 101 v=4 q=404 b=2 n=3 vwap=101 1..3"},
    {"time beats sequence",
     {{"9", 9, 10, "1", "1", SIDE_BUY}, {"1", 1, 20, "2", "1", SIDE_BUY}},
     "1 2 1 2 v=2 q=3 b=2 n=2 vwap=1.5 9..1"},
    {"equal times: by sequence, as a number",
     {{"9", 9, 10, "1", "1", SIDE_BUY},
      {"10", 10, 10, "2", "1", SIDE_BUY},
      {"11", 11, 10, "3", "1", SIDE_BUY}},
     "1 3 1 3 v=3 q=6 b=3 n=3 vwap=2 9..11"},
    {"equal times: sequence beats id",
     {{"z", 1, 10, "1", "1", SIDE_BUY}, {"a", 2, 10, "2", "1", SIDE_BUY}},
     "1 2 1 2 v=2 q=3 b=2 n=2 vwap=1.5 z..a"},
    {"a missing sequence counts as 0",
     {{"z", NO_SEQUENCE, 10, "1", "1", SIDE_BUY}, {"a", 1, 10, "2", "1", SIDE_BUY}},
     "1 2 1 2 v=2 q=3 b=2 n=2 vwap=1.5 z..a"},
    {"no sequence: shorter ids first",
     {{"10", NO_SEQUENCE, 10, "2", "1", SIDE_BUY}, {"9", NO_SEQUENCE, 10, "1", "1", SIDE_BUY}},
     "1 2 1 2 v=2 q=3 b=2 n=2 vwap=1.5 9..10"},
    {"ids of one length: by bytes",
     {{"a\xff", NO_SEQUENCE, 10, "3", "1", SIDE_BUY},
      {"aB", NO_SEQUENCE, 10, "1", "1", SIDE_BUY},
      {"aa", NO_SEQUENCE, 10, "2", "1", SIDE_BUY}},
     "1 3 1 3 v=3 q=6 b=3 n=3 vwap=2 aB..a\xff"},
    {"no id at all comes first",
     {{"", NO_SEQUENCE, 10, "1", "1", SIDE_BUY}, {"0", NO_SEQUENCE, 10, "2", "1", SIDE_BUY}},
     "1 2 1 2 v=2 q=3 b=2 n=2 vwap=1.5 ..0"},
    {"bought, sold, unknown",
     {{"1", 1, 1, "10", "0.1", SIDE_BUY},
      {"2", 2, 2, "10", "0.2", SIDE_SELL},
      {"3", 3, 3, "10", "0.4", SIDE_UNKNOWN},
      {"4", 4, 4, "10", "0.8", SIDE_BUY}},
     "10 10 10 10 v=1.5 q=15 b=0.9 n=4 vwap=10 1..4"},
    {"each quote is rounded by itself, to even",
     {{"1", 1, 1, "0.5", "0.000000000000000001", SIDE_SELL},  /* 0.5e-18: down */
      {"2", 2, 2, "1.5", "0.000000000000000001", SIDE_SELL},  /* 1.5e-18: up */
      {"3", 3, 3, "2.5", "0.000000000000000001", SIDE_SELL}}, /* 2.5e-18: down */
     "0.5 2.5 0.5 2.5 v=0.000000000000000003 q=0.000000000000000004 b=0 n=3 "
     "vwap=1.333333333333333333 1..3"},
    {"vwap on the half, to even above",
     {{"1", 1, 1, "0.000000000000000001", "1", SIDE_SELL},
      {"2", 2, 2, "0.000000000000000002", "1", SIDE_SELL}}, /* 3e-18 / 2 */
     "0.000000000000000001 0.000000000000000002 0.000000000000000001 0.000000000000000002 v=2 "
     "q=0.000000000000000003 b=0 n=2 vwap=0.000000000000000002 1..2"},
    {"vwap on the half, to even below",
     {{"1", 1, 1, "0.000000000000000002", "1", SIDE_SELL},
      {"2", 2, 2, "0.000000000000000003", "1", SIDE_SELL}}, /* 5e-18 / 2 */
     "0.000000000000000002 0.000000000000000003 0.000000000000000002 0.000000000000000003 v=2 "
     "q=0.000000000000000005 b=0 n=2 vwap=0.000000000000000002 1..2"},
    {"vwap below any decimal",
     {{"1", 1, 1, "0.000000000000000001", "0.1", SIDE_SELL}},
     "0.000000000000000001 0.000000000000000001 0.000000000000000001 0.000000000000000001 v=0.1 "
     "q=0 b=0 n=1 vwap=0 1..1"},
    {"largest price",
     {{"1", 1, 1, MAX_TEXT, "1", SIDE_SELL}},
     MAX_TEXT " " MAX_TEXT " " MAX_TEXT " " MAX_TEXT " v=1 q=" MAX_TEXT " b=0 n=1 vwap=" MAX_TEXT
              " 1..1"},
    {"a vwap that rounding lifts over the largest decimal is null",
     {{"1", 1, 1, MAX_TEXT, "0.000000000000000001", SIDE_SELL}},
     MAX_TEXT " " MAX_TEXT " " MAX_TEXT " " MAX_TEXT
              " v=0.000000000000000001 q=100 b=0 n=1 vwap=null 1..1"},
};

static void apply_small(struct fold_harness *h, const struct small_trade *t)
{
    struct record r = candle_case_trade("binance", "BTC-USDT", CANDLE_CASE_T0 + t->at_us);
    r.trade.receive_time_us = CANDLE_CASE_T0 + US_PER_S;
    r.trade.trade_id = slice_of(t->id);
    r.trade.has_sequence = t->sequence != NO_SEQUENCE;
    r.trade.sequence = r.trade.has_sequence ? t->sequence : 0;
    r.trade.price = candle_case_num(t->price);
    r.trade.amount = candle_case_num(t->amount);
    r.trade.side = t->side;
    fold_harness_apply(h, &r);
}

/* The n-th of all orders of n_items things. */
static void permute(size_t n, size_t n_items, size_t order[TRADES_MAX])
{
    size_t left[TRADES_MAX];
    for (size_t i = 0; i < n_items; i++)
        left[i] = i;
    for (size_t i = 0; i < n_items; i++) {
        size_t pick = n % (n_items - i);
        n /= n_items - i;
        order[i] = left[pick];
        left[pick] = left[n_items - i - 1];
    }
}

static void check_order(size_t i, size_t nth, size_t n_trades)
{
    size_t order[TRADES_MAX];
    struct fold_harness h;
    permute(nth, n_trades, order);
    fold_harness_init(&h, &candle_fold, &candle_case_minutes, CANDLE_CASE_PARTITION);
    for (size_t k = 0; k < n_trades; k++)
        apply_small(&h, &cases[i].trades[order[k]]);
    const struct record tick = candle_case_tick("binance", CANDLE_CASE_T0 + MS(62000));
    fold_harness_apply(&h, &tick);

    struct record r;
    struct strbuf values = STRBUF_INIT(1000);
    fold_harness_decode(&h, h.n_said - 1, &r);
    candle_case_values(&r.candle, &values);
    if (strcmp(values.data, cases[i].values) != 0 || r.candle.status != CANDLE_STATUS_FINAL)
        fail_msg("%s, order %zu: %s, expected %s", cases[i].name, nth, values.data,
                 cases[i].values);
    assert_int_equal(r.candle.first_offset, 0);
    assert_int_equal(r.candle.last_offset, (int64_t)n_trades - 1);
    strbuf_finish(&values);
    fold_harness_finish(&h);
}

/* In every order that the trades can have. */
static void values_of_trades(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        size_t n = 0;
        size_t orders = 1;
        while (n < TRADES_MAX && cases[i].trades[n].id)
            orders *= ++n;
        for (size_t nth = 0; nth < orders; nth++)
            check_order(i, nth, n);
    }
}

/* A whole record, once. */
static void whole_record(void **state)
{
    (void)state;
    struct fold_harness h;
    fold_harness_init(&h, &candle_fold, &candle_case_minutes, CANDLE_CASE_PARTITION);
    h.next_offset = 41;
    apply_small(&h, &(struct small_trade){"7", 7, 5, "64123.45", "0.001", SIDE_BUY});
    apply_small(&h, &(struct small_trade){"8", 8, 9, "64123.5", "0.002", SIDE_SELL});
    for (int s = 1; s < 62; s += 3) { /* no time is lost */
        const struct record alive = candle_case_tick("binance", CANDLE_CASE_T0 + s * US_PER_S);
        fold_harness_apply(&h, &alive);
    }
    const struct record tick = candle_case_tick("binance", CANDLE_CASE_T0 + MS(62000));
    fold_harness_apply(&h, &tick);
    assert_int_equal(h.n_said, 3);
    for (size_t i = 0; i < h.n_said; i++) {
        assert_true(
            slice_is(fold_harness_key(&h, i), "binance|BTC-USDT|2026-01-05T00:00:00.000000Z"));
        assert_int_equal(h.said[i].topic, INTERVAL_1M);
        assert_false(h.said[i].urgent);
    }
    struct record r;
    struct strbuf json = STRBUF_INIT(2000);
    fold_harness_decode(&h, 2, &r);
    assert_int_equal(record_json(&r, &json, NULL), 0);
    assert_string_equal(
        json.data,
        "{\"exchange\":\"binance\",\"symbol\":\"BTC-USDT\",\"interval\":\"1m\","
        "\"open_time\":\"2026-01-05T00:00:00.000000Z\","
        "\"close_time\":\"2026-01-05T00:01:00.000000Z\","
        "\"open\":\"64123.45\",\"high\":\"64123.5\",\"low\":\"64123.45\",\"close\":\"64123.5\","
        "\"volume\":\"0.003\",\"quote_volume\":\"192.37045\",\"buy_volume\":\"0.001\","
        "\"trades\":2,\"vwap\":\"64123.483333333333333333\","
        "\"first_trade_id\":\"7\",\"last_trade_id\":\"8\",\"status\":\"final\","
        "\"coverage\":\"unknown\",\"missing\":null,\"revision\":1,\"reason\":null,"
        "\"origin\":\"trades\",\"partition\":3,\"first_offset\":41,\"last_offset\":42}");
    strbuf_finish(&json);
    fold_harness_finish(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_trades),
        cmocka_unit_test(whole_record),
    };
    return cmocka_run_group_tests_name("candle_values", tests, NULL, NULL);
}
