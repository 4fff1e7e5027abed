#include "candle_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TEXT_LIMIT = 4000 };

const struct candle_options candle_case_defaults = {
    .grace_ms = 2000, .keep_ms = 60000, .max_windows = 200000};

static const struct {
    const char *exchange;
    const char *symbol;
} series_names[] = {[BTC] = {"binance", "BTC-USDT"},
                    [ETH] = {"binance", "ETH-USDT"},
                    [KRAKEN] = {"kraken", "BTC-USD"}};

struct decimal candle_case_num(const char *text)
{
    struct err e = {0};
    struct decimal d;
    if (decimal_parse(slice_of(text), &d, &e) != 0)
        fail_msg("%s", e.text);
    return d;
}

struct record candle_case_trade(const char *exchange, const char *symbol, int64_t exchange_us)
{
    struct record r = {.type = RECORD_TRADE};
    r.trade = (struct trade){.exchange = slice_of(exchange),
                             .symbol = slice_of(symbol),
                             .trade_id = slice_of("1"),
                             .price = candle_case_num("100"),
                             .amount = candle_case_num("1"),
                             .side = SIDE_BUY,
                             .exchange_time_us = exchange_us,
                             .receive_time_us = exchange_us,
                             .origin = TRADE_ORIGIN_LIVE};
    return r;
}

struct record candle_case_tick(const char *exchange, int64_t receive_us)
{
    struct record r = {.type = RECORD_TICK};
    r.tick = (struct tick){.exchange = slice_of(exchange), .receive_time_us = receive_us};
    return r;
}

/* --- as text --------------------------------------------------------------------------------- */

static void add(struct strbuf *out, const char *before, struct slice text)
{
    assert_int_equal(strbuf_addf(out, "%s%.*s", before, SLICE_ARG(text)), 0);
}

static void add_decimal(struct strbuf *out, const char *before, bool has, struct decimal d)
{
    char text[DECIMAL_TEXT];
    size_t len = decimal_format(d, text);
    add(out, before, has ? slice_make(text, len) : slice_of("null"));
}

void candle_case_values(const struct candle *c, struct strbuf *out)
{
    add_decimal(out, "", c->has_open, c->open);
    add_decimal(out, " ", c->has_high, c->high);
    add_decimal(out, " ", c->has_low, c->low);
    add_decimal(out, " ", c->has_close, c->close);
    add_decimal(out, " v=", true, c->volume);
    add_decimal(out, " q=", true, c->quote_volume);
    add_decimal(out, " b=", true, c->buy_volume);
    assert_int_equal(strbuf_addf(out, " n=%lld", (long long)c->trades), 0);
    add_decimal(out, " vwap=", c->has_vwap, c->vwap);
    add(out, " ", c->first_trade_id);
    add(out, "..", c->last_trade_id);
}

static struct slice short_name(const struct candle *c)
{
    for (size_t i = 0; i < sizeof(series_names) / sizeof(series_names[0]); i++)
        if (slice_is(c->exchange, series_names[i].exchange) &&
            slice_is(c->symbol, series_names[i].symbol))
            return slice_of(i == BTC ? "BTC" : i == ETH ? "ETH" : "KRAKEN");
    return c->symbol;
}

void candle_case_describe(const struct fold_harness *h, size_t i, struct strbuf *out)
{
    if (h->said[i].refusal) {
        add(out, "refused: ", fold_harness_value(h, i));
        return;
    }
    struct record r;
    fold_harness_decode(h, i, &r);
    const struct candle *c = &r.candle;
    int64_t minute = (c->open_time_us - CANDLE_CASE_T0) / US_PER_MIN;
    add(out, "", short_name(c));
    assert_int_equal(strbuf_addf(out, "[%lld] ", (long long)minute), 0);
    if (c->status == CANDLE_STATUS_PROVISIONAL)
        add(out, "provisional", slice_of(""));
    else
        assert_int_equal(strbuf_addf(out, "final %d", c->revision), 0);
    if (c->has_reason)
        add(out, " ", slice_of(c->reason == REVISION_REASON_LATE ? "late" : "repair"));
    assert_int_equal(strbuf_addf(out, " n=%lld", (long long)c->trades), 0);
}

/* --- scripts --------------------------------------------------------------------------------- */

static struct record record_of(const struct candle_step *s, const char *id)
{
    const char *exchange = series_names[s->series].exchange;
    if (s->kind == TICK)
        return candle_case_tick(exchange, CANDLE_CASE_T0 + s->receive_us);
    struct record r = candle_case_trade(exchange, series_names[s->series].symbol,
                                        CANDLE_CASE_T0 + s->exchange_us);
    r.trade.receive_time_us = CANDLE_CASE_T0 + s->receive_us;
    r.trade.trade_id = slice_of(id);
    if (s->kind == REPAIR)
        r.trade.origin = TRADE_ORIGIN_REPAIR;
    return r;
}

static void run(const char *name, const struct candle_options *options,
                const struct candle_step *steps, size_t n, bool reopen)
{
    struct fold_harness h;
    fold_harness_init(&h, &candle_fold, options, CANDLE_CASE_PARTITION);
    for (size_t i = 0; i < n; i++) {
        char id[24];
        (void)snprintf(id, sizeof(id), "%zu", i);
        const struct record r = record_of(&steps[i], id);
        size_t before = h.n_said;
        fold_harness_apply(&h, &r);
        struct strbuf said = STRBUF_INIT(TEXT_LIMIT);
        assert_int_equal(strbuf_adds(&said, ""), 0);
        for (size_t k = before; k < h.n_said; k++) {
            assert_int_equal(strbuf_adds(&said, k == before ? "" : "; "), 0);
            candle_case_describe(&h, k, &said);
        }
        if (strcmp(said.data, steps[i].said) != 0)
            fail_msg("%s, step %zu%s: \"%s\", expected \"%s\"", name, i,
                     reopen ? " (reopened)" : "", said.data, steps[i].said);
        strbuf_finish(&said);
        if (reopen)
            fold_harness_reopen(&h);
    }
    fold_harness_finish(&h);
}

void candle_case_run(const char *name, const struct candle_options *options,
                     const struct candle_step *steps, size_t n)
{
    run(name, options, steps, n, false);
    run(name, options, steps, n, true);
}
