/* Any bytes as an image of the candle fold: refused, or a state that is written again as it was
 * read and goes on with whatever comes. */
#include "candle.h"

#include "timefmt.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 1 << 24 };

static char all[] = "all";
static const struct candle_options options = {
    .intervals = all, .grace_ms = 2000, .keep_ms = 60000, .hold_ms = 86400000, .max_windows = 1000};

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
    must(n >= 0 && n < CANDLE_COUNTERS && by > 0);
}

static void apply(void *state, const struct record *r, struct strbuf *bytes)
{
    struct err e;
    const struct fold_sink sink = {bytes, on_emit, on_refuse, on_count};
    const struct fold_input in = {0, INT64_MAX, r};
    must(candle_fold.apply(state, &in, &sink, &e) == 0);
}

static void go_on(void *state, struct strbuf *bytes)
{
    static const struct trade trade = {.exchange = {"binance", 7},
                                       .symbol = {"BTC-USDT", 8},
                                       .trade_id = {"1", 1},
                                       .price = {1000},
                                       .amount = {1000},
                                       .exchange_time_us = INT64_C(1767571200) * US_PER_S,
                                       .receive_time_us = INT64_C(1767571201) * US_PER_S};
    struct record r = {.type = RECORD_TRADE};
    r.trade = trade;
    apply(state, &r, bytes);
    struct record tick = {.type = RECORD_TICK};
    tick.tick = (struct tick){.exchange = {"binance", 7}, .receive_time_us = TIME_END_US - 1};
    apply(state, &tick, bytes);
    apply(state, &r, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e;
    struct strbuf image = STRBUF_INIT(ROOM);
    struct strbuf again = STRBUF_INIT(ROOM);
    void *state = candle_fold.create(&options, 0, &e);
    void *restored = candle_fold.create(&options, 0, &e);
    must(state && restored);
    if (candle_fold.restore(state, slice_make(data, size), &e) == 0) {
        must(candle_fold.image(state, &image, &e) == 0);
        must(candle_fold.restore(restored, strbuf_slice(&image), &e) == 0);
        must(candle_fold.image(restored, &again, &e) == 0);
        must(slice_eq(strbuf_slice(&image), strbuf_slice(&again)));
        go_on(restored, &again);
    } else {
        must(e.code == ERR_PROTO);
    }
    candle_fold.destroy(state);
    candle_fold.destroy(restored);
    strbuf_finish(&image);
    strbuf_finish(&again);
    return 0;
}
