#include "okx.h"

#include "e8.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdio.h>

enum { LIMIT_HISTORY = 100, LIMIT_TRADES = 500 };

/* A call while it is being answered. */
struct call {
    const struct site *site;
    const struct rest_request *req;
    struct rest_answer *ret;
};

/* {"code":"51001","msg":"…","data":[]}. 1, or -1: no room. */
static int refuse(const struct call *c, int status, const char *code, const char *msg)
{
    struct strbuf *b = &c->ret->body;
    c->ret->status = status;
    strbuf_reset(b);
    return strbuf_addf(b, "{\"code\":\"%s\",\"msg\":\"%s\",\"data\":[]}", code, msg) == 0 ? 1 : -1;
}

static int begin(const struct call *c)
{
    return strbuf_adds(&c->ret->body, "{\"code\":\"0\",\"msg\":\"\",\"data\":[");
}

static int end(const struct call *c)
{
    return strbuf_adds(&c->ret->body, "]}");
}

static const char *comma(const struct call *c)
{
    return c->ret->body.data[c->ret->body.len - 1] == '[' ? "" : ",";
}

/* --- instruments ----------------------------------------------------------------------------- */

static int add_instrument(const struct call *c, const struct symbol *s)
{
    const struct listing *l = c->site->listing;
    char tick[E8_TEXT];
    char lot[E8_TEXT];
    e8_format_short(s->tick_e8, 0, tick);
    e8_format_short(s->lot_e8, 0, lot);
    return strbuf_addf(
        &c->ret->body,
        "%s{\"alias\":\"\",\"baseCcy\":\"%s\",\"category\":\"1\",\"ctMult\":\"\",\"ctType\":\"\","
        "\"ctVal\":\"\",\"ctValCcy\":\"\",\"expTime\":\"\",\"instFamily\":\"\",\"instId\":\"%s\","
        "\"instType\":\"SPOT\",\"lever\":\"10\",\"listTime\":\"1548133413000\",\"lotSz\":\"%s\","
        "\"maxLmtSz\":\"9999999999\",\"maxMktSz\":\"1000000\",\"minSz\":\"%s\",\"optType\":\"\","
        "\"quoteCcy\":\"%s\",\"settleCcy\":\"\",\"state\":\"%s\",\"stk\":\"\",\"tickSz\":\"%s\","
        "\"uly\":\"\"}",
        comma(c), l->assets[s->base].name, s->native, lot, lot, l->assets[s->quote].name,
        s->trading ? "live" : "suspend", tick);
}

static int on_instruments(const struct call *c)
{
    const struct listing *l = c->site->listing;
    struct slice type;
    struct slice native;
    if (!url_param(c->req->url, "instType", &type) || type.len == 0)
        return refuse(c, 400, "50014", "Parameter instType can not be empty.");
    if (!slice_is(type, "SPOT"))
        return refuse(c, 400, "51000", "Parameter instType error");
    bool one = url_param(c->req->url, "instId", &native);
    int r = begin(c);
    for (uint32_t i = 0; r == 0 && i < l->n_symbols; i++)
        if (!l->symbols[i].hidden && (!one || slice_is(native, l->symbols[i].native)))
            r = add_instrument(c, &l->symbols[i]);
    return r == 0 ? end(c) : -1;
}

static int on_time(const struct call *c)
{
    if (begin(c) != 0 ||
        strbuf_addf(&c->ret->body, "{\"ts\":\"%" PRId64 "\"}", c->req->now_us / US_PER_MS) != 0)
        return -1;
    return end(c);
}

/* --- trades ---------------------------------------------------------------------------------- */

/* Which trades are wanted. */
struct page {
    int64_t type; /* 1: after and before are ids; 2: times in milliseconds */
    int64_t after;
    int64_t before;
    int64_t limit;
};

/* 0: read, or not sent and untouched; 1: refused; -1. */
static int read_number(const struct call *c, const char *name, int64_t *ret)
{
    struct slice text;
    int64_t n = 0;
    if (!url_param(c->req->url, name, &text) || text.len == 0)
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = text.data[i] - '0';
        if (digit < 0 || digit > 9 || n > (INT64_MAX - digit) / 10) {
            char msg[64];
            (void)snprintf(msg, sizeof(msg), "Parameter %s error", name);
            return refuse(c, 400, "51000", msg);
        }
        n = n * 10 + digit;
    }
    *ret = n;
    return 0;
}

static bool is_on_page(const struct kept_trade *k, const struct page *p)
{
    int64_t at = p->type == 2 ? k->time_us / US_PER_MS : k->id;
    return at < p->after && at > p->before;
}

/* The newest first. */
static int add_trades(const struct call *c, uint32_t symbol, const struct page *p)
{
    int64_t first;
    int64_t last;
    int64_t left = p->limit;
    int r = begin(c);
    c->ret->emptied = c->req->empty;
    if (r == 0 && !c->req->empty && history_range(c->site->history, symbol, &first, &last)) {
        for (int64_t id = last; r == 0 && id >= first && left > 0; id--) {
            const struct kept_trade *k = history_get(c->site->history, symbol, id);
            if (!k || !is_on_page(k, p))
                continue;
            r = strbuf_adds(&c->ret->body, comma(c));
            if (r == 0)
                r = okx_begin_trade(&c->site->listing->symbols[symbol], k, &c->ret->body);
            if (r == 0)
                r = strbuf_adds(&c->ret->body, ",\"source\":\"0\"}");
            left--;
        }
    }
    return r == 0 ? end(c) : -1;
}

static int read_page(const struct call *c, struct page *p, int64_t limit_max)
{
    int r = read_number(c, "type", &p->type);
    if (r == 0)
        r = read_number(c, "after", &p->after);
    if (r == 0)
        r = read_number(c, "before", &p->before);
    if (r == 0)
        r = read_number(c, "limit", &p->limit);
    if (r == 0 && (p->type < 1 || p->type > 2))
        r = refuse(c, 400, "51000", "Parameter type error");
    if (p->limit > limit_max)
        p->limit = limit_max;
    return r;
}

static int on_trades(const struct call *c, int64_t limit_max)
{
    struct page p = {.type = 1, .after = INT64_MAX, .before = -1, .limit = LIMIT_HISTORY};
    struct slice native;
    uint32_t symbol;
    if (!url_param(c->req->url, "instId", &native) || native.len == 0)
        return refuse(c, 400, "50014", "Parameter instId can not be empty.");
    if (!listing_find(c->site->listing, native, &symbol))
        return refuse(c, 200, "51001", "Instrument ID doesn't exist.");
    int r = read_page(c, &p, limit_max);
    return r == 0 ? add_trades(c, symbol, &p) : r;
}

static int on_history(const struct call *c)
{
    return on_trades(c, LIMIT_HISTORY);
}

static int on_recent(const struct call *c)
{
    return on_trades(c, LIMIT_TRADES);
}

/* --- resources ------------------------------------------------------------------------------- */

static const struct {
    const char *path;
    int (*run)(const struct call *c);
} resources[] = {
    {"/api/v5/market/history-trades", on_history},
    {"/api/v5/market/trades", on_recent},
    {"/api/v5/public/instruments", on_instruments},
    {"/api/v5/public/time", on_time},
};

static int answer(const struct call *c)
{
    if (!budget_spend(c->site->budget, c->req->real_us, 1))
        return refuse(c, 429, "50011", "Too Many Requests");
    if (!c->req->get)
        return refuse(c, 405, "405", "Method Not Allowed");
    for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++)
        if (slice_is(c->req->url->path, resources[i].path))
            return resources[i].run(c);
    return refuse(c, 404, "404", "Not Found");
}

int okx_rest_refuse(const struct rest_refusal *r, struct rest_answer *ret, struct err *e)
{
    const struct call c = {.ret = ret};
    int result;
    ret->type = "application/json";
    if (r->status < 500)
        result = refuse(&c, r->status, "50011", "Too Many Requests");
    else if (r->status == 503)
        result =
            refuse(&c, r->status, "50001", "Service temporarily unavailable. Try again later.");
    else
        result = refuse(&c, r->status, "50026", "System error. Try again later.");
    return result >= 0 ? 0 : strbuf_full(&ret->body, "okx: REST answer", e);
}

int okx_rest(const struct site *site, const struct rest_request *req, struct rest_answer *ret,
             struct err *e)
{
    struct call c = {site, req, ret};
    ret->status = 200;
    ret->type = "application/json";
    ret->n_headers = 0;
    return answer(&c) >= 0 ? 0 : strbuf_full(&ret->body, "okx: REST answer", e);
}
