/* The Binance adapter: frames into events, wishes into requests. The recorded frames are compared
 * whole by producer_golden. */
#include "exchanges/binance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* --- events as text -------------------------------------------------------------------------- */

static int add_event(void *ctx, const struct event *ev, struct err *e)
{
    (void)e;
    char price[DECIMAL_TEXT];
    char amount[DECIMAL_TEXT];
    struct strbuf *b = ctx;
    switch (ev->type) {
    case EVENT_TRADE:
        (void)decimal_format(ev->price, price);
        (void)decimal_format(ev->amount, amount);
        assert_true(ev->has_sequence);
        assert_int_equal(ev->origin, TRADE_ORIGIN_LIVE);
        return strbuf_addf(b, "trade %.*s %.*s=%lld %s x %s %s @%lld", SLICE_ARG(ev->native_symbol),
                           SLICE_ARG(ev->trade_id), (long long)ev->sequence, price, amount,
                           side_name(ev->side), (long long)ev->exchange_time_us);
    case EVENT_QUOTE:
        return strbuf_adds(b, "quote");
    case EVENT_ACK:
        return strbuf_addf(b, "ack %lld", (long long)ev->request);
    case EVENT_REFUSED:
        return strbuf_addf(b, "refused %lld: %.*s", (long long)ev->request, SLICE_ARG(ev->text));
    case EVENT_SHUTDOWN:
        return strbuf_adds(b, "shutdown");
    }
    return -1;
}

/* What the adapter makes of a frame: events, "skipped", "nothing" or "error CODE: TEXT". */
static void parse(const char *stream, struct slice text, struct strbuf *out)
{
    struct err e = {0};
    bool skipped = false;
    const struct frame f = {text, 0};
    const struct channels listen = {
        {exchange_channel(&binance_exchange, CHANNEL_TRADES, stream), NULL}};
    strbuf_reset(out);
    int n = binance_exchange.parse_frame(NULL, &listen, &f, add_event, out, &skipped, &e);
    if (n >= 0 && out->len > 0)
        assert_int_equal(n, 1);
    if (n < 0)
        assert_int_equal(strbuf_addf(out, "error %s: %s", err_code_name(e.code), e.text), 0);
    else if (out->len == 0)
        assert_int_equal(strbuf_adds(out, skipped ? "skipped" : "nothing"), 0);
}

#define HEAD "{\"e\":\"trade\",\"E\":1672515782137,\"s\":\"BNBBTC\","
#define TAIL "\"T\":1672515782136,\"m\":true,\"M\":true}"

static const struct {
    const char *frame;
    const char *is; /* or begins with, for errors */
} trades[] = {
    {HEAD "\"t\":12345,\"p\":\"0.001\",\"q\":\"100\"," TAIL,
     "trade BNBBTC 12345=12345 0.001 x 100 sell @1672515782136000"},
    {"{\"stream\":\"bnbbtc@trade\",\"data\":" HEAD "\"t\":1,\"p\":\"1.10\",\"q\":\"2\"," TAIL "}",
     "trade BNBBTC 1=1 1.1 x 2 sell @1672515782136000"},
    /* keys in any order, white space, unknown keys, order ids of old recordings */
    {" { \"m\" : false "
     ",\"q\":\"2\",\"p\":\"1\",\"t\":0,\"T\":1672515782136,\"b\":1,\"a\":[{\"x\":2}],"
     "\"s\":\"X\",\"new\":{\"e\":\"y\"},\"e\":\"trade\"}\n",
     "trade X 0=0 1 x 2 buy @1672515782136000"},
    /* microseconds */
    {"{\"e\":\"trade\",\"s\":\"X\",\"t\":7,\"p\":\"1\",\"q\":\"2\",\"T\":1672515782136789,\"m\":"
     "false}",
     "trade X 7=7 1 x 2 buy @1672515782136789"},
    /* greatest id and precision there is */
    {HEAD "\"t\":9223372036854775806,\"p\":\"0.000000000000000001\",\"q\":"
          "\"99999999999999999999\"," TAIL,
     "trade BNBBTC 9223372036854775806=9223372036854775806 0.000000000000000001 x "
     "99999999999999999999 sell @1672515782136000"},
    /* symbols are UTF-8 */
    {"{\"e\":\"trade\",\"s\":\"\xe5\xb8\x81USDT\",\"t\":7,\"p\":\"1\",\"q\":\"2\",\"T\":"
     "1672515782136,"
     "\"m\":false}",
     "trade \xe5\xb8\x81USDT 7=7 1 x 2 buy @1672515782136000"},
    {HEAD "\"p\":\"1\",\"q\":\"1\"," TAIL, "error proto: binance: trade without t"},
    {HEAD "\"t\":1,\"q\":\"1\"," TAIL, "error proto: binance: trade without p"},
    {HEAD "\"t\":1,\"p\":1,\"q\":\"1\"," TAIL,
     "error proto: binance: trade: p is not a plain string"},
    {HEAD "\"t\":1,\"p\":\"x\",\"q\":\"1\"," TAIL, "error proto: binance: trade: p: "},
    {HEAD "\"t\":1,\"p\":\"\",\"q\":\"1\"," TAIL, "error proto: binance: trade: p: "},
    {HEAD "\"t\":1,\"p\":\"0.000\",\"q\":\"1\"," TAIL,
     "error proto: binance: trade: p is not above 0"},
    {HEAD "\"t\":1,\"p\":\"1\",\"q\":\"-1\"," TAIL,
     "error proto: binance: trade: q is not above 0"},
    {HEAD "\"t\":1,\"p\":\"1\",\"q\":\"0.0000000000000000001\"," TAIL,
     "error limit: binance: trade: q: "},
    {HEAD "\"t\":\"1\",\"p\":\"1\",\"q\":\"1\"," TAIL,
     "error proto: binance: trade: t is not a plain number"},
    {HEAD "\"t\":-1,\"p\":\"1\",\"q\":\"1\"," TAIL,
     "error proto: binance: trade: t is no trade id"},
    {HEAD "\"t\":1.5,\"p\":\"1\",\"q\":\"1\"," TAIL,
     "error proto: binance: trade: t is no trade id"},
    {HEAD "\"t\":1e3,\"p\":\"1\",\"q\":\"1\"," TAIL,
     "error proto: binance: trade: t is no trade id"},
    {HEAD "\"t\":9223372036854775807,\"p\":\"1\",\"q\":\"1\"," TAIL,
     "error proto: binance: trade: t is no trade id"},
    {HEAD "\"t\":01,\"p\":\"1\",\"q\":\"1\"," TAIL,
     "error proto: binance: frame is cut or malformed"},
    {HEAD "\"t\":1,\"p\":\"1\",\"q\":\"1\",\"T\":1672515782,\"m\":true}",
     "error proto: binance: trade: T is 1672515782, no time from 2009 to 2100"},
    {HEAD "\"t\":1,\"p\":\"1\",\"q\":\"1\",\"T\":1672515782136789000,\"m\":true}",
     "error proto: binance: trade: T is 1672515782136789000, no time"},
    {HEAD "\"t\":1,\"p\":\"1\",\"q\":\"1\",\"T\":1672515782136,\"m\":\"true\"}",
     "error proto: binance: trade: m is no boolean"},
    {"{\"e\":\"trade\",\"s\":\"\",\"t\":1,\"p\":\"1\",\"q\":\"1\",\"T\":1672515782136,\"m\":true}",
     "error proto: binance: trade: s is 0 bytes long"},
    {"{\"e\":\"trade\",\"s\":\"A\\u0042\",\"t\":1,\"p\":\"1\",\"q\":\"1\",\"T\":1672515782136,"
     "\"m\":true}",
     "error proto: binance: trade: s is not a plain string"},
    {"{\"e\":\"trade\",\"s\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"t\":1,\"p\":"
     "\"1\","
     "\"q\":\"1\",\"T\":1672515782136,\"m\":true}",
     "error proto: binance: trade: s is 48 bytes long"},
    {"{\"stream\":\"btcusdt@trade\",\"data\":{\"s\":\"BTCUSDT\"}}",
     "error proto: binance: frame is no event"},
    {"{\"stream\":\"btcusdt@trade\",\"data\":[1]}", "error proto: binance: data of a known stream"},
    {"{\"e\":5}", "error proto: binance: e is no string"},
    /* not asked for */
    {"{\"e\":\"aggTrade\",\"s\":\"X\",\"a\":7,\"p\":\"1\",\"q\":\"2\",\"T\":1672515782136,\"m\":"
     "false}",
     "skipped"},
    {"{\"e\":\"blockTrade\",\"E\":1772506983582,\"s\":\"BNBBTC\",\"t\":582,\"p\":\"0.052\",\"q\":"
     "\"5838\","
     "\"T\":1772506983321,\"m\":true}",
     "skipped"},
    {"{\"u\":400900217,\"s\":\"BNBUSDT\",\"b\":\"25.3\",\"B\":\"31.2\",\"a\":\"25.4\",\"A\":\"40."
     "6\"}",
     "skipped"},
    {"{\"stream\":\"btcusdt@kline_1m\",\"data\":{\"e\":\"kline\",\"k\":{\"t\":1}}}", "skipped"},
    {"{\"stream\":\"btcusdt@depth5\",\"data\":{\"lastUpdateId\":1,\"bids\":[[\"1\",\"2\"]]}}",
     "skipped"},
    {"{\"stream\":\"!miniTicker@arr\",\"data\":[{\"e\":\"24hrMiniTicker\"}]}", "skipped"},
    /* answers */
    {"{\"result\":null,\"id\":1}", "ack 0"},
    {"{\"id\":3,\"result\":null}", "ack 2"},
    {"{\"result\":null,\"id\":\"x\"}", "ack -1"},
    {"{\"result\":[\"btcusdt@aggTrade\"],\"id\":3}", "nothing"},
    {"{\"code\":2,\"msg\":\"Invalid request: too many parameters\"}",
     "refused -1: Invalid request: too many parameters"},
    {"{\"error\":{\"code\":4,\"msg\":\"Too many subscriptions\"},\"id\":19}",
     "refused 18: Too many subscriptions"},
    {"{\"code\":3}", "refused -1: 3"},
    {"{\"error\":\"no\"}", "error proto: binance: error is no object"},
    {"{\"error\":{}}", "error proto: binance: error without code"},
    {"{\"e\":\"serverShutdown\",\"E\":1770123456789}", "shutdown"},
    {"{\"stream\":\"!serverShutdown\",\"data\":{\"e\":\"serverShutdown\",\"E\":1}}", "shutdown"},
    /* no frame of Binance's */
    {"", "error proto: binance: frame is no JSON object"},
    {"pong", "error proto: binance: frame is no JSON object"},
    {"[]", "error proto: binance: frame is no JSON object"},
    {"{}", "error proto: binance: frame is no event"},
    {"{\"a\":1}x", "error proto: binance: frame is cut or malformed"},
    {"{\"a\":1,}", "error proto: binance: frame is cut or malformed"},
    {"{\"a\":[}]}", "error proto: binance: frame is cut or malformed"},
    {"{\"a\":\"\x01\"}", "error proto: binance: frame is cut or malformed"},
};

static void trade_stream(void **state)
{
    (void)state;
    struct strbuf out = STRBUF_INIT(4096);
    for (size_t i = 0; i < sizeof(trades) / sizeof(trades[0]); i++) {
        parse("trade", slice_of(trades[i].frame), &out);
        size_t len = strncmp(trades[i].is, "error", 5) == 0 ? strlen(trades[i].is) : out.len + 1;
        if (strncmp(out.data, trades[i].is, len) != 0)
            fail_msg("%s\nis     %s\nwanted %s", trades[i].frame, out.data, trades[i].is);
    }
    strbuf_finish(&out);
}

static void agg_trade_stream(void **state)
{
    (void)state;
    struct strbuf out = STRBUF_INIT(4096);
    parse(
        "aggTrade",
        slice_of(
            "{\"e\":\"aggTrade\",\"E\":1672515782136,\"s\":\"BNBBTC\",\"a\":12345,\"p\":\"0.001\","
            "\"q\":\"100\",\"f\":100,\"l\":105,\"T\":1672515782136,\"m\":true,\"M\":true}"),
        &out);
    assert_string_equal(out.data, "trade BNBBTC 12345=12345 0.001 x 100 sell @1672515782136000");
    parse("aggTrade", slice_of(trades[0].frame), &out);
    assert_string_equal(out.data, "skipped");
    strbuf_finish(&out);
}

/* A frame cut anywhere is an error, in memory that ends where the frame does. */
static void cut_frames(void **state)
{
    (void)state;
    struct strbuf out = STRBUF_INIT(4096);
    for (size_t i = 0; i < sizeof(trades) / sizeof(trades[0]); i++) {
        size_t whole = strlen(trades[i].frame);
        for (size_t len = 0; len < whole; len++) {
            char *exact = malloc(len ? len : 1);
            assert_non_null(exact);
            memcpy(exact, trades[i].frame, len);
            parse("trade", slice_make(exact, len), &out);
            if (strchr(trades[i].frame + len, '}')) /* what closes the object is missing */
                assert_memory_equal(out.data, "error proto: ", 13);
            free(exact);
        }
    }
    strbuf_finish(&out);
}

/* Depth of nesting is bounded: hostile input costs no stack. */
static void deep_frames(void **state)
{
    (void)state;
    struct strbuf frame = STRBUF_INIT(1 << 20);
    struct strbuf out = STRBUF_INIT(4096);
    for (int depth = 60; depth < 100000; depth = depth * 2) {
        strbuf_reset(&frame);
        assert_int_equal(strbuf_adds(&frame, "{\"e\":\"x\",\"a\":"), 0);
        for (int i = 0; i < depth; i++)
            assert_int_equal(strbuf_addc(&frame, '['), 0);
        for (int i = 0; i < depth; i++)
            assert_int_equal(strbuf_addc(&frame, ']'), 0);
        assert_int_equal(strbuf_addc(&frame, '}'), 0);
        parse("trade", strbuf_slice(&frame), &out);
        if (depth <= 64)
            assert_string_equal(out.data, "skipped");
        else
            assert_memory_equal(out.data, "error proto: ", 13);
    }
    strbuf_finish(&frame);
    strbuf_finish(&out);
}

/* --- requests -------------------------------------------------------------------------------- */

static void subscribe(void **state)
{
    (void)state;
    enum { N = 450 };
    static struct instrument_info info[N];
    const struct instrument_info *list[N];
    struct err e = {0};
    struct strbuf out = STRBUF_INIT(1 << 20);
    char path[100];
    for (int i = 0; i < N; i++) {
        (void)snprintf(info[i].native, sizeof(info[i].native), "SYM%dUSDT", i);
        list[i] = &info[i];
    }
    const struct subs subs = {exchange_channel(&binance_exchange, CHANNEL_TRADES, "trade"), list,
                              N};
    assert_int_equal(binance_exchange.connect_path(&subs, path, sizeof(path), &e), 0);
    assert_string_equal(path, "/ws");
    assert_int_equal(binance_exchange.connect_path(&subs, path, 2, &e), -1);
    const struct subs one = {exchange_channel(&binance_exchange, CHANNEL_TRADES, "aggTrade"), list,
                             1};
    assert_int_equal(binance_exchange.build_subscribe(&one, 0, &out, &e), 0);
    assert_string_equal(out.data,
                        "{\"method\":\"SUBSCRIBE\",\"params\":[\"sym0usdt@aggTrade\"],\"id\":1}");
    for (size_t n = 0; n < 3; n++) {
        int streams = 0;
        strbuf_reset(&out);
        assert_int_equal(binance_exchange.build_subscribe(&subs, n, &out, &e), n < 2);
        for (const char *p = out.data; (p = strstr(p, "@trade")); p++)
            streams++;
        assert_int_equal(streams, n < 2 ? 200 : 50);
    }
    assert_non_null(strstr(out.data, "[\"sym400usdt@trade\",\"sym401usdt@trade\""));
    assert_non_null(strstr(out.data, "\"id\":3}"));
    assert_int_equal(binance_exchange.build_subscribe(&subs, 3, &out, &e), -1);
    strbuf_finish(&out);
}

/* --- instruments ----------------------------------------------------------------------------- */

static int add_instrument(void *ctx, const struct instrument_info *in, struct err *e)
{
    (void)e;
    char tick[DECIMAL_TEXT] = "-";
    char lot[DECIMAL_TEXT] = "-";
    if (in->has_tick_size)
        (void)decimal_format(in->tick_size, tick);
    if (in->has_lot_size)
        (void)decimal_format(in->lot_size, lot);
    return strbuf_addf(ctx, "%s=%s(%s,%s) %s %s %s; ", in->native, in->symbol, in->base, in->quote,
                       instrument_status_name(in->status), tick, lot);
}

#define PAIR(symbol_, status_, base_, quote_, rest_)                                               \
    "{\"symbol\":\"" symbol_ "\",\"status\":\"" status_ "\",\"baseAsset\":\"" base_                \
    "\",\"quoteAsset\":\"" quote_ "\"" rest_ "}"

static const struct {
    const char *body;
    int left_out;
    const char *is;
} lists[] = {
    {"{\"symbols\":[" PAIR(
         "BTCTUSD", "TRADING", "BTC", "TUSD",
         ",\"filters\":[{\"filterType\":\"PRICE_FILTER\",\"tickSize\":\"0.01000000\"},"
         "{\"filterType\":\"LOT_SIZE\",\"stepSize\":\"0.00001000\"}]") "]}",
     0, "BTCTUSD=BTC-TUSD(BTC,TUSD) trading 0.01 0.00001; "},
    {"{\"symbols\":[" PAIR("AB", "BREAK", "A", "B", "") "," PAIR(
         "CD", "HALT", "C", "D", "") "," PAIR("EF", "AUCTION", "E", "F", "") "]}",
     0, "AB=A-B(A,B) halted - -; CD=C-D(C,D) halted - -; EF=E-F(E,F) unknown - -; "},
    {"{\"symbols\":[" PAIR(
         "AB", "TRADING", "A", "B",
         ",\"filters\":[{\"filterType\":\"LOT_SIZE\",\"stepSize\":\"0.00000000\"}]") "]}",
     0, "AB=A-B(A,B) trading - -; "},
    /* what our names and keys cannot hold is left out, and counted */
    {"{\"symbols\":[" PAIR("A-B", "TRADING", "A-", "B", "") "," PAIR(
         "A|B", "TRADING", "A|", "B",
         "") "," PAIR("", "TRADING", "A", "B",
                      "") "," PAIR("AB", "TRADING", "", "B",
                                   "") "," PAIR("AB", "TRADING", "AAAAAAAAAAAAAAAAAAAAA", "B",
                                                "") "," PAIR("GH", "TRADING", "G", "H", "") "]}",
     5, "GH=G-H(G,H) trading - -; "},
    {"{\"symbols\":[]}", 0, ""},
    {"", -1, "binance: exchangeInfo: line"},
    {"[]", -1, "binance: exchangeInfo without symbols"},
    {"{\"code\":-1003,\"msg\":\"Too many\"}", -1, "binance: exchangeInfo without symbols"},
    {"{\"symbols\":[{\"symbol\":\"AB\",\"status\":\"TRADING\",\"quoteAsset\":\"B\"}]}", -1,
     "binance: exchangeInfo: a pair without baseAsset"},
    {"{\"symbols\":[7]}", -1, "binance: exchangeInfo: a pair without symbol"},
    {"{\"symbols\":[" PAIR("AB", "TRADING", "A", "B",
                           ",\"filters\":[{\"filterType\":\"LOT_SIZE\",\"stepSize\":\"x\"}]") "]}",
     -1, "binance: exchangeInfo: stepSize: "},
};

static void instruments(void **state)
{
    (void)state;
    struct strbuf out = STRBUF_INIT(4096);
    struct http_request req;
    struct err e = {0};
    assert_int_equal(binance_exchange.instruments_request(&req, &e), 0);
    assert_string_equal(req.endpoint, "rest");
    assert_string_equal(req.path, "/api/v3/exchangeInfo");
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        strbuf_reset(&out);
        assert_int_equal(strbuf_adds(&out, ""), 0);
        int n =
            binance_exchange.parse_instruments(slice_of(lists[i].body), add_instrument, &out, &e);
        assert_int_equal(n, lists[i].left_out);
        if (n < 0)
            assert_memory_equal(e.text, lists[i].is, strlen(lists[i].is));
        else
            assert_string_equal(out.data, lists[i].is);
        for (size_t len = 0; n >= 0 && len < strlen(lists[i].body); len++)
            assert_int_equal(binance_exchange.parse_instruments(slice_make(lists[i].body, len),
                                                                add_instrument, &out, &e),
                             -1);
    }
    strbuf_finish(&out);
}

static void registry(void **state)
{
    (void)state;
    assert_ptr_equal(exchange_find("binance"), &binance_exchange);
    assert_null(exchange_find("Binance"));
    assert_null(exchange_find("mtgox"));
    assert_non_null(strstr(exchange_names(), "binance"));
    assert_string_equal(exchange_endpoint_url(&binance_exchange, "rest"),
                        "https://api.binance.com");
    assert_null(exchange_endpoint_url(&binance_exchange, "fix"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trade_stream), cmocka_unit_test(agg_trade_stream),
        cmocka_unit_test(cut_frames),   cmocka_unit_test(deep_frames),
        cmocka_unit_test(subscribe),    cmocka_unit_test(instruments),
        cmocka_unit_test(registry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
