#include "board.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 64 };

struct board *board_create(struct err *e)
{
    struct board *b = calloc(1, sizeof(*b));
    if (b) {
        b->now_us = b->watched_us = BOARD_NEVER;
        b->n_slots = FIRST_SLOTS;
        b->slots = calloc(b->n_slots, sizeof(struct pair *));
    }
    if (b && b->slots)
        return b;
    free(b);
    (void)err_set(e, ERR_NOMEM, "arbitrage: out of memory");
    return NULL;
}

static void destroy_pair(struct pair *p)
{
    while (p->lives) {
        struct life *next = p->lives->next;
        free(p->lives);
        p->lives = next;
    }
    free(p->tops);
    free(p);
}

void board_destroy(struct board *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->n_pairs; i++)
        destroy_pair(b->pairs[i]);
    for (size_t i = 0; i < b->n_markets; i++)
        free(b->markets[i]);
    free(b->pairs);
    free(b->slots);
    free(b);
}

/* --- exchanges ------------------------------------------------------------------------------- */

/* The place of the name among the exchanges: of itself, or of the first behind it. */
static size_t market_place(const struct board *b, struct slice exchange)
{
    size_t i = 0;
    while (i < b->n_markets && slice_cmp(slice_of(b->markets[i]->name), exchange) < 0)
        i++;
    return i;
}

struct market *board_find_market(const struct board *b, struct slice exchange)
{
    for (size_t i = 0; i < b->n_markets; i++)
        if (slice_is(exchange, b->markets[i]->name))
            return b->markets[i];
    return NULL;
}

struct market *board_market(struct board *b, struct slice exchange)
{
    struct market *m = board_find_market(b, exchange);
    if (m)
        return m;
    m = calloc(1, sizeof(*m));
    if (!m)
        return NULL;
    memcpy(m->name, exchange.data, exchange.len);
    m->epoch = INT64_MIN;
    m->fee_until_us = BOARD_NEVER;
    size_t at = market_place(b, exchange);
    memmove(b->markets + at + 1, b->markets + at, (b->n_markets - at) * sizeof(struct market *));
    b->markets[at] = m;
    b->n_markets++;
    return m;
}

/* --- pairs ----------------------------------------------------------------------------------- */

struct pair *board_find_pair(const struct board *b, struct slice symbol)
{
    uint64_t h = key_hash(0, symbol);
    for (struct pair *p = b->slots[h & (b->n_slots - 1)]; p; p = p->next_in_slot)
        if (p->hash == h && slice_is(symbol, p->symbol))
            return p;
    return NULL;
}

static void put_in_slot(struct pair **slots, size_t n_slots, struct pair *p)
{
    struct pair **slot = &slots[p->hash & (n_slots - 1)];
    p->next_in_slot = *slot;
    *slot = p;
}

static void grow_slots(struct board *b)
{
    size_t n = b->n_slots > 0 ? b->n_slots * 2 : FIRST_SLOTS;
    struct pair **slots = calloc(n, sizeof(struct pair *));
    if (!slots)
        return; /* longer chains still find everything */
    for (size_t i = 0; i < b->n_pairs; i++)
        put_in_slot(slots, n, b->pairs[i]);
    free(b->slots);
    b->slots = slots;
    b->n_slots = n;
}

static bool make_room(struct board *b)
{
    if (b->n_pairs < b->pairs_room)
        return true;
    size_t room = b->pairs_room ? b->pairs_room * 2 : FIRST_SLOTS;
    struct pair **pairs = realloc(b->pairs, room * sizeof(struct pair *));
    if (!pairs)
        return false;
    b->pairs = pairs;
    b->pairs_room = room;
    return true;
}

/* The place of the symbol among the pairs. */
static size_t pair_place(const struct board *b, struct slice symbol)
{
    size_t low = 0;
    size_t high = b->n_pairs;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (slice_cmp(slice_of(b->pairs[mid]->symbol), symbol) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct pair *board_pair(struct board *b, struct slice symbol)
{
    struct pair *p = board_find_pair(b, symbol);
    if (p)
        return p;
    p = make_room(b) ? calloc(1, sizeof(*p)) : NULL;
    if (!p)
        return NULL;
    memcpy(p->symbol, symbol.data, symbol.len);
    p->hash = key_hash(0, symbol);
    size_t at = pair_place(b, symbol);
    memmove(b->pairs + at + 1, b->pairs + at, (b->n_pairs - at) * sizeof(struct pair *));
    b->pairs[at] = p;
    b->n_pairs++;
    put_in_slot(b->slots, b->n_slots, p);
    if (b->n_pairs > b->n_slots)
        grow_slots(b);
    return p;
}

/* --- tops ------------------------------------------------------------------------------------ */

struct top *board_find_top(const struct pair *p, struct slice exchange)
{
    for (size_t i = 0; i < p->n_tops; i++)
        if (slice_is(exchange, p->tops[i].market->name))
            return &p->tops[i];
    return NULL;
}

struct top *board_top(struct pair *p, struct market *m)
{
    size_t at = 0;
    while (at < p->n_tops && strcmp(p->tops[at].market->name, m->name) < 0)
        at++;
    if (at < p->n_tops && p->tops[at].market == m)
        return &p->tops[at];
    struct top *tops = realloc(p->tops, (p->n_tops + 1) * sizeof(*tops));
    if (!tops)
        return NULL;
    memmove(tops + at + 1, tops + at, (p->n_tops - at) * sizeof(*tops));
    tops[at] = (struct top){.market = m, .kind = TOP_VOID};
    p->tops = tops;
    p->n_tops++;
    return &tops[at];
}

/* --- lives ----------------------------------------------------------------------------------- */

static int compare(const struct life *life, const struct market *buy, const struct market *sell)
{
    int c = strcmp(life->buy->name, buy->name);
    return c != 0 ? c : strcmp(life->sell->name, sell->name);
}

struct life *board_find_life(const struct pair *p, const struct market *buy,
                             const struct market *sell)
{
    for (struct life *l = p->lives; l; l = l->next)
        if (l->buy == buy && l->sell == sell)
            return l;
    return NULL;
}

struct life *board_life(struct pair *p, const struct market *buy, const struct market *sell)
{
    struct life **at = &p->lives;
    while (*at && compare(*at, buy, sell) < 0)
        at = &(*at)->next;
    if (*at && compare(*at, buy, sell) == 0)
        return *at;
    struct life *life = calloc(1, sizeof(*life));
    if (!life)
        return NULL;
    life->buy = buy;
    life->sell = sell;
    life->next = *at;
    *at = life;
    return life;
}

void board_end_life(struct pair *p, struct life *life)
{
    struct life **at = &p->lives;
    while (*at != life)
        at = &(*at)->next;
    *at = life->next;
    p->n_open -= life->open;
    free(life);
}
