/* Any bytes as an image of the arbitrage fold: refused, or a state that is written again as it was
 * read and goes on with whatever comes. */
#include "arbitrage.h"

#include "timefmt.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 1 << 24 };

static void must(bool holds)
{
    if (!holds)
        abort();
}

static int on_emit(void *ctx, const struct fold_output *out, struct err *e)
{
    struct strbuf *bytes = ctx;
    strbuf_reset(bytes);
    must(out->key.len > 0 && out->record);
    return record_encode(out->record, bytes, e);
}

static int on_refuse(void *ctx, const char *reason, struct err *e)
{
    (void)ctx;
    (void)e;
    must(*reason != '\0');
    return 0;
}

static void on_count(void *ctx, int n, int64_t by)
{
    (void)ctx;
    must(n >= 0 && n < ARBITRAGE_COUNTERS && by > 0);
}

static void apply(void *state, const struct record *r, struct strbuf *bytes)
{
    struct err e;
    const struct fold_sink sink = {bytes, on_emit, on_refuse, on_count};
    const struct fold_input in = {0, INT64_MAX, r};
    must(arbitrage_fold.apply(state, &in, &sink, &e) == 0);
}

/* Both exchanges quote what crosses, tick, and let the rest of time pass. */
static void go_on(void *state, struct strbuf *bytes)
{
    static const char *const names[] = {"kraken", "okx"};
    struct decimal one = {1000000000000000000};
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 2; i++) {
            int64_t at_us = round == 2 ? TIME_END_US - 1 : round * US_PER_S;
            struct record q = {.type = RECORD_QUOTE};
            q.quote = (struct quote){.exchange = slice_of(names[i]),
                                     .symbol = slice_of("BTC-USD"),
                                     .has_bid = true,
                                     .bid = {one.e18 * (1 + 2 * i)},
                                     .has_bid_amount = true,
                                     .bid_amount = one,
                                     .has_ask = true,
                                     .ask = {one.e18 * (2 + 2 * i)},
                                     .has_ask_amount = true,
                                     .ask_amount = one,
                                     .state = QUOTE_STATE_NORMAL,
                                     .receive_time_us = at_us,
                                     .epoch = round == 2 ? INT64_MAX : 1};
            apply(state, &q, bytes);
            struct record tick = {.type = RECORD_TICK};
            tick.tick = (struct tick){.exchange = slice_of(names[i]),
                                      .receive_time_us = at_us,
                                      .alive = true,
                                      .epoch = q.quote.epoch};
            apply(state, &tick, bytes);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arbitrage_options options = {
        .rules = {.open_bps = {1},
                  .suspect_bps = {0},
                  .max_age_us = 10 * US_PER_S,
                  .tick_max_age_us = 2 * US_PER_S,
                  .max_duration_us = 3600 * US_PER_S,
                  .watching_us = 10 * US_PER_S,
                  .max_symbols = 1000,
                  .max_exchanges = 32,
                  .fees = {.n = 2, .items = {{.exchange = "kraken"}, {.exchange = "okx"}}}}};
    struct err e;
    struct strbuf image = STRBUF_INIT(ROOM);
    struct strbuf again = STRBUF_INIT(ROOM);
    void *state = arbitrage_fold.create(&options, 0, &e);
    void *restored = arbitrage_fold.create(&options, 0, &e);
    must(state && restored);
    if (arbitrage_fold.restore(state, slice_make(data, size), &e) == 0) {
        must(arbitrage_fold.image(state, &image, &e) == 0);
        must(arbitrage_fold.restore(restored, strbuf_slice(&image), &e) == 0);
        must(arbitrage_fold.image(restored, &again, &e) == 0);
        must(slice_eq(strbuf_slice(&image), strbuf_slice(&again)));
        go_on(restored, &again);
    } else {
        must(e.code == ERR_PROTO);
    }
    arbitrage_fold.destroy(state);
    arbitrage_fold.destroy(restored);
    strbuf_finish(&image);
    strbuf_finish(&again);
    return 0;
}
