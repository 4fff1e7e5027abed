#include "http_case.h"

#include "rest.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct http_case {
    http_answer_fn answer;
    void *ctx;
    int listener;
    char url[64];
    pthread_t thread;
    atomic_int connections;
    atomic_int requests;
};

/* The path of a request whose head is complete. False: it is no GET. */
static bool path_of(char *request, const char **ret)
{
    if (strncmp(request, "GET ", 4) != 0)
        return false;
    char *end = strchr(request + 4, ' ');
    if (!end)
        return false;
    *end = '\0';
    *ret = request + 4;
    return true;
}

/* One connection to its end; requests come one at a time. */
static void serve(struct http_case *s, int fd)
{
    char request[4096];
    size_t len = 0;
    ssize_t n;
    while ((n = read(fd, request + len, sizeof(request) - 1 - len)) > 0) {
        struct http_answer a = {0};
        const char *path;
        len += (size_t)n;
        request[len] = '\0';
        if (!strstr(request, "\r\n\r\n"))
            continue;
        len = 0;
        atomic_fetch_add(&s->requests, 1);
        if (!path_of(request, &path) || !s->answer(s->ctx, path, &a))
            return;
        if (a.text && send(fd, a.text, strlen(a.text), MSG_NOSIGNAL) != (ssize_t)strlen(a.text))
            return;
        if (a.ends)
            return;
    }
}

static void *run(void *ctx)
{
    struct http_case *s = ctx;
    int fd;
    while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
        atomic_fetch_add(&s->connections, 1);
        serve(s, fd);
        (void)close(fd);
    }
    return NULL;
}

int http_case_begin(void **state)
{
    struct err e = {0};
    (void)state;
    return rest_init(&e);
}

int http_case_end(void **state)
{
    (void)state;
    rest_finish();
    return 0;
}

struct http_case *http_case_start(http_answer_fn answer, void *ctx)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    struct http_case *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->answer = answer;
    s->ctx = ctx;
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(s->listener >= 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(s->listener, 8), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&at, &len), 0);
    (void)snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d/base/", ntohs(at.sin_port));
    assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
    return s;
}

void http_case_stop(struct http_case *s)
{
    (void)shutdown(s->listener, SHUT_RDWR);
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    (void)close(s->listener);
    free(s);
}

const char *http_case_url(const struct http_case *s)
{
    return s->url;
}

int http_case_connections(struct http_case *s)
{
    return atomic_load(&s->connections);
}

int http_case_requests(struct http_case *s)
{
    return atomic_load(&s->requests);
}
