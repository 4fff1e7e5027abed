/* Whether a candle holds all its trades: what it says of that, and when it says it anew. */
#include "candle_case.h"
#include "candle_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROWS(...)                                                                                  \
    (const struct candle_step[])                                                                   \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define N_ROWS(...) (sizeof(ROWS(__VA_ARGS__)) / sizeof(struct candle_step))
#define RUN(options, ...) candle_case_run(__func__, options, ROWS(__VA_ARGS__), N_ROWS(__VA_ARGS__))
#define RUN_BARE(...) candle_case_run_bare(__func__, &held, ROWS(__VA_ARGS__), N_ROWS(__VA_ARGS__))
#define RUN_HELD(...) RUN(&held, __VA_ARGS__)

/* Minutes alone, kept for one and held for a day. */
static struct candle_options held;

static int set_up(void **state)
{
    (void)state;
    held = candle_case_minutes;
    held.hold_ms = candle_case_defaults.hold_ms;
    return 0;
}

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
    struct candle_options short_hold = held;
    short_hold.hold_ms = 120000;
    RUN(&short_hold, {SUBSCRIBED, BTC, ABSENT, MS(-60000), ""},
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
        fold_harness_init(&h, subjects[i], &held, CANDLE_CASE_PARTITION);
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
    candle_case_run(__func__, &held, steps, RANGE_STEPS);
}

/* --- counts ---------------------------------------------------------------------------------- */

static void everything_is_counted(void **state)
{
    (void)state;
    struct candle_options seconds = held;
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
    struct candle_options two = held;
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
    return cmocka_run_group_tests_name("candle_coverage", tests, set_up, NULL);
}
