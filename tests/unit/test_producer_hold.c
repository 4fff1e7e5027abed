/* Trades that wait: tables of what is done to them, and a naive model that does the same. */
#include "hold.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MEMBERS = 3 };

static struct hold *create(size_t limit)
{
    struct err e = {0};
    struct hold *h = hold_create(MEMBERS, limit, &e);
    assert_non_null(h);
    return h;
}

static void add(struct hold *h, uint32_t member, int64_t id, int64_t until_us)
{
    char text[24];
    struct err e = {0};
    int n = snprintf(text, sizeof(text), "%" PRId64, id);
    const struct entry in = {.type = ENTRY_TRADE,
                             .index = 7,
                             .receive_us = id + 1,
                             .other_us = id + 2,
                             .sequence = id,
                             .price = {(__int128)id << 70},
                             .amount = {-id},
                             .side = SIDE_SELL,
                             .origin = TRADE_ORIGIN_LIVE,
                             .text = slice_make(text, (size_t)n)};
    assert_int_equal(hold_add(h, member, &in, until_us, &e), 0);
    memset(text, 'x', sizeof(text)); /* it is a copy */
}

static int64_t first(const struct hold *h, uint32_t member)
{
    const struct trade_copy *t = hold_first(h, member);
    return t ? t->sequence : -1;
}

/* Takes all of a member: they are these ids, ended by -1. */
static void expect_taken(struct hold *h, uint32_t member, const int64_t *ids)
{
    for (; *ids >= 0; ids++) {
        assert_int_equal(first(h, member), *ids);
        hold_take(h, member);
    }
    assert_int_equal(first(h, member), -1);
}
#define EXPECT(h, member, ...) expect_taken(h, member, (const int64_t[]){__VA_ARGS__, -1})

/* --- tables ---------------------------------------------------------------------------------- */

static void whole_trades(void **state)
{
    (void)state;
    struct hold *h = create(10);
    add(h, 1, 5, 0);
    add(h, 1, 3, 0);
    const struct trade_copy *t = hold_first(h, 1);
    assert_non_null(t);
    const struct entry e = trade_copy_entry(t, 9);
    assert_int_equal(e.type, ENTRY_TRADE);
    assert_int_equal(e.index, 9);
    assert_int_equal(e.sequence, 3);
    assert_int_equal(e.receive_us, 4);
    assert_int_equal(e.other_us, 5);
    assert_true(e.price.e18 == (__int128)3 << 70 && e.amount.e18 == -3);
    assert_int_equal(e.side, SIDE_SELL);
    assert_int_equal(e.origin, TRADE_ORIGIN_LIVE);
    assert_true(slice_is(e.text, "3"));
    hold_destroy(h);
}

static void by_id(void **state)
{
    (void)state;
    static const int64_t orders[][4] = {
        {1, 2, 3, 4}, {4, 3, 2, 1}, {2, 4, 1, 3}, {3, 1, 4, 2}, {4, 1, 3, 2}};
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        struct hold *h = create(10);
        for (size_t k = 0; k < 4; k++) {
            add(h, 0, orders[i][k], 0);
            add(h, 0, orders[i][k], 0); /* waits already */
        }
        add(h, 2, 2, 0); /* of another member */
        assert_int_equal(hold_count(h), 5);
        assert_int_equal(first(h, 1), -1);
        EXPECT(h, 0, 1, 2, 3, 4);
        EXPECT(h, 2, 2);
        assert_int_equal(hold_count(h), 0);
        hold_destroy(h);
    }
}

static void above(void **state)
{
    (void)state;
    struct hold *h = create(10);
    assert_null(hold_first_above(h, 0, 0));
    add(h, 0, 4, 0);
    add(h, 0, 7, 0);
    assert_int_equal(hold_first_above(h, 0, 3)->sequence, 4);
    assert_int_equal(hold_first_above(h, 0, 4)->sequence, 7);
    assert_null(hold_first_above(h, 0, 7));
    hold_take(h, 0);
    assert_int_equal(hold_first_above(h, 0, 3)->sequence, 7);
    hold_destroy(h);
}

/* What was taken comes back; what came since the commit does not: the journal brings it again. */
static void rewound(void **state)
{
    (void)state;
    struct hold *h = create(10);
    add(h, 0, 5, 0);
    add(h, 0, 7, 0);
    hold_commit(h);
    hold_take(h, 0);
    add(h, 0, 6, 0);
    add(h, 0, 9, 0);
    add(h, 1, 1, 0);
    assert_int_equal(hold_count(h), 4);
    hold_rewind(h);
    assert_int_equal(hold_count(h), 2);
    assert_int_equal(first(h, 1), -1);
    EXPECT(h, 0, 5, 7);
    hold_rewind(h);
    EXPECT(h, 0, 5, 7);
    hold_commit(h);
    hold_rewind(h);
    assert_int_equal(hold_count(h), 0);
    assert_int_equal(first(h, 0), -1);
    hold_destroy(h);
}

static void taken_and_committed(void **state)
{
    (void)state;
    struct hold *h = create(10);
    add(h, 0, 5, 0);
    add(h, 0, 6, 0);
    hold_take(h, 0);
    add(h, 0, 4, 0); /* not among those that are taken */
    assert_int_equal(first(h, 0), 4);
    hold_take(h, 0);
    hold_commit(h); /* 5 was never old, and is gone */
    add(h, 0, 5, 0);
    hold_rewind(h);
    EXPECT(h, 0, 6);
    hold_clear(h);
    assert_int_equal(hold_count(h), 0);
    assert_int_equal(first(h, 0), -1);
    hold_rewind(h); /* nothing comes back */
    assert_int_equal(first(h, 0), -1);
    add(h, 0, 1, 10);
    assert_int_equal(hold_overdue(h, 10), 0);
    hold_destroy(h);
}

static void overdue(void **state)
{
    (void)state;
    struct hold *h = create(10);
    assert_int_equal(hold_overdue(h, INT64_MAX), -1);
    add(h, 1, 5, 100);
    add(h, 1, 3, 300); /* the member waits since the first one came */
    add(h, 2, 9, 200);
    assert_int_equal(hold_overdue(h, 99), -1);
    assert_int_equal(hold_overdue(h, 100), 1);
    hold_take(h, 1);
    assert_int_equal(hold_overdue(h, 100), 1);
    hold_take(h, 1);
    assert_int_equal(hold_overdue(h, 199), -1);
    assert_int_equal(hold_overdue(h, 200), 2);
    add(h, 1, 7, 400); /* none waited: it begins anew */
    hold_take(h, 2);
    assert_int_equal(hold_overdue(h, 399), -1);
    assert_int_equal(hold_overdue(h, 400), 1);
    hold_destroy(h);
}

/* After a rewind nothing waits for longer than it would have. */
static void overdue_after_a_rewind(void **state)
{
    (void)state;
    struct hold *h = create(10);
    add(h, 1, 5, 100);
    hold_commit(h);
    hold_take(h, 1);
    add(h, 1, 7, 900);
    assert_int_equal(hold_overdue(h, 100), -1);
    hold_rewind(h);
    assert_int_equal(hold_overdue(h, 99), -1);
    assert_int_equal(hold_overdue(h, 100), 1);
    EXPECT(h, 1, 5);
    hold_commit(h);
    add(h, 1, 7, 900);
    hold_rewind(h);
    assert_int_equal(hold_overdue(h, INT64_MAX), -1);
    add(h, 1, 7, 950);
    assert_int_equal(hold_overdue(h, 949), -1);
    assert_int_equal(hold_overdue(h, 950), 1);
    hold_destroy(h);
}

/* What was taken takes room until it is committed: it may come back. */
static void full(void **state)
{
    (void)state;
    struct hold *h = create(2);
    add(h, 0, 1, 0);
    assert_false(hold_is_full(h));
    add(h, 0, 1, 0);
    assert_false(hold_is_full(h));
    add(h, 1, 1, 0);
    assert_true(hold_is_full(h));
    hold_take(h, 0);
    assert_true(hold_is_full(h));
    hold_rewind(h);
    assert_false(hold_is_full(h));
    add(h, 0, 1, 0);
    add(h, 1, 1, 0);
    hold_take(h, 0);
    hold_commit(h);
    assert_false(hold_is_full(h));
    hold_clear(h);
    add(h, 0, 1, 0);
    assert_false(hold_is_full(h));
    hold_destroy(h);
}

/* --- the model ------------------------------------------------------------------------------- */

enum { IDS = 700, STEPS = 4000, RUNS = 40 };

/* By id: what is known of each trade. */
struct model_line {
    bool old[IDS];   /* there at the last commit */
    bool there[IDS]; /* old or come since */
    bool taken[IDS];
    int64_t until_us;
    int64_t until_us_then;
};

struct model {
    struct model_line lines[MEMBERS];
};

static bool model_waits(const struct model_line *l, int64_t id)
{
    return l->there[id] && !l->taken[id];
}

static int64_t model_first(const struct model_line *l)
{
    for (int64_t id = 0; id < IDS; id++)
        if (model_waits(l, id))
            return id;
    return -1;
}

static void model_add(struct model_line *l, int64_t id, int64_t until_us)
{
    if (model_waits(l, id))
        return;
    if (model_first(l) < 0)
        l->until_us = until_us;
    l->there[id] = true;
}

static void model_commit(struct model_line *l)
{
    for (int64_t id = 0; id < IDS; id++) {
        l->there[id] = l->old[id] = model_waits(l, id);
        l->taken[id] = false;
    }
    l->until_us_then = l->until_us;
}

static void model_rewind(struct model_line *l)
{
    memcpy(l->there, l->old, sizeof(l->there));
    memset(l->taken, 0, sizeof(l->taken));
    l->until_us = l->until_us_then;
}

static void compare(const struct hold *h, const struct model *m, size_t limit, int64_t now_us)
{
    size_t n = 0;
    size_t waiting = 0;
    bool late = false;
    for (uint32_t i = 0; i < MEMBERS; i++) {
        const struct model_line *l = &m->lines[i];
        for (int64_t id = 0; id < IDS; id++) {
            n += l->there[id];
            waiting += model_waits(l, id);
        }
        assert_int_equal(first(h, i), model_first(l));
        late = late || (model_first(l) >= 0 && l->until_us <= now_us);
    }
    int64_t is = hold_overdue(h, now_us);
    assert_int_equal(hold_count(h), waiting);
    assert_int_equal(hold_is_full(h), n >= limit);
    assert_int_equal(is >= 0, late);
    assert_true(!late || (model_first(&m->lines[is]) >= 0 && m->lines[is].until_us <= now_us));
}

/* Only what is above all that was taken comes: what is below is a duplicate to the shard. */
static void step(struct hold *h, struct model *m, unsigned *seed, int64_t now_us)
{
    uint32_t i = (uint32_t)rand_r(seed) % MEMBERS;
    struct model_line *l = &m->lines[i];
    int64_t lowest = 0;
    int what = rand_r(seed) % 1000;
    for (int64_t id = 0; id < IDS; id++)
        lowest = l->taken[id] ? id + 1 : lowest;
    if (what < 600 && !hold_is_full(h) && lowest < IDS) {
        int64_t id = lowest + rand_r(seed) % (IDS - lowest);
        int64_t until_us = now_us + rand_r(seed) % 50;
        add(h, i, id, until_us);
        model_add(l, id, until_us);
    } else if (what < 950 && model_first(l) >= 0) {
        l->taken[model_first(l)] = true;
        hold_take(h, i);
    } else if (what < 980) {
        hold_commit(h);
        for (i = 0; i < MEMBERS; i++)
            model_commit(&m->lines[i]);
    } else if (what < 999) {
        hold_rewind(h);
        for (i = 0; i < MEMBERS; i++)
            model_rewind(&m->lines[i]);
    } else {
        hold_clear(h);
        *m = (struct model){0};
    }
}

static void model(void **state)
{
    (void)state;
    unsigned seed = 20261122;
    for (int run = 0; run < RUNS; run++) {
        size_t limit = run % 2 == 0 ? 20 : 1500;
        struct hold *h = create(limit);
        struct model m = {0};
        for (int64_t i = 0; i < STEPS; i++) {
            step(h, &m, &seed, i);
            if (i % 7 == 0)
                compare(h, &m, limit, i);
        }
        hold_destroy(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_trades),
        cmocka_unit_test(by_id),
        cmocka_unit_test(above),
        cmocka_unit_test(rewound),
        cmocka_unit_test(taken_and_committed),
        cmocka_unit_test(overdue),
        cmocka_unit_test(overdue_after_a_rewind),
        cmocka_unit_test(full),
        cmocka_unit_test(model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
