#include "plan_case.h"

#include "producer_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const struct channel plan_case_channel = {"trade", CHANNEL_TRADES, "ws", 2};

static int create(void **state, int32_t shards, uint32_t number)
{
    struct plan_case *f = calloc(1, sizeof(*f));
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
    f->plan = repair_plan_create(f->c->universe, number, &plan_case_channel, GIVE_UP_US, &e);
    *state = f;
    return f->plan && f->c->hold ? 0 : -1;
}

int plan_case_setup(void **state)
{
    return create(state, 1, 0);
}

int plan_case_setup_second_of_two(void **state)
{
    return create(state, 2, 1);
}

int plan_case_teardown(void **state)
{
    struct plan_case *f = *state;
    void *inner = f->c;
    repair_plan_destroy(f->plan);
    (void)shard_case_teardown(&inner);
    free(f);
    return 0;
}

void plan_case_trade(struct plan_case *f, const char *symbol, int64_t id, enum trade_origin origin)
{
    shard_time(f->c->shard, f->now_us, f->now_us);
    shard_case_trade(f->c, symbol, id, origin);
}

void plan_case_live(struct plan_case *f, const char *symbol, int64_t id)
{
    plan_case_trade(f, symbol, id, TRADE_ORIGIN_LIVE);
}

void plan_case_let_go(struct plan_case *f)
{
    struct err e = {0};
    shard_time(f->c->shard, INT64_MAX, f->now_us);
    assert_int_equal(shard_let_go(f->c->shard, shard_case_emit, f->c, &e), 0);
    shard_time(f->c->shard, f->now_us, f->now_us);
}

void plan_case_declare(struct plan_case *f, const char *symbol, int64_t before, int64_t behind)
{
    plan_case_live(f, symbol, before);
    plan_case_live(f, symbol, behind);
    plan_case_let_go(f);
}

void plan_case_reconnect(struct plan_case *f, const char *symbol)
{
    const uint32_t i = case_symbol(f->c->universe, symbol);
    for (uint32_t l = 0; l < f->c->universe->n_links; l++)
        if (i - f->c->universe->links[l].symbols.first < f->c->universe->links[l].symbols.n)
            shard_case_link(f->c, l, true, f->now_us);
}

bool plan_case_next(struct plan_case *f)
{
    return repair_plan_next(f->plan, f->c->shard, f->now_us, true, &f->pick);
}

void plan_case_expect(struct plan_case *f, enum shard_missing_kind kind, const char *symbol,
                      int64_t first_id, int64_t last_id)
{
    assert_true(plan_case_next(f));
    assert_int_equal(f->pick.missing.kind, kind);
    assert_string_equal(f->c->universe->symbols[f->pick.index].info.symbol, symbol);
    assert_int_equal(f->pick.query.first_id, first_id);
    assert_int_equal(f->pick.query.last_id, last_id);
}

bool plan_case_answered(struct plan_case *f, enum repair_outcome outcome)
{
    return repair_plan_answered(f->plan, &f->pick, outcome, f->now_us);
}

void plan_case_expect_wait(struct plan_case *f, int64_t wait_us)
{
    f->now_us += wait_us - 1;
    assert_false(plan_case_next(f));
    f->now_us++;
    assert_true(plan_case_next(f));
}
