/**
 * The routes of the REST API: what each path takes and who answers it.
 *
 *     const struct route *r = &routes[i];
 *     struct request req = {&target, pool, assets};
 *     if (r->answer(&req, &body, &problem, &e) != 0) ...
 *
 * Threads: constants; answers run in any thread.
 */
#ifndef CANDLEWICK_ROUTE_H
#define CANDLEWICK_ROUTE_H

#include "assets.h"
#include "params.h"
#include "pool.h"
#include "problem.h"
#include "strbuf.h"
#include "target.h"

struct request {
    const struct target *target;
    struct pool *pool;
    const struct assets *assets;
};

struct route {
    const char *name;          /* metric label; NULL ends the table */
    const char *path;          /* for people */
    const char *what;          /* one line */
    const char *patterns[3];   /* ulfius' forms of the path, NULL-terminated */
    const char *const *params; /* those it knows, NULL-terminated */
    /* Appends the JSON answer to body. -1: *p says what is wrong with the request, or, where its
     * kind is PROBLEM_NONE, *e what went wrong here. What *p may already hold of wrong parameters
     * is to be returned with those found. */
    int (*answer)(const struct request *req, struct strbuf *body, struct problem *p, struct err *e);
};

extern const struct route routes[];

int answer_index(const struct request *req, struct strbuf *body, struct problem *p, struct err *e);
int answer_openapi(const struct request *req, struct strbuf *body, struct problem *p,
                   struct err *e);
int answer_candles(const struct request *req, struct strbuf *body, struct problem *p,
                   struct err *e);
int answer_trades(const struct request *req, struct strbuf *body, struct problem *p, struct err *e);
int answer_coverage(const struct request *req, struct strbuf *body, struct problem *p,
                    struct err *e);
int answer_gaps(const struct request *req, struct strbuf *body, struct problem *p, struct err *e);
int answer_feeds(const struct request *req, struct strbuf *body, struct problem *p, struct err *e);
int answer_exchanges(const struct request *req, struct strbuf *body, struct problem *p,
                     struct err *e);
int answer_quotes(const struct request *req, struct strbuf *body, struct problem *p, struct err *e);
int answer_quote(const struct request *req, struct strbuf *body, struct problem *p, struct err *e);
int answer_arbitrage(const struct request *req, struct strbuf *body, struct problem *p,
                     struct err *e);
int answer_opportunity(const struct request *req, struct strbuf *body, struct problem *p,
                       struct err *e);
int answer_symbols(const struct request *req, struct strbuf *body, struct problem *p,
                   struct err *e);
int answer_instruments(const struct request *req, struct strbuf *body, struct problem *p,
                       struct err *e);
int answer_assets(const struct request *req, struct strbuf *body, struct problem *p, struct err *e);

#endif
