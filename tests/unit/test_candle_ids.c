/* Which ids were seen: tables for the shapes, and a plain list of all ids as the judge of the rest.
 */
#include "ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void take(struct ids *ids, int64_t sequence, int64_t placed_us, struct ids_change *change)
{
    struct err e = {0};
    assert_int_equal(ids_judge(ids, sequence), IDS_NEW);
    assert_int_equal(ids_take(ids, sequence, placed_us, change, &e), 0);
}

/* "first-last@below..above first-last@…" */
static void describe(const struct ids *ids, char *out, size_t size)
{
    *out = '\0';
    for (size_t i = 0; i < ids->n_holes; i++) {
        const struct hole_range *h = &ids->holes[i];
        size_t len = strlen(out);
        (void)snprintf(out + len, size - len, "%s%lld-%lld@%lld..%lld", i ? " " : "",
                       (long long)h->first, (long long)h->last, (long long)h->below_us,
                       (long long)h->above_us);
    }
}

static const struct {
    const char *name;
    struct {
        int64_t sequence;
        int64_t placed_us;
    } trades[8];
    const char *holes;
} shapes[] = {
    {"the next ones leave no hole", {{5, 10}, {6, 11}, {7, 12}}, ""},
    {"a jump opens one", {{5, 10}, {8, 20}}, "6-7@10..20"},
    {"its first id shortens it from below", {{5, 10}, {9, 20}, {6, 12}}, "7-8@12..20"},
    {"its last id shortens it from above", {{5, 10}, {9, 20}, {8, 18}}, "6-7@10..18"},
    {"one within parts it", {{5, 10}, {9, 20}, {7, 15}}, "6-6@10..15 8-8@15..20"},
    {"its only id ends it", {{5, 10}, {7, 20}, {6, 15}}, ""},
    {"below the first opens one there", {{9, 20}, {5, 10}}, "6-8@10..20"},
    {"just below the first opens none", {{9, 20}, {8, 10}}, ""},
    {"a clock that steps back", {{5, 30}, {8, 20}}, "6-7@30..20"},
    {"after a part, each has its own neighbours",
     {{1, 10}, {9, 90}, {5, 50}, {3, 30}, {7, 70}},
     "2-2@10..30 4-4@30..50 6-6@50..70 8-8@70..90"},
};

static void a_hole_lies_between_two_seen_trades(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct ids ids = {0};
        struct ids_change change;
        for (size_t k = 0; k < 8 && shapes[i].trades[k].placed_us > 0; k++)
            take(&ids, shapes[i].trades[k].sequence, shapes[i].trades[k].placed_us, &change);
        char holes[200];
        describe(&ids, holes, sizeof(holes));
        if (strcmp(holes, shapes[i].holes) != 0)
            fail_msg("%s: %s, must be %s", shapes[i].name, holes, shapes[i].holes);
        ids_finish(&ids);
    }
}

static void a_hole_touches_windows_at_both_its_ends(void **state)
{
    (void)state;
    const struct hole_range h = {6, 7, 100, 200};
    assert_true(hole_touches(&h, 200, 300));
    assert_true(hole_touches(&h, 50, 101));
    assert_false(hole_touches(&h, 50, 100)); /* the trade below it is not in that window */
    assert_false(hole_touches(&h, 201, 300));
    const struct hole_range back = {6, 7, 200, 100};
    assert_true(hole_touches(&back, 200, 300));
    assert_int_equal(hole_count(&h), 2);
}

static void one_hole_too_many_is_forgotten_with_all_ids_up_to_its_end(void **state)
{
    (void)state;
    struct ids ids = {0};
    struct ids_change change;
    for (int64_t i = 0; i <= IDS_HOLES_MAX; i++) {
        take(&ids, i * 10, i + 1, &change);
        assert_false(change.forgot);
    }
    assert_int_equal(ids.n_holes, IDS_HOLES_MAX);
    take(&ids, (IDS_HOLES_MAX + 1) * 10, 99, &change);
    assert_true(change.forgot);
    assert_int_equal(change.forgotten.first, 1);
    assert_int_equal(change.forgotten.last, 9);
    assert_int_equal(ids_judge(&ids, 9), IDS_FORGOTTEN);
    assert_int_equal(ids_judge(&ids, 10), IDS_SEEN);
    assert_int_equal(ids_judge(&ids, 11), IDS_NEW);
    ids_finish(&ids);
}

static void counts_stop_at_the_largest_number(void **state)
{
    (void)state;
    assert_int_equal(ids_sum(INT64_MAX - 1, 1), INT64_MAX);
    assert_int_equal(ids_sum(INT64_MAX, INT64_MAX), INT64_MAX);
    struct ids ids = {0};
    struct ids_change change;
    take(&ids, 0, 1, &change);
    take(&ids, INT64_MAX, 2, &change);
    assert_int_equal(ids_missing(&ids, 0, 10), INT64_MAX - 1);
    ids_finish(&ids);
}

static uint64_t next(uint64_t *x)
{
    *x = *x * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *x >> 33;
}

enum { SPAN = 60 };

/* All that is missing, counted one by one. */
static int64_t count_missing(const bool *seen, const int64_t *at, int64_t low, int64_t high,
                             int64_t open_us, int64_t close_us)
{
    int64_t n = 0;
    for (int64_t id = low; id <= high; id++) {
        if (seen[id])
            continue;
        int64_t a = id;
        int64_t b = id;
        while (!seen[a])
            a--;
        while (!seen[b])
            b++;
        int64_t from = at[a] < at[b] ? at[a] : at[b];
        int64_t to = at[a] < at[b] ? at[b] : at[a];
        n += from < close_us && to >= open_us;
    }
    return n;
}

static void any_order_leaves_what_a_list_of_all_ids_says(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        uint64_t x = seed;
        struct ids ids = {0};
        struct ids_change change;
        bool seen[SPAN] = {false};
        int64_t at[SPAN];
        int64_t low = SPAN;
        int64_t high = -1;
        for (int k = 0; k < 30; k++) {
            int64_t id = (int64_t)(next(&x) % SPAN);
            bool known = high >= 0 && seen[id];
            assert_int_equal(ids_judge(&ids, id), known ? IDS_SEEN : IDS_NEW);
            if (known)
                continue;
            at[id] = id * 10 + (int64_t)(next(&x) % 40);
            take(&ids, id, at[id], &change);
            seen[id] = true;
            low = id < low ? id : low;
            high = id > high ? id : high;
            int64_t open_us = (int64_t)(next(&x) % 600);
            assert_int_equal(ids_missing(&ids, open_us, open_us + 50),
                             count_missing(seen, at, low, high, open_us, open_us + 50));
        }
        ids_finish(&ids);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hole_lies_between_two_seen_trades),
        cmocka_unit_test(a_hole_touches_windows_at_both_its_ends),
        cmocka_unit_test(one_hole_too_many_is_forgotten_with_all_ids_up_to_its_end),
        cmocka_unit_test(counts_stop_at_the_largest_number),
        cmocka_unit_test(any_order_leaves_what_a_list_of_all_ids_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
