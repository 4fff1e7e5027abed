/* test_candle_kraken TRADES.json OHLC.json   a thousand trades that Kraken gave by REST, folded:
 * the minutes must be the ones that Kraken made of them. */
#include "candle_case.h"
#include "exchanges/fields.h"
#include "lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MINUTES_MAX = 1000, TRADES_MAX = 1000 };

static const char *trades_path;
static const char *minutes_path;

/* --- what Kraken says ------------------------------------------------------------------------ */

enum { T_PRICE, T_AMOUNT, T_TIME, T_SIDE, T_ORDER, T_MISC, T_ID, T_N };
static const struct slice trade_names[T_N] = {
    [T_PRICE] = FIELDS_KEY("price"), [T_AMOUNT] = FIELDS_KEY("volume"),
    [T_TIME] = FIELDS_KEY("time"),   [T_SIDE] = FIELDS_KEY("side"),
    [T_ORDER] = FIELDS_KEY("order"), [T_MISC] = FIELDS_KEY("misc"),
    [T_ID] = FIELDS_KEY("id"),
};

enum { M_TIME, M_OPEN, M_HIGH, M_LOW, M_CLOSE, M_VWAP, M_VOLUME, M_COUNT, M_N };
static const struct slice minute_names[M_N] = {
    [M_TIME] = FIELDS_KEY("time"),     [M_OPEN] = FIELDS_KEY("open"),
    [M_HIGH] = FIELDS_KEY("high"),     [M_LOW] = FIELDS_KEY("low"),
    [M_CLOSE] = FIELDS_KEY("close"),   [M_VWAP] = FIELDS_KEY("vwap"),
    [M_VOLUME] = FIELDS_KEY("volume"), [M_COUNT] = FIELDS_KEY("count"),
};

/* The rows of {"error":[],"result":{"XBTUSDT":[[…],…],"last":…}}, which one line is. */
struct answer {
    struct lines lines;
    struct scan rows;
    const struct slice *names;
    size_t n_names;
};

static void answer_open(struct answer *a, const char *path, const struct slice *names, size_t n)
{
    static const struct slice outer[] = {FIELDS_KEY("result")};
    static const struct slice inner[] = {FIELDS_KEY("XBTUSDT")};
    struct fields f = {.exchange = path, .record = "answer", .keys = outer, .n = 1};
    const struct scan_value *v = NULL;
    struct slice line;
    struct err e = {0};
    a->names = names;
    a->n_names = n;
    if (lines_open(&a->lines, path, &e) != 0 || lines_next(&a->lines, &line, &e) != 1 ||
        fields_read(&f, line, &e) != 0 || fields_need(&f, 0, SCAN_OBJECT, &v, &e) != 0)
        fail_msg("%s", e.text);
    f.keys = inner;
    const struct slice result = v->text;
    if (fields_read(&f, result, &e) != 0 || fields_need(&f, 0, SCAN_ARRAY, &v, &e) != 0 ||
        scan_array(&a->rows, v->text) != 0)
        fail_msg("%s", e.text);
}

static bool answer_next(struct answer *a, struct fields *ret)
{
    struct scan_value row;
    struct err e = {0};
    int r = scan_element(&a->rows, &row);
    assert_in_range(r, 0, 1);
    *ret =
        (struct fields){.exchange = "kraken", .record = "row", .keys = a->names, .n = a->n_names};
    if (r == 1 && fields_read_array(ret, row.text, &e) != 0)
        fail_msg("%s", e.text);
    return r == 1;
}

static int64_t time_of(const struct fields *f, size_t i)
{
    int64_t at_us;
    struct err e = {0};
    if (time_parse(fields_get(f, i)->text, &at_us, &e) != 0)
        fail_msg("%s", e.text);
    return at_us;
}

static struct decimal decimal_of(const struct fields *f, size_t i)
{
    struct decimal d;
    struct err e = {0};
    if (fields_decimal(f, i, SCAN_STRING, &d, &e) != 0)
        fail_msg("%s", e.text);
    return d;
}

static struct record trade_of(const struct fields *f)
{
    struct err e = {0};
    struct event ev = {.type = EVENT_TRADE};
    struct record r = candle_case_trade("kraken", "BTC-USDT", time_of(f, T_TIME));
    if (fields_trade_id(f, T_ID, SCAN_NUMBER, &ev, &e) != 0)
        fail_msg("%s", e.text);
    r.trade.trade_id = ev.trade_id;
    r.trade.has_sequence = true;
    r.trade.sequence = ev.sequence;
    r.trade.price = decimal_of(f, T_PRICE);
    r.trade.amount = decimal_of(f, T_AMOUNT);
    r.trade.side = fields_is(f, T_SIDE, "b") ? SIDE_BUY : SIDE_SELL;
    return r;
}

/* --- what the fold says ---------------------------------------------------------------------- */

struct run {
    struct fold_harness h;
    int64_t first_us; /* exchange times of the first and the last trade */
    int64_t last_us;
    int64_t tick_us;
};

static void tick_until(struct run *run, int64_t to_us)
{
    for (; run->tick_us <= to_us; run->tick_us += US_PER_S) {
        const struct record tick = candle_case_tick("kraken", run->tick_us);
        fold_harness_apply(&run->h, &tick);
    }
}

static void begin(struct run *run, int64_t at_us)
{
    struct record subscribed = {.type = RECORD_FEED};
    subscribed.feed = (struct feed){.exchange = slice_of("kraken"),
                                    .symbol = slice_of("BTC-USDT"),
                                    .event = FEED_EVENT_SUBSCRIBED,
                                    .receive_time_us = at_us};
    run->first_us = at_us;
    run->tick_us = (at_us / US_PER_S + 1) * US_PER_S;
    fold_harness_apply(&run->h, &subscribed);
}

static void fold_trades(struct run *run)
{
    struct answer trades;
    struct fields f;
    size_t n = 0;
    answer_open(&trades, trades_path, trade_names, T_N);
    for (; answer_next(&trades, &f); n++) {
        const struct record r = trade_of(&f);
        if (n == 0)
            begin(run, r.trade.exchange_time_us);
        tick_until(run, r.trade.exchange_time_us);
        fold_harness_apply(&run->h, &r);
        run->last_us = r.trade.exchange_time_us;
    }
    tick_until(run, run->last_us + 2 * US_PER_MIN);
    lines_close(&trades.lines);
    assert_int_equal(n, TRADES_MAX);
}

/* The final candle of that minute; false: there is none. */
static bool find_minute(const struct run *run, int64_t open_us, struct candle *ret)
{
    struct record r;
    for (size_t i = 0; i < run->h.n_said; i++) {
        fold_harness_decode(&run->h, i, &r);
        assert_int_equal(r.type, RECORD_CANDLE);
        if (r.candle.open_time_us != open_us || r.candle.status != CANDLE_STATUS_FINAL)
            continue;
        *ret = r.candle;
        return true;
    }
    return false;
}

/* --- both ------------------------------------------------------------------------------------ */

static void same_price(const struct fields *minute, size_t i, bool has, struct decimal ours)
{
    assert_true(has);
    assert_true(decimal_of(minute, i).e18 == ours.e18);
}

/* Kraken cuts it off behind the decimals of the price, of which this pair has one. */
static void same_vwap(const struct fields *minute, struct decimal ours)
{
    const __int128 tenth = 100000000000000000;
    assert_true(decimal_of(minute, M_VWAP).e18 == ours.e18 / tenth * tenth);
}

static void same_minute(const struct fields *minute, const struct candle *c)
{
    int64_t count;
    assert_int_equal(scan_int64(fields_get(minute, M_COUNT)->text, &count), 0);
    assert_int_equal(c->trades, count);
    same_price(minute, M_OPEN, c->has_open, c->open);
    same_price(minute, M_HIGH, c->has_high, c->high);
    same_price(minute, M_LOW, c->has_low, c->low);
    same_price(minute, M_CLOSE, c->has_close, c->close);
    assert_true(decimal_of(minute, M_VOLUME).e18 == c->volume.e18);
    assert_true(c->has_vwap);
    same_vwap(minute, c->vwap);
    assert_int_equal(c->revision, 1);
    assert_int_equal(c->coverage, COVERAGE_COMPLETE);
}

static void minutes_are_krakens(void **state)
{
    (void)state;
    struct run run = {.first_us = 0};
    struct answer minutes;
    struct fields f;
    int with_trades = 0;
    int quiet = 0;
    fold_harness_init(&run.h, &candle_fold, &candle_case_minutes, 0);
    fold_trades(&run);
    answer_open(&minutes, minutes_path, minute_names, M_N);
    while (answer_next(&minutes, &f)) {
        struct candle c;
        int64_t open_us = time_of(&f, M_TIME);
        if (open_us < run.first_us || open_us + US_PER_MIN > run.last_us)
            continue; /* not all of its trades are here */
        if (!slice_is(fields_get(&f, M_COUNT)->text, "0")) {
            assert_true(find_minute(&run, open_us, &c));
            same_minute(&f, &c);
            with_trades++;
        } else {
            assert_false(find_minute(&run, open_us, &c));
            quiet++;
        }
    }
    lines_close(&minutes.lines);
    fold_harness_finish(&run.h);
    assert_int_equal(with_trades, 272);
    assert_int_equal(quiet, 137);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(minutes_are_krakens)};
    if (argc != 3)
        return 2;
    trades_path = argv[1];
    minutes_path = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
