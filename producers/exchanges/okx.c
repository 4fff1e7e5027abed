/* Facts: OKX API guide v5, "All trades channel", "Order book channel", "Connect" and "Notification"
 * (copies of July 2026), checked 2026-11-21; what recordings show beyond it is said where it
 * matters. */
#include "okx.h"

#include "batch.h"
#include "fields.h"
#include "json.h"

#include <ctype.h>
#include <stdio.h>

enum { ARGS_PER_MESSAGE = 100 }; /* 64 KB would be allowed; 480 messages an hour are */

static const struct endpoint endpoints[] = {
    {"business", "wss://ws.okx.com:8443/ws/v5/business"},
    {"public", "wss://ws.okx.com:8443/ws/v5/public"},
    {"rest", "https://www.okx.com"},
    {NULL, NULL},
};

/* The channel "trades" sums up fills and names each sum by its last one: its ids step by the number
 * of fills, which an event cannot say. trades-all has every fill. How many channels one connection
 * takes is not published; codes 4008 and 4009 say that there are too many. */
static const struct channel channels[] = {
    {"trades-all", CHANNEL_TRADES, "business", 300},
    {"bbo-tbt", CHANNEL_QUOTES, "public", 300},
    {NULL, CHANNEL_KINDS, NULL, 0},
};

/* --- subscribing ----------------------------------------------------------------------------- */

static int add_arg(struct strbuf *out, const struct channel *channel, const char *native)
{
    if (strbuf_addf(out, "{\"channel\":\"%s\",\"instId\":", channel->name) != 0 ||
        json_add_string(out, slice_of(native)) != 0)
        return -1;
    return strbuf_addc(out, '}');
}

/* {"id":"1","op":"subscribe","args":[{"channel":"trades-all","instId":"BTC-USDT"},…]}: id is the
 * message's number + 1. */
static int build_subscribe(const struct subs *s, size_t n, struct strbuf *out, struct err *e)
{
    if (strbuf_addf(out, "{\"id\":\"%zu\",\"op\":\"subscribe\",\"args\":[", n + 1) != 0)
        return strbuf_full(out, "okx: subscribe", e);
    int more = batch_add("okx", s, n, ARGS_PER_MESSAGE, add_arg, out, e);
    if (more >= 0 && strbuf_adds(out, "]}") != 0)
        return strbuf_full(out, "okx: subscribe", e);
    return more;
}

/* --- trades ---------------------------------------------------------------------------------- */

enum { ROW_SYMBOL, ROW_ID, ROW_PRICE, ROW_AMOUNT, ROW_SIDE, ROW_TIME, ROW_KEYS };

static const struct slice row_keys[ROW_KEYS] = {
    [ROW_SYMBOL] = FIELDS_KEY("instId"), [ROW_ID] = FIELDS_KEY("tradeId"),
    [ROW_PRICE] = FIELDS_KEY("px"),      [ROW_AMOUNT] = FIELDS_KEY("sz"),
    [ROW_SIDE] = FIELDS_KEY("side"),     [ROW_TIME] = FIELDS_KEY("ts"),
};

/* {"instId":"BTC-USDT","tradeId":"130639474","px":"42219.9","sz":"0.12060306","side":"buy",
 *  "ts":"1630048897897","source":"0"}. In recordings the first one of a symbol is the newest of the
 * past, hours old maybe, and nothing tells it from a live one. */
static int parse_trade(void *ctx, struct slice row, struct fields_out *out, struct err *e)
{
    (void)ctx;
    struct event ev = {.type = EVENT_TRADE, .origin = TRADE_ORIGIN_LIVE, .has_exchange_time = true};
    struct fields f = {.exchange = "okx", .record = "trades-all", .keys = row_keys, .n = ROW_KEYS};
    if (fields_read(&f, row, e) != 0 || fields_symbol(&f, ROW_SYMBOL, &ev.native_symbol, e) != 0 ||
        fields_trade_id(&f, ROW_ID, SCAN_STRING, &ev, e) != 0 ||
        fields_positive(&f, ROW_PRICE, SCAN_STRING, &ev.price, e) != 0 ||
        fields_positive(&f, ROW_AMOUNT, SCAN_STRING, &ev.amount, e) != 0 ||
        fields_unix_time(&f, ROW_TIME, SCAN_STRING, &ev.exchange_time_us, e) != 0 ||
        fields_side(&f, ROW_SIDE, &ev.side, e) != 0)
        return -1;
    return fields_emit(out, &ev, e);
}

/* --- quotes ---------------------------------------------------------------------------------- */

enum { BOOK_ASKS, BOOK_BIDS, BOOK_TIME, BOOK_SEQUENCE, BOOK_KEYS };

static const struct slice book_keys[BOOK_KEYS] = {
    [BOOK_ASKS] = FIELDS_KEY("asks"),
    [BOOK_BIDS] = FIELDS_KEY("bids"),
    [BOOK_TIME] = FIELDS_KEY("ts"),
    [BOOK_SEQUENCE] = FIELDS_KEY("seqId"),
};

enum { LEVEL_PRICE, LEVEL_AMOUNT, LEVEL_KEYS };

static const struct slice level_keys[LEVEL_KEYS] = {
    [LEVEL_PRICE] = FIELDS_KEY("price"),
    [LEVEL_AMOUNT] = FIELDS_KEY("amount"),
};

/* [["8476.98","415","0","13"]]: price, amount, a retired field, orders; [] where nobody is. */
static int parse_levels(const struct fields *book, size_t i, struct quote_side *ret, struct err *e)
{
    struct fields level = {
        .exchange = "okx", .record = "bbo-tbt: level", .keys = level_keys, .n = LEVEL_KEYS};
    const struct scan_value *levels;
    struct scan_value first;
    struct scan s;
    if (fields_need(book, i, SCAN_ARRAY, &levels, e) != 0)
        return -1;
    int r = scan_array(&s, levels->text) == 0 ? scan_element(&s, &first) : -1;
    if (r < 0)
        return err_set(e, ERR_PROTO, "okx: bbo-tbt: %s is malformed", book->keys[i].data);
    if (r == 0)
        return 0;
    if (fields_read_array(&level, first.text, e) != 0)
        return -1;
    return fields_quote_side(&level, LEVEL_PRICE, LEVEL_AMOUNT, SCAN_STRING, ret, e);
}

/* ctx: the symbol, which the row does not have.
 * {"asks":[…],"bids":[…],"ts":"1597026383085","seqId":123456}: two may be of one millisecond, which
 * seqId tells apart. */
static int parse_book(void *ctx, struct slice row, struct fields_out *out, struct err *e)
{
    struct event ev = {.type = EVENT_QUOTE, .has_exchange_time = true};
    struct fields f = {.exchange = "okx", .record = "bbo-tbt", .keys = book_keys, .n = BOOK_KEYS};
    ev.native_symbol = *(const struct slice *)ctx;
    if (fields_read(&f, row, e) != 0 || parse_levels(&f, BOOK_BIDS, &ev.bid, e) != 0 ||
        parse_levels(&f, BOOK_ASKS, &ev.ask, e) != 0 ||
        fields_unix_time(&f, BOOK_TIME, SCAN_STRING, &ev.exchange_time_us, e) != 0)
        return -1;
    fields_sequence(&f, BOOK_SEQUENCE, &ev);
    return fields_emit(out, &ev, e);
}

/* --- frames ---------------------------------------------------------------------------------- */

enum { KEY_ARG, KEY_DATA, KEY_EVENT, KEY_ID, KEY_CODE, KEY_MSG, KEYS };

static const struct slice keys[KEYS] = {
    [KEY_ARG] = FIELDS_KEY("arg"),     [KEY_DATA] = FIELDS_KEY("data"),
    [KEY_EVENT] = FIELDS_KEY("event"), [KEY_ID] = FIELDS_KEY("id"),
    [KEY_CODE] = FIELDS_KEY("code"),   [KEY_MSG] = FIELDS_KEY("msg"),
};

enum { ARG_CHANNEL, ARG_SYMBOL, ARG_KEYS };

static const struct slice arg_keys[ARG_KEYS] = {
    [ARG_CHANNEL] = FIELDS_KEY("channel"),
    [ARG_SYMBOL] = FIELDS_KEY("instId"),
};

/* What a frame is about. *ret_kind: CHANNEL_KINDS where it is not listened to. */
static int parse_arg(const struct fields *f, const struct channels *listen, struct fields *ret,
                     enum channel_kind *ret_kind, struct err *e)
{
    const struct scan_value *arg;
    const struct scan_value *channel;
    *ret = (struct fields){.exchange = "okx", .record = "arg", .keys = arg_keys, .n = ARG_KEYS};
    if (fields_need(f, KEY_ARG, SCAN_OBJECT, &arg, e) != 0 || fields_read(ret, arg->text, e) != 0 ||
        fields_need(ret, ARG_CHANNEL, SCAN_STRING, &channel, e) != 0)
        return -1;
    *ret_kind = CHANNEL_TRADES;
    while (*ret_kind < CHANNEL_KINDS && !fields_listens(listen, *ret_kind, channel->text))
        (*ret_kind)++;
    return 0;
}

static int parse_data(const struct fields *f, const struct channels *listen, struct fields_out *out,
                      bool *ret_skipped, struct err *e)
{
    struct fields arg;
    struct slice symbol;
    enum channel_kind kind;
    if (parse_arg(f, listen, &arg, &kind, e) != 0)
        return -1;
    switch (kind) {
    case CHANNEL_TRADES:
        return fields_rows(f, KEY_DATA, parse_trade, NULL, out, e);
    case CHANNEL_QUOTES:
        if (fields_symbol(&arg, ARG_SYMBOL, &symbol, e) != 0)
            return -1;
        return fields_rows(f, KEY_DATA, parse_book, &symbol, out, e);
    case CHANNEL_KINDS:
        break;
    }
    *ret_skipped = true;
    return 0;
}

/* {"id":"1","event":"subscribe","arg":{"channel":"trades-all","instId":"BTC-USDT"},…} */
static int parse_ack(const struct fields *f, const struct channels *listen, struct fields_out *out,
                     bool *ret_skipped, struct err *e)
{
    struct event ack = {.type = EVENT_ACK, .request = fields_request(f, KEY_ID)};
    struct fields arg;
    enum channel_kind kind;
    if (parse_arg(f, listen, &arg, &kind, e) != 0)
        return -1;
    if (kind == CHANNEL_KINDS) {
        *ret_skipped = true;
        return 0;
    }
    if (fields_symbol(&arg, ARG_SYMBOL, &ack.native_symbol, e) != 0)
        return -1;
    return fields_emit(out, &ack, e);
}

/* The symbol in "Wrong URL or channel:trades-all,instId:BTC-USDX doesn't exist."; len 0: none. */
static struct slice symbol_in(struct slice msg)
{
    const struct slice mark = slice_of("instId:");
    const char *end = msg.data + msg.len;
    for (const char *p = msg.data; (size_t)(end - p) > mark.len; p++) {
        if (memcmp(p, mark.data, mark.len) != 0)
            continue;
        const char *from = p + mark.len;
        const char *to = from;
        while (to < end && (isalnum((unsigned char)*to) || *to == '-'))
            to++;
        size_t len = (size_t)(to - from);
        return slice_make(from, len <= EXCHANGE_SYMBOL_MAX ? len : 0);
    }
    return (struct slice){NULL, 0};
}

/* {"event":"error","code":"60018","msg":"…","id":"1"}; what it is about only the text says, and not
 * always. */
static int parse_error(const struct fields *f, struct fields_out *out, struct err *e)
{
    struct event refused = {.type = EVENT_REFUSED, .request = fields_request(f, KEY_ID)};
    const struct scan_value *msg = fields_get(f, KEY_MSG);
    const struct scan_value *code = fields_get(f, KEY_CODE);
    if (!msg || msg->type != SCAN_STRING || msg->text.len == 0)
        msg = code;
    if (!msg || msg->type != SCAN_STRING)
        return err_set(e, ERR_PROTO, "okx: error without msg and code");
    refused.text = msg->text;
    refused.native_symbol = symbol_in(msg->text);
    return fields_emit(out, &refused, e);
}

static int parse_event(const struct fields *f, const struct channels *listen,
                       struct fields_out *out, bool *ret_skipped, struct err *e)
{
    const struct event shutdown = {.type = EVENT_SHUTDOWN, .request = -1};
    const struct scan_value *name;
    if (fields_need(f, KEY_EVENT, SCAN_STRING, &name, e) != 0)
        return -1;
    if (slice_is(name->text, "subscribe"))
        return parse_ack(f, listen, out, ret_skipped, e);
    if (slice_is(name->text, "error"))
        return parse_error(f, out, e);
    if (slice_is(name->text, "notice")) /* 64008: closed in a minute, for an upgrade */
        return fields_is(f, KEY_CODE, "64008") ? fields_emit(out, &shutdown, e) : 0;
    *ret_skipped = !slice_is(name->text, "unsubscribe");
    return 0;
}

static int parse_frame(void *session, const struct channels *listen, const struct frame *in,
                       emit_fn emit, void *ctx, bool *ret_skipped, struct err *e)
{
    (void)session;
    struct fields_out out = {emit, ctx, 0, false};
    struct fields f = {.exchange = "okx", .record = "frame", .keys = keys, .n = KEYS};
    int r;
    if (slice_is(in->text, "pong")) /* bare text */
        return 0;
    if (fields_read(&f, in->text, e) != 0)
        return -1;
    if (fields_get(&f, KEY_EVENT))
        r = parse_event(&f, listen, &out, ret_skipped, e);
    else if (fields_get(&f, KEY_ARG))
        r = parse_data(&f, listen, &out, ret_skipped, e);
    else
        r = err_set(e, ERR_PROTO, "okx: frame without event and arg");
    return r < 0 ? -1 : out.n;
}

const struct exchange_ops okx_exchange = {
    .name = "okx",
    .endpoints = endpoints,
    .channels = channels,
    .messages_per_s = 4,
    .tells_newest = true,
    .acks_symbols = true,
    .ping = "ping",
    .idle_ms = 30000, /* the server closes a link on which it sent nothing for 30 s */
    .rest = &okx_rest_rules,
    .instruments_request = okx_instruments_request,
    .parse_instruments = okx_parse_instruments,
    .connect_path = exchange_whole_url,
    .build_subscribe = build_subscribe,
    .parse_frame = parse_frame,
    .history_request = okx_history_request,
    .parse_history = okx_parse_history,
};
