/* Facts: github.com/binance/binance-spot-api-docs, web-socket-streams.md (2026-07-21), checked
 * 2026-11-21; what recordings show beyond it is said where it matters. */
#include "binance.h"

#include "json.h"
#include "scan.h"
#include "timefmt.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

enum {
    PARAMS_PER_MESSAGE = 200, /* of one SUBSCRIBE; 1024 streams would pass any message limit */
    LETTERS = 52,
};

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

static int add_param(struct strbuf *out, const char *native, const char *stream)
{
    char name[EXCHANGE_SYMBOL_MAX + 16];
    int n = snprintf(name, sizeof(name), "%s@%s", native, stream);
    if (n < 0 || (size_t)n >= sizeof(name))
        return -1;
    for (char *p = name; *p != '@'; p++)
        *p = (char)tolower((unsigned char)*p); /* "C" locale: other alphabets stay as they are */
    return json_add_string(out, slice_make(name, (size_t)n));
}

/* {"method":"SUBSCRIBE","params":["btcusdt@trade",…],"id":1}: id is the message's number + 1. */
static int build_subscribe(const struct subs *s, size_t n, struct strbuf *out, struct err *e)
{
    size_t from = n * PARAMS_PER_MESSAGE;
    size_t to = s->n - from > PARAMS_PER_MESSAGE ? from + PARAMS_PER_MESSAGE : s->n;
    if (from >= s->n)
        return err_set(e, ERR_ARG, "binance: no subscribe message %zu for %zu symbols", n, s->n);
    int r = strbuf_adds(out, "{\"method\":\"SUBSCRIBE\",\"params\":[");
    for (size_t i = from; r == 0 && i < to; i++) {
        if (i > from)
            r = strbuf_addc(out, ',');
        if (r == 0)
            r = add_param(out, s->instruments[i]->native, s->channel->name);
    }
    if (r != 0 || strbuf_addf(out, "],\"id\":%zu}", n + 1) != 0)
        return strbuf_full(out, "binance: subscribe", e);
    return to < s->n ? 1 : 0;
}

/* --- what a frame holds ---------------------------------------------------------------------- */

/* The members we may need of a payload. Events have keys of one letter, answers have words. */
struct payload {
    uint64_t has; /* bit i: letter[i] was there */
    struct scan_value letter[LETTERS];
    struct scan_value stream, data, result, id, code, msg, error;
    bool has_stream, has_data, has_result, has_id, has_code, has_msg, has_error;
};

static int letter_index(char c)
{
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    return c >= 'A' && c <= 'Z' ? c - 'A' + 26 : -1;
}

static bool keep_word(struct payload *p, struct slice key, const struct scan_value *v)
{
    const struct {
        const char *name;
        struct scan_value *value;
        bool *has;
    } words[] = {
        {"stream", &p->stream, &p->has_stream}, {"data", &p->data, &p->has_data},
        {"result", &p->result, &p->has_result}, {"id", &p->id, &p->has_id},
        {"code", &p->code, &p->has_code},       {"msg", &p->msg, &p->has_msg},
        {"error", &p->error, &p->has_error},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!slice_is(key, words[i].name))
            continue;
        *words[i].value = *v;
        *words[i].has = true;
        return true;
    }
    return false;
}

static int read_payload(struct slice text, struct payload *ret, struct err *e)
{
    struct scan s;
    struct slice key;
    struct scan_value v;
    ret->has = 0;
    ret->has_stream = ret->has_data = ret->has_result = ret->has_id = false;
    ret->has_code = ret->has_msg = ret->has_error = false;
    if (scan_object(&s, text) != 0)
        return err_set(e, ERR_PROTO, "binance: frame is no JSON object");
    int r;
    while ((r = scan_member(&s, &key, &v)) == 1) {
        int i = key.len == 1 ? letter_index(key.data[0]) : -1;
        if (i >= 0) {
            ret->letter[i] = v;
            ret->has |= UINT64_C(1) << i;
        } else {
            (void)keep_word(ret, key, &v); /* keys we do not know are nothing to us */
        }
    }
    if (r < 0)
        return err_set(e, ERR_PROTO, "binance: frame is cut or malformed at byte %td",
                       s.p - text.data);
    return 0;
}

static const struct scan_value *get(const struct payload *p, char key)
{
    int i = letter_index(key);
    return p->has >> i & 1 ? &p->letter[i] : NULL;
}

/* --- fields of a known event ----------------------------------------------------------------- */

static int need(const struct payload *p, const char *what, char key, enum scan_type type,
                const struct scan_value **ret, struct err *e)
{
    const struct scan_value *v = get(p, key);
    if (!v)
        return err_set(e, ERR_PROTO, "binance: %s without %c", what, key);
    if (v->type != type || v->escaped)
        return err_set(e, ERR_PROTO, "binance: %s: %c is not a plain %s", what, key,
                       type == SCAN_STRING ? "string" : "number");
    *ret = v;
    return 0;
}

static int need_decimal(const struct payload *p, const char *what, char key, struct decimal *ret,
                        struct err *e)
{
    const struct scan_value *v;
    if (need(p, what, key, SCAN_STRING, &v, e) != 0)
        return -1;
    if (decimal_parse(v->text, ret, e) != 0)
        return err_prefix(e, "binance: %s: %c", what, key);
    return 0;
}

static int need_positive(const struct payload *p, const char *what, char key, struct decimal *ret,
                         struct err *e)
{
    if (need_decimal(p, what, key, ret, e) != 0)
        return -1;
    if (ret->e18 <= 0)
        return err_set(e, ERR_PROTO, "binance: %s: %c is not above 0", what, key);
    return 0;
}

static int need_id(const struct payload *p, const char *what, char key, struct event *ev,
                   struct err *e)
{
    const struct scan_value *v;
    if (need(p, what, key, SCAN_NUMBER, &v, e) != 0)
        return -1;
    if (scan_int64(v->text, &ev->sequence) != 0 || ev->sequence < 0 || ev->sequence == INT64_MAX)
        return err_set(e, ERR_PROTO, "binance: %s: %c is no trade id", what, key);
    ev->has_sequence = true;
    ev->trade_id = v->text;
    return 0;
}

/* Milliseconds, or microseconds where the connection asked for timeUnit=MICROSECOND. Between 2009
 * and 2100 the two cannot be taken for each other, nor for seconds or nanoseconds. */
static int need_time(const struct payload *p, const char *what, char key, int64_t *ret,
                     struct err *e)
{
    const int64_t first_ms = INT64_C(1230768000000); /* 2009-01-01T00:00:00Z */
    const int64_t last_ms = INT64_C(4102444800000);  /* 2100-01-01T00:00:00Z */
    const struct scan_value *v;
    int64_t t;
    if (need(p, what, key, SCAN_NUMBER, &v, e) != 0)
        return -1;
    if (scan_int64(v->text, &t) != 0)
        return err_set(e, ERR_PROTO, "binance: %s: %c is no time", what, key);
    if (t >= first_ms && t < last_ms) {
        *ret = t * US_PER_MS;
        return 0;
    }
    if (t >= first_ms * US_PER_MS && t < last_ms * US_PER_MS) {
        *ret = t;
        return 0;
    }
    return err_set(e, ERR_PROTO, "binance: %s: %c is %" PRId64 ", no time from 2009 to 2100", what,
                   key, t);
}

/* m says whether the buyer was the maker: then the taker sold. */
static int need_side(const struct payload *p, const char *what, enum side *ret, struct err *e)
{
    const struct scan_value *v = get(p, 'm');
    if (!v || (v->type != SCAN_TRUE && v->type != SCAN_FALSE))
        return err_set(e, ERR_PROTO, "binance: %s: m is no boolean", what);
    *ret = v->type == SCAN_TRUE ? SIDE_SELL : SIDE_BUY;
    return 0;
}

static int need_symbol(const struct payload *p, const char *what, struct slice *ret, struct err *e)
{
    const struct scan_value *v;
    if (need(p, what, 's', SCAN_STRING, &v, e) != 0)
        return -1;
    if (v->text.len == 0 || v->text.len > EXCHANGE_SYMBOL_MAX)
        return err_set(e, ERR_PROTO, "binance: %s: s is %zu bytes long", what, v->text.len);
    *ret = v->text;
    return 0;
}

/* {"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100","T":1672515782136,
 *  "m":true,"M":true}; in aggTrade a is the id, and f and l the trade ids it sums up. Both kinds
 * of id are contiguous per symbol. Old recordings have order ids in b and a of a trade. */
static int parse_trade(const struct payload *p, const char *what, char id_key, emit_fn emit,
                       void *ctx, struct err *e)
{
    struct event ev = {.type = EVENT_TRADE, .origin = TRADE_ORIGIN_LIVE, .has_exchange_time = true};
    if (need_symbol(p, what, &ev.native_symbol, e) != 0 || need_id(p, what, id_key, &ev, e) != 0 ||
        need_positive(p, what, 'p', &ev.price, e) != 0 ||
        need_positive(p, what, 'q', &ev.amount, e) != 0 ||
        need_time(p, what, 'T', &ev.exchange_time_us, e) != 0 ||
        need_side(p, what, &ev.side, e) != 0)
        return -1;
    return emit(ctx, &ev, e) != 0 ? -1 : 1;
}

/* {"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000",
 *  "A":"40.66000000"}: the only payload without a type, and it has no time. A price or an amount of
 * 0 says that nobody is on that side. */
static bool is_book_ticker(const struct payload *p)
{
    return get(p, 'u') && get(p, 's') && get(p, 'b') && get(p, 'B') && get(p, 'a') && get(p, 'A');
}

static int need_side_of_book(const struct payload *p, char price, char amount,
                             struct quote_side *ret, struct err *e)
{
    if (need_decimal(p, "bookTicker", price, &ret->price, e) != 0 ||
        need_decimal(p, "bookTicker", amount, &ret->amount, e) != 0)
        return -1;
    if (ret->price.e18 < 0 || ret->amount.e18 < 0)
        return err_set(e, ERR_PROTO, "binance: bookTicker: %c or %c is below 0", price, amount);
    ret->there = ret->price.e18 > 0 && ret->amount.e18 > 0;
    return 0;
}

static int parse_book_ticker(const struct payload *p, emit_fn emit, void *ctx, struct err *e)
{
    struct event ev = {.type = EVENT_QUOTE};
    if (need_symbol(p, "bookTicker", &ev.native_symbol, e) != 0 ||
        need_side_of_book(p, 'b', 'B', &ev.bid, e) != 0 ||
        need_side_of_book(p, 'a', 'A', &ev.ask, e) != 0)
        return -1;
    return emit(ctx, &ev, e) != 0 ? -1 : 1;
}

/* --- answers --------------------------------------------------------------------------------- */

static int64_t request_of(const struct payload *p)
{
    int64_t id;
    if (!p->has_id || p->id.type != SCAN_NUMBER || scan_int64(p->id.text, &id) != 0 || id < 1)
        return -1;
    return id - 1;
}

/* {"result":null,"id":1} acknowledges; a list answers LIST_SUBSCRIPTIONS, which we never send. */
static int parse_result(const struct payload *p, emit_fn emit, void *ctx, struct err *e)
{
    const struct event ack = {.type = EVENT_ACK, .request = request_of(p)};
    if (p->result.type != SCAN_NULL)
        return 0;
    return emit(ctx, &ack, e) != 0 ? -1 : 1;
}

/* {"code":2,"msg":"Invalid request: …","id":1} or, seen in the wild, {"error":{…},"id":19}. */
static int parse_error(const struct payload *p, emit_fn emit, void *ctx, struct err *e)
{
    struct event refused = {.type = EVENT_REFUSED, .request = request_of(p)};
    struct payload inner;
    const struct payload *at = p;
    if (p->has_error) {
        if (p->error.type != SCAN_OBJECT)
            return err_set(e, ERR_PROTO, "binance: error is no object");
        if (read_payload(p->error.text, &inner, e) != 0)
            return -1;
        at = &inner;
    }
    if (!at->has_code || at->code.type != SCAN_NUMBER)
        return err_set(e, ERR_PROTO, "binance: error without code");
    refused.text = at->has_msg && at->msg.type == SCAN_STRING ? at->msg.text : at->code.text;
    return emit(ctx, &refused, e) != 0 ? -1 : 1;
}

/* --- frames ---------------------------------------------------------------------------------- */

static bool is_listened(const struct channels *listen, enum channel_kind kind, const char *name)
{
    return listen->of[kind] && strcmp(listen->of[kind]->name, name) == 0;
}

static int parse_event(const struct payload *p, const struct scan_value *name,
                       const struct channels *listen, emit_fn emit, void *ctx, bool *ret_skipped,
                       struct err *e)
{
    const struct event shutdown = {.type = EVENT_SHUTDOWN, .request = -1};
    if (name->type != SCAN_STRING)
        return err_set(e, ERR_PROTO, "binance: e is no string");
    if (slice_is(name->text, "serverShutdown"))
        return emit(ctx, &shutdown, e) != 0 ? -1 : 1;
    if (slice_is(name->text, "trade") && is_listened(listen, CHANNEL_TRADES, "trade"))
        return parse_trade(p, "trade", 't', emit, ctx, e);
    if (slice_is(name->text, "aggTrade") && is_listened(listen, CHANNEL_TRADES, "aggTrade"))
        return parse_trade(p, "aggTrade", 'a', emit, ctx, e);
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
static int parse_untyped(const struct payload *p, const struct channels *listen, bool known_channel,
                         emit_fn emit, void *ctx, bool *ret_skipped, struct err *e)
{
    if (known_channel && (p->has_error || p->has_code))
        return parse_error(p, emit, ctx, e);
    if (known_channel && p->has_result)
        return parse_result(p, emit, ctx, e);
    if (is_book_ticker(p) && listen->of[CHANNEL_QUOTES])
        return parse_book_ticker(p, emit, ctx, e);
    if (known_channel && !is_book_ticker(p))
        return err_set(e, ERR_PROTO, "binance: frame is no event, answer or error (no e)");
    *ret_skipped = true;
    return 0;
}

static int parse_frame(void *session, const struct channels *listen, const struct frame *in,
                       emit_fn emit, void *ctx, bool *ret_skipped, struct err *e)
{
    (void)session;
    struct payload p;
    bool known_channel = true; /* a bare payload says itself what it is */
    if (read_payload(in->text, &p, e) != 0)
        return -1;
    if (p.has_stream && p.has_data) {
        known_channel = is_our_channel(&p.stream);
        if (p.data.type == SCAN_OBJECT) {
            const struct slice inner = p.data.text;
            if (read_payload(inner, &p, e) != 0)
                return -1;
        } else if (known_channel) {
            return err_set(e, ERR_PROTO, "binance: data of a known stream is no object");
        } else {
            *ret_skipped = true; /* !miniTicker@arr and its like */
            return 0;
        }
    }
    const struct scan_value *name = get(&p, 'e');
    if (name)
        return parse_event(&p, name, listen, emit, ctx, ret_skipped, e);
    return parse_untyped(&p, listen, known_channel, emit, ctx, ret_skipped, e);
}

const struct exchange_ops binance_exchange = {
    .name = "binance",
    .endpoints = endpoints,
    .channels = channels,
    .messages_per_s = 5,
    .idle_ms = 60000, /* the server pings each 20 s */
    .max_age_ms = INT64_C(24) * 60 * 60 * 1000,
    .instruments_request = binance_instruments_request,
    .parse_instruments = binance_parse_instruments,
    .connect_path = connect_path,
    .build_subscribe = build_subscribe,
    .parse_frame = parse_frame,
};
