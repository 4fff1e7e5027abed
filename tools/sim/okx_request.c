#include "okx.h"

#include "json.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

enum { ID_MAX = 32, HEAD_MAX = 64, TAIL_MAX = 40 };

/* A client's request while it is being answered. */
struct request {
    const struct dialog *dialog;
    struct slice text;
    const char *op;        /* "subscribe" */
    char head[HEAD_MAX];   /* {"id":"1512", or { alone */
    char tail[TAIL_MAX];   /* ,"connId":"a4d3ae55"} */
    struct strbuf *answer; /* scratch */
    struct outq *answers;
};

static const struct {
    const char *name;
    unsigned endpoint;
    enum channel channel;
} channels[] = {
    {"bbo-tbt", OKX_PUBLIC, CHANNEL_QUOTE},
    {"trades", OKX_PUBLIC, CHANNEL_ORDER},
    {"trades-all", OKX_BUSINESS, CHANNEL_TRADE},
};

static int say(const struct request *r, int added, struct err *e)
{
    if (added != 0)
        return strbuf_full(r->answer, "okx: answer", e);
    return dialect_say(r->answers, r->answer, e);
}

/* {"id":"1512","event":"error","code":"60012","msg":"…","connId":"a4d3ae55"} */
static int refuse(const struct request *r, const char *code, const struct strbuf *msg,
                  struct err *e)
{
    struct strbuf *a = r->answer;
    if (strbuf_addf(a, "%s\"event\":\"error\",\"code\":\"%s\",\"msg\":", r->head, code) != 0 ||
        json_add_string(a, strbuf_slice(msg)) != 0)
        return say(r, -1, e);
    return say(r, strbuf_adds(a, r->tail), e);
}

static int refuse_request(const struct request *r, struct err *e)
{
    struct strbuf msg = STRBUF_INIT(r->answer->limit);
    int result = strbuf_addf(&msg, "Invalid request: %.*s", SLICE_ARG(r->text));
    result = result == 0 ? refuse(r, "60012", &msg, e) : strbuf_full(&msg, "okx: error", e);
    strbuf_finish(&msg);
    return result;
}

static int refuse_channel(const struct request *r, const char *channel, const char *native,
                          struct err *e)
{
    struct strbuf msg = STRBUF_INIT(r->answer->limit);
    int result = strbuf_addf(&msg,
                             "Wrong URL or channel:%s,instId:%s doesn't exist. Please use the "
                             "correct URL, channel and parameters referring to API document.",
                             channel, native);
    result = result == 0 ? refuse(r, "60018", &msg, e) : strbuf_full(&msg, "okx: error", e);
    strbuf_finish(&msg);
    return result;
}

/* --- one argument ---------------------------------------------------------------------------- */

/* What stands now: the last trade with its own old time, or the book. */
static int present(const struct request *r, uint32_t symbol, enum channel channel, struct err *e)
{
    const struct site *site = r->dialog->site;
    struct market_quote q;
    int64_t first;
    int64_t last;
    if (channel == CHANNEL_QUOTE) {
        if (!site_book(site, symbol, &q))
            return 0;
        return okx_quote_frame(site, &q, OKX_PUBLIC, r->answer, e) == 0 ? say(r, 0, e) : -1;
    }
    if (!history_range(site->history, symbol, &first, &last))
        return 0;
    const struct kept_trade *k = history_get(site->history, symbol, last);
    if (!k)
        return 0;
    const struct market_trade t = {.symbol = symbol,
                                   .side = k->side,
                                   .id = k->id,
                                   .price_e8 = k->price_e8,
                                   .amount_e8 = k->amount_e8,
                                   .time_us = k->time_us};
    const struct fills f = {.channel = channel, .trades = &t, .n = 1};
    int made = okx_trade_frame(site, &f, OKX_PUBLIC, r->answer, e);
    return made == 0 ? say(r, 0, e) : -1;
}

static int subscribe(const struct request *r, const char *name, uint32_t symbol,
                     enum channel channel, struct err *e)
{
    if (session_add(r->dialog->session, slice_of(name), symbol, channel, e) != 0)
        return e->code == ERR_LIMIT ? refuse_request(r, e) : -1;
    return present(r, symbol, channel, e);
}

static int ack(const struct request *r, const char *channel, const char *native, struct err *e)
{
    return say(r,
               strbuf_addf(r->answer,
                           "%s\"event\":\"%s\",\"arg\":{\"channel\":\"%s\",\"instId\":\"%s\"}%s",
                           r->head, r->op, channel, native, r->tail),
               e);
}

static bool is_arg(const json_t *arg)
{
    return json_is_string(json_object_get(arg, "channel")) &&
           json_is_string(json_object_get(arg, "instId"));
}

static int one_arg(const struct request *r, const json_t *arg, struct err *e)
{
    const char *channel = json_string_value(json_object_get(arg, "channel"));
    const char *native = json_string_value(json_object_get(arg, "instId"));
    unsigned endpoint = session_form(r->dialog->session);
    char name[SYMBOL_NAME + 16];
    uint32_t symbol;
    size_t i = 0;
    while (i < sizeof(channels) / sizeof(channels[0]) &&
           (strcmp(channel, channels[i].name) != 0 || endpoint != channels[i].endpoint))
        i++;
    if (i == sizeof(channels) / sizeof(channels[0]) ||
        !listing_find(r->dialog->site->listing, slice_of(native), &symbol) ||
        (strcmp(r->op, "subscribe") == 0 && !r->dialog->site->listing->symbols[symbol].trading))
        return refuse_channel(r, channel, native, e);
    (void)snprintf(name, sizeof(name), "%s %s", channel, native);
    if (ack(r, channel, native, e) != 0)
        return -1;
    if (strcmp(r->op, "subscribe") == 0)
        return subscribe(r, name, symbol, channels[i].channel, e);
    session_remove(r->dialog->session, slice_of(name));
    return 0;
}

/* --- requests -------------------------------------------------------------------------------- */

/* The id comes back with every answer; false: it is none. */
static bool read_head(struct request *r, const json_t *root)
{
    const json_t *id = json_object_get(root, "id");
    const char *text = json_string_value(id);
    (void)snprintf(r->head, sizeof(r->head), "{");
    if (!id)
        return true;
    if (!text || json_string_length(id) > ID_MAX)
        return false;
    for (const char *p = text; *p; p++)
        if (!isalnum((unsigned char)*p))
            return false;
    (void)snprintf(r->head, sizeof(r->head), "{\"id\":\"%s\",", text);
    return true;
}

static int run(struct request *r, const json_t *root, struct err *e)
{
    static const char *const ops[] = {"subscribe", "unsubscribe"};
    const char *op = json_string_value(json_object_get(root, "op"));
    const json_t *args = json_object_get(root, "args");
    for (size_t i = 0; op && i < sizeof(ops) / sizeof(ops[0]); i++)
        if (strcmp(op, ops[i]) == 0)
            r->op = ops[i];
    if (!read_head(r, root) || !r->op || !json_is_array(args) || json_array_size(args) == 0)
        return refuse_request(r, e);
    for (size_t i = 0; i < json_array_size(args); i++)
        if (!is_arg(json_array_get(args, i)))
            return refuse_request(r, e);
    for (size_t i = 0; i < json_array_size(args); i++)
        if (one_arg(r, json_array_get(args, i), e) != 0)
            return -1;
    return 0;
}

static uint32_t connection_id(const struct dialog *d)
{
    return (uint32_t)(d->number * UINT64_C(2654435761)); /* looks like theirs */
}

/* {"event":"notice","code":"64008","msg":"…","connId":"a4d3ae55"} */
int okx_shutdown(const struct dialog *d, struct outq *answers, struct err *e)
{
    struct strbuf text = STRBUF_INIT(answers->limit);
    int r = strbuf_addf(
        &text,
        "{\"event\":\"notice\",\"code\":\"64008\",\"msg\":\"The connection will soon "
        "be closed for a service upgrade. Please reconnect.\",\"connId\":\"%08" PRIx32 "\"}",
        connection_id(d));
    r = r == 0 ? dialect_say(answers, &text, e) : strbuf_full(&text, "okx: notice", e);
    strbuf_finish(&text);
    return r;
}

int okx_request(const struct dialog *d, struct slice text, struct outq *answers, struct err *e)
{
    struct strbuf answer = STRBUF_INIT(answers->limit);
    struct request r = {.dialog = d, .text = text, .answer = &answer, .answers = answers};
    (void)snprintf(r.tail, sizeof(r.tail), ",\"connId\":\"%08" PRIx32 "\"}", connection_id(d));
    if (slice_is(text, "ping")) {
        int result = say(&r, strbuf_adds(&answer, "pong"), e);
        strbuf_finish(&answer);
        return result;
    }
    json_t *root = json_loadb(text.data ? text.data : "", text.len, 0, NULL);
    int result = run(&r, root, e);
    json_decref(root);
    strbuf_finish(&answer);
    return result;
}
