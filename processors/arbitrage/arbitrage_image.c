#include "parts.h"

#include "pack.h"

/* Layout: times, exchanges, pairs; of a pair the tops and the lives. Exchanges are named by their
 * number, which is their place in the order of names. arbitrage_restore.c reads it. */

static int64_t number_of(const struct board *b, const struct market *m)
{
    size_t i = 0;
    while (b->markets[i] != m)
        i++;
    return (int64_t)i;
}

static int pack_market(struct strbuf *out, const struct market *m)
{
    int flags = m->ticked | m->alive << 1;
    return pack_text(out, slice_of(m->name)) || pack_int(out, m->epoch) || pack_int(out, flags) ||
           pack_int(out, m->tick_us);
}

static int pack_top(struct strbuf *out, const struct board *b, const struct top *t)
{
    if (pack_int(out, number_of(b, t->market)) || pack_int(out, (int64_t)t->kind) ||
        pack_int(out, t->epoch) || pack_int(out, t->receive_us))
        return -1;
    if (t->kind != TOP_NORMAL)
        return 0;
    return pack_decimal(out, t->bid) || pack_decimal(out, t->bid_amount) ||
           pack_decimal(out, t->ask) || pack_decimal(out, t->ask_amount);
}

static int pack_found(struct strbuf *out, const struct found *f)
{
    return pack_decimal(out, f->ask) || pack_decimal(out, f->ask_amount) ||
           pack_decimal(out, f->buy_fee_bps) || pack_int(out, f->ask_us) ||
           pack_decimal(out, f->bid) || pack_decimal(out, f->bid_amount) ||
           pack_decimal(out, f->sell_fee_bps) || pack_int(out, f->bid_us) ||
           pack_decimal(out, f->size) || pack_decimal(out, f->gross_bps) ||
           pack_decimal(out, f->net_bps);
}

static int pack_life(struct strbuf *out, const struct board *b, const struct life *l)
{
    if (pack_int(out, number_of(b, l->buy)) || pack_int(out, number_of(b, l->sell)) ||
        pack_int(out, l->since_us) || pack_int(out, l->open))
        return -1;
    if (!l->open)
        return 0;
    return pack_int(out, l->open_us) || pack_int(out, l->offset) ||
           pack_decimal(out, l->peak_net_bps) || pack_found(out, &l->found) ||
           pack_int(out, l->written_us) || pack_decimal(out, l->written_size) ||
           pack_decimal(out, l->written_gross_bps) || pack_decimal(out, l->written_net_bps);
}

static int pack_pair(struct strbuf *out, const struct board *b, const struct pair *p)
{
    int64_t n_lives = 0;
    for (const struct life *l = p->lives; l; l = l->next)
        n_lives++;
    int r = pack_text(out, slice_of(p->symbol)) || pack_int(out, (int64_t)p->n_tops);
    for (size_t i = 0; r == 0 && i < p->n_tops; i++)
        r = pack_top(out, b, &p->tops[i]);
    r = r || pack_int(out, n_lives);
    for (const struct life *l = p->lives; r == 0 && l; l = l->next)
        r = pack_life(out, b, l);
    return r;
}

int arbitrage_image(void *state, struct strbuf *out, struct err *e)
{
    const struct arbitrage_state *s = state;
    const struct board *b = s->board;
    int r = pack_int(out, b->now_us) || pack_int(out, b->watched_us) ||
            pack_int(out, (int64_t)b->n_markets);
    for (size_t i = 0; r == 0 && i < b->n_markets; i++)
        r = pack_market(out, b->markets[i]);
    r = r || pack_int(out, (int64_t)b->n_pairs);
    for (size_t i = 0; r == 0 && i < b->n_pairs; i++)
        r = pack_pair(out, b, b->pairs[i]);
    return r ? strbuf_full(out, "image of arbitrage", e) : 0;
}
