#include "binance_rest.h"

#include "e8.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { LIMIT_DEFAULT = 500, LIMIT_MAX = 1000 };

/* --- answers --------------------------------------------------------------------------------- */

int binance_refuse(const struct binance_call *c, int status, int code, const char *fmt, ...)
{
    char msg[256];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(msg, sizeof(msg), fmt, ap); /* no byte in it needs escaping in JSON */
    va_end(ap);
    c->ret->status = status;
    strbuf_reset(&c->ret->body);
    return strbuf_addf(&c->ret->body, "{\"code\":%d,\"msg\":\"%s\"}", code, msg) != 0 ? -1 : 1;
}

static void add_header(struct rest_answer *ret, const char *name, int64_t value)
{
    ret->headers[ret->n_headers].name = name;
    (void)snprintf(ret->headers[ret->n_headers].value, REST_HEADER_TEXT, "%" PRId64, value);
    ret->n_headers++;
}

int64_t binance_unit_us(const struct binance_call *c)
{
    return c->req->micros ? 1 : US_PER_MS;
}

/* --- parameters ------------------------------------------------------------------------------ */

bool binance_param(const struct binance_call *c, const char *name, struct slice *ret)
{
    return url_param(c->req->url, name, ret);
}

static bool all_in(struct slice text, const char *chars)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\0' || !strchr(chars, text.data[i]))
            return false;
    return text.len > 0;
}

int binance_symbol(const struct binance_call *c, uint32_t *ret)
{
    struct slice name;
    if (!binance_param(c, "symbol", &name) || name.len == 0)
        return binance_refuse(
            c, 400, -1102,
            "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.");
    if (!all_in(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") || name.len > 20)
        return binance_refuse(c, 400, -1100,
                              "Illegal characters found in parameter 'symbol'; legal range is "
                              "'^[A-Z0-9-_.]{1,20}$'.");
    if (!listing_find(c->site->listing, name, ret))
        return binance_refuse(c, 400, -1121, "Invalid symbol.");
    return 0;
}

/* A whole number where it was sent. 0: *ret holds it or is untouched; 1: answered; -1: no room. */
static int read_number(const struct binance_call *c, const char *name, int64_t *ret)
{
    struct slice text;
    if (!binance_param(c, name, &text))
        return 0;
    if (!all_in(text, "0123456789") || text.len > 18)
        return binance_refuse(
            c, 400, -1100,
            "Illegal characters found in parameter '%s'; legal range is '^[0-9]{1,20}$'.", name);
    int64_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n = n * 10 + (text.data[i] - '0');
    *ret = n;
    return 0;
}

/* --- trades ---------------------------------------------------------------------------------- */

static int add_trade(const struct binance_call *c, const struct kept_trade *k)
{
    struct strbuf *b = &c->ret->body;
    char price[E8_TEXT];
    char amount[E8_TEXT];
    char quote[E8_TEXT];
    e8_format(k->price_e8, price);
    e8_format(k->amount_e8, amount);
    e8_format(e8_product(k->price_e8, k->amount_e8), quote);
    return strbuf_addf(b,
                       "%s{\"id\":%" PRId64 ",\"price\":\"%s\",\"qty\":\"%s\",\"quoteQty\":\"%s\","
                       "\"time\":%" PRId64 ",\"isBuyerMaker\":%s,\"isBestMatch\":true}",
                       b->len > 1 ? "," : "", k->id, price, amount, quote,
                       k->time_us / binance_unit_us(c), k->side == TAKER_SELL ? "true" : "false");
}

/* Up to limit trades from this id on, or the newest where from is negative. */
static int add_trades(const struct binance_call *c, uint32_t symbol, int64_t from, int64_t limit)
{
    int64_t first;
    int64_t last;
    int r = strbuf_addc(&c->ret->body, '[');
    c->ret->emptied = c->req->empty;
    if (r == 0 && !c->req->empty && history_range(c->site->history, symbol, &first, &last)) {
        if (from < 0)
            from = last - limit + 1;
        if (from < first)
            from = first;
        for (int64_t id = from; r == 0 && id <= last && limit > 0; id++) {
            const struct kept_trade *k = history_get(c->site->history, symbol, id);
            if (!k)
                continue;
            r = add_trade(c, k);
            limit--;
        }
    }
    return r == 0 ? strbuf_addc(&c->ret->body, ']') : -1;
}

static int on_trades(const struct binance_call *c)
{
    uint32_t symbol = 0;
    int64_t limit = LIMIT_DEFAULT;
    int64_t from = -1;
    int r = binance_symbol(c, &symbol);
    if (r == 0)
        r = read_number(c, "limit", &limit);
    if (r == 0)
        r = read_number(c, "fromId", &from);
    if (r != 0)
        return r;
    if (limit == 0)
        return binance_refuse(c, 400, -1130, "Data sent for parameter 'limit' is not valid.");
    return add_trades(c, symbol, from, limit < LIMIT_MAX ? limit : LIMIT_MAX);
}

/* --- resources ------------------------------------------------------------------------------- */

static int on_ping(const struct binance_call *c)
{
    return strbuf_adds(&c->ret->body, "{}");
}

static int on_time(const struct binance_call *c)
{
    return strbuf_addf(&c->ret->body, "{\"serverTime\":%" PRId64 "}",
                       c->req->now_us / binance_unit_us(c));
}

static const struct resource {
    const char *path;
    int64_t weight;
    const char *params; /* names it knows, each between spaces */
    int (*run)(const struct binance_call *c);
} resources[] = {
    {"/api/v3/ping", 1, " ", on_ping},
    {"/api/v3/time", 1, " ", on_time},
    {"/api/v3/exchangeInfo", 20, " symbol symbols permissions showPermissionSets symbolStatus ",
     binance_exchange_info},
    {"/api/v3/trades", 25, " symbol limit ", on_trades},
    {"/api/v3/historicalTrades", 25, " symbol limit fromId ", on_trades},
};

static const struct resource *find_resource(struct slice path)
{
    for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++)
        if (slice_is(path, resources[i].path))
            return &resources[i];
    return NULL;
}

/* 0: every parameter is known and comes once; 1: answered; -1: no room. */
static int check_params(const struct binance_call *c, const struct resource *res)
{
    const struct url *url = c->req->url;
    size_t known = 0;
    for (size_t i = 0; i < url->n_params; i++) {
        char name[40];
        (void)snprintf(name, sizeof(name), " %.*s ", SLICE_ARG(url->params[i].name));
        known += strstr(res->params, name) != NULL;
        for (size_t k = 0; k < i; k++)
            if (slice_eq(url->params[i].name, url->params[k].name))
                return binance_refuse(c, 400, -1101, "Duplicate values for a parameter detected.");
    }
    if (known == url->n_params)
        return 0;
    return binance_refuse(
        c, 400, -1104,
        "Not all sent parameters were read; read '%zu' parameter(s) but was sent '%zu'.", known,
        url->n_params);
}

/* --- the budget ------------------------------------------------------------------------------ */

/* Takes the weight off the minute's budget and says so in the answer. False: there is none left. */
static bool spend(const struct binance_call *c, int64_t weight)
{
    struct rest_budget *b = c->site->budget;
    bool left = budget_spend(b, c->req->real_us, weight);
    add_header(c->ret, "X-MBX-USED-WEIGHT:", b->used);
    add_header(c->ret, "X-MBX-USED-WEIGHT-1M:", b->used);
    if (left)
        return true;
    int64_t left_us = (b->minute + 1) * US_PER_MIN - c->req->real_us;
    add_header(c->ret, "Retry-After:", left_us / US_PER_S + 1);
    return false;
}

static int answer(const struct binance_call *c)
{
    const struct resource *res = find_resource(c->req->url->path);
    if (!c->req->get || !res) {
        const char *what = c->req->get ? "404 Not found" : "405 Method not allowed";
        c->ret->status = c->req->get ? 404 : 405;
        c->ret->type = "text/html";
        return strbuf_addf(&c->ret->body, "<html><body><h2>%s</h2></body></html>", what);
    }
    if (!spend(c, res->weight))
        return binance_refuse(
            c, 429, -1003,
            "Too much request weight used; current limit is %" PRId64
            " request weight per 1 MINUTE. Please use WebSocket Streams for live updates "
            "to avoid polling the API.",
            c->site->budget->limit);
    int r = check_params(c, res);
    return r != 0 ? r : res->run(c);
}

/* 418 is for who went on after 429. */
static int refuse_any(const struct binance_call *c, const struct rest_refusal *r)
{
    if (r->status == 429)
        return binance_refuse(c, 429, -1003,
                              "Too much request weight used; please use WebSocket Streams for live "
                              "updates to avoid polling the API.");
    if (r->status == 418)
        return binance_refuse(c, 418, -1003,
                              "Way too much request weight used; IP banned until %" PRId64
                              ". Please use WebSocket Streams for live updates to avoid bans.",
                              r->now_us / US_PER_MS + r->retry_after_s * 1000);
    if (r->status >= 500)
        return binance_refuse(c, r->status, -1001,
                              "Internal error; unable to process your request. Please try again.");
    c->ret->status = r->status;
    c->ret->type = "text/html";
    return strbuf_addf(&c->ret->body, "<html><body><h2>%d</h2></body></html>", r->status);
}

int binance_rest_refuse(const struct rest_refusal *r, struct rest_answer *ret, struct err *e)
{
    const struct binance_call c = {.ret = ret};
    ret->type = "application/json;charset=UTF-8";
    return refuse_any(&c, r) >= 0 ? 0 : strbuf_full(&ret->body, "binance: REST answer", e);
}

int binance_rest(const struct site *site, const struct rest_request *req, struct rest_answer *ret,
                 struct err *e)
{
    struct binance_call c = {site, req, ret};
    ret->status = 200;
    ret->type = "application/json;charset=UTF-8";
    ret->n_headers = 0;
    if (answer(&c) < 0)
        return strbuf_full(&ret->body, "binance: REST answer", e);
    return 0;
}
