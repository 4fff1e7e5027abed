/* How long windows stay, what happens at the limits, and what is counted: of the fold and its
 * model. */
#include "candle_case.h"
#include "candle_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define RUN_HELD(...) CANDLE_CASE_RUN(&candle_case_held, __VA_ARGS__)

/* --- how long windows stay ------------------------------------------------------------------- */

static void a_complete_window_leaves_when_it_was_kept(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
             {TRADE, BTC, MS(10000), MS(10000), "BTC[0] provisional complete n=1", 1},
             {TRADE, BTC, MS(70000), MS(70000),
              "BTC[0] final 1 complete n=1; BTC[1] provisional complete n=1", 2},
             {TICK, BTC, 0, MS(122000), "BTC[1] final 1 complete n=1"},
             {TRADE, BTC, MS(20000), MS(122000), "refused: its window has left the state", 3});
}

static void the_window_of_the_latest_trade_stays(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
             {TRADE, BTC, MS(10000), MS(10000), "BTC[0] provisional complete n=1", 1},
             {TICK, BTC, 0, MS(80000000), "BTC[0] final 1 complete n=1"},
             {TRADE, BTC, MS(20000), MS(80000000), "BTC[0] final 2 late complete n=2", 2},
             {TICK, BTC, 0, MS(86461999), ""},
             {TRADE, BTC, MS(30000), MS(86461999), "BTC[0] final 3 late complete n=3", 3},
             {TICK, BTC, 0, MS(86462000), ""},
             {TRADE, BTC, MS(30000), MS(86462000), "refused: its window has left the state", 4});
}

static void a_window_that_misses_something_stays_until_it_is_repaired(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
             {TRADE, BTC, MS(10000), MS(10000), "BTC[0] provisional complete n=1", 1},
             {TRADE, BTC, MS(11000), MS(11000), "BTC[0] provisional gap 2 n=2", 4},
             {TRADE, BTC, MS(70000), MS(70000),
              "BTC[0] final 1 gap 2 n=2; BTC[1] provisional complete n=1", 5},
             {TICK, BTC, 0, MS(3600000), "BTC[1] final 1 complete n=1"},
             {REPAIR, BTC, MS(10500), MS(3600000), "BTC[0] final 2 repair gap 1 n=3", 2},
             {REPAIR, BTC, MS(10600), MS(3602000), "BTC[0] final 3 repair complete n=4", 3},
             {TICK, BTC, 0, MS(3603000), ""},
             {TRADE, BTC, MS(10700), MS(3603000), "refused: its window has left the state", 6});
}

/* Nothing tells an empty window from one that was never made, so it stays, whatever it says. */
static void an_empty_window_is_not_made_twice(void **state)
{
    (void)state;
    RUN_HELD(
        {SUBSCRIBED, KRAKEN, ABSENT, MS(-60000), ""}, {TICK, KRAKEN, 0, MS(126000), ""},
        {GAP, KRAKEN, MS(70000), MS(126000), "KRAKEN[1] final 1 gap n=0", 0, MS(100000)},
        {REPAIRED, KRAKEN, MS(70000), MS(129500), "KRAKEN[1] final 2 restate quiet n=0", 0,
         MS(100000)},
        {TICK, KRAKEN, 0, MS(3600000), ""},
        {GAP, KRAKEN, MS(70000), MS(3600000), "KRAKEN[1] final 3 restate gap n=0", 0, MS(100000)});
}

static void an_old_window_is_made_only_where_nothing_was_said_before(void **state)
{
    (void)state;
    struct candle_options short_hold = candle_case_held;
    short_hold.hold_ms = 120000;
    CANDLE_CASE_RUN(
        &short_hold, {SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
        {TRADE, BTC, MS(30000), MS(30000), "BTC[0] provisional complete n=1", 1},
        {TICK, BTC, 0, MS(400000), "BTC[0] final 1 complete n=1"},
        {TRADE, BTC, MS(400000),
         MS(400000), /* ends + grace + hold: 422 s of minute 4 is the first */
         "BTC[4] final 1 gap 3 n=0; BTC[5] final 1 gap 3 n=0; BTC[6] provisional gap 3 n=1", 5});
    RUN_HELD(
        {SUBSCRIBED, KRAKEN, ABSENT, MS(-60000), ""},
        {TRADE, KRAKEN, MS(10000), MS(10000), "KRAKEN[0] provisional n=1"},
        {TRADE, KRAKEN, MS(200000), MS(200000), "KRAKEN[0] final 1 n=1; KRAKEN[3] provisional n=1"},
        {GAP, KRAKEN, MS(70000), MS(240000), "", 0, MS(100000)}, /* before a trade, not kept */
        {GAP, KRAKEN, MS(130000), MS(240001), "KRAKEN[2] final 1 gap n=0", 0, MS(150000)});
}

/* --- limits ---------------------------------------------------------------------------------- */

static struct record with_id(int64_t id, int64_t at_us)
{
    struct record r = candle_case_trade("binance", "BTC-USDT", CANDLE_CASE_T0 + at_us);
    r.trade.has_sequence = true;
    r.trade.sequence = id;
    return r;
}

/* What is said last, as a text that the caller must finish. */
static void describe_last(const struct fold_harness *h, struct strbuf *out)
{
    assert_true(h->n_said > 0);
    candle_case_describe(h, h->n_said - 1, out);
}

static void expect_last(const struct fold_harness *h, const char *due)
{
    struct strbuf said = STRBUF_INIT(1000);
    describe_last(h, &said);
    if (strncmp(said.data, due, strlen(due)) != 0)
        fail_msg("%s, expected %s", said.data, due);
    strbuf_finish(&said);
}

static const struct fold_ops *const subjects[] = {&candle_fold, &candle_model_fold};
enum { SUBJECTS = sizeof(subjects) / sizeof(subjects[0]), HOLES = 33 };

/* The hole with the lowest ids is forgotten: its minute says so forever, and its ids are refused.
 */
static void one_hole_too_many(void **state)
{
    (void)state;
    for (size_t i = 0; i < SUBJECTS; i++) {
        struct fold_harness h;
        fold_harness_init(&h, subjects[i], &candle_case_held, CANDLE_CASE_PARTITION);
        for (int64_t k = 0; k <= HOLES; k++) { /* ids 1, 3, 5, …; the first two alone in minute 0 */
            struct record r = with_id(1 + 2 * k, k < 2 ? MS(58000) + k : MS(60000) + k);
            r.trade.receive_time_us = CANDLE_CASE_T0 + MS(60100);
            fold_harness_apply(&h, &r);
        }
        struct record r = candle_case_tick("binance", CANDLE_CASE_T0 + MS(62000));
        fold_harness_apply(&h, &r);
        size_t before = h.n_said;
        r = with_id(4, MS(59000));
        r.trade.receive_time_us = CANDLE_CASE_T0 + MS(63500);
        fold_harness_apply(&h, &r);
        assert_in_range(h.n_said - before, 1, 2);
        r = with_id(2, MS(58001)); /* in the forgotten hole */
        r.trade.receive_time_us = CANDLE_CASE_T0 + MS(63500);
        fold_harness_apply(&h, &r);
        expect_last(&h, "refused: its id is below a forgotten hole");
        before = h.n_said;
        r.trade.sequence = 1; /* seen, but nobody can tell any more */
        fold_harness_apply(&h, &r);
        expect_last(&h, "refused: its id is below a forgotten hole");
        assert_int_equal(h.n_said, before + 1);
        r.trade.sequence = 3;
        fold_harness_apply(&h, &r);
        assert_int_equal(h.n_said, before + 1);
        assert_int_equal(h.counts[CANDLE_DUPLICATES], 1);
        assert_int_equal(h.counts[CANDLE_TRADES], HOLES + 2);
        for (int64_t k = 3; k <= HOLES; k++) { /* all that can be filled */
            r = with_id(2 * k, MS(60000) + k);
            r.trade.receive_time_us = CANDLE_CASE_T0 + MS(64000);
            fold_harness_apply(&h, &r);
        }
        r = candle_case_tick("binance", CANDLE_CASE_T0 + MS(65000));
        fold_harness_apply(&h, &r);
        expect_last(&h, "BTC[1] provisional complete n=63");
        r = candle_case_tick("binance", CANDLE_CASE_T0 + MS(124000));
        fold_harness_apply(&h, &r);
        expect_last(&h, "BTC[1] final 1 gap n=63"); /* no tick for a minute */
        fold_harness_finish(&h);
    }
}

enum { RANGES = 65, RANGE_STEPS = RANGES + 2, RANGE_TEXT = 80 };

/* One range of lost time too many: the two with the least time between them become one. */
static void one_range_too_many(void **state)
{
    (void)state;
    static char said[RANGE_STEPS][RANGE_TEXT];
    struct candle_step steps[RANGE_STEPS] = {{SUBSCRIBED, KRAKEN, ABSENT, MS(-60000), ""},
                                             {TICK, KRAKEN, 0, MS(12600000), ""}};
    for (int64_t i = 0; i < RANGES; i++) { /* minutes 0 3 7 10 13 …, and 5 at last */
        int64_t minute = i == RANGES - 1 ? 5 : 3 * i + (i > 1);
        int64_t from_us = minute * US_PER_MIN + (minute == 5 ? MS(20000) : MS(10000));
        (void)snprintf(said[i], RANGE_TEXT, "KRAKEN[%lld] final 1 gap n=0%s", (long long)minute,
                       minute == 5 ? "; KRAKEN[6] final 1 down n=0" : "");
        steps[i + 2] = (struct candle_step){.kind = GAP,
                                            .series = KRAKEN,
                                            .exchange_us = from_us,
                                            .receive_us = MS(12600000),
                                            .said = said[i],
                                            .to_us = from_us + MS(1000)};
    }
    candle_case_run(__func__, &candle_case_held, steps, RANGE_STEPS);
}

/* --- counts ---------------------------------------------------------------------------------- */

static void everything_is_counted(void **state)
{
    (void)state;
    struct candle_options seconds = candle_case_held;
    char list[] = "1s,1m";
    seconds.intervals = list;
    for (size_t i = 0; i < SUBJECTS; i++) {
        struct fold_harness h;
        fold_harness_init(&h, subjects[i], &seconds, CANDLE_CASE_PARTITION);
        const struct record trades[] = {with_id(1, MS(1000)), with_id(1, MS(1000)),
                                        with_id(4, MS(2000))};
        for (size_t k = 0; k < 3; k++)
            fold_harness_apply(&h, &trades[k]);
        struct record r = candle_case_tick("binance", CANDLE_CASE_T0 + MS(1000000));
        fold_harness_apply(&h, &r); /* closes the minute and both seconds, and empty minutes */
        assert_int_equal(h.counts[CANDLE_FINALS], 3 + 15);
        r = with_id(2, MS(1500));
        r.trade.receive_time_us = CANDLE_CASE_T0 + MS(1000000);
        fold_harness_apply(&h, &r);
        r = with_id(3, MS(1008000)); /* 8 s ahead */
        r.trade.receive_time_us = CANDLE_CASE_T0 + MS(1000000);
        fold_harness_apply(&h, &r);
        r = with_id(5, MS(-86400000));
        r.trade.receive_time_us = CANDLE_CASE_T0 + MS(1000000);
        fold_harness_apply(&h, &r);
        assert_int_equal(h.counts[CANDLE_TRADES], 4);
        assert_int_equal(h.counts[CANDLE_DUPLICATES], 1);
        assert_int_equal(h.counts[CANDLE_LATE], 1);
        assert_int_equal(h.counts[CANDLE_SKIPPED], 1);
        assert_int_equal(h.counts[CANDLE_AHEAD], 1);
        assert_int_equal(h.counts[CANDLE_TOO_LATE], 1);
        assert_int_equal(h.counts[CANDLE_DROPPED], 0);
        fold_harness_finish(&h);
    }
}

/* A window without a trade for which nothing can make room is counted, and not told. */
static void no_room_for_an_empty_window(void **state)
{
    (void)state;
    struct candle_options two = candle_case_held;
    two.max_windows = 2;
    for (size_t i = 0; i < SUBJECTS; i++) {
        struct fold_harness h;
        fold_harness_init(&h, subjects[i], &two, CANDLE_CASE_PARTITION);
        for (int64_t k = 0; k < 2; k++) { /* two open minutes of another exchange */
            const struct record r =
                candle_case_trade("binance", "BTC-USDT", CANDLE_CASE_T0 + k * US_PER_MIN);
            fold_harness_apply(&h, &r);
        }
        struct record r = {.type = RECORD_FEED};
        r.feed = (struct feed){.exchange = slice_of("kraken"),
                               .symbol = slice_of("BTC-USD"),
                               .event = FEED_EVENT_SUBSCRIBED,
                               .receive_time_us = CANDLE_CASE_T0};
        fold_harness_apply(&h, &r);
        size_t before = h.n_said;
        r = candle_case_tick("kraken", CANDLE_CASE_T0);
        fold_harness_apply(&h, &r);
        r = candle_case_tick("kraken", CANDLE_CASE_T0 + MS(62000));
        fold_harness_apply(&h, &r);
        assert_int_equal(h.n_said, before);
        assert_int_equal(h.counts[CANDLE_UNMADE], 1);
        fold_harness_finish(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_complete_window_leaves_when_it_was_kept),
        cmocka_unit_test(the_window_of_the_latest_trade_stays),
        cmocka_unit_test(a_window_that_misses_something_stays_until_it_is_repaired),
        cmocka_unit_test(an_empty_window_is_not_made_twice),
        cmocka_unit_test(an_old_window_is_made_only_where_nothing_was_said_before),
        cmocka_unit_test(one_hole_too_many),
        cmocka_unit_test(one_range_too_many),
        cmocka_unit_test(everything_is_counted),
        cmocka_unit_test(no_room_for_an_empty_window),
    };
    return cmocka_run_group_tests_name("candle_limits", tests, NULL, NULL);
}
