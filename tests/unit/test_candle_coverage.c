/* Whether a candle holds all its trades: what it says of that, and when it says it anew. */
#include "candle_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define RUN_HELD(...) CANDLE_CASE_RUN(&candle_case_held, __VA_ARGS__)
#define RUN_BARE(...) CANDLE_CASE_RUN_BARE(&candle_case_held, __VA_ARGS__)

/* --- each value ------------------------------------------------------------------------------ */

static void complete_and_quiet(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
             {TRADE, BTC, MS(-30000), MS(-30000), "BTC[-1] provisional partial n=1", 1},
             {TRADE, BTC, MS(10000), MS(10000),
              "BTC[-1] final 1 partial n=1; BTC[0] provisional complete n=1", 2},
             {TICK, BTC, 0, MS(70000), "BTC[0] final 1 complete n=1"},
             {TICK, BTC, 0, MS(200000), ""}, /* quiet minutes make no record */
             {TRADE, BTC, MS(200000), MS(200000), "BTC[3] provisional complete n=1", 3});
}

static void unknown_without_contiguous_ids(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, KRAKEN, ABSENT, MS(-60000), ""},
             {TRADE, KRAKEN, MS(10000), MS(10000), "KRAKEN[0] provisional n=1"},
             {TICK, KRAKEN, 0, MS(200000), "KRAKEN[0] final 1 n=1"});
}

static void unknown_where_nobody_said_when_listening_began(void **state)
{
    (void)state;
    RUN_HELD({TRADE, BTC, MS(10000), MS(10000), "BTC[0] provisional n=1", 5},
             /* an earlier first trade: nothing is known of its minute, more of the one behind it */
             {TRADE, BTC, MS(-1000), MS(50000), "BTC[-1] final 1 n=1", 4},
             {TRADE, BTC, MS(70000), MS(70000),
              "BTC[0] final 1 complete n=1; BTC[1] provisional complete n=1", 6});
}

static void partial_up_to_the_first_subscribed(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(30000), ""},
             {TRADE, BTC, MS(40000), MS(40000), "BTC[0] provisional partial n=1", 2},
             {TRADE, BTC, -1, MS(41000), "BTC[-1] final 1 partial n=1", 1},
             {TRADE, BTC, MS(60000), MS(60000), "BTC[1] provisional complete n=1", 3},
             {SUBSCRIBED, BTC, ABSENT, MS(90000), "BTC[0] final 1 partial n=1"}, /* not the first */
             {TICK, BTC, 0, MS(122000), "BTC[1] final 1 complete n=1"});
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(0), ""}, /* a moment is in the minute it begins */
             {TRADE, BTC, MS(0), MS(0), "BTC[0] provisional partial n=1", 1});
    RUN_HELD({TRADE, BTC, MS(10000), MS(10000), "BTC[0] provisional n=1", 5},
             {SUBSCRIBED, BTC, ABSENT, MS(14000), ""}, /* told with the next trade, or at the end */
             {TICK, BTC, 0, MS(62000), "BTC[0] final 1 partial n=1"});
}

static void gap_is_worse_than_partial(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(0), ""},
             {TRADE, BTC, MS(1000), MS(1000), "BTC[0] provisional partial n=1", 1},
             {TRADE, BTC, MS(2000), MS(2000), "BTC[0] provisional gap 1 n=2", 3},
             {TRADE, BTC, MS(1500), MS(3000), "BTC[0] provisional partial n=3", 2});
}

/* --- holes ----------------------------------------------------------------------------------- */

static void a_hole_is_filled_from_its_ends(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
             {TRADE, BTC, MS(10000), MS(10000), "BTC[0] provisional complete n=1", 1},
             {TRADE, BTC, MS(20000), MS(20000), "BTC[0] provisional gap 2 n=2", 4},
             {TRADE, BTC, MS(15000), MS(21000), "BTC[0] provisional gap 1 n=3", 2},
             {TRADE, BTC, MS(16000), MS(22000), "BTC[0] provisional complete n=4", 3},
             {TICK, BTC, 0, MS(62000), "BTC[0] final 1 complete n=4"});
}

static void a_hole_belongs_to_each_window_between_its_ends(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(-120000), ""},
             {TRADE, BTC, MS(60000), MS(60000), "BTC[1] provisional complete n=1", 1},
             /* from just that instant: not the minute that ends there, but that which begins */
             {TRADE, BTC, MS(120000), MS(120000), "BTC[2] provisional gap 1 n=1", 3},
             {TICK, BTC, 0, MS(122000), "BTC[1] final 1 gap 1 n=1"},
             {TRADE, BTC, MS(120000) - 1, MS(123000), "BTC[1] final 2 late complete n=2", 2},
             {TICK, BTC, 0, MS(182000), "BTC[2] final 1 complete n=1"});
}

/* Found late: minutes that closed as quiet are told after all. The minute of the latest trade is
 * still there, since nothing had shown that it was the last. */
static void a_hole_in_a_quiet_stretch(void **state)
{
    (void)state;
    RUN_HELD(
        {SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
        {TRADE, BTC, MS(30000), MS(30000), "BTC[0] provisional complete n=1", 1},
        {TICK, BTC, 0, MS(250000), "BTC[0] final 1 complete n=1"},
        {TRADE, BTC, MS(260000), MS(260000),
         "BTC[0] final 2 restate gap 3 n=1; BTC[1] final 1 gap 3 n=0; BTC[2] final 1 gap 3 n=0; "
         "BTC[3] final 1 gap 3 n=0; BTC[4] provisional gap 3 n=1",
         5},
        {REPAIR, BTC, MS(40000), MS(264000),
         "BTC[0] final 3 repair gap 2 n=2; BTC[1] final 2 restate gap 2 n=0; "
         "BTC[2] final 2 restate gap 2 n=0; BTC[3] final 2 restate gap 2 n=0",
         2},
        {REPAIR, BTC, MS(130000), MS(266000), /* amid the hole: in two */
         "BTC[2] final 3 repair gap 1 n=1; BTC[0] final 4 restate complete n=2; "
         "BTC[1] final 3 restate quiet n=0; BTC[3] final 3 restate gap 1 n=0",
         3},
        {REPAIR, BTC, MS(250000), MS(268000),
         "BTC[2] final 4 restate complete n=1; BTC[3] final 4 restate quiet n=0; "
         "BTC[4] provisional complete n=2",
         4});
}

static void a_trade_amid_a_hole_parts_it(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
             {TRADE, BTC, MS(30000), MS(30000), "BTC[0] provisional complete n=1", 1},
             {TRADE, BTC, MS(70000), MS(70000),
              "BTC[0] final 1 complete n=1; BTC[0] final 2 restate gap 9 n=1; "
              "BTC[1] provisional gap 9 n=1",
              11},
             {TRADE, BTC, MS(59000), MS(71000), "BTC[0] final 3 late gap 8 n=2", 6});
}

static void swapped_ids_are_a_hole_for_a_moment(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
             {TRADE, BTC, MS(10000), MS(10000), "BTC[0] provisional complete n=1", 1},
             {TRADE, BTC, MS(10100), MS(10100), "", 3}, {TRADE, BTC, MS(10100), MS(10100), "", 2},
             {TICK, BTC, 0, MS(11000), "BTC[0] provisional complete n=3"});
}

static void ids_below_the_first_open_a_hole_too(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
             {TRADE, BTC, MS(10000), MS(10000), "BTC[0] provisional complete n=1", 10},
             {TRADE, BTC, MS(5000), MS(11000), "BTC[0] provisional gap 1 n=2", 8},
             {TRADE, BTC, MS(6000), MS(12000), "BTC[0] provisional complete n=3", 9});
}

static void duplicates_change_nothing(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
             {TRADE, BTC, MS(10000), MS(10000), "BTC[0] provisional complete n=1", 1},
             {TRADE, BTC, MS(20000), MS(20000), "BTC[0] provisional complete n=2", 2},
             {TRADE, BTC, MS(20000), MS(30000), "", 2}, {REPAIR, BTC, MS(40000), MS(40000), "", 1},
             {TICK, BTC, 0, MS(130000), "BTC[0] final 1 complete n=2"},
             /* looked at first: its window would have left the state */
             {TRADE, BTC, MS(-900000), MS(130000), "", 2});
}

static void the_id_of_a_refused_trade_is_still_missing(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
             {TRADE, BTC, MS(10000), MS(10000), "BTC[0] provisional complete n=1", 1},
             {TRADE, BTC, MS(-900000), MS(11000), "refused: its window has left the state", 2},
             {TRADE, BTC, MS(12000), MS(12000), "BTC[0] provisional gap 1 n=2", 3},
             {TRADE, BTC, MS(11000), MS(13000), "BTC[0] provisional complete n=3", 2});
}

/* --- lost time ------------------------------------------------------------------------------- */

static void ticks_more_than_three_seconds_apart(void **state)
{
    (void)state;
    RUN_HELD(
        {SUBSCRIBED, KRAKEN, ABSENT, MS(-60000), ""},
        {TRADE, KRAKEN, MS(10000), MS(10000), "KRAKEN[0] provisional n=1"}, /* tick at 9 s */
        {SILENCE, KRAKEN, 0, MS(12000), ""},
        {TRADE, KRAKEN, MS(12000), MS(12000), "KRAKEN[0] provisional n=2"},
        {SILENCE, KRAKEN, 0, MS(15000) + 1, ""},
        {TRADE, KRAKEN, MS(15100), MS(15100), "KRAKEN[0] provisional gap n=3"},
        {SILENCE, KRAKEN, 0, MS(130000), "KRAKEN[0] final 1 gap n=3; KRAKEN[1] final 1 down n=0"},
        {TICK, KRAKEN, 0, MS(182000), "KRAKEN[2] final 1 gap n=0"},
        {TICK, KRAKEN, 0, MS(300000), ""});
}

static void ticks_that_say_dead(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, KRAKEN, ABSENT, MS(-60000), ""},
             {TRADE, KRAKEN, MS(10000), MS(10000), "KRAKEN[0] provisional n=1"},
             {DEAD, KRAKEN, 0, MS(20000), ""},
             {TICK, KRAKEN, 0, MS(122000), "KRAKEN[0] final 1 gap n=1"});
    RUN_HELD({SUBSCRIBED, KRAKEN, ABSENT, MS(-60000), ""},
             {TRADE, KRAKEN, MS(10000), MS(10000), "KRAKEN[0] provisional n=1"},
             {DEAD, KRAKEN, 0, MS(60000), ""},
             {DEAD, KRAKEN, 0, MS(62000), "KRAKEN[0] final 1 gap n=1"},
             {DEAD, KRAKEN, 0, MS(64000), ""}, {TICK, KRAKEN, 0, MS(65000), ""},
             {TICK, KRAKEN, 0, MS(122000), "KRAKEN[1] final 1 gap n=0"});
}

/* While the newest tick is older than that, or says dead, the time since it counts as lost. */
static void silence_counts_before_it_ends(void **state)
{
    (void)state;
    RUN_BARE({TICK, KRAKEN, 0, MS(0), ""},
             {TRADE, KRAKEN, MS(1000), MS(1000), "KRAKEN[0] provisional n=1"},
             {TRADE, KRAKEN, MS(3000), MS(3000), "KRAKEN[0] provisional n=2"},
             {TRADE, KRAKEN, MS(4000), MS(4000), "KRAKEN[0] provisional gap n=3"});
    RUN_BARE({DEAD, KRAKEN, 0, MS(59000), ""},
             {TRADE, KRAKEN, MS(59500), MS(60000), "KRAKEN[0] provisional gap n=1"},
             {TRADE, KRAKEN, MS(60100), MS(60100), "KRAKEN[1] provisional gap n=1"});
}

static void the_first_record_stands_for_a_tick(void **state)
{
    (void)state;
    RUN_BARE({TRADE, KRAKEN, MS(0), MS(0), "KRAKEN[0] provisional n=1"},
             {TICK, KRAKEN, 0, MS(3000), ""},
             {TRADE, KRAKEN, MS(3000), MS(3000), "KRAKEN[0] provisional n=2"});
    RUN_BARE({TRADE, KRAKEN, MS(0), MS(0), "KRAKEN[0] provisional n=1"},
             {TICK, KRAKEN, 0, MS(3001), ""},
             {TRADE, KRAKEN, MS(3001), MS(3001), "KRAKEN[0] provisional gap n=2"});
    RUN_BARE({TICK, KRAKEN, 0, MS(0), ""},
             {TRADE, KRAKEN, MS(3001), MS(3001), "KRAKEN[0] provisional gap n=1"});
    RUN_BARE({SUBSCRIBED, KRAKEN, ABSENT, MS(0), ""}, {TICK, KRAKEN, 0, MS(62000), ""});
}

static void ticks_older_than_the_newest_say_nothing(void **state)
{
    (void)state;
    RUN_BARE({TICK, KRAKEN, 0, MS(5000), ""},
             {TRADE, KRAKEN, MS(5000), MS(5000), "KRAKEN[0] provisional n=1"},
             {DEAD, KRAKEN, 0, MS(4000), ""}, {TICK, KRAKEN, 0, MS(8000), ""});
}

static void lost_until_subscribed(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, KRAKEN, ABSENT, MS(-60000), ""},
             {TRADE, KRAKEN, MS(10000), MS(10000), "KRAKEN[0] provisional n=1"},
             {LOST, KRAKEN, MS(15000), MS(20000), ""},
             {LOST, KRAKEN, MS(80000), MS(80000), "KRAKEN[0] final 1 gap n=1"}, /* already lost */
             {TICK, KRAKEN, 0, MS(130000), "KRAKEN[1] final 1 down n=0"},
             {SUBSCRIBED, KRAKEN, ABSENT, MS(150000), ""},
             {TRADE, KRAKEN, MS(160000), MS(160000), "KRAKEN[2] provisional gap n=1"},
             {TRADE, KRAKEN, MS(190000), MS(190000),
              "KRAKEN[2] final 1 gap n=1; KRAKEN[3] provisional n=1"});
}

static void lost_without_from_time_begins_when_it_was_received(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, KRAKEN, ABSENT, MS(-60000), ""},
             {TRADE, KRAKEN, MS(10000), MS(10000), "KRAKEN[0] provisional n=1"},
             {LOST, KRAKEN, ABSENT, MS(60000), ""},
             {TICK, KRAKEN, 0, MS(62000), "KRAKEN[0] final 1 n=1"},
             {SUBSCRIBED, KRAKEN, ABSENT, MS(121000), ""},
             {TICK, KRAKEN, 0, MS(122000), "KRAKEN[1] final 1 down n=0"},
             {TICK, KRAKEN, 0, MS(182000), "KRAKEN[2] final 1 gap n=0"});
}

static void gap_records_of_a_symbol_without_ids(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, KRAKEN, ABSENT, MS(-60000), ""},
             {TRADE, KRAKEN, MS(10000), MS(10000), "KRAKEN[0] provisional n=1"},
             {TICK, KRAKEN, 0, MS(126000), "KRAKEN[0] final 1 n=1"},
             {GAP, KRAKEN, MS(70000), MS(126000), "KRAKEN[1] final 1 gap n=0", 0, MS(100000)},
             {GAP, KRAKEN, MS(125000), MS(130000), ""}, /* open: told when it closes */
             {GIVEN_UP, KRAKEN, MS(70000), MS(131000), "", 0, MS(100000)},
             {TICK, KRAKEN, 0, MS(182000), "KRAKEN[2] final 1 gap n=0"},
             {GAP, KRAKEN, MS(180000), MS(183000), "", 0, MS(170000)}); /* ends before it begins */
}

static void gap_records_of_a_symbol_with_ids_say_nothing_new(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
             {TRADE, BTC, MS(10000), MS(10000), "BTC[0] provisional complete n=1", 1},
             {GAP, BTC, MS(10000), MS(20000), "", 2, MS(20000)},
             {TRADE, BTC, MS(20000), MS(20000), "BTC[0] provisional gap 1 n=2", 3},
             {REPAIRED, BTC, MS(10000), MS(30000), "", 2, MS(20000)},
             {TICK, BTC, 0, MS(62000), "BTC[0] final 1 gap 1 n=2"});
}

static void feed_records_of_an_unknown_symbol_make_nothing(void **state)
{
    (void)state;
    RUN_HELD({TRADE, BTC, MS(10000), MS(10000), "BTC[0] provisional n=1"},
             {LOST, ETH, ABSENT, MS(11000), ""}, {GAP, ETH, MS(0), MS(11000), ""},
             {REPAIRED, ETH, MS(0), MS(11000), "", 0, MS(1000)}, {GIVEN_UP, ETH, ABSENT, 0, ""},
             {LOST, KRAKEN, ABSENT, MS(11000), ""},
             {TICK, BTC, 0, MS(130000), "BTC[0] final 1 n=1"},
             {TRADE, ETH, MS(130000), MS(130000), "ETH[2] provisional n=1"});
}

static void feed_records_move_no_time(void **state)
{
    (void)state;
    RUN_BARE({TICK, KRAKEN, 0, MS(1000), ""},
             {TRADE, KRAKEN, MS(1000), MS(1000), "KRAKEN[0] provisional n=1"},
             {TICK, KRAKEN, 0, MS(2500), ""}, {SUBSCRIBED, KRAKEN, ABSENT, MS(900000), ""},
             {TICK, KRAKEN, 0, MS(3000), ""});
}

/* --- healing --------------------------------------------------------------------------------- */

static void ids_that_go_on_heal_lost_time(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
             {TRADE, BTC, MS(5000), MS(5000), "BTC[0] provisional complete n=1", 1},
             {TRADE, BTC, MS(10000), MS(10000), "BTC[0] provisional complete n=2", 2},
             {SILENCE, BTC, 0, MS(130000), "BTC[0] final 1 gap n=2; BTC[1] final 1 down n=0"},
             {TRADE, BTC, MS(130500), MS(130500), "BTC[2] provisional complete n=1", 3},
             {TICK, BTC, 0, MS(131000),
              "BTC[0] final 2 restate complete n=2; BTC[1] final 2 restate quiet n=0"});
}

static void ids_that_do_not_go_on_leave_it_lost_until_repaired(void **state)
{
    (void)state;
    RUN_HELD(
        {SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
        {TRADE, BTC, MS(5000), MS(5000), "BTC[0] provisional complete n=1", 1},
        {TRADE, BTC, MS(10000), MS(10000), "BTC[0] provisional complete n=2", 2},
        {LOST, BTC, MS(10000), MS(12000), ""},
        {SUBSCRIBED, BTC, ABSENT, MS(130000), "BTC[0] final 1 gap n=2; BTC[1] final 1 down n=0"},
        {TRADE, BTC, MS(130500), MS(130500),
         "BTC[0] final 2 restate gap 1 n=2; BTC[1] final 2 restate down 1 n=0; "
         "BTC[2] provisional gap 1 n=1",
         4},
        {REPAIR, BTC, MS(70000), MS(132000),
         "BTC[1] final 3 repair complete n=1; BTC[0] final 3 restate complete n=2", 3});
}

/* Before the earliest and after the latest trade ids prove nothing. */
static void ids_prove_what_lies_between_them(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(-60000), ""}, {DEAD, BTC, 0, MS(2000), ""},
             {TRADE, BTC, MS(8000), MS(8000), "BTC[0] provisional gap n=1", 1},
             {TRADE, BTC, MS(9000), MS(9000), "BTC[0] provisional gap n=2", 2},
             {DEAD, BTC, 0, MS(70000), "BTC[0] final 1 gap n=2"},
             {TRADE, BTC, MS(70500), MS(71000), "BTC[1] provisional gap n=1", 3},
             {TICK, BTC, 0, MS(72000), ""},
             {TRADE, BTC, MS(73000), MS(73000), "BTC[1] provisional complete n=2", 4});
}

static void repaired_without_ids_heals_its_time(void **state)
{
    (void)state;
    RUN_HELD(
        {SUBSCRIBED, KRAKEN, ABSENT, MS(-60000), ""},
        {TRADE, KRAKEN, MS(10000), MS(10000), "KRAKEN[0] provisional n=1"},
        {TICK, KRAKEN, 0, MS(126000), "KRAKEN[0] final 1 n=1"},
        {GAP, KRAKEN, MS(60000), MS(126000), "KRAKEN[1] final 1 down n=0", 0, MS(120000)},
        {REPAIRED, KRAKEN, MS(60000), MS(129000), "", 7, MS(120000)}, /* with ids: says less */
        {REPAIRED, KRAKEN, MS(60000), MS(129500), "KRAKEN[1] final 2 restate gap n=0", 0,
         MS(90000)},
        {REPAIRED, KRAKEN, ABSENT, MS(130000), "", 0, MS(120000)},
        {REPAIRED, KRAKEN, MS(80000), MS(132500), "KRAKEN[1] final 3 restate n=0", 0, MS(120000)});
}

/* --- pace and reasons ------------------------------------------------------------------------ */

static void what_heals_within_the_second_is_not_told(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
             {TRADE, BTC, MS(50000), MS(50000), "BTC[0] provisional complete n=1", 1},
             {TICK, BTC, 0, MS(62000), "BTC[0] final 1 complete n=1"},
             {TRADE, BTC, MS(62100), MS(62100), "BTC[1] provisional gap 1 n=1", 3},
             {TRADE, BTC, MS(62000), MS(62200), "", 2},
             {TICK, BTC, 0, MS(63100), "BTC[1] provisional complete n=2"});
}

static void the_reason_is_that_of_the_trades(void **state)
{
    (void)state;
    RUN_HELD({SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
             {TRADE, BTC, MS(50000), MS(50000), "BTC[0] provisional complete n=1", 1},
             {TRADE, BTC, MS(65000), MS(65000),
              "BTC[0] final 1 complete n=1; BTC[0] final 2 restate gap 3 n=1; "
              "BTC[1] provisional gap 3 n=1",
              5},
             {TRADE, BTC, MS(51000), MS(65200), "", 2}, {REPAIR, BTC, MS(52000), MS(65300), "", 3},
             {TICK, BTC, 0, MS(66100), "BTC[0] final 3 repair gap 1 n=3"},
             {TRADE, BTC, MS(53000), MS(67100), "BTC[0] final 4 late complete n=4", 4});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complete_and_quiet),
        cmocka_unit_test(unknown_without_contiguous_ids),
        cmocka_unit_test(unknown_where_nobody_said_when_listening_began),
        cmocka_unit_test(partial_up_to_the_first_subscribed),
        cmocka_unit_test(gap_is_worse_than_partial),
        cmocka_unit_test(a_hole_is_filled_from_its_ends),
        cmocka_unit_test(a_hole_belongs_to_each_window_between_its_ends),
        cmocka_unit_test(a_hole_in_a_quiet_stretch),
        cmocka_unit_test(a_trade_amid_a_hole_parts_it),
        cmocka_unit_test(swapped_ids_are_a_hole_for_a_moment),
        cmocka_unit_test(ids_below_the_first_open_a_hole_too),
        cmocka_unit_test(duplicates_change_nothing),
        cmocka_unit_test(the_id_of_a_refused_trade_is_still_missing),
        cmocka_unit_test(ticks_more_than_three_seconds_apart),
        cmocka_unit_test(ticks_that_say_dead),
        cmocka_unit_test(silence_counts_before_it_ends),
        cmocka_unit_test(the_first_record_stands_for_a_tick),
        cmocka_unit_test(ticks_older_than_the_newest_say_nothing),
        cmocka_unit_test(lost_until_subscribed),
        cmocka_unit_test(lost_without_from_time_begins_when_it_was_received),
        cmocka_unit_test(gap_records_of_a_symbol_without_ids),
        cmocka_unit_test(gap_records_of_a_symbol_with_ids_say_nothing_new),
        cmocka_unit_test(feed_records_of_an_unknown_symbol_make_nothing),
        cmocka_unit_test(feed_records_move_no_time),
        cmocka_unit_test(ids_that_go_on_heal_lost_time),
        cmocka_unit_test(ids_that_do_not_go_on_leave_it_lost_until_repaired),
        cmocka_unit_test(ids_prove_what_lies_between_them),
        cmocka_unit_test(repaired_without_ids_heals_its_time),
        cmocka_unit_test(what_heals_within_the_second_is_not_told),
        cmocka_unit_test(the_reason_is_that_of_the_trades),
    };
    return cmocka_run_group_tests_name("candle_coverage", tests, NULL, NULL);
}
