/* The list of pairs, read again and again from a small server, on a schedule, in a hurry and while
 * the exchange must not be asked. */
#include "http_case.h"
#include "instruments_watch.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

enum { WAIT_S = 20, HOUR_MS = 3600000, MS = 1000 };

/* --- an exchange whose list is as long as the number in its body ------------------------------ */

static int request(struct http_request *ret, struct err *e)
{
    (void)e;
    *ret = (struct http_request){.endpoint = "rest", .path = "/list", .weight = 1};
    return 0;
}

static int parse(struct slice body, instrument_fn fn, void *ctx, struct err *e)
{
    if (body.len != 1 || *body.data < '0' || *body.data > '9')
        return err_set(e, ERR_PROTO, "no number");
    for (char i = '0'; i < *body.data; i++) {
        struct instrument_info info = {.native = {'X', i}, .symbol = {'X', i}};
        if (fn(ctx, &info, e) != 0)
            return -1;
    }
    return 0;
}

static const struct rest_rules rules = {.weight_max = 100, .window_ms = 60000, .busy_ms = 4000};
static const struct exchange_ops ops = {
    .name = "test", .rest = &rules, .instruments_request = request, .parse_instruments = parse};

/* --- the fixture ------------------------------------------------------------------------------ */

struct fixture {
    atomic_int pairs; /* in the list; 0: the exchange is down */
    char text[100];   /* its answer, which the server's thread writes and sends */
    struct http_case *server;
    struct rest_quota *quota;
    struct rest *rest;
    struct market_clock clock;
    struct metrics *registry;
    struct producer_metrics metrics;
    struct instruments_watch *watch;
};

static bool answer(void *ctx, const char *path, struct http_answer *ret)
{
    struct fixture *f = ctx;
    int pairs = atomic_load(&f->pairs);
    (void)path;
    (void)snprintf(f->text, sizeof(f->text), "HTTP/1.1 %s\r\nContent-Length: 1\r\n\r\n%d",
                   pairs > 0 ? "200 OK" : "503 Down", pairs);
    *ret = (struct http_answer){.text = f->text};
    return true;
}

static struct fixture fixture;

static int setup(void **state)
{
    struct fixture *f = &fixture;
    struct err e = {0};
    *f = (struct fixture){.clock = MARKET_CLOCK_REAL};
    atomic_store(&f->pairs, 3);
    f->server = http_case_start(answer, f);
    f->quota = rest_quota_create(&rules, &e);
    const struct rest_about about = {
        &ops, http_case_url(f->server), &f->clock, f->quota, 5000, NULL, NULL};
    f->rest = f->quota ? rest_create(&about, &e) : NULL;
    f->registry = metrics_create(&e);
    *state = f;
    return f->rest && f->registry && producer_metrics_add(&f->metrics, f->registry, "test", &e) == 0
               ? 0
               : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    instruments_watch_stop(f->watch);
    rest_destroy(f->rest);
    rest_quota_destroy(f->quota);
    http_case_stop(f->server);
    metrics_destroy(f->registry);
    return 0;
}

static void start(struct fixture *f, int64_t every_ms, int64_t hurry_ms)
{
    struct err e = {0};
    const struct instruments_watch_about about = {.from = {&ops, "", f->rest, NULL},
                                                  .clock = &f->clock,
                                                  .metrics = &f->metrics,
                                                  .every_ms = every_ms,
                                                  .hurry_ms = hurry_ms};
    f->watch = instruments_watch_start(&about, &e);
    assert_non_null(f->watch);
}

static void nap(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* A list, in time; its length. */
static size_t take(struct fixture *f, int64_t *ret_read_us)
{
    struct instruments list = {0};
    int64_t end_us = clock_mono_us() + WAIT_S * US_PER_S;
    while (!instruments_watch_take(f->watch, &list, ret_read_us)) {
        assert_true(clock_mono_us() < end_us);
        nap();
    }
    size_t n = list.n;
    instruments_finish(&list);
    return n;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void read_on_a_schedule(void **state)
{
    struct fixture *f = *state;
    int64_t before_us = clock_real_us();
    int64_t first_us;
    int64_t second_us;
    start(f, 50, 50);
    assert_int_equal(take(f, &first_us), 3);
    assert_true(first_us >= before_us + 50 * MS);
    atomic_store(&f->pairs, 5);
    size_t n = take(f, &second_us); /* it may have been under way */
    assert_int_equal(n == 3 ? take(f, &second_us) : n, 5);
    assert_true(second_us > first_us && second_us <= clock_real_us());
    int64_t reads = metric_get(f->metrics.instrument_reads);
    assert_in_range(reads, 2, (clock_real_us() - before_us) / (50 * MS));
}

/* However often somebody asks for it meanwhile, and not before the least time has passed. */
static void read_once_for_a_hurry(void **state)
{
    struct fixture *f = *state;
    int64_t started_us = clock_real_us();
    int64_t read_us;
    start(f, HOUR_MS, 100);
    for (int i = 1; i <= 3; i++) {
        for (int k = 0; k < 10; k++)
            instruments_watch_hurry(f->watch);
        assert_int_equal(take(f, &read_us), 3);
        assert_true(read_us >= started_us + INT64_C(100) * i * MS - MS);
        assert_int_equal(http_case_requests(f->server), i);
    }
    instruments_watch_hurry(NULL);
}

static void silent_while_the_exchange_must_not_be_asked(void **state)
{
    struct fixture *f = *state;
    int64_t until_us = clock_mono_us() + 300 * MS;
    int64_t read_us;
    rest_quota_silent(f->quota, 300 * MS, clock_mono_us()); /* repair was told so */
    start(f, 10, 10);
    assert_int_equal(take(f, &read_us), 3);
    assert_true(clock_mono_us() >= until_us);
    assert_int_equal(http_case_requests(f->server), 1);
}

static void goes_on_with_what_is_known(void **state)
{
    struct fixture *f = *state;
    int64_t read_us;
    struct instruments list = {0};
    atomic_store(&f->pairs, 0);
    start(f, 20, 20);
    int64_t end_us = clock_mono_us() + WAIT_S * US_PER_S;
    while (http_case_requests(f->server) < 3) {
        assert_false(instruments_watch_take(f->watch, &list, &read_us));
        assert_true(clock_mono_us() < end_us);
        nap();
    }
    assert_int_equal(metric_get(f->metrics.instrument_reads), 0);
    atomic_store(&f->pairs, 4);
    assert_int_equal(take(f, &read_us), 4);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(read_on_a_schedule),
        CASE(read_once_for_a_hurry),
        CASE(silent_while_the_exchange_must_not_be_asked),
        CASE(goes_on_with_what_is_known),
    };
    return cmocka_run_group_tests(tests, http_case_begin, http_case_end);
}
