#include "server_internal.h"

#include "log.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

enum { HEADERS_MAX = 2048, PARAM_MAX = 8192 };

/* --- the request ----------------------------------------------------------------------------- */

static void split_param(struct url *u, struct slice text)
{
    const char *eq = text.len > 0 ? memchr(text.data, '=', text.len) : NULL;
    size_t len = eq ? (size_t)(eq - text.data) : text.len;
    u->params[u->n_params].name = slice_make(text.data, len);
    u->params[u->n_params].value =
        eq ? slice_make(eq + 1, text.len - len - 1) : slice_make(text.data + len, 0);
    u->n_params++;
}

/* The next fragment of a header into s->url_text; its length, 0: no more, -1: does not fit. */
static int take(struct server *s, size_t *used, struct lws *wsi, enum lws_token_indexes token,
                int fragment)
{
    if (lws_hdr_fragment_length(wsi, token, fragment) <= 0)
        return 0;
    int n = lws_hdr_copy_fragment(wsi, s->url_text + *used, (int)(URL_TEXT_MAX - *used), token,
                                  fragment);
    if (n > 0)
        *used += (size_t)n + 1; /* lws ends each with a NUL */
    return n;
}

int http_url(struct server *s, struct lws *wsi, struct url *ret)
{
    struct url u = {0};
    size_t used = 0;
    enum lws_token_indexes token =
        lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0 ? WSI_TOKEN_POST_URI : WSI_TOKEN_GET_URI;
    int n = take(s, &used, wsi, token, 0);
    if (n < 0)
        return -1;
    u.path = slice_make(s->url_text, (size_t)n);
    for (int i = 0;; i++) {
        size_t start = used;
        n = take(s, &used, wsi, WSI_TOKEN_HTTP_URI_ARGS, i);
        if (n == 0)
            break;
        if (n < 0 || u.n_params == URL_PARAMS_MAX)
            return -1;
        split_param(&u, slice_make(s->url_text + start, (size_t)n));
    }
    *ret = u;
    return 0;
}

static bool wants_micros(struct lws *wsi)
{
    static const char name[] = "x-mbx-time-unit:";
    char value[16];
    int n = lws_hdr_custom_copy(wsi, value, sizeof(value), name, sizeof(name) - 1);
    return n > 0 && (strcmp(value, "MICROSECOND") == 0 || strcmp(value, "microsecond") == 0);
}

/* --- /sim/status ----------------------------------------------------------------------------- */

static size_t waiting_messages(const struct server *s)
{
    size_t n = 0;
    for (const struct conn *c = s->conns; c; c = c->next)
        n += c->out.n;
    return n;
}

static const char *market_state(const struct server *s)
{
    if (!market_begun(s->parts.market))
        return "held";
    return market_over(s->parts.market) ? "done" : "running";
}

static int add_closed(const struct server *s, struct strbuf *b)
{
    int r = strbuf_adds(b, "\"closed\":{");
    for (int i = 0; r == 0 && i < CLOSE_REASONS; i++)
        r = strbuf_addf(b, "%s\"%s\":%" PRId64, i > 0 ? "," : "",
                        close_reason_name((enum close_reason)i), metric_get(s->m.closed[i]));
    return r == 0 ? strbuf_adds(b, "}}\n") : -1;
}

static int status_answer(struct server *s, struct rest_answer *ret, struct err *e)
{
    struct strbuf *b = &ret->body;
    ret->status = 200;
    ret->type = "application/json";
    if (strbuf_addf(b,
                    "{\"exchange\":\"%s\",\"market\":\"%s\",\"market_us\":%" PRId64
                    ",\"symbols\":%u,\"generated\":%" PRId64 ",\"unheard\":%" PRId64
                    ",\"quotes\":%" PRId64 ",\"plants\":%" PRId64 ",\"queued\":%" PRId64
                    ",\"queued_quotes\":%" PRId64 ",\"waiting\":%zu,\"sent\":%" PRId64
                    ",\"behind_us\":%" PRId64 ",\"streams\":%zu,\"connections\":%zu,"
                    "\"connections_total\":%" PRId64 ",",
                    s->parts.dialect->exchange, market_state(s), server_market_us(s),
                    s->parts.listing->n_trading, metric_get(s->m.trades), metric_get(s->m.unheard),
                    metric_get(s->m.quotes), metric_get(s->m.plants), metric_get(s->m.queued),
                    metric_get(s->m.queued_quotes), waiting_messages(s), metric_get(s->m.sent),
                    metric_get(s->m.behind_us), feed_live_streams(s), s->n_conns,
                    metric_get(s->m.opened)) != 0 ||
        add_closed(s, b) != 0)
        return strbuf_full(b, "status", e);
    return 0;
}

/* --- the answer ------------------------------------------------------------------------------ */

static int make_answer(struct server *s, struct lws *wsi, const struct url *url, bool get,
                       struct rest_answer *ret, struct err *e)
{
    if (get && slice_is(url->path, "/sim/status"))
        return status_answer(s, ret, e);
    struct site site = server_site(s);
    struct rest_request req = {
        .get = get,
        .micros = wants_micros(wsi),
        .url = url,
        .now_us = server_market_us(s),
        .real_us = clock_real_us(),
    };
    return s->parts.dialect->rest(&site, &req, ret, e);
}

static int add_header(struct lws *wsi, const char *name, const char *value, unsigned char **p,
                      unsigned char *end)
{
    return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
                                       (const unsigned char *)value, (int)strlen(value), p, end);
}

/* The exchange's clock, so that a client under a moved market clock sees one time everywhere. */
static int add_date(const struct server *s, struct lws *wsi, unsigned char **p, unsigned char *end)
{
    char text[64];
    struct tm tm;
    time_t t = (time_t)(server_market_us(s) / US_PER_S);
    if (!gmtime_r(&t, &tm) || strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm) == 0)
        return 0; /* a year that no date header can hold */
    return add_header(wsi, "Date:", text, p, end);
}

static int send_headers(struct server *s, struct lws *wsi, const struct rest_answer *a)
{
    unsigned char buf[LWS_PRE + HEADERS_MAX];
    unsigned char *start = buf + LWS_PRE;
    unsigned char *p = start;
    unsigned char *end = buf + sizeof(buf);
    if (lws_add_http_common_headers(wsi, (unsigned)a->status, a->type, a->body.len, &p, end) != 0 ||
        add_date(s, wsi, &p, end) != 0)
        return -1;
    for (size_t i = 0; i < a->n_headers; i++)
        if (add_header(wsi, a->headers[i].name, a->headers[i].value, &p, end) != 0)
            return -1;
    return lws_finalize_write_http_header(wsi, start, &p, end) != 0 ? -1 : 0;
}

static void destroy_reply(struct reply *r)
{
    if (!r)
        return;
    strbuf_finish(&r->answer.body);
    free(r);
}

int http_request(struct server *s, struct lws *wsi, struct slot *slot)
{
    struct err e = {0};
    struct url url;
    http_closed(slot); /* of the request before on the same connection */
    if (http_url(s, wsi, &url) != 0) {
        (void)lws_return_http_status(wsi, HTTP_STATUS_REQ_URI_TOO_LONG, NULL); /* ends either way */
        return -1;
    }
    struct reply *r = calloc(1, sizeof(*r));
    if (!r)
        return -1;
    bool get = lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0;
    r->last = !get; /* with a body that is not worth reading */
    strbuf_init(&r->answer.body, BODY_LIMIT);
    slot->reply = r;
    if (make_answer(s, wsi, &url, get, &r->answer, &e) != 0) {
        log_warn("sim", "cannot answer a request; closing its connection", LOG_ERR(&e));
        return -1;
    }
    if (send_headers(s, wsi, &r->answer) != 0)
        return -1;
    (void)lws_callback_on_writable(wsi); /* fails only on a dead connection */
    return 0;
}

int http_writable(struct server *s, struct lws *wsi, struct slot *slot)
{
    struct reply *r = slot->reply;
    if (!r || lws_partial_buffered(wsi))
        return 0;
    size_t left = r->answer.body.len - r->sent;
    size_t n = left < CHUNK_BYTES ? left : CHUNK_BYTES;
    bool final = n == left;
    if (server_write(s, wsi, slice_make(r->answer.body.data + r->sent, n),
                     final ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) != 0)
        return -1;
    r->sent += n;
    if (!final) {
        (void)lws_callback_on_writable(wsi); /* fails only on a dead connection */
        return 0;
    }
    bool last = r->last;
    http_closed(slot);
    return last || lws_http_transaction_completed(wsi) ? -1 : 0;
}

void http_closed(struct slot *slot)
{
    if (!slot)
        return; /* it ended before it asked for anything */
    destroy_reply(slot->reply);
    slot->reply = NULL;
}
