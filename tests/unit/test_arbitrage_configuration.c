/* Whatever decides which opportunities are written is in the configuration's text, and nothing
 * else. */
#include "arbitrage.h"
#include "configuration_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char FEES[] = "{\"fees\": [{\"exchange\": \"okx\", \"taker_bps\": \"10\", \"from\": "
                           "\"2025-01-01\", \"source\": \"https://example.com\", \"checked\": "
                           "\"2026-11-21\"}]}";
static const char OTHER_FEES[] =
    "{\"fees\": [{\"exchange\": \"okx\", \"taker_bps\": \"9\", \"from\": \"2025-01-01\", "
    "\"source\": \"https://example.com\", \"checked\": \"2026-11-21\"}]}";

/* A file with that text; the caller frees its name, having removed it. */
static char *file_of(const char *text)
{
    char *path = strdup("/tmp/candlewick-fees-XXXXXX");
    assert_non_null(path);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
    return path;
}

static void drop_file(char *path)
{
    assert_int_equal(unlink(path), 0);
    free(path);
}

static void each_option_of_arbitrage_counts_and_what_the_fees_are(void **state)
{
    (void)state;
    struct arbitrage_options *options = malloc(sizeof(*options));
    struct configuration base;
    char *fees = file_of(FEES);
    char *same = file_of(FEES);
    char *other = file_of(OTHER_FEES);
    assert_non_null(options);
    configuration_case_defaults(&arbitrage_fold, options);
    options->fees = fees;
    configuration_case_change_each(&arbitrage_fold, options, "fees");
    configuration_case_make(&arbitrage_fold, options, &base);
    options->fees = same;
    configuration_case_expect(&arbitrage_fold, options, &base, true, "the name of a file");
    options->fees = other;
    configuration_case_expect(&arbitrage_fold, options, &base, false, "what it says");
    configuration_finish(&base);
    drop_file(fees);
    drop_file(same);
    drop_file(other);
    free(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_option_of_arbitrage_counts_and_what_the_fees_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
