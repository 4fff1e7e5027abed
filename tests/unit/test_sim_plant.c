/* Planted opportunities as a function of time. */
#include "binance.h"
#include "noise.h"
#include "plant.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define START_US INT64_C(1795000000000000)

static const struct plant_config config = {60 * US_PER_S, 5 * US_PER_S, 80};

static int setup(void **state)
{
    struct err e = {0};
    *state = listing_create(20, &binance_dialect.listing, &e);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    listing_destroy(*state);
    return 0;
}

static void never_unless_asked(void **state)
{
    const struct plant_config none = {0, 5 * US_PER_S, 80};
    struct plant p;
    assert_false(plant_first(&none, 1, *state, START_US, &p));
}

/* One in each stretch, wherever the question starts. */
static void one_after_the_other(void **state)
{
    struct plant p = {.to_us = START_US};
    int ups = 0;
    int first_symbol = 0;
    int64_t count = 0;
    for (; p.to_us < START_US + 3600 * US_PER_S; count++) {
        struct plant q;
        int64_t after_us = p.to_us;
        assert_true(plant_first(&config, 1, *state, after_us, &p));
        assert_true(p.from_us >= after_us && p.from_us % US_PER_MS == 0);
        assert_int_equal(p.to_us - p.from_us, config.length_us);
        assert_true(p.bps == config.bps || p.bps == -config.bps);
        assert_true(p.symbol < 20);
        assert_true(plant_first(&config, 1, *state, p.from_us, &q));
        assert_true(p.symbol == q.symbol && p.from_us == q.from_us && p.bps == q.bps);
        ups += p.bps > 0;
        first_symbol += p.symbol == 0;
    }
    assert_true(count >= 60 && count <= 62);
    assert_true(ups > 15 && ups < 45);
    assert_true(first_symbol > 5 && first_symbol < 30); /* a quarter of all trades */
}

static void keys_make_other_plants(void **state)
{
    int same = 0;
    for (int64_t i = 0; i < 100; i++) {
        struct plant p;
        struct plant q;
        assert_true(plant_first(&config, noise_key(1, "plants", "okx"), *state,
                                START_US + i * config.every_us, &p));
        assert_true(plant_first(&config, noise_key(1, "plants", "kraken"), *state,
                                START_US + i * config.every_us, &q));
        same += p.from_us == q.from_us;
    }
    assert_true(same < 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(never_unless_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(one_after_the_other, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_make_other_plants, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
