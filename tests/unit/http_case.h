/**
 * A small HTTP server on loopback, which answers GETs as the test says.
 *
 *     struct http_case *s = http_case_start(answer, ctx);
 *     ... http_case_url(s) ...                  // http://127.0.0.1:PORT/base/
 *     http_case_stop(s);                        // after its client
 *
 * One connection at a time. Threads: answer() is called by the server's own.
 */
#ifndef CANDLEWICK_HTTP_CASE_H
#define CANDLEWICK_HTTP_CASE_H

#include <stdbool.h>

struct http_case;

struct http_answer {
    const char *text; /* with its head; NULL: none */
    bool ends;        /* the connection, afterwards */
};

/* path: with /base and the query. False: the connection ends without an answer. */
typedef bool (*http_answer_fn)(void *ctx, const char *path, struct http_answer *ret);

/* Of a group of tests that ask by rest.h. */
int http_case_begin(void **state);
int http_case_end(void **state);

struct http_case *http_case_start(http_answer_fn answer, void *ctx);
void http_case_stop(struct http_case *s);

const char *http_case_url(const struct http_case *s);
int http_case_connections(struct http_case *s);
int http_case_requests(struct http_case *s);

#endif
