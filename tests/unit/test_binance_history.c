/* test_binance_history TRADES.json AGGTRADES.json   Binance's trades of the past: pages that begin
 * at an id, oldest first. The files: pages as recorded. */
#include "exchanges/binance.h"
#include "history_case.h"
#include "scan.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const char *trades_path;
static const char *agg_trades_path;

static const struct history_case fills = {&binance_exchange, "trade", "BTCUSDT", "BTCUSDT"};
static const struct history_case sums = {&binance_exchange, "aggTrade", "BTCUSDT", "BTCUSDT"};

#define WITH(id, price, qty, time, maker)                                                          \
    "{\"id\":" id ",\"price\":" price ",\"qty\":" qty ",\"quoteQty\":\"2\",\"time\":" time         \
    ",\"isBuyerMaker\":" maker ",\"isBestMatch\":true}"
#define ROW(id) WITH(id, "\"2.0\"", "\"1.00\"", "1679280337591", "false")
#define AGG(id)                                                                                    \
    "{\"a\":" id                                                                                   \
    ",\"p\":\"2.0\",\"q\":\"1.00\",\"f\":5,\"l\":6,\"T\":1679280337591,\"m\":true,\"M\":true}"
#define AT "@2023-03-20T02:45:37.591000Z; "
#define TRADE(id) "trade BTCUSDT " id " 2 x 1 buy repair " AT

#define ASK(f, l) .first = (f), .last = (l), .status = 200
#define REFUSED(code) .first = 7, .last = 9, .status = (code)

/* --- requests -------------------------------------------------------------------------------- */

static void requests(void **state)
{
    (void)state;
    static const struct {
        const struct history_case *of;
        struct history_case_page page;
        const char *is;
    } cases[] = {
        {&fills, {ASK(7, 9)}, "/api/v3/historicalTrades?symbol=BTCUSDT&fromId=7&limit=3 25"},
        {&fills, {ASK(0, 999)}, "/api/v3/historicalTrades?symbol=BTCUSDT&fromId=0&limit=1000 25"},
        {&fills, {ASK(7, 5000)}, "/api/v3/historicalTrades?symbol=BTCUSDT&fromId=7&limit=1000 25"},
        {&fills,
         {ASK(0, INT64_MAX)},
         "/api/v3/historicalTrades?symbol=BTCUSDT&fromId=0&limit=1000 25"},
        {&sums, {ASK(7, 7)}, "/api/v3/aggTrades?symbol=BTCUSDT&fromId=7&limit=1 4"},
        {&sums, {ASK(7, INT64_MAX)}, "/api/v3/aggTrades?symbol=BTCUSDT&fromId=7&limit=1000 4"},
        {&fills, {ASK(9, 8)}, "error arg: binance: historicalTrades: no trades wanted"},
        {&sums, {ASK(-1, 8)}, "error arg: binance: aggTrades: no trades wanted"},
    };
    struct http_request list;
    for (size_t i = 0; i < N(cases); i++)
        assert_string_equal(history_case_request(cases[i].of, &cases[i].page), cases[i].is);
    assert_int_equal(binance_exchange.rest->weight_max, 6000);
    assert_int_equal(binance_exchange.rest->window_ms, 60000);
    assert_string_equal(binance_exchange.rest->used_header, "X-MBX-USED-WEIGHT-1M");
    assert_int_equal(binance_exchange.instruments_request(&list, NULL), 0);
    assert_int_equal(list.weight, 20);
}

/* --- pages ----------------------------------------------------------------------------------- */

static const struct history_case_page pages[] = {
    {ASK(7, 9), .body = "[" ROW("7") "," ROW("8") "," ROW("9") "]",
     .is = TRADE("7") TRADE("8") TRADE("9") "done 10 0"},
    {ASK(7, 7), .body = "[" WITH("7", "\"0.10\"", "\"3.00\"", "1679280337591", "true") "]",
     .is = "trade BTCUSDT 7 0.1 x 3 sell repair " AT "done 8 0"},
    {ASK(7, 7), .body = "[" WITH("7", "\"2\"", "\"1\"", "1679280337591250", "false") "]",
     .is = "trade BTCUSDT 7 2 x 1 buy repair @2023-03-20T02:45:37.591250Z; done 8 0"},
    /* fewer than were asked for: that is all there is */
    {ASK(7, 9), .body = "[" ROW("7") "]", .is = TRADE("7") "done 8 0"},
    {ASK(7, INT64_MAX), .body = "[" ROW("7") "]", .is = TRADE("7") "done 8 0"},
    {ASK(7, 9), .body = "[]", .is = "done 7 0"},
    /* the oldest are gone; what is not wanted; a hole; an id twice; another order */
    {ASK(7, 9), .body = "[" ROW("9") "," ROW("10") "," ROW("11") "]", .is = TRADE("9") "done 10 0"},
    {ASK(7, 9), .body = "[" ROW("10") "," ROW("11") "," ROW("12") "]", .is = "done 7 0"},
    {ASK(7, 9), .body = "[" ROW("5") "," ROW("6") "," ROW("7") "]", .is = TRADE("7") "more 8 0"},
    {ASK(7, 9), .body = "[" ROW("4") "," ROW("5") "," ROW("6") "]", .is = "done 7 0"},
    {ASK(7, 9), .body = "[" ROW("7") "," ROW("9") "]", .is = TRADE("7") TRADE("9") "done 10 0"},
    {ASK(7, 9), .body = "[" ROW("7") "," ROW("7") "," ROW("8") "]",
     .is = TRADE("7") TRADE("8") "more 9 0"},
    {ASK(7, 9), .body = "[" ROW("8") "," ROW("9") "," ROW("7") "]",
     .is = TRADE("7") TRADE("8") TRADE("9") "done 10 0"},
    /* refusals */
    {REFUSED(400), .body = "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}",
     .is = "error not_found: binance: historicalTrades: refused: -1121 Invalid symbol."},
    {REFUSED(400), .body = "{\"code\":-1003,\"msg\":\"Too many requests.\"}",
     .is = "busy binance: historicalTrades: refused: -1003 Too many requests."},
    {REFUSED(400), .body = "{\"code\":-1001}",
     .is = "error io retriable: binance: historicalTrades: refused: -1001"},
    {REFUSED(408), .body = "{\"code\":-1007,\"msg\":7}",
     .is = "error io retriable: binance: historicalTrades: refused: -1007"},
    {REFUSED(404), .body = "<html>",
     .is = "error not_found: binance: historicalTrades: HTTP status 404"},
    {REFUSED(404), .body = "", .is = "error not_found: binance: historicalTrades: HTTP status 404"},
    {REFUSED(400), .body = "{\"code\":\"-1121\"}",
     .is = "error not_found: binance: historicalTrades: HTTP status 400"},
    /* shapes that are none; rows before a bad one stay */
    {ASK(7, 9), .body = "{}", .is = "error proto: binance: historicalTrades: no array of trades"},
    {ASK(7, 9), .body = "[" ROW("7") ",7," ROW("9") "]",
     .is = TRADE("7") "error proto: binance: historicalTrades is no JSON object"},
    {ASK(7, 9), .body = "[\"{}\"]",
     .is = "error proto: binance: historicalTrades is no JSON object"},
    {ASK(7, 9), .body = "[[]]", .is = "error proto: binance: historicalTrades is no JSON object"},
    {ASK(7, 9), .body = "[" AGG("7") "]",
     .is = "error proto: binance: historicalTrades without id"},
    {ASK(7, 9), .body = "[" ROW("\"7\"") "]",
     .is = "error proto: binance: historicalTrades: id is not a plain number"},
    {ASK(7, 9), .body = "[" ROW("-7") "]",
     .is = "error proto: binance: historicalTrades: id is no trade id"},
    {ASK(7, 9), .body = "[" ROW("9223372036854775807") "]",
     .is = "error proto: binance: historicalTrades: id is no trade id"},
    {ASK(7, 9), .body = "[" WITH("7", "2", "\"1\"", "1679280337591", "true") "]",
     .is = "error proto: binance: historicalTrades: price is not a plain string"},
    {ASK(7, 9), .body = "[" WITH("7", "\"2\"", "\"0.0\"", "1679280337591", "true") "]",
     .is = "error proto: binance: historicalTrades: qty is not above 0"},
    {ASK(7, 9), .body = "[" WITH("7", "\"2\"", "\"1\"", "\"1679280337591\"", "true") "]",
     .is = "error proto: binance: historicalTrades: time is not a plain number"},
    {ASK(7, 9), .body = "[" WITH("7", "\"2\"", "\"1\"", "1679280337", "true") "]",
     .is = "error proto: binance: historicalTrades: time is 1679280337, no time"},
    {ASK(7, 9), .body = "[" WITH("7", "\"2\"", "\"1\"", "1679280337591", "1") "]",
     .is = "error proto: binance: historicalTrades: isBuyerMaker is no boolean"},
    {ASK(7, 9), .body = "[" WITH("7", "\"1e-19\"", "\"1\"", "1679280337591", "true") "]",
     .is = "error limit: binance: historicalTrades: price: "},
};

static const struct history_case_page agg_pages[] = {
    {ASK(7, 8), .body = "[" AGG("7") "," AGG("8") "]",
     .is = "trade BTCUSDT 7 2 x 1 sell repair " AT "trade BTCUSDT 8 2 x 1 sell repair " AT
           "done 9 0"},
    {ASK(7, 8), .body = "[" ROW("7") "]", .is = "error proto: binance: aggTrades without a"},
    {REFUSED(400), .body = "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}",
     .is = "error not_found: binance: aggTrades: refused: -1121 Invalid symbol."},
};

static void says(void **state)
{
    (void)state;
    history_case_pages(&fills, pages, N(pages));
    history_case_pages(&sums, agg_pages, N(agg_pages));
}

static void add_page(struct strbuf *out, int64_t first, int rows)
{
    strbuf_reset(out);
    for (int i = 0; i < rows; i++)
        assert_int_equal(strbuf_addf(out,
                                     "%c{\"id\":%" PRId64
                                     ",\"price\":\"2\",\"qty\":\"1\",\"time\":1679280337591,"
                                     "\"isBuyerMaker\":true}",
                                     i ? ',' : '[', first + i),
                         0);
    assert_int_equal(strbuf_adds(out, "]"), 0);
}

static const char *verdict_of(const char *said)
{
    const char *at = strrchr(said, ';');
    return at ? at + 2 : said;
}

static void long_pages(void **state)
{
    (void)state;
    struct strbuf body = STRBUF_INIT(32 << 20);
    const struct history_case_page page = {ASK(1000, 5000)};
    add_page(&body, 1000, 1000);
    assert_string_equal(verdict_of(history_case_say(&fills, &page, strbuf_slice(&body))),
                        "more 2000 0");
    add_page(&body, 4500, 1000);
    assert_string_equal(verdict_of(history_case_say(&fills, &page, strbuf_slice(&body))),
                        "done 5001 0");
    /* longer than was asked for, by one and by 20 MB */
    for (int rows = 1001; rows < 300000; rows *= 250) {
        add_page(&body, 1000, rows);
        assert_string_equal(history_case_say(&fills, &page, strbuf_slice(&body)),
                            "error proto: binance: historicalTrades: more than 1000 trades");
    }
    strbuf_finish(&body);
}

/* --- the stream beside it -------------------------------------------------------------------- */

static struct strbuf read_file(const char *path)
{
    struct strbuf b = STRBUF_INIT(1 << 20);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(strbuf_reserve(&b, 1 << 19), 0);
    b.len = fread(b.data, 1, 1 << 19, f);
    b.data[b.len] = '\0';
    assert_true(b.len < 1 << 19);
    assert_int_equal(fclose(f), 0);
    return b;
}

/* A member as it is written. */
static struct slice member(struct slice row, const char *name)
{
    struct scan s;
    struct slice key;
    struct scan_value v;
    assert_int_equal(scan_object(&s, row), 0);
    while (scan_member(&s, &key, &v) == 1)
        if (slice_is(key, name))
            return v.text;
    fail_msg("%.*s: no %s", SLICE_ARG(row), name);
    return row;
}

/* The row as a frame of the stream. */
static void add_frame(struct slice row, bool agg, struct strbuf *out)
{
    const char *const names[2][5] = {{"id", "price", "qty", "time", "isBuyerMaker"},
                                     {"a", "p", "q", "T", "m"}};
    struct slice v[5];
    for (size_t i = 0; i < 5; i++)
        v[i] = member(row, names[agg][i]);
    strbuf_reset(out);
    assert_int_equal(
        strbuf_addf(
            out,
            "{\"e\":\"%s\",\"E\":1679280337599,\"s\":\"BTCUSDT\",\"%c\":%.*s,\"p\":\"%.*s\","
            "\"q\":\"%.*s\",\"T\":%.*s,\"m\":%.*s,\"M\":true}",
            agg ? "aggTrade" : "trade", agg ? 'a' : 't', SLICE_ARG(v[0]), SLICE_ARG(v[1]),
            SLICE_ARG(v[2]), SLICE_ARG(v[3]), SLICE_ARG(v[4])),
        0);
}

static void same_as_stream_of(const struct history_case *c, const char *path, int64_t first,
                              bool agg)
{
    struct strbuf body = read_file(path);
    struct strbuf frame = STRBUF_INIT(1 << 10);
    struct strbuf live = STRBUF_INIT(1 << 20);
    struct scan s;
    struct scan_value row;
    const struct history_case_page page = {ASK(first, first + 999)};
    int n = 0;
    assert_int_equal(scan_array(&s, strbuf_slice(&body)), 0);
    for (; scan_element(&s, &row) == 1; n++) {
        add_frame(row.text, agg, &frame);
        assert_int_equal(strbuf_adds(&live, history_case_frame(c, strbuf_slice(&frame))), 0);
    }
    assert_int_equal(n, 1000);
    assert_int_equal(strbuf_addf(&live, "done %" PRId64 " 0", first + 1000), 0);
    assert_string_equal(history_case_say(c, &page, strbuf_slice(&body)), live.data);
    for (size_t len = 0; len + 1 < body.len; len += len < 2000 ? 1 : 97)
        assert_memory_equal(history_case_say(c, &page, slice_make(body.data, len)),
                            "error proto: ", 13);
    strbuf_finish(&live);
    strbuf_finish(&frame);
    strbuf_finish(&body);
}

static void same_as_stream(void **state)
{
    (void)state;
    same_as_stream_of(&fills, trades_path, 409018748, false);
    same_as_stream_of(&sums, agg_trades_path, 202790190, true);
}

/* --- walks ----------------------------------------------------------------------------------- */

static void answer(struct history_case_tape *t, const char *path, struct strbuf *out)
{
    static const char begin[] = "/api/v3/historicalTrades?symbol=BTCUSDT&";
    int64_t from = history_case_param(path, begin, "fromId");
    int64_t limit = history_case_param(path, begin, "limit");
    assert_in_range(limit, 1, 1000);
    assert_int_equal(strbuf_addc(out, '['), 0);
    for (size_t i = 0; i < t->n && limit > 0; i++) {
        if (t->trades[i].id < from)
            continue;
        assert_int_equal(
            strbuf_addf(out,
                        "%s{\"id\":%" PRId64 ",\"price\":\"2\",\"qty\":\"1\",\"time\":%" PRId64
                        ",\"isBuyerMaker\":true}",
                        out->len > 1 ? "," : "", t->trades[i].id, t->trades[i].time_us / 1000),
            0);
        limit--;
    }
    assert_int_equal(strbuf_addc(out, ']'), 0);
}

static void walks(void **state)
{
    (void)state;
    static struct history_case_trade tape[5000];
    static const struct {
        int64_t hole_every; /* trades, then 500 ids are missing; 0: none */
        struct history_case_page page;
        size_t requests;
    } cases[] = {
        {0, {ASK(5100, 5100)}, 1},
        {0, {ASK(5000, 5999)}, 1},
        {0, {ASK(5000, 6000)}, 2},
        {0, {ASK(0, 5999)}, 1}, /* older ones are gone: the page begins with the oldest there is */
        {0, {ASK(0, 9999)}, 5},
        {0, {ASK(5000, INT64_MAX)}, 6},
        {0, {ASK(9990, INT64_MAX)}, 1},
        {0, {ASK(20000, INT64_MAX)}, 1},
        {300, {ASK(5000, 12000)}, 6},
        {300, {ASK(5299, 5299)}, 1},
    };
    for (size_t k = 0; k < N(cases); k++) {
        int64_t id = 5000;
        for (size_t i = 0; i < N(tape); i++, id++) {
            id += cases[k].hole_every > 0 && (int64_t)i % cases[k].hole_every == 299 ? 500 : 0;
            tape[i] =
                (struct history_case_trade){id, INT64_C(1679280337591000) + (int64_t)i * 1000};
        }
        struct history_case_tape t = {tape, N(tape), 0};
        history_case_walk(&fills, &cases[k].page, &t, answer, cases[k].requests);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),       cmocka_unit_test(says),  cmocka_unit_test(long_pages),
        cmocka_unit_test(same_as_stream), cmocka_unit_test(walks),
    };
    if (argc != 3)
        return 2;
    trades_path = argv[1];
    agg_trades_path = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
