/**
 * The simulated exchange on the network: WebSocket and HTTP on one port, with or without TLS,
 * served by one thread.
 *
 *     struct server *s = server_create(&config, &parts, &e);
 *     while (!program_stopping())
 *         if (server_service(s, &e) != 0) ...
 *     server_destroy(s);
 *
 * The market is never slowed down by a client: each connection has a queue of bounded size, and
 * one that lets it fill is closed. What goes to the ledger is there before its frame is on the
 * wire. GET /sim/status tells what has happened so far, as JSON. Threads: one.
 */
#ifndef CANDLEWICK_SIM_SERVER_H
#define CANDLEWICK_SIM_SERVER_H

#include "clock.h"
#include "dialect.h"
#include "faults.h"
#include "health.h"
#include "ledger.h"
#include "metrics.h"

struct server_config {
    const char *listen;   /* host:port, borrowed */
    const char *tls_cert; /* PEM files, borrowed; both "": no TLS */
    const char *tls_key;
    const char *tls_wrong_cert; /* of the fault `certificate`; both "": one is made */
    const char *tls_wrong_key;
    bool deflate;         /* permessage-deflate for clients that ask for it */
    int64_t hold_streams; /* the market waits for so many live subscriptions; 0: starts at once */
    int64_t connections_max; /* WebSocket connections at a time */
    int64_t queue_bytes;     /* what may wait for one connection */
    int64_t ping_ms;         /* between ping frames */
    int64_t pong_ms;         /* a ping not answered for so long ends the connection */
    int64_t age_ms;          /* a connection ends at this age */
    int64_t silence_ms;      /* nothing sent to a connection for so long ends it, where the exchange
                                does so */
    int64_t weight_max;      /* of REST requests in a minute */
    bool ledger_quotes;      /* the ledger gets quotes too */
};

/* All borrowed; must outlive the server. */
struct server_parts {
    const struct dialect *dialect;
    struct listing *listing; /* faults list and delist */
    struct market *market;
    struct history *history;
    struct tickers *tickers;
    struct ledger *ledger;
    struct faults *faults;
    const struct market_clock *clock;
    struct metrics *metrics;
    struct health *health;
};

struct server;

extern const struct metric_table server_metric_table;

/* NULL with ERR_CONF (listen is not host:port; a certificate without its key), ERR_IO (the port or
 * a file cannot be had: says which), ERR_NOMEM. */
struct server *server_create(const struct server_config *config, const struct server_parts *parts,
                             struct err *e);
void server_destroy(struct server *s); /* NULL is fine */

/* Waits up to 100 ms for something to do and does it. -1: the simulation cannot go on (ERR_IO:
 * ledger; ERR_NOMEM). */
int server_service(struct server *s, struct err *e) MUST_CHECK;

#endif
