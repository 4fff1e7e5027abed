#include "parts.h"

#include <inttypes.h>
#include <stdio.h>

enum { ID_MAX = 64 + KEY_SYMBOL_MAX + 2 * KEY_EXCHANGE_MAX };

static void fill_found(const struct turn *t, const struct pair *p, const struct market *buy,
                       const struct market *sell, const struct found *f, struct opportunity *o)
{
    int64_t now_us = t->state->board->now_us;
    o->legs[0] = (struct leg){.exchange = slice_of(buy->name),
                              .symbol = slice_of(p->symbol),
                              .side = SIDE_BUY,
                              .price = f->ask,
                              .amount = f->ask_amount,
                              .taker_fee_bps = f->buy_fee_bps,
                              .age_us = now_us - f->ask_us};
    o->legs[1] = (struct leg){.exchange = slice_of(sell->name),
                              .symbol = slice_of(p->symbol),
                              .side = SIDE_SELL,
                              .price = f->bid,
                              .amount = f->bid_amount,
                              .taker_fee_bps = f->sell_fee_bps,
                              .age_us = now_us - f->bid_us};
    o->n_legs = 2;
    o->has_size = o->has_gross_bps = o->has_net_bps = true;
    o->size = f->size;
    o->gross_bps = f->gross_bps;
    o->net_bps = f->net_bps;
}

/* The id is the key. */
static int emit(const struct turn *t, struct record *r, const char *id, int id_len)
{
    struct opportunity *o = &r->opportunity;
    bool turns = o->state == OPPORTUNITY_STATE_OPENED || o->state == OPPORTUNITY_STATE_CLOSED;
    o->id = slice_make(id, (size_t)id_len);
    o->kind = OPPORTUNITY_KIND_CROSS;
    o->time_us = t->state->board->now_us;
    o->has_partition = o->has_offset = true;
    o->partition = t->state->partition;
    o->offset = t->offset;
    const struct fold_output out = {0, o->id, r, turns};
    return t->sink->emit(t->sink->ctx, &out, t->e);
}

int write_life(const struct turn *t, const struct pair *p, struct life *life,
               enum opportunity_state state, const char *reason)
{
    char id[ID_MAX];
    int id_len = snprintf(id, sizeof(id), "cross|%s|%s|%s|%" PRId32 "|%" PRId64, p->symbol,
                          life->buy->name, life->sell->name, t->state->partition, life->offset);
    struct record r = {.type = RECORD_OPPORTUNITY};
    struct opportunity *o = &r.opportunity;
    o->state = state;
    fill_found(t, p, life->buy, life->sell, &life->found, o);
    o->has_peak_net_bps = o->has_open_time_us = o->has_duration_us = true;
    o->peak_net_bps = life->peak_net_bps;
    o->suspect = decimal_cmp(life->peak_net_bps, t->state->rules->suspect_bps) > 0;
    o->open_time_us = life->open_us;
    o->duration_us = t->state->board->now_us - life->open_us;
    o->has_reason = reason != NULL;
    if (reason)
        o->reason = slice_of(reason);
    life->written_us = t->state->board->now_us;
    life->written_size = life->found.size;
    life->written_gross_bps = life->found.gross_bps;
    life->written_net_bps = life->found.net_bps;
    return emit(t, &r, id, id_len);
}

int write_watching(const struct turn *t, const struct pair *p, const struct top *buy,
                   const struct top *sell, const struct found *f, struct slice reason)
{
    char id[ID_MAX];
    int id_len = snprintf(id, sizeof(id), "watching|cross|%s", p->symbol);
    struct record r = {.type = RECORD_OPPORTUNITY};
    struct opportunity *o = &r.opportunity;
    o->state = OPPORTUNITY_STATE_WATCHING;
    if (buy) {
        fill_found(t, p, buy->market, sell->market, f, o);
        o->suspect = decimal_cmp(f->net_bps, t->state->rules->suspect_bps) > 0;
    }
    o->has_reason = true;
    o->reason = reason;
    return emit(t, &r, id, id_len);
}
