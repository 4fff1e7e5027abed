/* Prices of the simulator: what every process must agree on, and what makes them plausible. */
#include "noise.h"
#include "price.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define START_US INT64_C(1795000000000000)
#define USD INT64_C(1000000000000)

static const struct asset btc = {.name = "BTC", .usd_e12 = 95000 * USD, .volatility_ppm = 80};
static const struct asset tether = {.name = "USDT", .usd_e12 = USD, .volatility_ppm = 0};

/* Simulators on other machines and of later builds must find the same: these values may never
 * change. */
static void values_are_pinned(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed;
        int64_t at_us;
        int64_t usd_e12;
        int64_t drift_ppm;
    } rows[] = {
        {0, INT64_C(1795000000000000), INT64_C(93249000965900000), 72},
        {1, INT64_C(1795000000000000), INT64_C(92192059526130000), -1},
        {1, INT64_C(1795000000065536), INT64_C(92191854341520000), -2},
        {1, INT64_C(1795000001000000), INT64_C(92191372034310000), -20},
        {42, INT64_C(1795086400000000), INT64_C(96043961796015000), 101},
        {UINT64_MAX, INT64_C(1), INT64_C(96358216305300000), -49},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct price p;
        price_init(&p, rows[i].seed, &btc);
        uint64_t key = price_drift_key(rows[i].seed, "okx", "BTC-USDT");
        assert_int_equal(price_usd_e12(&p, rows[i].at_us), rows[i].usd_e12);
        assert_int_equal(price_drift_ppm(key, rows[i].at_us), rows[i].drift_ppm);
    }
}

static void noise_has_no_steps(void **state)
{
    (void)state;
    for (int octave = NOISE_OCTAVE_MIN; octave < 40; octave += 5) {
        int64_t step_us = (INT64_C(1) << octave) / 64;
        int64_t last = noise_at(7, octave, START_US);
        int64_t low = NOISE_ONE;
        int64_t high = -NOISE_ONE;
        for (int64_t i = 1; i < 10000; i++) {
            int64_t v = noise_at(7, octave, START_US + i * step_us);
            int64_t moved = v > last ? v - last : last - v;
            assert_true(v >= -NOISE_ONE && v <= NOISE_ONE && moved <= 2 * NOISE_ONE / 64 + 1);
            low = v < low ? v : low;
            high = v > high ? v : high;
            last = v;
        }
        assert_true(low < -NOISE_ONE * 9 / 10 && high > NOISE_ONE * 9 / 10);
    }
}

static void keys_are_apart(void **state)
{
    (void)state;
    assert_true(noise_key(1, "ab", "c") != noise_key(1, "a", "bc"));
    assert_true(noise_key(1, "price", "BTC") != noise_key(2, "price", "BTC"));
    assert_true(price_drift_key(1, "okx", "BTC-USDT") != price_drift_key(1, "kraken", "BTC-USDT"));
}

static void a_steady_asset_stands(void **state)
{
    (void)state;
    struct price p;
    price_init(&p, 42, &tether);
    for (int64_t i = 0; i < 1000; i++)
        assert_int_equal(price_usd_e12(&p, START_US + i * US_PER_MIN), USD);
}

/* In steps of a second the price walks by about what its volatility says; over a month it comes
 * back. Mean squares in ppm: 80 * 80 is 6400. */
static void it_walks_and_comes_back(void **state)
{
    (void)state;
    struct price p;
    price_init(&p, 42, &btc);
    int64_t sum_of_squares = 0;
    int64_t last = price_usd_e12(&p, START_US);
    for (int64_t i = 1; i <= 20000; i++) {
        int64_t now = price_usd_e12(&p, START_US + i * US_PER_S);
        int64_t ppm = (now - last) / (last / 1000000);
        sum_of_squares += ppm * ppm;
        last = now;
    }
    assert_true(sum_of_squares / 20000 > 3200 && sum_of_squares / 20000 < 12800);
    int64_t low = INT64_MAX;
    int64_t high = 0;
    for (int64_t i = 0; i < 43200; i++) {
        int64_t now = price_usd_e12(&p, START_US + i * US_PER_MIN);
        low = now < low ? now : low;
        high = now > high ? now : high;
    }
    assert_true(low > btc.usd_e12 / 100 * 85 && high < btc.usd_e12 / 100 * 115);
    assert_true(high > low + low / 50); /* and it does move */
}

static void drift_is_small_and_around_nothing(void **state)
{
    (void)state;
    uint64_t key = price_drift_key(42, "kraken", "BTC-USD");
    int64_t sum = 0;
    int64_t far = 0;
    for (int64_t i = 0; i < 20000; i++) {
        int64_t ppm = price_drift_ppm(key, START_US + i * US_PER_MIN);
        assert_true(ppm >= -PRICE_DRIFT_MAX_PPM && ppm <= PRICE_DRIFT_MAX_PPM);
        sum += ppm;
        far += ppm > 100 || ppm < -100;
    }
    assert_true(sum / 20000 > -20 && sum / 20000 < 20);
    assert_true(far > 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_pinned),
        cmocka_unit_test(noise_has_no_steps),
        cmocka_unit_test(keys_are_apart),
        cmocka_unit_test(a_steady_asset_stands),
        cmocka_unit_test(it_walks_and_comes_back),
        cmocka_unit_test(drift_is_small_and_around_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
