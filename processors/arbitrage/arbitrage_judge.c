#include "parts.h"

#include "edge.h"

const char *const obstacle_names[] = {
    [OBSTACLE_NONE] = "none",       [OBSTACLE_EPOCH] = "epoch",
    [OBSTACLE_VOID] = "void",       [OBSTACLE_ONE_SIDED] = "one_sided",
    [OBSTACLE_CROSSED] = "crossed", [OBSTACLE_UNKNOWN] = "unknown",
    [OBSTACLE_DEAD] = "dead",       [OBSTACLE_STALE] = "stale",
    [OBSTACLE_FEE] = "fee",
};

/* --- tops ------------------------------------------------------------------------------------ */

static bool has_fee(const struct turn *t, struct market *m)
{
    int64_t now_us = t->state->board->now_us;
    if (now_us >= m->fee_until_us) {
        const struct fee_span span = fees_at(&t->state->rules->fees, slice_of(m->name), now_us);
        m->has_fee = span.fee != NULL;
        m->fee_bps = span.fee ? span.fee->taker_bps : (struct decimal){0};
        m->fee_share = edge_share(m->fee_bps);
        m->fee_until_us = span.until_us;
    }
    return m->has_fee;
}

enum obstacle judge_top(const struct turn *t, const struct top *l)
{
    static const enum obstacle of_kind[TOP_KINDS] = {[TOP_NORMAL] = OBSTACLE_NONE,
                                                     [TOP_VOID] = OBSTACLE_VOID,
                                                     [TOP_ONE_SIDED] = OBSTACLE_ONE_SIDED,
                                                     [TOP_CROSSED] = OBSTACLE_CROSSED,
                                                     [TOP_UNKNOWN] = OBSTACLE_UNKNOWN};
    const struct rules *r = t->state->rules;
    const struct market *m = l->market;
    int64_t now_us = t->state->board->now_us;
    if (l->epoch != m->epoch)
        return OBSTACLE_EPOCH;
    if (l->kind != TOP_NORMAL)
        return of_kind[l->kind];
    if (!m->ticked || !m->alive || now_us - m->tick_us >= r->tick_max_age_us)
        return OBSTACLE_DEAD;
    if (now_us - l->receive_us >= r->max_age_us)
        return OBSTACLE_STALE;
    return has_fee(t, l->market) ? OBSTACLE_NONE : OBSTACLE_FEE;
}

/* --- directions ------------------------------------------------------------------------------ */

bool judge_edge(const struct pair *p, const struct top *a, const struct top *b, struct found *ret)
{
    struct edge edge;
    if (!edge_find(a->ask, a->market->fee_bps, b->bid, b->market->fee_bps, &edge))
        return false;
    *ret = (struct found){.ask = a->ask,
                          .ask_amount = a->ask_amount,
                          .buy_fee_bps = a->market->fee_bps,
                          .ask_us = a->receive_us,
                          .bid = b->bid,
                          .bid_amount = b->bid_amount,
                          .sell_fee_bps = b->market->fee_bps,
                          .bid_us = b->receive_us,
                          .gross_bps = edge.gross_bps,
                          .net_bps = edge.net_bps};
    ret->size = decimal_cmp(a->ask_amount, b->bid_amount) < 0 ? a->ask_amount : b->bid_amount;
    struct decimal notional;
    ret->enough = decimal_mul(a->ask, ret->size, &notional) != 0 ||
                  decimal_cmp(notional, p->least_notional) >= 0;
    return true;
}

static bool differs(const struct life *l)
{
    return decimal_cmp(l->found.net_bps, l->written_net_bps) != 0 ||
           decimal_cmp(l->found.gross_bps, l->written_gross_bps) != 0 ||
           decimal_cmp(l->found.size, l->written_size) != 0;
}

static void note_peak(struct life *l)
{
    if (decimal_cmp(l->found.net_bps, l->peak_net_bps) > 0)
        l->peak_net_bps = l->found.net_bps;
}

static int open_life(const struct turn *t, struct pair *p, struct life *l)
{
    l->open = true;
    l->open_us = t->state->board->now_us;
    l->offset = t->offset;
    l->peak_net_bps = l->found.net_bps;
    p->n_open++;
    turn_count(t, ARBITRAGE_OPENED);
    return write_life(t, p, l, OPPORTUNITY_STATE_OPENED, NULL);
}

static int close_life(const struct turn *t, struct pair *p, struct life *l, const char *reason)
{
    int r = write_life(t, p, l, OPPORTUNITY_STATE_CLOSED, reason);
    turn_count(t, ARBITRAGE_CLOSED);
    if (decimal_cmp(l->peak_net_bps, t->state->rules->suspect_bps) > 0)
        turn_count(t, ARBITRAGE_SUSPECT);
    board_end_life(p, l);
    return r;
}

/* NULL: it stays open. */
static const char *reason_to_close(const struct turn *t, const struct life *l, enum obstacle o,
                                   const struct found *f)
{
    const struct rules *r = t->state->rules;
    if (o != OBSTACLE_NONE)
        return obstacle_names[o];
    if (t->state->board->now_us - l->open_us >= r->max_duration_us)
        return "duration";
    if (f && !f->enough)
        return "size";
    return !f || decimal_cmp(f->net_bps, r->close_bps) < 0 ? "edge" : NULL;
}

/* f: NULL where an obstacle stands in the way or there is no edge. */
static int judge_open(const struct turn *t, struct pair *p, struct life *l, enum obstacle o,
                      const struct found *f)
{
    if (f) {
        l->found = *f;
        note_peak(l);
    }
    const char *reason = reason_to_close(t, l, o, f);
    if (reason)
        return close_life(t, p, l, reason);
    if (!differs(l) || t->state->board->now_us - l->written_us < t->state->rules->update_us)
        return 0;
    return write_life(t, p, l, OPPORTUNITY_STATE_UPDATED, NULL);
}

/* l: NULL where it did not qualify before. */
static int judge_closed(const struct turn *t, struct pair *p, struct life *l, const struct top *a,
                        const struct top *b, const struct found *f)
{
    const struct rules *r = t->state->rules;
    int64_t now_us = t->state->board->now_us;
    if (!f || !f->enough || decimal_cmp(f->net_bps, r->open_bps) < 0) {
        if (l)
            board_end_life(p, l);
        return 0;
    }
    if (!l) {
        l = board_life(p, a->market, b->market);
        if (!l)
            return turn_no_memory(t);
        l->since_us = now_us;
    }
    l->found = *f;
    return now_us - l->since_us >= r->min_dwell_us ? open_life(t, p, l) : 0;
}

static int judge_direction(const struct turn *t, struct pair *p, const struct top *a,
                           const struct top *b, enum obstacle o)
{
    struct life *l = p->lives ? board_find_life(p, a->market, b->market) : NULL;
    int64_t share = t->state->rules->open_share + a->market->fee_share + b->market->fee_share;
    if (!l && (o != OBSTACLE_NONE || !edge_may_reach(a->ask, b->bid, share)))
        return 0;
    struct found f;
    const struct found *found = o == OBSTACLE_NONE && judge_edge(p, a, b, &f) ? &f : NULL;
    return l && l->open ? judge_open(t, p, l, o, found) : judge_closed(t, p, l, a, b, found);
}

/* --- pairs ----------------------------------------------------------------------------------- */

/* Looks at all legs. False: nothing can open, as no bid is far enough above another's ask, even if
 * both fees were the least of all. */
static bool look(const struct turn *t, const struct pair *p, enum obstacle *ret)
{
    const struct top *highest_bid = NULL;
    const struct top *lowest_ask = NULL;
    int64_t least_share = EDGE_SHARE_MAX;
    for (size_t i = 0; i < p->n_tops; i++) {
        const struct top *l = &p->tops[i];
        ret[i] = judge_top(t, l);
        if (ret[i] != OBSTACLE_NONE)
            continue;
        if (!highest_bid || decimal_cmp(l->bid, highest_bid->bid) > 0)
            highest_bid = l;
        if (!lowest_ask || decimal_cmp(l->ask, lowest_ask->ask) < 0)
            lowest_ask = l;
        if (l->market->fee_share < least_share)
            least_share = l->market->fee_share;
    }
    return highest_bid && edge_may_reach(lowest_ask->ask, highest_bid->bid,
                                         t->state->rules->open_share + 2 * least_share);
}

int judge_pair(const struct turn *t, struct pair *p)
{
    enum obstacle o[BOARD_MARKETS_MAX] = {OBSTACLE_NONE};
    if (!look(t, p, o) && !p->lives)
        return 0;
    for (size_t a = 0; a < p->n_tops; a++)
        for (size_t b = 0; b < p->n_tops; b++)
            if (a != b && judge_direction(t, p, &p->tops[a], &p->tops[b],
                                          o[a] != OBSTACLE_NONE ? o[a] : o[b]) != 0)
                return -1;
    return 0;
}
