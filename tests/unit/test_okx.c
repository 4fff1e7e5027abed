/* The OKX adapter: frames into events, wishes into requests. The recorded frames are compared whole
 * by producer_golden. */
#include "exchange_case.h"
#include "exchanges/okx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* --- trades ---------------------------------------------------------------------------------- */

static const struct exchange_case trade_case = {&okx_exchange, "trades-all", NULL};

#define TRADES(rows)                                                                               \
    "{\"arg\":{\"channel\":\"trades-all\",\"instId\":\"BTC-USDT\"},\"data\":[" rows "]}"
#define ROW(id, px, sz, side, ts)                                                                  \
    "{\"instId\":\"BTC-USDT\",\"tradeId\":" id ",\"px\":" px ",\"sz\":" sz ",\"side\":" side       \
    ",\"ts\":" ts ",\"source\":\"0\"}"
#define GOOD(id) ROW("\"" id "\"", "\"2\"", "\"1\"", "\"sell\"", "\"1630048897897\"")
#define AT "@2021-08-27T07:21:37.897000Z"

static const struct exchange_case_frame trades[] = {
    {TRADES(ROW("\"130639474\"", "\"42219.9\"", "\"0.12060306\"", "\"buy\"", "\"1630048897897\"")),
     "trade BTC-USDT 130639474 42219.9 x 0.12060306 buy live " AT},
    {TRADES(GOOD("7") "," GOOD("8")),
     "trade BTC-USDT 7 2 x 1 sell live " AT "; trade BTC-USDT 8 2 x 1 sell live " AT},
    {TRADES(""), "nothing"},
    /* keys in any order, white space, unknown keys, the row's own symbol */
    {" { \"data\" : [ { \"ts\":\"1630048897897\" , "
     "\"side\":\"buy\",\"sz\":\"1\",\"new\":{\"px\":[]},"
     "\"px\":\"2\",\"tradeId\":\"0\",\"instId\":\"ETH-USDT\" } ] ,"
     "\"arg\":{\"instId\":\"BTC-USDT\",\"channel\":\"trades-all\"}}\n",
     "trade ETH-USDT 0 2 x 1 buy live " AT},
    {TRADES(ROW("\"9223372036854775806\"", "\"0.000000000000000001\"", "\"99999999999999999999\"",
                "\"buy\"", "\"1630048897897\"")),
     "trade BTC-USDT 9223372036854775806 0.000000000000000001 x 99999999999999999999 buy live " AT},
    /* a bad row takes no other along */
    {TRADES(GOOD("7") "," GOOD("-8") "," GOOD("9")),
     "trade BTC-USDT 7 2 x 1 sell live " AT "; trade BTC-USDT 9 2 x 1 sell live " AT
     "; error proto: okx: trades-all: tradeId is no trade id"},
    {TRADES("7," GOOD("9")),
     "trade BTC-USDT 9 2 x 1 sell live " AT "; error proto: okx: trades-all is no JSON object"},
    {TRADES(GOOD("7") " " GOOD("8")), "trade BTC-USDT 7 2 x 1 sell live " AT
                                      "; error proto: okx: frame is cut or malformed at byte"},
    {TRADES("{}"), "error proto: okx: trades-all without instId"},
    {TRADES("{\"instId\":\"\"}"), "error proto: okx: trades-all: instId is 0 bytes long"},
    {TRADES("{\"instId\":\"A\\u0042\"}"),
     "error proto: okx: trades-all: instId is not a plain string"},
    {TRADES(GOOD("")), "error proto: okx: trades-all: tradeId is no trade id"},
    {TRADES(GOOD("07")), "error proto: okx: trades-all: tradeId is no trade id"},
    {TRADES(GOOD("-0")), "error proto: okx: trades-all: tradeId is no trade id"},
    {TRADES(GOOD("7a")), "error proto: okx: trades-all: tradeId is no trade id"},
    {TRADES(GOOD("9223372036854775807")), "error proto: okx: trades-all: tradeId is no trade id"},
    {TRADES(ROW("7", "\"2\"", "\"1\"", "\"buy\"", "\"1630048897897\"")),
     "error proto: okx: trades-all: tradeId is not a plain string"},
    {TRADES(ROW("\"7\"", "2", "\"1\"", "\"buy\"", "\"1630048897897\"")),
     "error proto: okx: trades-all: px is not a plain string"},
    {TRADES(ROW("\"7\"", "\"\"", "\"1\"", "\"buy\"", "\"1630048897897\"")),
     "error proto: okx: trades-all: px: "},
    {TRADES(ROW("\"7\"", "\"0\"", "\"1\"", "\"buy\"", "\"1630048897897\"")),
     "error proto: okx: trades-all: px is not above 0"},
    {TRADES(ROW("\"7\"", "\"2\"", "\"-1\"", "\"buy\"", "\"1630048897897\"")),
     "error proto: okx: trades-all: sz is not above 0"},
    {TRADES(ROW("\"7\"", "\"2\"", "\"0.0000000000000000001\"", "\"buy\"", "\"1630048897897\"")),
     "error limit: okx: trades-all: sz: "},
    {TRADES(ROW("\"7\"", "\"2\"", "\"1\"", "\"BUY\"", "\"1630048897897\"")),
     "error proto: okx: trades-all: side is neither"},
    {TRADES(ROW("\"7\"", "\"2\"", "\"1\"", "true", "\"1630048897897\"")),
     "error proto: okx: trades-all: side is neither"},
    {TRADES(ROW("\"7\"", "\"2\"", "\"1\"", "\"buy\"", "1630048897897")),
     "error proto: okx: trades-all: ts is not a plain string"},
    {TRADES(ROW("\"7\"", "\"2\"", "\"1\"", "\"buy\"", "\"1630048897\"")),
     "error proto: okx: trades-all: ts is 1630048897, no time from 2009 to 2100"},
    {TRADES(ROW("\"7\"", "\"2\"", "\"1\"", "\"buy\"", "\"2021-08-27\"")),
     "error proto: okx: trades-all: ts is no time"},
    {"{\"arg\":{\"channel\":\"trades-all\"},\"data\":{}}",
     "error proto: okx: frame: data is no array"},
    {"{\"arg\":{\"channel\":\"trades-all\"}}", "error proto: okx: frame without data"},
    {"{\"arg\":{\"instId\":\"BTC-USDT\"},\"data\":[]}", "error proto: okx: arg without channel"},
    {"{\"arg\":[],\"data\":[]}", "error proto: okx: frame: arg is no object"},
    /* not asked for */
    {"{\"arg\":{\"channel\":\"trades\",\"instId\":\"BTC-USDT\"},\"data\":[{\"count\":\"3\"}]}",
     "skipped"},
    {"{\"arg\":{\"channel\":\"bbo-tbt\",\"instId\":\"BTC-USDT\"},\"data\":[7]}", "skipped"},
    {"{\"arg\":{\"channel\":\"books\",\"instId\":\"X\"},\"action\":\"snapshot\",\"data\":[]}",
     "skipped"},
    /* answers */
    {"pong", "nothing"},
    {"{\"id\":\"3\",\"event\":\"subscribe\",\"arg\":{\"channel\":\"trades-all\",\"instId\":"
     "\"BTC-USDT\"},\"connId\":\"a4d3ae55\"}",
     "ack 2 BTC-USDT"},
    {"{\"event\":\"subscribe\",\"arg\":{\"channel\":\"trades-all\",\"instId\":\"BTC-USDT\"}}",
     "ack -1 BTC-USDT"},
    {"{\"event\":\"subscribe\",\"arg\":{\"channel\":\"trades\",\"instId\":\"BTC-USDT\"}}",
     "skipped"},
    {"{\"event\":\"subscribe\",\"arg\":{\"channel\":\"trades-all\"}}",
     "error proto: okx: arg without instId"},
    {"{\"event\":\"subscribe\"}", "error proto: okx: frame without arg"},
    {"{\"event\":\"unsubscribe\",\"arg\":{\"channel\":\"trades\",\"instId\":\"BTC-USDT\"}}",
     "nothing"},
    {"{\"event\":\"error\",\"code\":\"60018\",\"msg\":\"Wrong URL or channel:trades-all,instId:"
     "BTC-USDX doesn't exist. Please use the correct URL.\",\"connId\":\"a4d3ae55\"}",
     "refused -1 BTC-USDX Wrong URL or channel:trades-all,instId:BTC-USDX doesn't exist. Please "
     "use the correct URL."},
    {"{\"id\":\"1\",\"event\":\"error\",\"code\":\"60012\",\"msg\":\"Invalid request: {\\\"op\\\": "
     "\\\"subscribe\\\"}\"}",
     "refused 0 - Invalid request: {\"op\": \"subscribe\"}"},
    {"{\"event\":\"error\",\"code\":\"60014\",\"msg\":\"Requests too frequent\"}",
     "refused -1 - Requests too frequent"},
    {"{\"event\":\"error\",\"code\":\"1\",\"msg\":\"instId:\"}", "refused -1 - instId:"},
    {"{\"event\":\"error\",\"code\":\"1\",\"msg\":\"instId: X\"}", "refused -1 - instId: X"},
    {"{\"event\":\"error\",\"code\":\"1\",\"msg\":\"instId:"
     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
     "refused -1 - instId:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
    {"{\"event\":\"error\",\"code\":\"60012\"}", "refused -1 - 60012"},
    {"{\"event\":\"error\",\"code\":\"60012\",\"msg\":\"\"}", "refused -1 - 60012"},
    {"{\"event\":\"error\"}", "error proto: okx: error without msg and code"},
    {"{\"event\":\"notice\",\"code\":\"64008\",\"msg\":\"The connection will soon be closed for a "
     "service upgrade. Please reconnect.\"}",
     "shutdown"},
    {"{\"event\":\"notice\",\"code\":\"64009\"}", "nothing"},
    {"{\"event\":\"channel-conn-count\",\"channel\":\"orders\",\"connCount\":\"2\"}", "skipped"},
    {"{\"event\":7}", "error proto: okx: frame: event is not a plain string"},
    /* no frame of OKX's */
    {"", "error proto: okx: frame is no JSON object"},
    {"ping", "error proto: okx: frame is no JSON object"},
    {"[]", "error proto: okx: frame is no JSON object"},
    {"{}", "error proto: okx: frame without event and arg"},
    {"{\"arg\":{}}x", "error proto: okx: frame is cut or malformed at byte 10"},
};

/* --- quotes ---------------------------------------------------------------------------------- */

static const struct exchange_case quote_case = {&okx_exchange, NULL, "bbo-tbt"};

#define BOOK(asks, bids)                                                                           \
    "{\"arg\":{\"channel\":\"bbo-tbt\",\"instId\":\"BTC-USDT\"},\"data\":[{\"asks\":" asks         \
    ",\"bids\":" bids ",\"ts\":\"1630048897897\",\"seqId\":123456}]}"
#define ASK "[[\"8476.98\",\"415\",\"0\",\"13\"]]"
#define BID "[[\"8476.97\",\"256\",\"0\",\"12\"]]"

static const struct exchange_case_frame quotes[] = {
    {BOOK(ASK, BID), "quote BTC-USDT 8476.97 x 256 / 8476.98 x 415 " AT},
    {BOOK("[[\"2\",\"1\"]]", "[[\"1\",\"1\"]]"), "quote BTC-USDT 1 x 1 / 2 x 1 " AT},
    /* the first level is the best one */
    {BOOK("[[\"2\",\"1\"],[\"3\",\"1\"]]", BID), "quote BTC-USDT 8476.97 x 256 / 2 x 1 " AT},
    /* nobody there */
    {BOOK("[]", BID), "quote BTC-USDT 8476.97 x 256 / - " AT},
    {BOOK(ASK, "[]"), "quote BTC-USDT - / 8476.98 x 415 " AT},
    {BOOK("[]", "[]"), "quote BTC-USDT - / - " AT},
    {BOOK("[[\"\",\"\",\"0\",\"0\"]]", BID), "quote BTC-USDT 8476.97 x 256 / - " AT},
    {BOOK("[[\"2\",\"0\"]]", BID), "quote BTC-USDT 8476.97 x 256 / - " AT},
    {BOOK("[[\"2\"]]", BID), "error proto: okx: bbo-tbt: level without amount"},
    {BOOK("[[]]", BID), "error proto: okx: bbo-tbt: level without price"},
    {BOOK("[7]", BID), "error proto: okx: bbo-tbt: level is no JSON array"},
    {BOOK("[[2,1]]", BID), "error proto: okx: bbo-tbt: level: price is not a plain string"},
    {BOOK("[[\"-2\",\"1\"]]", BID), "error proto: okx: bbo-tbt: level: price is below 0"},
    {BOOK("[[\"2\",\"x\"]]", BID), "error proto: okx: bbo-tbt: level: amount: "},
    {BOOK("[[\"2\" \"1\"]]", BID), "error proto: okx: bbo-tbt: level is cut or malformed"},
    {BOOK("[,]", BID), "error proto: okx: bbo-tbt: asks is malformed"},
    {BOOK("null", BID), "error proto: okx: bbo-tbt: asks is no array"},
    {"{\"arg\":{\"channel\":\"bbo-tbt\",\"instId\":\"X\"},\"data\":[{\"asks\":[],\"ts\":\"1\"}]}",
     "error proto: okx: bbo-tbt without bids"},
    {"{\"arg\":{\"channel\":\"bbo-tbt\",\"instId\":\"X\"},\"data\":[{\"asks\":[],\"bids\":[]}]}",
     "error proto: okx: bbo-tbt without ts"},
    {"{\"arg\":{\"channel\":\"bbo-tbt\"},\"data\":[{\"asks\":[],\"bids\":[]}]}",
     "error proto: okx: arg without instId"},
    {TRADES(GOOD("7")), "skipped"},
    {"{\"event\":\"subscribe\",\"arg\":{\"channel\":\"bbo-tbt\",\"instId\":\"X\"}}", "ack -1 X"},
};

static void frames(void **state)
{
    (void)state;
    exchange_case_frames(&trade_case, trades, N(trades));
    exchange_case_frames(&quote_case, quotes, N(quotes));
}

static void quotes_are_numbered(void **state)
{
    (void)state;
    assert_int_equal(exchange_case_sequence(&quote_case, BOOK(ASK, BID)), 123456);
    assert_int_equal(
        exchange_case_sequence(&quote_case,
                               "{\"arg\":{\"channel\":\"bbo-tbt\",\"instId\":\"X\"},\"data\":"
                               "[{\"asks\":[],\"bids\":[],\"ts\":\"1630048897897\"}]}"),
        -1);
}

static void deep_frames(void **state)
{
    (void)state;
    exchange_case_deep(&trade_case, "{\"arg\":{\"channel\":\"x\"},\"data\":[]}");
}

/* --- requests -------------------------------------------------------------------------------- */

static void subscribe(void **state)
{
    (void)state;
    const struct exchange_ops *x = &okx_exchange;
    char path[1] = "x";
    struct err e = {0};
    const struct subs subs = {&x->channels[0], NULL, 0};
    assert_int_equal(x->connect_path(&subs, path, 1, &e), 0);
    assert_string_equal(path, "");
    assert_int_equal(x->connect_path(&subs, path, 0, &e), -1);
    assert_string_equal(exchange_case_subscribe(x, CHANNEL_TRADES, "trades-all", 2, 0, 0),
                        "{\"id\":\"1\",\"op\":\"subscribe\",\"args\":["
                        "{\"channel\":\"trades-all\",\"instId\":\"S0\"},"
                        "{\"channel\":\"trades-all\",\"instId\":\"S1\"}]}");
    const char *last = exchange_case_subscribe(x, CHANNEL_QUOTES, "bbo-tbt", 201, 2, 0);
    assert_string_equal(last, "{\"id\":\"3\",\"op\":\"subscribe\",\"args\":["
                              "{\"channel\":\"bbo-tbt\",\"instId\":\"S200\"}]}");
    (void)exchange_case_subscribe(x, CHANNEL_QUOTES, "bbo-tbt", 201, 1, 1);
    assert_string_equal(exchange_case_subscribe(x, CHANNEL_QUOTES, "bbo-tbt", 200, 2, -1),
                        "okx: no subscribe message 2 for 200 symbols");
    exchange_case_longest(x, 60000); /* 64 KB of args are allowed */
}

static void endpoints(void **state)
{
    (void)state;
    const struct exchange_ops *x = exchange_find("okx");
    assert_ptr_equal(x, &okx_exchange);
    const struct channel *trade = exchange_channel(x, CHANNEL_TRADES, "");
    const struct channel *quote = exchange_channel(x, CHANNEL_QUOTES, "");
    assert_string_equal(exchange_endpoint_url(x, trade->endpoint),
                        "wss://ws.okx.com:8443/ws/v5/business");
    assert_string_equal(exchange_endpoint_url(x, quote->endpoint),
                        "wss://ws.okx.com:8443/ws/v5/public");
    assert_null(exchange_channel(x, CHANNEL_TRADES, "trades")); /* its ids step by their count */
}

/* --- instruments ----------------------------------------------------------------------------- */

#define LIST(rows) "{\"code\":\"0\",\"data\":[" rows "],\"msg\":\"\"}"
#define PAIR(type, name, base, quote, tick, lot, status)                                           \
    "{\"baseCcy\":\"" base "\",\"instId\":\"" name "\",\"instType\":\"" type "\",\"lotSz\":\"" lot \
    "\",\"quoteCcy\":\"" quote "\",\"state\":\"" status "\",\"tickSz\":\"" tick "\"}"

static const struct exchange_case_list lists[] = {
    {LIST(PAIR("SPOT", "BTC-USDT", "BTC", "USDT", "0.1", "0.00000001", "live")), 0,
     "BTC-USDT=BTC-USDT(BTC,USDT) trading 0.1 0.00000001; "},
    {LIST(PAIR("SPOT", "A-B", "A", "B", "", "", "suspend") "," PAIR(
         "SPOT", "C-D", "C", "D", "0", "1", "preopen") "," PAIR("SPOT", "E-F", "E", "F", "1", "1",
                                                                "new word")),
     0, "A-B=A-B(A,B) halted - -; C-D=C-D(C,D) halted - 1; E-F=E-F(E,F) unknown 1 1; "},
    {LIST(PAIR("SWAP", "BTC-USDT-SWAP", "", "", "0.1", "1", "live")), 0, ""},
    {LIST(PAIR("SPOT", "A-B", "A|", "B", "1", "1", "live") "," PAIR("SPOT", "", "A", "B", "1", "1",
                                                                    "live")),
     2, ""},
    {LIST(""), 0, ""},
    {"", -1, "okx: instruments: line"},
    {"[]", -1, "okx: instruments without code"},
    {"{\"code\":\"0\"}", -1, "okx: instruments without data"},
    {"{\"code\":\"50011\",\"msg\":\"Too Many Requests\",\"data\":[]}", -1,
     "okx: instruments: refused: 50011 Too Many Requests"},
    {LIST("{}"), -1, "okx: instruments: a pair without instType"},
    {LIST("7"), -1, "okx: instruments: a pair without instType"},
    {LIST(PAIR("SPOT", "A-B", "A", "B", "x", "1", "live")), -1, "okx: instruments: tickSz: "},
    {LIST(PAIR("SPOT", "A-B", "A", "B", "1", "-1", "live")), -1,
     "okx: instruments: lotSz is below 0"},
};

static void instruments(void **state)
{
    (void)state;
    exchange_case_lists(&okx_exchange, "/api/v5/public/instruments?instType=SPOT", lists, N(lists));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames),      cmocka_unit_test(deep_frames),
        cmocka_unit_test(subscribe),   cmocka_unit_test(endpoints),
        cmocka_unit_test(instruments), cmocka_unit_test(quotes_are_numbered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
