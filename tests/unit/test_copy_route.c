/* Where a record goes when a topic is copied into one with more partitions. */
#include "kafka/txn.h"
#include "route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    struct route route;
    bool good;
} counts[] = {
    {{4, 4}, true},  {{4, 8}, true},  {{4, 12}, true}, {{1, 7}, true},
    {{4, 6}, false}, {{4, 2}, false}, {{3, 4}, false},
};

static void test_as_many_or_a_multiple(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct err e = {0};
        assert_int_equal(route_check(&counts[i].route, "trades", &e), counts[i].good ? 0 : -1);
        if (!counts[i].good)
            assert_int_equal(e.code, ERR_CONF);
    }
}

/* What a producer wrote for 4 partitions lies, copied, where one would write it for n. */
static void test_a_key_comes_where_a_producer_writes_it(void **state)
{
    (void)state;
    static const int32_t numbers[] = {4, 8, 12};
    for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
        const struct route r = {4, numbers[n]};
        for (int i = 0; i < 1000; i++) {
            char key[16];
            (void)snprintf(key, sizeof(key), "A%d", i);
            int32_t old = txn_partition(slice_of(key), r.from);
            assert_int_equal(route_of_key(&r, old, slice_of(key)),
                             txn_partition(slice_of(key), r.to));
        }
    }
}

static void test_a_partition_has_one_source_whatever_the_key(void **state)
{
    (void)state;
    const struct route r = {4, 12};
    for (int32_t p = 0; p < r.from; p++) {
        for (int i = 0; i < 100; i++) {
            char key[16];
            (void)snprintf(key, sizeof(key), "A%d", i);
            int32_t to = route_of_key(&r, p, slice_of(key));
            assert_in_range(to, 0, r.to - 1);
            assert_int_equal(to % r.from, p);
        }
        assert_int_equal(route_of_key(&r, p, (struct slice){NULL, 0}) % r.from, p);
    }
}

/* Shard i of S has the partitions p with p mod S = i. */
static const struct {
    struct route trades;
    int32_t shards;
    bool good;
} shards[] = {
    {{4, 8}, 1, true},  {{4, 8}, 2, true},  {{4, 8}, 4, true},  {{4, 4}, 3, true},
    {{4, 8}, 3, false}, {{4, 8}, 8, false}, {{6, 12}, 3, true},
};

static void test_symbols_stay_in_their_shard(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(shards) / sizeof(shards[0]); i++) {
        const struct route *r = &shards[i].trades;
        struct err e = {0};
        bool stays = true;
        for (int k = 0; k < 1000; k++) {
            char key[16];
            (void)snprintf(key, sizeof(key), "A%d", k);
            stays = stays && txn_partition(slice_of(key), r->from) % shards[i].shards ==
                                 txn_partition(slice_of(key), r->to) % shards[i].shards;
        }
        assert_int_equal(stays, shards[i].good);
        assert_int_equal(route_check_shards(r, shards[i].shards, "feed-progress.okx", &e),
                         shards[i].good ? 0 : -1);
    }
}

static void test_ticks_and_rates_go_everywhere(void **state)
{
    (void)state;
    assert_true(route_is_to_all(slice_of("tick")));
    assert_true(route_is_to_all(slice_of("rate")));
    assert_false(route_is_to_all(slice_of("feed")));
    assert_false(route_is_to_all((struct slice){NULL, 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_many_or_a_multiple),
        cmocka_unit_test(test_a_key_comes_where_a_producer_writes_it),
        cmocka_unit_test(test_a_partition_has_one_source_whatever_the_key),
        cmocka_unit_test(test_symbols_stay_in_their_shard),
        cmocka_unit_test(test_ticks_and_rates_go_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
