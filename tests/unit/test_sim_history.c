/* Trades kept for REST: what is there, what has been pushed out, pairs in the wrong order. */
#include "binance.h"
#include "history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct listing *listing;

static int open_listing(void **state)
{
    (void)state;
    struct err e = {0};
    listing = listing_create(20, &binance_dialect.listing, &e);
    return listing ? 0 : -1;
}

static int close_listing(void **state)
{
    (void)state;
    listing_destroy(listing);
    return 0;
}

static struct history *make(int64_t trades)
{
    struct err e = {0};
    struct history *h = history_create(listing, trades, &e);
    assert_non_null(h);
    return h;
}

static void add(struct history *h, uint32_t symbol, int64_t id)
{
    const struct market_trade t = {.symbol = symbol, .id = id, .price_e8 = id * 3};
    history_add(h, &t);
}

static void nothing_at_first(void **state)
{
    (void)state;
    struct history *h = make(1);
    int64_t first = 1;
    int64_t last = 2;
    assert_false(history_range(h, 0, &first, &last));
    assert_int_equal(first, 1);
    assert_null(history_get(h, 0, 0));
    assert_false(history_range(h, listing->n_trading, &first, &last)); /* a delisted one */
    assert_null(history_get(h, listing->n_trading, 5));
    history_destroy(h);
}

static void keeps_the_newest(void **state)
{
    (void)state;
    struct history *h = make(1); /* so every symbol has the minimum */
    const int64_t start = 179500000000003;
    int64_t first;
    int64_t last;
    for (int64_t i = 0; i < HISTORY_MIN * 3; i++) {
        add(h, 19, start + i);
        assert_true(history_range(h, 19, &first, &last));
        assert_int_equal(last, start + i);
        assert_int_equal(first, i < HISTORY_MIN ? start : last - HISTORY_MIN + 1);
    }
    assert_null(history_get(h, 19, first - 1));
    assert_null(history_get(h, 19, last + 1));
    for (int64_t id = first; id <= last; id++)
        assert_int_equal(history_get(h, 19, id)->price_e8, id * 3);
    assert_null(history_get(h, 18, last));
    history_destroy(h);
}

static void takes_pairs_in_the_wrong_order(void **state)
{
    (void)state;
    struct history *h = make(1);
    int64_t first;
    int64_t last;
    add(h, 0, 101);
    assert_null(history_get(h, 0, 100));
    add(h, 0, 100);
    assert_true(history_range(h, 0, &first, &last));
    assert_int_equal(first, 100);
    assert_int_equal(last, 101);
    assert_non_null(history_get(h, 0, 100));
    history_destroy(h);
}

static void a_jump_leaves_a_hole(void **state)
{
    (void)state;
    struct history *h = make(1);
    add(h, 0, 100);
    add(h, 0, 103);
    assert_non_null(history_get(h, 0, 100));
    assert_null(history_get(h, 0, 101));
    assert_null(history_get(h, 0, -1));
    history_destroy(h);
}

static void the_busy_have_more_room(void **state)
{
    (void)state;
    struct history *h = make(100000);
    int64_t first;
    int64_t last;
    for (int64_t id = 0; id < 200000; id++)
        add(h, 0, id);
    assert_true(history_range(h, 0, &first, &last));
    assert_true(last - first > 10000 && last - first < 100000);
    history_destroy(h);
    history_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_at_first),
        cmocka_unit_test(keeps_the_newest),
        cmocka_unit_test(takes_pairs_in_the_wrong_order),
        cmocka_unit_test(a_jump_leaves_a_hole),
        cmocka_unit_test(the_busy_have_more_room),
    };
    return cmocka_run_group_tests(tests, open_listing, close_listing);
}
