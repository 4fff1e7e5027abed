/* Messages that wait for their time. */
#include "held.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void add(struct held *h, int64_t due_us, const char *text)
{
    assert_int_equal(held_add(h, due_us, 0, slice_of(text)), 0);
}

/* All that is due, one after the other. */
static const char *take(struct held *h, int64_t now_us)
{
    static char text[256];
    struct slice next;
    size_t used = 0;
    text[0] = '\0';
    while (held_due(h, now_us, &next)) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%.*s ", SLICE_ARG(next));
        held_pop(h);
    }
    return text;
}

static void by_time_and_then_as_they_came(void **state)
{
    (void)state;
    struct held h = {0};
    assert_int_equal(held_due_us(&h), INT64_MAX);
    add(&h, 20, "b");
    add(&h, 20, "c");
    add(&h, 10, "a");
    add(&h, 30, "e");
    add(&h, 20, "d");
    assert_int_equal(h.n, 5);
    assert_int_equal(held_due_us(&h), 10);
    assert_string_equal(take(&h, 9), "");
    assert_string_equal(take(&h, 20), "a b c d ");
    add(&h, 5, "z");
    assert_string_equal(take(&h, 29), "z ");
    assert_string_equal(take(&h, 30), "e ");
    assert_int_equal(h.n, 0);
    assert_int_equal(h.bytes, 0);
    held_finish(&h);
}

static void finish_frees_what_waits(void **state)
{
    (void)state;
    struct held h = {0};
    add(&h, 1, "");
    add(&h, 2, "text");
    assert_true(h.bytes > 4);
    held_finish(&h);
    assert_int_equal(h.bytes, 0);
    add(&h, 3, "again");
    assert_string_equal(take(&h, 3), "again ");
}

static void one_can_be_hurried(void **state)
{
    (void)state;
    struct held h = {0};
    add(&h, 10, "a");
    assert_int_equal(held_add(&h, 20, 7, slice_of("b")), 0);
    assert_int_equal(held_add(&h, 30, 8, slice_of("c")), 0);
    assert_false(held_hurry(&h, 9));
    assert_true(held_hurry(&h, 8));
    assert_string_equal(take(&h, INT64_MIN), "c ");
    assert_false(held_hurry(&h, 8));
    assert_true(held_hurry(&h, 7));
    add(&h, 40, "d");
    assert_string_equal(take(&h, INT64_MIN), "b ");
    assert_string_equal(take(&h, 40), "a d ");
    assert_int_equal(h.n, 0);
    held_finish(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_time_and_then_as_they_came),
        cmocka_unit_test(finish_frees_what_waits),
        cmocka_unit_test(one_can_be_hurried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
