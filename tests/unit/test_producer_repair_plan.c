/* What is asked for, and in which order. */
#include "plan_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char SOL[] = "SOL-USDT";
static const char ETH[] = "ETH-USDT";
static const char XRP[] = "XRP-USDT";

/* --- what is asked for ----------------------------------------------------------------------- */

static void a_question(void **state)
{
    struct plan_case *f = *state;
    assert_false(plan_case_next(f));
    plan_case_live(f, SOL, 10);
    plan_case_live(f, SOL, 15);
    plan_case_expect(f, SHARD_MISSING_WAITED_FOR, SOL, 11, 14);
    const struct history_query *q = &f->pick.query;
    assert_ptr_equal(q->instrument, &f->c->universe->symbols[f->pick.index].info);
    assert_ptr_equal(q->channel, &plan_case_channel);
    assert_int_equal(q->from_time_us, 100);
    assert_int_equal(q->cursor, 0);
    assert_int_equal(f->pick.missing.first_id, 11);
    assert_int_equal(f->pick.missing.last_id, 14);
    assert_false(f->pick.untold); /* no gap was told of */
    for (int64_t id = 11; id < 15; id++)
        plan_case_trade(f, SOL, id, TRADE_ORIGIN_REPAIR);
    assert_false(plan_case_next(f));
    assert_int_equal(shard_needy(f->c->shard), 0);
    assert_false(plan_case_answered(f, REPAIR_ALL)); /* of what is not missing any more */
}

/* Trades may be dated before the one in front of them. */
static void fruitless_questions_begin_earlier(void **state)
{
    struct plan_case *f = *state;
    const int64_t back_s[] = {0, 2, 4, 8, 16, 32, 64, 128};
    const int64_t time_us = INT64_C(100) * SECOND;
    plan_case_live(f, SOL, time_us / 10); /* its time is ten times its id */
    plan_case_live(f, SOL, time_us / 10 + 5);
    for (size_t i = 0; i < sizeof(back_s) / sizeof(back_s[0]); i++) {
        int64_t from_us = time_us - back_s[i] * SECOND;
        assert_true(plan_case_next(f));
        assert_int_equal(f->pick.query.from_time_us, from_us > 0 ? from_us : 0);
        assert_int_equal(plan_case_answered(f, REPAIR_ALL), i == 7);
        f->now_us += INT64_C(60) * SECOND;
    }
    plan_case_declare(f, ETH, 1, 5);
    assert_true(plan_case_next(f));
    assert_false(plan_case_answered(f, REPAIR_FAILED)); /* no answer says nothing of times */
    f->now_us += SECOND;
    plan_case_expect(f, SHARD_MISSING_DECLARED, ETH, 2, 4);
    assert_int_equal(f->pick.query.from_time_us, 10);
}

/* What is waited for, declared gaps, what is only perhaps missing. */
static void by_urgency(void **state)
{
    struct plan_case *f = *state;
    plan_case_declare(f, SOL, 1, 5);
    plan_case_live(f, XRP, 1);
    plan_case_reconnect(f, XRP);
    assert_true(plan_case_next(f));
    f->now_us += 2 * SECOND;
    plan_case_live(f, ETH, 1);
    plan_case_live(f, ETH, 3);
    plan_case_expect(f, SHARD_MISSING_WAITED_FOR, ETH, 2, 2);
    assert_false(plan_case_answered(f, REPAIR_FAILED));
    plan_case_expect(f, SHARD_MISSING_DECLARED, SOL, 2, 4);
    assert_false(plan_case_answered(f, REPAIR_FAILED));
    assert_false(repair_plan_next(f->plan, f->c->shard, f->now_us, false, &f->pick));
    plan_case_expect(f, SHARD_MISSING_PERHAPS, XRP, 2, INT64_MAX);
    assert_false(plan_case_answered(f, REPAIR_FAILED));
    assert_false(plan_case_next(f));
    f->now_us += SECOND; /* all are due */
    plan_case_expect(f, SHARD_MISSING_WAITED_FOR, ETH, 2, 2);
    plan_case_trade(f, ETH, 2, TRADE_ORIGIN_REPAIR);
    plan_case_expect(f, SHARD_MISSING_DECLARED, SOL, 2, 4);
}

static void least_recently_first(void **state)
{
    struct plan_case *f = *state;
    plan_case_declare(f, SOL, 1, 5);
    plan_case_live(f, SOL, 9);
    plan_case_declare(f, ETH, 1, 5);
    int64_t asked[3][2];
    for (int i = 0; i < 3; i++) { /* each once */
        assert_true(plan_case_next(f));
        asked[i][0] = f->pick.index;
        asked[i][1] = f->pick.missing.last_id;
        for (int k = 0; k < i; k++)
            assert_true(asked[i][0] != asked[k][0] || asked[i][1] != asked[k][1]);
        assert_false(plan_case_answered(f, REPAIR_FAILED));
        f->now_us += MS;
    }
    assert_false(plan_case_next(f));
    f->now_us += SECOND;
    for (int i = 0; i < 3; i++) { /* and in that order again */
        assert_true(plan_case_next(f));
        assert_int_equal(f->pick.index, asked[i][0]);
        assert_int_equal(f->pick.missing.last_id, asked[i][1]);
        assert_false(plan_case_answered(f, REPAIR_FAILED));
    }
}

/* Between its pages others have their turn. */
static void pages_in_turns(void **state)
{
    struct plan_case *f = *state;
    plan_case_declare(f, SOL, 1, 100);
    plan_case_declare(f, ETH, 1, 100);
    uint32_t before = UINT32_MAX;
    for (int i = 0; i < 10; i++) {
        assert_true(plan_case_next(f));
        assert_int_not_equal(f->pick.index, before);
        before = f->pick.index;
        f->now_us += MS;
        assert_false(plan_case_answered(f, REPAIR_PAGE));
    }
}

static void of_another_shard(void **state)
{
    struct plan_case *f = *state;
    assert_true(f->c->universe->shards[1].first > 0);
    plan_case_declare(f, XRP, 1, 5);
    plan_case_live(f, ETH, 1);
    plan_case_live(f, ETH, 3);
    plan_case_expect(f, SHARD_MISSING_WAITED_FOR, ETH, 2, 2);
    assert_ptr_equal(f->pick.query.instrument, &f->c->universe->symbols[f->pick.index].info);
    assert_false(plan_case_answered(f, REPAIR_ALL));
    plan_case_expect(f, SHARD_MISSING_DECLARED, XRP, 2, 4);
    assert_false(plan_case_answered(f, REPAIR_ALL));
    assert_false(plan_case_next(f));
}

static void told_once(void **state)
{
    struct plan_case *f = *state;
    plan_case_live(f, SOL, 1);
    plan_case_live(f, SOL, 5);
    assert_true(plan_case_next(f));
    assert_false(f->pick.untold);
    plan_case_let_go(f); /* while the answer is under way */
    assert_false(plan_case_answered(f, REPAIR_FAILED));
    plan_case_expect_wait(f, 250 * MS);
    assert_int_equal(f->pick.missing.kind, SHARD_MISSING_DECLARED);
    assert_true(f->pick.untold);
    assert_false(plan_case_answered(f, REPAIR_PAGE));
    assert_true(plan_case_next(f));
    assert_false(f->pick.untold);
    assert_false(plan_case_answered(f, REPAIR_FAILED));
    plan_case_expect_wait(f, 500 * MS);
    assert_false(f->pick.untold);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, plan_case_setup, plan_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_question),
        CASE(fruitless_questions_begin_earlier),
        CASE(by_urgency),
        CASE(least_recently_first),
        CASE(pages_in_turns),
        cmocka_unit_test_setup_teardown(of_another_shard, plan_case_setup_second_of_two,
                                        plan_case_teardown),
        CASE(told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
