#include "parts.h"

#include "timefmt.h"

static void fill_prices(const struct sum *s, struct candle *c)
{
    c->has_open = c->has_high = c->has_low = c->has_close = true;
    c->open = s->first.price;
    c->high = s->high;
    c->low = s->low;
    c->close = s->last.price;
    c->volume = s->volume;
    c->quote_volume = s->quote_volume;
    c->buy_volume = s->buy_volume;
    c->trades = s->trades;
    /* an average of prices fits, unless the rounding of a tiny quote lifts it over the limit */
    c->has_vwap = decimal_div(s->quote_volume, s->volume, &c->vwap) == 0;
    c->has_first_trade_id = c->has_last_trade_id = true;
    c->first_trade_id = slice_make(s->first.id, s->first.id_len);
    c->last_trade_id = slice_make(s->last.id, s->last.id_len);
    c->has_first_offset = c->has_last_offset = true;
    c->first_offset = s->first_offset;
    c->last_offset = s->last_offset;
}

static enum revision_reason reason_of(const struct window *w)
{
    if (!w->changed)
        return REVISION_REASON_RESTATE;
    return w->repaired ? REVISION_REASON_REPAIR : REVISION_REASON_LATE;
}

static void fill_life(const struct turn *t, const struct window *w, struct judgement j,
                      struct candle *c)
{
    c->status = window_is_final(w) ? CANDLE_STATUS_FINAL : CANDLE_STATUS_PROVISIONAL;
    c->coverage = j.coverage;
    c->has_missing = j.missing > 0;
    c->missing = j.missing;
    c->revision = w->revision;
    c->has_reason = w->revision > 1;
    c->reason = reason_of(w);
    c->origin = CANDLE_ORIGIN_TRADES;
    c->has_partition = true;
    c->partition = t->state->partition;
}

/* Of the key exchange|symbol|open_time. */
static char *add_part(char *p, struct slice part)
{
    memcpy(p, part.data, part.len);
    p[part.len] = '|';
    return p + part.len + 1;
}

static int emit(const struct turn *t, const struct window *w, const struct record *r)
{
    char key[KEY_EXCHANGE_MAX + KEY_SYMBOL_MAX + TIME_TEXT + 3];
    char *p = add_part(key, r->candle.exchange);
    p = add_part(p, r->candle.symbol);
    p += time_format(w->open_us, p);
    const struct fold_output out = {w->interval, slice_make(key, (size_t)(p - key)), r, false};
    return t->sink->emit(t->sink->ctx, &out, t->e);
}

int candle_write(const struct turn *t, struct window *w, struct judgement j)
{
    const struct interval *iv = &intervals[w->interval];
    if (window_is_final(w))
        w->revision++;
    struct record r = {.type = RECORD_CANDLE};
    struct candle *c = &r.candle;
    c->exchange = slice_of(w->series->market->name);
    c->symbol = slice_of(w->series->symbol);
    c->interval = slice_of(iv->name);
    c->open_time_us = w->open_us;
    c->close_time_us = w->open_us + iv->length_us;
    if (w->sum.trades > 0)
        fill_prices(&w->sum, c);
    fill_life(t, w, j, c);
    if (emit(t, w, &r) != 0)
        return -1;
    if (w->revision == 1)
        turn_count(t, CANDLE_FINALS, 1);
    if (w->revision > 1)
        turn_count(t, CANDLE_REVISED, 1);
    w->said = j.coverage;
    w->said_missing = j.missing;
    w->written = true;
    w->changed = w->repaired = false;
    w->written_us = w->series->market->stream_us;
    return 0;
}
