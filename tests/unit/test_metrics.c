/* The registry and its text. */
#include "metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct metric_desc trades = {"candlewick_trades_total", "trades written",
                                          METRIC_COUNTER, 1};
static const struct metric_desc lag = {"candlewick_lag_seconds", "age of the newest record",
                                       METRIC_GAUGE, 1000000};

static struct metrics *open_registry(void)
{
    struct err e = {0};
    struct metrics *r = metrics_create(&e);
    assert_non_null(r);
    return r;
}

static struct metric *add(struct metrics *r, const struct metric_desc *desc, const char *labels)
{
    struct metric *m = metrics_add(r, desc, labels, NULL);
    assert_non_null(m);
    return m;
}

static void expect(struct metrics *r, const char *text)
{
    struct strbuf b = STRBUF_INIT(4096);
    assert_int_equal(metrics_print(r, &b), 0);
    assert_string_equal(b.data ? b.data : "", text);
    strbuf_finish(&b);
}

static void text(void **state)
{
    (void)state;
    struct metrics *r = open_registry();
    expect(r, "");
    metric_inc(add(r, &trades, "exchange=\"okx\""), 7);
    metric_inc(add(r, &trades, "exchange=\"binance\",shard=\"0\""), 2);
    metric_set(add(r, &lag, ""), 1500000);
    expect(r, "# HELP candlewick_lag_seconds age of the newest record\n"
              "# TYPE candlewick_lag_seconds gauge\n"
              "candlewick_lag_seconds 1.500000\n"
              "# HELP candlewick_trades_total trades written\n"
              "# TYPE candlewick_trades_total counter\n"
              "candlewick_trades_total{exchange=\"binance\",shard=\"0\"} 2\n"
              "candlewick_trades_total{exchange=\"okx\"} 7\n");
    metrics_destroy(r);
    metrics_destroy(NULL);
}

static void same_name_and_labels_same_metric(void **state)
{
    (void)state;
    struct metrics *r = open_registry();
    struct metric *a = add(r, &trades, "exchange=\"okx\"");
    struct metric *b = add(r, &trades, "exchange=\"kraken\"");
    metric_inc(a, 1);
    assert_ptr_not_equal(a, b);
    assert_ptr_equal(add(r, &trades, "exchange=\"okx\""), a);
    assert_ptr_equal(add(r, &trades, "exchange=\"kraken\""), b);
    assert_int_equal(metric_get(a), 1);
    assert_int_equal(metric_get(b), 0);
    metrics_destroy(r);
}

static void values_are_exact(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        const char *whole;
        const char *micro;
    } cases[] = {
        {0, "0", "0.000000"},
        {1, "1", "0.000001"},
        {-1, "-1", "-0.000001"},
        {999999, "999999", "0.999999"},
        {-1000001, "-1000001", "-1.000001"},
        {INT64_MAX, "9223372036854775807", "9223372036854.775807"},
        {INT64_MIN, "-9223372036854775808", "-9223372036854.775808"},
    };
    static const struct metric_desc count = {"a_total", "A", METRIC_COUNTER, 1};
    static const struct metric_desc time = {"b_seconds", "B", METRIC_GAUGE, 1000000};
    struct metrics *r = open_registry();
    struct metric *a = add(r, &count, "");
    struct metric *b = add(r, &time, "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        metric_set(a, cases[i].value);
        metric_set(b, cases[i].value);
        struct strbuf due = STRBUF_INIT(1000);
        assert_int_equal(strbuf_addf(&due,
                                     "# HELP a_total A\n# TYPE a_total counter\na_total %s\n"
                                     "# HELP b_seconds B\n# TYPE b_seconds gauge\nb_seconds %s\n",
                                     cases[i].whole, cases[i].micro),
                         0);
        expect(r, due.data);
        strbuf_finish(&due);
    }
    metrics_destroy(r);
}

static void no_room(void **state)
{
    (void)state;
    struct metrics *r = open_registry();
    (void)add(r, &trades, "");
    struct strbuf whole = STRBUF_INIT(4096);
    assert_int_equal(metrics_print(r, &whole), 0);
    for (size_t room = 0; room < whole.len; room++) {
        struct strbuf b = STRBUF_INIT(room);
        assert_int_equal(metrics_print(r, &b), -1);
        strbuf_finish(&b);
    }
    strbuf_finish(&whole);
    metrics_destroy(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text),
        cmocka_unit_test(same_name_and_labels_same_metric),
        cmocka_unit_test(values_are_exact),
        cmocka_unit_test(no_room),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
