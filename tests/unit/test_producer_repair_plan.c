/* What is asked for when, and when no more. */
#include "producer_case.h"
#include "repair_plan.h"
#include "shard_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MS = 1000, SECOND = 1000000, GIVE_UP_US = 600 * SECOND };

static const char SOL[] = "SOL-USDT";
static const char ETH[] = "ETH-USDT";
static const char XRP[] = "XRP-USDT";
static const struct channel channel = {"trade", CHANNEL_TRADES, "ws", 2};

struct fixture {
    struct shard_case *c;
    struct repair_plan *plan;
    int64_t now_us;
    struct repair_pick pick; /* the last one */
};

static int create(void **state, int32_t shards, uint32_t number)
{
    struct fixture *f = calloc(1, sizeof(*f));
    void *inner = NULL;
    struct err e = {0};
    if (!f || shard_case_setup(&inner) != 0)
        return -1;
    f->c = inner;
    f->now_us = 10 * SECOND;
    f->c->brief = true;
    f->c->universe = case_universe(shards, 2);
    f->c->hold = hold_create(f->c->universe->shards[number].n, 100, &e);
    shard_case_create(f->c, &(struct shard_about){.exchange = "binance",
                                                  .stream = "trade",
                                                  .universe = f->c->universe,
                                                  .number = number,
                                                  .hold = f->c->hold,
                                                  .wait_us = 2 * SECOND,
                                                  .looks = true});
    f->plan = repair_plan_create(f->c->universe, number, &channel, GIVE_UP_US, &e);
    *state = f;
    return f->plan && f->c->hold ? 0 : -1;
}

static int setup(void **state)
{
    return create(state, 1, 0);
}

static int setup_second_of_two(void **state)
{
    return create(state, 2, 1);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    void *inner = f->c;
    repair_plan_destroy(f->plan);
    (void)shard_case_teardown(&inner);
    free(f);
    return 0;
}

static void trade(struct fixture *f, const char *symbol, int64_t id, enum trade_origin origin)
{
    shard_time(f->c->shard, f->now_us, f->now_us);
    shard_case_trade(f->c, symbol, id, origin);
}

static void live(struct fixture *f, const char *symbol, int64_t id)
{
    trade(f, symbol, id, TRADE_ORIGIN_LIVE);
}

static void let_go(struct fixture *f)
{
    struct err e = {0};
    shard_time(f->c->shard, INT64_MAX, f->now_us);
    assert_int_equal(shard_let_go(f->c->shard, shard_case_emit, f->c, &e), 0);
    shard_time(f->c->shard, f->now_us, f->now_us);
}

/* A declared hole of a symbol: the ids between these. */
static void declare(struct fixture *f, const char *symbol, int64_t before, int64_t behind)
{
    live(f, symbol, before);
    live(f, symbol, behind);
    let_go(f);
}

/* Its connection is back. */
static void reconnect(struct fixture *f, const char *symbol)
{
    const uint32_t i = case_symbol(f->c->universe, symbol);
    for (uint32_t l = 0; l < f->c->universe->n_links; l++)
        if (i - f->c->universe->links[l].symbols.first < f->c->universe->links[l].symbols.n)
            shard_case_link(f->c, l, true, f->now_us);
}

static bool next(struct fixture *f)
{
    return repair_plan_next(f->plan, f->c->shard, f->now_us, true, &f->pick);
}

static void expect_pick(struct fixture *f, enum shard_missing_kind kind, const char *symbol,
                        int64_t first_id, int64_t last_id)
{
    assert_true(next(f));
    assert_int_equal(f->pick.missing.kind, kind);
    assert_string_equal(f->c->universe->symbols[f->pick.index].info.symbol, symbol);
    assert_int_equal(f->pick.query.first_id, first_id);
    assert_int_equal(f->pick.query.last_id, last_id);
}

static bool answered(struct fixture *f, enum repair_outcome outcome)
{
    return repair_plan_answered(f->plan, &f->pick, outcome, f->now_us);
}

/* Nothing is asked for until then, and something is at that time. */
static void expect_wait(struct fixture *f, int64_t wait_us)
{
    f->now_us += wait_us - 1;
    assert_false(next(f));
    f->now_us++;
    assert_true(next(f));
}

/* --- what is asked for ----------------------------------------------------------------------- */

static void a_question(void **state)
{
    struct fixture *f = *state;
    assert_false(next(f));
    live(f, SOL, 10);
    live(f, SOL, 15);
    expect_pick(f, SHARD_MISSING_WAITED_FOR, SOL, 11, 14);
    const struct history_query *q = &f->pick.query;
    assert_ptr_equal(q->instrument, &f->c->universe->symbols[f->pick.index].info);
    assert_ptr_equal(q->channel, &channel);
    assert_int_equal(q->from_time_us, 100);
    assert_int_equal(q->cursor, 0);
    assert_int_equal(f->pick.missing.first_id, 11);
    assert_int_equal(f->pick.missing.last_id, 14);
    assert_false(f->pick.untold); /* no gap was told of */
    for (int64_t id = 11; id < 15; id++)
        trade(f, SOL, id, TRADE_ORIGIN_REPAIR);
    assert_false(next(f));
    assert_int_equal(shard_needy(f->c->shard), 0);
    assert_false(answered(f, REPAIR_ALL)); /* of what is not missing any more */
}

/* Trades may be dated before the one in front of them. */
static void fruitless_questions_begin_earlier(void **state)
{
    struct fixture *f = *state;
    const int64_t back_s[] = {0, 2, 4, 8, 16, 32, 64, 128};
    const int64_t time_us = INT64_C(100) * SECOND;
    live(f, SOL, time_us / 10); /* its time is ten times its id */
    live(f, SOL, time_us / 10 + 5);
    for (size_t i = 0; i < sizeof(back_s) / sizeof(back_s[0]); i++) {
        int64_t from_us = time_us - back_s[i] * SECOND;
        assert_true(next(f));
        assert_int_equal(f->pick.query.from_time_us, from_us > 0 ? from_us : 0);
        assert_int_equal(answered(f, REPAIR_ALL), i == 7);
        f->now_us += INT64_C(60) * SECOND;
    }
    declare(f, ETH, 1, 5);
    assert_true(next(f));
    assert_false(answered(f, REPAIR_FAILED)); /* no answer says nothing of times */
    f->now_us += SECOND;
    expect_pick(f, SHARD_MISSING_DECLARED, ETH, 2, 4);
    assert_int_equal(f->pick.query.from_time_us, 10);
}

/* What is waited for, declared gaps, what is only perhaps missing. */
static void by_urgency(void **state)
{
    struct fixture *f = *state;
    declare(f, SOL, 1, 5);
    live(f, XRP, 1);
    reconnect(f, XRP);
    assert_true(next(f));
    f->now_us += 2 * SECOND;
    live(f, ETH, 1);
    live(f, ETH, 3);
    expect_pick(f, SHARD_MISSING_WAITED_FOR, ETH, 2, 2);
    assert_false(answered(f, REPAIR_FAILED));
    expect_pick(f, SHARD_MISSING_DECLARED, SOL, 2, 4);
    assert_false(answered(f, REPAIR_FAILED));
    assert_false(repair_plan_next(f->plan, f->c->shard, f->now_us, false, &f->pick));
    expect_pick(f, SHARD_MISSING_PERHAPS, XRP, 2, INT64_MAX);
    assert_false(answered(f, REPAIR_FAILED));
    assert_false(next(f));
    f->now_us += SECOND; /* all are due */
    expect_pick(f, SHARD_MISSING_WAITED_FOR, ETH, 2, 2);
    trade(f, ETH, 2, TRADE_ORIGIN_REPAIR);
    expect_pick(f, SHARD_MISSING_DECLARED, SOL, 2, 4);
}

static void least_recently_first(void **state)
{
    struct fixture *f = *state;
    declare(f, SOL, 1, 5);
    live(f, SOL, 9);
    declare(f, ETH, 1, 5);
    int64_t asked[3][2];
    for (int i = 0; i < 3; i++) { /* each once */
        assert_true(next(f));
        asked[i][0] = f->pick.index;
        asked[i][1] = f->pick.missing.last_id;
        for (int k = 0; k < i; k++)
            assert_true(asked[i][0] != asked[k][0] || asked[i][1] != asked[k][1]);
        assert_false(answered(f, REPAIR_FAILED));
        f->now_us += MS;
    }
    assert_false(next(f));
    f->now_us += SECOND;
    for (int i = 0; i < 3; i++) { /* and in that order again */
        assert_true(next(f));
        assert_int_equal(f->pick.index, asked[i][0]);
        assert_int_equal(f->pick.missing.last_id, asked[i][1]);
        assert_false(answered(f, REPAIR_FAILED));
    }
}

/* Between its pages others have their turn. */
static void pages_in_turns(void **state)
{
    struct fixture *f = *state;
    declare(f, SOL, 1, 100);
    declare(f, ETH, 1, 100);
    uint32_t before = UINT32_MAX;
    for (int i = 0; i < 10; i++) {
        assert_true(next(f));
        assert_int_not_equal(f->pick.index, before);
        before = f->pick.index;
        f->now_us += MS;
        assert_false(answered(f, REPAIR_PAGE));
    }
}

static void of_another_shard(void **state)
{
    struct fixture *f = *state;
    assert_true(f->c->universe->shards[1].first > 0);
    declare(f, XRP, 1, 5);
    live(f, ETH, 1);
    live(f, ETH, 3);
    expect_pick(f, SHARD_MISSING_WAITED_FOR, ETH, 2, 2);
    assert_ptr_equal(f->pick.query.instrument, &f->c->universe->symbols[f->pick.index].info);
    assert_false(answered(f, REPAIR_ALL));
    expect_pick(f, SHARD_MISSING_DECLARED, XRP, 2, 4);
    assert_false(answered(f, REPAIR_ALL));
    assert_false(next(f));
}

static void told_once(void **state)
{
    struct fixture *f = *state;
    live(f, SOL, 1);
    live(f, SOL, 5);
    assert_true(next(f));
    assert_false(f->pick.untold);
    let_go(f); /* while the answer is under way */
    assert_false(answered(f, REPAIR_FAILED));
    expect_wait(f, 250 * MS);
    assert_int_equal(f->pick.missing.kind, SHARD_MISSING_DECLARED);
    assert_true(f->pick.untold);
    assert_false(answered(f, REPAIR_PAGE));
    assert_true(next(f));
    assert_false(f->pick.untold);
    assert_false(answered(f, REPAIR_FAILED));
    expect_wait(f, 500 * MS);
    assert_false(f->pick.untold);
}

/* --- when, and how often --------------------------------------------------------------------- */

static void without_an_answer(void **state)
{
    static const int64_t waits_ms[] = {250,  500,   1000,  2000,  4000,
                                       8000, 16000, 30000, 30000, 30000};
    struct fixture *f = *state;
    declare(f, SOL, 1, 5);
    int64_t since_us = f->now_us;
    assert_true(next(f));
    for (size_t i = 0; i < sizeof(waits_ms) / sizeof(waits_ms[0]); i++) {
        assert_false(answered(f, REPAIR_FAILED));
        expect_wait(f, waits_ms[i] * MS);
    }
    f->now_us = since_us + GIVE_UP_US - 1;
    assert_true(next(f));
    assert_false(answered(f, REPAIR_FAILED));
    f->now_us++;
    assert_true(answered(f, REPAIR_FAILED));
}

/* An answer without the ids eight times; no answer in between counts for nothing. */
static void in_vain(void **state)
{
    struct fixture *f = *state;
    declare(f, SOL, 1, 5);
    for (int i = 1; i <= 8; i++) {
        assert_true(next(f));
        assert_false(answered(f, REPAIR_FAILED));
        f->now_us += 30 * SECOND;
        assert_true(next(f));
        assert_int_equal(answered(f, i % 2 ? REPAIR_ALL : REPAIR_NONE), i == 8);
        f->now_us += 30 * SECOND;
    }
}

static void in_vain_takes_half_a_minute(void **state)
{
    struct fixture *f = *state;
    declare(f, SOL, 1, 5);
    int64_t since_us = f->now_us;
    assert_true(next(f));
    for (int64_t wait_us = 250 * MS; !answered(f, REPAIR_ALL); wait_us *= 2)
        expect_wait(f, wait_us);
    assert_int_equal(f->now_us - since_us, 31750 * MS);
}

/* The query moves on from page to page, and nobody sets it back; the next try begins anew. */
static void pages(void **state)
{
    struct fixture *f = *state;
    declare(f, SOL, 1, 100);
    expect_pick(f, SHARD_MISSING_DECLARED, SOL, 2, 99);
    for (int64_t id = 2; id <= 40; id++)
        trade(f, SOL, id, TRADE_ORIGIN_REPAIR);
    f->pick.query.first_id = 51; /* 41 to 50 it does not have */
    f->pick.query.cursor = 77;
    assert_false(answered(f, REPAIR_PAGE));
    expect_pick(f, SHARD_MISSING_DECLARED, SOL, 51, 99);
    assert_int_equal(f->pick.query.cursor, 77);
    assert_int_equal(f->pick.missing.first_id, 41);
    expect_pick(f, SHARD_MISSING_DECLARED, SOL, 51, 99); /* asked twice */
    assert_false(answered(f, REPAIR_FAILED));
    f->now_us += SECOND;
    expect_pick(f, SHARD_MISSING_DECLARED, SOL, 41, 99);
    assert_int_equal(f->pick.query.cursor, 0);
}

/* Pages are no tries: with the eighth in vain it is over, however many there were. */
static void pages_are_no_tries(void **state)
{
    struct fixture *f = *state;
    declare(f, SOL, 1, 100);
    for (int i = 1; i <= 8; i++) {
        for (int page = 0; page < 10; page++) {
            assert_true(next(f));
            assert_false(answered(f, REPAIR_PAGE));
        }
        assert_true(next(f));
        assert_int_equal(answered(f, REPAIR_ALL), i == 8);
        f->now_us += 30 * SECOND;
    }
}

/* Ids that come shorten it from the front: its tries go on, and it is asked for less. */
static void shortened(void **state)
{
    struct fixture *f = *state;
    live(f, SOL, 1);
    live(f, SOL, 20);
    for (int i = 1; i <= 8; i++) {
        expect_pick(f, SHARD_MISSING_WAITED_FOR, SOL, i + 1, 19);
        assert_int_equal(f->pick.query.from_time_us, i == 1 ? 10 : 0); /* then from 2 s before */
        live(f, SOL, i + 1);
        assert_int_equal(answered(f, REPAIR_ALL), i == 8);
        f->now_us += 30 * SECOND;
    }
}

/* Of a hole that is parted, the part behind goes on, and the one before it begins anew. */
static void parted(void **state)
{
    struct fixture *f = *state;
    declare(f, SOL, 1, 9);
    for (int i = 1; i < 8; i++) {
        assert_true(next(f));
        assert_false(answered(f, REPAIR_ALL));
        f->now_us += 30 * SECOND;
    }
    trade(f, SOL, 5, TRADE_ORIGIN_REPAIR);
    bool behind = false;
    bool before = false;
    while (next(f)) {
        if (f->pick.missing.last_id == 8) {
            assert_false(f->pick.untold);
            assert_int_equal(f->pick.query.first_id, 6);
            assert_true(answered(f, REPAIR_ALL));
            behind = true;
        } else {
            assert_int_equal(f->pick.query.first_id, 2);
            assert_int_equal(f->pick.query.last_id, 4);
            assert_true(f->pick.untold);
            assert_false(answered(f, REPAIR_ALL));
            before = true;
        }
    }
    assert_true(behind && before);
}

/* --- looks ----------------------------------------------------------------------------------- */

static void looks_wait_for_the_stream(void **state)
{
    struct fixture *f = *state;
    live(f, SOL, 1);
    reconnect(f, SOL);
    assert_false(next(f));
    expect_wait(f, 2 * SECOND);
    assert_int_equal(f->pick.missing.kind, SHARD_MISSING_PERHAPS);
    assert_false(f->pick.untold);
    reconnect(f, SOL); /* lost and back: that is another one */
    assert_false(next(f));
    assert_false(answered(f, REPAIR_FAILED));
    assert_false(answered(f, REPAIR_PAGE)); /* of the one before */
    expect_wait(f, 2 * SECOND);
    assert_int_equal(f->pick.query.first_id, 2);
    live(f, SOL, 2);
    assert_false(next(f));
    assert_int_equal(shard_needy(f->c->shard), 0);
}

static void pages_of_a_look(void **state)
{
    struct fixture *f = *state;
    live(f, SOL, 1);
    reconnect(f, SOL);
    assert_false(next(f));
    f->now_us += 2 * SECOND;
    expect_pick(f, SHARD_MISSING_PERHAPS, SOL, 2, INT64_MAX);
    trade(f, SOL, 2, TRADE_ORIGIN_REPAIR);
    f->pick.query.first_id = 3;
    assert_false(answered(f, REPAIR_PAGE));
    expect_pick(f, SHARD_MISSING_PERHAPS, SOL, 3, INT64_MAX);
    assert_int_equal(f->pick.missing.first_id, 3);
    assert_false(answered(f, REPAIR_ALL));
    shard_looked(f->c->shard, f->pick.index, &f->pick.missing);
    f->now_us += 60 * SECOND;
    assert_false(next(f));
}

/* --- after a failure ------------------------------------------------------------------------- */

/* What the pages before brought went with the transaction: they are asked for again. */
static void pages_lost_with_a_transaction(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    live(f, SOL, 1);
    live(f, SOL, 100);
    hold_commit(f->c->hold);
    assert_true(next(f));
    for (int64_t id = 2; id <= 40; id++)
        trade(f, SOL, id, TRADE_ORIGIN_REPAIR);
    f->pick.query.first_id = 41;
    assert_false(answered(f, REPAIR_PAGE));
    expect_pick(f, SHARD_MISSING_WAITED_FOR, SOL, 41, 99);
    shard_reset(f->c->shard);
    hold_rewind(f->c->hold);
    assert_int_equal(shard_case_restore(f->c, "binance", "trade", SOL, 1, 1, &e), 0);
    shard_case_begin(f->c, true, 1);
    expect_pick(f, SHARD_MISSING_WAITED_FOR, SOL, 2, 99);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_question),
        CASE(fruitless_questions_begin_earlier),
        CASE(by_urgency),
        CASE(least_recently_first),
        CASE(pages_in_turns),
        cmocka_unit_test_setup_teardown(of_another_shard, setup_second_of_two, teardown),
        CASE(told_once),
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
