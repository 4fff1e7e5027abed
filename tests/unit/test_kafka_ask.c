/* Asking for offsets while leaders come and go. */
#include "clock.h"
#include "kafka/ask.h"
#include "mock_case.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TIMEOUT_MS = 500, WAIT_S = 20 };

struct fixture {
    struct mock_case mock;
    rd_kafka_t *client;
};

static rd_kafka_t *open_client(const char *brokers)
{
    char why[200];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof(why)) !=
            RD_KAFKA_CONF_OK ||
        rd_kafka_conf_set(conf, "group.id", "test", why, sizeof(why)) != RD_KAFKA_CONF_OK)
        return NULL;
    return rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    if (!f)
        return -1;
    *state = f;
    if (mock_case_open(&f->mock, 2) != 0)
        return -1;
    f->client = open_client(rd_kafka_mock_cluster_bootstraps(f->mock.brokers));
    return f->client ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    rd_kafka_destroy(f->client);
    mock_case_close(&f->mock);
    free(f);
    return 0;
}

/* One question, which must not last longer than promised. */
static int ask(const struct fixture *f, int64_t *ret, struct err *e)
{
    int64_t begin_us = clock_mono_us();
    int r = ask_offset(f->client, "trades", 0, ASK_END, TIMEOUT_MS, ret, e);
    assert_true(clock_mono_us() - begin_us < 10 * TIMEOUT_MS * US_PER_MS);
    return r;
}

static void ask_until_answered(const struct fixture *f)
{
    struct err e = {0};
    int64_t end = -1;
    int64_t end_us = clock_mono_us() + WAIT_S * US_PER_S;
    while (ask(f, &end, &e) != 0) {
        assert_true(e.retriable);
        if (clock_mono_us() > end_us)
            fail_msg("after %d s still no answer: %s", WAIT_S, e.text);
    }
    assert_int_equal(end, 0);
}

static void test_the_next_leader_answers_when_one_has_died(void **state)
{
    const struct fixture *f = *state;
    ask_until_answered(f);
    assert_int_equal(rd_kafka_mock_broker_set_down(f->mock.brokers, 1), 0);
    assert_int_equal(rd_kafka_mock_partition_set_leader(f->mock.brokers, "trades", 0, 2), 0);
    ask_until_answered(f);
}

static void test_a_dead_leader_is_waited_for_no_longer_than_asked(void **state)
{
    const struct fixture *f = *state;
    struct err e = {0};
    int64_t end;
    ask_until_answered(f);
    assert_int_equal(rd_kafka_mock_broker_set_down(f->mock.brokers, 1), 0);
    assert_int_equal(ask(f, &end, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_true(e.retriable);
}

static void test_a_topic_that_is_not_there_is_said_so(void **state)
{
    const struct fixture *f = *state;
    struct err e = {0};
    int64_t end;
    ask_until_answered(f);
    assert_int_equal(ask_offset(f->client, "trades", 7, ASK_END, TIMEOUT_MS, &end, &e), -1);
    assert_int_equal(e.code, ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_next_leader_answers_when_one_has_died, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_dead_leader_is_waited_for_no_longer_than_asked,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_topic_that_is_not_there_is_said_so, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
