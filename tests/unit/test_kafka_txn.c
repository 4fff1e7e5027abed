/* A transaction while brokers are slow to answer. */
#include "clock.h"
#include "kafka/reader.h"
#include "kafka/txn.h"
#include "log.h"
#include "mock_case.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { RTT_MS = 300, MANY = 25000 };

static atomic_bool stop_all;

static bool stopping(void)
{
    return atomic_load(&stop_all);
}

struct fixture {
    struct mock_case mock;
    struct kafka_settings settings;
    struct txn *txn;
};

static int setup(void **state)
{
    static const char *const topics[] = {"trades", NULL};
    struct fixture *f = calloc(1, sizeof(*f));
    struct err e = {0};
    if (!f)
        return -1;
    *state = f;
    atomic_store(&stop_all, false);
    if (mock_case_open(&f->mock, 1) != 0)
        return -1;
    f->settings =
        (struct kafka_settings){.brokers = rd_kafka_mock_cluster_bootstraps(f->mock.brokers),
                                .prefix = "",
                                .stopping = stopping};
    f->txn = txn_open(&f->settings, "test", &e);
    return f->txn && txn_know(f->txn, topics, &e) == 0 && txn_begin(f->txn, &e) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    txn_close(f->txn);
    mock_case_close(&f->mock);
    free(f);
    return 0;
}

static int produce(struct fixture *f, int n, struct err *e)
{
    const struct txn_record r = {
        .topic = "trades", .key = slice_of("BTC"), .value = slice_of("a trade")};
    for (int i = 0; i < n; i++)
        if (txn_produce(f->txn, &r, e) != 0)
            return -1;
    return 0;
}

/* A commit: the partition is the transaction's from here on. */
static void begin_anew(struct fixture *f)
{
    struct err e = {0};
    assert_int_equal(produce(f, 1, &e), 0);
    assert_int_equal(txn_commit(f->txn, NULL, NULL, 0, &e), 0);
    assert_int_equal(txn_begin(f->txn, &e), 0);
}

static int64_t cpu_us(void)
{
    struct timespec t;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static int64_t n_records(struct fixture *f)
{
    struct err e = {0};
    int64_t low = 0;
    int64_t high = 0;
    struct reader *reader = reader_open(&f->settings, &e);
    assert_non_null(reader);
    assert_int_equal(reader_watermarks(reader, "trades", 0, &low, &high, &e), 0);
    reader_close(reader);
    return high - low;
}

/* A client that polls without a pause takes a core for as long as it waits. */
static void waiting_takes_no_cpu(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    txn_pace(f->txn);
    begin_anew(f);
    assert_int_equal(rd_kafka_mock_broker_set_rtt(f->mock.brokers, 1, RTT_MS), 0);
    int64_t begin_us = clock_mono_us();
    int64_t cpu_before_us = cpu_us();
    assert_int_equal(produce(f, MANY, &e), 0);
    assert_int_equal(txn_commit(f->txn, NULL, NULL, 0, &e), 0);
    int64_t took_us = clock_mono_us() - begin_us;
    int64_t used_us = cpu_us() - cpu_before_us;
    assert_true(took_us > 2 * RTT_MS * US_PER_MS); /* it did wait */
    assert_true(used_us < took_us / 3);
}

/* What is sent before the commit is no more committed than the rest. */
static void all_of_a_long_one_arrives(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    txn_pace(f->txn);
    assert_int_equal(produce(f, MANY, &e), 0);
    assert_int_equal(txn_commit(f->txn, NULL, NULL, 0, &e), 0);
    assert_true(n_records(f) >= MANY);
}

/* A record that the brokers refuse fails the commit, also if it was sent long before. */
static void refused_before_the_commit(void **state)
{
    enum { PRODUCE = 0 };
    struct fixture *f = *state;
    struct err e = {0};
    txn_pace(f->txn);
    begin_anew(f);
    rd_kafka_mock_push_request_errors(f->mock.brokers, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    if (produce(f, MANY, &e) == 0)
        assert_int_equal(txn_commit(f->txn, NULL, NULL, 0, &e), -1);
    assert_true(e.code == ERR_IO || e.code == ERR_FENCED);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    log_init(LOG_LEVEL_ERROR, LOG_FORMAT_JSON);
    const struct CMUnitTest tests[] = {
        CASE(waiting_takes_no_cpu),
        CASE(all_of_a_long_one_arrives),
        CASE(refused_before_the_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
