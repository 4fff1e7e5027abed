/* What a shard does with trades while ids before them are missing, and what is told of it. */
#include "producer_case.h"
#include "waiting_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* --- trades ---------------------------------------------------------------------------------- */

static void a_jump_waits(void **state)
{
    struct shard_case *f = *state;
    waiting_create(f, 100, false);
    LIVE(f, WAITING_SOL, 1, 5, 6, 9);
    LIVE(f, WAITING_ETH, 3);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 1=1 @10\n"
                         "T1[ETH] trade ETH-USDT 3=3 @30\n");
    waiting_let_go(f, WAIT_US);
    shard_case_expect(f, "");
    waiting_let_go(f, WAIT_US + 1);
    shard_case_expect(f, "T2[SOL] gap SOL-USDT 2-4 from 10 to 50 at 51 (skipped by the stream)\n"
                         "T2[SOL] trade SOL-USDT 5=5 @50\n"
                         "T2[SOL] trade SOL-USDT 6=6 @60\n"
                         "T2[SOL] gap SOL-USDT 7-8 from 60 to 90 at 91 (skipped by the stream)\n"
                         "T2[SOL] trade SOL-USDT 9=9 @90\n");
    shard_case_flush(f);
    shard_case_expect(f, "P0[SOL-USDT] progress SOL-USDT trade 1-9 at 90 hole 2-4 hole 7-8\n"
                         "P0[ETH-USDT] progress ETH-USDT trade 3-3 at 30\n");
}

static void swapped(void **state)
{
    struct shard_case *f = *state;
    waiting_create(f, 100, false);
    LIVE(f, WAITING_SOL, 1, 4, 3, 3, 2, 5);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 1=1 @10\n"
                         "T2[SOL] trade SOL-USDT 2=2 @20\n"
                         "T2[SOL] trade SOL-USDT 3=3 @30\n"
                         "T2[SOL] trade SOL-USDT 4=4 @40\n"
                         "T2[SOL] trade SOL-USDT 5=5 @50\n");
    waiting_let_go(f, LATE_US);
    shard_case_expect(f, "");
}

static void repair_joins(void **state)
{
    struct shard_case *f = *state;
    waiting_create(f, 100, false);
    LIVE(f, WAITING_SOL, 1, 4, 6);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 1=1 @10\n");
    REPAIR(f, WAITING_SOL, 2, 3);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 2=2 @20 repair\n"
                         "T2[SOL] trade SOL-USDT 3=3 @30 repair\n"
                         "T2[SOL] trade SOL-USDT 4=4 @40\n");
    REPAIR(f, WAITING_SOL, 5);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 5=5 @50 repair\n"
                         "T2[SOL] trade SOL-USDT 6=6 @60\n");
    shard_case_flush(f);
    shard_case_expect(f, "P0[SOL-USDT] progress SOL-USDT trade 1-6 at 60\n");
}

/* What the exchange leaves out of an answer, it does not have: its trades do not wait. */
static void repair_with_a_hole(void **state)
{
    struct shard_case *f = *state;
    waiting_create(f, 100, false);
    LIVE(f, WAITING_SOL, 1);
    shard_case_link(f, 1, false, 500);
    LIVE(f, WAITING_SOL, 6);
    strbuf_reset(&f->out);
    REPAIR(f, WAITING_SOL, 2, 4, 5, 5);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 2=2 @20 repair\n"
                         "T2[SOL] gap SOL-USDT 3-3 from 20 to 40 at 41 (not delivered while the "
                         "connection was lost)\n"
                         "T2[SOL] trade SOL-USDT 4=4 @40 repair\n"
                         "T2[SOL] trade SOL-USDT 5=5 @50 repair\n"
                         "T2[SOL] trade SOL-USDT 6=6 @60\n");
    LIVE(f, WAITING_SOL, 8); /* and heard again */
    waiting_let_go(f, LATE_US);
    shard_case_expect(f, "T2[SOL] gap SOL-USDT 7-7 from 60 to 80 at 81 (skipped by the stream)\n"
                         "T2[SOL] trade SOL-USDT 8=8 @80\n");
}

static void duplicates(void **state)
{
    struct shard_case *f = *state;
    struct shard_counts c;
    waiting_create(f, 100, false);
    LIVE(f, WAITING_SOL, 1, 2, 5, 5, 5, 1, 2);
    REPAIR(f, WAITING_SOL, 1, 2, 3, 4, 5);
    LIVE(f, WAITING_SOL, 5, 4);
    strbuf_reset(&f->out);
    shard_case_flush(f);
    shard_case_expect(f, "P0[SOL-USDT] progress SOL-USDT trade 1-5 at 50\n");
    shard_counts_take(f->shard, &c);
    assert_int_equal(c.trades, 5);
    assert_int_equal(c.duplicates, 2 + 3 + 2);
    assert_int_equal(c.gaps, 0);
}

static void full(void **state)
{
    struct shard_case *f = *state;
    waiting_create(f, 2, false);
    LIVE(f, WAITING_SOL, 1, 3, 5);
    LIVE(f, WAITING_ETH, 1);
    strbuf_reset(&f->out);
    LIVE(f, WAITING_SOL, 7);
    shard_case_expect(f, "T2[SOL] gap SOL-USDT 2-2 from 10 to 30 at 31 (skipped by the stream)\n"
                         "T2[SOL] trade SOL-USDT 3=3 @30\n"
                         "T2[SOL] gap SOL-USDT 4-4 from 30 to 50 at 51 (skipped by the stream)\n"
                         "T2[SOL] trade SOL-USDT 5=5 @50\n"
                         "T2[SOL] gap SOL-USDT 6-6 from 50 to 70 at 71 (skipped by the stream)\n"
                         "T2[SOL] trade SOL-USDT 7=7 @70\n");
    LIVE(f, WAITING_ETH, 3); /* by another's: until the commit they may come back */
    assert_non_null(strstr(f->out.data, "trade ETH-USDT 3=3"));
    strbuf_reset(&f->out);
    hold_commit(f->hold);
    LIVE(f, WAITING_ETH, 5);
    shard_case_expect(f, "");
}

static void snapshots(void **state)
{
    struct shard_case *f = *state;
    waiting_create(f, 100, false);
    SNAPSHOT(f, WAITING_SOL, 4); /* of a time before we listened */
    LIVE(f, WAITING_SOL, 6);
    SNAPSHOT(f, WAITING_SOL, 7, 9);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 6=6 @60\n"
                         "T2[SOL] trade SOL-USDT 7=7 @70\n");
    waiting_expect_missing(f, WAITING_SOL, "W 8-8 at 70");
    REPAIR(f, WAITING_SOL, 8);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 8=8 @80 repair\n"
                         "T2[SOL] trade SOL-USDT 9=9 @90\n");
}

/* --- what is told ---------------------------------------------------------------------------- */

static void repairing(void **state)
{
    struct shard_case *f = *state;
    struct shard_missing m[SHARD_MISSING_MAX];
    struct err e = {0};
    waiting_create(f, 100, false);
    LIVE(f, WAITING_SOL, 1, 4, 6, 9);
    const uint32_t index = case_symbol(f->universe, WAITING_SOL);
    assert_int_equal(shard_missing(f->shard, index, m), 1);
    strbuf_reset(&f->out);
    assert_int_equal(shard_repairing(f->shard, index, &m[0], shard_case_emit, f, &e), 0);
    shard_case_expect(f, ""); /* nobody was told that it is missing */
    waiting_let_go(f, LATE_US);
    strbuf_reset(&f->out);
    shard_time(f->shard, 3, 777);
    assert_int_equal(shard_missing(f->shard, index, m), 3);
    assert_int_equal(shard_repairing(f->shard, index, &m[2], shard_case_emit, f, &e), 0);
    shard_case_expect(f, "T2[SOL] repairing SOL-USDT 7-8 from 60 to 90 at 777\n");
    m[0].last_id = m[1].last_id;
    assert_int_equal(shard_repairing(f->shard, index, &m[0], shard_case_emit, f, &e), 0);
    shard_case_expect(f, "T2[SOL] repairing SOL-USDT 2-3 from 10 to 40 at 777\n"
                         "T2[SOL] repairing SOL-USDT 5-5 from 40 to 60 at 777\n");
    REPAIR(f, WAITING_SOL, 2, 3, 8);
    shard_case_flush(f);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 2=2 @20 repair\n"
                         "T2[SOL] trade SOL-USDT 3=3 @30 repair\n"
                         "T2[SOL] trade SOL-USDT 8=8 @80 repair\n"
                         "T2[SOL] repaired SOL-USDT 2-3 from 10 to 40 at 31\n"
                         "T2[SOL] repaired SOL-USDT 8-8 from 60 to 90 at 81\n"
                         "P0[SOL-USDT] progress SOL-USDT trade 1-9 at 90 hole 5-5 hole 7-7\n");
}

static void giving_up(void **state)
{
    struct shard_case *f = *state;
    struct shard_counts c;
    struct err e = {0};
    waiting_create(f, 100, false);
    LIVE(f, WAITING_SOL, 1, 5, 9);
    waiting_let_go(f, LATE_US);
    shard_case_flush(f);
    LIVE(f, WAITING_SOL, 12);
    strbuf_reset(&f->out);
    shard_time(f->shard, 3, 777);
    const uint32_t index = case_symbol(f->universe, WAITING_SOL);
    struct shard_missing m = {.first_id = 3, .last_id = 7};
    assert_int_equal(shard_give_up(f->shard, index, &m, "why", shard_case_emit, f, &e), 0);
    shard_case_expect(f, "T2[SOL] given_up SOL-USDT 3-4 from 10 to 50 at 777 (why)\n"
                         "T2[SOL] given_up SOL-USDT 6-7 from 50 to 90 at 777 (why)\n");
    assert_int_equal(shard_give_up(f->shard, index, &m, "why", shard_case_emit, f, &e), 0);
    m = (struct shard_missing){.first_id = 10, .last_id = 11}; /* nobody was told of these */
    assert_int_equal(shard_give_up(f->shard, index, &m, "why", shard_case_emit, f, &e), 0);
    REPAIR(f, WAITING_SOL, 3, 7);
    shard_case_expect(f, "");
    waiting_expect_missing(f, WAITING_SOL, "W 10-11 at 90, D 2-2 at 10, D 8-8 at 50");
    shard_case_flush(f);
    shard_case_expect(f, "P0[SOL-USDT] progress SOL-USDT trade 1-9 at 90 hole 2-2 hole 8-8\n");
    shard_counts_take(f->shard, &c);
    assert_int_equal(c.given_up_ids, 4);
    assert_int_equal(c.gap_ids, 6);
}

/* --- a failure ------------------------------------------------------------------------------- */

static int refuse(void *ctx, const struct shard_output *out, struct err *e)
{
    (void)ctx;
    (void)out;
    return err_set(e, ERR_IO, "no");
}

static void a_sink_that_fails(void **state)
{
    struct shard_case *f = *state;
    struct err e = {0};
    waiting_create(f, 1, false);
    LIVE(f, WAITING_SOL, 1, 3);
    const uint32_t index = case_symbol(f->universe, WAITING_SOL);
    const struct entry next = {.type = ENTRY_TRADE, .index = index, .sequence = 5};
    shard_time(f->shard, LATE_US, 0);
    assert_int_equal(shard_let_go(f->shard, refuse, NULL, &e), -1);
    assert_int_equal(hold_count(f->hold), 1);
    assert_int_equal(shard_apply(f->shard, &next, refuse, NULL, &e), -1);
    waiting_begin_again(f, 1);
    LIVE(f, WAITING_SOL, 5);
    const struct shard_missing all = {.first_id = 0, .last_id = INT64_MAX};
    waiting_let_go(f, 2 * LATE_US);
    assert_int_equal(shard_repairing(f->shard, index, &all, refuse, NULL, &e), -1);
    assert_int_equal(shard_give_up(f->shard, index, &all, "", refuse, NULL, &e), -1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, shard_case_setup, shard_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_jump_waits),       CASE(swapped),    CASE(repair_joins),
        CASE(repair_with_a_hole), CASE(duplicates), CASE(full),
        CASE(snapshots),          CASE(repairing),  CASE(giving_up),
        CASE(a_sink_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
