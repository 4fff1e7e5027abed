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
    enum lws_token_indexes token = WSI_TOKEN_GET_URI;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0)
        token = WSI_TOKEN_POST_URI;
    else if (lws_hdr_total_length(wsi, WSI_TOKEN_DELETE_URI) > 0)
        token = WSI_TOKEN_DELETE_URI;
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

/* --- the answer ------------------------------------------------------------------------------ */

static bool is_ours(struct slice path)
{
    static const char start[] = "/sim/";
    return path.len >= sizeof(start) - 1 && memcmp(path.data, start, sizeof(start) - 1) == 0;
}

static int make_answer(struct server *s, struct lws *wsi, const struct url *url, const char *method,
                       struct rest_answer *ret, struct err *e)
{
    if (is_ours(url->path))
        return admin_answer(s, url, method, slice_make(NULL, 0), ret, e);
    struct rest_request req = {
        .get = strcmp(method, "GET") == 0,
        .micros = wants_micros(wsi),
        .url = url,
        .now_us = server_shown_us(s),
        .real_us = clock_real_us(),
    };
    return fault_rest(s, &req, ret, e);
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
    time_t t = (time_t)(server_shown_us(s) / US_PER_S);
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
    strbuf_finish(&r->asked);
    strbuf_finish(&r->answer.body);
    free(r);
}

static int send_reply(struct server *s, struct lws *wsi, struct reply *r)
{
    if (send_headers(s, wsi, &r->answer) != 0)
        return -1;
    (void)lws_callback_on_writable(wsi); /* fails only on a dead connection */
    return 0;
}

static int cannot_answer(const struct err *e)
{
    log_warn("sim", "cannot answer a request; closing its connection", LOG_ERR(e));
    return -1;
}

/* Bytes of the body that is to come; -1: not a number, -2: not said. */
static long long body_length(struct lws *wsi)
{
    char text[20];
    char *end = text;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0)
        return -2;
    if (lws_hdr_copy(wsi, text, sizeof(text), WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0)
        return -1;
    long long n = strtoll(text, &end, 10);
    return *end == '\0' && end != text && n >= 0 ? n : -1;
}

/* The one resource that takes a body. It is waited for, or refused at once. */
static int take_body(struct server *s, struct lws *wsi, struct reply *r)
{
    int status = 0;
    long long n = body_length(wsi);
    if (n == -2)
        status = HTTP_STATUS_LENGTH_REQUIRED;
    else if (n < 1)
        status = HTTP_STATUS_BAD_REQUEST;
    else if (n > FAULT_TEXT_MAX)
        status = HTTP_STATUS_REQ_ENTITY_TOO_LARGE;
    if (status == 0) {
        strbuf_init(&r->asked, FAULT_TEXT_MAX);
        return 0;
    }
    r->last = true;
    if (admin_refuse(&r->answer, status, "a body of 1 to 65536 bytes with its length is wanted") !=
        0)
        return -1;
    return send_reply(s, wsi, r);
}

static const char *method_of(struct lws *wsi)
{
    if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0)
        return "GET";
    if (lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0)
        return "POST";
    return lws_hdr_total_length(wsi, WSI_TOKEN_DELETE_URI) > 0 ? "DELETE" : "";
}

int http_request(struct server *s, struct lws *wsi, struct slot *slot)
{
    struct err e = {0};
    struct url url;
    const char *method = method_of(wsi);
    http_closed(slot); /* of the request before on the same connection */
    struct reply *r = calloc(1, sizeof(*r));
    if (!r)
        return -1;
    slot->reply = r;
    strbuf_init(&r->answer.body, BODY_LIMIT);
    if (http_url(s, wsi, &url) != 0) {
        (void)lws_return_http_status(wsi, HTTP_STATUS_REQ_URI_TOO_LONG, NULL); /* ends either way */
        return -1;
    }
    if (strcmp(method, "POST") == 0 && slice_is(url.path, "/sim/faults"))
        return take_body(s, wsi, r);
    r->last = strcmp(method, "GET") != 0; /* with a body that is not worth reading */
    if (make_answer(s, wsi, &url, method, &r->answer, &e) != 0)
        return e.code == ERR_STOPPED ? -1 : cannot_answer(&e);
    int64_t wait_us = is_ours(url.path) ? 0 : fault_rest_wait(s, url.path);
    if (wait_us == 0)
        return send_reply(s, wsi, r);
    r->late = true;
    lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0); /* of an answer that has begun */
    lws_set_timer_usecs(wsi, wait_us);
    return 0;
}

int http_timer(struct server *s, struct lws *wsi, struct slot *slot)
{
    struct reply *r = slot ? slot->reply : NULL;
    if (!r || !r->late)
        return 0;
    r->late = false;
    return send_reply(s, wsi, r);
}

int http_body(struct slot *slot, struct slice part)
{
    if (!slot->reply || slot->reply->asked.limit == 0)
        return 0; /* of what takes none; the answer is on its way */
    return strbuf_add(&slot->reply->asked, part.data, part.len);
}

int http_body_whole(struct server *s, struct lws *wsi, struct slot *slot)
{
    struct err e = {0};
    struct reply *r = slot->reply;
    const struct url url = {.path = slice_of("/sim/faults")};
    if (!r || r->asked.limit == 0)
        return 0;
    if (admin_answer(s, &url, "POST", strbuf_slice(&r->asked), &r->answer, &e) != 0)
        return cannot_answer(&e);
    return send_reply(s, wsi, r);
}

int http_writable(struct server *s, struct lws *wsi, struct slot *slot)
{
    struct reply *r = slot->reply;
    if (!r || r->late || lws_partial_buffered(wsi))
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
