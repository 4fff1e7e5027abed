/* The arbitrage fold alone: quotes and ticks in, opportunities out, no Kafka. */
#include "arbitrage.h"
#include "bench.h"
#include "edge.h"

#include "timefmt.h"

#include <stdio.h>
#include <stdlib.h>

/* RATE: quotes a second of market time. A prime number of symbols meets each exchange in turn. */
enum { SYMBOLS = 307, EXCHANGES_MAX = 7, RATE = 3000, STEP_US = 1000000 / RATE };

struct quotes_input {
    void *state;
    int exchanges;
    char symbols[SYMBOLS][16];
    char names[EXCHANGES_MAX][8];
    int64_t n;
    int64_t quotes;
    int64_t outputs;
    int64_t opened;
};

static int emit(void *ctx, const struct fold_output *out, struct err *e)
{
    (void)e;
    struct quotes_input *q = ctx;
    q->outputs++;
    q->opened += out->record->opportunity.state == OPPORTUNITY_STATE_OPENED;
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

static void apply(struct quotes_input *q, const struct record *r)
{
    const struct fold_input in = {0, q->n++, r};
    const struct fold_sink sink = {q, emit, refuse, count};
    struct err e = {0};
    if (arbitrage_fold.apply(q->state, &in, &sink, &e) != 0) {
        (void)fprintf(stderr, "bench: %s\n", e.text);
        exit(1);
    }
}

static void fold_ticks(struct quotes_input *q, int64_t now_us)
{
    for (int i = 0; i < q->exchanges; i++) {
        const struct record r = {.type = RECORD_TICK,
                                 .tick = {.exchange = slice_of(q->names[i]),
                                          .receive_time_us = now_us,
                                          .alive = true,
                                          .epoch = 1}};
        apply(q, &r);
    }
}

/* Prices of the exchanges lie up to 16 bps apart: most quotes cross another, few by more than fees;
 * once in a while one is 60 bps off for some quotes. */
static __int128 price_e18(int64_t n)
{
    __int128 cents = 10000000 + n * 7919 % 16000 + (n / 50 % 400 == 0 ? 60000 : 0);
    return cents * 10000000000000000;
}

static void fold_quote(void *ctx)
{
    struct quotes_input *q = ctx;
    const int64_t n = q->quotes++;
    const int64_t now_us = INT64_C(1763683200000000) + n * STEP_US;
    const __int128 bid = price_e18(n);
    const struct record r = {
        .type = RECORD_QUOTE,
        .quote = {.exchange = slice_of(q->names[n % q->exchanges]),
                  .symbol = slice_of(q->symbols[n * 7919 % SYMBOLS]),
                  .has_bid = true,
                  .bid = {bid},
                  .has_bid_amount = true,
                  .bid_amount = {(__int128)(1000 + n % 997) * 1000000000000000},
                  .has_ask = true,
                  .ask = {bid + 10000000000000000},
                  .has_ask_amount = true,
                  .ask_amount = {(__int128)(1000 + n % 991) * 1000000000000000},
                  .state = QUOTE_STATE_NORMAL,
                  .receive_time_us = now_us,
                  .epoch = 1}};
    if (n % RATE == 0)
        fold_ticks(q, now_us);
    apply(q, &r);
}

static void set_rules(struct rules *r, const struct quotes_input *q)
{
    const __int128 one = 1000000000000000000;
    *r = (struct rules){.open_bps = {5 * one},
                        .close_bps = {2 * one},
                        .suspect_bps = {500 * one},
                        .notionals = {.other = {10 * one}},
                        .max_age_us = 10 * US_PER_S,
                        .tick_max_age_us = 2 * US_PER_S,
                        .min_dwell_us = 50 * US_PER_MS,
                        .update_us = 250 * US_PER_MS,
                        .max_duration_us = 3600 * US_PER_S,
                        .watching_us = 10 * US_PER_S,
                        .max_symbols = SYMBOLS,
                        .max_exchanges = EXCHANGES_MAX};
    r->open_share = edge_share(r->open_bps);
    r->fees.n = EXCHANGES_MAX;
    for (int i = 0; i < EXCHANGES_MAX; i++) {
        memcpy(r->fees.items[i].exchange, q->names[i], strlen(q->names[i]));
        r->fees.items[i].taker_bps.e18 = 10 * one;
    }
}

static struct bench_figure measure(const char *name, int exchanges)
{
    static struct arbitrage_options options;
    struct quotes_input q = {.exchanges = exchanges};
    struct err e = {0};
    for (int i = 0; i < SYMBOLS; i++)
        (void)snprintf(q.symbols[i], sizeof(q.symbols[i]), "A%d-USDT", i);
    for (int i = 0; i < EXCHANGES_MAX; i++)
        (void)snprintf(q.names[i], sizeof(q.names[i]), "ex%d", i);
    set_rules(&options.rules, &q);
    q.state = arbitrage_fold.create(&options, 0, &e);
    if (!q.state) {
        (void)fprintf(stderr, "bench: %s\n", e.text);
        exit(1);
    }
    const struct bench_figure f = bench_run(name, fold_quote, &q);
    arbitrage_fold.destroy(q.state);
    if (q.opened == 0 || q.outputs > q.quotes / 4) {
        (void)fprintf(stderr, "bench: %lld of %lld records are opened, of %lld quotes: no market\n",
                      (long long)q.opened, (long long)q.outputs, (long long)q.quotes);
        exit(1);
    }
    return f;
}

int main(void)
{
    const struct bench_figure three = measure("fold.arbitrage.3", 3);
    const struct bench_figure seven = measure("fold.arbitrage", EXCHANGES_MAX);
    bench_print(&three, NULL);
    bench_print(&seven, &three);
    return 0;
}
