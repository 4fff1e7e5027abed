/**
 * What the parts of a connection share: feed_conn.c (its states and turns), feed_io.c
 * (what libwebsockets calls: sending and receiving) and feed_subs.c (what the exchange answers).
 * Threads: the feed thread.
 */
#ifndef CANDLEWICK_FEED_INTERNAL_H
#define CANDLEWICK_FEED_INTERNAL_H

#include "feed_conn.h"
#include "feed_link.h"
#include "lookup.h"
#include "poison.h"
#include "subscription.h"

enum {
    FEED_ACK_S = 10,    /* from the last subscribe request to its answer */
    FEED_WHY_MAX = 123, /* longest reason of a close frame */
};

enum conn_state {
    CONN_WAITING,
    CONN_RESOLVING,
    CONN_CONNECTING,
    CONN_SUBSCRIBING,
    CONN_SUBSCRIBED,
};

struct feed_conn {
    struct feed_env *env;
    uint32_t link; /* its number */
    struct feed_link *of;
    struct channels listen; /* the one channel it carries */
    enum conn_state state;
    struct lookup *lookup; /* RESOLVING */
    uint32_t n_lookups;
    struct lws *wsi; /* NULL: no socket */
    void *session;   /* of the adapter */
    struct backoff backoff;
    int64_t connect_us; /* WAITING: when to connect */
    int64_t limit_us;   /* CONNECTING, SUBSCRIBING: given up when it passes */
    int64_t opened_us;  /* when it was connected last */
    int64_t heard_us;   /* last frame of any kind */
    int64_t heard_market_us;
    int64_t steady_us; /* SUBSCRIBED: since when; 0: the backoff is reset */
    int64_t ping_us;   /* last ping of ours */
    int64_t send_us;   /* when the next request may go out */
    const struct instrument_info **instruments; /* of the symbols it carries */
    struct subscription subs;                   /* the same symbols */
    bool *told; /* by symbol: the log says that it is done without */
    char *only; /* room for a byte per symbol */
    bool paused;
    int64_t paused_us;     /* since when */
    bool closing;          /* the socket is to go, for the reason in why */
    struct strbuf message; /* a frame being gathered */
    size_t message_len;    /* with what did not fit */
    bool in_message;
    int64_t frames;       /* received so far */
    struct poison unread; /* by number of the frame */
    char why[FEED_WHY_MAX + 1];
};

/* Changes the state: one line in the log, and the link is told. */
void feed_conn_set(struct feed_conn *c, enum conn_state to);

/* Tells the writers of symbols that came up or went down: a byte per symbol, 1 where it is meant.
 */
void feed_conn_tell(struct feed_conn *c, bool up, struct slice symbols);

/* What the frames of the connection say to it; an intake_control_fn. */
void feed_conn_on_event(void *ctx, const struct event *ev);

/* SUBSCRIBING: whether that is over, and how. timed_out: the last request is too long ago. */
void feed_conn_judge(struct feed_conn *c, bool timed_out);

/* Something arrived: the link is alive. */
void feed_conn_heard(struct feed_conn *c);

/* Gives the socket up; feed_conn_lost() follows when libwebsockets has closed it. */
void feed_conn_give_up(struct feed_conn *c, const char *why);

/* The socket is gone; why: not terminated, may be NULL. http_status: of a refused upgrade, or 0. */
void feed_conn_lost(struct feed_conn *c, struct slice why, unsigned http_status);

/* Gives the socket up: there is no room for what it brings. Counted, and a hole to be repaired. */
void feed_conn_overflow(struct feed_conn *c, const char *why);

/* Pauses reading where the journal has no more room for it. */
void feed_conn_pause_if_full(struct feed_conn *c);

const struct channel *feed_conn_channel(const struct feed_conn *c);
const struct url *feed_conn_url(const struct feed_conn *c);

struct subs feed_conn_subs(const struct feed_conn *c);

#endif
