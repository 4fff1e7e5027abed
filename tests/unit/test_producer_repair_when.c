/* When something is asked for again, and when no more. */
#include "plan_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char SOL[] = "SOL-USDT";

/* --- when, and how often --------------------------------------------------------------------- */

static void without_an_answer(void **state)
{
    static const int64_t waits_ms[] = {250,  500,   1000,  2000,  4000,
                                       8000, 16000, 30000, 30000, 30000};
    struct plan_case *f = *state;
    plan_case_declare(f, SOL, 1, 5);
    int64_t since_us = f->now_us;
    assert_true(plan_case_next(f));
    for (size_t i = 0; i < sizeof(waits_ms) / sizeof(waits_ms[0]); i++) {
        assert_false(plan_case_answered(f, REPAIR_FAILED));
        plan_case_expect_wait(f, waits_ms[i] * MS);
    }
    f->now_us = since_us + GIVE_UP_US - 1;
    assert_true(plan_case_next(f));
    assert_false(plan_case_answered(f, REPAIR_FAILED));
    f->now_us++;
    assert_true(plan_case_answered(f, REPAIR_FAILED));
}

/* An answer without the ids eight times; no answer in between counts for nothing. */
static void in_vain(void **state)
{
    struct plan_case *f = *state;
    plan_case_declare(f, SOL, 1, 5);
    for (int i = 1; i <= 8; i++) {
        assert_true(plan_case_next(f));
        assert_false(plan_case_answered(f, REPAIR_FAILED));
        f->now_us += 30 * SECOND;
        assert_true(plan_case_next(f));
        assert_int_equal(plan_case_answered(f, i % 2 ? REPAIR_ALL : REPAIR_NONE), i == 8);
        f->now_us += 30 * SECOND;
    }
}

static void in_vain_takes_half_a_minute(void **state)
{
    struct plan_case *f = *state;
    plan_case_declare(f, SOL, 1, 5);
    int64_t since_us = f->now_us;
    assert_true(plan_case_next(f));
    for (int64_t wait_us = 250 * MS; !plan_case_answered(f, REPAIR_ALL); wait_us *= 2)
        plan_case_expect_wait(f, wait_us);
    assert_int_equal(f->now_us - since_us, 31750 * MS);
}

/* The query moves on from page to page, and nobody sets it back; the next try begins anew. */
static void pages(void **state)
{
    struct plan_case *f = *state;
    plan_case_declare(f, SOL, 1, 100);
    plan_case_expect(f, SHARD_MISSING_DECLARED, SOL, 2, 99);
    for (int64_t id = 2; id <= 40; id++)
        plan_case_trade(f, SOL, id, TRADE_ORIGIN_REPAIR);
    f->pick.query.first_id = 51; /* 41 to 50 it does not have */
    f->pick.query.cursor = 77;
    assert_false(plan_case_answered(f, REPAIR_PAGE));
    plan_case_expect(f, SHARD_MISSING_DECLARED, SOL, 51, 99);
    assert_int_equal(f->pick.query.cursor, 77);
    assert_int_equal(f->pick.missing.first_id, 41);
    plan_case_expect(f, SHARD_MISSING_DECLARED, SOL, 51, 99); /* asked twice */
    assert_false(plan_case_answered(f, REPAIR_FAILED));
    f->now_us += SECOND;
    plan_case_expect(f, SHARD_MISSING_DECLARED, SOL, 41, 99);
    assert_int_equal(f->pick.query.cursor, 0);
}

/* Pages are no tries: with the eighth in vain it is over, however many there were. */
static void pages_are_no_tries(void **state)
{
    struct plan_case *f = *state;
    plan_case_declare(f, SOL, 1, 100);
    for (int i = 1; i <= 8; i++) {
        for (int page = 0; page < 10; page++) {
            assert_true(plan_case_next(f));
            assert_false(plan_case_answered(f, REPAIR_PAGE));
        }
        assert_true(plan_case_next(f));
        assert_int_equal(plan_case_answered(f, REPAIR_ALL), i == 8);
        f->now_us += 30 * SECOND;
    }
}

/* Ids that come shorten it from the front: its tries go on, and it is asked for less. */
static void shortened(void **state)
{
    struct plan_case *f = *state;
    plan_case_live(f, SOL, 1);
    plan_case_live(f, SOL, 20);
    for (int i = 1; i <= 8; i++) {
        plan_case_expect(f, SHARD_MISSING_WAITED_FOR, SOL, i + 1, 19);
        assert_int_equal(f->pick.query.from_time_us, i == 1 ? 10 : 0); /* then from 2 s before */
        plan_case_live(f, SOL, i + 1);
        assert_int_equal(plan_case_answered(f, REPAIR_ALL), i == 8);
        f->now_us += 30 * SECOND;
    }
}

/* Of a hole that is parted, the part behind goes on, and the one before it begins anew. */
static void parted(void **state)
{
    struct plan_case *f = *state;
    plan_case_declare(f, SOL, 1, 9);
    for (int i = 1; i < 8; i++) {
        assert_true(plan_case_next(f));
        assert_false(plan_case_answered(f, REPAIR_ALL));
        f->now_us += 30 * SECOND;
    }
    plan_case_trade(f, SOL, 5, TRADE_ORIGIN_REPAIR);
    bool behind = false;
    bool before = false;
    while (plan_case_next(f)) {
        if (f->pick.missing.last_id == 8) {
            assert_false(f->pick.untold);
            assert_int_equal(f->pick.query.first_id, 6);
            assert_true(plan_case_answered(f, REPAIR_ALL));
            behind = true;
        } else {
            assert_int_equal(f->pick.query.first_id, 2);
            assert_int_equal(f->pick.query.last_id, 4);
            assert_true(f->pick.untold);
            assert_false(plan_case_answered(f, REPAIR_ALL));
            before = true;
        }
    }
    assert_true(behind && before);
}

/* --- looks ----------------------------------------------------------------------------------- */

static void looks_wait_for_the_stream(void **state)
{
    struct plan_case *f = *state;
    plan_case_live(f, SOL, 1);
    plan_case_reconnect(f, SOL);
    assert_false(plan_case_next(f));
    plan_case_expect_wait(f, 2 * SECOND);
    assert_int_equal(f->pick.missing.kind, SHARD_MISSING_PERHAPS);
    assert_false(f->pick.untold);
    plan_case_reconnect(f, SOL); /* lost and back: that is another one */
    assert_false(plan_case_next(f));
    assert_false(plan_case_answered(f, REPAIR_FAILED));
    assert_false(plan_case_answered(f, REPAIR_PAGE)); /* of the one before */
    plan_case_expect_wait(f, 2 * SECOND);
    assert_int_equal(f->pick.query.first_id, 2);
    plan_case_live(f, SOL, 2);
    assert_false(plan_case_next(f));
    assert_int_equal(shard_needy(f->c->shard), 0);
}

static void pages_of_a_look(void **state)
{
    struct plan_case *f = *state;
    plan_case_live(f, SOL, 1);
    plan_case_reconnect(f, SOL);
    assert_false(plan_case_next(f));
    f->now_us += 2 * SECOND;
    plan_case_expect(f, SHARD_MISSING_PERHAPS, SOL, 2, INT64_MAX);
    plan_case_trade(f, SOL, 2, TRADE_ORIGIN_REPAIR);
    f->pick.query.first_id = 3;
    assert_false(plan_case_answered(f, REPAIR_PAGE));
    plan_case_expect(f, SHARD_MISSING_PERHAPS, SOL, 3, INT64_MAX);
    assert_int_equal(f->pick.missing.first_id, 3);
    assert_false(plan_case_answered(f, REPAIR_ALL));
    shard_looked(f->c->shard, f->pick.index, &f->pick.missing);
    f->now_us += 60 * SECOND;
    assert_false(plan_case_next(f));
}

/* --- after a failure ------------------------------------------------------------------------- */

/* What the pages before brought went with the transaction: they are asked for again. */
static void pages_lost_with_a_transaction(void **state)
{
    struct plan_case *f = *state;
    struct err e = {0};
    plan_case_live(f, SOL, 1);
    plan_case_live(f, SOL, 100);
    hold_commit(f->c->hold);
    assert_true(plan_case_next(f));
    for (int64_t id = 2; id <= 40; id++)
        plan_case_trade(f, SOL, id, TRADE_ORIGIN_REPAIR);
    f->pick.query.first_id = 41;
    assert_false(plan_case_answered(f, REPAIR_PAGE));
    plan_case_expect(f, SHARD_MISSING_WAITED_FOR, SOL, 41, 99);
    shard_reset(f->c->shard);
    hold_rewind(f->c->hold);
    assert_int_equal(shard_case_restore(f->c, "binance", "trade", SOL, 1, 1, &e), 0);
    shard_case_begin(f->c, true, 1);
    plan_case_expect(f, SHARD_MISSING_WAITED_FOR, SOL, 2, 99);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, plan_case_setup, plan_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(without_an_answer),
        CASE(in_vain),
        CASE(in_vain_takes_half_a_minute),
        CASE(pages),
        CASE(pages_are_no_tries),
        CASE(shortened),
        CASE(parted),
        CASE(looks_wait_for_the_stream),
        CASE(pages_of_a_look),
        CASE(pages_lost_with_a_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
