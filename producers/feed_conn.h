/**
 * One connection of the feed: its life from waiting to subscribed and back.
 *
 *     struct feed_conn *c = feed_conn_create(&env, number, link, &e);
 *     feed_conn_turn(c, now_us);                    // some times a second
 *     // all else happens in feed_conn_callback(), which libwebsockets calls
 *
 * WAITING -> RESOLVING -> CONNECTING -> SUBSCRIBING -> SUBSCRIBED, and from any of them back to
 * WAITING. What that means for the link, and for the writers, is the link's to say.
 * Threads: the feed thread.
 */
#ifndef CANDLEWICK_FEED_CONN_H
#define CANDLEWICK_FEED_CONN_H

#include "backoff.h"
#include "feed.h"
#include "lws.h"

#include <stdatomic.h>

/* What the connections of a feed share; each carries one kind of channel. */
struct feed_env {
    const struct feed_about *about;
    struct intake *intake;
    struct lws_context *context;
    struct attempts attempts;    /* of all connections: the exchange counts by address */
    bool *links_up;              /* by link */
    atomic_bool *wanted;         /* by shard: its links are to be up */
    bool want_changed;           /* since health was told */
    bool proxied[CHANNEL_KINDS]; /* the proxy finds the host: there may be no name server for it */
    int64_t max_age_us;          /* a connection that old is cut; 0: never */
    int64_t stall_us;            /* a loop whose next turn comes later than that stood still */
    struct recorder *recorder;   /* NULL: none now */
    bool silent;                 /* the writers are told of no loss */
    struct err *failure;         /* set: the feed ends */
};

struct feed_conn;
struct feed_link;

/* number: of the link in the universe; of: is told of every change. Both are borrowed. NULL:
 * ERR_NOMEM. */
struct feed_conn *feed_conn_create(struct feed_env *env, uint32_t number, struct feed_link *of,
                                   struct err *e);

/* The socket must be gone. NULL is fine. */
void feed_conn_destroy(struct feed_conn *c);

/* Connects, subscribes, pings, gives up, pauses and goes on, as due. */
void feed_conn_turn(struct feed_conn *c, int64_t now_us);

/* Waits, now or when it is closed, as if it had never failed: it connects with the next turn. */
void feed_conn_renew(struct feed_conn *c, int64_t now_us);

/* Back to waiting, wherever it is; soon, where there is a socket to close. */
void feed_conn_close(struct feed_conn *c, const char *why);

/* The loop stood still: what waits in the socket is older than it would seem. Quotes are asked for
 * anew, here if they wait still, or when they are received: a quote is taken for what is true when
 * it is received, and many exchanges send no other time with it. Trades are read all the same,
 * late: they carry the exchange's time and are placed by it, who has them already knows their ids,
 * and no tick goes before them; a new connection would only miss some. */
void feed_conn_stood_still(struct feed_conn *c);

/* The feed ends: what is told of the loss that follows. */
void feed_conn_stop(struct feed_conn *c);

/* For people: "connecting", or why it waits. */
const char *feed_conn_status(const struct feed_conn *c);

/* How many of its symbols are refused, or were not acknowledged. */
size_t feed_conn_without(const struct feed_conn *c);

/* How many of its last 1000 frames could not be understood, where that is more than a few. */
int feed_conn_unread(struct feed_conn *c);

/* The callback of the protocol; user: the connection. */
int feed_conn_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                       size_t len);

#endif
