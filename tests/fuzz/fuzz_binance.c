/* Any bytes as a frame, a line of recorded frames and an instrument list: an error, or what keeps
 * the adapter's promises. */
#include "exchanges/binance.h"
#include "recorded.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static int on_event(void *ctx, const struct event *ev, struct err *e)
{
    (void)e;
    int *n = ctx;
    (*n)++;
    if (ev->type != EVENT_TRADE)
        return 0;
    must(ev->native_symbol.len > 0 && ev->native_symbol.len <= EXCHANGE_SYMBOL_MAX);
    must(ev->trade_id.len > 0 && ev->trade_id.len <= EXCHANGE_TRADE_ID_MAX);
    must(ev->has_sequence && ev->sequence >= 0 && ev->sequence < INT64_MAX);
    must(ev->price.e18 > 0 && ev->amount.e18 > 0);
    must(ev->side == SIDE_BUY || ev->side == SIDE_SELL);
    must(ev->exchange_time_us > INT64_C(1230767999999999));
    must(ev->exchange_time_us < INT64_C(4102444800000000));
    return 0;
}

static void parse_frame(const char *stream, struct slice text)
{
    struct err e = {0};
    bool skipped = false;
    int n = 0;
    const struct frame f = {text, 0};
    const struct channels listen = {
        {exchange_channel(&binance_exchange, CHANNEL_TRADES, stream), NULL}};
    int r = binance_exchange.parse_frame(NULL, &listen, &f, on_event, &n, &skipped, &e);
    must(r < 0 ? n == 0 && e.code != ERR_NONE : r == n && n <= 1 && !(skipped && n));
}

static int on_instrument(void *ctx, const struct instrument_info *in, struct err *e)
{
    (void)ctx;
    (void)e;
    must(*in->native && *in->base && *in->quote);
    must(strlen(in->symbol) == strlen(in->base) + 1 + strlen(in->quote));
    return 0;
}

static void parse_recorded(struct slice text)
{
    struct err e = {0};
    struct recorded rec;
    struct strbuf b = STRBUF_INIT(1 << 20);
    if (recorded_parse(text, &b, &rec, &e) == 0) {
        must(rec.frame.receive_us >= 0);
        parse_frame("trade", rec.frame.text);
    }
    strbuf_finish(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    const struct slice text = slice_make(data, size);
    parse_frame("trade", text);
    parse_frame("aggTrade", text);
    parse_recorded(text);
    (void)(binance_exchange.parse_instruments(text, on_instrument, NULL, &e) < 0);
    return 0;
}
