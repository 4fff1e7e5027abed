/**
 * An exchange that is asked for trades of the past, on a small server, and whose answers say what
 * to make of them.
 *
 *     fetch_case_answer(f, "200 OK", "done 2-4");      // what each request gets from now on
 *     f->fetch = repair_fetch_start(&f->about, &e);
 *     fetch_case_answer(f, NULL, "");                  // the connection ends without an answer
 *
 * A body is a word and perhaps ids. "done 2-4": trades 2 to 4, and that is all; "more 2-4": there
 * are more; "done x": one without a contiguous id; "busy": asked too often; "what": nobody
 * understands that; "soon": a fault of theirs. It does not know of an id 13.
 * setup and teardown are for cmocka; *state is a struct fetch_case. Of a group with
 * http_case_begin(). Threads: one; no answer is changed while a request runs.
 */
#ifndef CANDLEWICK_FETCH_CASE_H
#define CANDLEWICK_FETCH_CASE_H

#include "http_case.h"
#include "repair_fetch.h"
#include "rest_quota.h"

enum { FETCH_CASE_WEIGHT = 10, FETCH_CASE_WEIGHT_MAX = 100, FETCH_CASE_BUSY_S = 4 };

struct fetch_case {
    struct http_case *server;
    char text[200];
    bool silent;
    struct rest_quota *quota;
    struct market_clock clock;
    struct metrics *registry;
    struct producer_metrics metrics;
    struct bell *bell;
    struct repair_fetch_about about;
    struct repair_fetch *fetch; /* where the test starts one */
};

int fetch_case_setup(void **state);
int fetch_case_teardown(void **state);

/* head: status and further headers; NULL: no answer. */
void fetch_case_answer(struct fetch_case *f, const char *head, const char *body);

#endif
