#include "candle.h"

#include "timefmt.h"

#include <stdio.h>

static void fill_prices(const struct window *w, struct candle *c)
{
    c->has_open = c->has_high = c->has_low = c->has_close = true;
    c->open = w->first.price;
    c->high = w->high;
    c->low = w->low;
    c->close = w->last.price;
    c->volume = w->volume;
    c->quote_volume = w->quote_volume;
    c->buy_volume = w->buy_volume;
    c->trades = w->trades;
    /* an average of prices fits, unless the rounding of a tiny quote lifts it over the limit */
    c->has_vwap = decimal_div(w->quote_volume, w->volume, &c->vwap) == 0;
    c->has_first_trade_id = c->has_last_trade_id = true;
    c->first_trade_id = slice_make(w->first.id, w->first.id_len);
    c->last_trade_id = slice_make(w->last.id, w->last.id_len);
}

static void fill_life(const struct candle_state *s, const struct window *w, struct candle *c)
{
    c->status = w->final ? CANDLE_STATUS_FINAL : CANDLE_STATUS_PROVISIONAL;
    c->coverage = COVERAGE_UNKNOWN;
    c->revision = w->revision;
    c->has_reason = w->revision > 1;
    c->reason = w->repaired ? REVISION_REASON_REPAIR : REVISION_REASON_LATE;
    c->origin = CANDLE_ORIGIN_TRADES;
    c->has_partition = c->has_first_offset = c->has_last_offset = true;
    c->partition = s->partition;
    c->first_offset = w->first_offset;
    c->last_offset = w->last_offset;
}

int candle_write(const struct candle_state *s, struct window *w, int interval,
                 const struct fold_sink *sink, struct err *e)
{
    const struct interval *iv = &intervals[interval];
    const struct series *series = w->series;
    if (w->final)
        w->revision++;
    struct record r = {.type = RECORD_CANDLE};
    struct candle *c = &r.candle;
    c->exchange = slice_of(series->market->name);
    c->symbol = slice_of(series->symbol);
    c->interval = slice_of(iv->name);
    c->open_time_us = w->open_us;
    c->close_time_us = w->open_us + iv->length_us;
    fill_prices(w, c);
    fill_life(s, w, c);

    char time[TIME_TEXT];
    char key[BOOK_EXCHANGE_MAX + BOOK_SYMBOL_MAX + TIME_TEXT + 3];
    time_format(w->open_us, time);
    int n = snprintf(key, sizeof(key), "%s|%s|%s", series->market->name, series->symbol, time);
    const struct fold_output out = {interval, slice_make(key, (size_t)n), &r, false};
    if (sink->emit(sink->ctx, &out, e) != 0)
        return -1;
    if (w->revision == 1)
        sink->count(sink->ctx, CANDLE_FINALS, 1);
    if (w->revision > 1)
        sink->count(sink->ctx, CANDLE_REVISED, 1);
    w->changed = false;
    w->repaired = false;
    w->written_us = series->market->stream_us;
    return 0;
}
