/* Facts: docs.kraken.com, WebSocket v2: Trades, Ticker, Status, Heartbeat, Ping (copies of May
 * 2026), checked 2026-11-21; what public clients saw beyond it is said where it matters. */
#include "kraken.h"

#include "batch.h"
#include "fields.h"
#include "json.h"

#include <stdio.h>

enum { SYMBOLS_PER_MESSAGE = 100 };

static const struct endpoint endpoints[] = {
    {"ws", "wss://ws.kraken.com/v2"},
    {"rest", "https://api.kraken.com"},
    {NULL, NULL},
};

/* How many symbols one connection takes is not published. */
static const struct channel channels[] = {
    {"trade", CHANNEL_TRADES, "ws", 250},
    {"ticker", CHANNEL_QUOTES, "ws", 250},
    {NULL, CHANNEL_KINDS, NULL, 0},
};

/* --- subscribing ----------------------------------------------------------------------------- */

static int add_symbol(struct strbuf *out, const struct channel *channel, const char *native)
{
    (void)channel;
    return json_add_string(out, slice_of(native));
}

/* {"method":"subscribe","params":{"channel":"trade","symbol":["BTC/USD",…],"snapshot":false},
 *  "req_id":1}: req_id is the message's number + 1. A snapshot of trades is the last 50: what was
 * missed shows, and is mostly among them; one of quotes is where they stand. By default a ticker
 * comes only with a trade. */
static int build_subscribe(const struct subs *s, size_t n, struct strbuf *out, struct err *e)
{
    static const char *const options[CHANNEL_KINDS] = {
        [CHANNEL_TRADES] = "\"snapshot\":true",
        [CHANNEL_QUOTES] = "\"event_trigger\":\"bbo\",\"snapshot\":true",
    };
    const struct channel *channel = s->channel;
    if (strbuf_addf(out, "{\"method\":\"subscribe\",\"params\":{\"channel\":\"%s\",\"symbol\":[",
                    channel->name) != 0)
        return strbuf_full(out, "kraken: subscribe", e);
    int more = batch_add("kraken", s, n, SYMBOLS_PER_MESSAGE, add_symbol, out, e);
    if (more >= 0 && strbuf_addf(out, "],%s},\"req_id\":%zu}", options[channel->kind], n + 1) != 0)
        return strbuf_full(out, "kraken: subscribe", e);
    return more;
}

/* --- trades ---------------------------------------------------------------------------------- */

enum { TRADE_SYMBOL, TRADE_SIDE, TRADE_PRICE, TRADE_AMOUNT, TRADE_ID, TRADE_TIME, TRADE_KEYS };

static const struct slice trade_keys[TRADE_KEYS] = {
    [TRADE_SYMBOL] = FIELDS_KEY("symbol"), [TRADE_SIDE] = FIELDS_KEY("side"),
    [TRADE_PRICE] = FIELDS_KEY("price"),   [TRADE_AMOUNT] = FIELDS_KEY("qty"),
    [TRADE_ID] = FIELDS_KEY("trade_id"),   [TRADE_TIME] = FIELDS_KEY("timestamp"),
};

/* ctx: the origin.
 * {"symbol":"BTC/USD","side":"buy","price":105944.20,"qty":0.00027625,"ord_type":"limit",
 *  "trade_id":10218208,"timestamp":"2023-10-06T17:35:55.440295Z"}: the only exchange of ours that
 * writes money as numbers. */
static int parse_trade(void *ctx, struct slice row, struct fields_out *out, struct err *e)
{
    struct event ev = {.type = EVENT_TRADE, .has_exchange_time = true};
    struct fields f = {
        .exchange = "kraken", .record = "trade", .keys = trade_keys, .n = TRADE_KEYS};
    ev.origin = *(const enum trade_origin *)ctx;
    if (fields_read(&f, row, e) != 0 ||
        fields_symbol(&f, TRADE_SYMBOL, &ev.native_symbol, e) != 0 ||
        fields_trade_id(&f, TRADE_ID, SCAN_NUMBER, &ev, e) != 0 ||
        fields_positive(&f, TRADE_PRICE, SCAN_NUMBER, &ev.price, e) != 0 ||
        fields_positive(&f, TRADE_AMOUNT, SCAN_NUMBER, &ev.amount, e) != 0 ||
        fields_text_time(&f, TRADE_TIME, &ev.exchange_time_us, e) != 0 ||
        fields_side(&f, TRADE_SIDE, &ev.side, e) != 0)
        return -1;
    return fields_emit(out, &ev, e);
}

/* --- quotes ---------------------------------------------------------------------------------- */

enum {
    TICKER_SYMBOL,
    TICKER_BID,
    TICKER_BID_QTY,
    TICKER_ASK,
    TICKER_ASK_QTY,
    TICKER_TIME,
    TICKER_KEYS
};

static const struct slice ticker_keys[TICKER_KEYS] = {
    [TICKER_SYMBOL] = FIELDS_KEY("symbol"),   [TICKER_BID] = FIELDS_KEY("bid"),
    [TICKER_BID_QTY] = FIELDS_KEY("bid_qty"), [TICKER_ASK] = FIELDS_KEY("ask"),
    [TICKER_ASK_QTY] = FIELDS_KEY("ask_qty"), [TICKER_TIME] = FIELDS_KEY("timestamp"),
};

/* A pair without a book comes as zeros of 1970: a void quote of no known time. */
static bool is_placeholder(const struct fields *f, const struct event *ev)
{
    return !ev->bid.there && !ev->ask.there &&
           fields_is(f, TICKER_TIME, "1970-01-01T00:00:00.000000Z");
}

/* {"symbol":"ALGO/USD","bid":0.10025,"bid_qty":740.0,"ask":0.10036,"ask_qty":1361.44813783,…,
 *  "timestamp":"2023-09-25T09:04:31.742648Z"}; old examples have no timestamp. */
static int parse_ticker(void *ctx, struct slice row, struct fields_out *out, struct err *e)
{
    (void)ctx;
    struct event ev = {.type = EVENT_QUOTE};
    struct fields f = {
        .exchange = "kraken", .record = "ticker", .keys = ticker_keys, .n = TICKER_KEYS};
    if (fields_read(&f, row, e) != 0 ||
        fields_symbol(&f, TICKER_SYMBOL, &ev.native_symbol, e) != 0 ||
        fields_quote_side(&f, TICKER_BID, TICKER_BID_QTY, SCAN_NUMBER, &ev.bid, e) != 0 ||
        fields_quote_side(&f, TICKER_ASK, TICKER_ASK_QTY, SCAN_NUMBER, &ev.ask, e) != 0)
        return -1;
    ev.has_exchange_time = fields_get(&f, TICKER_TIME) && !is_placeholder(&f, &ev);
    if (ev.has_exchange_time && fields_text_time(&f, TICKER_TIME, &ev.exchange_time_us, e) != 0)
        return -1;
    return fields_emit(out, &ev, e);
}

/* --- answers --------------------------------------------------------------------------------- */

enum {
    KEY_CHANNEL,
    KEY_TYPE,
    KEY_DATA,
    KEY_METHOD,
    KEY_RESULT,
    KEY_SUCCESS,
    KEY_ERROR,
    KEY_SYMBOL,
    KEY_REQUEST,
    KEYS
};

static const struct slice keys[KEYS] = {
    [KEY_CHANNEL] = FIELDS_KEY("channel"), [KEY_TYPE] = FIELDS_KEY("type"),
    [KEY_DATA] = FIELDS_KEY("data"),       [KEY_METHOD] = FIELDS_KEY("method"),
    [KEY_RESULT] = FIELDS_KEY("result"),   [KEY_SUCCESS] = FIELDS_KEY("success"),
    [KEY_ERROR] = FIELDS_KEY("error"),     [KEY_SYMBOL] = FIELDS_KEY("symbol"),
    [KEY_REQUEST] = FIELDS_KEY("req_id"),
};

enum { RESULT_CHANNEL, RESULT_SYMBOL, RESULT_KEYS };

static const struct slice result_keys[RESULT_KEYS] = {
    [RESULT_CHANNEL] = FIELDS_KEY("channel"),
    [RESULT_SYMBOL] = FIELDS_KEY("symbol"),
};

/* "result":{"channel":"trade","snapshot":true,"symbol":"BTC/USD"} */
static int parse_ack(const struct fields *f, const struct channels *listen, struct fields_out *out,
                     bool *ret_skipped, struct err *e)
{
    struct event ack = {.type = EVENT_ACK, .request = fields_request(f, KEY_REQUEST)};
    struct fields result = {
        .exchange = "kraken", .record = "result", .keys = result_keys, .n = RESULT_KEYS};
    const struct scan_value *v;
    const struct scan_value *channel;
    if (fields_need(f, KEY_RESULT, SCAN_OBJECT, &v, e) != 0 ||
        fields_read(&result, v->text, e) != 0 ||
        fields_need(&result, RESULT_CHANNEL, SCAN_STRING, &channel, e) != 0)
        return -1;
    if (!fields_listens(listen, CHANNEL_TRADES, channel->text) &&
        !fields_listens(listen, CHANNEL_QUOTES, channel->text)) {
        *ret_skipped = true;
        return 0;
    }
    if (fields_symbol(&result, RESULT_SYMBOL, &ack.native_symbol, e) != 0)
        return -1;
    return fields_emit(out, &ack, e);
}

/* The last word of "Currency pair not supported XBT/USD"; len 0: the text is about no pair. */
static struct slice symbol_in(struct slice text)
{
    const struct slice begin = slice_of("Currency pair ");
    if (text.len < begin.len || memcmp(text.data, begin.data, begin.len) != 0)
        return (struct slice){NULL, 0};
    const char *end = text.data + text.len;
    const char *from = end;
    while (from[-1] != ' ')
        from--;
    size_t len = (size_t)(end - from);
    return slice_make(from, len <= EXCHANGE_SYMBOL_MAX ? len : 0);
}

/* {"error":"Currency pair not supported XBT/USD","method":"subscribe","success":false,
 *  "symbol":"XBT/USD"}: the symbol has been seen in a member of its own, and in the text. */
static int parse_refusal(const struct fields *f, struct fields_out *out, struct err *e)
{
    struct event refused = {.type = EVENT_REFUSED, .request = fields_request(f, KEY_REQUEST)};
    const struct scan_value *text;
    if (fields_need(f, KEY_ERROR, SCAN_STRING, &text, e) != 0)
        return -1;
    refused.text = text->text;
    if (!fields_get(f, KEY_SYMBOL))
        refused.native_symbol = symbol_in(text->text);
    else if (fields_symbol(f, KEY_SYMBOL, &refused.native_symbol, e) != 0)
        return -1;
    return fields_emit(out, &refused, e);
}

static int parse_answer(const struct fields *f, const struct channels *listen,
                        struct fields_out *out, bool *ret_skipped, struct err *e)
{
    const struct scan_value *success = fields_get(f, KEY_SUCCESS);
    bool subscribes = fields_is(f, KEY_METHOD, "subscribe");
    if (success && success->type == SCAN_FALSE)
        return parse_refusal(f, out, e);
    if (subscribes && success && success->type == SCAN_TRUE)
        return parse_ack(f, listen, out, ret_skipped, e);
    if (subscribes)
        return err_set(e, ERR_PROTO, "kraken: subscribe: success is no boolean");
    *ret_skipped = !fields_is(f, KEY_METHOD, "pong") && !fields_is(f, KEY_METHOD, "unsubscribe");
    return 0;
}

/* --- frames ---------------------------------------------------------------------------------- */

static int parse_channel(const struct fields *f, const struct channels *listen,
                         struct fields_out *out, bool *ret_skipped, struct err *e)
{
    const struct scan_value *name;
    enum trade_origin origin =
        fields_is(f, KEY_TYPE, "snapshot") ? TRADE_ORIGIN_SNAPSHOT : TRADE_ORIGIN_LIVE;
    if (fields_need(f, KEY_CHANNEL, SCAN_STRING, &name, e) != 0)
        return -1;
    if (fields_listens(listen, CHANNEL_TRADES, name->text))
        return fields_rows(f, KEY_DATA, parse_trade, &origin, out, e);
    if (fields_listens(listen, CHANNEL_QUOTES, name->text))
        return fields_rows(f, KEY_DATA, parse_ticker, NULL, out, e);
    *ret_skipped = !slice_is(name->text, "heartbeat") && !slice_is(name->text, "status");
    return 0;
}

static int parse_frame(void *session, const struct channels *listen, const struct frame *in,
                       emit_fn emit, void *ctx, bool *ret_skipped, struct err *e)
{
    (void)session;
    struct fields_out out = {emit, ctx, 0, false};
    struct fields f = {.exchange = "kraken", .record = "frame", .keys = keys, .n = KEYS};
    int r;
    if (fields_read(&f, in->text, e) != 0)
        return -1;
    if (fields_get(&f, KEY_CHANNEL))
        r = parse_channel(&f, listen, &out, ret_skipped, e);
    else if (fields_get(&f, KEY_METHOD) || fields_get(&f, KEY_ERROR))
        r = parse_answer(&f, listen, &out, ret_skipped, e);
    else
        r = err_set(e, ERR_PROTO, "kraken: frame without channel and method");
    return r < 0 ? -1 : out.n;
}

const struct exchange_ops kraken_exchange = {
    .name = "kraken",
    .endpoints = endpoints,
    .channels = channels,
    .messages_per_s = 5, /* the limit is not published */
    .tells_newest = true,
    .acks_symbols = true,
    .ping = "{\"method\":\"ping\"}",
    .idle_ms = 30000, /* a heartbeat comes each second */
    .rest = &kraken_rest_rules,
    .instruments_request = kraken_instruments_request,
    .parse_instruments = kraken_parse_instruments,
    .connect_path = exchange_whole_url,
    .build_subscribe = build_subscribe,
    .parse_frame = parse_frame,
    .history_request = kraken_history_request,
    .parse_history = kraken_parse_history,
};
