/* The candle fold alone: records in, records out, no Kafka. */
#include "bench.h"
#include "candle.h"

#include <stdio.h>
#include <stdlib.h>

enum { SYMBOLS = 180, STEP_US = 500 };

struct market_input {
    void *state;
    char symbols[SYMBOLS][16];
    int64_t n;
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

/* One trade, half a millisecond of market time after the one before it. */
static void fold_trade(void *ctx)
{
    struct market_input *m = ctx;
    const int64_t now_us = INT64_C(1763683200000000) + m->n * STEP_US;
    char id[24];
    int len = snprintf(id, sizeof(id), "%lld", (long long)m->n);
    const struct record r = {
        .type = RECORD_TRADE,
        .trade = {.exchange = slice_of("binance"),
                  .symbol = slice_of(m->symbols[m->n * 7919 % SYMBOLS]),
                  .trade_id = slice_make(id, (size_t)len),
                  .has_sequence = true,
                  .sequence = m->n,
                  .price = {(__int128)(9580415 + m->n % 977) * 10000000000000000},
                  .amount = {(__int128)(216 + m->n % 9973) * 10000000000000},
                  .side = m->n % 2 ? SIDE_BUY : SIDE_SELL,
                  .exchange_time_us = now_us - 30000,
                  .receive_time_us = now_us}};
    const struct fold_input in = {0, m->n++, &r};
    const struct fold_sink sink = {m, emit, refuse, count};
    struct err e = {0};
    if (candle_fold.apply(m->state, &in, &sink, &e) != 0) {
        (void)fprintf(stderr, "bench: %s\n", e.text);
        exit(1);
    }
}

int main(void)
{
    char all[] = "all";
    const struct candle_options options = {.intervals = all,
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
        return 1;
    }
    const struct bench_figure f = bench_run("fold.candle", fold_trade, &m);
    bench_print(&f, NULL);
    candle_fold.destroy(m.state);
    return m.outputs > 0 ? 0 : 1;
}
