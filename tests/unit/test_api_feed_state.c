/* Every combination of few partitions: what their ticks say of the feed. */
#include "feed_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_states(void **state)
{
    (void)state;
    static const struct {
        struct feed_parts parts;
        const char *name;
    } cases[] = {
        {{0, 0, 0}, "stale"},  {{1, 0, 0}, "stale"}, {{1, 1, 0}, "down"},   {{1, 1, 1}, "up"},
        {{4, 0, 0}, "stale"},  {{4, 4, 0}, "down"},  {{4, 4, 4}, "up"},     {{4, 4, 3}, "partly"},
        {{4, 3, 3}, "partly"}, {{4, 3, 0}, "down"},  {{4, 1, 1}, "partly"}, {{4, 1, 0}, "down"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(feed_state_name(feed_state_of(&cases[i].parts)), cases[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_states)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
