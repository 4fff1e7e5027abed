/* What two sides hold for the same keys. */
#include "ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct ledger *a_ledger(int64_t max)
{
    struct err e = {0};
    struct ledger *l = ledger_create(max, &e);
    assert_non_null(l);
    return l;
}

static int put(struct ledger *l, enum ledger_side side, const char *key, const char *content,
               int64_t offset, int32_t rank)
{
    struct err e = {0};
    struct ledger_entry entry = {.offset = offset, .partition = 1, .rank = rank};
    assert_true(digest_make(slice_of(content), &entry.content));
    return ledger_put(l, side, slice_of(key), &entry, &e);
}

static void drop(struct ledger *l, enum ledger_side side, const char *key)
{
    struct err e = {0};
    assert_int_equal(ledger_drop(l, side, slice_of(key), &e), 0);
}

static void equal_whatever_the_order(void **state)
{
    (void)state;
    struct ledger *l = a_ledger(10);
    struct ledger_sum sum;
    put(l, LEDGER_A, "x", "1", 0, 0);
    put(l, LEDGER_A, "y", "2", 1, 0);
    put(l, LEDGER_B, "y", "2", 0, 0);
    put(l, LEDGER_B, "x", "other", 1, 0);
    put(l, LEDGER_B, "x", "1", 2, 0);
    ledger_sum(l, &sum);
    assert_true(ledger_sum_equal(&sum));
    assert_int_equal(sum.equal, 2);
    ledger_destroy(l);
}

static void differences_are_counted_and_the_first_is_told(void **state)
{
    (void)state;
    struct ledger *l = a_ledger(10);
    struct ledger_sum sum;
    put(l, LEDGER_A, "equal", "1", 0, 0);
    put(l, LEDGER_B, "equal", "1", 0, 0);
    put(l, LEDGER_B, "only b", "1", 9, 0);
    put(l, LEDGER_A, "only a", "1", 7, 0);
    put(l, LEDGER_A, "both", "1", 5, 0);
    put(l, LEDGER_B, "both", "2", 1, 0);
    ledger_sum(l, &sum);
    assert_false(ledger_sum_equal(&sum));
    assert_int_equal(sum.equal, 1);
    assert_int_equal(sum.different, 1);
    assert_int_equal(sum.only[LEDGER_A], 1);
    assert_int_equal(sum.only[LEDGER_B], 1);
    assert_int_equal(sum.first.side[LEDGER_A].offset, 5);
    ledger_destroy(l);
}

static void the_greatest_rank_wins_then_the_latest(void **state)
{
    (void)state;
    struct ledger *l = a_ledger(10);
    struct ledger_entry found;
    struct err e = {0};
    assert_int_equal(put(l, LEDGER_A, "x", "1", 0, 2), 0);
    assert_int_equal(put(l, LEDGER_A, "x", "2", 1, 1), 1);
    assert_int_equal(ledger_find(l, LEDGER_A, slice_of("x"), &found, &e), 1);
    assert_int_equal(found.offset, 0);
    assert_int_equal(put(l, LEDGER_A, "x", "3", 2, 2), 1);
    assert_int_equal(ledger_find(l, LEDGER_A, slice_of("x"), &found, &e), 1);
    assert_int_equal(found.offset, 2);
    assert_int_equal(ledger_find(l, LEDGER_B, slice_of("x"), &found, &e), 0);
    ledger_destroy(l);
}

static void what_was_dropped_is_gone_and_may_come_back(void **state)
{
    (void)state;
    struct ledger *l = a_ledger(10);
    struct ledger_sum sum;
    drop(l, LEDGER_A, "never there");
    put(l, LEDGER_A, "x", "1", 0, 5);
    drop(l, LEDGER_A, "x");
    ledger_sum(l, &sum);
    assert_true(ledger_sum_equal(&sum));
    assert_int_equal(sum.equal, 0);
    assert_int_equal(put(l, LEDGER_A, "x", "1", 3, 0), 0);
    put(l, LEDGER_B, "x", "1", 4, 0);
    ledger_sum(l, &sum);
    assert_int_equal(sum.equal, 1);
    ledger_destroy(l);
}

static void there_is_no_room_for_more_than_it_was_made_for(void **state)
{
    (void)state;
    enum { MAX = 1000 };
    struct ledger *l = a_ledger(MAX);
    struct ledger_entry found;
    struct err e = {0};
    char key[16];
    for (int i = 0; i < MAX; i++) {
        (void)snprintf(key, sizeof(key), "%d", i);
        assert_int_equal(put(l, LEDGER_A, key, key, i, 0), 0);
    }
    const struct ledger_entry entry = {.offset = 1};
    assert_int_equal(ledger_put(l, LEDGER_B, slice_of("one more"), &entry, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    assert_string_equal(e.text, "more than 1000 keys");
    for (int i = 0; i < MAX; i++) {
        (void)snprintf(key, sizeof(key), "%d", i);
        assert_int_equal(ledger_find(l, LEDGER_A, slice_of(key), &found, &e), 1);
        assert_int_equal(found.offset, i);
    }
    ledger_destroy(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_whatever_the_order),
        cmocka_unit_test(differences_are_counted_and_the_first_is_told),
        cmocka_unit_test(the_greatest_rank_wins_then_the_latest),
        cmocka_unit_test(what_was_dropped_is_gone_and_may_come_back),
        cmocka_unit_test(there_is_no_room_for_more_than_it_was_made_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
