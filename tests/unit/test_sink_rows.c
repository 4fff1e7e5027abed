/* What a batch comes to: each key once, the sums of each symbol. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_what_their_parts_are),
        cmocka_unit_test(many_keys),
        cmocka_unit_test(sums_of_each_symbol),
    };
    return cmocka_run_group_tests_name("sink_rows", tests, NULL, NULL);
}
