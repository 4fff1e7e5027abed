#include "feed_internal.h"

#include "timefmt.h"

#include <poll.h>
#include <stdio.h>

enum {
    REQUEST_MAX = 64 << 10,
    ENDLESS_BYTES = 64 << 20, /* a message longer than that is an attack */
};

static const char STOOD_STILL[] = "the producer stood still, and its quotes are old";

static int conn_opened(struct feed_conn *c)
{
    feed_conn_heard(c);
    c->opened_us = c->heard_us;
    c->limit_us = c->heard_us + FEED_ACK_S * US_PER_S;
    feed_conn_set(c, CONN_SUBSCRIBING);
    (void)lws_callback_on_writable(c->wsi); /* fails for a socket that is closing only */
    return 0;
}

/* --- sending --------------------------------------------------------------------------------- */

static int send_text(struct feed_conn *c, const struct strbuf *b)
{
    size_t len = b->len - LWS_PRE;
    int n = lws_write(c->wsi, (unsigned char *)b->data + LWS_PRE, len, LWS_WRITE_TEXT);
    return n < (int)len ? -1 : 0;
}

/* The next subscribe request; -1: close. */
static int send_request(struct feed_conn *c, int64_t now_us)
{
    static const char room[LWS_PRE];
    const struct feed_about *a = c->env->about;
    const struct subs subs = feed_conn_subs(c);
    struct strbuf b = STRBUF_INIT(REQUEST_MAX);
    struct err e = {0};
    int more = strbuf_add(&b, room, LWS_PRE) != 0
                   ? strbuf_full(&b, "subscribe", &e)
                   : a->ops->build_subscribe(&subs, c->subs.n_sent, &b, &e);
    int r = more < 0 ? -1 : send_text(c, &b);
    strbuf_finish(&b);
    if (more < 0)
        feed_conn_give_up(c, e.text);
    if (r != 0)
        return -1;
    subscription_sent(&c->subs, more == 0);
    /* one below the limit a second: pings and pongs count as messages of ours too */
    uint32_t pace = a->ops->messages_per_s > 1 ? a->ops->messages_per_s - 1 : 1;
    c->send_us = now_us + US_PER_S / pace;
    c->limit_us = now_us + FEED_ACK_S * US_PER_S;
    return 0;
}

/* In the exchange's words, where it has some. */
static int send_ping(struct feed_conn *c)
{
    static const char room[LWS_PRE];
    const char *text = c->env->about->ops->ping;
    unsigned char ping[LWS_PRE + 1];
    if (!text)
        return lws_write(c->wsi, ping + LWS_PRE, 0, LWS_WRITE_PING) < 0 ? -1 : 0;
    struct strbuf b = STRBUF_INIT(REQUEST_MAX);
    int r =
        strbuf_add(&b, room, LWS_PRE) != 0 || strbuf_adds(&b, text) != 0 ? -1 : send_text(c, &b);
    strbuf_finish(&b);
    return r;
}

static int conn_writable(struct feed_conn *c)
{
    int64_t now_us = clock_mono_us();
    int64_t ping_after_us = c->env->about->ops->idle_ms * US_PER_MS / 3;
    if (c->closing)
        return -1;
    if (c->state == CONN_SUBSCRIBING && !c->subs.all_sent && now_us >= c->send_us)
        return send_request(c, now_us);
    if (now_us - c->heard_us >= ping_after_us && now_us - c->ping_us >= ping_after_us) {
        c->ping_us = now_us;
        return send_ping(c);
    }
    return 0;
}

/* --- receiving ------------------------------------------------------------------------------- */

static int take_message(struct feed_conn *c, struct slice text, size_t len)
{
    const struct frame f = {text, c->heard_market_us};
    const struct intake_source from = {
        .listen = &c->listen,
        .link = c->link,
        .session = c->session,
        .control = feed_conn_on_event,
        .all_events = c->subs.by_symbol && c->subs.n_acked < c->subs.n,
        .ctx = c,
        .overlap = feed_link_overlap(c->of),
        .younger = feed_link_is_younger(c->of, c),
    };
    struct err e = {0};
    recorder_frame(c->env->recorder, &f);
    int r = intake_frame(c->env->intake, &from, &f, len, &e);
    if (r > 0)
        (void)poison_note(&c->unread, c->frames);
    c->frames++;
    if (r < 0) {
        feed_conn_overflow(c, e.text);
        return -1;
    }
    feed_conn_judge(c, false);
    feed_conn_pause_if_full(c);
    return c->closing ? -1 : 0;
}

/* Whether what the connection brings may have waited while the loop stood still. On waking,
 * libwebsockets may read sockets before it comes to the turn that notices. */
static bool is_old(struct feed_conn *c)
{
    if (clock_mono_us() > c->env->stall_us)
        feed_conn_give_up(c, STOOD_STILL);
    return c->closing;
}

/* A frame comes in one piece mostly; otherwise its pieces are gathered, up to a limit. */
static int conn_data(struct feed_conn *c, const char *in, size_t len, struct lws *wsi)
{
    bool first = lws_is_first_fragment(wsi) != 0;
    bool last = lws_is_final_fragment(wsi) != 0 && lws_remaining_packet_payload(wsi) == 0;
    if (c->closing || (c->listen.of[CHANNEL_QUOTES] && is_old(c)))
        return -1; /* nothing of it is of use any more */
    feed_conn_heard(c);
    if (first && !c->in_message && last)
        return take_message(c, slice_make(in, len), len);
    if (!c->in_message) {
        strbuf_reset(&c->message);
        c->message_len = 0;
    }
    c->in_message = !last;
    size_t room = EXCHANGE_FRAME_MAX - c->message.len;
    if (strbuf_add(&c->message, in, len < room ? len : room) != 0) {
        feed_conn_give_up(c, "no memory for a frame");
        return -1;
    }
    c->message_len += len;
    if (c->message_len > ENDLESS_BYTES) {
        feed_conn_give_up(c, "a message without end");
        return -1;
    }
    return last ? take_message(c, strbuf_slice(&c->message), c->message_len) : 0;
}

/* in: two bytes of code, then the reason. */
static int conn_closed_by_peer(struct feed_conn *c, const unsigned char *in, size_t len)
{
    if (len >= 2 && !*c->why)
        (void)snprintf(c->why, sizeof(c->why), "closed by the exchange: code %d %.*s",
                       in[0] << 8 | in[1], (int)(len - 2), (const char *)in + 2);
    return 0;
}

void feed_conn_stood_still(struct feed_conn *c)
{
    bool open = c->state == CONN_SUBSCRIBING || c->state == CONN_SUBSCRIBED;
    if (!c->wsi || !open || !c->listen.of[CHANNEL_QUOTES])
        return;
    struct pollfd waits = {.fd = lws_get_socket_fd(c->wsi), .events = POLLIN};
    if (poll(&waits, 1, 0) == 1)
        feed_conn_give_up(c, STOOD_STILL);
}

static int conn_refused(struct feed_conn *c, struct lws *wsi, const char *why)
{
    feed_conn_lost(c, slice_of(why ? why : ""), lws_http_client_http_response(wsi));
    return 0;
}

/* Only to say why: the certificate is judged by OpenSSL, and 0 leaves it at that. */
static int conn_certificate(struct feed_conn *c, X509_STORE_CTX *judged, bool good)
{
    if (c && !good && !*c->why)
        (void)snprintf(c->why, sizeof(c->why), "certificate: %s",
                       X509_verify_cert_error_string(X509_STORE_CTX_get_error(judged)));
    return 0;
}

int feed_conn_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                       size_t len)
{
    struct feed_conn *c = user;
    switch ((int)reason) { /* of some seventy reasons these concern us */
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        return conn_opened(c);
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return conn_data(c, in, len, wsi);
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
        feed_conn_heard(c);
        return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return conn_writable(c);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        return conn_closed_by_peer(c, in, len);
    case LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION:
        return conn_certificate(lws_wsi_user(wsi), user, len != 0);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        return conn_refused(c, wsi, in);
    case LWS_CALLBACK_CLIENT_CLOSED:
        feed_conn_lost(c, (struct slice){NULL, 0}, 0);
        return 0;
    default:
        return 0;
    }
}
