/**
 * The REST server: ulfius on libmicrohttpd, one thread per connection, all bounded.
 *
 *     struct rest_conf conf = {"127.0.0.1:8080", "", pool, assets, metrics};
 *     struct rest *rest = rest_start(&conf, &e);
 *     ...
 *     rest_drain(rest, 3000);                              // no new connections, answers go out
 *     pool_stop(pool);                                     // what still waits is answered 503
 *     rest_stop(rest);
 *
 * At most SERVER_CONNECTIONS_MAX connections are served, further ones wait in the listen queue;
 * one that is idle for SERVER_IDLE_S is closed. Bodies sent to us are read and dropped.
 * Threads: start, drain and stop from one; answers run in the connections' threads.
 */
#ifndef CANDLEWICK_SERVER_H
#define CANDLEWICK_SERVER_H

#include "assets.h"
#include "metrics.h"
#include "pool.h"

enum {
    SERVER_CONNECTIONS_MAX = 256,
    SERVER_IDLE_S = 15,
    SERVER_BODY_MAX = 16 << 20, /* bytes of an answer */
};

struct rest;

/* All borrowed until rest_stop(). */
struct rest_conf {
    const char *listen;      /* host:port */
    const char *cors_origin; /* as cors_allow() takes it */
    struct pool *pool;
    const struct assets *assets;
    struct metrics *metrics;
};

/* NULL with ERR_CONF (listen), ERR_IO (cannot listen there: says why), ERR_NOMEM. */
struct rest *rest_start(const struct rest_conf *conf, struct err *e);

/* Stops listening and waits up to ms until every request is answered. */
void rest_drain(struct rest *r, int64_t ms);
void rest_stop(struct rest *r); /* NULL is fine */

#endif
