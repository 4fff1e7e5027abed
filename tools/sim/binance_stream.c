#include "binance.h"

#include "e8.h"

#include <inttypes.h>
#include <stdio.h>

const struct dialect binance_dialect = {
    .exchange = "binance",
    .listing =
        {
            .separator = "",
            .quote_permille = {[QUOTE_USDT] = 1000,
                               [QUOTE_USDC] = 350,
                               [QUOTE_FDUSD] = 150,
                               [QUOTE_EUR] = 80,
                               [QUOTE_BTC] = 60},
            .currency_permille = 40,
        },
    .subscriptions_max = 1024,
    /* Not in the documentation: the server stops answering at messages whose frame is longer than
     * 4096 bytes (github.com/binance/binance-connector-rust/issues/27); 8 of them are its head. */
    .request_bytes_max = 4088,
    .requests_per_s_max = 5,
    .pings = true,
    .open = binance_open,
    .request = binance_request,
    .trade_frame = binance_trade_frame,
    .quote_frame = binance_quote_frame,
    .rest = binance_rest,
    .rest_refuse = binance_rest_refuse,
    .shutdown = binance_shutdown,
};

/* --- names ----------------------------------------------------------------------------------- */

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static char to_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static char to_lower(char c)
{
    return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

/* "btcusdt" -> the index of BTCUSDT; streams know lower case only. */
static bool find_symbol(const struct listing *l, struct slice lower, uint32_t *ret)
{
    char upper[SYMBOL_NAME];
    if (lower.len >= sizeof(upper))
        return false;
    for (size_t i = 0; i < lower.len; i++) {
        if (is_upper(lower.data[i]))
            return false;
        upper[i] = to_upper(lower.data[i]);
    }
    return listing_find(l, slice_make(upper, lower.len), ret);
}

static enum channel find_channel(struct slice name)
{
    if (slice_is(name, "trade"))
        return CHANNEL_TRADE;
    return slice_is(name, "bookTicker") ? CHANNEL_QUOTE : CHANNEL_NONE;
}

int binance_subscribe(struct session *s, const struct listing *l, struct slice stream,
                      struct err *e)
{
    const char *at = stream.len > 0 ? memchr(stream.data, '@', stream.len) : NULL;
    if (!at)
        return session_add(s, stream, 0, CHANNEL_NONE, e);
    struct slice symbol_name = slice_make(stream.data, (size_t)(at - stream.data));
    enum channel channel = find_channel(slice_make(at + 1, stream.len - symbol_name.len - 1));
    uint32_t symbol = 0;
    if (channel != CHANNEL_NONE && !find_symbol(l, symbol_name, &symbol))
        channel = CHANNEL_NONE;
    return session_add(s, stream, symbol, channel, e);
}

/* --- endpoints ------------------------------------------------------------------------------- */

/* "a@trade/b@trade" */
static int subscribe_all(struct session *s, const struct listing *l, struct slice streams,
                         struct err *e)
{
    while (streams.len > 0) {
        const char *slash = memchr(streams.data, '/', streams.len);
        size_t len = slash ? (size_t)(slash - streams.data) : streams.len;
        if (len > 0 && binance_subscribe(s, l, slice_make(streams.data, len), e) != 0)
            return -1;
        size_t used = slash ? len + 1 : len;
        streams = slice_make(streams.data + used, streams.len - used);
    }
    return 0;
}

static struct slice param(const struct url *url, const char *name)
{
    struct slice value = slice_make(NULL, 0);
    (void)url_param(url, name, &value); /* not there is as good as empty */
    return value;
}

static bool starts_with(struct slice text, const char *start)
{
    size_t len = strlen(start);
    return text.len >= len && memcmp(text.data, start, len) == 0;
}

int binance_open(const struct dialog *d, const struct url *url, struct outq *answers, struct err *e)
{
    (void)answers; /* no word of welcome */
    struct session *s = d->session;
    const struct listing *l = d->site->listing;
    struct slice unit = param(url, "timeUnit");
    bool micros = slice_is(unit, "MICROSECOND") || slice_is(unit, "microsecond");
    unsigned form = micros ? BINANCE_MICROS : 0;
    if (slice_is(url->path, "/stream") || slice_is(url->path, "/stream/")) {
        session_set_form(s, form | BINANCE_COMBINED);
        return subscribe_all(s, l, param(url, "streams"), e);
    }
    session_set_form(s, form);
    if (slice_is(url->path, "/ws"))
        return 0;
    if (starts_with(url->path, "/ws/"))
        return subscribe_all(s, l, slice_make(url->path.data + 4, url->path.len - 4), e);
    return err_set(e, ERR_NOT_FOUND, "no stream endpoint at %.*s", SLICE_ARG(url->path));
}

/* {"e":"serverShutdown","E":1770123456789}; combined in a stream of its own. */
int binance_shutdown(const struct dialog *d, struct outq *answers, struct err *e)
{
    struct strbuf text = STRBUF_INIT(answers->limit);
    unsigned form = session_form(d->session);
    bool combined = form & BINANCE_COMBINED;
    int r = strbuf_addf(&text, "%s{\"e\":\"serverShutdown\",\"E\":%" PRId64 "}%s",
                        combined ? "{\"stream\":\"!serverShutdown\",\"data\":" : "",
                        d->now_us / (form & BINANCE_MICROS ? 1 : 1000), combined ? "}" : "");
    r = r == 0 ? dialect_say(answers, &text, e) : strbuf_full(&text, "binance: shutdown", e);
    strbuf_finish(&text);
    return r;
}

/* --- frames ---------------------------------------------------------------------------------- */

/* What stands before and behind the payload of a combined frame. */
struct wrap {
    char head[SYMBOL_NAME + 48];
    const char *tail;
};

static struct wrap make_wrap(const char *native, const char *channel, unsigned form)
{
    struct wrap w = {"", ""};
    char lower[SYMBOL_NAME] = "";
    if (!(form & BINANCE_COMBINED))
        return w;
    for (size_t i = 0; native[i]; i++)
        lower[i] = to_lower(native[i]);
    (void)snprintf(w.head, sizeof(w.head), "{\"stream\":\"%s@%s\",\"data\":", lower, channel);
    w.tail = "}";
    return w;
}

/* {"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.00100000","q":"100.00000000",
 * "T":1672515782136,"m":true,"M":true}; m: the buyer is the maker. */
int binance_trade_frame(const struct site *site, const struct fills *f, unsigned form,
                        struct strbuf *out, struct err *e)
{
    const struct market_trade *t = f->trades; /* there is no more than one in a frame */
    const char *native = site->listing->symbols[t->symbol].native;
    int64_t unit_us = form & BINANCE_MICROS ? 1 : 1000;
    char price[E8_TEXT];
    char amount[E8_TEXT];
    struct wrap w = make_wrap(native, "trade", form);
    e8_format(t->price_e8, price);
    e8_format(t->amount_e8, amount);
    if (strbuf_addf(out,
                    "%s{\"e\":\"trade\",\"E\":%" PRId64 ",\"s\":\"%s\",\"t\":%" PRId64
                    ",\"p\":\"%s\",\"q\":\"%s\",\"T\":%" PRId64 ",\"m\":%s,\"M\":true}%s",
                    w.head, f->send_us / unit_us, native, t->id, price, amount,
                    t->time_us / unit_us, t->side == TAKER_SELL ? "true" : "false", w.tail) != 0)
        return strbuf_full(out, "binance: trade frame", e);
    return 0;
}

/* {"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000",
 * "A":"40.66000000"}; no time. */
int binance_quote_frame(const struct site *site, const struct market_quote *q, unsigned form,
                        struct strbuf *out, struct err *e)
{
    const char *native = site->listing->symbols[q->symbol].native;
    char bid[E8_TEXT];
    char bid_amount[E8_TEXT];
    char ask[E8_TEXT];
    char ask_amount[E8_TEXT];
    struct wrap w = make_wrap(native, "bookTicker", form);
    e8_format(q->bid_e8, bid);
    e8_format(q->bid_amount_e8, bid_amount);
    e8_format(q->ask_e8, ask);
    e8_format(q->ask_amount_e8, ask_amount);
    if (strbuf_addf(out,
                    "%s{\"u\":%" PRId64 ",\"s\":\"%s\",\"b\":\"%s\",\"B\":\"%s\","
                    "\"a\":\"%s\",\"A\":\"%s\"}%s",
                    w.head, q->number, native, bid, bid_amount, ask, ask_amount, w.tail) != 0)
        return strbuf_full(out, "binance: quote frame", e);
    return 0;
}
