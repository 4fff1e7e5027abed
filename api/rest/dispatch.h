/**
 * One request, from ulfius' callback to its answer.
 *
 *     struct dispatch d;
 *     dispatch_init(&d, &conf, &e);
 *     struct dispatch_route to = {&d, &routes[i]};
 *     ulfius_add_endpoint_by_val(&http, "*", NULL, pattern, 0, dispatch_request, &to);
 *
 * Every answer that is no success is application/problem+json, whoever would have made it.
 * Threads: dispatch_request from any, at once.
 */
#ifndef CANDLEWICK_DISPATCH_H
#define CANDLEWICK_DISPATCH_H

#include "log.h"
#include "metrics.h"
#include "route.h"
#include "server.h"

#include <pthread.h>
#include <stdatomic.h>
#include <ulfius.h>

enum { DISPATCH_ROUTES_MAX = 16, DISPATCH_CLASSES = 6 };

/* Counts of one route; of the paths that are none, too. */
struct route_metrics {
    struct metric *requests[DISPATCH_CLASSES]; /* by the status' first digit */
    struct metric *time_us;
};

struct dispatch {
    struct pool *pool;
    const struct assets *assets;
    const char *cors_origin;
    atomic_bool closing; /* answers ask for the connection to be closed */
    struct route_metrics metrics[DISPATCH_ROUTES_MAX + 1];
    pthread_mutex_t lock; /* guards failures */
    struct log_limit failures;
};

struct dispatch_route {
    struct dispatch *d;
    const struct route *route; /* NULL: no such path */
};

extern const struct metric_table dispatch_metric_table;

/* Borrows what conf names. ERR_NOMEM. */
int dispatch_init(struct dispatch *d, const struct rest_conf *conf, struct err *e) MUST_CHECK;
void dispatch_finish(struct dispatch *d);

/* ulfius' callback; user is a struct dispatch_route. */
int dispatch_request(const struct _u_request *req, struct _u_response *res, void *user);

#endif
