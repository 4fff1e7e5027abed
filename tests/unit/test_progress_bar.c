/* What a progress bar says. */
#include "progress_bar.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define S INT64_C(1000000)

static void what_it_says(void **state)
{
    (void)state;
    static const struct {
        int64_t total, done, after_us;
        const char *text;
    } rows[] = {
        {1000, 0, 0, "replay [....................]   0 %  0 of 1000  0/s"},
        {1000, 250, S, "replay [#####...............]  25 %  250 of 1000  250/s  4 s left"},
        {1000, 1000, 2 * S, "replay [####################] 100 %  1000 of 1000  500/s"},
        {10000, 10, S, "replay [....................]   0 %  10 of 10000  10/s  16 min left"},
        {100000, 10, S, "replay [....................]   0 %  10 of 100000  10/s  2 h left"},
        {100000000, 10, S,
         "replay [....................]   0 %  10 of 100000000  10/s  2777 h left"},
        {0, 0, S, "replay [####################] 100 %  0 of 0  0/s"},
        {10, 12, S, "replay [####################] 100 %  12 of 10  12/s"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[PROGRESS_BAR_TEXT];
        struct progress_bar b = progress_bar_begin("replay", rows[i].total, 5 * S);
        progress_bar_text(&b, rows[i].done, 5 * S + rows[i].after_us, text);
        assert_string_equal(text, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_it_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
