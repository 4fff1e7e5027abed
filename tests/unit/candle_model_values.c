#include "candle_model_state.h"

#include "timefmt.h"

static const struct {
    const char *name;
    int64_t length_s;
} lengths[MODEL_INTERVALS] = {{"1s", 1},      {"1m", 60},    {"5m", 300},   {"15m", 900},
                              {"30m", 1800},  {"1h", 3600},  {"4h", 14400}, {"6h", 21600},
                              {"12h", 43200}, {"1d", 86400}, {"1w", 604800}};

int64_t model_length_us(int interval)
{
    return lengths[interval].length_s * US_PER_S;
}

int64_t model_open_us(int interval, int64_t time_us)
{
    const int64_t monday_us = 4 * US_PER_DAY; /* 1970-01-05; a full hour, a full day as any other */
    int64_t into = (time_us - monday_us) % model_length_us(interval);
    return time_us - (into < 0 ? into + model_length_us(interval) : into);
}

static bool is_before(const struct model_trade *a, const struct model_trade *b)
{
    const int64_t x = a->trade.has_sequence ? a->trade.sequence : 0;
    const int64_t y = b->trade.has_sequence ? b->trade.sequence : 0;
    if (a->placed_us != b->placed_us)
        return a->placed_us < b->placed_us;
    if (x != y)
        return x < y;
    if (a->id_len != b->id_len)
        return a->id_len < b->id_len;
    return memcmp(a->id, b->id, a->id_len) < 0;
}

/* What is known of a candle half way. */
struct sums {
    struct candle *candle;
    const struct model_trade *first;
    const struct model_trade *last;
};

static int add_trade(struct sums *s, const struct model_trade *t)
{
    struct candle *c = s->candle;
    struct decimal quote;
    if (decimal_mul(t->trade.price, t->trade.amount, &quote) != 0 ||
        decimal_add(c->volume, t->trade.amount, &c->volume) != 0 ||
        decimal_add(c->quote_volume, quote, &c->quote_volume) != 0 ||
        (t->trade.side == SIDE_BUY &&
         decimal_add(c->buy_volume, t->trade.amount, &c->buy_volume) != 0))
        return -1;
    if (c->trades == 0 || is_before(t, s->first))
        s->first = t;
    if (c->trades == 0 || is_before(s->last, t))
        s->last = t;
    if (c->trades == 0 || decimal_cmp(t->trade.price, c->high) > 0)
        c->high = t->trade.price;
    if (c->trades == 0 || decimal_cmp(t->trade.price, c->low) < 0)
        c->low = t->trade.price;
    if (c->trades == 0 || t->offset < c->first_offset)
        c->first_offset = t->offset;
    if (c->trades == 0 || t->offset > c->last_offset)
        c->last_offset = t->offset;
    c->trades++;
    return 0;
}

int model_candle(const struct model *m, const struct model_window *w,
                 const struct model_trade *more, struct candle *ret)
{
    const struct model_series *series = &m->series[w->series];
    *ret = (struct candle){.exchange = slice_of(m->markets[series->market].name),
                           .symbol = slice_of(series->name),
                           .interval = slice_of(lengths[w->interval].name),
                           .open_time_us = w->open_us,
                           .close_time_us = w->open_us + model_length_us(w->interval),
                           .origin = CANDLE_ORIGIN_TRADES,
                           .has_partition = true,
                           .partition = m->partition};
    struct sums s = {.candle = ret};
    for (size_t i = 0; i < m->n_trades; i++) {
        const struct model_trade *t = &m->trades[i];
        if (t->series == w->series && t->placed_us >= ret->open_time_us &&
            t->placed_us < ret->close_time_us && add_trade(&s, t) != 0)
            return -1;
    }
    if (more && add_trade(&s, more) != 0)
        return -1;
    if (ret->trades == 0)
        return 0;
    ret->has_open = ret->has_high = ret->has_low = ret->has_close = true;
    ret->has_first_offset = ret->has_last_offset = true;
    ret->has_first_trade_id = ret->has_last_trade_id = true;
    ret->open = s.first->trade.price;
    ret->close = s.last->trade.price;
    ret->first_trade_id = slice_make(s.first->id, s.first->id_len);
    ret->last_trade_id = slice_make(s.last->id, s.last->id_len);
    ret->has_vwap = decimal_div(ret->quote_volume, ret->volume, &ret->vwap) == 0;
    return 0;
}
