/* The Kraken adapter: frames into events, wishes into requests. The documented frames are compared
 * whole by producer_golden. */
#include "exchange_case.h"
#include "exchanges/kraken.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* --- trades ---------------------------------------------------------------------------------- */

static const struct exchange_case trade_case = {&kraken_exchange, "trade", NULL};

#define TRADES(type, rows) "{\"channel\":\"trade\",\"type\":\"" type "\",\"data\":[" rows "]}"
#define ROW(symbol, side, price, qty, id, time)                                                    \
    "{\"symbol\":\"" symbol "\",\"side\":" side ",\"price\":" price ",\"qty\":" qty                \
    ",\"ord_type\":\"limit\",\"trade_id\":" id ",\"timestamp\":" time "}"
#define TIME "\"2023-10-06T17:35:55.440295Z\""
#define AT "@2023-10-06T17:35:55.440295Z"
#define PRICED(price, qty) TRADES("update", ROW("BTC/USD", "\"buy\"", price, qty, "7", TIME))
#define TIMED(time) TRADES("update", ROW("BTC/USD", "\"buy\"", "2", "1", "7", time))
#define NUMBERED(id) TRADES("update", ROW("BTC/USD", "\"buy\"", "2", "1", id, TIME))

static const struct exchange_case_frame trades[] = {
    {TRADES("update", ROW("BTC/USD", "\"sell\"", "105944.20", "0.00027625", "10218208", TIME)),
     "trade BTC/USD 10218208 105944.2 x 0.00027625 sell live " AT},
    {TRADES("snapshot", ROW("BTC/USD", "\"buy\"", "2", "1", "7", TIME)),
     "trade BTC/USD 7 2 x 1 buy snapshot " AT},
    {TRADES("update", ROW("BTC/USD", "\"buy\"", "2", "1", "7", TIME) "," ROW("ETH/USD", "\"sell\"",
                                                                             "3", "1", "5", TIME)),
     "trade BTC/USD 7 2 x 1 buy live " AT "; trade ETH/USD 5 3 x 1 sell live " AT},
    {TRADES("update", ""), "nothing"},
    /* the digits as sent: exponents, more of them than a double holds */
    {PRICED("1.5e-7", "40.0"), "trade BTC/USD 7 0.00000015 x 40 buy live " AT},
    {PRICED("1E+3", "12e0"), "trade BTC/USD 7 1000 x 12 buy live " AT},
    {PRICED("92233720368.54775807", "0.123456789012345678"),
     "trade BTC/USD 7 92233720368.54775807 x 0.123456789012345678 buy live " AT},
    {PRICED("1e-19", "1"), "error limit: kraken: trade: price: "},
    {PRICED("1e400", "1"), "error limit: kraken: trade: price: "},
    {PRICED("0.0", "1"), "error proto: kraken: trade: price is not above 0"},
    {PRICED("2", "-1"), "error proto: kraken: trade: qty is not above 0"},
    {PRICED("\"2\"", "1"), "error proto: kraken: trade: price is not a plain number"},
    {PRICED("null", "1"), "error proto: kraken: trade: price is not a plain number"},
    {PRICED("2.", "1"), "error proto: kraken: trade is cut or malformed at byte"},
    {PRICED("NaN", "1"), "error proto: kraken: trade is cut or malformed at byte"},
    {NUMBERED("0"), "trade BTC/USD 0 2 x 1 buy live " AT},
    {NUMBERED("9223372036854775806"), "trade BTC/USD 9223372036854775806 2 x 1 buy live " AT},
    {NUMBERED("9223372036854775807"), "error proto: kraken: trade: trade_id is no trade id"},
    {NUMBERED("18446744073709551615"), "error proto: kraken: trade: trade_id is no trade id"},
    {NUMBERED("-0"), "error proto: kraken: trade: trade_id is no trade id"},
    {NUMBERED("1e3"), "error proto: kraken: trade: trade_id is no trade id"},
    {NUMBERED("\"7\""), "error proto: kraken: trade: trade_id is not a plain number"},
    {TIMED("\"2023-10-06T17:35:55Z\""),
     "trade BTC/USD 7 2 x 1 buy live @2023-10-06T17:35:55.000000Z"},
    {TIMED("\"2023-10-06T17:35:55.123456789Z\""),
     "trade BTC/USD 7 2 x 1 buy live @2023-10-06T17:35:55.123456Z"},
    {TIMED("\"1696613755.44\""), "error proto: kraken: trade: timestamp is \"1696613755.44\", no"},
    {TIMED("1696613755"), "error proto: kraken: trade: timestamp is not a plain string"},
    {TIMED("\"1970-01-01T00:00:00.000000Z\""), "error proto: kraken: trade: timestamp is \"1970"},
    {TIMED("\"2100-01-01T00:00:00.000000Z\""), "error proto: kraken: trade: timestamp is \"2100"},
    {TIMED("\"2023-02-29T00:00:00.000000Z\""), "error proto: kraken: trade: timestamp is \"2023"},
    {TIMED("\"\""), "error proto: kraken: trade: timestamp is \"\", no time"},
    {TRADES("update", ROW("BTC/USD", "\"b\"", "2", "1", "7", TIME)),
     "error proto: kraken: trade: side is neither"},
    {TRADES("update", ROW("", "\"buy\"", "2", "1", "7", TIME)),
     "error proto: kraken: trade: symbol is 0 bytes long"},
    {TRADES("update", "{}"), "error proto: kraken: trade without symbol"},
    /* a bad row takes no other along */
    {TRADES("update", "[]," ROW("BTC/USD", "\"buy\"", "2", "1", "7", TIME)),
     "trade BTC/USD 7 2 x 1 buy live " AT "; error proto: kraken: trade is no JSON object"},
    {"{\"channel\":\"trade\",\"type\":\"update\"}", "error proto: kraken: frame without data"},
    {"{\"channel\":\"trade\",\"data\":7}", "error proto: kraken: frame: data is no array"},
    {"{\"channel\":7}", "error proto: kraken: frame: channel is not a plain string"},
    /* not asked for */
    {"{\"channel\":\"ticker\",\"type\":\"update\",\"data\":[7]}", "skipped"},
    {"{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\"}]}", "skipped"},
    {"{\"channel\":\"heartbeat\"}", "nothing"},
    {"{\"channel\":\"status\",\"type\":\"update\",\"data\":[{\"system\":\"maintenance\","
     "\"connection_id\":13834774380200032777}]}",
     "nothing"},
    /* answers */
    {"{\"method\":\"subscribe\",\"result\":{\"channel\":\"trade\",\"snapshot\":false,\"symbol\":"
     "\"BTC/USD\"},\"success\":true,\"time_in\":\"2023-09-25T09:21:10.428340Z\",\"req_id\":3}",
     "ack 2 BTC/USD"},
    {"{\"method\":\"subscribe\",\"result\":{\"channel\":\"trade\",\"symbol\":\"BTC/USD\"},"
     "\"success\":true}",
     "ack -1 BTC/USD"},
    {"{\"method\":\"subscribe\",\"result\":{\"channel\":\"ticker\",\"symbol\":\"BTC/USD\"},"
     "\"success\":true}",
     "skipped"},
    {"{\"method\":\"subscribe\",\"success\":true}", "error proto: kraken: frame without result"},
    {"{\"method\":\"subscribe\",\"success\":true,\"result\":{}}",
     "error proto: kraken: result without channel"},
    {"{\"method\":\"subscribe\",\"success\":true,\"result\":{\"channel\":\"trade\"}}",
     "error proto: kraken: result without symbol"},
    {"{\"method\":\"subscribe\",\"success\":1}",
     "error proto: kraken: subscribe: success is no boolean"},
    {"{\"error\":\"Currency pair not supported "
     "XBT/USD\",\"method\":\"subscribe\",\"success\":false,"
     "\"symbol\":\"XBT/USD\",\"req_id\":1}",
     "refused 0 XBT/USD Currency pair not supported XBT/USD"},
    {"{\"error\":\"Currency pair not in ISO 4217-A3 format XBTUSD\",\"method\":\"subscribe\","
     "\"success\":false}",
     "refused -1 XBTUSD Currency pair not in ISO 4217-A3 format XBTUSD"},
    {"{\"error\":\"Exceeded msg rate\",\"method\":\"subscribe\",\"success\":false}",
     "refused -1 - Exceeded msg rate"},
    {"{\"error\":\"Currency pair \",\"success\":false}", "refused -1 - Currency pair "},
    {"{\"error\":\"Malformed request\",\"success\":false}", "refused -1 - Malformed request"},
    {"{\"error\":7,\"success\":false}", "error proto: kraken: frame: error is not a plain string"},
    {"{\"method\":\"subscribe\",\"success\":false}", "error proto: kraken: frame without error"},
    {"{\"error\":\"x\",\"success\":false,\"symbol\":\"\"}",
     "error proto: kraken: frame: symbol is 0 bytes long"},
    {"{\"method\":\"pong\",\"req_id\":42}", "nothing"},
    {"{\"method\":\"unsubscribe\",\"result\":{\"channel\":\"trade\"},\"success\":true}", "nothing"},
    {"{\"method\":\"new\"}", "skipped"},
    /* no frame of Kraken's */
    {"", "error proto: kraken: frame is no JSON object"},
    {"pong", "error proto: kraken: frame is no JSON object"},
    {"[0,[],\"trade\",\"XBT/USD\"]", "error proto: kraken: frame is no JSON object"},
    {"{\"event\":\"heartbeat\"}", "error proto: kraken: frame without channel and method"},
};

/* --- quotes ---------------------------------------------------------------------------------- */

static const struct exchange_case quote_case = {&kraken_exchange, NULL, "ticker"};

#define TICKERS(rows) "{\"channel\":\"ticker\",\"type\":\"update\",\"data\":[" rows "]}"
#define TOP(bid, bid_qty, ask, ask_qty, time)                                                      \
    "{\"symbol\":\"ALGO/USD\",\"bid\":" bid ",\"bid_qty\":" bid_qty ",\"ask\":" ask                \
    ",\"ask_qty\":" ask_qty ",\"last\":0.10035,\"change_pct\":-0.17" time "}"
#define AND_TIME ",\"timestamp\":" TIME
#define EPOCH ",\"timestamp\":\"1970-01-01T00:00:00.000000Z\""

static const struct exchange_case_frame quotes[] = {
    {TICKERS(TOP("0.10025", "740.0", "0.10036", "1361.44813783", AND_TIME)),
     "quote ALGO/USD 0.10025 x 740 / 0.10036 x 1361.44813783 " AT},
    {TICKERS(TOP("1e-5", "1", "2E-5", "1", "")), "quote ALGO/USD 0.00001 x 1 / 0.00002 x 1 @-"},
    {TICKERS(TOP("1", "1", "2", "1", AND_TIME) "," TOP("3", "1", "4", "1", AND_TIME)),
     "quote ALGO/USD 1 x 1 / 2 x 1 " AT "; quote ALGO/USD 3 x 1 / 4 x 1 " AT},
    /* a pair without a book */
    {TICKERS(TOP("0", "0", "0", "0", EPOCH)), "quote ALGO/USD - / - @-"},
    {TICKERS(TOP("0", "0", "0", "0", AND_TIME)), "quote ALGO/USD - / - " AT},
    {TICKERS(TOP("0", "0", "2", "1", AND_TIME)), "quote ALGO/USD - / 2 x 1 " AT},
    {TICKERS(TOP("1", "0.0", "2", "1", AND_TIME)), "quote ALGO/USD - / 2 x 1 " AT},
    {TICKERS(TOP("1", "1", "2", "1", EPOCH)), "error proto: kraken: ticker: timestamp is \"1970"},
    {TICKERS(TOP("-1", "1", "2", "1", AND_TIME)), "error proto: kraken: ticker: bid is below 0"},
    {TICKERS(TOP("\"1\"", "1", "2", "1", AND_TIME)),
     "error proto: kraken: ticker: bid is not a plain number"},
    {TICKERS(TOP("\"\"", "1", "2", "1", AND_TIME)),
     "error proto: kraken: ticker: bid is not a plain number"},
    {TICKERS(TOP("1", "1", "2", "null", AND_TIME)),
     "error proto: kraken: ticker: ask_qty is not a plain number"},
    {TICKERS(TOP("1", "1", "2", "1", ",\"timestamp\":null")),
     "error proto: kraken: ticker: timestamp is not a plain string"},
    {TICKERS("{\"symbol\":\"ALGO/USD\",\"bid\":1,\"bid_qty\":1,\"ask\":2}"),
     "error proto: kraken: ticker without ask_qty"},
    {TRADES("update", "7"), "skipped"},
    {"{\"method\":\"subscribe\",\"result\":{\"channel\":\"ticker\",\"symbol\":\"BTC/USD\"},"
     "\"success\":true}",
     "ack -1 BTC/USD"},
};

static void frames(void **state)
{
    (void)state;
    exchange_case_frames(&trade_case, trades, N(trades));
    exchange_case_frames(&quote_case, quotes, N(quotes));
}

static void deep_frames(void **state)
{
    (void)state;
    exchange_case_deep(&trade_case, "{\"channel\":\"book\",\"data\":[]}");
}

/* --- requests -------------------------------------------------------------------------------- */

static void subscribe(void **state)
{
    (void)state;
    const struct exchange_ops *x = exchange_find("kraken");
    assert_ptr_equal(x, &kraken_exchange);
    assert_string_equal(exchange_endpoint_url(x, "ws"), "wss://ws.kraken.com/v2");
    assert_string_equal(exchange_case_subscribe(x, CHANNEL_TRADES, "trade", 2, 0, 0),
                        "{\"method\":\"subscribe\",\"params\":{\"channel\":\"trade\",\"symbol\":["
                        "\"S0\",\"S1\"],\"snapshot\":true},\"req_id\":1}");
    assert_string_equal(exchange_case_subscribe(x, CHANNEL_QUOTES, "ticker", 201, 2, 0),
                        "{\"method\":\"subscribe\",\"params\":{\"channel\":\"ticker\",\"symbol\":["
                        "\"S200\"],\"event_trigger\":\"bbo\",\"snapshot\":true},\"req_id\":3}");
    (void)exchange_case_subscribe(x, CHANNEL_TRADES, "trade", 201, 1, 1);
    assert_string_equal(exchange_case_subscribe(x, CHANNEL_TRADES, "trade", 200, 2, -1),
                        "kraken: no subscribe message 2 for 200 symbols");
    exchange_case_longest(x, 60000);
}

/* --- instruments ----------------------------------------------------------------------------- */

#define LIST(rows) "{\"error\":[],\"result\":{" rows "}}"
#define PAIR(key, name, rest)                                                                      \
    "\"" key "\":{\"altname\":\"X\",\"wsname\":\"" name "\",\"base\":\"XXBT\",\"quote\":\"ZUSD\"," \
    "\"pair_decimals\":1,\"lot_decimals\":8" rest "}"

static const struct exchange_case_list lists[] = {
    {LIST(PAIR("XXBTZUSD", "XBT/USD", ",\"tick_size\":\"0.5\",\"status\":\"online\"")), 0,
     "BTC/USD=BTC-USD(BTC,USD) trading 0.5 0.00000001; "},
    /* a list of 2021; old codes on either side, and as a part of a name */
    {LIST(PAIR("XETHXXBT", "ETH/XBT", "") "," PAIR("XXDGXXBT", "XDG/XBT",
                                                   "") "," PAIR("XBTCUSD", "XBTC/USD", "")),
     0,
     "ETH/BTC=ETH-BTC(ETH,BTC) unknown 0.1 0.00000001; "
     "DOGE/BTC=DOGE-BTC(DOGE,BTC) unknown 0.1 0.00000001; "
     "XBTC/USD=XBTC-USD(XBTC,USD) unknown 0.1 0.00000001; "},
    {LIST(PAIR("AB", "A/B", ",\"status\":\"cancel_only\"") "," PAIR(
         "CD", "C/D", ",\"status\":\"post_only\"") "," PAIR("EF", "E/F",
                                                            ",\"status\":\"limit_only\"")),
     0,
     "A/B=A-B(A,B) halted 0.1 0.00000001; C/D=C-D(C,D) halted 0.1 0.00000001; "
     "E/F=E-F(E,F) trading 0.1 0.00000001; "},
    {LIST("\"XETHXXBT.d\":{\"altname\":\"ETHXBT.d\"}"), 0, ""},
    {LIST(PAIR("AB", "AB", "") "," PAIR("AB2", "A/B/C", "") "," PAIR("AB3", "/B", "") "," PAIR(
         "AB4", "A/", "") "," PAIR("AB5", "AAAAAAAAAAAAAAAAAAAAA/B", "")),
     5, ""},
    {LIST(""), 0, ""},
    {"", -1, "kraken: AssetPairs: line"},
    {"[]", -1, "kraken: AssetPairs without error"},
    {"{\"error\":[]}", -1, "kraken: AssetPairs without result"},
    {"{\"error\":[\"EGeneral:Too many requests\"]}", -1,
     "kraken: AssetPairs: refused: EGeneral:Too many requests"},
    {"{\"error\":[7]}", -1, "kraken: AssetPairs: refused: "},
    {LIST("\"AB\":{}"), -1, "kraken: AssetPairs: a pair without wsname"},
    {LIST("\"AB\":7"), -1, "kraken: AssetPairs: a pair without wsname"},
    {LIST("\"AB\":{\"wsname\":\"A/B\",\"lot_decimals\":8}"), -1,
     "kraken: AssetPairs: a pair without pair_decimals"},
    {LIST("\"AB\":{\"wsname\":\"A/B\",\"pair_decimals\":19,\"lot_decimals\":8}"), -1,
     "kraken: AssetPairs: pair_decimals: "},
    {LIST("\"AB\":{\"wsname\":\"A/B\",\"pair_decimals\":1,\"lot_decimals\":\"8\"}"), -1,
     "kraken: AssetPairs: a pair without lot_decimals"},
    {LIST(PAIR("AB", "A/B", ",\"tick_size\":\"x\"")), -1, "kraken: AssetPairs: tick_size: "},
};

static void instruments(void **state)
{
    (void)state;
    exchange_case_lists(&kraken_exchange, "/0/public/AssetPairs", lists, N(lists));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames),
        cmocka_unit_test(deep_frames),
        cmocka_unit_test(subscribe),
        cmocka_unit_test(instruments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
