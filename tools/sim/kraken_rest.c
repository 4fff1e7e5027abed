#include "kraken.h"

#include "e8.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

enum { TRADES_MAX = 1000 };

/* A call while it is being answered. */
struct call {
    const struct site *site;
    const struct rest_request *req;
    struct strbuf *body;
    struct rest_answer *ret;
};

/* {"error":["EQuery:Unknown asset pair"]}, with HTTP 200. */
static int refuse(const struct call *c, const char *why)
{
    strbuf_reset(c->body);
    return strbuf_addf(c->body, "{\"error\":[\"%s\"]}", why);
}

/* A whole number of the query; false: it is something else. Not sent: *ret stays as it was. */
static bool read_number(const struct call *c, const char *name, int64_t *ret)
{
    struct slice text;
    int64_t n = 0;
    if (!url_param(c->req->url, name, &text))
        return true;
    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int digit = text.data[i] - '0';
        if (digit < 0 || digit > 9 || n > (INT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *ret = n;
    return true;
}

/* --- pairs ----------------------------------------------------------------------------------- */

static bool names_pair(struct slice text, const struct kraken_pair *pair)
{
    return slice_is(text, pair->key) || slice_is(text, pair->altname) ||
           slice_is(text, pair->wsname);
}

static bool find_pair(const struct call *c, struct slice name, uint32_t *ret,
                      struct kraken_pair *ret_pair)
{
    const struct listing *l = c->site->listing;
    for (uint32_t i = 0; i < l->n_symbols; i++) {
        kraken_name_pair(l, &l->symbols[i], ret_pair);
        if (!l->symbols[i].hidden && names_pair(name, ret_pair)) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static int add_pair(const struct call *c, const struct symbol *s, const struct kraken_pair *pair)
{
    const struct listing *l = c->site->listing;
    char tick[E8_TEXT];
    char lot[E8_TEXT];
    e8_format_short(s->tick_e8, 0, tick);
    e8_format_short(s->lot_e8, 0, lot);
    return strbuf_addf(
        c->body,
        "%s\"%s\":{\"altname\":\"%s\",\"wsname\":\"%s\",\"aclass_base\":\"currency\",\"base\":"
        "\"%s\",\"aclass_quote\":\"currency\",\"quote\":\"%s\",\"lot\":\"unit\","
        "\"cost_decimals\":8,\"pair_decimals\":%d,\"lot_decimals\":%d,\"lot_multiplier\":1,"
        "\"leverage_buy\":[],\"leverage_sell\":[],\"fees\":[[0,0.4],[10000,0.35],[50000,0.24]],"
        "\"fees_maker\":[[0,0.25],[10000,0.2],[50000,0.14]],\"fee_volume_currency\":\"ZUSD\","
        "\"margin_call\":80,\"margin_stop\":40,\"ordermin\":\"%s\",\"costmin\":\"0.5\","
        "\"tick_size\":\"%s\",\"status\":\"%s\"}",
        c->body->data[c->body->len - 1] == '{' ? "" : ",", pair->key, pair->altname, pair->wsname,
        kraken_old_asset(l->assets[s->base].name), kraken_old_asset(l->assets[s->quote].name),
        e8_decimals(s->tick_e8), e8_decimals(s->lot_e8), lot, tick,
        s->trading ? "online" : "cancel_only");
}

static int on_pairs(const struct call *c)
{
    const struct listing *l = c->site->listing;
    struct kraken_pair pair = {0};
    struct slice name;
    uint32_t symbol;
    int r = strbuf_adds(c->body, "{\"error\":[],\"result\":{");
    if (url_param(c->req->url, "pair", &name)) {
        if (!find_pair(c, name, &symbol, &pair))
            return refuse(c, "EQuery:Unknown asset pair");
        if (r == 0)
            r = add_pair(c, &l->symbols[symbol], &pair);
        return r == 0 ? strbuf_adds(c->body, "}}") : -1;
    }
    for (uint32_t i = 0; r == 0 && i < l->n_symbols; i++) {
        kraken_name_pair(l, &l->symbols[i], &pair);
        if (!l->symbols[i].hidden)
            r = add_pair(c, &l->symbols[i], &pair);
    }
    return r == 0 ? strbuf_adds(c->body, "}}") : -1;
}

/* --- trades ---------------------------------------------------------------------------------- */

/* Nanoseconds tell apart trades of one microsecond, in the order of their ids. */
static int64_t time_ns(const struct kept_trade *k)
{
    return k->time_us * 1000 + k->id % 1000;
}

static int compare_times(const void *a, const void *b)
{
    int64_t x = time_ns(a);
    int64_t y = time_ns(b);
    return x < y ? -1 : x > y;
}

/* ["105433.60000","0.00027625",1762795433.971744500,"b","l","",10218208] */
static int add_row(const struct call *c, const struct kept_trade *k, int decimals)
{
    char price[E8_TEXT];
    char amount[E8_TEXT];
    int64_t ns = time_ns(k);
    e8_format_short(k->price_e8, decimals, price);
    e8_format_short(k->amount_e8, 8, amount);
    return strbuf_addf(
        c->body, "%s[\"%s\",\"%s\",%" PRId64 ".%09" PRId64 ",\"%s\",\"%s\",\"\",%" PRId64 "]",
        c->body->data[c->body->len - 1] == '[' ? "" : ",", price, amount, ns / 1000000000,
        ns % 1000000000, k->side == TAKER_BUY ? "b" : "s", k->id % 3 == 0 ? "m" : "l", k->id);
}

/* Trades of a symbol after since_ns in the order of their times; a late one has its own. NULL: no
 * memory. To be freed. */
static struct kept_trade *select_trades(const struct call *c, uint32_t symbol, int64_t since_ns,
                                        size_t *ret_n)
{
    int64_t first = 0;
    int64_t last = -1;
    size_t n = 0;
    bool some = !c->req->empty && history_range(c->site->history, symbol, &first, &last);
    struct kept_trade *found = calloc((size_t)(last - first + 1) + 1, sizeof(*found));
    for (int64_t id = first; found && some && id <= last; id++) {
        const struct kept_trade *k = history_get(c->site->history, symbol, id);
        if (k && time_ns(k) > since_ns)
            found[n++] = *k;
    }
    if (found)
        qsort(found, n, sizeof(*found), compare_times);
    *ret_n = n;
    return found;
}

/* Without since the newest, with it the oldest after it. */
static int add_trades(const struct call *c, uint32_t symbol, const struct kraken_pair *pair,
                      int64_t since_ns, size_t count)
{
    size_t n;
    int decimals = e8_decimals(c->site->listing->symbols[symbol].tick_e8);
    struct kept_trade *found = select_trades(c, symbol, since_ns, &n);
    if (!found)
        return -1;
    c->ret->emptied = c->req->empty;
    size_t from = since_ns < 0 && n > count ? n - count : 0;
    size_t to = n - from > count ? from + count : n;
    int64_t last_ns = to > from ? time_ns(&found[to - 1]) : since_ns;
    int r = strbuf_addf(c->body, "{\"error\":[],\"result\":{\"%s\":[", pair->key);
    for (size_t i = from; r == 0 && i < to; i++)
        r = add_row(c, &found[i], decimals);
    if (r == 0)
        r = strbuf_addf(c->body, "],\"last\":\"%" PRId64 "\"}}", last_ns < 0 ? 0 : last_ns);
    free(found);
    return r;
}

static int on_trades(const struct call *c)
{
    struct kraken_pair pair = {0};
    struct slice name;
    uint32_t symbol;
    int64_t since_ns = -1;
    int64_t count = TRADES_MAX;
    if (!url_param(c->req->url, "pair", &name) || !read_number(c, "since", &since_ns) ||
        !read_number(c, "count", &count) || count < 1 || count > TRADES_MAX)
        return refuse(c, "EGeneral:Invalid arguments");
    if (!find_pair(c, name, &symbol, &pair))
        return refuse(c, "EQuery:Unknown asset pair");
    return add_trades(c, symbol, &pair, since_ns, (size_t)count);
}

/* --- resources ------------------------------------------------------------------------------- */

/* The year of "rfc1123" has two digits. */
static int on_time(const struct call *c)
{
    char day[32] = "";
    char hour[32] = "";
    struct tm tm = {0};
    time_t t = (time_t)(c->req->now_us / US_PER_S);
    if (!gmtime_r(&t, &tm) || strftime(day, sizeof(day), "%a, %d %b", &tm) == 0 ||
        strftime(hour, sizeof(hour), "%H:%M:%S", &tm) == 0)
        return refuse(c, "EGeneral:Internal error"); /* a year that no calendar has */
    return strbuf_addf(c->body,
                       "{\"error\":[],\"result\":{\"unixtime\":%" PRId64
                       ",\"rfc1123\":\"%s %02d %s +0000\"}}",
                       c->req->now_us / US_PER_S, day, tm.tm_year % 100, hour);
}

static const struct {
    const char *path;
    int (*run)(const struct call *c);
} resources[] = {
    {"/0/public/AssetPairs", on_pairs},
    {"/0/public/Time", on_time},
    {"/0/public/Trades", on_trades},
};

static int answer(const struct call *c)
{
    if (!budget_spend(c->site->budget, c->req->real_us, 1))
        return refuse(c, "EGeneral:Too many requests");
    for (size_t i = 0; c->req->get && i < sizeof(resources) / sizeof(resources[0]); i++)
        if (slice_is(c->req->url->path, resources[i].path))
            return resources[i].run(c);
    return refuse(c, "EGeneral:Unknown method");
}

/* Too many requests are said with 200. */
int kraken_rest_refuse(const struct rest_refusal *r, struct rest_answer *ret, struct err *e)
{
    const struct call c = {.body = &ret->body};
    bool ours = r->status < 500;
    ret->status = ours ? 200 : r->status;
    ret->type = "application/json; charset=utf-8";
    if (refuse(&c, ours ? "EGeneral:Too many requests" : "EService:Unavailable") != 0)
        return strbuf_full(&ret->body, "kraken: REST answer", e);
    return 0;
}

int kraken_rest(const struct site *site, const struct rest_request *req, struct rest_answer *ret,
                struct err *e)
{
    struct call c = {site, req, &ret->body, ret};
    ret->status = 200;
    ret->type = "application/json; charset=utf-8";
    ret->n_headers = 0;
    return answer(&c) == 0 ? 0 : strbuf_full(&ret->body, "kraken: REST answer", e);
}
