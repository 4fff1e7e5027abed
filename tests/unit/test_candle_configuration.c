/* Whatever decides which candles are written is in the configuration's text, and nothing else is.
 */
#include "candle.h"
#include "configuration_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void each_option_of_candles_counts(void **state)
{
    (void)state;
    struct candle_options options;
    configuration_case_defaults(&candle_fold, &options);
    configuration_case_change_each(&candle_fold, &options, NULL);
}

static void the_order_of_intervals_does_not(void **state)
{
    (void)state;
    struct candle_options options;
    struct configuration base;
    char one[] = "1s,1m,5m";
    char other[] = "5m,1m,1s";
    configuration_case_defaults(&candle_fold, &options);
    options.intervals = one;
    configuration_case_make(&candle_fold, &options, &base);
    options.intervals = other;
    configuration_case_expect(&candle_fold, &options, &base, true, "order");
    configuration_finish(&base);
}

static void so_does_what_the_fold_is(void **state)
{
    (void)state;
    struct candle_options options;
    struct configuration base;
    configuration_case_defaults(&candle_fold, &options);
    configuration_case_make(&candle_fold, &options, &base);
    struct fold_ops ops = candle_fold;
    ops.revision++;
    configuration_case_expect(&ops, &options, &base, false, "the fold's revision");
    ops = candle_fold;
    ops.name = "pancakes";
    configuration_case_expect(&ops, &options, &base, false, "the fold's name");
    ops = candle_fold;
    ops.image_version++;
    configuration_case_expect(&ops, &options, &base, true, "the layout of images");
    configuration_finish(&base);
}

static void a_difference_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after, *said;
    } rows[] = {
        {"a=1\nb=2\n", "a=1\nb=3\n", "b=2, then b=3"},
        {"a=1\nb=2\n", "a=1\n", "b=2, then "},
        {"a=1\n", "a=1\nb=2\n", ", then b=2"},
        {"", "a=1\n", ", then a=1"},
        {"a=1", "a=1", ", then "},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char said[64];
        configuration_difference(slice_of(rows[i].before), slice_of(rows[i].after), said,
                                 sizeof(said));
        assert_string_equal(said, rows[i].said);
    }
}

static void what_is_a_digest(void **state)
{
    (void)state;
    assert_true(configuration_is_digest(slice_of("0123456789abcdef")));
    assert_false(configuration_is_digest(slice_of("0123456789abcde")));
    assert_false(configuration_is_digest(slice_of("0123456789abcdeg")));
    assert_false(configuration_is_digest(slice_of("0123456789ABCDEF")));
    assert_false(configuration_is_digest(slice_of("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_option_of_candles_counts),
        cmocka_unit_test(the_order_of_intervals_does_not),
        cmocka_unit_test(so_does_what_the_fold_is),
        cmocka_unit_test(a_difference_is_named),
        cmocka_unit_test(what_is_a_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
