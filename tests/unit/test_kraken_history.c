/* test_kraken_history TRADES.json FRAMES.jsonl   Kraken's trades of the past: pages that begin at a
 * time, oldest first. TRADES.json: a page as recorded; FRAMES.jsonl: the first of its trades as the
 * stream has them. */
#include "exchanges/kraken.h"
#include "history_case.h"
#include "recorded.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const char *trades_path;
static const char *frames_path;

static const struct history_case btc = {&kraken_exchange, "trade", "BTC/USDT", "XBTUSDT"};

#define PAGE(rows)                                                                                 \
    "{\"error\":[],\"result\":{\"XBTUSDT\":[" rows "],\"last\":\"1762795433971744512\"}}"
#define WITH(price, volume, time, side, id)                                                        \
    "[" price "," volume "," time "," side ",\"l\",\"\"," id "]"
#define ROW(id) WITH("\"2.0\"", "\"1.00\"", "1762795433.9717445", "\"b\"", id)
#define AT "@2025-11-10T17:23:53.971744Z; "
#define TRADE(id) "trade BTC/USDT " id " 2 x 1 buy repair " AT

#define ASK(f, l) .first = (f), .last = (l), .status = 200
#define FROM_US INT64_C(1762795433971744)

/* --- requests -------------------------------------------------------------------------------- */

static void requests(void **state)
{
    (void)state;
    static const struct {
        struct history_case_page page;
        const char *is;
    } cases[] = {
        /* one nanosecond before the microsecond before: times may have been rounded up to theirs */
        {{ASK(7, 9), .from_us = FROM_US},
         "/0/public/Trades?pair=XBTUSDT&since=1762795433971742999&count=1000 1"},
        {{ASK(7, 9), .from_us = FROM_US, .cursor = 1762795434000000000},
         "/0/public/Trades?pair=XBTUSDT&since=1762795434000000000&count=1000 1"},
        {{ASK(7, 9)}, "/0/public/Trades?pair=XBTUSDT&since=0&count=1000 1"},
        {{ASK(7, 9), .from_us = INT64_MAX}, "error arg: kraken: Trades: no trades wanted"},
        {{ASK(9, 8), .from_us = FROM_US}, "error arg: kraken: Trades: no trades wanted"},
        {{ASK(-1, 8), .from_us = FROM_US}, "error arg: kraken: Trades: no trades wanted"},
    };
    static const struct history_case odd = {&kraken_exchange, "trade", "A/B",
                                            "A&since=0/\xc3\xa9 _-."};
    for (size_t i = 0; i < N(cases); i++)
        assert_string_equal(history_case_request(&btc, &cases[i].page), cases[i].is);
    assert_string_equal(history_case_request(&odd, &cases[2].page),
                        "/0/public/Trades?pair=A%26since%3D0%2F%C3%A9%20_-.&since=0&count=1000 1");
    assert_int_equal(kraken_exchange.rest->weight_max, 1);
    assert_int_equal(kraken_exchange.rest->window_ms, 1000);
}

static int on_instrument(void *ctx, const struct instrument_info *in, struct err *e)
{
    (void)e;
    assert_string_equal(in->native, "BTC/USD");
    assert_string_equal(in->rest, "XXBTZUSD");
    ++*(int *)ctx;
    return 0;
}

/* A pair's name by REST is the key it is listed under. */
static void names(void **state)
{
    (void)state;
    static const char list[] =
        "{\"error\":[],\"result\":{\"XXBTZUSD\":{\"wsname\":\"XBT/USD\",\"pair_decimals\":1,"
        "\"lot_decimals\":8},\"A2345678901234567890123456789012345678901\":{\"wsname\":\"A/USD\","
        "\"pair_decimals\":1,\"lot_decimals\":8}}}";
    struct err e = {0};
    int n = 0;
    assert_int_equal(kraken_exchange.parse_instruments(slice_of(list), on_instrument, &n, &e), 1);
    assert_int_equal(n, 1);
}

/* --- pages ----------------------------------------------------------------------------------- */

static const struct history_case_page pages[] = {
    {ASK(7, 9), .body = PAGE(ROW("7") "," ROW("8") "," ROW("9")),
     .is = TRADE("7") TRADE("8") TRADE("9") "done 10 0"},
    {ASK(7, 7),
     .body = PAGE(WITH("\"105433.60000\"", "\"0.00027625\"", "1762795433.9717445", "\"s\"", "7")),
     .is = "trade BTC/USDT 7 105433.6 x 0.00027625 sell repair " AT "done 8 0"},
    /* what is not wanted; a hole; an id twice; another order */
    {ASK(7, 9), .body = PAGE(ROW("5") "," ROW("7") "," ROW("9") "," ROW("12")),
     .is = TRADE("7") TRADE("9") "done 10 0"},
    {ASK(7, 9), .body = PAGE(ROW("7") "," ROW("7") "," ROW("8")),
     .is = TRADE("7") TRADE("8") "done 9 0"},
    {ASK(7, 9), .body = PAGE(ROW("9") "," ROW("7") "," ROW("8")),
     .is = TRADE("7") TRADE("8") TRADE("9") "done 10 0"},
    /* a page that is not full is the last */
    {ASK(7, INT64_MAX), .body = PAGE(ROW("7")), .is = TRADE("7") "done 8 0"},
    {ASK(7, 9), .body = PAGE(""), .is = "done 7 0"},
    /* refusals come with HTTP 200 */
    {ASK(7, 9), .body = "{\"error\":[\"EGeneral:Too many requests\"]}",
     .is = "busy kraken: Trades: refused: EGeneral:Too many requests"},
    {ASK(7, 9), .body = "{\"error\":[\"EService: Throttled: 1762795433\"],\"result\":{}}",
     .is = "busy kraken: Trades: refused: EService: Throttled: 1762795433"},
    {ASK(7, 9), .body = "{\"error\":[\"EAPI:Rate limit exceeded\"]}",
     .is = "busy kraken: Trades: refused: EAPI:Rate limit exceeded"},
    {ASK(7, 9), .body = "{\"error\":[\"EService:Unavailable\",\"x\"]}",
     .is = "error io retriable: kraken: Trades: refused: EService:Unavailable"},
    {ASK(7, 9), .body = "{\"error\":[\"EGeneral:Internal error\"]}",
     .is = "error io retriable: kraken: Trades: refused: EGeneral:Internal error"},
    {ASK(7, 9), .body = "{\"error\":[\"EQuery:Unknown asset pair\"]}",
     .is = "error not_found: kraken: Trades: refused: EQuery:Unknown asset pair"},
    {.first = 7,
     .last = 9,
     .status = 404,
     .body = "<html>",
     .is = "error not_found: kraken: Trades: HTTP status 404"},
    /* shapes that are none; rows before a bad one stay */
    {ASK(7, 9), .body = "[]", .is = "error proto: kraken: Trades answer is no JSON object"},
    {ASK(7, 9), .body = "{\"result\":{}}",
     .is = "error proto: kraken: Trades answer without error"},
    {ASK(7, 9), .body = "{\"error\":\"x\"}",
     .is = "error proto: kraken: Trades answer: error is no array"},
    {ASK(7, 9), .body = "{\"error\":[7]}", .is = "error proto: kraken: Trades: error is malformed"},
    {ASK(7, 9), .body = "{\"error\":[]}",
     .is = "error proto: kraken: Trades answer without result"},
    {ASK(7, 9), .body = "{\"error\":[],\"result\":{\"last\":\"7\"}}",
     .is = "error proto: kraken: Trades: result is not one pair's"},
    {ASK(7, 9), .body = "{\"error\":[],\"result\":{\"A\":[],\"B\":[],\"last\":\"7\"}}",
     .is = "error proto: kraken: Trades: result is not one pair's"},
    {ASK(7, 9), .body = "{\"error\":[],\"result\":{\"A\":[]}}",
     .is = "error proto: kraken: Trades: last is no number of nanoseconds"},
    {ASK(7, 9), .body = "{\"error\":[],\"result\":{\"A\":[],\"last\":7}}",
     .is = "error proto: kraken: Trades: last is no number of nanoseconds"},
    {ASK(7, 9), .body = "{\"error\":[],\"result\":{\"A\":[],\"last\":\"7.5\"}}",
     .is = "error proto: kraken: Trades: last is no number of nanoseconds"},
    {ASK(7, 9), .body = PAGE(ROW("7") ",{}," ROW("9")),
     .is = TRADE("7") "error proto: kraken: Trades is no JSON array"},
    {ASK(7, 9), .body = PAGE("\"[]\""), .is = "error proto: kraken: Trades is no JSON array"},
    {ASK(7, 9), .body = PAGE("[\"2\",\"1\",1762795433.9717445,\"b\",\"l\",\"\"]"),
     .is = "error proto: kraken: Trades without trade_id"},
    {ASK(7, 9), .body = PAGE(ROW("\"7\"")),
     .is = "error proto: kraken: Trades: trade_id is not a plain number"},
    {ASK(7, 9), .body = PAGE(ROW("7.0")),
     .is = "error proto: kraken: Trades: trade_id is no trade"},
    {ASK(7, 9), .body = PAGE(WITH("2", "\"1\"", "1762795433.9", "\"b\"", "7")),
     .is = "error proto: kraken: Trades: price is not a plain string"},
    {ASK(7, 9), .body = PAGE(WITH("\"2\"", "\"0\"", "1762795433.9", "\"b\"", "7")),
     .is = "error proto: kraken: Trades: volume is not above 0"},
    {ASK(7, 9), .body = PAGE(WITH("\"2\"", "\"1\"", "\"1762795433.9\"", "\"b\"", "7")),
     .is = "error proto: kraken: Trades: time is not a plain number"},
    {ASK(7, 9), .body = PAGE(WITH("\"2\"", "\"1\"", "1.7627954339e9", "\"b\"", "7")),
     .is = "trade BTC/USDT 7 2 x 1 buy repair @2025-11-10T17:23:53.900000Z; done 8 0"},
    {ASK(7, 9),
     .body = PAGE(WITH("\"2\"", "\"1\"", "1762795433.1234567890123456789", "\"b\"", "7")),
     .is = "error proto: kraken: Trades: time is \"1762795433.1234567890123456789\", no time"},
    {ASK(7, 9), .body = PAGE(WITH("\"2\"", "\"1\"", "1762795433971744", "\"b\"", "7")),
     .is = "error proto: kraken: Trades: time is \"1762795433971744\", no time"},
    {ASK(7, 9), .body = PAGE(WITH("\"2\"", "\"1\"", "-1762795433.9", "\"b\"", "7")),
     .is = "error proto: kraken: Trades: time is \"-1762795433.9\", no time"},
    {ASK(7, 9), .body = PAGE(WITH("\"2\"", "\"1\"", "1762795433.9", "\"buy\"", "7")),
     .is = "error proto: kraken: Trades: side is neither \"b\" nor \"s\""},
};

static void says(void **state)
{
    (void)state;
    history_case_pages(&btc, pages, N(pages));
}

static void add_row(struct strbuf *out, int64_t id, int64_t ns)
{
    assert_int_equal(
        strbuf_addf(out, "%s[\"2\",\"1\",%" PRId64 ".%09" PRId64 ",\"b\",\"l\",\"\",%" PRId64 "]",
                    out->data[out->len - 1] == '[' ? "" : ",", ns / 1000000000, ns % 1000000000,
                    id),
        0);
}

static void begin(struct strbuf *out)
{
    strbuf_reset(out);
    assert_int_equal(strbuf_adds(out, "{\"error\":[],\"result\":{\"XXBTZUSD\":["), 0);
}

static void end(struct strbuf *out, int64_t last_ns)
{
    assert_int_equal(strbuf_addf(out, "],\"last\":\"%" PRId64 "\"}}", last_ns), 0);
}

static const char *verdict_of(const char *said)
{
    const char *at = strrchr(said, ';');
    return at ? at + 2 : said;
}

static void long_pages(void **state)
{
    (void)state;
    const int64_t ns = FROM_US * 1000;
    struct strbuf body = STRBUF_INIT(16 << 20);
    const struct history_case_page page = {ASK(1000, 5000), .from_us = FROM_US};
    /* full: the next begins with what is at the time of its last */
    begin(&body);
    for (int i = 0; i < 1000; i++)
        add_row(&body, 1000 + i, ns + i * INT64_C(5000));
    end(&body, ns + 999 * 5000);
    assert_string_equal(verdict_of(history_case_say(&btc, &page, strbuf_slice(&body))),
                        "more 2000 1762795433976737999");
    /* nothing of ours, and there will be nothing: ids are behind the last one wanted */
    const struct history_case_page passed = {ASK(10, 20), .from_us = FROM_US};
    assert_string_equal(history_case_say(&btc, &passed, strbuf_slice(&body)), "done 10 0");
    /* or not yet */
    const struct history_case_page ahead = {ASK(3000, 4000), .from_us = FROM_US};
    assert_string_equal(history_case_say(&btc, &ahead, strbuf_slice(&body)),
                        "more 3000 1762795433976737999");
    /* a thousand of one instant: only "last" leads on, if it does */
    for (int64_t more_ns = 0; more_ns < 2; more_ns++) {
        struct history_case_page at = {ASK(1000, 5000), .cursor = ns};
        begin(&body);
        for (int i = 0; i < 1000; i++)
            add_row(&body, 1000 + i, ns + 1);
        end(&body, ns + more_ns);
        assert_string_equal(verdict_of(history_case_say(&btc, &at, strbuf_slice(&body))),
                            more_ns ? "more 2000 1762795433971744001"
                                    : "error proto: kraken: Trades: last is not behind since");
    }
    /* longer than was asked for, by one and by 10 MB */
    for (int rows = 1001; rows < 300000; rows *= 250) {
        begin(&body);
        for (int i = 0; i < rows; i++)
            add_row(&body, i, ns + i);
        end(&body, ns + rows);
        assert_string_equal(history_case_say(&btc, &page, strbuf_slice(&body)),
                            "error proto: kraken: Trades: more than 1000 trades");
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

/* What the stream says of the first trades, REST says too, and then more of the kind. */
static void same_as_stream(void **state)
{
    (void)state;
    struct strbuf body = read_file(trades_path);
    struct strbuf lines = read_file(frames_path);
    struct strbuf frame = STRBUF_INIT(1 << 20);
    struct strbuf live = STRBUF_INIT(1 << 20);
    const struct history_case_page page = {ASK(10218208, 10219207), .from_us = FROM_US};
    for (char *line = strtok(lines.data, "\n"); line; line = strtok(NULL, "\n")) {
        struct recorded rec;
        struct err e = {0};
        strbuf_reset(&frame);
        assert_int_equal(recorded_parse(slice_of(line), &frame, &rec, &e), 0);
        assert_int_equal(strbuf_adds(&live, history_case_frame(&btc, rec.frame.text)), 0);
    }
    const char *said = history_case_say(&btc, &page, strbuf_slice(&body));
    assert_true(live.len > 300 * strlen("trade BTC/USDT 10218208 2 x 1 buy repair " AT) / 2);
    assert_memory_equal(said, live.data, live.len);
    assert_string_equal(verdict_of(said), "done 10219208 0");
    strbuf_finish(&live);
    strbuf_finish(&frame);
    strbuf_finish(&lines);
    strbuf_finish(&body);
}

static void cut_recording(void **state)
{
    (void)state;
    struct strbuf body = read_file(trades_path);
    const struct history_case_page page = {ASK(10218208, 10219207), .from_us = FROM_US};
    for (size_t len = 0; len < body.len; len += len < 2000 ? 1 : 37) {
        if (body.data[len] == '\n')
            continue; /* behind the last bracket */
        assert_memory_equal(history_case_say(&btc, &page, slice_make(body.data, len)),
                            "error proto: ", 13);
    }
    strbuf_finish(&body);
}

/* --- walks ----------------------------------------------------------------------------------- */

enum { TAPE_MAX = 5000 };

static int by_time(const void *a, const void *b)
{
    const struct history_case_trade *x = a;
    const struct history_case_trade *y = b;
    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Trades of a microsecond lie some nanoseconds apart. */
static int64_t ns_of(const struct history_case_trade *t)
{
    return t->time_us * 1000 + t->id % 10 * 7;
}

static void answer(struct history_case_tape *t, const char *path, struct strbuf *out)
{
    static struct history_case_trade sorted[TAPE_MAX];
    static const char start[] = "/0/public/Trades?pair=XBTUSDT&";
    int64_t since = history_case_param(path, start, "since");
    int64_t count = history_case_param(path, start, "count");
    int64_t last_ns = since;
    memcpy(sorted, t->trades, t->n * sizeof(sorted[0]));
    qsort(sorted, t->n, sizeof(sorted[0]), by_time);
    begin(out);
    for (size_t i = 0; i < t->n && count > 0; i++) {
        if (ns_of(&sorted[i]) <= since)
            continue;
        last_ns = ns_of(&sorted[i]);
        add_row(out, sorted[i].id, last_ns);
        count--;
    }
    end(out, last_ns);
}

static void walks(void **state)
{
    (void)state;
    static struct history_case_trade tape[TAPE_MAX];
    static const struct {
        int64_t same; /* so many trades at a time */
        int late;     /* each so many-th is dated 30 trades back, 0: none */
        int hole;     /* before each so many-th ten ids are missing, 0: none */
        struct history_case_page page;
        size_t requests;
    } cases[] = {
        {1, 0, 0, {ASK(100, 100), .from_us = FROM_US + 99}, 1},
        {1, 0, 0, {ASK(100, 4999), .from_us = FROM_US + 99}, 5},
        {1, 0, 0, {ASK(100, INT64_MAX), .from_us = FROM_US + 99}, 6},
        {1, 0, 0, {ASK(4000, 4100), .from_us = FROM_US}, 5},        /* the time is of long before */
        {1, 0, 0, {ASK(4990, 9999), .from_us = FROM_US + 4980}, 1}, /* the exchange has less */
        {7, 0, 0, {ASK(100, 4999), .from_us = FROM_US + 14}, 6},
        {300, 0, 0, {ASK(100, 4999), .from_us = FROM_US}, 12},
        {1, 13, 0, {ASK(100, 4999), .from_us = FROM_US + 40}, 7},
        {3, 100, 0, {ASK(100, 4999), .from_us = FROM_US}, 8},
        {1, 0, 50, {ASK(100, 5900), .from_us = FROM_US + 80}, 10},
    };
    for (size_t k = 0; k < N(cases); k++) {
        int64_t id = 0;
        for (int i = 0; i < TAPE_MAX; i++, id++) {
            bool late = cases[k].late > 0 && i % cases[k].late == cases[k].late - 1 && i > 200;
            id += cases[k].hole > 0 && i % cases[k].hole == cases[k].hole - 1 ? 10 : 0;
            tape[i] =
                (struct history_case_trade){id, FROM_US + (late ? i - 30 : i) / cases[k].same};
        }
        struct history_case_tape t = {tape, TAPE_MAX, 0};
        history_case_walk(&btc, &cases[k].page, &t, answer, cases[k].requests);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),       cmocka_unit_test(names),
        cmocka_unit_test(says),           cmocka_unit_test(long_pages),
        cmocka_unit_test(same_as_stream), cmocka_unit_test(cut_recording),
        cmocka_unit_test(walks),
    };
    if (argc != 3)
        return 2;
    trades_path = argv[1];
    frames_path = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
