#include "history.h"

#include <stdlib.h>

/* One symbol's trades, each at its id modulo room. */
struct ring {
    struct kept_trade *trades;
    int64_t room;
    int64_t first_id; /* the first ever added */
    int64_t last_id;
    bool used;
};

struct history {
    struct ring *rings;
    uint32_t n_rings; /* delisted symbols have none */
    struct kept_trade *all;
};

static int64_t share(const struct listing *l, uint32_t symbol, int64_t trades, int64_t weight_sum)
{
    __int128 room = (__int128)trades * l->symbols[symbol].weight / weight_sum;
    return room > HISTORY_MIN ? (int64_t)room : HISTORY_MIN;
}

struct history *history_create(const struct listing *listing, int64_t trades, struct err *e)
{
    struct history *h = calloc(1, sizeof(*h));
    if (!h)
        goto no_memory;
    h->n_rings = listing->n_trading;
    h->rings = calloc(h->n_rings, sizeof(*h->rings));
    if (!h->rings)
        goto no_memory;
    int64_t weight_sum = listing->weight_sums[h->n_rings - 1];
    int64_t total = 0;
    for (uint32_t i = 0; i < h->n_rings; i++) {
        h->rings[i].room = share(listing, i, trades, weight_sum);
        total += h->rings[i].room;
    }
    h->all = calloc((size_t)total, sizeof(*h->all));
    if (!h->all)
        goto no_memory;
    for (uint32_t i = 0; i < h->n_rings; i++)
        h->rings[i].trades = i == 0 ? h->all : h->rings[i - 1].trades + h->rings[i - 1].room;
    return h;
no_memory:
    history_destroy(h);
    (void)err_set(e, ERR_NOMEM, "history: no memory for %lld trades", (long long)trades);
    return NULL;
}

void history_destroy(struct history *h)
{
    if (!h)
        return;
    free(h->rings);
    free(h->all);
    free(h);
}

void history_add(struct history *h, const struct market_trade *t)
{
    struct ring *r = &h->rings[t->symbol];
    if (!r->used || t->id < r->first_id)
        r->first_id = t->id;
    if (!r->used || t->id > r->last_id)
        r->last_id = t->id;
    r->used = true;
    r->trades[t->id % r->room] = (struct kept_trade){
        .id = t->id,
        .price_e8 = t->price_e8,
        .amount_e8 = t->amount_e8,
        .time_us = t->time_us,
        .side = t->side,
    };
}

bool history_range(const struct history *h, uint32_t symbol, int64_t *ret_first, int64_t *ret_last)
{
    if (symbol >= h->n_rings || !h->rings[symbol].used)
        return false;
    const struct ring *r = &h->rings[symbol];
    int64_t oldest = r->last_id - r->room + 1;
    *ret_first = oldest > r->first_id ? oldest : r->first_id;
    *ret_last = r->last_id;
    return true;
}

const struct kept_trade *history_get(const struct history *h, uint32_t symbol, int64_t id)
{
    if (symbol >= h->n_rings || !h->rings[symbol].used || id < 0)
        return NULL;
    const struct ring *r = &h->rings[symbol];
    const struct kept_trade *k = &r->trades[id % r->room];
    return k->id == id ? k : NULL;
}
