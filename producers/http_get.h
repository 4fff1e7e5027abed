/**
 * One HTTP GET, start to end.
 *
 *     struct strbuf body = STRBUF_INIT(64 << 20);
 *     struct http_get get = {.url = url, .timeout_s = 30, .stopping = program_stopping};
 *     if (http_get(&get, &body, &e) != 0) ...          // get.status, get.retry_after_s
 *
 * Certificates are checked against the system's authorities. Redirects are followed to https only.
 * Threads: blocking; call http_get_init() once before the first thread starts.
 */
#ifndef CANDLEWICK_HTTP_GET_H
#define CANDLEWICK_HTTP_GET_H

#include "strbuf.h"

struct http_get {
    const char *url;
    bool direct;                 /* no proxy, whatever the environment says */
    long timeout_s;              /* for all of it */
    bool (*stopping)(void *ctx); /* asked about once a second; NULL: never */
    void *ctx;
    /* set by the call, 0 where there was no answer */
    long status;
    int64_t retry_after_s; /* what the server asked for */
};

int http_get_init(struct err *e) MUST_CHECK;
void http_get_finish(void);

/* Appends the body of an answer 200. ERR_IO: no connection, another status (both may pass:
 * retriable); ERR_LIMIT: longer than body's limit; ERR_STOPPED. */
int http_get(struct http_get *get, struct strbuf *body, struct err *e) MUST_CHECK;

#endif
