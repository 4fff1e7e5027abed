/* A group whose client dies of a fatal error, and what it asks of the library when partitions move.
 */
#include "clock.h"
#include "kafka/group.h"
#include "kafka/group_internal.h"
#include "mock_case.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { WAIT_S = 20, BATCH = 100 };

/* Calls of rd_kafka_assign() that put partitions over ones that are read. The linker leads all
 * calls of it here (--wrap). */
static int assigned_over;

rd_kafka_resp_err_t
library_assign(rd_kafka_t *rk,
               const rd_kafka_topic_partition_list_t *list) __asm__("__real_rd_kafka_assign");
rd_kafka_resp_err_t
watched_assign(rd_kafka_t *rk,
               const rd_kafka_topic_partition_list_t *list) __asm__("__wrap_rd_kafka_assign");

rd_kafka_resp_err_t watched_assign(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_t *now = NULL;
    if (list && list->cnt > 0 && !rd_kafka_assignment(rk, &now) && now->cnt > 0)
        assigned_over++;
    if (now)
        rd_kafka_topic_partition_list_destroy(now);
    return library_assign(rk, list);
}

struct fixture {
    struct mock_case mock;
    struct kafka_settings settings;
    struct group *group;
    bool assigned;
};

static bool stopping(void)
{
    return false;
}

static int on_assign(void *ctx, struct group_offset *parts, size_t n, struct err *e)
{
    (void)e;
    struct fixture *f = ctx;
    for (size_t i = 0; i < n; i++)
        parts[i].next_offset = 0;
    f->assigned = true;
    return 0;
}

static void on_revoke(void *ctx)
{
    struct fixture *f = ctx;
    f->assigned = false;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    if (!f)
        return -1;
    *state = f;
    assigned_over = 0;
    if (mock_case_open(&f->mock, 1) != 0)
        return -1;
    f->settings =
        (struct kafka_settings){.brokers = rd_kafka_mock_cluster_bootstraps(f->mock.brokers),
                                .prefix = "",
                                .stopping = stopping};
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    group_close(f->group);
    mock_case_close(&f->mock);
    free(f);
    return 0;
}

/* One poll; what came is let go. */
static ssize_t poll_once(struct fixture *f, struct err *e)
{
    struct kafka_message batch[BATCH];
    ssize_t n = group_poll(f->group, 0, batch, BATCH, e);
    group_release(f->group, batch, n);
    return n;
}

static void nap(int64_t deadline_us, const char *what)
{
    const struct timespec t = {0, 5 * 1000000L};
    if (clock_mono_us() > deadline_us)
        fail_msg("after %d s still no %s", WAIT_S, what);
    (void)nanosleep(&t, NULL);
}

static void join(struct fixture *f)
{
    static const char *const topics[] = {"trades", NULL};
    const struct group_about about = {.group = "test",
                                      .topics = topics,
                                      .instance = "0",
                                      .on_assign = on_assign,
                                      .on_revoke = on_revoke,
                                      .ctx = f};
    struct err e = {0};
    int64_t end_us = clock_mono_us() + WAIT_S * US_PER_S;
    f->group = group_open(&f->settings, &about, &e);
    assert_non_null(f->group);
    while (!f->assigned) {
        assert_true(poll_once(f, &e) >= 0);
        nap(end_us, "assignment");
    }
}

/* Until so many events wait for the next poll. */
static void await_events(struct fixture *f, size_t n)
{
    int64_t end_us = clock_mono_us() + WAIT_S * US_PER_S;
    rd_kafka_queue_t *q = rd_kafka_queue_get_consumer(group_handle(f->group));
    while (rd_kafka_queue_length(q) < n)
        nap(end_us, "event");
    rd_kafka_queue_destroy(q);
}

static void die(struct fixture *f)
{
    assert_int_equal(rd_kafka_test_fatal_error(group_handle(f->group),
                                               RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, "a test"),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void test_a_fatal_error_ends_the_polling(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    join(f);
    die(f);
    assert_int_equal(poll_once(f, &e), -1);
    assert_int_equal(e.code, ERR_FENCED);
    assert_int_equal(poll_once(f, &e), -1);
}

/* A poll during which the assignment changed throws away what it took. */
static void test_a_fatal_error_amid_a_rebalance_is_not_lost(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    join(f);
    assert_int_equal(rd_kafka_unsubscribe(group_handle(f->group)), RD_KAFKA_RESP_ERR_NO_ERROR);
    await_events(f, 1); /* that the partitions are revoked */
    die(f);
    await_events(f, 2);
    (void)poll_once(f, &e);
    assert_false(f->assigned);
    assert_int_equal(poll_once(f, &e), -1);
    assert_int_equal(e.code, ERR_FENCED);
}

static int n_read(const struct fixture *f)
{
    rd_kafka_topic_partition_list_t *now = NULL;
    assert_int_equal(rd_kafka_assignment(group_handle(f->group), &now), RD_KAFKA_RESP_ERR_NO_ERROR);
    int n = now->cnt;
    rd_kafka_topic_partition_list_destroy(now);
    return n;
}

static void leave_and_join_again(struct fixture *f)
{
    struct err e = {0};
    rd_kafka_t *rk = group_handle(f->group);
    rd_kafka_topic_partition_list_t *topics = NULL;
    int64_t end_us = clock_mono_us() + WAIT_S * US_PER_S;
    assert_int_equal(rd_kafka_subscription(rk, &topics), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_unsubscribe(rk), RD_KAFKA_RESP_ERR_NO_ERROR);
    while (f->assigned) {
        assert_true(poll_once(f, &e) >= 0);
        nap(end_us, "revocation");
    }
    assert_int_equal(n_read(f), 0);
    assert_int_equal(rd_kafka_subscribe(rk, topics), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(topics);
    while (!f->assigned) {
        assert_true(poll_once(f, &e) >= 0);
        nap(end_us, "second assignment");
    }
}

/* Which ends the process, now and then: librdkafka's issue 5573. */
static void test_partitions_that_are_read_are_never_assigned_anew(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    join(f);
    int n = n_read(f);
    assert_true(n > 0);
    assert_int_equal(group_hold(f->group, &e), 0);
    assert_int_equal(n_read(f), 0);
    const struct group_offset first = {0, 0, 0, ""}; /* mock_case has one partition */
    for (int i = 0; i < 2; i++) {                    /* the second time amid reading */
        assert_int_equal(group_resume(f->group, &first, 1, &e), 0);
        assert_int_equal(n_read(f), n);
    }
    leave_and_join_again(f);
    assert_int_equal(n_read(f), n);
    assert_int_equal(assigned_over, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_fatal_error_ends_the_polling, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_fatal_error_amid_a_rebalance_is_not_lost, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_partitions_that_are_read_are_never_assigned_anew,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
