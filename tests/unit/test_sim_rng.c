/* Random numbers and eight-decimal texts of the simulator. */
#include "e8.h"
#include "rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void same_seed_same_numbers(void **state)
{
    (void)state;
    struct rng a;
    struct rng b;
    struct rng other;
    rng_seed(&a, 7);
    rng_seed(&b, 7);
    rng_seed(&other, 8);
    int differ = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t n = rng_next(&a);
        assert_int_equal(n, rng_next(&b));
        differ += n != rng_next(&other);
    }
    assert_int_equal(differ, 1000);
}

/* The first numbers of the published generator for seed 1234567: the sequence is a promise. */
static void is_the_published_generator(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 1234567);
    assert_int_equal(rng_next(&r), UINT64_C(6457827717110365317));
    assert_int_equal(rng_next(&r), UINT64_C(3203168211198807973));
    assert_int_equal(rng_next(&r), UINT64_C(9817491932198370423));
}

static void stays_in_its_bounds(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 1);
    bool seen_low = false;
    bool seen_high = false;
    for (int i = 0; i < 10000; i++) {
        assert_true(rng_below(&r, 3) < 3);
        assert_int_equal(rng_below(&r, 1), 0);
        int64_t n = rng_around(&r, 2);
        assert_true(n >= -2 && n <= 2);
        seen_low |= n == -2;
        seen_high |= n == 2;
        assert_false(rng_permille(&r, 0));
        assert_true(rng_permille(&r, 1000));
    }
    assert_true(seen_low && seen_high);
}

static void waits_have_their_mean(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 3);
    const int64_t mean = 1000000;
    int64_t sum = 0;
    int below_mean = 0;
    int n = 200000;
    for (int i = 0; i < n; i++) {
        int64_t wait = rng_wait(&r, mean);
        assert_true(wait >= 0);
        sum += wait;
        below_mean += wait < mean;
    }
    assert_true(sum / n > mean * 99 / 100 && sum / n < mean * 101 / 100);
    /* 1 - 1/e = 63.2 % for the exponential distribution itself */
    assert_true(below_mean > n * 60 / 100 && below_mean < n * 66 / 100);
}

static void texts_are_exact(void **state)
{
    (void)state;
    static const struct {
        int64_t value_e8;
        const char *text;
    } rows[] = {
        {0, "0.00000000"},
        {1, "0.00000001"},
        {6436200, "0.06436200"},
        {E8_ONE - 1, "0.99999999"},
        {E8_ONE, "1.00000000"},
        {9500001000000, "95000.01000000"},
        {INT64_MAX, "92233720368.54775807"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[E8_TEXT];
        assert_int_equal(e8_format(rows[i].value_e8, text), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
    }
}

/* price, qty and quoteQty as the exchange's own REST answers give them */
static void products_are_cut_as_the_exchange_cuts_them(void **state)
{
    (void)state;
    assert_int_equal(e8_product(6436200, 1580000), 101691);
    assert_int_equal(e8_product(6436300, 2110000), 135805);
    assert_int_equal(e8_product(6436300, 3900000), 251015);
    assert_int_equal(e8_product(6436500, 290000), 18665);
    assert_int_equal(e8_product(0, INT64_MAX), 0);
    assert_int_equal(e8_product(INT64_MAX, INT64_MAX), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_numbers),
        cmocka_unit_test(is_the_published_generator),
        cmocka_unit_test(stays_in_its_bounds),
        cmocka_unit_test(waits_have_their_mean),
        cmocka_unit_test(texts_are_exact),
        cmocka_unit_test(products_are_cut_as_the_exchange_cuts_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
