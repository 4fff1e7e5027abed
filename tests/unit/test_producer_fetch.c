/* The thread that asks for trades of the past, against a small server. */
#include "bell.h"
#include "fetch_case.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum { WAIT_MS = 20000, PAGE_MAX = 10000 };

static void start(struct fetch_case *f)
{
    struct err e = {0};
    f->fetch = repair_fetch_start(&f->about, &e);
    assert_non_null(f->fetch);
}

static const struct repair_answer *ask(struct fetch_case *f, int64_t first_id)
{
    const struct repair_pick pick = {.index = 5, .query = {.first_id = first_id, .last_id = 1000}};
    repair_fetch_ask(f->fetch, 2, &pick);
    assert_true(bell_wait(f->bell, WAIT_MS));
    const struct repair_answer *a = repair_fetch_answer(f->fetch);
    assert_non_null(a);
    return a;
}

struct expected {
    int64_t first_id;
    const char *head;
    const char *body;
    enum repair_outcome outcome;
    size_t n;
    const char *why;
    int64_t silent_s; /* afterwards */
};

static void expect_answer(const struct expected *x)
{
    void *state = NULL;
    assert_int_equal(fetch_case_setup(&state), 0);
    struct fetch_case *f = state;
    start(f);
    fetch_case_answer(f, x->head, x->body);
    const struct repair_answer *a = ask(f, x->first_id);
    bool failed = x->outcome == REPAIR_FAILED || x->outcome == REPAIR_NONE;
    assert_int_equal(a->shard, 2);
    assert_int_equal(a->pick.index, 5);
    assert_int_equal(a->outcome, x->outcome);
    assert_int_equal(a->n, x->n);
    assert_non_null(strstr(a->why.text, x->why));
    assert_int_equal(a->pick.query.first_id, x->first_id + (int64_t)x->n);
    for (size_t i = 0; i < a->n; i++) {
        const struct entry in = trade_copy_entry(&a->trades[i], 5);
        assert_int_equal(in.sequence, x->first_id + (int64_t)i);
        assert_int_equal(in.origin, TRADE_ORIGIN_REPAIR);
        assert_true(in.receive_us > US_PER_DAY);
    }
    int64_t wait_us = rest_quota_wait_us(f->quota, 1, clock_mono_us());
    assert_in_range((wait_us + US_PER_S - 1) / US_PER_S, x->silent_s > 0 ? x->silent_s - 1 : 0,
                    x->silent_s);
    assert_int_equal(metric_get(f->metrics.repair_requests), x->first_id == 13 ? 0 : 1);
    assert_int_equal(metric_get(f->metrics.repair_failures), failed);
    assert_int_equal(metric_get(f->metrics.repair_trades), x->n);
    assert_int_equal(fetch_case_teardown(&state), 0);
}

static void what_an_answer_is(void **state)
{
    (void)state;
    static const struct expected cases[] = {
        {1, "200 OK", "done 1-3", REPAIR_ALL, 3, "", 0},
        {1, "200 OK", "done", REPAIR_ALL, 0, "", 0},
        {2, "200 OK", "more 2-3", REPAIR_PAGE, 2, "", 0},
        {3, "200 OK", "busy", REPAIR_FAILED, 0, "too often", FETCH_CASE_BUSY_S},
        {4, "200 OK", "what", REPAIR_NONE, 0, "not understood", 0},
        {5, "200 OK", "soon", REPAIR_FAILED, 0, "maintenance", 0},
        {6, "200 OK", "done 6-10006", REPAIR_NONE, PAGE_MAX, "more than 10000 trades", 0},
        {7, "404 None", "", REPAIR_NONE, 0, "says no", 0},
        {8, "503 Down", "", REPAIR_FAILED, 0, "503", 0},
        {9, "429 Often\r\nRetry-After: 7", "", REPAIR_FAILED, 0, "429", 7},
        {10, NULL, "", REPAIR_FAILED, 0, "/trades?from=10", 0},
        {11, "200 OK", "done x", REPAIR_NONE, 0, "without a contiguous id", 0},
        {13, NULL, "", REPAIR_NONE, 0, "no such id", 0},
    };
    for (size_t i = 0; i < N(cases); i++)
        expect_answer(&cases[i]);
}

static bool is_free(struct fetch_case *f, bool *ret_spare)
{
    return repair_fetch_is_free(f->fetch, clock_mono_us(), ret_spare);
}

static void one_question_at_a_time(void **state)
{
    struct fetch_case *f = *state;
    start(f);
    bool spare;
    assert_true(is_free(f, &spare));
    assert_true(spare);
    assert_null(repair_fetch_answer(f->fetch));
    fetch_case_answer(f, "200 OK", "done 1-3");
    const struct repair_answer *a = ask(f, 1);
    assert_ptr_equal(repair_fetch_answer(f->fetch), a);
    assert_false(is_free(f, &spare)); /* its answer is not taken yet */
    repair_fetch_done(f->fetch);
    assert_null(repair_fetch_answer(f->fetch));
    assert_true(is_free(f, &spare));
    assert_int_equal(ask(f, 1)->n, 3); /* of this answer alone */
}

/* Questions that can wait leave half of the quota to those that cannot, whoever spent it. */
static void within_the_quota(void **state)
{
    struct fetch_case *f = *state;
    start(f);
    const int64_t half = FETCH_CASE_WEIGHT_MAX / 2;
    bool spare;
    fetch_case_answer(f, "200 OK", "done 1-3");
    (void)ask(f, 1);
    repair_fetch_done(f->fetch);
    rest_quota_spend(f->quota, half - INT64_C(2) * FETCH_CASE_WEIGHT, clock_mono_us());
    assert_true(is_free(f, &spare));
    assert_true(spare);
    rest_quota_spend(f->quota, 1, clock_mono_us());
    assert_true(is_free(f, &spare));
    assert_false(spare);
    rest_quota_spend(f->quota, half - 1, clock_mono_us());
    assert_true(is_free(f, &spare)); /* one more */
    rest_quota_spend(f->quota, 1, clock_mono_us());
    assert_false(is_free(f, &spare));
}

static void no_such_url(void **state)
{
    struct fetch_case *f = *state;
    struct err e = {0};
    f->about.rest_url = "ws://127.0.0.1";
    assert_null(repair_fetch_start(&f->about, &e));
    assert_int_equal(e.code, ERR_CONF);
    repair_fetch_stop(NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fetch_case_setup, fetch_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_answer_is),
        CASE(one_question_at_a_time),
        CASE(within_the_quota),
        CASE(no_such_url),
    };
    return cmocka_run_group_tests(tests, http_case_begin, http_case_end);
}
