/* When candles are written: provisional, final, revised, never. */
#include "candle_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define RUN_MINUTES(...) CANDLE_CASE_RUN(&candle_case_minutes, __VA_ARGS__)

/* --- provisional ----------------------------------------------------------------------------- */

static void first_trade_is_told_at_once_then_once_a_second(void **state)
{
    (void)state;
    RUN_MINUTES({TRADE, BTC, MS(0), MS(100), "BTC[0] provisional n=1"},
                {TRADE, BTC, MS(0), MS(200), ""}, {TRADE, BTC, MS(0), MS(1100) - 1, ""},
                {TICK, BTC, 0, MS(1100), "BTC[0] provisional n=3"},
                {TRADE, BTC, MS(0), MS(2099), ""},
                /* what waited is told before the trade that moved the time counts */
                {TRADE, BTC, MS(0), MS(2100), "BTC[0] provisional n=4"},
                {TRADE, BTC, MS(0), MS(3100), "BTC[0] provisional n=5"},
                {TRADE, BTC, MS(0), MS(5000), "BTC[0] provisional n=6"},
                {TICK, BTC, 0, MS(6000), "BTC[0] provisional n=7"});
}

static void nothing_is_told_twice(void **state)
{
    (void)state;
    RUN_MINUTES({TRADE, BTC, MS(0), MS(100), "BTC[0] provisional n=1"},
                {TICK, BTC, 0, MS(1100), ""}, {TICK, BTC, 0, MS(20000), ""},
                {TRADE, BTC, MS(0), MS(20000), "BTC[0] provisional n=2"},
                {TICK, BTC, 0, MS(21000), ""}, {TICK, BTC, 0, MS(61999), ""},
                {TICK, BTC, 0, MS(62000), "BTC[0] final 1 n=2"}, {TICK, BTC, 0, MS(63000), ""});
}

/* A window waits for its own second, not for another's. */
static void windows_keep_their_own_pace(void **state)
{
    (void)state;
    RUN_MINUTES({TRADE, BTC, MS(0), MS(0), "BTC[0] provisional n=1"},
                {TRADE, ETH, MS(0), MS(900), "ETH[0] provisional n=1"},
                {TRADE, ETH, MS(0), MS(950), ""}, {TRADE, BTC, MS(0), MS(970), ""},
                {TICK, BTC, 0, MS(1000), "BTC[0] provisional n=2"}, {TICK, BTC, 0, MS(1899), ""},
                {TICK, BTC, 0, MS(1900), "ETH[0] provisional n=2"});
}

static void two_windows_of_a_symbol_are_open_at_once(void **state)
{
    (void)state;
    RUN_MINUTES({TRADE, BTC, MS(59900), MS(59950), "BTC[0] provisional n=1"},
                {TRADE, BTC, MS(60000), MS(60010), "BTC[1] provisional n=1"},
                {TRADE, BTC, MS(59999), MS(60020), ""}, {TRADE, BTC, MS(60001), MS(60030), ""},
                {TICK, BTC, 0, MS(61500), "BTC[0] provisional n=2; BTC[1] provisional n=2"},
                {TICK, BTC, 0, MS(62000), "BTC[0] final 1 n=2"},
                {TICK, BTC, 0, MS(122000), "BTC[1] final 1 n=2"});
}

static void older_receive_times_do_not_turn_time_back(void **state)
{
    (void)state;
    RUN_MINUTES({TRADE, BTC, MS(0), MS(5000), "BTC[0] provisional n=1"},
                {TRADE, BTC, MS(0), MS(100), ""}, {TICK, BTC, 0, MS(4000), ""},
                {TICK, BTC, 0, MS(5999), ""}, {TICK, BTC, 0, MS(6000), "BTC[0] provisional n=2"},
                {TICK, BTC, 0, MS(6000), ""});
}

/* --- final ----------------------------------------------------------------------------------- */

static void closes_by_tick_alone_once_at_close_and_grace(void **state)
{
    (void)state;
    RUN_MINUTES({TRADE, BTC, MS(1000), MS(1000), "BTC[0] provisional n=1"},
                {TICK, BTC, 0, MS(62000) - 1, ""}, {TICK, BTC, 0, MS(62000), "BTC[0] final 1 n=1"},
                {TICK, BTC, 0, MS(62001), ""}, {TICK, BTC, 0, MS(121999), ""},
                {TICK, BTC, 0, MS(122000), ""}, {TICK, BTC, 0, MS(900000), ""});
}

/* The final record says what waited, too. */
static void final_replaces_a_waiting_update(void **state)
{
    (void)state;
    RUN_MINUTES({TRADE, BTC, MS(59900), MS(61400), "BTC[0] provisional n=1"},
                {TRADE, BTC, MS(59901), MS(61500), ""},
                {TICK, BTC, 0, MS(62000), "BTC[0] final 1 n=2"}, {TICK, BTC, 0, MS(64000), ""});
}

static void another_exchange_closes_nothing(void **state)
{
    (void)state;
    RUN_MINUTES({TRADE, BTC, MS(0), MS(0), "BTC[0] provisional n=1"},
                {TRADE, BTC, MS(0), MS(1), ""},
                {TRADE, KRAKEN, MS(0), MS(0), "KRAKEN[0] provisional n=1"},
                {TICK, KRAKEN, 0, MS(600000), "KRAKEN[0] final 1 n=1"},
                {TRADE, KRAKEN, MS(600000), MS(600000), "KRAKEN[10] provisional n=1"},
                {TRADE, BTC, MS(0), MS(2), ""}, {TICK, BTC, 0, MS(1000), "BTC[0] provisional n=3"},
                {TICK, BTC, 0, MS(62000), "BTC[0] final 1 n=3"});
}

static void a_big_jump_closes_all(void **state)
{
    (void)state;
    RUN_MINUTES(
        {TRADE, ETH, MS(59000), MS(59000), "ETH[0] provisional n=1"},
        {TRADE, BTC, MS(59000), MS(59001), "BTC[0] provisional n=1"},
        {TRADE, BTC, MS(60000), MS(60000), "BTC[1] provisional n=1"},
        {TRADE, BTC, MS(60000), MS(60001), ""},
        {TRADE, KRAKEN, MS(60000), MS(60001), "KRAKEN[1] provisional n=1"},
        {TICK, BTC, 0, MS(61001), "BTC[1] provisional n=2"},
        {TICK, BTC, 0, MS(86400000), "ETH[0] final 1 n=1; BTC[1] final 1 n=2; BTC[0] final 1 n=1"},
        {TRADE, BTC, MS(60000), MS(86400000), "refused: its window has left the state"},
        {TICK, KRAKEN, 0, MS(122000), "KRAKEN[1] final 1 n=1"});
}

static void grace_of_zero_and_keep_of_zero(void **state)
{
    (void)state;
    struct candle_options none = candle_case_minutes;
    none.grace_ms = none.keep_ms = none.hold_ms = 0;
    CANDLE_CASE_RUN(&none, {TRADE, BTC, MS(59999), MS(59999), "BTC[0] provisional n=1"},
                    {TICK, BTC, 0, MS(60000) - 1, ""},
                    {TICK, BTC, 0, MS(60000), "BTC[0] final 1 n=1"},
                    {TRADE, BTC, MS(59999), MS(60000), "refused: its window has left the state"},
                    {TRADE, BTC, MS(60000), MS(60000), "BTC[1] provisional n=1"});
}

/* --- late ------------------------------------------------------------------------------------ */

static void a_late_trade_is_a_revision_with_its_reason(void **state)
{
    (void)state;
    RUN_MINUTES({TRADE, BTC, MS(1000), MS(1000), "BTC[0] provisional n=1"},
                {TICK, BTC, 0, MS(62000), "BTC[0] final 1 n=1"},
                {TRADE, BTC, MS(2000), MS(63000), "BTC[0] final 2 late n=2"},
                {TRADE, BTC, MS(3000), MS(70000), "BTC[0] final 3 late n=3"},
                {TICK, BTC, 0, MS(71000), ""});
}

static void late_trades_within_a_second_are_one_revision(void **state)
{
    (void)state;
    RUN_MINUTES({TRADE, BTC, MS(1000), MS(1000), "BTC[0] provisional n=1"},
                {TICK, BTC, 0, MS(62000), "BTC[0] final 1 n=1"},
                {TRADE, BTC, MS(2000), MS(65000), "BTC[0] final 2 late n=2"},
                {TRADE, BTC, MS(2000), MS(65100), ""}, {TRADE, BTC, MS(2000), MS(65200), ""},
                {TICK, BTC, 0, MS(66000) - 1, ""},
                {TICK, BTC, 0, MS(66000), "BTC[0] final 3 late n=4"},
                {TICK, BTC, 0, MS(68000), ""});
}

/* The trade whose receive time closes its own window comes too late for revision 1. */
static void closing_comes_before_the_trade_that_closes(void **state)
{
    (void)state;
    RUN_MINUTES({TRADE, BTC, MS(1000), MS(1000), "BTC[0] provisional n=1"},
                {TRADE, BTC, MS(59999), MS(62000), "BTC[0] final 1 n=1"},
                {TICK, BTC, 0, MS(62999), ""},
                {TICK, BTC, 0, MS(63000), "BTC[0] final 2 late n=2"});
}

/* Nothing was said of the window before: this is the first that is. */
static void a_late_trade_may_be_a_windows_first(void **state)
{
    (void)state;
    RUN_MINUTES({TICK, BTC, 0, MS(70000), ""},
                {TRADE, BTC, MS(1000), MS(70100), "BTC[0] final 1 n=1"},
                {TRADE, BTC, MS(1000), MS(70200), ""},
                {TICK, BTC, 0, MS(71100), "BTC[0] final 2 late n=2"});
}

static void a_repaired_trade_says_so(void **state)
{
    (void)state;
    RUN_MINUTES({TRADE, BTC, MS(1000), MS(1000), "BTC[0] provisional n=1"},
                {REPAIR, BTC, MS(1000), MS(1001), ""}, /* in time: no reason to give */
                {TICK, BTC, 0, MS(2000), "BTC[0] provisional n=2"},
                {TICK, BTC, 0, MS(62000), "BTC[0] final 1 n=2"},
                {REPAIR, BTC, MS(2000), MS(64000), "BTC[0] final 2 repair n=3"},
                {TRADE, BTC, MS(2000), MS(64001), ""}, {REPAIR, BTC, MS(2000), MS(64002), ""},
                {TRADE, BTC, MS(2000), MS(64003), ""},
                {TICK, BTC, 0, MS(65000), "BTC[0] final 3 repair n=6"},
                {TRADE, BTC, MS(2000), MS(66000), "BTC[0] final 4 late n=7"});
}

static void refused_once_the_window_has_left(void **state)
{
    (void)state;
    RUN_MINUTES({TRADE, BTC, MS(1000), MS(1000), "BTC[0] provisional n=1"},
                {TICK, BTC, 0, MS(62000), "BTC[0] final 1 n=1"},
                {TRADE, BTC, MS(59999), MS(122000) - 1, "BTC[0] final 2 late n=2"},
                {TRADE, BTC, MS(59999), MS(122000), "refused: its window has left the state"},
                {TRADE, BTC, MS(60000), MS(122000), "BTC[1] final 1 n=1"},
                {TRADE, BTC, -MS(86400000), MS(122000), "refused: its window has left the state"});
}

/* What waits for its second when the window leaves is still told. */
static void a_waiting_revision_is_told_before_the_window_leaves(void **state)
{
    (void)state;
    RUN_MINUTES({TRADE, BTC, MS(1000), MS(1000), "BTC[0] provisional n=1"},
                {TICK, BTC, 0, MS(62000), "BTC[0] final 1 n=1"},
                {TRADE, BTC, MS(2000), MS(121500), "BTC[0] final 2 late n=2"},
                {TRADE, BTC, MS(2000), MS(121600), ""},
                {TICK, BTC, 0, MS(122000), "BTC[0] final 3 late n=3"},
                {TICK, BTC, 0, MS(130000), ""});
}

/* --- intervals ------------------------------------------------------------------------------- */

/* Each interval has its own pace, and 1s none: it is told when it is over. */
static void longer_intervals_are_told_less_often(void **state)
{
    (void)state;
    struct candle_options few = candle_case_minutes;
    char list[] = "1s,1m,5m,15m";
    few.intervals = list;
    CANDLE_CASE_RUN(
        &few,
        {TRADE, BTC, MS(0), MS(0),
         "BTC[0] provisional n=1; BTC[0] 5m provisional n=1; BTC[0] 15m provisional n=1"},
        {TRADE, BTC, MS(0), MS(1000), "BTC[0] provisional n=2"}, {TICK, BTC, 0, MS(3000) - 1, ""},
        {TICK, BTC, 0, MS(3000), "BTC[0] 1s final 1 n=2"}, {TICK, BTC, 0, MS(5000) - 1, ""},
        {TICK, BTC, 0, MS(5000), "BTC[0] 5m provisional n=2"}, {TICK, BTC, 0, MS(10000) - 1, ""},
        {TICK, BTC, 0, MS(10000), "BTC[0] 15m provisional n=2"},
        {TRADE, BTC, MS(14000), MS(14000), "BTC[0] provisional n=3; BTC[0] 5m provisional n=3"},
        {TICK, BTC, 0, MS(20000), "BTC[0] 15m provisional n=3; BTC[14] 1s final 1 n=1"},
        {TICK, BTC, 0, MS(62000), "BTC[0] final 1 n=3"},
        {TRADE, BTC, MS(14000), MS(63000), /* late for the minute, in time for the rest */
         "BTC[0] final 2 late n=4; BTC[14] 1s final 2 late n=2; BTC[0] 5m provisional n=4; "
         "BTC[0] 15m provisional n=4"});
}

/* A revision of whatever length waits a second, not the interval's pace. */
static void revisions_of_long_windows_wait_a_second(void **state)
{
    (void)state;
    struct candle_options few = candle_case_minutes;
    char list[] = "1m,15m";
    few.intervals = list;
    CANDLE_CASE_RUN(
        &few,
        {TRADE, BTC, MS(890000), MS(890000), "BTC[14] provisional n=1; BTC[0] 15m provisional n=1"},
        {TICK, BTC, 0, MS(902000), "BTC[14] final 1 n=1; BTC[0] 15m final 1 n=1"},
        {TRADE, BTC, MS(890000), MS(902500), ""},
        {TICK, BTC, 0, MS(903000), "BTC[14] final 2 late n=2; BTC[0] 15m final 2 late n=2"});
}

static void all_intervals_close_on_monday_midnight(void **state)
{
    (void)state;
    CANDLE_CASE_RUN(
        &candle_case_defaults,
        {TRADE, BTC, -MS(1000), -MS(1000),
         "BTC[-1] provisional n=1; BTC[-1] 5m provisional n=1; BTC[-1] 15m provisional n=1; "
         "BTC[-1] 30m provisional n=1; BTC[-1] 1h provisional n=1; BTC[-1] 4h provisional n=1; "
         "BTC[-1] 6h provisional n=1; BTC[-1] 12h provisional n=1; BTC[-1] 1d provisional n=1; "
         "BTC[-1] 1w provisional n=1"},
        {TICK, BTC, 0, MS(2000) - 1, ""},
        {TICK, BTC, 0, MS(2000),
         "BTC[-1] 1s final 1 n=1; BTC[-1] final 1 n=1; BTC[-1] 5m final 1 n=1; "
         "BTC[-1] 15m final 1 n=1; BTC[-1] 30m final 1 n=1; BTC[-1] 1h final 1 n=1; "
         "BTC[-1] 4h final 1 n=1; BTC[-1] 6h final 1 n=1; BTC[-1] 12h final 1 n=1; "
         "BTC[-1] 1d final 1 n=1; BTC[-1] 1w final 1 n=1"});
}

/* Empty windows of every length but 1s. */
static void an_hour_without_ticks_is_told_in_every_interval(void **state)
{
    (void)state;
    struct candle_options few = candle_case_defaults;
    char list[] = "1s,1m,15m,30m,1h";
    few.intervals = list;
    CANDLE_CASE_RUN(
        &few, {SUBSCRIBED, KRAKEN, ABSENT, MS(0), ""}, {TICK, KRAKEN, 0, MS(0), ""},
        {SILENCE, KRAKEN, 0, MS(182000),
         "KRAKEN[0] final 1 down n=0; KRAKEN[1] final 1 down n=0; KRAKEN[2] final 1 down n=0"},
        {TICK, KRAKEN, 0, MS(902000), "KRAKEN[3] final 1 gap n=0; KRAKEN[0] 15m final 1 gap n=0"},
        {TICK, KRAKEN, 0, MS(3602000),
         "KRAKEN[0] 30m final 1 gap n=0; KRAKEN[0] 1h final 1 gap n=0"});
}

/* --- placing --------------------------------------------------------------------------------- */

static void ahead_trades_are_placed_by_receive_time(void **state)
{
    (void)state;
    RUN_MINUTES({TRADE, BTC, MS(60000), MS(55000), "BTC[1] provisional n=1"},
                {TRADE, BTC, MS(60000) + 1, MS(55000), "BTC[0] provisional n=1"},
                {TRADE, BTC, MS(86400000), MS(55001), ""},
                {TICK, BTC, 0, MS(56000), "BTC[0] provisional n=2"});
}

static void windows_begin_at_full_minutes(void **state)
{
    (void)state;
    RUN_MINUTES(
        {TRADE, BTC, -1, MS(0), "BTC[-1] provisional n=1"},
        {TRADE, BTC, MS(0), MS(0), "BTC[0] provisional n=1"},
        {TRADE, BTC, MS(60000) - 1, MS(58000), "BTC[-1] final 1 n=1; BTC[0] provisional n=2"},
        {TRADE, BTC, MS(60000), MS(58000), "BTC[1] provisional n=1"});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_trade_is_told_at_once_then_once_a_second),
        cmocka_unit_test(nothing_is_told_twice),
        cmocka_unit_test(windows_keep_their_own_pace),
        cmocka_unit_test(two_windows_of_a_symbol_are_open_at_once),
        cmocka_unit_test(older_receive_times_do_not_turn_time_back),
        cmocka_unit_test(closes_by_tick_alone_once_at_close_and_grace),
        cmocka_unit_test(final_replaces_a_waiting_update),
        cmocka_unit_test(another_exchange_closes_nothing),
        cmocka_unit_test(a_big_jump_closes_all),
        cmocka_unit_test(grace_of_zero_and_keep_of_zero),
        cmocka_unit_test(a_late_trade_is_a_revision_with_its_reason),
        cmocka_unit_test(late_trades_within_a_second_are_one_revision),
        cmocka_unit_test(closing_comes_before_the_trade_that_closes),
        cmocka_unit_test(a_late_trade_may_be_a_windows_first),
        cmocka_unit_test(a_repaired_trade_says_so),
        cmocka_unit_test(refused_once_the_window_has_left),
        cmocka_unit_test(a_waiting_revision_is_told_before_the_window_leaves),
        cmocka_unit_test(longer_intervals_are_told_less_often),
        cmocka_unit_test(revisions_of_long_windows_wait_a_second),
        cmocka_unit_test(all_intervals_close_on_monday_midnight),
        cmocka_unit_test(an_hour_without_ticks_is_told_in_every_interval),
        cmocka_unit_test(ahead_trades_are_placed_by_receive_time),
        cmocka_unit_test(windows_begin_at_full_minutes),
    };
    return cmocka_run_group_tests_name("candle_life", tests, NULL, NULL);
}
