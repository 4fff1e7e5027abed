/* The Binance adapter: frames into events, wishes into requests. The recorded frames are compared
 * whole by producer_golden. */
#include "exchange_case.h"
#include "exchanges/binance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct exchange_case trade_case = {&binance_exchange, "trade", NULL};

#define HEAD "{\"e\":\"trade\",\"E\":1672515782137,\"s\":\"BNBBTC\","
#define TAIL "\"T\":1672515782136,\"m\":true,\"M\":true}"

static const struct exchange_case_frame trades[] = {
    {HEAD "\"t\":12345,\"p\":\"0.001\",\"q\":\"100\"," TAIL,
     "trade BNBBTC 12345 0.001 x 100 sell live @2022-12-31T19:43:02.136000Z"},
    {"{\"stream\":\"bnbbtc@trade\",\"data\":" HEAD "\"t\":1,\"p\":\"1.10\",\"q\":\"2\"," TAIL "}",
     "trade BNBBTC 1 1.1 x 2 sell live @2022-12-31T19:43:02.136000Z"},
    /* keys in any order, white space, unknown keys, order ids of old recordings */
    {" { \"m\" : false "
     ",\"q\":\"2\",\"p\":\"1\",\"t\":0,\"T\":1672515782136,\"b\":1,\"a\":[{\"x\":2}],"
     "\"s\":\"X\",\"new\":{\"e\":\"y\"},\"e\":\"trade\"}\n",
     "trade X 0 1 x 2 buy live @2022-12-31T19:43:02.136000Z"},
    /* microseconds */
    {"{\"e\":\"trade\",\"s\":\"X\",\"t\":7,\"p\":\"1\",\"q\":\"2\",\"T\":1672515782136789,\"m\":"
     "false}",
     "trade X 7 1 x 2 buy live @2022-12-31T19:43:02.136789Z"},
    /* greatest id and precision there is */
    {HEAD "\"t\":9223372036854775806,\"p\":\"0.000000000000000001\",\"q\":"
          "\"99999999999999999999\"," TAIL,
     "trade BNBBTC 9223372036854775806 0.000000000000000001 x "
     "99999999999999999999 sell live @2022-12-31T19:43:02.136000Z"},
    /* symbols are UTF-8 */
    {"{\"e\":\"trade\",\"s\":\"\xe5\xb8\x81USDT\",\"t\":7,\"p\":\"1\",\"q\":\"2\",\"T\":"
     "1672515782136,"
     "\"m\":false}",
     "trade \xe5\xb8\x81USDT 7 1 x 2 buy live @2022-12-31T19:43:02.136000Z"},
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
    {HEAD "\"t\":-0,\"p\":\"1\",\"q\":\"1\"," TAIL,
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
    {"{\"result\":null,\"id\":1}", "ack 0 -"},
    {"{\"id\":3,\"result\":null}", "ack 2 -"},
    {"{\"result\":null,\"id\":\"x\"}", "ack -1 -"},
    {"{\"result\":[\"btcusdt@aggTrade\"],\"id\":3}", "nothing"},
    {"{\"code\":2,\"msg\":\"Invalid request: too many parameters\"}",
     "refused -1 - Invalid request: too many parameters"},
    {"{\"error\":{\"code\":4,\"msg\":\"Too many subscriptions\"},\"id\":19}",
     "refused 18 - Too many subscriptions"},
    {"{\"code\":3}", "refused -1 - 3"},
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

static const struct exchange_case agg_case = {&binance_exchange, "aggTrade", NULL};

static const struct exchange_case_frame agg_trades[] = {
    {"{\"e\":\"aggTrade\",\"E\":1672515782136,\"s\":\"BNBBTC\",\"a\":12345,\"p\":\"0.001\",\"q\":"
     "\"100\","
     "\"f\":100,\"l\":105,\"T\":1672515782136,\"m\":true,\"M\":true}",
     "trade BNBBTC 12345 0.001 x 100 sell live @2022-12-31T19:43:02.136000Z"},
    {HEAD "\"t\":12345,\"p\":\"0.001\",\"q\":\"100\"," TAIL, "skipped"},
};

static const struct exchange_case quote_case = {&binance_exchange, NULL, "bookTicker"};

#define TICKER(b, B, a, A)                                                                         \
    "{\"u\":400900217,\"s\":\"BNBUSDT\",\"b\":" b ",\"B\":" B ",\"a\":" a ",\"A\":" A "}"

static const struct exchange_case_frame quotes[] = {
    {TICKER("\"25.35190000\"", "\"31.21000000\"", "\"25.36520000\"", "\"40.66000000\""),
     "quote BNBUSDT 25.3519 x 31.21 / 25.3652 x 40.66 @-"},
    {"{\"stream\":\"bnbusdt@bookTicker\",\"data\":" TICKER("\"1\"", "\"2\"", "\"3\"", "\"4\"") "}",
     "quote BNBUSDT 1 x 2 / 3 x 4 @-"},
    /* crossed quotes are the exchange's to explain */
    {TICKER("\"2\"", "\"1\"", "\"1\"", "\"1\""), "quote BNBUSDT 2 x 1 / 1 x 1 @-"},
    /* nobody there */
    {TICKER("\"0.00000000\"", "\"0.00000000\"", "\"3\"", "\"4\""), "quote BNBUSDT - / 3 x 4 @-"},
    {TICKER("\"1\"", "\"0\"", "\"3\"", "\"4\""), "quote BNBUSDT - / 3 x 4 @-"},
    {TICKER("\"1\"", "\"2\"", "\"\"", "\"\""), "quote BNBUSDT 1 x 2 / - @-"},
    {TICKER("\"0\"", "\"0\"", "\"0\"", "\"0\""), "quote BNBUSDT - / - @-"},
    {TICKER("\"-1\"", "\"2\"", "\"3\"", "\"4\""), "error proto: binance: bookTicker: b is below 0"},
    {TICKER("\"1\"", "\"2\"", "\"3\"", "\"-4\""), "error proto: binance: bookTicker: A is below 0"},
    {TICKER("\"1\"", "\"x\"", "\"3\"", "\"4\""), "error proto: binance: bookTicker: B: "},
    {TICKER("\"1\"", "\"2\"", "3", "\"4\""),
     "error proto: binance: bookTicker: a is not a plain string"},
    {TICKER("\"1e-19\"", "\"2\"", "\"3\"", "\"4\""), "error limit: binance: bookTicker: b: "},
    {"{\"u\":4,\"s\":\"\",\"b\":\"1\",\"B\":\"1\",\"a\":\"1\",\"A\":\"1\"}",
     "error proto: binance: bookTicker: s is 0 bytes long"},
    {"{\"u\":4,\"s\":\"X\",\"b\":\"1\",\"B\":\"1\",\"a\":\"1\"}",
     "error proto: binance: frame is no event"},
    {HEAD "\"t\":12345,\"p\":\"0.001\",\"q\":\"100\"," TAIL, "skipped"},
    {"{\"stream\":\"btcusdt@kline_1m\",\"data\":{\"e\":\"kline\",\"k\":{\"t\":1}}}", "skipped"},
    {"{\"result\":null,\"id\":1}", "ack 0 -"},
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void frames(void **state)
{
    (void)state;
    exchange_case_frames(&trade_case, trades, N(trades));
    exchange_case_frames(&agg_case, agg_trades, N(agg_trades));
    exchange_case_frames(&quote_case, quotes, N(quotes));
}

static void quotes_are_numbered(void **state)
{
    (void)state;
    const char *sides = "\"s\":\"X\",\"b\":\"1\",\"B\":\"1\",\"a\":\"2\",\"A\":\"1\"}";
    static const struct {
        const char *number;
        int64_t is;
    } all[] = {{"400900217", 400900217}, {"\"4\"", -1}, {"4.5", -1}, {"99999999999999999999", -1}};
    for (size_t i = 0; i < N(all); i++) {
        char frame[200];
        (void)snprintf(frame, sizeof(frame), "{\"u\":%s,%s", all[i].number, sides);
        assert_int_equal(exchange_case_sequence(&quote_case, frame), all[i].is);
    }
}

static void deep_frames(void **state)
{
    (void)state;
    exchange_case_deep(&trade_case, "{\"e\":\"x\",\"a\":[]}");
}

/* --- requests -------------------------------------------------------------------------------- */

static void subscribe(void **state)
{
    (void)state;
    const struct exchange_ops *x = &binance_exchange;
    char path[100];
    struct err e = {0};
    assert_int_equal(x->connect_path(NULL, path, sizeof(path), &e), 0);
    assert_string_equal(path, "/ws");
    assert_int_equal(x->connect_path(NULL, path, 2, &e), -1);
    assert_string_equal(exchange_case_subscribe(x, CHANNEL_TRADES, "aggTrade", 1, 0, 0),
                        "{\"method\":\"SUBSCRIBE\",\"params\":[\"s0@aggTrade\"],\"id\":1}");
    assert_string_equal(
        exchange_case_subscribe(x, CHANNEL_QUOTES, "bookTicker", 2, 0, 0),
        "{\"method\":\"SUBSCRIBE\",\"params\":[\"s0@bookTicker\",\"s1@bookTicker\"],\"id\":1}");
    for (size_t n = 0; n < 3; n++) {
        int streams = 0;
        const char *text = exchange_case_subscribe(x, CHANNEL_TRADES, "trade", 150, n, n < 2);
        for (const char *p = text; (p = strstr(p, "@trade")); p++)
            streams++;
        assert_int_equal(streams, n < 2 ? 70 : 10);
        if (n == 2)
            assert_memory_equal(strstr(text, "["), "[\"s140@trade\",\"s141@trade\"", 26);
    }
    assert_string_equal(exchange_case_subscribe(x, CHANNEL_TRADES, "trade", 150, 3, -1),
                        "binance: no subscribe message 3 for 150 symbols");
    exchange_case_longest(x, 4088);
}

/* --- instruments ----------------------------------------------------------------------------- */

#define PAIR(symbol_, status_, base_, quote_, rest_)                                               \
    "{\"symbol\":\"" symbol_ "\",\"status\":\"" status_ "\",\"baseAsset\":\"" base_                \
    "\",\"quoteAsset\":\"" quote_ "\"" rest_ "}"

static const struct exchange_case_list lists[] = {
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
    /* a malformed pair costs itself alone */
    {"{\"symbols\":[7," PAIR("AB", "TRADING", "A", "B", "") ",{}," PAIR(
         "GH", "TRADING", "G", "H",
         ",\"filters\":[{\"filterType\":\"LOT_SIZE\",\"stepSize\":\"x\"}]") "]}",
     3, "AB=A-B(A,B) trading - -; "},
    {"{\"symbols\":[7]}", -1, "binance: exchangeInfo: a pair without symbol"},
    {"{\"symbols\":[" PAIR("AB", "TRADING", "A", "B",
                           ",\"filters\":[{\"filterType\":\"LOT_SIZE\",\"stepSize\":\"x\"}]") "]}",
     -1, "binance: exchangeInfo: stepSize: "},
};

static void instruments(void **state)
{
    (void)state;
    exchange_case_lists(&binance_exchange, "/api/v3/exchangeInfo", lists, N(lists));
}

static void registry(void **state)
{
    (void)state;
    assert_ptr_equal(exchange_find("binance"), &binance_exchange);
    assert_null(exchange_find("Binance"));
    assert_null(exchange_find("mtgox"));
    assert_string_equal(exchange_names(), "binance, kraken, okx");
    assert_string_equal(exchange_endpoint_url(&binance_exchange, "rest"),
                        "https://api.binance.com");
    assert_null(exchange_endpoint_url(&binance_exchange, "fix"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames),    cmocka_unit_test(deep_frames),
        cmocka_unit_test(subscribe), cmocka_unit_test(instruments),
        cmocka_unit_test(registry),  cmocka_unit_test(quotes_are_numbered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
