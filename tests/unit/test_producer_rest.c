/* The REST client against a small server on loopback, which answers by the path. */
#include "http_case.h"
#include "rest.h"
#include "timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* --- the server ------------------------------------------------------------------------------ */

#define DATE "Date: Mon, 05 Jan 2026 12:00:00 GMT\r\n"
#define DATE_US INT64_C(1767614400000000)

static const struct {
    const char *path;
    struct http_answer answer;
} answers[] = {
    {"/base/ok?a=b",
     {"HTTP/1.1 200 OK\r\n" DATE "X-Used: 17\r\nContent-Length: 5\r\n\r\nhello", false}},
    {"/base/empty", {"HTTP/1.1 200 OK\r\nX-Used: many\r\nContent-Length: 0\r\n\r\n", false}},
    {"/base/no-date",
     {"HTTP/1.1 200 OK\r\nDate: today\r\nX-Used: -5\r\nContent-Length: 0\r\n\r\n", false}},
    {"/base/cached", {"HTTP/1.1 200 OK\r\n" DATE "Age: 30\r\nContent-Length: 0\r\n\r\n", false}},
    {"/base/used", {"HTTP/1.1 200 OK\r\nX-Used: 100\r\nContent-Length: 0\r\n\r\n", false}},
    {"/base/unknown", {"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone", false}},
    {"/base/busy", {"HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n", false}},
    {"/base/busy-7",
     {"HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", false}},
    {"/base/banned", {"HTTP/1.1 418 Tea\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n", false}},
    {"/base/firewall", {"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", false}},
    {"/base/down", {"HTTP/1.1 503 Down\r\nContent-Length: 4\r\n\r\nsoon", false}},
    {"/base/down-9", {"HTTP/1.1 503 Down\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n", false}},
    {"/base/elsewhere",
     {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", false}},
    {"/base/long",
     {"HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n123456789012345678901234567890123", false}},
    {"/base/cut", {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhel", true}},
    {"/base/garbage", {"hello\r\n\r\n", true}},
    {"/base/silent", {NULL, false}},
};

static bool answer(void *ctx, const char *path, struct http_answer *ret)
{
    (void)ctx;
    for (size_t i = 0; i < N(answers); i++) {
        if (strcmp(path, answers[i].path) != 0)
            continue;
        *ret = answers[i].answer;
        return true;
    }
    return false;
}

static struct http_case *start(void)
{
    return http_case_start(answer, NULL);
}

/* --- the client ------------------------------------------------------------------------------ */

static const struct rest_rules rules = {
    .weight_max = 100, .window_ms = 60000, .used_header = "x-used", .busy_ms = 4000};
static const struct exchange_ops ops = {.name = "test", .rest = &rules};
static struct market_clock market = MARKET_CLOCK_REAL;

static struct rest_quota *quota; /* of the test that runs */

static int setup(void **state)
{
    struct err e = {0};
    (void)state;
    quota = rest_quota_create(&rules, &e);
    return quota ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    rest_quota_destroy(quota);
    return 0;
}

static struct rest *connect_to(const char *url, bool (*stopping)(void *ctx), void *ctx)
{
    const struct rest_about about = {&ops, url, &market, quota, 20000, stopping, ctx};
    struct err e = {0};
    struct rest *r = rest_create(&about, &e);
    if (!r)
        fail_msg("%s", e.text);
    return r;
}

static int get(struct rest *r, const char *path, int64_t weight, struct rest_answer *a,
               struct err *e)
{
    struct http_request req = {.endpoint = "rest", .weight = weight};
    (void)snprintf(req.path, sizeof(req.path), "%s", path);
    *e = (struct err){0};
    return rest_get(r, &req, a, e);
}

static int64_t wait_s(const struct rest *r)
{
    return (rest_wait_us(r, 1, clock_mono_us()) + US_PER_S - 1) / US_PER_S;
}

static void answers_of(void **state)
{
    static const struct {
        const char *path;
        int result;
        long status;
        const char *body; /* or the error, behind the URL */
        int64_t silent_s; /* at most, and more than a second less */
    } cases[] = {
        {"/ok?a=b", 0, 200, "hello", 0},
        {"/empty", 0, 200, "", 0},
        {"/unknown", 0, 404, "none", 0},
        {"/busy", -1, 429, "HTTP status 429", 4},
        {"/busy-7", -1, 429, "HTTP status 429", 7},
        {"/banned", -1, 418, "HTTP status 418", 60},
        {"/firewall", -1, 403, "HTTP status 403", 0},
        {"/down", -1, 503, "HTTP status 503", 0},
        {"/down-9", -1, 503, "HTTP status 503", 9},
    };
    struct http_case *s = start();
    for (size_t i = 0; i < N(cases); i++) {
        struct rest_answer a = {.body = STRBUF_INIT(32)};
        struct err e;
        struct rest *r = connect_to(http_case_url(s), NULL, NULL);
        assert_int_equal(get(r, cases[i].path, 1, &a, &e), cases[i].result);
        assert_int_equal(a.status, cases[i].status);
        if (cases[i].result == 0) {
            assert_string_equal(a.body.data ? a.body.data : "", cases[i].body);
        } else {
            assert_int_equal(e.code, ERR_IO);
            assert_true(e.retriable);
            assert_non_null(strstr(e.text, cases[i].path));
            assert_non_null(strstr(e.text, cases[i].body));
        }
        assert_in_range(wait_s(r), cases[i].silent_s > 1 ? cases[i].silent_s - 1 : 0,
                        cases[i].silent_s);
        strbuf_finish(&a.body);
        rest_destroy(r);
        assert_int_equal(teardown(state), 0);
        assert_int_equal(setup(state), 0); /* whoever is silent for this answer */
    }
    http_case_stop(s);
}

static void failures(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum err_code code;
        bool retriable;
    } cases[] = {
        {"/long", ERR_LIMIT, false},    /* than the 32 bytes there is room for */
        {"/cut", ERR_IO, true},         /* before its end */
        {"/garbage", ERR_IO, true},     /* no HTTP */
        {"/elsewhere", ERR_IO, true},   /* to an address without TLS */
        {"/not-in-table", ERR_IO, true} /* the connection ends without an answer */
    };
    struct http_case *s = start();
    struct rest *r = connect_to(http_case_url(s), NULL, NULL);
    struct rest_answer a = {.body = STRBUF_INIT(32)};
    struct err e;
    for (size_t i = 0; i < N(cases); i++) {
        assert_int_equal(get(r, cases[i].path, 1, &a, &e), -1);
        assert_int_equal(e.code, cases[i].code);
        assert_int_equal(e.retriable, cases[i].retriable);
        assert_int_equal(get(r, "/ok?a=b", 1, &a, &e), 0); /* and it goes on */
        assert_string_equal(a.body.data, "hello");
    }
    strbuf_finish(&a.body);
    rest_destroy(r);
    http_case_stop(s);
}

static void no_server(void **state)
{
    (void)state;
    struct http_case *s = start();
    char url[64];
    (void)snprintf(url, sizeof(url), "%s", http_case_url(s));
    http_case_stop(s);
    struct rest *r = connect_to(url, NULL, NULL);
    struct rest_answer a = {.body = STRBUF_INIT(32)};
    struct err e;
    assert_int_equal(get(r, "/ok?a=b", 1, &a, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_true(e.retriable);
    assert_int_equal(a.status, 0);
    rest_destroy(r);
}

static void one_connection(void **state)
{
    (void)state;
    static const char *const paths[] = {"/ok?a=b", "/unknown", "/busy", "/down", "/empty"};
    struct http_case *s = start();
    struct rest *r = connect_to(http_case_url(s), NULL, NULL);
    struct rest_answer a = {.body = STRBUF_INIT(32)};
    struct err e;
    for (size_t i = 0; i < 50; i++)
        (void)get(r, paths[i % N(paths)], 1, &a, &e); /* judged elsewhere */
    assert_int_equal(http_case_requests(s), 50);
    assert_int_equal(http_case_connections(s), 1);
    strbuf_finish(&a.body);
    rest_destroy(r);
    http_case_stop(s);
}

static void budget(void **state)
{
    (void)state;
    struct http_case *s = start();
    struct rest *r = connect_to(http_case_url(s), NULL, NULL);
    struct rest_answer a = {.body = STRBUF_INIT(32)};
    struct err e;
    assert_int_equal(get(r, "/empty", 60, &a, &e), 0); /* a header that is no number is none */
    assert_int_equal(get(r, "/no-date", 0, &a, &e), 0);
    assert_int_equal(rest_wait_us(r, 40, clock_mono_us()), 0);
    assert_true(rest_wait_us(r, 41, clock_mono_us()) > 0);
    assert_int_equal(get(r, "/ok?a=b", 1, &a, &e), 0); /* 17 it is, says the exchange */
    assert_int_equal(rest_wait_us(r, 83, clock_mono_us()), 0);
    assert_true(rest_wait_us(r, 84, clock_mono_us()) > 0);
    assert_int_equal(get(r, "/used", 1, &a, &e), 0); /* all of it */
    assert_in_range(wait_s(r), 55, 62);
    assert_int_equal(get(r, "/ok?a=b", 90, &a, &e), 0); /* whether or not there is some left */
    assert_int_equal(wait_s(r), 0);
    rest_busy(r, clock_mono_us());
    assert_in_range(wait_s(r), 3, 4);
    assert_int_equal(get(r, "/busy", 1, &a, &e), -1);
    assert_in_range(wait_s(r), 7, 8);
    strbuf_finish(&a.body);
    rest_destroy(r);
    http_case_stop(s);
}

/* Who reads the list does not ask while repair must not. */
static void one_quota_for_all_that_ask(void **state)
{
    (void)state;
    struct http_case *s = start();
    struct http_case *other = start();
    struct rest *repair = connect_to(http_case_url(s), NULL, NULL);
    struct rest *list = connect_to(http_case_url(other), NULL, NULL);
    struct rest_answer a = {.body = STRBUF_INIT(32)};
    struct err e;
    assert_int_equal(get(repair, "/empty", 60, &a, &e), 0);
    assert_int_equal(rest_wait_us(list, 40, clock_mono_us()), 0);
    assert_true(rest_wait_us(list, 41, clock_mono_us()) > 0);
    assert_int_equal(get(repair, "/busy-7", 1, &a, &e), -1);
    assert_in_range(wait_s(list), 6, 7);
    assert_int_equal(get(list, "/banned", 1, &a, &e), -1);
    assert_in_range(wait_s(repair), 59, 60);
    strbuf_finish(&a.body);
    rest_destroy(repair);
    rest_destroy(list);
    http_case_stop(s);
    http_case_stop(other);
}

/* Our clock goes 5 s ahead of the exchange's, whose Date was 12:00:00 and a half, as far as anyone
 * can tell. */
static void skew(void **state)
{
    (void)state;
    struct http_case *s = start();
    struct rest *r = connect_to(http_case_url(s), NULL, NULL);
    struct rest_answer a = {.body = STRBUF_INIT(32)};
    struct err e;
    int64_t ahead_us = 7;
    market = (struct market_clock){DATE_US + US_PER_S / 2 + 5 * US_PER_S, clock_real_us(), 1};
    assert_false(rest_skew_us(r, &ahead_us));
    assert_int_equal(get(r, "/empty", 1, &a, &e), 0);
    assert_int_equal(get(r, "/no-date", 1, &a, &e), 0);
    assert_int_equal(get(r, "/cached", 1, &a, &e), 0);
    assert_false(rest_skew_us(r, &ahead_us));
    assert_int_equal(ahead_us, 7);
    assert_int_equal(get(r, "/ok?a=b", 1, &a, &e), 0);
    assert_true(rest_skew_us(r, &ahead_us));
    assert_in_range(ahead_us, 5 * US_PER_S, 5 * US_PER_S + clock_real_us() - market.real_us);
    assert_int_equal(get(r, "/empty", 1, &a, &e), 0); /* it is as of the last answer with one */
    int64_t again_us;
    assert_true(rest_skew_us(r, &again_us));
    assert_int_equal(again_us, ahead_us);
    market = MARKET_CLOCK_REAL;
    strbuf_finish(&a.body);
    rest_destroy(r);
    http_case_stop(s);
}

/* --- stopping -------------------------------------------------------------------------------- */

struct stopper {
    struct http_case *server;
    int asked; /* while the request runs at the server */
};

static bool stopping(void *ctx)
{
    struct stopper *st = ctx;
    return http_case_requests(st->server) > 0 && ++st->asked > 2;
}

static void stop_while_waiting(void **state)
{
    (void)state;
    struct http_case *s = start();
    struct stopper st = {s, 0};
    struct rest *r = connect_to(http_case_url(s), stopping, &st);
    struct rest_answer a = {.body = STRBUF_INIT(32)};
    struct err e;
    int64_t from_us = clock_mono_us();
    assert_int_equal(get(r, "/silent", 1, &a, &e), -1);
    assert_int_equal(e.code, ERR_STOPPED);
    assert_int_equal(st.asked, 3);
    assert_true(clock_mono_us() - from_us < 10 * US_PER_S); /* long before its timeout */
    rest_destroy(r);
    http_case_stop(s);
}

static void timeout(void **state)
{
    (void)state;
    struct http_case *s = start();
    const struct rest_about about = {&ops, http_case_url(s), &market, quota, 300, NULL, NULL};
    struct rest_answer a = {.body = STRBUF_INIT(32)};
    struct err e = {0};
    struct rest *r = rest_create(&about, &e);
    assert_non_null(r);
    assert_int_equal(get(r, "/silent", 1, &a, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_true(e.retriable);
    rest_destroy(r);
    http_case_stop(s);
}

static void bad_urls(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "", "x", "ws://127.0.0.1", "http://", "http://h/a?b", "ftp://127.0.0.1"};
    for (size_t i = 0; i < N(urls); i++) {
        const struct rest_about about = {&ops, urls[i], &market, quota, 1000, NULL, NULL};
        struct err e = {0};
        assert_null(rest_create(&about, &e));
        assert_int_equal(e.code, ERR_CONF);
    }
    rest_destroy(NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(answers_of), CASE(failures),
        CASE(no_server),  CASE(one_connection),
        CASE(budget),     CASE(one_quota_for_all_that_ask),
        CASE(skew),       CASE(stop_while_waiting),
        CASE(timeout),    CASE(bad_urls),
    };
    return cmocka_run_group_tests(tests, http_case_begin, http_case_end);
}
