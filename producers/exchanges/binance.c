/* Facts: github.com/binance/binance-spot-api-docs, web-socket-streams.md (2026-07-21), checked
 * 2026-11-21; what recordings show beyond it is said where it matters. */
#include "binance.h"

#include "batch.h"
#include "fields.h"
#include "json.h"

#include <ctype.h>
#include <stdio.h>

/* A message of more than 4,088 bytes is never answered (told at
 * github.com/binance/binance-connector-rust/issues/27): 70 of the longest names there can be are
 * fewer. */
enum { PARAMS_PER_MESSAGE = 70 };

static const struct endpoint endpoints[] = {
    {"ws", "wss://stream.binance.com:9443"},
    {"rest", "https://api.binance.com"},
    {NULL, NULL},
};

/* 1024 streams on one connection; trade and aggTrade ids must not mix on one tape. */
static const struct channel channels[] = {
    {"trade", CHANNEL_TRADES, "ws", 1024},
    {"aggTrade", CHANNEL_TRADES, "ws", 1024},
    {"bookTicker", CHANNEL_QUOTES, "ws", 1024},
    {NULL, CHANNEL_KINDS, NULL, 0},
};

/* --- subscribing ----------------------------------------------------------------------------- */

/* Streams are asked for in-band: in the URL a thousand of them would not fit every proxy. Frames
 * of a connection opened at /ws are bare payloads. */
static int connect_path(const struct subs *s, char *ret, size_t cap, struct err *e)
{
    (void)s;
    int n = snprintf(ret, cap, "/ws");
    return n > 0 && (size_t)n < cap ? 0 : err_set(e, ERR_LIMIT, "binance: no room for a path");
}

static int add_param(struct strbuf *out, const struct channel *channel, const char *native)
{
    char name[EXCHANGE_SYMBOL_MAX + 16];
    int n = snprintf(name, sizeof(name), "%s@%s", native, channel->name);
    if (n < 0 || (size_t)n >= sizeof(name))
        return -1;
    for (char *p = name; *p != '@'; p++)
        *p = (char)tolower((unsigned char)*p); /* "C" locale: other alphabets stay as they are */
    return json_add_string(out, slice_make(name, (size_t)n));
}

/* {"method":"SUBSCRIBE","params":["btcusdt@trade",…],"id":1}: id is the message's number + 1. */
static int build_subscribe(const struct subs *s, size_t n, struct strbuf *out, struct err *e)
{
    if (strbuf_adds(out, "{\"method\":\"SUBSCRIBE\",\"params\":[") != 0)
        return strbuf_full(out, "binance: subscribe", e);
    int more = batch_add("binance", s, n, PARAMS_PER_MESSAGE, add_param, out, e);
    if (more >= 0 && strbuf_addf(out, "],\"id\":%zu}", n + 1) != 0)
        return strbuf_full(out, "binance: subscribe", e);
    return more;
}

/* --- what a frame holds ---------------------------------------------------------------------- */

/* The members we may need of a payload: events have keys of one letter, answers have words. */
enum {
    KEY_STREAM,
    KEY_DATA,
    KEY_TYPE,
    KEY_SYMBOL,
    KEY_TRADE,
    KEY_AGG_TRADE, /* of a trade: the seller's order; of a bookTicker: the ask */
    KEY_PRICE,
    KEY_AMOUNT,
    KEY_TIME,
    KEY_BUYER_IS_MAKER,
    KEY_UPDATE,
    KEY_BID,
    KEY_BID_AMOUNT,
    KEY_ASK_AMOUNT,
    KEY_RESULT,
    KEY_ID,
    KEY_CODE,
    KEY_MSG,
    KEY_ERROR,
    KEYS
};
enum { KEY_ASK = KEY_AGG_TRADE };

static const struct slice keys[KEYS] = {
    [KEY_STREAM] = FIELDS_KEY("stream"), [KEY_DATA] = FIELDS_KEY("data"),
    [KEY_TYPE] = FIELDS_KEY("e"),        [KEY_SYMBOL] = FIELDS_KEY("s"),
    [KEY_TRADE] = FIELDS_KEY("t"),       [KEY_AGG_TRADE] = FIELDS_KEY("a"),
    [KEY_PRICE] = FIELDS_KEY("p"),       [KEY_AMOUNT] = FIELDS_KEY("q"),
    [KEY_TIME] = FIELDS_KEY("T"),        [KEY_BUYER_IS_MAKER] = FIELDS_KEY("m"),
    [KEY_UPDATE] = FIELDS_KEY("u"),      [KEY_BID] = FIELDS_KEY("b"),
    [KEY_BID_AMOUNT] = FIELDS_KEY("B"),  [KEY_ASK_AMOUNT] = FIELDS_KEY("A"),
    [KEY_RESULT] = FIELDS_KEY("result"), [KEY_ID] = FIELDS_KEY("id"),
    [KEY_CODE] = FIELDS_KEY("code"),     [KEY_MSG] = FIELDS_KEY("msg"),
    [KEY_ERROR] = FIELDS_KEY("error"),
};

static int read_payload(struct slice text, struct fields *ret, struct err *e)
{
    ret->exchange = "binance";
    ret->record = "frame";
    ret->keys = keys;
    ret->n = KEYS;
    return fields_read(ret, text, e);
}

/* --- trades and quotes ----------------------------------------------------------------------- */

/* m says whether the buyer was the maker: then the taker sold. */
static int need_side(const struct fields *f, enum side *ret, struct err *e)
{
    const struct scan_value *v = fields_get(f, KEY_BUYER_IS_MAKER);
    if (!v || (v->type != SCAN_TRUE && v->type != SCAN_FALSE))
        return err_set(e, ERR_PROTO, "binance: %s: m is no boolean", f->record);
    *ret = v->type == SCAN_TRUE ? SIDE_SELL : SIDE_BUY;
    return 0;
}

/* {"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100","T":1672515782136,
 *  "m":true,"M":true}; in aggTrade a is the id, and f and l the trade ids it sums up. Both kinds
 * of id are contiguous per symbol. Old recordings have order ids in b and a of a trade. */
static int parse_trade(struct fields *f, const char *what, size_t id_key, struct fields_out *out,
                       struct err *e)
{
    struct event ev = {.type = EVENT_TRADE, .origin = TRADE_ORIGIN_LIVE, .has_exchange_time = true};
    f->record = what;
    if (fields_symbol(f, KEY_SYMBOL, &ev.native_symbol, e) != 0 ||
        fields_trade_id(f, id_key, SCAN_NUMBER, &ev, e) != 0 ||
        fields_positive(f, KEY_PRICE, SCAN_STRING, &ev.price, e) != 0 ||
        fields_positive(f, KEY_AMOUNT, SCAN_STRING, &ev.amount, e) != 0 ||
        fields_unix_time(f, KEY_TIME, SCAN_NUMBER, &ev.exchange_time_us, e) != 0 ||
        need_side(f, &ev.side, e) != 0)
        return -1;
    return fields_emit(out, &ev, e);
}

/* {"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000",
 *  "A":"40.66000000"}: the only payload without a type, and it has no time. u, the id of the book's
 * update, grows. */
static bool is_book_ticker(const struct fields *f)
{
    const uint32_t all = 1u << KEY_UPDATE | 1u << KEY_SYMBOL | 1u << KEY_BID |
                         1u << KEY_BID_AMOUNT | 1u << KEY_ASK | 1u << KEY_ASK_AMOUNT;
    return (f->there & all) == all;
}

static int parse_book_ticker(struct fields *f, struct fields_out *out, struct err *e)
{
    struct event ev = {.type = EVENT_QUOTE};
    f->record = "bookTicker";
    if (fields_symbol(f, KEY_SYMBOL, &ev.native_symbol, e) != 0 ||
        fields_quote_side(f, KEY_BID, KEY_BID_AMOUNT, SCAN_STRING, &ev.bid, e) != 0 ||
        fields_quote_side(f, KEY_ASK, KEY_ASK_AMOUNT, SCAN_STRING, &ev.ask, e) != 0)
        return -1;
    fields_sequence(f, KEY_UPDATE, &ev);
    return fields_emit(out, &ev, e);
}

/* --- answers --------------------------------------------------------------------------------- */

/* {"result":null,"id":1} acknowledges; a list answers LIST_SUBSCRIPTIONS, which we never send. */
static int parse_result(const struct fields *f, struct fields_out *out, struct err *e)
{
    const struct event ack = {.type = EVENT_ACK, .request = fields_request(f, KEY_ID)};
    return fields_get(f, KEY_RESULT)->type == SCAN_NULL ? fields_emit(out, &ack, e) : 0;
}

/* {"code":2,"msg":"Invalid request: …","id":1} or, seen in the wild, {"error":{…},"id":19}. */
static int parse_error(const struct fields *f, struct fields_out *out, struct err *e)
{
    struct event refused = {.type = EVENT_REFUSED, .request = fields_request(f, KEY_ID)};
    struct fields inner;
    const struct fields *at = f;
    const struct scan_value *v = fields_get(f, KEY_ERROR);
    if (v) {
        if (v->type != SCAN_OBJECT)
            return err_set(e, ERR_PROTO, "binance: error is no object");
        if (read_payload(v->text, &inner, e) != 0)
            return -1;
        at = &inner;
    }
    v = fields_get(at, KEY_CODE);
    if (!v || v->type != SCAN_NUMBER)
        return err_set(e, ERR_PROTO, "binance: error without code");
    const struct scan_value *msg = fields_get(at, KEY_MSG);
    refused.text = msg && msg->type == SCAN_STRING ? msg->text : v->text;
    return fields_emit(out, &refused, e);
}

/* --- frames ---------------------------------------------------------------------------------- */

static int parse_event(struct fields *f, const struct channels *listen, struct fields_out *out,
                       bool *ret_skipped, struct err *e)
{
    const struct event shutdown = {.type = EVENT_SHUTDOWN, .request = -1};
    const struct scan_value *name = fields_get(f, KEY_TYPE);
    if (name->type != SCAN_STRING)
        return err_set(e, ERR_PROTO, "binance: e is no string");
    if (slice_is(name->text, "serverShutdown"))
        return fields_emit(out, &shutdown, e);
    if (fields_listens(listen, CHANNEL_TRADES, name->text))
        return slice_is(name->text, "trade") ? parse_trade(f, "trade", KEY_TRADE, out, e)
                                             : parse_trade(f, "aggTrade", KEY_AGG_TRADE, out, e);
    *ret_skipped = true;
    return 0;
}

/* Whether a combined frame's stream, "btcusdt@trade", is one of our channels. */
static bool is_our_channel(const struct scan_value *stream)
{
    if (stream->type != SCAN_STRING)
        return false;
    const char *at = memchr(stream->text.data, '@', stream->text.len);
    if (!at)
        return false;
    struct slice channel =
        slice_make(at + 1, (size_t)(stream->text.data + stream->text.len - (at + 1)));
    for (const struct channel *c = channels; c->name; c++)
        if (slice_is(channel, c->name))
            return true;
    return false;
}

/* A payload without e: an answer, the one stream that has no type, or nothing we know. */
static int parse_untyped(struct fields *f, const struct channels *listen, bool known_channel,
                         struct fields_out *out, bool *ret_skipped, struct err *e)
{
    if (known_channel && (fields_get(f, KEY_ERROR) || fields_get(f, KEY_CODE)))
        return parse_error(f, out, e);
    if (known_channel && fields_get(f, KEY_RESULT))
        return parse_result(f, out, e);
    if (is_book_ticker(f) && listen->of[CHANNEL_QUOTES])
        return parse_book_ticker(f, out, e);
    if (known_channel && !is_book_ticker(f))
        return err_set(e, ERR_PROTO, "binance: frame is no event, answer or error (no e)");
    *ret_skipped = true;
    return 0;
}

static int parse_frame(void *session, const struct channels *listen, const struct frame *in,
                       emit_fn emit, void *ctx, bool *ret_skipped, struct err *e)
{
    (void)session;
    struct fields_out out = {emit, ctx, 0, false};
    struct fields f;
    bool known_channel = true; /* a bare payload says itself what it is */
    if (read_payload(in->text, &f, e) != 0)
        return -1;
    const struct scan_value *stream = fields_get(&f, KEY_STREAM);
    const struct scan_value *data = fields_get(&f, KEY_DATA);
    if (stream && data) {
        known_channel = is_our_channel(stream);
        const struct slice inner = data->text;
        if (data->type != SCAN_OBJECT && known_channel)
            return err_set(e, ERR_PROTO, "binance: data of a known stream is no object");
        *ret_skipped = data->type != SCAN_OBJECT; /* !miniTicker@arr and its like */
        if (*ret_skipped || read_payload(inner, &f, e) != 0)
            return *ret_skipped ? 0 : -1;
    }
    int r = fields_get(&f, KEY_TYPE)
                ? parse_event(&f, listen, &out, ret_skipped, e)
                : parse_untyped(&f, listen, known_channel, &out, ret_skipped, e);
    return r < 0 ? -1 : out.n;
}

const struct exchange_ops binance_exchange = {
    .name = "binance",
    .endpoints = endpoints,
    .channels = channels,
    .messages_per_s = 5,
    .idle_ms = 60000, /* the server pings each 20 s */
    .max_age_ms = INT64_C(24) * 60 * 60 * 1000,
    .rest = &binance_rest_rules,
    .instruments_request = binance_instruments_request,
    .parse_instruments = binance_parse_instruments,
    .connect_path = connect_path,
    .build_subscribe = build_subscribe,
    .parse_frame = parse_frame,
    .history_request = binance_history_request,
    .parse_history = binance_parse_history,
};
