/* OKX's trades of the past: pages that end where they are told to, newest first. */
#include "exchanges/okx.h"
#include "history_case.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const struct history_case btc = {&okx_exchange, "trades-all", "BTC-USDT", "BTC-USDT"};

#define PAGE(rows) "{\"code\":\"0\",\"msg\":\"\",\"data\":[" rows "]}"
#define ROW_OF(symbol, id, px, sz, side, ts)                                                       \
    "{\"instId\":\"" symbol "\",\"side\":" side ",\"sz\":" sz ",\"px\":" px ",\"tradeId\":" id     \
    ",\"ts\":" ts "}"
#define ROW(id) ROW_OF("BTC-USDT", "\"" id "\"", "\"2\"", "\"1\"", "\"buy\"", "\"1747087163557\"")
#define WITH(id, px, sz, side, ts) ROW_OF("BTC-USDT", id, px, sz, side, ts)
#define AT "@2025-05-12T21:59:23.557000Z; "
#define TRADE(id) "trade BTC-USDT " id " 2 x 1 buy repair " AT

#define ASK(f, l) .first = (f), .last = (l), .status = 200

/* --- requests -------------------------------------------------------------------------------- */

static void requests(void **state)
{
    (void)state;
    static const struct {
        struct history_case_page page;
        const char *is;
    } cases[] = {
        {{ASK(7, 9)}, "/api/v5/market/history-trades?instId=BTC-USDT&type=1&after=10&limit=3 1"},
        {{ASK(0, 0)}, "/api/v5/market/history-trades?instId=BTC-USDT&type=1&after=1&limit=1 1"},
        {{ASK(1000, 5000)},
         "/api/v5/market/history-trades?instId=BTC-USDT&type=1&after=1100&limit=100 1"},
        {{ASK(1000, 1099)},
         "/api/v5/market/history-trades?instId=BTC-USDT&type=1&after=1100&limit=100 1"},
        {{ASK(1000, INT64_MAX)},
         "/api/v5/market/history-trades?instId=BTC-USDT&type=1&after=1100&limit=100 1"},
        {{ASK(1000, 5000), .cursor = 3},
         "/api/v5/market/history-trades?instId=BTC-USDT&type=1&after=1800&limit=100 1"},
        {{ASK(INT64_MAX - 1, INT64_MAX)},
         "/api/v5/market/history-trades?instId=BTC-USDT&type=1&after=9223372036854775807&limit=1 "
         "1"},
        {{ASK(9, 8)}, "error arg: okx: history-trades: no trades wanted"},
        {{ASK(-1, 8)}, "error arg: okx: history-trades: no trades wanted"},
    };
    for (size_t i = 0; i < N(cases); i++)
        assert_string_equal(history_case_request(&btc, &cases[i].page), cases[i].is);
    assert_int_equal(okx_exchange.rest->weight_max, 20);
    assert_int_equal(okx_exchange.rest->window_ms, 2000);
}

/* --- pages ----------------------------------------------------------------------------------- */

static const struct history_case_page pages[] = {
    {ASK(7, 9), .body = PAGE(ROW("9") "," ROW("8") "," ROW("7")),
     .is = TRADE("7") TRADE("8") TRADE("9") "done 10 0"},
    {ASK(7, 7),
     .body = PAGE(WITH("\"7\"", "\"0.10\"", "\"3.00\"", "\"sell\"", "\"1747087163557\"")),
     .is = "trade BTC-USDT 7 0.1 x 3 sell repair " AT "done 8 0"},
    /* what is not wanted; a hole; an id twice; another order */
    {ASK(7, 9), .body = PAGE(ROW("12") "," ROW("9") "," ROW("7") "," ROW("6") "," ROW("5")),
     .is = TRADE("7") TRADE("9") "done 10 0"},
    {ASK(7, 9), .body = PAGE(ROW("8") "," ROW("8") "," ROW("7")),
     .is = TRADE("7") TRADE("8") "done 10 0"},
    {ASK(7, 9), .body = PAGE(ROW("7") "," ROW("9") "," ROW("8")),
     .is = TRADE("7") TRADE("8") TRADE("9") "done 10 0"},
    /* not all of it yet */
    {ASK(7, 1000), .body = PAGE(ROW("8") "," ROW("7")), .is = TRADE("7") TRADE("8") "more 107 0"},
    {ASK(7, 106), .body = PAGE(ROW("8") "," ROW("7")), .is = TRADE("7") TRADE("8") "done 107 0"},
    {ASK(7, 1000), .body = PAGE(ROW("107") "," ROW("106")), .is = TRADE("106") "more 107 0"},
    /* nothing of ours: past twice as many ids at a time */
    {ASK(7, 1000), .body = PAGE(""), .is = "more 107 1"},
    {ASK(7, 1000), .cursor = 1, .body = PAGE(ROW("6")), .is = "more 207 2"},
    {ASK(7, 1000), .cursor = 4, .body = PAGE(""), .is = "done 1001 5"},
    {ASK(7, 1000), .cursor = 1, .body = PAGE(ROW("201") "," ROW("3")),
     .is = TRADE("201") "more 207 0"},
    /* where they end is not known: nothing of ours is the end */
    {ASK(7, INT64_MAX), .body = PAGE(ROW("8") "," ROW("7")),
     .is = TRADE("7") TRADE("8") "more 9 0"},
    {ASK(7, INT64_MAX), .body = PAGE(ROW("6") "," ROW("5")), .is = "done 7 0"},
    {ASK(7, INT64_MAX), .body = PAGE(""), .is = "done 7 0"},
    /* refusals, with whatever status */
    {ASK(7, 9), .body = "{\"code\":\"50011\",\"msg\":\"Too Many Requests\",\"data\":[]}",
     .is = "busy okx: history-trades: refused: 50011 Too Many Requests"},
    {ASK(7, 9), .body = "{\"code\":\"50001\",\"msg\":\"Service temporarily unavailable\"}",
     .is = "error io retriable: okx: history-trades: refused: 50001 Service temporarily"},
    {ASK(7, 9), .body = "{\"code\":\"50004\"}",
     .is = "error io retriable: okx: history-trades: refused: 50004"},
    {ASK(7, 9), .body = "{\"code\":\"50013\",\"msg\":7}",
     .is = "error io retriable: okx: history-trades: refused: 50013"},
    {ASK(7, 9), .body = "{\"code\":\"50026\",\"msg\":\"System error\"}",
     .is = "error io retriable: okx: history-trades: refused: 50026 System error"},
    {ASK(7, 9), .body = "{\"code\":\"51001\",\"msg\":\"Instrument ID doesn't exist.\"}",
     .is = "error not_found: okx: history-trades: refused: 51001 Instrument ID doesn't exist."},
    {.first = 7,
     .last = 9,
     .status = 400,
     .body = "{\"code\":\"51000\",\"msg\":\"Parameter\"}",
     .is = "error not_found: okx: history-trades: refused: 51000 Parameter"},
    {.first = 7,
     .last = 9,
     .status = 404,
     .body = "<html>",
     .is = "error not_found: okx: history-trades: HTTP status 404"},
    /* shapes that are none; rows that are older than a bad one stay */
    {ASK(7, 9), .body = "[]", .is = "error proto: okx: history-trades answer is no JSON object"},
    {ASK(7, 9), .body = "{}", .is = "error proto: okx: history-trades answer without code"},
    {ASK(7, 9), .body = "{\"code\":0,\"data\":[]}",
     .is = "error proto: okx: history-trades answer: code is not a plain string"},
    {ASK(7, 9), .body = "{\"code\":\"0\"}",
     .is = "error proto: okx: history-trades answer without data"},
    {ASK(7, 9), .body = "{\"code\":\"0\",\"data\":{}}",
     .is = "error proto: okx: history-trades answer: data is no array"},
    {ASK(7, 9), .body = PAGE(ROW("9") ",7," ROW("7")),
     .is = TRADE("7") "error proto: okx: history-trades is no JSON object"},
    {ASK(7, 9), .body = PAGE("\"{}\""), .is = "error proto: okx: history-trades is no JSON object"},
    {ASK(7, 9),
     .body = PAGE(ROW_OF("BTC-USDC", "\"7\"", "\"2\"", "\"1\"", "\"buy\"", "\"1747087163557\"")),
     .is = "error proto: okx: history-trades: instId is not BTC-USDT"},
    {ASK(7, 9), .body = PAGE(WITH("7", "\"2\"", "\"1\"", "\"buy\"", "\"1747087163557\"")),
     .is = "error proto: okx: history-trades: tradeId is not a plain string"},
    {ASK(7, 9), .body = PAGE(WITH("\"7\"", "\"0\"", "\"1\"", "\"buy\"", "\"1747087163557\"")),
     .is = "error proto: okx: history-trades: px is not above 0"},
    {ASK(7, 9), .body = PAGE(WITH("\"7\"", "\"2\"", "1", "\"buy\"", "\"1747087163557\"")),
     .is = "error proto: okx: history-trades: sz is not a plain string"},
    {ASK(7, 9), .body = PAGE(WITH("\"7\"", "\"2\"", "\"1e-19\"", "\"buy\"", "\"1747087163557\"")),
     .is = "error limit: okx: history-trades: sz: "},
    {ASK(7, 9), .body = PAGE(WITH("\"7\"", "\"2\"", "\"1\"", "\"bought\"", "\"1747087163557\"")),
     .is = "error proto: okx: history-trades: side is neither"},
    {ASK(7, 9), .body = PAGE(WITH("\"7\"", "\"2\"", "\"1\"", "\"buy\"", "\"174708716\"")),
     .is = "error proto: okx: history-trades: ts is 174708716, no time"},
};

static void says(void **state)
{
    (void)state;
    history_case_pages(&btc, pages, N(pages));
}

/* A page of so many rows, newest first, ending at that id. */
static void add_page(struct strbuf *out, int64_t newest, int rows)
{
    assert_int_equal(strbuf_adds(out, "{\"code\":\"0\",\"msg\":\"\",\"data\":["), 0);
    for (int i = 0; i < rows; i++)
        assert_int_equal(strbuf_addf(out,
                                     "%s{\"instId\":\"BTC-USDT\",\"side\":\"buy\",\"sz\":\"1\","
                                     "\"px\":\"2\",\"tradeId\":\"%" PRId64
                                     "\",\"ts\":\"1747087163557\"}",
                                     i ? "," : "", newest - i),
                         0);
    assert_int_equal(strbuf_adds(out, "]}"), 0);
}

static void long_pages(void **state)
{
    (void)state;
    struct strbuf body = STRBUF_INIT(16 << 20);
    add_page(&body, 1099, 100);
    const struct history_case_page whole = {ASK(1000, 1099)};
    const char *said = history_case_say(&btc, &whole, strbuf_slice(&body));
    assert_memory_equal(said, "trade BTC-USDT 1000 ", 20);
    assert_string_equal(said + strlen(said) - 11, "done 1100 0");
    /* the first of a wide one may not be the first there is */
    const struct history_case_page wide = {ASK(900, 5000), .cursor = 2};
    assert_string_equal(history_case_say(&btc, &wide, strbuf_slice(&body)), "more 900 1");
    /* longer than was asked for, by one and by 10 MB */
    for (int rows = 101; rows < 200000; rows *= 700) {
        strbuf_reset(&body);
        add_page(&body, 1000000, rows);
        assert_string_equal(history_case_say(&btc, &whole, strbuf_slice(&body)),
                            "error proto: okx: history-trades: more than 100 trades");
    }
    strbuf_finish(&body);
}

/* --- the stream beside it -------------------------------------------------------------------- */

static void same_as_stream(void **state)
{
    (void)state;
    static const struct {
        int64_t id;
        const char *row;
    } cases[] = {
        {734864333,
         WITH("\"734864333\"", "\"102537.9\"", "\"0.00013669\"", "\"sell\"", "\"1747087163557\"")},
        {734864332,
         WITH("\"734864332\"", "\"102537.90\"", "\"0.0000125\"", "\"buy\"", "\"1747087161666\"")},
        {0, WITH("\"0\"", "\"1E-18\"", "\"99999999999999999999\"", "\"buy\"", "\"1747087161666\"")},
    };
    for (size_t i = 0; i < N(cases); i++) {
        char frame[1000];
        char body[1000];
        char live[1000];
        (void)snprintf(
            frame, sizeof(frame),
            "{\"arg\":{\"channel\":\"trades-all\",\"instId\":\"BTC-USDT\"},\"data\":[%s]}",
            cases[i].row);
        (void)snprintf(body, sizeof(body), PAGE("%s"), cases[i].row);
        int n = snprintf(live, sizeof(live), "%s", history_case_frame(&btc, slice_of(frame)));
        (void)snprintf(live + n, sizeof(live) - (size_t)n, "done %" PRId64 " 0", cases[i].id + 1);
        const struct history_case_page page = {ASK(cases[i].id, cases[i].id)};
        assert_string_equal(history_case_say(&btc, &page, slice_of(body)), live);
    }
}

/* --- walks ----------------------------------------------------------------------------------- */

static void answer(struct history_case_tape *t, const char *path, struct strbuf *out)
{
    static const char begin[] = "/api/v5/market/history-trades?instId=BTC-USDT&type=1&";
    int64_t after = history_case_param(path, begin, "after");
    int64_t limit = history_case_param(path, begin, "limit");
    assert_in_range(limit, 1, 100);
    assert_int_equal(strbuf_adds(out, "{\"code\":\"0\",\"data\":["), 0);
    for (size_t i = t->n; i-- > 0 && limit > 0;) {
        if (t->trades[i].id >= after)
            continue;
        assert_int_equal(strbuf_addf(out,
                                     "%s{\"instId\":\"BTC-USDT\",\"side\":\"buy\",\"sz\":\"1\","
                                     "\"px\":\"2\",\"tradeId\":\"%" PRId64 "\",\"ts\":\"%" PRId64
                                     "\"}",
                                     out->data[out->len - 1] == '[' ? "" : ",", t->trades[i].id,
                                     t->trades[i].time_us / 1000),
                         0);
        limit--;
    }
    assert_int_equal(strbuf_adds(out, "]}"), 0);
}

static void walks(void **state)
{
    (void)state;
    static struct history_case_trade tape[5000];
    static const struct {
        int64_t step_every; /* ids go on by that many … */
        int64_t step;       /* … this far */
        struct history_case_page page;
        size_t requests;
    } cases[] = {
        {1, 1, {ASK(100, 100)}, 1},
        {1, 1, {ASK(100, 199)}, 1},
        {1, 1, {ASK(100, 200)}, 2},
        {1, 1, {ASK(0, 4999)}, 50},
        {1, 1, {ASK(4990, INT64_MAX)}, 2},
        {1, 1, {ASK(0, INT64_MAX)}, 51},
        {1, 1, {ASK(4990, 1000000)}, 15},  /* the exchange has less */
        {1, 2, {ASK(0, 9998)}, 100},       /* each other id */
        {100, 1000, {ASK(0, 99999)}, 600}, /* holes, the same again and again */
        {2500, INT64_C(1000000000000), {ASK(0, INT64_C(1000000002498))}, 110}, /* a wide one */
        {1, 1000000, {ASK(5, INT64_C(50) * 1000000)}, 1500},                   /* hardly any */
    };
    for (size_t k = 0; k < N(cases); k++) {
        int64_t id = 0;
        for (size_t i = 0; i < N(tape); i++) {
            tape[i] =
                (struct history_case_trade){id, INT64_C(1747087163557000) + (int64_t)i * 1000};
            id += (int64_t)(i + 1) % cases[k].step_every == 0 ? cases[k].step : 1;
        }
        struct history_case_tape t = {tape, N(tape), 0};
        history_case_walk(&btc, &cases[k].page, &t, answer, cases[k].requests);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),       cmocka_unit_test(says),  cmocka_unit_test(long_pages),
        cmocka_unit_test(same_as_stream), cmocka_unit_test(walks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
