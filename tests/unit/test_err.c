/* Errors as values. */
#include "err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void code_text_and_retriable(void **state)
{
    (void)state;
    struct err e = {0};
    assert_int_equal(err_set(&e, ERR_PROTO, "%s: trade without %s", "kraken", "qty"), -1);
    assert_int_equal(e.code, ERR_PROTO);
    assert_false(e.retriable);
    assert_string_equal(e.text, "kraken: trade without qty");
    assert_int_equal(err_retry(&e, ERR_IO, "no broker answers"), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_true(e.retriable);
    assert_string_equal(e.text, "no broker answers");
    assert_int_equal(err_prefix(&e, "partition %d", 3), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_true(e.retriable);
    assert_string_equal(e.text, "partition 3: no broker answers");
    assert_int_equal(err_set(&e, ERR_ARG, "x"), -1);
    assert_false(e.retriable);
}

static void nobody_has_to_listen(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, ERR_IO, "x"), -1);
    assert_int_equal(err_retry(NULL, ERR_IO, "x"), -1);
    assert_int_equal(err_prefix(NULL, "x"), -1);
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    struct err e = {0};
    char text[1000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    (void)err_set(&e, ERR_LIMIT, "%s", text);
    assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
    (void)err_prefix(&e, "front");
    assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
    assert_memory_equal(e.text, "front: xxx", 10);
    (void)err_prefix(&e, "%s", text);
    assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
    assert_int_equal(strspn(e.text, "x"), sizeof(e.text) - 1);
}

/* What was said may be part of what is said. */
static void its_own_text_is_an_argument(void **state)
{
    (void)state;
    struct err e = {0};
    (void)err_set(&e, ERR_IO, "connection refused");
    (void)err_set(&e, ERR_IO, "broker: %s", e.text);
    assert_string_equal(e.text, "broker: connection refused");
    (void)err_prefix(&e, "again: %.6s", e.text);
    assert_string_equal(e.text, "again: broker: broker: connection refused");
}

static void every_code_has_its_word(void **state)
{
    (void)state;
    static const char *const words[] = {"none",  "arg",       "conf",  "nomem",  "io",     "proto",
                                        "limit", "not_found", "state", "fenced", "stopped"};
    const size_t n = sizeof(words) / sizeof(words[0]);
    assert_int_equal(n, ERR_STOPPED + 1);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(err_code_name((enum err_code)i), words[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_text_and_retriable), cmocka_unit_test(nobody_has_to_listen),
        cmocka_unit_test(long_texts_are_cut),      cmocka_unit_test(its_own_text_is_an_argument),
        cmocka_unit_test(every_code_has_its_word),
    };
    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
