/* The thread that asks for trades of the past, against a small server. */
#include "bell.h"
#include "http_case.h"
#include "repair_fetch.h"
#include "rest.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum { WAIT_MS = 20000, WEIGHT = 10, MANY = 10001 };

/* --- an exchange whose body says what to make of it ------------------------------------------- */

static int request(const struct history_query *q, struct http_request *ret, struct err *e)
{
    if (q->first_id == 13)
        return err_set(e, ERR_LIMIT, "no such id");
    *ret = (struct http_request){.endpoint = "rest", .weight = WEIGHT};
    (void)snprintf(ret->path, sizeof(ret->path), "/%lld", (long long)q->first_id);
    return 0;
}

static int emit_some(int64_t first_id, int64_t n, emit_fn emit, void *ctx, struct err *e)
{
    struct event ev = {.type = EVENT_TRADE,
                       .has_sequence = first_id != 99,
                       .trade_id = slice_of("17"),
                       .has_exchange_time = true};
    for (int64_t id = first_id; id < first_id + n; id++) {
        ev.sequence = ev.exchange_time_us = id;
        if (emit(ctx, &ev, e) != 0)
            return -1;
    }
    return 0;
}

static int parse(struct history_query *q, long status, struct slice body, emit_fn emit, void *ctx,
                 struct err *e)
{
    if (status != 200)
        return err_set(e, ERR_NOT_FOUND, "the exchange says no");
    if (slice_eq(body, slice_of("busy"))) {
        (void)err_set(e, ERR_IO, "too often");
        return HISTORY_BUSY;
    }
    if (slice_eq(body, slice_of("what")))
        return err_set(e, ERR_PROTO, "not understood");
    if (slice_eq(body, slice_of("soon")))
        return err_retry(e, ERR_IO, "maintenance");
    if (emit_some(q->first_id, slice_eq(body, slice_of("lots")) ? MANY : 3, emit, ctx, e) != 0)
        return -1;
    q->first_id += 3;
    return slice_eq(body, slice_of("more")) ? HISTORY_MORE : HISTORY_DONE;
}

static const struct rest_rules rules = {.weight_max = 100, .window_ms = 60000, .busy_ms = 4000};
static const struct exchange_ops ops = {
    .name = "test", .rest = &rules, .history_request = request, .parse_history = parse};

#define OK(body) "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" body

/* By the id that is asked for, which the exchange above passes on as the path. */
static const struct {
    int64_t id;
    const char *text;
    enum repair_outcome outcome;
    size_t n;
    const char *why;
    int64_t silent_s; /* afterwards */
} pages[] = {
    {1, OK("done"), REPAIR_ALL, 3, "", 0},
    {2, OK("more"), REPAIR_PAGE, 3, "", 0},
    {3, OK("busy"), REPAIR_FAILED, 0, "too often", 4},
    {4, OK("what"), REPAIR_NONE, 0, "not understood", 0},
    {5, OK("soon"), REPAIR_FAILED, 0, "maintenance", 0},
    {6, OK("lots"), REPAIR_NONE, MANY - 1, "more than 10000 trades", 0},
    {7, "HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n", REPAIR_NONE, 0, "says no", 0},
    {8, "HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n", REPAIR_FAILED, 0, "503", 0},
    {9, "HTTP/1.1 429 Often\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", REPAIR_FAILED, 0,
     "429", 7},
    {10, NULL, REPAIR_FAILED, 0, "/10", 0},
    {13, NULL, REPAIR_NONE, 0, "no such id", 0},
    {99, OK("done"), REPAIR_NONE, 0, "without a contiguous id", 0},
};

static bool answer(void *ctx, const char *path, struct http_answer *ret)
{
    char expected[40];
    (void)ctx;
    for (size_t i = 0; i < N(pages); i++) {
        (void)snprintf(expected, sizeof(expected), "/base/%lld", (long long)pages[i].id);
        ret->text = pages[i].text;
        if (strcmp(path, expected) == 0)
            return pages[i].text != NULL;
    }
    return false;
}

/* --- the fixture ------------------------------------------------------------------------------ */

struct fixture {
    struct http_case *server;
    struct rest_quota *quota;
    struct market_clock clock;
    struct metrics *registry;
    struct producer_metrics metrics;
    struct bell *bell;
    struct repair_fetch *fetch;
};

static struct fixture fixture;

static int setup(void **state)
{
    struct fixture *f = &fixture;
    struct err e = {0};
    *f = (struct fixture){.clock = MARKET_CLOCK_REAL};
    f->server = http_case_start(answer, f);
    f->quota = rest_quota_create(&rules, &e);
    f->registry = metrics_create(&e);
    f->bell = bell_create(&e);
    *state = f;
    if (!f->quota || !f->registry || !f->bell ||
        producer_metrics_add(&f->metrics, f->registry, "test", &e) != 0)
        return -1;
    f->fetch = repair_fetch_start(&(struct repair_fetch_about){.ops = &ops,
                                                               .rest_url = http_case_url(f->server),
                                                               .quota = f->quota,
                                                               .clock = &f->clock,
                                                               .metrics = &f->metrics,
                                                               .bell = f->bell},
                                  &e);
    return f->fetch ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    repair_fetch_stop(f->fetch);
    rest_quota_destroy(f->quota);
    http_case_stop(f->server);
    bell_destroy(f->bell);
    metrics_destroy(f->registry);
    return 0;
}

static const struct repair_answer *ask(struct fixture *f, int64_t first_id)
{
    const struct repair_pick pick = {.index = 5, .query = {.first_id = first_id, .last_id = 1000}};
    repair_fetch_ask(f->fetch, 2, &pick);
    assert_true(bell_wait(f->bell, WAIT_MS));
    const struct repair_answer *a = repair_fetch_answer(f->fetch);
    assert_non_null(a);
    return a;
}

static bool is_free(struct fixture *f, bool *ret_spare)
{
    return repair_fetch_is_free(f->fetch, clock_mono_us(), ret_spare);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void what_an_answer_is(void **state)
{
    for (size_t i = 0; i < N(pages); i++) {
        struct fixture *f = *state;
        const struct repair_answer *a = ask(f, pages[i].id);
        int64_t wait_us = rest_quota_wait_us(f->quota, 1, clock_mono_us());
        bool failed = a->outcome == REPAIR_FAILED || a->outcome == REPAIR_NONE;
        assert_int_equal(a->shard, 2);
        assert_int_equal(a->pick.index, 5);
        assert_int_equal(a->outcome, pages[i].outcome);
        assert_int_equal(a->n, pages[i].n);
        assert_non_null(strstr(a->why.text, pages[i].why));
        assert_int_equal(a->pick.query.first_id, pages[i].id + (failed ? 0 : 3));
        for (size_t k = 0; k < a->n; k++) {
            const struct entry in = trade_copy_entry(&a->trades[k], 5);
            assert_int_equal(in.sequence, pages[i].id + (int64_t)k);
            assert_int_equal(in.origin, TRADE_ORIGIN_REPAIR);
            assert_true(in.receive_us > US_PER_DAY);
        }
        assert_in_range((wait_us + US_PER_S - 1) / US_PER_S,
                        pages[i].silent_s > 0 ? pages[i].silent_s - 1 : 0, pages[i].silent_s);
        assert_int_equal(metric_get(f->metrics.repair_requests), pages[i].id == 13 ? 0 : 1);
        assert_int_equal(metric_get(f->metrics.repair_failures), failed);
        assert_int_equal(metric_get(f->metrics.repair_trades), pages[i].n);
        assert_int_equal(teardown(state), 0);
        assert_int_equal(setup(state), 0); /* whoever is silent for this answer */
    }
}

static void one_question_at_a_time(void **state)
{
    struct fixture *f = *state;
    bool spare;
    assert_true(is_free(f, &spare));
    assert_true(spare);
    assert_null(repair_fetch_answer(f->fetch));
    const struct repair_answer *a = ask(f, 1);
    assert_ptr_equal(repair_fetch_answer(f->fetch), a);
    assert_false(is_free(f, &spare)); /* its answer is not taken yet */
    repair_fetch_done(f->fetch);
    assert_null(repair_fetch_answer(f->fetch));
    assert_true(is_free(f, &spare));
}

/* Questions that can wait leave half of the quota to those that cannot, whoever spent it. */
static void within_the_quota(void **state)
{
    struct fixture *f = *state;
    bool spare;
    (void)ask(f, 1);
    repair_fetch_done(f->fetch);
    rest_quota_spend(f->quota, 100 - 50 - 2 * WEIGHT, clock_mono_us());
    assert_true(is_free(f, &spare));
    assert_true(spare);
    rest_quota_spend(f->quota, 1, clock_mono_us());
    assert_true(is_free(f, &spare));
    assert_false(spare);
    rest_quota_spend(f->quota, 50 - 1, clock_mono_us());
    assert_true(is_free(f, &spare)); /* one more */
    rest_quota_spend(f->quota, 1, clock_mono_us());
    assert_false(is_free(f, &spare));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_an_answer_is),
        CASE(one_question_at_a_time),
        CASE(within_the_quota),
    };
    struct err e = {0};
    if (rest_init(&e) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rest_finish();
    return failed;
}
