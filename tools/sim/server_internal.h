/**
 * What the files of the server share; nobody else includes it.
 *
 *     server.c       life, the timer, the table of events
 *     server_feed.c  the market: due trades to ledger, history and queues
 *     server_tls.c   certificates, the right and the wrong one
 *     server_ws.c    WebSocket connections
 *     server_http.c  REST
 *     server_admin.c /sim/status and /sim/faults
 *     server_fault.c what faults do to connections and frames
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_SIM_SERVER_INTERNAL_H
#define CANDLEWICK_SIM_SERVER_INTERNAL_H

#include "server_conn.h"

enum {
    URL_TEXT_MAX = 1 << 14,
    BODY_LIMIT = 32 << 20,
    MESSAGE_LIMIT = 1 << 20,
    CHUNK_BYTES = 1 << 15,
    BURST_MAX = 2048, /* messages to a socket in its turn */
};

struct server_metrics {
    struct metric *trades;
    struct metric *unheard; /* trades that nobody was subscribed to */
    struct metric *quotes;
    struct metric *plants;
    struct metric *queued; /* trade frames given to queues */
    struct metric *queued_quotes;
    struct metric *sent;   /* messages given to sockets */
    struct metric *opened; /* connections ever */
    struct metric *open;
    struct metric *behind_us;
    struct metric *closed[CLOSE_REASONS];
    struct metric *faults[FAULT_KINDS];
};

struct server {
    struct server_config config;
    struct server_parts parts;
    struct lws_context *context;
    int timer_fd;
    struct tls *tls;    /* NULL: none */
    struct conn *conns; /* the newest first */
    size_t n_conns;
    struct rest_budget budget;
    int64_t skew_us; /* of the exchange's clock, by faults */
    struct server_metrics m;
    int64_t check_due_us; /* of pings and ages; all *_us here are clock_mono_us() */
    int64_t turn_us;      /* when the market's running turn began */
    uint64_t n_opened;    /* connections ever */
    struct market_trade order[MARKET_ORDER_MAX]; /* trades of the taker order at hand */
    size_t n_order;
    struct strbuf frames[DIALECT_FORMS_MAX]; /* of the event at hand; empty: not made yet */
    struct strbuf scratch;                   /* what lws_write() wants: room in front */
    struct outq answers;                     /* to the client at hand */
    char url_text[URL_TEXT_MAX];
    bool failed;
    struct err failure;
};

/* --- server.c --- */

/* What the dialect may look at. */
struct site server_site(struct server *s);

/* Keeps the first failure; server_service() reports it. */
void server_fail(struct server *s, const struct err *e);
int64_t server_market_us(const struct server *s);

/* Market time as the exchange's clock shows it. */
int64_t server_shown_us(const struct server *s);
const char *close_reason_name(enum close_reason reason);

/* Writes bytes through scratch. -1: lws wants the connection closed, or no memory. */
int server_write(struct server *s, struct lws *wsi, struct slice bytes, enum lws_write_protocol as);

/* --- server_tls.c --- */

/* Makes it TLS where the configuration says so. ERR_CONF, ERR_IO, ERR_NOMEM. */
int tls_use(struct server *s, struct lws_context_creation_info *info, struct err *e);

/* What lws made of it, a SSL_CTX. -1: it cannot be used. */
int tls_loaded(struct server *s, void *ssl_ctx);
void tls_destroy(struct tls *t); /* NULL is fine */

/* --- server_feed.c --- */

/* Subscriptions of all connections that stand for something. */
size_t feed_live_streams(const struct server *s);

/* Starts the market once enough streams are subscribed. */
void feed_try_start(struct server *s);

/* Ids of its symbols are missing from now on, with or without trades. Returns how many. */
int64_t feed_jump(struct server *s, const struct fault *f);

/* The symbol is listed, or ends. False: it is so already, or it is the last one that trades. */
bool feed_set_trading(struct server *s, uint32_t symbol, bool trading);

/* Everything that is due. Returns real microseconds until the next trade (INT64_MAX: none). */
int64_t feed_run(struct server *s);

/* --- server_ws.c --- */

int ws_confirm(struct server *s, struct lws *wsi);
int ws_opened(struct server *s, struct lws *wsi, struct slot *slot);
int ws_received(struct conn *c, struct slice part);
int ws_pong(struct conn *c, struct slice payload);
int ws_writable(struct conn *c);
void ws_closed(struct server *s, struct slot *slot);

/* Ends it for a fault; code 1006: without a close frame. */
void ws_end(struct conn *c, int64_t code, const char *reason);

/* Announces its end as the exchange does. */
void ws_shutdown(struct conn *c);

/* Ends it as one whose queue is full. */
void ws_too_slow(struct conn *c);

/* Queues a message. 0, or -1 when the connection is (being) closed for being too slow. */
int ws_send(struct conn *c, struct slice message);

/* Pings, pongs, heartbeats, silence and ages. */
void ws_check(struct server *s, int64_t now_us);

/* --- server_fault.c --- */

/* All of it that is due: what begins and ends, and what was held. Returns real microseconds until
 * the next (INT64_MAX: nothing is known). */
int64_t fault_run(struct server *s);

/* Hands a frame to a connection as the verdict says. True: it was queued or is held. */
bool fault_deliver(struct conn *c, struct slice frame, const struct verdict *v);

/* Nothing may be written to it now. */
bool fault_stalls(const struct conn *c);

/* Whether a new connection is refused. 0: it is not; 1: it was answered; -1: hang up. */
int fault_refuse(struct server *s, struct lws *wsi);

/* What a fault does to a REST request. -1: hang up. */
int fault_rest(struct server *s, const struct rest_request *req, struct rest_answer *ret,
               struct err *e);

/* How long its answer is kept back, in microseconds. */
int64_t fault_rest_wait(struct server *s, struct slice path);

/* --- server_admin.c --- */

/* Answers a request below /sim/, whose body is whole. -1 with ERR_NOMEM. */
int admin_answer(struct server *s, const struct url *url, const char *method, struct slice body,
                 struct rest_answer *ret, struct err *e);

/* Answers {"error":"for_ms: a whole number is wanted"}. -1: no room. */
int admin_refuse(struct rest_answer *ret, int status, const char *why);

/* --- server_http.c --- */

/* The target of the request at hand, in s->url_text. -1: it does not fit. */
int http_url(struct server *s, struct lws *wsi, struct url *ret);
int http_request(struct server *s, struct lws *wsi, struct slot *slot);
int http_timer(struct server *s, struct lws *wsi, struct slot *slot);
int http_body(struct slot *slot, struct slice part);
int http_body_whole(struct server *s, struct lws *wsi, struct slot *slot);
int http_writable(struct server *s, struct lws *wsi, struct slot *slot);
void http_closed(struct slot *slot); /* NULL is fine */

#endif
