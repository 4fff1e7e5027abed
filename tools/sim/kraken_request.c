#include "kraken.h"

#include "json.h"
#include "timefmt.h"

#include <jansson.h>
#include <stdio.h>

enum { TAIL_MAX = 192 };

/* A client's request while it is being answered. */
struct request {
    const struct dialog *dialog;
    const char *method;    /* "subscribe"; NULL: none */
    char tail[TAIL_MAX];   /* ,"time_in":…,"time_out":…,"req_id":…} */
    struct strbuf *answer; /* scratch */
    struct outq *answers;
};

/* What a client wants of each of its symbols. */
struct wish {
    bool subscribe;
    const char *channel; /* "trade", "ticker" */
    enum channel kind;
    const char *trigger; /* of a ticker */
    bool snapshot;
};

static int say(const struct request *r, int added, struct err *e)
{
    if (added != 0)
        return strbuf_full(r->answer, "kraken: answer", e);
    return dialect_say(r->answers, r->answer, e);
}

/* {"error":"Currency pair not supported XBT/USD","method":"subscribe","success":false,
 *  "symbol":"XBT/USD","time_in":…,"time_out":…,"req_id":1} */
static int refuse(const struct request *r, const char *why, struct slice symbol, bool with_symbol,
                  struct err *e)
{
    struct strbuf *a = r->answer;
    char text[512];
    int n = snprintf(text, sizeof(text), "%s%s%.*s", why, symbol.len > 0 ? " " : "",
                     (int)(symbol.len < 256 ? symbol.len : 256), symbol.data ? symbol.data : "");
    if (strbuf_adds(a, "{\"error\":") != 0 || json_add_string(a, slice_make(text, (size_t)n)) != 0)
        return say(r, -1, e);
    if (r->method && strbuf_addf(a, ",\"method\":\"%s\"", r->method) != 0)
        return say(r, -1, e);
    if (strbuf_adds(a, ",\"success\":false") != 0 ||
        (with_symbol && (strbuf_adds(a, ",\"symbol\":") != 0 || json_add_string(a, symbol) != 0)))
        return say(r, -1, e);
    return say(r, strbuf_adds(a, r->tail), e);
}

static int refuse_all(const struct request *r, const char *why, struct err *e)
{
    return refuse(r, why, slice_make(NULL, 0), false, e);
}

/* --- one symbol ------------------------------------------------------------------------------ */

static int ack(const struct request *r, const struct wish *w, const char *native, struct err *e)
{
    struct strbuf *a = r->answer;
    int added =
        strbuf_addf(a, "{\"method\":\"%s\",\"result\":{\"channel\":\"%s\"", r->method, w->channel);
    if (added == 0 && w->trigger)
        added = strbuf_addf(a, ",\"event_trigger\":\"%s\"", w->trigger);
    if (added == 0 && w->subscribe)
        added = strbuf_addf(a, ",\"snapshot\":%s", w->snapshot ? "true" : "false");
    if (added == 0)
        added = strbuf_addf(a, ",\"symbol\":\"%s\"},\"success\":true%s", native, r->tail);
    return say(r, added, e);
}

static int snapshot(const struct request *r, const struct wish *w, uint32_t symbol, struct err *e)
{
    const struct site *site = r->dialog->site;
    struct market_quote q;
    int added = 0;
    if (w->kind == CHANNEL_ORDER)
        added = kraken_add_snapshot(site, symbol, r->answer);
    else if (site_book(site, symbol, &q))
        added = kraken_add_ticker(site, &q, "snapshot", r->answer);
    if (added == 0 && r->answer->len == 0)
        return 0; /* nothing has happened yet */
    return say(r, added, e);
}

static int subscribe(const struct request *r, const struct wish *w, struct slice name,
                     uint32_t symbol, struct err *e)
{
    const char *native = r->dialog->site->listing->symbols[symbol].native;
    if (session_add(r->dialog->session, name, symbol, w->kind, e) != 0)
        return e->code == ERR_LIMIT ? refuse_all(r, "Exceeded subscriptions", e) : -1;
    if (ack(r, w, native, e) != 0)
        return -1;
    return w->snapshot ? snapshot(r, w, symbol, e) : 0;
}

static bool is_subscribed(const struct session *s, struct slice name)
{
    for (size_t i = 0; i < session_count(s); i++)
        if (slice_eq(session_name(s, i), name))
            return true;
    return false;
}

static int one_symbol(const struct request *r, const struct wish *w, struct slice native,
                      struct err *e)
{
    char name[SYMBOL_NAME + 16];
    uint32_t symbol;
    if (!native.len || !memchr(native.data, '/', native.len))
        return refuse(r, "Currency pair not in ISO 4217-A3 format", native, true, e);
    if (!listing_find(r->dialog->site->listing, native, &symbol) ||
        (w->subscribe && !r->dialog->site->listing->symbols[symbol].trading))
        return refuse(r, "Currency pair not supported", native, true, e);
    (void)snprintf(name, sizeof(name), "%s %.*s", w->channel, SLICE_ARG(native));
    if (w->subscribe)
        return subscribe(r, w, slice_of(name), symbol, e);
    if (!is_subscribed(r->dialog->session, slice_of(name)))
        return refuse(r, "Subscription Not Found", native, true, e);
    session_remove(r->dialog->session, slice_of(name));
    return ack(r, w, r->dialog->site->listing->symbols[symbol].native, e);
}

/* --- requests -------------------------------------------------------------------------------- */

/* NULL, or what is wrong. */
static const char *read_wish(const json_t *params, struct wish *w)
{
    const char *channel = json_string_value(json_object_get(params, "channel"));
    const char *trigger = json_string_value(json_object_get(params, "event_trigger"));
    const json_t *wants = json_object_get(params, "snapshot");
    if (wants && !json_is_boolean(wants))
        return "Invalid snapshot";
    if (channel && strcmp(channel, "trade") == 0) {
        w->channel = "trade";
        w->kind = CHANNEL_ORDER;
        w->snapshot = json_is_true(wants); /* off unless asked for */
        return NULL;
    }
    if (!channel || strcmp(channel, "ticker") != 0)
        return "Channel not supported";
    w->channel = "ticker";
    w->trigger = trigger && strcmp(trigger, "bbo") == 0 ? "bbo" : "trades";
    if (trigger && strcmp(trigger, w->trigger) != 0)
        return "Invalid event_trigger";
    w->kind = strcmp(w->trigger, "bbo") == 0 ? CHANNEL_QUOTE : CHANNEL_TICKER;
    w->snapshot = !json_is_false(wants); /* on unless asked not to */
    return NULL;
}

static int on_symbols(const struct request *r, const json_t *params, struct err *e)
{
    struct wish w = {.subscribe = strcmp(r->method, "subscribe") == 0};
    const json_t *symbols = json_object_get(params, "symbol");
    const char *wrong = json_is_object(params) ? read_wish(params, &w) : "Params missing";
    if (!wrong && (!json_is_array(symbols) || json_array_size(symbols) == 0))
        wrong = "Symbol(s) missing";
    if (wrong)
        return refuse_all(r, wrong, e);
    if (!w.subscribe)
        w.trigger = NULL;
    for (size_t i = 0; i < json_array_size(symbols); i++) {
        const json_t *s = json_array_get(symbols, i);
        struct slice native = slice_make(json_string_value(s), json_string_length(s));
        if (one_symbol(r, &w, native, e) != 0)
            return -1;
    }
    return 0;
}

static int on_ping(const struct request *r, const json_t *params, struct err *e)
{
    (void)params;
    return say(r, strbuf_addf(r->answer, "{\"method\":\"pong\"%s", r->tail), e);
}

static const struct {
    const char *name;
    int (*run)(const struct request *r, const json_t *params, struct err *e);
} methods[] = {
    {"ping", on_ping},
    {"subscribe", on_symbols},
    {"unsubscribe", on_symbols},
};

static void write_tail(struct request *r, const json_t *root)
{
    char time[TIME_TEXT];
    char id[40] = "";
    const json_t *req_id = json_object_get(root, "req_id");
    time_format(r->dialog->now_us, time);
    if (json_is_integer(req_id))
        (void)snprintf(id, sizeof(id), ",\"req_id\":%" JSON_INTEGER_FORMAT,
                       json_integer_value(req_id));
    (void)snprintf(r->tail, sizeof(r->tail), ",\"time_in\":\"%s\",\"time_out\":\"%s\"%s}", time,
                   time, id);
}

static int run(struct request *r, const json_t *root, struct err *e)
{
    const char *method = json_string_value(json_object_get(root, "method"));
    write_tail(r, root);
    if (!json_is_object(root))
        return refuse_all(r, "Malformed request", e);
    for (size_t i = 0; method && i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (strcmp(method, methods[i].name) == 0) {
            r->method = methods[i].name;
            return methods[i].run(r, json_object_get(root, "params"), e);
        }
    }
    return refuse_all(r, "Method not supported", e);
}

int kraken_request(const struct dialog *d, struct slice text, struct outq *answers, struct err *e)
{
    struct strbuf answer = STRBUF_INIT(answers->limit);
    struct request r = {.dialog = d, .answer = &answer, .answers = answers};
    json_t *root = json_loadb(text.data ? text.data : "", text.len, 0, NULL);
    int result = run(&r, root, e);
    json_decref(root);
    strbuf_finish(&answer);
    return result;
}
