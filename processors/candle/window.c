#include "window.h"

#include <string.h>

static struct window_point point_of(const struct trade *t, int64_t placed_us)
{
    struct window_point p = {.time_us = placed_us,
                             .sequence = t->has_sequence ? t->sequence : 0,
                             .price = t->price,
                             .id_len = (uint8_t)t->trade_id.len};
    if (p.id_len)
        memcpy(p.id, t->trade_id.data, p.id_len);
    return p;
}

static int order(const struct window_point *a, const struct window_point *b)
{
    if (a->time_us != b->time_us)
        return a->time_us < b->time_us ? -1 : 1;
    if (a->sequence != b->sequence)
        return a->sequence < b->sequence ? -1 : 1;
    if (a->id_len != b->id_len)
        return a->id_len < b->id_len ? -1 : 1;
    return memcmp(a->id, b->id, a->id_len);
}

int window_add(struct window *w, const struct trade *t, int64_t placed_us, int64_t offset)
{
    struct decimal quote;
    struct decimal volume;
    struct decimal quote_volume;
    struct decimal buy_volume = w->buy_volume;
    if (decimal_mul(t->price, t->amount, &quote) != 0 ||
        decimal_add(w->volume, t->amount, &volume) != 0 ||
        decimal_add(w->quote_volume, quote, &quote_volume) != 0)
        return -1;
    if (t->side == SIDE_BUY && decimal_add(w->buy_volume, t->amount, &buy_volume) != 0)
        return -1;
    const struct window_point p = point_of(t, placed_us);
    bool only = w->trades == 0;
    if (only || order(&p, &w->first) < 0)
        w->first = p;
    if (only || order(&p, &w->last) > 0)
        w->last = p;
    if (only || decimal_cmp(t->price, w->high) > 0)
        w->high = t->price;
    if (only || decimal_cmp(t->price, w->low) < 0)
        w->low = t->price;
    if (only || offset < w->first_offset)
        w->first_offset = offset;
    if (only || offset > w->last_offset)
        w->last_offset = offset;
    w->volume = volume;
    w->quote_volume = quote_volume;
    w->buy_volume = buy_volume;
    w->trades++;
    return 0;
}
