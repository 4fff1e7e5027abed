#include "parts.h"

#include "pack.h"
#include "timefmt.h"

/* The layout is that of arbitrage_image.c. Everything is checked: what passes cannot hurt. */

/* An image on its way back. */
struct restoring {
    struct unpack u;
    struct arbitrage_state *state;
    struct err *e;
};

static int no_memory(const struct restoring *r)
{
    return err_set(r->e, ERR_NOMEM, "arbitrage: out of memory while restoring");
}

/* Not behind partition time. */
static int64_t time_of(struct restoring *r)
{
    return unpack_range(&r->u, 0, r->state->board->now_us);
}

static struct decimal above_zero(struct unpack *u)
{
    struct decimal d = unpack_decimal(u);
    u->bad |= d.e18 <= 0;
    return d;
}

static struct decimal fee_of(struct unpack *u)
{
    struct decimal d = unpack_decimal(u);
    u->bad |= d.e18 < 0 || d.e18 >= (__int128)10000 * 1000000000000000000;
    return d;
}

static struct market *market_of(struct restoring *r)
{
    const struct board *b = r->state->board;
    int64_t n = unpack_range(&r->u, 0, (int64_t)b->n_markets - 1);
    return r->u.bad ? NULL : b->markets[n];
}

/* --- exchanges ------------------------------------------------------------------------------- */

static int restore_times(struct restoring *r)
{
    struct unpack *u = &r->u;
    struct board *b = r->state->board;
    b->now_us = unpack_int(u);
    b->watched_us = unpack_int(u);
    bool begun = b->now_us != BOARD_NEVER;
    u->bad |= begun && (b->now_us < 0 || b->now_us >= TIME_END_US || b->watched_us < 0 ||
                        b->watched_us > b->now_us);
    u->bad |= !begun && b->watched_us != BOARD_NEVER;
    return 0;
}

static int restore_market(struct restoring *r)
{
    struct unpack *u = &r->u;
    struct board *b = r->state->board;
    struct slice name = unpack_text(u, KEY_EXCHANGE_MAX);
    u->bad |=
        !key_is_part(name, KEY_EXCHANGE_MAX) ||
        (b->n_markets > 0 && slice_cmp(slice_of(b->markets[b->n_markets - 1]->name), name) >= 0);
    if (u->bad)
        return 0;
    struct market *m = board_market(b, name);
    if (!m)
        return no_memory(r);
    m->epoch = unpack_int(u);
    int64_t flags = unpack_range(u, 0, 3);
    m->ticked = flags & 1;
    m->alive = flags >> 1 & 1;
    m->tick_us = time_of(r);
    return 0;
}

/* --- pairs ----------------------------------------------------------------------------------- */

static int restore_top(struct restoring *r, struct pair *p)
{
    struct unpack *u = &r->u;
    struct market *m = market_of(r);
    if (!m || (p->n_tops > 0 && strcmp(p->tops[p->n_tops - 1].market->name, m->name) >= 0)) {
        u->bad = true;
        return 0;
    }
    struct top *t = board_top(p, m);
    if (!t)
        return no_memory(r);
    t->kind = (enum top_kind)unpack_range(u, 0, TOP_KINDS - 1);
    t->epoch = unpack_range(u, INT64_MIN, m->epoch);
    t->receive_us = time_of(r);
    if (t->kind != TOP_NORMAL)
        return 0;
    t->bid = above_zero(u);
    t->bid_amount = above_zero(u);
    t->ask = above_zero(u);
    t->ask_amount = above_zero(u);
    u->bad |= decimal_cmp(t->bid, t->ask) > 0;
    return 0;
}

static void restore_found(struct restoring *r, struct found *f)
{
    struct unpack *u = &r->u;
    f->ask = above_zero(u);
    f->ask_amount = above_zero(u);
    f->buy_fee_bps = fee_of(u);
    f->ask_us = time_of(r);
    f->bid = above_zero(u);
    f->bid_amount = above_zero(u);
    f->sell_fee_bps = fee_of(u);
    f->bid_us = time_of(r);
    f->size = above_zero(u);
    f->gross_bps = unpack_decimal(u);
    f->net_bps = unpack_decimal(u);
    f->enough = true; /* nobody asks before the next judgement */
}

static bool has_top_of(const struct pair *p, const struct market *m)
{
    return m && board_find_top(p, slice_of(m->name));
}

static int restore_life(struct restoring *r, struct pair *p)
{
    struct unpack *u = &r->u;
    const struct market *buy = market_of(r);
    const struct market *sell = market_of(r);
    u->bad |= buy == sell || !has_top_of(p, buy) || !has_top_of(p, sell);
    u->bad = u->bad || board_find_life(p, buy, sell);
    if (u->bad)
        return 0;
    struct life *l = board_life(p, buy, sell);
    if (!l)
        return no_memory(r);
    l->since_us = time_of(r);
    l->open = unpack_range(u, 0, 1);
    if (!l->open)
        return 0;
    p->n_open++;
    l->open_us = time_of(r);
    l->offset = unpack_range(u, 0, INT64_MAX);
    l->peak_net_bps = unpack_decimal(u);
    restore_found(r, &l->found);
    l->written_us = time_of(r);
    l->written_size = unpack_decimal(u);
    l->written_gross_bps = unpack_decimal(u);
    l->written_net_bps = unpack_decimal(u);
    return 0;
}

static int restore_pair(struct restoring *r)
{
    struct unpack *u = &r->u;
    struct board *b = r->state->board;
    struct slice symbol = unpack_text(u, KEY_SYMBOL_MAX);
    u->bad |=
        !key_is_part(symbol, KEY_SYMBOL_MAX) || rules_quote_asset(symbol).len == 0 ||
        (b->n_pairs > 0 && slice_cmp(slice_of(b->pairs[b->n_pairs - 1]->symbol), symbol) >= 0);
    if (u->bad)
        return 0;
    struct pair *p = board_pair(b, symbol);
    if (!p)
        return no_memory(r);
    p->least_notional = rules_notional(&r->state->rules->notionals, symbol);
    int64_t n = unpack_range(u, 1, BOARD_MARKETS_MAX);
    for (int64_t i = 0; i < n && !u->bad; i++)
        if (restore_top(r, p) != 0)
            return -1;
    n = unpack_range(u, 0, (int64_t)BOARD_MARKETS_MAX * BOARD_MARKETS_MAX);
    for (int64_t i = 0; i < n && !u->bad; i++)
        if (restore_life(r, p) != 0)
            return -1;
    return 0;
}

/* --- all of it ------------------------------------------------------------------------------- */

static int restore_all(struct restoring *r)
{
    struct unpack *u = &r->u;
    if (restore_times(r) != 0)
        return -1;
    int64_t n = unpack_range(u, 0, BOARD_MARKETS_MAX);
    for (int64_t i = 0; i < n && !u->bad; i++)
        if (restore_market(r) != 0)
            return -1;
    n = unpack_range(u, 0, BOARD_PAIRS_MAX);
    for (int64_t i = 0; i < n && !u->bad; i++)
        if (restore_pair(r) != 0)
            return -1;
    return unpack_end(u) ? 0 : err_set(r->e, ERR_PROTO, "arbitrage: the image cannot be read");
}

int arbitrage_restore(void *state, struct slice image, struct err *e)
{
    struct restoring r = {.u = unpack_begin(image), .state = state, .e = e};
    return restore_all(&r);
}
