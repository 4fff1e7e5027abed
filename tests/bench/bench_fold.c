/* The candle fold alone: records in, records out, no Kafka. */
#include "bench.h"
#include "candle.h"

#include <stdio.h>
#include <stdlib.h>

enum { SYMBOLS = 180, RATE = 2000, STEP_US = 1000000 / RATE, ID_MAX = 20 };

struct market_input {
    void *state;
    char symbols[SYMBOLS][16];
    int64_t ids[SYMBOLS]; /* of the next trade */
    int64_t n;
    int64_t trades;
    int64_t outputs;
};

static int emit(void *ctx, const struct fold_output *out, struct err *e)
{
    (void)out;
    (void)e;
    ((struct market_input *)ctx)->outputs++;
    return 0;
}

static int refuse(void *ctx, const char *reason, struct err *e)
{
    (void)ctx;
    return err_set(e, ERR_ARG, "refused: %s", reason);
}

static void count(void *ctx, int n, int64_t by)
{
    (void)ctx;
    (void)n;
    (void)by;
}

static void apply(struct market_input *m, const struct record *r)
{
    const struct fold_input in = {0, m->n++, r};
    const struct fold_sink sink = {m, emit, refuse, count};
    struct err e = {0};
    if (candle_fold.apply(m->state, &in, &sink, &e) != 0) {
        (void)fprintf(stderr, "bench: %s\n", e.text);
        exit(1);
    }
}

static void fold_tick(struct market_input *m, int64_t now_us)
{
    const struct record r = {
        .type = RECORD_TICK,
        .tick = {
            .exchange = slice_of("binance"), .receive_time_us = now_us, .alive = true, .epoch = 1}};
    apply(m, &r);
}

/* printf() would take as long as the fold. */
static struct slice print_id(int64_t sequence, char id[ID_MAX])
{
    char *p = id + ID_MAX;
    do {
        *--p = (char)('0' + sequence % 10);
        sequence /= 10;
    } while (sequence > 0);
    return slice_make(p, (size_t)(id + ID_MAX - p));
}

/* One trade, half a millisecond of market time after the one before it; a tick each second. */
static void fold_trade(void *ctx)
{
    struct market_input *m = ctx;
    const int64_t n = m->trades++;
    const int64_t now_us = INT64_C(1763683200000000) + n * STEP_US;
    const int symbol = (int)(n * 7919 % SYMBOLS);
    const int64_t sequence = m->ids[symbol]++;
    char id[ID_MAX];
    const struct record r = {.type = RECORD_TRADE,
                             .trade = {.exchange = slice_of("binance"),
                                       .symbol = slice_of(m->symbols[symbol]),
                                       .trade_id = print_id(sequence, id),
                                       .has_sequence = true,
                                       .sequence = sequence,
                                       .price = {(__int128)(9580415 + n % 977) * 10000000000000000},
                                       .amount = {(__int128)(216 + n % 9973) * 10000000000000},
                                       .side = n % 2 ? SIDE_BUY : SIDE_SELL,
                                       .exchange_time_us = now_us - 30000,
                                       .receive_time_us = now_us}};
    if (n % RATE == 0)
        fold_tick(m, now_us);
    apply(m, &r);
}

static struct bench_figure measure(const char *name, char *list)
{
    const struct candle_options options = {.intervals = list,
                                           .grace_ms = 2000,
                                           .keep_ms = 60000,
                                           .hold_ms = 86400000,
                                           .max_windows = 200000};
    struct market_input m = {0};
    struct err e = {0};
    for (int i = 0; i < SYMBOLS; i++)
        (void)snprintf(m.symbols[i], sizeof(m.symbols[i]), "A%d-USDT", i);
    m.state = candle_fold.create(&options, 0, &e);
    if (!m.state) {
        (void)fprintf(stderr, "bench: %s\n", e.text);
        exit(1);
    }
    const struct bench_figure f = bench_run(name, fold_trade, &m);
    candle_fold.destroy(m.state);
    if (m.outputs == 0) {
        (void)fprintf(stderr, "bench: no candle came of %lld trades\n", (long long)m.trades);
        exit(1);
    }
    return f;
}

int main(void)
{
    char minute[] = "1m";
    char all[] = "1s,1m,5m,15m,30m,1h,4h,6h,12h,1d,1w";
    const struct bench_figure one = measure("fold.candle.1m", minute);
    const struct bench_figure eleven = measure("fold.candle", all);
    bench_print(&one, NULL);
    bench_print(&eleven, &one);
    return 0;
}
