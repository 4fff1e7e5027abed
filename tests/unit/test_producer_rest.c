/* The REST client against a small server on loopback, which answers by the path. */
#include "rest.h"
#include "timefmt.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* --- the server ------------------------------------------------------------------------------ */

#define DATE "Date: Mon, 05 Jan 2026 12:00:00 GMT\r\n"
#define DATE_US INT64_C(1767614400000000)

/* The whole answer, then whether the connection ends. NULL: none. */
static const struct {
    const char *path;
    const char *answer;
    bool ends;
} answers[] = {
    {"/base/ok?a=b", "HTTP/1.1 200 OK\r\n" DATE "X-Used: 17\r\nContent-Length: 5\r\n\r\nhello",
     false},
    {"/base/empty", "HTTP/1.1 200 OK\r\nX-Used: many\r\nContent-Length: 0\r\n\r\n", false},
    {"/base/no-date", "HTTP/1.1 200 OK\r\nDate: today\r\nX-Used: -5\r\nContent-Length: 0\r\n\r\n",
     false},
    {"/base/cached", "HTTP/1.1 200 OK\r\n" DATE "Age: 30\r\nContent-Length: 0\r\n\r\n", false},
    {"/base/used", "HTTP/1.1 200 OK\r\nX-Used: 100\r\nContent-Length: 0\r\n\r\n", false},
    {"/base/unknown", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone", false},
    {"/base/busy", "HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n", false},
    {"/base/busy-7", "HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", false},
    {"/base/banned", "HTTP/1.1 418 Tea\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n", false},
    {"/base/firewall", "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", false},
    {"/base/down", "HTTP/1.1 503 Down\r\nContent-Length: 4\r\n\r\nsoon", false},
    {"/base/down-9", "HTTP/1.1 503 Down\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n", false},
    {"/base/elsewhere",
     "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", false},
    {"/base/long", "HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n123456789012345678901234567890123",
     false},
    {"/base/cut", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhel", true},
    {"/base/garbage", "hello\r\n\r\n", true},
    {"/base/silent", NULL, false},
};

struct server {
    int listener;
    char url[64];
    pthread_t thread;
    atomic_int connections;
    atomic_int requests;
};

static int answer_of(const char *request)
{
    for (size_t i = 0; i < N(answers); i++) {
        size_t len = strlen(answers[i].path);
        if (strncmp(request, "GET ", 4) == 0 && strncmp(request + 4, answers[i].path, len) == 0 &&
            request[4 + len] == ' ')
            return (int)i;
    }
    return -1;
}

/* One connection to its end; requests come one at a time. */
static void serve(struct server *s, int fd)
{
    char request[4096];
    size_t len = 0;
    ssize_t n;
    while ((n = read(fd, request + len, sizeof(request) - 1 - len)) > 0) {
        len += (size_t)n;
        request[len] = '\0';
        if (!strstr(request, "\r\n\r\n"))
            continue;
        int i = answer_of(request);
        atomic_fetch_add(&s->requests, 1);
        len = 0;
        if (i < 0)
            return;
        const char *answer = answers[i].answer;
        if (answer && send(fd, answer, strlen(answer), MSG_NOSIGNAL) != (ssize_t)strlen(answer))
            return;
        if (answers[i].ends)
            return;
    }
}

static void *run(void *ctx)
{
    struct server *s = ctx;
    int fd;
    while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
        atomic_fetch_add(&s->connections, 1);
        serve(s, fd);
        (void)close(fd);
    }
    return NULL;
}

static struct server *start(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    struct server *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(s->listener >= 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(s->listener, 8), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&at, &len), 0);
    (void)snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d/base/", ntohs(at.sin_port));
    assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
    return s;
}

/* After the client has gone, whose connections then end. */
static void stop(struct server *s)
{
    (void)shutdown(s->listener, SHUT_RDWR);
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    (void)close(s->listener);
    free(s);
}

/* --- the client ------------------------------------------------------------------------------ */

static const struct rest_rules rules = {
    .weight_max = 100, .window_ms = 60000, .used_header = "x-used", .busy_ms = 4000};
static const struct exchange_ops ops = {.name = "test", .rest = &rules};
static struct market_clock market = MARKET_CLOCK_REAL;

static struct rest *connect_to(const char *url, bool (*stopping)(void *ctx), void *ctx)
{
    const struct rest_about about = {&ops, url, &market, 20000, stopping, ctx};
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
    (void)state;
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
    struct server *s = start();
    for (size_t i = 0; i < N(cases); i++) {
        struct rest_answer a = {.body = STRBUF_INIT(32)};
        struct err e;
        struct rest *r = connect_to(s->url, NULL, NULL);
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
    }
    stop(s);
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
    struct server *s = start();
    struct rest *r = connect_to(s->url, NULL, NULL);
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
    stop(s);
}

static void no_server(void **state)
{
    (void)state;
    struct server *s = start();
    char url[64];
    (void)snprintf(url, sizeof(url), "%s", s->url);
    stop(s);
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
    struct server *s = start();
    struct rest *r = connect_to(s->url, NULL, NULL);
    struct rest_answer a = {.body = STRBUF_INIT(32)};
    struct err e;
    for (size_t i = 0; i < 50; i++)
        (void)get(r, paths[i % N(paths)], 1, &a, &e); /* judged elsewhere */
    assert_int_equal(atomic_load(&s->requests), 50);
    assert_int_equal(atomic_load(&s->connections), 1);
    strbuf_finish(&a.body);
    rest_destroy(r);
    stop(s);
}

static void budget(void **state)
{
    (void)state;
    struct server *s = start();
    struct rest *r = connect_to(s->url, NULL, NULL);
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
    stop(s);
}

/* Our clock goes 5 s ahead of the exchange's, whose Date was 12:00:00 and a half, as far as anyone
 * can tell. */
static void skew(void **state)
{
    (void)state;
    struct server *s = start();
    struct rest *r = connect_to(s->url, NULL, NULL);
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
    stop(s);
}

/* --- stopping -------------------------------------------------------------------------------- */

struct stopper {
    struct server *server;
    int asked; /* while the request runs at the server */
};

static bool stopping(void *ctx)
{
    struct stopper *st = ctx;
    return atomic_load(&st->server->requests) > 0 && ++st->asked > 2;
}

static void stop_while_waiting(void **state)
{
    (void)state;
    struct server *s = start();
    struct stopper st = {s, 0};
    struct rest *r = connect_to(s->url, stopping, &st);
    struct rest_answer a = {.body = STRBUF_INIT(32)};
    struct err e;
    int64_t from_us = clock_mono_us();
    assert_int_equal(get(r, "/silent", 1, &a, &e), -1);
    assert_int_equal(e.code, ERR_STOPPED);
    assert_int_equal(st.asked, 3);
    assert_true(clock_mono_us() - from_us < 10 * US_PER_S); /* long before its timeout */
    rest_destroy(r);
    stop(s);
}

static void timeout(void **state)
{
    (void)state;
    struct server *s = start();
    const struct rest_about about = {&ops, s->url, &market, 300, NULL, NULL};
    struct rest_answer a = {.body = STRBUF_INIT(32)};
    struct err e = {0};
    struct rest *r = rest_create(&about, &e);
    assert_non_null(r);
    assert_int_equal(get(r, "/silent", 1, &a, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_true(e.retriable);
    rest_destroy(r);
    stop(s);
}

static void bad_urls(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "", "x", "ws://127.0.0.1", "http://", "http://h/a?b", "ftp://127.0.0.1"};
    for (size_t i = 0; i < N(urls); i++) {
        const struct rest_about about = {&ops, urls[i], &market, 1000, NULL, NULL};
        struct err e = {0};
        assert_null(rest_create(&about, &e));
        assert_int_equal(e.code, ERR_CONF);
    }
    rest_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_of),
        cmocka_unit_test(failures),
        cmocka_unit_test(no_server),
        cmocka_unit_test(one_connection),
        cmocka_unit_test(budget),
        cmocka_unit_test(skew),
        cmocka_unit_test(stop_while_waiting),
        cmocka_unit_test(timeout),
        cmocka_unit_test(bad_urls),
    };
    struct err e = {0};
    if (rest_init(&e) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rest_finish();
    return failed;
}
