#include "window.h"

#include <string.h>

static const __int128 LIMIT = (__int128)10000000000000000000U * 10000000000000000000U - 1;

static struct sum_point point_of(const struct sum_trade *t)
{
    const struct trade *trade = t->trade;
    struct sum_point p = {.time_us = t->placed_us,
                          .sequence = trade->has_sequence ? trade->sequence : 0,
                          .price = trade->price,
                          .id_len = (uint8_t)trade->trade_id.len};
    if (p.id_len)
        memcpy(p.id, trade->trade_id.data, p.id_len);
    return p;
}

static int order_ids(const struct sum_point *a, const char *id, size_t id_len)
{
    if (a->id_len != id_len)
        return a->id_len < id_len ? -1 : 1;
    return memcmp(a->id, id, id_len);
}

static int order_point(const struct sum_point *a, const struct sum_point *b)
{
    if (a->time_us != b->time_us)
        return a->time_us < b->time_us ? -1 : 1;
    if (a->sequence != b->sequence)
        return a->sequence < b->sequence ? -1 : 1;
    return order_ids(a, b->id, b->id_len);
}

/* Where the point stands to the trade: < 0 before it. */
static int order(const struct sum_point *a, const struct sum_trade *t)
{
    if (a->time_us != t->placed_us)
        return a->time_us < t->placed_us ? -1 : 1;
    int64_t sequence = t->trade->has_sequence ? t->trade->sequence : 0;
    if (a->sequence != sequence)
        return a->sequence < sequence ? -1 : 1;
    return order_ids(a, t->trade->trade_id.data, t->trade->trade_id.len);
}

bool sum_fits(struct decimal volume, struct decimal quote_volume, struct decimal amount,
              struct decimal quote)
{
    return amount.e18 <= LIMIT - volume.e18 && quote.e18 <= LIMIT - quote_volume.e18;
}

static void begin(struct sum *s, const struct sum_trade *t)
{
    const struct decimal amount = t->trade->amount;
    s->first = s->last = point_of(t);
    s->high = s->low = t->trade->price;
    s->volume = amount;
    s->quote_volume = t->quote;
    s->buy_volume = t->trade->side == SIDE_BUY ? amount : (struct decimal){0};
    s->first_offset = s->last_offset = t->offset;
    s->trades = 1;
}

void sum_add(struct sum *s, const struct sum_trade *t)
{
    if (s->trades == 0) {
        begin(s, t);
        return;
    }
    const struct trade *trade = t->trade;
    if (order(&s->first, t) > 0)
        s->first = point_of(t);
    if (order(&s->last, t) < 0)
        s->last = point_of(t);
    if (decimal_cmp(trade->price, s->high) > 0)
        s->high = trade->price;
    if (decimal_cmp(trade->price, s->low) < 0)
        s->low = trade->price;
    s->volume.e18 += trade->amount.e18;
    s->quote_volume.e18 += t->quote.e18;
    if (trade->side == SIDE_BUY)
        s->buy_volume.e18 += trade->amount.e18;
    s->first_offset = t->offset < s->first_offset ? t->offset : s->first_offset;
    s->last_offset = t->offset > s->last_offset ? t->offset : s->last_offset;
    s->trades++;
}

void sum_merge(struct sum *s, const struct sum *part)
{
    if (s->trades == 0) {
        *s = *part;
        return;
    }
    if (order_point(&part->first, &s->first) < 0)
        s->first = part->first;
    if (order_point(&part->last, &s->last) > 0)
        s->last = part->last;
    if (decimal_cmp(part->high, s->high) > 0)
        s->high = part->high;
    if (decimal_cmp(part->low, s->low) < 0)
        s->low = part->low;
    s->volume.e18 += part->volume.e18;
    s->quote_volume.e18 += part->quote_volume.e18;
    s->buy_volume.e18 += part->buy_volume.e18;
    s->first_offset = part->first_offset < s->first_offset ? part->first_offset : s->first_offset;
    s->last_offset = part->last_offset > s->last_offset ? part->last_offset : s->last_offset;
    s->trades += part->trades;
}
