/* What a batch comes to: each key once, the sums of each symbol. */
#include "newest.h"
#include "tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { KEYS = 5000 };

/* Keys that only the boundaries between their parts tell apart are different keys. */
static void keys_are_what_their_parts_are(void **state)
{
    (void)state;
    const struct key keys[] = {
        {.parts = {{"ab", 2}, {"c", 1}}},
        {.parts = {{"a", 1}, {"bc", 2}}},
        {.parts = {{"abc", 3}}},
        {.parts = {{NULL, 0}, {"abc", 3}}},
        {.parts = {{"ab", 2}, {"c", 1}}, .number = 1},
        {.parts = {{"ab", 2}, {"c", 1}}, .number = -1},
        {.parts = {{"ab", 2}, {"c", 1}}, .number = INT64_C(1) << 40},
        {.parts = {{"ab", 2}, {"c", 1}, {"\0", 1}}},
    };
    const size_t n = sizeof(keys) / sizeof(keys[0]);
    struct keyset k = {0};
    struct err e = {0};
    size_t at;
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(keyset_put(&k, &keys[i], &at, &e), round == 0);
            assert_int_equal(at, i);
        }
    assert_int_equal(k.n, n);
    keyset_clear(&k);
    assert_int_equal(keyset_put(&k, &keys[3], &at, &e), 1);
    assert_int_equal(at, 0);
    keyset_finish(&k);
}

static void many_keys(void **state)
{
    (void)state;
    static char names[KEYS][12];
    struct keyset k = {0};
    struct err e = {0};
    size_t at;
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < KEYS; i++) {
            (void)snprintf(names[i], sizeof(names[i]), "S%zu", i);
            const struct key key = {.parts = {slice_of(names[i])}, .number = (int64_t)i % 7};
            assert_int_equal(keyset_put(&k, &key, &at, &e), round == 0);
            assert_int_equal(at, i);
        }
    keyset_finish(&k);
}

static void sums_of_each_symbol(void **state)
{
    (void)state;
    const struct {
        const char *exchange;
        const char *symbol;
        int64_t time_us;
    } trades[] = {{"x", "A", 30}, {"x", "B", 5},  {"x", "A", 10},
                  {"y", "A", 7},  {"x", "A", 20}, {"x", "B", -5}};
    struct tally t = {0};
    struct err e = {0};
    for (size_t i = 0; i < sizeof(trades) / sizeof(trades[0]); i++)
        assert_int_equal(tally_add(&t, slice_of(trades[i].exchange), slice_of(trades[i].symbol),
                                   trades[i].time_us, &e),
                         0);
    const struct tally_count expected[] = {{3, 10, 30}, {2, -5, 5}, {1, 7, 7}};
    assert_int_equal(t.keys.n, 3);
    assert_memory_equal(t.counts, expected, sizeof(expected));
    tally_clear(&t);
    assert_int_equal(tally_add(&t, slice_of("x"), slice_of("A"), 99, &e), 0);
    assert_int_equal(t.counts[0].trades, 1);
    assert_int_equal(t.counts[0].first_us, 99);
    tally_finish(&t);
}

/* A record of a lower epoch is older whatever its offset; one that comes twice is not newer. */
static void newest_of_each_key(void **state)
{
    (void)state;
    const struct {
        const char *symbol;
        int64_t epoch;
        int64_t offset;
        int expected;
    } steps[] = {{"A", 1, 10, 1}, {"A", 1, 9, 0}, {"B", 1, 3, 1}, {"A", 1, 10, 0}, {"A", 2, 5, 1},
                 {"A", 1, 99, 0}, {"A", 2, 5, 0}, {"A", 2, 6, 1}, {"B", -1, 4, 0}, {"B", 1, 4, 1}};
    struct newest n = NEWEST_INIT(sizeof(int64_t));
    struct err e = {0};
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
            void *item = NULL;
            const struct key key = {.parts = {slice_of(steps[i].symbol)}};
            int r = newest_put(&n, &key, steps[i].epoch, steps[i].offset, &item, &e);
            assert_int_equal(r, steps[i].expected);
            if (r == 1)
                *(int64_t *)item = steps[i].offset;
        }
        assert_int_equal(newest_count(&n), 2);
        assert_int_equal(*(const int64_t *)newest_get(&n, 0), 6);
        assert_int_equal(*(const int64_t *)newest_get(&n, 1), 4);
        newest_clear(&n);
        assert_int_equal(newest_count(&n), 0);
    }
    newest_finish(&n);
}

static void newest_of_many_keys(void **state)
{
    (void)state;
    struct newest n = NEWEST_INIT(sizeof(int64_t));
    struct err e = {0};
    for (int64_t i = 0; i < 3L * KEYS; i++) {
        void *item = NULL;
        const struct key key = {.number = i % KEYS};
        assert_int_equal(newest_put(&n, &key, 0, i, &item, &e), 1);
        *(int64_t *)item = i;
    }
    assert_int_equal(newest_count(&n), KEYS);
    for (size_t i = 0; i < KEYS; i++)
        assert_int_equal(*(const int64_t *)newest_get(&n, i), 2L * KEYS + (int64_t)i);
    newest_finish(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_what_their_parts_are), cmocka_unit_test(many_keys),
        cmocka_unit_test(sums_of_each_symbol),           cmocka_unit_test(newest_of_each_key),
        cmocka_unit_test(newest_of_many_keys),
    };
    return cmocka_run_group_tests_name("sink_rows", tests, NULL, NULL);
}
