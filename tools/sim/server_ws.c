#include "server_internal.h"

#include "log.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdlib.h>

#define DEFLATE_BUFFER_LOG2 "16"

/* A message up to DEFLATE_WHOLE fits in the buffer of the compressor, however badly it shrinks. */
enum { CLOSE_WAIT_S = 5, DEFLATE_WHOLE = 60000 };

/* What the client is told in the close frame. The exchange says "Pong timeout" and "Too many
 * requests" with 1008; how it words the end of the 24 hours is not documented. 1009 and 4004 are
 * OKX's. */
static const struct {
    enum lws_close_status code;
    const char *text;
} farewells[CLOSE_REASONS] = {
    [CLOSE_PONG] = {LWS_CLOSE_STATUS_POLICY_VIOLATION, "Pong timeout"},
    [CLOSE_AGE] = {LWS_CLOSE_STATUS_GOINGAWAY, ""},
    [CLOSE_REQUESTS] = {LWS_CLOSE_STATUS_POLICY_VIOLATION, "Too many requests"},
    [CLOSE_SIZE] = {LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "Request message exceeds the maximum size"},
    [CLOSE_SILENCE] = {4004, "No data received in 30s"},
};

static void send_answers(struct conn *c);

/* --- opening --------------------------------------------------------------------------------- */

/* The session that the URL asks for. NULL: *ret_status is the HTTP answer. */
static struct session *make_session(struct server *s, struct lws *wsi, unsigned *ret_status)
{
    const struct site site = server_site(s);
    const struct dialect *d = s->parts.dialect;
    struct err e = {0};
    struct url url;
    *ret_status = HTTP_STATUS_REQ_URI_TOO_LONG;
    if (http_url(s, wsi, &url) != 0)
        return NULL;
    struct session *session = session_create(s->parts.listing, d->subscriptions_max, &e);
    const struct dialog dialog = {&site, session, server_shown_us(s), s->n_opened + 1};
    outq_finish(&s->answers);
    if (session && d->open(&dialog, &url, &s->answers, &e) == 0)
        return session;
    session_destroy(session);
    *ret_status = e.code == ERR_NOT_FOUND ? HTTP_STATUS_NOT_FOUND
                  : e.code == ERR_LIMIT   ? HTTP_STATUS_BAD_REQUEST
                                          : HTTP_STATUS_INTERNAL_SERVER_ERROR;
    log_info("sim", "connection refused", LOG_ERR(&e));
    return NULL;
}

/* 0: go on with the handshake; 1: answered with an HTTP status; -1: hang up. */
int ws_confirm(struct server *s, struct lws *wsi)
{
    unsigned status = HTTP_STATUS_SERVICE_UNAVAILABLE;
    struct session *session = NULL;
    int refused = fault_refuse(s, wsi);
    if (refused != 0)
        return refused;
    if ((int64_t)s->n_conns < s->config.connections_max)
        session = make_session(s, wsi, &status);
    if (session) {
        session_destroy(session);
        return 0;
    }
    return lws_return_http_status(wsi, status, NULL) != 0 ? -1 : 1;
}

static void destroy(struct conn *c)
{
    session_destroy(c->session);
    outq_finish(&c->out);
    held_finish(&c->held);
    strbuf_finish(&c->in);
    free(c);
}

static void add_conn(struct server *s, struct conn *c)
{
    c->next = s->conns;
    if (s->conns)
        s->conns->prev = c;
    s->conns = c;
    metric_set(s->m.open, (int64_t)++s->n_conns);
}

static void remove_conn(struct server *s, struct conn *c)
{
    if (c->prev)
        c->prev->next = c->next;
    else
        s->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
    metric_set(s->m.open, (int64_t)--s->n_conns);
}

int ws_opened(struct server *s, struct lws *wsi, struct slot *slot)
{
    unsigned status;
    if ((int64_t)s->n_conns >= s->config.connections_max)
        return -1;
    struct conn *c = calloc(1, sizeof(*c));
    if (!c)
        return -1;
    c->server = s;
    c->wsi = wsi;
    c->out = (struct outq)OUTQ_INIT((size_t)s->config.queue_bytes);
    strbuf_init(&c->in, s->parts.dialect->request_bytes_max);
    c->opened_us = c->sent_us = clock_mono_us();
    c->ping_due_us = c->opened_us + s->config.ping_ms * US_PER_MS;
    c->session = make_session(s, wsi, &status);
    if (!c->session) {
        destroy(c);
        return -1;
    }
    /* Refused where it was not agreed on. A message that fits in the buffer goes out whole. */
    c->deflates = lws_set_extension_option(wsi, "permessage-deflate", "tx_buf_size",
                                           DEFLATE_BUFFER_LOG2) == 0;
    slot->conn = c;
    c->number = ++s->n_opened;
    add_conn(s, c);
    send_answers(c);
    metric_inc(s->m.opened, 1);
    log_info("sim", "connected", LOG_INT("streams", (int64_t)session_count(c->session)));
    feed_try_start(s);
    return 0;
}

/* --- closing --------------------------------------------------------------------------------- */

/* code 0: without a farewell. */
static void end_conn(struct conn *c, enum close_reason reason, enum lws_close_status code,
                     const char *text)
{
    if (c->closing)
        return;
    c->closing = true;
    c->reason = reason;
    c->code = code;
    (void)snprintf(c->farewell, sizeof(c->farewell), "%s", text ? text : "");
    outq_finish(&c->out);
    held_finish(&c->held);
    if (code == 0) {
        lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
        return;
    }
    (void)lws_callback_on_writable(c->wsi); /* fails only on a dead connection */
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, CLOSE_WAIT_S);
}

/* Without a code where its socket was full: no farewell would get through. */
static void close_conn(struct conn *c, enum close_reason reason)
{
    end_conn(c, reason, farewells[reason].code, farewells[reason].text);
}

void ws_end(struct conn *c, int64_t code, const char *reason)
{
    bool cut = code == LWS_CLOSE_STATUS_ABNORMAL_CLOSE;
    end_conn(c, CLOSE_FAULT, cut ? 0 : (enum lws_close_status)code, reason);
}

void ws_too_slow(struct conn *c)
{
    close_conn(c, CLOSE_SLOW);
}

static int say_farewell(struct conn *c)
{
    if (c->code != 0) /* else its socket has room again before the connection is cut */
        lws_close_reason(c->wsi, c->code, (unsigned char *)c->farewell, strlen(c->farewell));
    return -1;
}

void ws_closed(struct server *s, struct slot *slot)
{
    struct conn *c = slot->conn;
    if (!c)
        return;
    remove_conn(s, c);
    metric_inc(s->m.closed[c->reason], 1);
    log_info("sim", "disconnected", LOG_STR("reason", close_reason_name(c->reason)),
             LOG_INT("age_ms", (clock_mono_us() - c->opened_us) / US_PER_MS));
    destroy(c);
    slot->conn = NULL;
}

/* --- sending --------------------------------------------------------------------------------- */

int ws_send(struct conn *c, struct slice message)
{
    if (c->closing)
        return -1;
    if (outq_push(&c->out, message) != 0) {
        close_conn(c, CLOSE_SLOW);
        return -1;
    }
    c->sent_us = clock_mono_us();
    if (c->out.n == 1)
        (void)lws_callback_on_writable(c->wsi); /* fails only on a dead connection */
    return 0;
}

/* What the dialect had to say; a full queue closes the connection. */
static void send_answers(struct conn *c)
{
    struct outq *answers = &c->server->answers;
    struct slice message;
    while (outq_peek(answers, &message)) {
        (void)ws_send(c, message);
        outq_pop(answers);
    }
}

static int send_ping(struct conn *c)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%" PRId64, c->ping_last);
    c->ping_wanted = false;
    if (c->unanswered_us == 0) {
        c->unanswered_us = clock_mono_us();
        c->ping_first = c->ping_last;
    }
    return server_write(c->server, c->wsi, slice_make(text, (size_t)n), LWS_WRITE_PING);
}

int ws_writable(struct conn *c)
{
    if (c->server->failed)
        return -1;
    if (c->closing)
        return say_farewell(c);
    if (c->dead_by || fault_stalls(c))
        return 0; /* it is asked again when that is over */
    if (c->ping_wanted && send_ping(c) != 0)
        return -1;
    struct slice message;
    for (int i = 0; i < BURST_MAX && !lws_partial_buffered(c->wsi); i++) {
        if (!outq_peek(&c->out, &message))
            return 0;
        if (server_write(c->server, c->wsi, message, LWS_WRITE_TEXT) != 0)
            return -1;
        bool whole = !c->deflates || message.len <= DEFLATE_WHOLE;
        outq_pop(&c->out);
        metric_inc(c->server->m.sent, 1);
        if (!whole)
            break; /* lws sends the rest of it before it asks again */
    }
    (void)lws_callback_on_writable(c->wsi); /* fails only on a dead connection */
    return 0;
}

void ws_shutdown(struct conn *c)
{
    struct server *s = c->server;
    struct err e = {0};
    const struct site site = server_site(s);
    const struct dialog dialog = {&site, c->session, server_shown_us(s), c->number};
    outq_finish(&s->answers);
    if (s->parts.dialect->shutdown(&dialog, &s->answers, &e) != 0)
        log_warn("sim", "cannot announce an end", LOG_ERR(&e));
    send_answers(c);
}

/* --- receiving ------------------------------------------------------------------------------- */

/* False: more than the exchange takes in a second. */
static bool count_request(struct conn *c)
{
    size_t max = (size_t)c->server->parts.dialect->requests_per_s_max;
    if (max == 0)
        return true;
    int64_t now_us = clock_mono_us();
    int64_t *oldest = &c->request_us[c->n_requests % max];
    bool ok = c->n_requests < max || now_us - *oldest >= US_PER_S;
    *oldest = now_us;
    c->n_requests++;
    if (!ok)
        close_conn(c, CLOSE_REQUESTS);
    return ok;
}

static int whole_message(struct conn *c)
{
    struct server *s = c->server;
    struct err e = {0};
    if (!count_request(c))
        return 0;
    if (c->in_too_long && s->parts.dialect->too_long_ends) {
        close_conn(c, CLOSE_SIZE);
        return 0;
    }
    if (c->in_too_long) {
        log_warn("sim", "a request is too long to be answered, as on the exchange",
                 LOG_INT("bytes_max", (int64_t)s->parts.dialect->request_bytes_max));
        return 0;
    }
    const struct site site = server_site(s);
    const struct dialog dialog = {&site, c->session, server_shown_us(s), c->number};
    outq_finish(&s->answers);
    if (s->parts.dialect->request(&dialog, strbuf_slice(&c->in), &s->answers, &e) != 0) {
        log_warn("sim", "cannot answer a request; closing its connection", LOG_ERR(&e));
        return -1;
    }
    send_answers(c);
    feed_try_start(s);
    return 0;
}

int ws_received(struct conn *c, struct slice part)
{
    if (c->closing || c->dead_by)
        return 0;
    if (lws_is_first_fragment(c->wsi)) {
        strbuf_reset(&c->in);
        c->in_too_long = false;
    }
    if (!c->in_too_long && strbuf_add(&c->in, part.data, part.len) != 0)
        c->in_too_long = true; /* or no memory for it: the client waits in vain either way */
    if (!lws_is_final_fragment(c->wsi) || lws_remaining_packet_payload(c->wsi) > 0)
        return 0;
    return lws_frame_is_binary(c->wsi) ? 0 : whole_message(c);
}

/* A pong counts when it brings back a payload that is being waited for; another one is only one
 * more message of the client. */
int ws_pong(struct conn *c, struct slice payload)
{
    char text[24];
    if (c->closing || c->dead_by)
        return 0;
    if (c->unanswered_us != 0 && payload.len > 0 && payload.len < sizeof(text)) {
        memcpy(text, payload.data, payload.len);
        text[payload.len] = '\0';
        char *end;
        long long value = strtoll(text, &end, 10);
        if (*end == '\0' && value >= c->ping_first && value <= c->ping_last) {
            c->unanswered_us = 0;
            return 0;
        }
    }
    (void)count_request(c); /* closes the connection where it is one too many */
    return 0;
}

/* --- time ------------------------------------------------------------------------------------ */

/* Why its time seems to be over. CLOSE_BY_CLIENT: it is not. */
static enum close_reason overdue(const struct server *s, const struct conn *c, int64_t now_us)
{
    int64_t silence_us = s->config.silence_ms * US_PER_MS;
    if (c->unanswered_us != 0 && now_us - c->unanswered_us >= s->config.pong_ms * US_PER_MS)
        return CLOSE_PONG;
    if (now_us - c->opened_us >= s->config.age_ms * US_PER_MS)
        return CLOSE_AGE;
    if (s->parts.dialect->silence_ends &&
        (now_us - c->sent_us >= silence_us ||
         (session_live(c->session) == 0 && now_us - c->opened_us >= silence_us)))
        return CLOSE_SILENCE;
    return CLOSE_BY_CLIENT;
}

static void check_conn(struct server *s, struct conn *c, int64_t now_us)
{
    const struct dialect *dialect = s->parts.dialect;
    if (c->closing || c->dead_by)
        return;
    enum close_reason due = overdue(s, c, now_us);
    bool again = due == c->due;
    c->due = due;
    if (due != CLOSE_BY_CLIENT) {
        if (again) /* the sockets were read since: if we were late, its answer has been found */
            close_conn(c, due);
        return;
    }
    if (dialect->heartbeat && session_live(c->session) > 0 && now_us - c->sent_us >= US_PER_S)
        (void)ws_send(c, slice_of(dialect->heartbeat)); /* a full queue closes the connection */
    if (!dialect->pings || now_us < c->ping_due_us)
        return;
    c->ping_due_us = now_us + s->config.ping_ms * US_PER_MS;
    c->ping_last = server_market_us(s) / US_PER_MS;
    c->ping_wanted = true;
    (void)lws_callback_on_writable(c->wsi); /* fails only on a dead connection */
}

void ws_check(struct server *s, int64_t now_us)
{
    for (struct conn *c = s->conns; c; c = c->next)
        check_conn(s, c, now_us);
}
