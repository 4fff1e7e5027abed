#include "candle_case.h"

#include "candle_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TEXT_LIMIT = 64000, SAID_MAX = 512 };

static char all_intervals[] = "1s,1m,5m,15m,30m,1h,4h,6h,12h,1d,1w";
static char minutes[] = "1m";

const struct candle_options candle_case_defaults = {.grace_ms = 2000,
                                                    .keep_ms = 60000,
                                                    .hold_ms = 86400000,
                                                    .max_windows = 200000,
                                                    .intervals = all_intervals};

const struct candle_options candle_case_minutes = {.grace_ms = 2000,
                                                   .keep_ms = 60000,
                                                   .hold_ms = 60000,
                                                   .max_windows = 200000,
                                                   .intervals = minutes};

const struct candle_options candle_case_held = {.grace_ms = 2000,
                                                .keep_ms = 60000,
                                                .hold_ms = 86400000,
                                                .max_windows = 200000,
                                                .intervals = minutes};

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
    r.tick =
        (struct tick){.exchange = slice_of(exchange), .receive_time_us = receive_us, .alive = true};
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
    const int64_t length_us = c->close_time_us - c->open_time_us;
    const int64_t since_us = c->open_time_us - CANDLE_CASE_T0;
    assert_int_equal(since_us % length_us, 0);
    add(out, "", short_name(c));
    assert_int_equal(strbuf_addf(out, "[%lld] ", (long long)(since_us / length_us)), 0);
    if (!slice_is(c->interval, "1m"))
        assert_int_equal(strbuf_addf(out, "%.*s ", SLICE_ARG(c->interval)), 0);
    if (c->status == CANDLE_STATUS_PROVISIONAL)
        add(out, "provisional", slice_of(""));
    else
        assert_int_equal(strbuf_addf(out, "final %d", c->revision), 0);
    if (c->has_reason)
        add(out, " ", slice_of(revision_reason_name(c->reason)));
    if (c->coverage != COVERAGE_UNKNOWN)
        add(out, " ", slice_of(coverage_name(c->coverage)));
    if (c->has_missing)
        assert_int_equal(strbuf_addf(out, " %lld", (long long)c->missing), 0);
    assert_int_equal(strbuf_addf(out, " n=%lld", (long long)c->trades), 0);
}

/* --- steps ----------------------------------------------------------------------------------- */

static struct record feed_of(const struct candle_step *s)
{
    static const enum feed_event events[] = {[SUBSCRIBED] = FEED_EVENT_SUBSCRIBED,
                                             [LOST] = FEED_EVENT_LOST,
                                             [GAP] = FEED_EVENT_GAP,
                                             [REPAIRED] = FEED_EVENT_REPAIRED,
                                             [GIVEN_UP] = FEED_EVENT_GIVEN_UP};
    struct record r = {.type = RECORD_FEED};
    r.feed = (struct feed){.exchange = slice_of(series_names[s->series].exchange),
                           .symbol = slice_of(series_names[s->series].symbol),
                           .event = events[s->kind],
                           .has_first_id = s->id != 0,
                           .first_id = s->id,
                           .has_last_id = s->id != 0,
                           .last_id = s->id,
                           .has_from_time_us = s->exchange_us != ABSENT,
                           .has_to_time_us = s->to_us != 0,
                           .to_time_us = s->to_us == 0 ? 0 : CANDLE_CASE_T0 + s->to_us,
                           .receive_time_us = CANDLE_CASE_T0 + s->receive_us};
    if (r.feed.has_from_time_us)
        r.feed.from_time_us = CANDLE_CASE_T0 + s->exchange_us;
    return r;
}

static struct record record_of(const struct candle_step *s, const char *id)
{
    const char *exchange = series_names[s->series].exchange;
    struct record r;
    if (s->kind == TICK || s->kind == SILENCE || s->kind == DEAD) {
        r = candle_case_tick(exchange, CANDLE_CASE_T0 + s->receive_us);
        r.tick.alive = s->kind != DEAD;
        return r;
    }
    if (s->kind != TRADE && s->kind != REPAIR)
        return feed_of(s);
    r = candle_case_trade(exchange, series_names[s->series].symbol,
                          CANDLE_CASE_T0 + s->exchange_us);
    r.trade.receive_time_us = CANDLE_CASE_T0 + s->receive_us;
    r.trade.trade_id = slice_of(id);
    r.trade.has_sequence = s->id != 0;
    r.trade.sequence = s->id;
    if (s->kind == REPAIR)
        r.trade.origin = TRADE_ORIGIN_REPAIR;
    return r;
}

/* Ticks of the step's exchange, so that 3 s at most pass without one. */
static void tick_until(struct fold_harness *h, const struct candle_step *s, int64_t *last_us)
{
    if (*last_us == ABSENT)
        *last_us = s->receive_us;
    while (s->kind != SILENCE && s->receive_us - *last_us > MS(3000)) {
        *last_us += MS(3000);
        const struct record r =
            candle_case_tick(series_names[s->series].exchange, CANDLE_CASE_T0 + *last_us);
        fold_harness_apply(h, &r);
    }
    bool ticks = s->kind == TICK || s->kind == SILENCE || s->kind == DEAD;
    if (ticks && s->receive_us > *last_us)
        *last_us = s->receive_us;
}

/* --- what they say --------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The parts of a text, in order; the text is spoiled. */
static size_t split(char *text, char *parts[SAID_MAX])
{
    size_t n = 0;
    while (*text) {
        char *end = strstr(text, "; ");
        assert_true(n < SAID_MAX);
        parts[n++] = text;
        if (!end)
            break;
        *end = '\0';
        text = end + 2;
    }
    qsort(parts, n, sizeof(*parts), by_text);
    return n;
}

static bool is_same(const char *said, const char *due)
{
    static const char refused[] = "refused: ";
    const size_t len = sizeof(refused) - 1;
    if (strncmp(said, refused, len) != 0 || strncmp(due, refused, len) != 0)
        return strcmp(said, due) == 0;
    return strstr(said + len, due + len) != NULL;
}

static bool are_same(const char *said, const char *due)
{
    char *said_parts[SAID_MAX] = {NULL};
    char *due_parts[SAID_MAX] = {NULL};
    char *said_copy = strdup(said);
    char *due_copy = strdup(due);
    assert_true(said_copy && due_copy);
    size_t n = split(said_copy, said_parts);
    bool same = split(due_copy, due_parts) == n;
    for (size_t i = 0; same && i < n; i++)
        same = is_same(said_parts[i], due_parts[i]);
    free(said_copy);
    free(due_copy);
    return same;
}

/* --- scripts --------------------------------------------------------------------------------- */

/* Who is asked, and how. */
struct way {
    const char *name;
    const struct fold_ops *ops;
    bool reopen; /* the state behind every step */
    bool ticks;  /* between steps */
};

static void run(const char *name, const struct candle_options *options, const struct way *way,
                const struct candle_step *steps, size_t n)
{
    struct fold_harness h;
    int64_t ticked_us[] = {ABSENT, ABSENT}; /* by binance and kraken */
    fold_harness_init(&h, way->ops, options, CANDLE_CASE_PARTITION);
    for (size_t i = 0; i < n; i++) {
        char id[24];
        (void)snprintf(id, sizeof(id), "%zu", i);
        const struct record r = record_of(&steps[i], id);
        size_t before = h.n_said;
        if (way->ticks)
            tick_until(&h, &steps[i], &ticked_us[steps[i].series == KRAKEN]);
        fold_harness_apply(&h, &r);
        struct strbuf said = STRBUF_INIT(TEXT_LIMIT);
        assert_int_equal(strbuf_adds(&said, ""), 0);
        for (size_t k = before; k < h.n_said; k++) {
            assert_int_equal(strbuf_adds(&said, k == before ? "" : "; "), 0);
            candle_case_describe(&h, k, &said);
        }
        if (!are_same(said.data, steps[i].said))
            fail_msg("%s, step %zu, %s:\n\"%s\", expected\n\"%s\"", name, i, way->name, said.data,
                     steps[i].said);
        strbuf_finish(&said);
        if (way->reopen)
            fold_harness_reopen(&h);
    }
    fold_harness_finish(&h);
}

static void run_all(const char *name, const struct candle_options *options, bool ticks,
                    const struct candle_step *steps, size_t n)
{
    const struct way ways[] = {{"by the fold", &candle_fold, false, ticks},
                               {"by the fold, reopened", &candle_fold, true, ticks},
                               {"by the model", &candle_model_fold, false, ticks}};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        run(name, options, &ways[i], steps, n);
}

void candle_case_run(const char *name, const struct candle_options *options,
                     const struct candle_step *steps, size_t n)
{
    run_all(name, options, true, steps, n);
}

void candle_case_run_bare(const char *name, const struct candle_options *options,
                          const struct candle_step *steps, size_t n)
{
    run_all(name, options, false, steps, n);
}
