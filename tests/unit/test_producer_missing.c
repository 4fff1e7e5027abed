/* What a shard says it misses: what could be asked for. */
#include "producer_case.h"
#include "waiting_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void missing(void **state)
{
    struct shard_case *f = *state;
    waiting_create(f, 100, true);
    waiting_expect_missing(f, WAITING_SOL, "");
    assert_false(waiting_is_needy(f, WAITING_SOL));
    LIVE(f, WAITING_SOL, 1, 5);
    assert_true(waiting_is_needy(f, WAITING_SOL));
    waiting_expect_missing(f, WAITING_SOL, "W 2-4 at 10");
    LIVE(f, WAITING_SOL, 8, 4);
    waiting_expect_missing(f, WAITING_SOL, "W 2-3 at 10");
    LIVE(f, WAITING_SOL, 2);
    waiting_expect_missing(f, WAITING_SOL, "W 3-3 at 20");
    waiting_let_go(f, LATE_US);
    waiting_expect_missing(f, WAITING_SOL, "D 3-3 at 20, D 6-7 at 50");
    LIVE(f, WAITING_SOL, 12);
    waiting_expect_missing(f, WAITING_SOL, "W 9-11 at 80, D 3-3 at 20, D 6-7 at 50");
    REPAIR(f, WAITING_SOL, 3, 6, 9, 10, 11);
    waiting_expect_missing(f, WAITING_SOL, "D 7-7 at 50");
    assert_false(waiting_is_needy(f, WAITING_ETH));
}

static void needy(void **state)
{
    struct shard_case *f = *state;
    waiting_create(f, 100, false);
    LIVE(f, WAITING_SOL, 1, 3, 5);
    LIVE(f, WAITING_ETH, 1, 3);
    assert_int_equal(shard_needy(f->shard), 2);
    assert_int_equal(shard_needy_at(f->shard, 0), case_symbol(f->universe, WAITING_SOL));
    shard_not_needy(f->shard, 0);
    assert_int_equal(shard_needy(f->shard), 1);
    assert_int_equal(shard_needy_at(f->shard, 0), case_symbol(f->universe, WAITING_ETH));
    shard_not_needy(f->shard, 0);
    LIVE(f, WAITING_ETH, 5);
    assert_true(waiting_is_needy(f, WAITING_ETH) && !waiting_is_needy(f, WAITING_SOL));
    waiting_let_go(f, LATE_US); /* gaps are declared */
    assert_true(waiting_is_needy(f, WAITING_ETH) && waiting_is_needy(f, WAITING_SOL));
    assert_int_equal(shard_holes(f->shard), 2 + 2);
    shard_reset(f->shard);
    assert_int_equal(shard_needy(f->shard), 0);
    assert_int_equal(shard_holes(f->shard), 0);
}

/* Of a shard that is not the first one. */
static void of_another_shard(void **state)
{
    struct shard_case *f = *state;
    struct shard_missing m[SHARD_MISSING_MAX];
    struct err e = {0};
    f->brief = true;
    f->universe = case_universe(2, 2);
    f->hold = hold_create(f->universe->shards[1].n, 100, &e);
    assert_non_null(f->hold);
    shard_case_create(f, &(struct shard_about){.exchange = "binance",
                                               .stream = "trade",
                                               .universe = f->universe,
                                               .number = 1,
                                               .hold = f->hold});
    const uint32_t index = case_symbol(f->universe, WAITING_ETH);
    assert_true(f->universe->shards[1].first > 0);
    LIVE(f, WAITING_ETH, 1, 3);
    assert_true(waiting_is_needy(f, WAITING_ETH));
    assert_int_equal(shard_missing(f->shard, index, m), 1);
    waiting_let_go(f, LATE_US);
    strbuf_reset(&f->out);
    shard_time(f->shard, 0, 777);
    assert_int_equal(shard_repairing(f->shard, index, &m[0], shard_case_emit, f, &e), 0);
    assert_int_equal(shard_give_up(f->shard, index, &m[0], "why", shard_case_emit, f, &e), 0);
    shard_case_expect(f, "T1[ETH] repairing ETH-USDT 2-2 from 10 to 30 at 777\n"
                         "T1[ETH] given_up ETH-USDT 2-2 from 10 to 30 at 777 (why)\n");
}

static struct shard_missing look_of(const struct shard_case *f, const char *symbol)
{
    struct shard_missing m[SHARD_MISSING_MAX];
    assert_int_equal(shard_missing(f->shard, case_symbol(f->universe, symbol), m), 1);
    assert_int_equal(m[0].kind, SHARD_MISSING_PERHAPS);
    return m[0];
}

static void a_look_after_a_restart(void **state)
{
    struct shard_case *f = *state;
    waiting_create(f, 100, true);
    waiting_restore(f, WAITING_SOL, 1, 5);
    shard_case_begin(f, false, 1);
    waiting_expect_missing(f, WAITING_SOL, "");
    shard_reset(f->shard);
    waiting_restore(f, WAITING_SOL, 1, 5);
    shard_case_begin(f, true, 1);
    assert_true(waiting_is_needy(f, WAITING_SOL));
    waiting_expect_missing(f, WAITING_SOL, "P 6- at 50");
    waiting_expect_missing(f, WAITING_ETH, ""); /* nothing is known of it */
    REPAIR(f, WAITING_SOL, 6, 7);               /* there may be more on the next page */
    waiting_expect_missing(f, WAITING_SOL, "P 8- at 70");
    LIVE(f, WAITING_SOL, 5); /* says nothing */
    waiting_expect_missing(f, WAITING_SOL, "P 8- at 70");
    LIVE(f, WAITING_SOL, 9);
    waiting_expect_missing(f, WAITING_SOL, "W 8-8 at 70");
    REPAIR(f, WAITING_SOL, 8);
    waiting_expect_missing(f, WAITING_SOL, "");
}

static void a_look_after_a_link(void **state)
{
    struct shard_case *f = *state;
    waiting_create(f, 100, true);
    LIVE(f, WAITING_SOL, 1);
    shard_case_link(f, 1, true, 10);
    waiting_expect_missing(f, WAITING_SOL, "P 2- at 10");
    assert_true(waiting_is_needy(f, WAITING_SOL));
    assert_false(waiting_is_needy(f, WAITING_ETH)); /* nothing is known of it */
    LIVE(f, WAITING_SOL, 2);
    waiting_expect_missing(f, WAITING_SOL, "");
    shard_case_link(f, 1, false, 20);
    waiting_expect_missing(f, WAITING_SOL, "");
    shard_case_link(f, 1, true, 30);
    const struct shard_missing first = look_of(f, WAITING_SOL);
    shard_case_link(f, 1, false, 40);
    waiting_expect_missing(f, WAITING_SOL, ""); /* until it is back, there is no end of it */
    shard_case_link(f, 1, true, 50);
    const struct shard_missing second = look_of(f, WAITING_SOL);
    assert_true(second.look != first.look);
    shard_looked(f->shard, case_symbol(f->universe, WAITING_SOL), &first);
    waiting_expect_missing(f, WAITING_SOL, "P 3- at 20");
    shard_looked(f->shard, case_symbol(f->universe, WAITING_SOL), &second);
    waiting_expect_missing(f, WAITING_SOL, "");
    shard_reset(f->shard);
    waiting_restore(f, WAITING_SOL, 1, 5);
    shard_case_begin(f, true, 1);
    assert_true(look_of(f, WAITING_SOL).look != second.look);
}

/* What came before the connection was lost says nothing of what was missed then. */
static void a_look_and_what_waited_before(void **state)
{
    struct shard_case *f = *state;
    waiting_create(f, 100, true);
    LIVE(f, WAITING_SOL, 1, 3);
    shard_case_link(f, 1, false, 20);
    shard_case_link(f, 1, true, 30);
    waiting_expect_missing(f, WAITING_SOL, "W 2-2 at 10");
    LIVE(f, WAITING_SOL, 2);
    waiting_expect_missing(f, WAITING_SOL, "P 4- at 30");
    LIVE(f, WAITING_SOL, 4);
    waiting_expect_missing(f, WAITING_SOL, "");
}

static void no_looks(void **state)
{
    struct shard_case *f = *state;
    waiting_create(f, 100, false);
    waiting_restore(f, WAITING_SOL, 1, 5);
    shard_case_begin(f, true, 1);
    shard_case_link(f, 1, true, 10);
    waiting_expect_missing(f, WAITING_SOL, "");
}

/* --- after a failure ------------------------------------------------------------------------- */

static void waiting_over_a_failure(void **state)
{
    struct shard_case *f = *state;
    waiting_create(f, 100, false);
    LIVE(f, WAITING_SOL, 1, 5);
    hold_commit(f->hold);
    LIVE(f, WAITING_SOL, 4); /* the journal has it still */
    waiting_begin_again(f, 1);
    assert_true(waiting_is_needy(f, WAITING_SOL));
    waiting_expect_missing(f, WAITING_SOL, "W 2-4 at 10");
    REPAIR(f, WAITING_SOL, 2, 3, 4);
    assert_non_null(strstr(f->out.data, "trade SOL-USDT 5=5"));
    waiting_begin_again(f, 1);
    waiting_expect_missing(f, WAITING_SOL, "W 2-4 at 10");
}

/* Somebody has written what waits, or a commit that failed did not. */
static void overtaken(void **state)
{
    struct shard_case *f = *state;
    waiting_create(f, 100, true);
    LIVE(f, WAITING_SOL, 1, 5, 6, 9);
    hold_commit(f->hold);
    waiting_begin_again(f, 6);
    waiting_expect_missing(f, WAITING_SOL, "W 7-8 at 60");
    waiting_begin_again(f, 20);
    waiting_expect_missing(f, WAITING_SOL, "");
    shard_case_link(f, 1, true, 10);
    waiting_expect_missing(f, WAITING_SOL, "P 21- at 200");
    strbuf_reset(&f->out);
    LIVE(f, WAITING_SOL, 23);
    waiting_expect_missing(f, WAITING_SOL, "W 21-22 at 200");
    assert_int_equal(hold_count(f->hold), 1); /* those overtaken are gone */
    LIVE(f, WAITING_SOL, 21, 22);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 21=21 @210\n"
                         "T2[SOL] trade SOL-USDT 22=22 @220\n"
                         "T2[SOL] trade SOL-USDT 23=23 @230\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, shard_case_setup, shard_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(missing),
        CASE(needy),
        CASE(of_another_shard),
        CASE(a_look_after_a_restart),
        CASE(a_look_after_a_link),
        CASE(a_look_and_what_waited_before),
        CASE(no_looks),
        CASE(waiting_over_a_failure),
        CASE(overtaken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
