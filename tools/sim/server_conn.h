/**
 * A connection of the server, and what is being asked and answered on it.
 *
 *     for (struct conn *c = s->conns; c; c = c->next)
 *         if (!c->closing && !c->dead_by) ...
 *
 * The files of the server share it; nobody else includes it. Threads: one.
 */
#ifndef CANDLEWICK_SIM_SERVER_CONN_H
#define CANDLEWICK_SIM_SERVER_CONN_H

#include "held.h"
#include "lws.h"
#include "outq.h"
#include "server.h"

enum { REQUEST_TIMES_MAX = 8 };

/* Why a connection ended; each has a counter. */
enum close_reason {
    CLOSE_BY_CLIENT, /* or by the network */
    CLOSE_SLOW,
    CLOSE_PONG,
    CLOSE_AGE,
    CLOSE_REQUESTS,
    CLOSE_SIZE,    /* its message was too long */
    CLOSE_SILENCE, /* nothing was sent to it */
    CLOSE_FAULT,
    CLOSE_REASONS,
};

struct conn {
    struct conn *next; /* in the server's list */
    struct conn *prev;
    struct server *server;
    struct lws *wsi;
    struct session *session;
    struct outq out;
    struct held held; /* what a fault sends later */
    struct strbuf in; /* the message being received */
    bool in_too_long;
    bool deflates; /* permessage-deflate was agreed on */
    bool closing;
    enum close_reason reason;
    enum lws_close_status code; /* of the close frame; 0: it ends without one */
    char farewell[FAULT_REASON_MAX + 1];
    uint64_t dead_by;      /* the fault for which nothing is sent or read any more; 0: none */
    enum close_reason due; /* what the last check found, closed only if the next one does, too */
    uint64_t number;       /* the first is 1 */
    int64_t opened_us;
    int64_t end_us;                        /* a fault ends it then; 0: none */
    int64_t sent_us;                       /* when something was last queued for it */
    int64_t request_us[REQUEST_TIMES_MAX]; /* when the last ones came, round and round */
    size_t n_requests;
    int64_t ping_due_us;
    bool ping_wanted;
    int64_t unanswered_us; /* when the oldest ping without a pong was sent; 0: none */
    int64_t ping_first;    /* payloads of the unanswered pings lie between these two */
    int64_t ping_last;
};

/* An answer being sent, or the body of a request for which it waits. */
struct reply {
    struct strbuf asked; /* the body */
    struct rest_answer answer;
    size_t sent; /* bytes of the body */
    bool last;   /* the connection ends with it */
    bool late;   /* a fault keeps it back */
};

/* What lws keeps for us with each of its connections; either is NULL. */
struct slot {
    struct conn *conn;
    struct reply *reply;
};

#endif
