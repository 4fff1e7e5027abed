/* The writer of quotes when its brokers refuse, answer wrongly, are slow or go away. The brokers
 * are librdkafka's own mock, which is there for errors; what is written is read back from it. */
#include "clock.h"
#include "log.h"
#include "producer_case.h"
#include "quote_writer.h"
#include "timefmt.h"

#include <librdkafka/rdkafka_mock.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { PARTITIONS = 4, WAIT_S = 20, PRODUCE = 0 /* the request's number */ };

/* The newest quote of each symbol, by partition and offset, as bids; 0: void; -1: none. */
struct shown {
    int64_t bid[16];
    int64_t n;
};

struct fixture {
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *brokers;
    struct universe *universe;
    struct quote_queue *queues[1];
    struct bell *bell;
    struct metrics *registry;
    struct producer_metrics metrics;
    struct health *health;
    struct framing_topic framed;
    struct kafka_settings settings;
    struct quote_writer *writer;
    rd_kafka_t *reader;
    struct shown shown;
};

static atomic_bool stop_all;

static bool stopping(void)
{
    return atomic_load(&stop_all);
}

/* The header of a type in single-object encoding, from a record that was framed so. */
static void frame(struct framing_topic *t, const struct record *r)
{
    struct err e = {0};
    struct strbuf b = STRBUF_INIT(1000);
    assert_int_equal(record_encode(r, &b, &e), 0);
    memcpy(t->headers[r->type].bytes, b.data, RECORD_HEADER_BYTES);
    t->headers[r->type].len = RECORD_HEADER_BYTES;
    strbuf_finish(&b);
}

static void start(struct fixture *f)
{
    struct err e = {0};
    const struct quote_writer_about about = {
        .settings = &f->settings,
        .exchange = "binance",
        .universe = f->universe,
        .queues = f->queues,
        .bell = f->bell,
        .framed = &f->framed,
        .metrics = &f->metrics,
        .health = f->health,
    };
    f->writer = quote_writer_start(&about, &e);
    assert_non_null(f->writer);
}

static rd_kafka_t *open_reader(const struct fixture *f)
{
    char why[200];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    assert_int_equal(
        rd_kafka_conf_set(conf, "bootstrap.servers", f->settings.brokers, why, sizeof(why)),
        RD_KAFKA_CONF_OK);
    assert_int_equal(rd_kafka_conf_set(conf, "group.id", "test", why, sizeof(why)),
                     RD_KAFKA_CONF_OK);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
    assert_non_null(rk);
    assert_int_equal(rd_kafka_poll_set_consumer(rk), 0);
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int p = 0; p < PARTITIONS; p++)
        rd_kafka_topic_partition_list_add(parts, "quotes", p)->offset = RD_KAFKA_OFFSET_BEGINNING;
    assert_int_equal(rd_kafka_assign(rk, parts), 0);
    rd_kafka_topic_partition_list_destroy(parts);
    return rk;
}

static int setup(void **state)
{
    struct err e = {0};
    char why[200];
    struct fixture *f = calloc(1, sizeof(*f));
    if (!f)
        return -1;
    *state = f;
    atomic_store(&stop_all, false);
    f->rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof(why));
    f->brokers = f->rk ? rd_kafka_mock_cluster_new(f->rk, 1) : NULL;
    f->universe = case_universe_of_quotes(1, 0);
    f->bell = bell_create(&e);
    f->registry = metrics_create(&e);
    f->health = health_start("", f->registry, &e);
    f->queues[0] = quote_queue_create(f->universe->n_symbols, f->bell, &e);
    if (!f->brokers || !f->bell || !f->registry || !f->health || !f->queues[0] ||
        producer_metrics_add(&f->metrics, f->registry, "binance", &e) != 0 ||
        rd_kafka_mock_topic_create(f->brokers, "quotes", PARTITIONS, 1) != 0)
        return -1;
    f->settings = (struct kafka_settings){.brokers = rd_kafka_mock_cluster_bootstraps(f->brokers),
                                          .prefix = "",
                                          .stopping = stopping};
    health_ready(f->health, "test");
    frame(&f->framed, &(struct record){.type = RECORD_QUOTE, .quote.state = QUOTE_STATE_VOID});
    frame(&f->framed, &(struct record){.type = RECORD_TICK});
    frame(&f->framed, &(struct record){.type = RECORD_RATE});
    memset(&f->shown, -1, sizeof(f->shown));
    f->shown.n = 0;
    f->reader = open_reader(f);
    start(f);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    (void)quote_writer_stop(f->writer, true);
    rd_kafka_destroy(f->reader);
    quote_queue_destroy(f->queues[0]);
    bell_destroy(f->bell);
    health_stop(f->health);
    metrics_destroy(f->registry);
    universe_destroy(f->universe);
    rd_kafka_mock_cluster_destroy(f->brokers);
    rd_kafka_destroy(f->rk);
    free(f);
    return 0;
}

/* --- what is put ----------------------------------------------------------------------------- */

static void quote(struct fixture *f, const char *symbol, int bid)
{
    const struct entry in = {.type = ENTRY_QUOTE,
                             .index = case_symbol(f->universe, symbol),
                             .receive_us = bid,
                             .bid = {bid > 0, {bid}, {1}},
                             .ask = {bid > 0, {bid + 1}, {1}}};
    int64_t dropped = quote_queue_put(f->queues[0], &in);
    metric_inc(f->metrics.quotes_conflated, dropped);
}

/* --- what is written ------------------------------------------------------------------------- */

static void show(struct fixture *f, const rd_kafka_message_t *m)
{
    struct record r;
    struct err e = {0};
    assert_int_equal(record_decode(slice_make(m->payload, m->len), &r, &e), 0);
    if (r.type != RECORD_QUOTE)
        return;
    int64_t i = universe_find_symbol(f->universe, r.quote.symbol);
    assert_true(i >= 0 && i < 16);
    f->shown.n++;
    f->shown.bid[i] = r.quote.has_bid ? (int64_t)r.quote.bid.e18 : 0;
}

/* Until the topic shows these bids of BTC-USDT, ETH-USDT and SOL-USDT. */
static void await(struct fixture *f, int64_t btc, int64_t eth, int64_t sol)
{
    const int64_t wanted[] = {btc, eth, sol};
    static const char *const names[] = {"BTC-USDT", "ETH-USDT", "SOL-USDT"};
    time_t end = time(NULL) + WAIT_S;
    bool same = false;
    while (!same && time(NULL) < end) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(f->reader, 100);
        if (m && !m->err)
            show(f, m);
        if (m)
            rd_kafka_message_destroy(m);
        same = true;
        for (size_t i = 0; i < 3; i++)
            same = same && f->shown.bid[case_symbol(f->universe, names[i])] == wanted[i];
    }
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(f->shown.bid[case_symbol(f->universe, names[i])], wanted[i]);
}

static void await_metric(const struct metric *m, int64_t at_least)
{
    const struct timespec nap = {0, 5000000};
    time_t end = time(NULL) + WAIT_S;
    while (metric_get(m) < at_least && time(NULL) < end)
        (void)nanosleep(&nap, NULL);
    assert_true(metric_get(m) >= at_least);
}

static void await_ready(const struct fixture *f)
{
    const struct timespec nap = {0, 5000000};
    time_t end = time(NULL) + WAIT_S;
    while (!health_is_ready(f->health) && time(NULL) < end)
        (void)nanosleep(&nap, NULL);
    assert_true(health_is_ready(f->health));
}

/* The shard is ours, and three quotes are in the topic. */
static void begin_with_three(struct fixture *f)
{
    quote_writer_own(f->writer, 0, 1);
    quote(f, "BTC-USDT", 10);
    quote(f, "ETH-USDT", 20);
    quote(f, "SOL-USDT", 30);
    await(f, 10, 20, 30);
}

/* --- tests ----------------------------------------------------------------------------------- */

static void what_is_known_comes_with_the_epoch(void **state)
{
    struct fixture *f = *state;
    quote(f, "BTC-USDT", 10);
    quote(f, "ETH-USDT", 20);
    quote_writer_own(f->writer, 0, 1);
    quote(f, "SOL-USDT", 30);
    await(f, 10, 20, 30);
    assert_int_equal(f->shown.n, 3);
    quote(f, "SOL-USDT", 0);
    await(f, 10, 20, 0);
    assert_int_equal(f->shown.n, 4);
    quote_writer_end(f->writer);
    assert_int_equal(quote_writer_stop(f->writer, false), 0);
    f->writer = NULL;
}

/* librdkafka's fatal "sequence desynchronization": a new producer, and nothing stale is left. */
static void fatal_error(void **state)
{
    struct fixture *f = *state;
    begin_with_three(f);
    rd_kafka_mock_push_request_errors(f->brokers, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    quote(f, "ETH-USDT", 21);
    quote(f, "SOL-USDT", 0); /* is dropped with the producer, and must not be missed */
    await_metric(f->metrics.quote_rebuilds, 1);
    await(f, 10, 21, 0);
    assert_int_equal(metric_get(f->metrics.quote_rebuilds), 1);
    quote(f, "BTC-USDT", 11);
    await(f, 11, 21, 0);
    await_ready(f);
    assert_true(quote_writer_stop(f->writer, false) > 0);
    f->writer = NULL;
}

/* An error of one request only: the producer stays, what was in it is said anew. */
static void delivery_refused(void **state)
{
    struct fixture *f = *state;
    begin_with_three(f);
    rd_kafka_mock_push_request_errors(f->brokers, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    quote(f, "ETH-USDT", 0);
    await_metric(f->metrics.quotes_lost, 1);
    await(f, 10, 0, 30);
    assert_int_equal(metric_get(f->metrics.quote_rebuilds), 0);
    await_ready(f);
}

/* The queue is taken only as far as the brokers follow; what comes last arrives. */
static void slow_broker(void **state)
{
    struct fixture *f = *state;
    quote_writer_own(f->writer, 0, 1);
    quote(f, "BTC-USDT", 1);
    quote(f, "ETH-USDT", 1);
    quote(f, "SOL-USDT", 1);
    await(f, 1, 1, 1);
    assert_int_equal(rd_kafka_mock_broker_set_rtt(f->brokers, 1, 500), 0);
    for (int i = 2; i <= 200000; i++) {
        quote(f, "BTC-USDT", i);
        quote(f, "ETH-USDT", i);
    }
    quote(f, "SOL-USDT", 2);
    assert_true(metric_get(f->metrics.quotes_conflated) > 300000);
    assert_int_equal(rd_kafka_mock_broker_set_rtt(f->brokers, 1, 0), 0);
    await(f, 200000, 200000, 2);
    assert_true(f->shown.n + metric_get(f->metrics.quotes_conflated) == 400002);
    assert_int_equal(metric_get(f->metrics.quotes_lost), 0);
}

/* The end comes in its time, also with no broker there. */
static void stopped_without_broker(void **state)
{
    struct fixture *f = *state;
    quote_writer_own(f->writer, 0, 1);
    quote(f, "BTC-USDT", 1);
    quote(f, "ETH-USDT", 1);
    quote(f, "SOL-USDT", 1);
    await(f, 1, 1, 1);
    assert_int_equal(rd_kafka_mock_broker_set_down(f->brokers, 1), 0);
    for (int i = 2; i < 20000; i++)
        quote(f, "BTC-USDT", i);
    int64_t begin_us = clock_mono_us();
    atomic_store(&stop_all, true);
    assert_true(quote_writer_stop(f->writer, false) > 0);
    f->writer = NULL;
    assert_true(clock_mono_us() - begin_us < 10 * US_PER_S);
    assert_int_equal(rd_kafka_mock_broker_set_up(f->brokers, 1), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    log_init(LOG_LEVEL_ERROR, LOG_FORMAT_JSON);
    const struct CMUnitTest tests[] = {
        CASE(what_is_known_comes_with_the_epoch),
        CASE(fatal_error),
        CASE(delivery_refused),
        CASE(slow_broker),
        CASE(stopped_without_broker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
