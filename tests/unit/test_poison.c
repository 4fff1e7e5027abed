/* When a partition holds too much that cannot be read. */
#include "poison.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void each_one_counts(void **state)
{
    (void)state;
    struct poison p = {0};
    for (int i = 0; i < POISON_WINDOW; i++)
        assert_int_equal(poison_note(&p, i), i + 1);
    for (int i = 0; i < POISON_WINDOW; i++) /* one leaves for each that comes */
        assert_int_equal(poison_note(&p, POISON_WINDOW + i), POISON_WINDOW);
}

static void old_ones_are_forgotten(void **state)
{
    (void)state;
    struct poison p = {0};
    assert_int_equal(poison_note(&p, 5000), 1);
    assert_int_equal(poison_note(&p, 5001), 2);
    assert_int_equal(poison_note(&p, 5000 + POISON_WINDOW - 1), 3);
    assert_int_equal(poison_note(&p, 5000 + POISON_WINDOW), 3); /* without 5000 */
    assert_int_equal(poison_note(&p, 5002 + POISON_WINDOW), 3); /* without 5001 */
    assert_int_equal(poison_note(&p, 9000), 1);
    assert_int_equal(poison_note(&p, 9000), 1); /* again: nothing new */
    assert_int_equal(poison_note(&p, INT64_MAX - 1), 1);
}

static void time_passes(void **state)
{
    (void)state;
    struct poison p = {0};
    for (int i = 0; i < 10; i++)
        (void)poison_note(&p, 5000 + i);
    assert_int_equal(poison_count(&p, 5010), 10);
    assert_int_equal(poison_count(&p, 5003 + POISON_WINDOW), 7); /* without 5000 to 5002 */
    assert_int_equal(poison_count(&p, 5003 + POISON_WINDOW), 7);
    assert_int_equal(poison_note(&p, 5003 + POISON_WINDOW), 7); /* it is one, 5003 is none */
    assert_int_equal(poison_count(&p, INT64_MAX), 0);
}

/* As a plain list of offsets says, whatever comes. */
static void as_a_list_says(void **state)
{
    (void)state;
    static int64_t list[20000];
    size_t n = 0;
    struct poison p = {0};
    int64_t offset = 77;
    srand(11);
    while (n < sizeof(list) / sizeof(list[0])) {
        list[n++] = offset;
        int count = 0;
        for (size_t i = n; i > 0 && list[i - 1] > offset - POISON_WINDOW; i--)
            count++;
        assert_int_equal(poison_note(&p, offset), count);
        offset += 1 + (rand() % 50 == 0 ? rand() % 1500 : rand() % 4);
    }
}

/* Whoever begins anew finds what one finds who went on, once it has looked back. */
static void a_beginning_anew_finds_the_same(void **state)
{
    (void)state;
    for (int64_t stop = 1; stop < 3000; stop += 37) {
        struct poison on = {0};
        struct poison anew = {0};
        int64_t from = poison_look_back(stop, 0);
        for (int64_t at = 0; at < 4000; at++) {
            if (at % 7 != 0 && at % 11 != 0)
                continue;
            int count = poison_note(&on, at);
            if (at >= from && poison_note(&anew, at) != count && at >= stop)
                fail_msg("at %lld, begun anew at %lld", (long long)at, (long long)stop);
        }
    }
}

static void how_far_to_look_back(void **state)
{
    (void)state;
    assert_int_equal(poison_look_back(5000, 0), 4000);
    assert_int_equal(poison_look_back(5000, 4500), 4500);
    assert_int_equal(poison_look_back(300, 0), 0);
    assert_int_equal(poison_look_back(0, 0), 0);
    assert_int_equal(poison_look_back(300, 400), 300); /* retention was faster: not our matter */
}

static void it_says_where_why_and_what_to_do(void **state)
{
    (void)state;
    struct err e = {0};
    char topic[300];
    memset(topic, 't', sizeof(topic) - 1);
    topic[sizeof(topic) - 1] = '\0';
    struct poison_last last = {"trades", 2, 81455, 101, "no schema with the fingerprint 0011"};
    assert_int_equal(poison_stop(&last, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    assert_false(e.retriable);
    assert_string_equal(e.text,
                        "trades partition 2: 101 of the last 1000 offsets cannot be read: mend "
                        "their writer, schema or registry, or raise --poison.max; the last one is "
                        "81455: no schema with the fingerprint 0011");
    last = (struct poison_last){topic, INT32_MAX, INT64_MAX - 1, 1000, topic};
    assert_int_equal(poison_stop(&last, &e), -1);
    assert_non_null(strstr(e.text, "or raise --poison.max; the last one is 922337203685477580"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_one_counts),
        cmocka_unit_test(old_ones_are_forgotten),
        cmocka_unit_test(time_passes),
        cmocka_unit_test(as_a_list_says),
        cmocka_unit_test(a_beginning_anew_finds_the_same),
        cmocka_unit_test(how_far_to_look_back),
        cmocka_unit_test(it_says_where_why_and_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
