/* Who stands still is ended, and nobody else. */
#include "watchdog.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void a_loop_that_beats_is_left_alone(void **state)
{
    (void)state;
    struct watch w = {.limit = 3};
    for (int64_t i = 1; i < 100; i++)
        assert_int_equal(watch_look(&w, i / 2, false), WATCH_FINE);
}

static void so_many_looks_without_a_beat_are_too_many(void **state)
{
    (void)state;
    struct watch w = {.limit = 3};
    assert_int_equal(watch_look(&w, 7, false), WATCH_FINE);
    assert_int_equal(watch_look(&w, 7, false), WATCH_FINE);
    assert_int_equal(watch_look(&w, 7, false), WATCH_FINE);
    assert_int_equal(watch_look(&w, 7, false), WATCH_STUCK);
}

static void a_limit_of_none(void **state)
{
    (void)state;
    struct watch w = {.limit = 0};
    for (int i = 0; i < 1000; i++)
        assert_int_equal(watch_look(&w, 7, false), WATCH_FINE);
}

static void who_was_asked_to_stop_has_ten_looks(void **state)
{
    (void)state;
    struct watch w = {.limit = 0};
    assert_int_equal(watch_look(&w, 0, false), WATCH_FINE);
    for (int64_t i = 1; i <= WATCHDOG_STOP_S; i++)
        assert_int_equal(watch_look(&w, i, true), WATCH_FINE);
    assert_int_equal(watch_look(&w, 99, true), WATCH_LINGERS);
}

static bool never(void)
{
    return false;
}

/* A process of its own, with a limit of two looks; it beats for so many half seconds, then not. */
static int exit_code_of(int beats)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct err e = {0};
        struct health *h = health_start("", NULL, &e);
        struct watchdog *w = h ? watchdog_start(h, 2, never, &e) : NULL;
        const struct timespec half = {0, 500000000};
        for (int i = 0; w && i < beats; i++) {
            health_beat(h);
            (void)nanosleep(&half, NULL);
        }
        if (beats > 0) {
            watchdog_stop(w);
            health_stop(h);
            _exit(w ? 7 : 8);
        }
        (void)pause(); /* until the watchdog ends it, or the test's own limit of time */
        _exit(9);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_process_that_stands_still_ends_with_1(void **state)
{
    (void)state;
    assert_int_equal(exit_code_of(0), 1);
}

static void one_that_beats_ends_as_it_likes(void **state)
{
    (void)state;
    assert_int_equal(exit_code_of(7), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_that_beats_is_left_alone),
        cmocka_unit_test(so_many_looks_without_a_beat_are_too_many),
        cmocka_unit_test(a_limit_of_none),
        cmocka_unit_test(who_was_asked_to_stop_has_ten_looks),
        cmocka_unit_test(a_process_that_stands_still_ends_with_1),
        cmocka_unit_test(one_that_beats_ends_as_it_likes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
