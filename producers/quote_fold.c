#include "quote_fold.h"

#include "quote_rates.h"

#include <stdlib.h>

struct member {
    const struct universe_symbol *symbol;
    struct quote_top top; /* the newest */
    bool written;         /* in this epoch: its readers have this, but for the times */
};

struct quote_fold {
    struct quote_fold_about about;
    struct universe_range range;
    struct member *members; /* range.n of them */
    struct quote_rates *rates;
    bool owned;
    int64_t epoch;
    int64_t now_us; /* largest receive time */
    struct quote_counts counts;
};

/* Where records go. */
struct sink {
    quote_emit_fn emit;
    void *ctx;
};

/* --- create ---------------------------------------------------------------------------------- */

struct quote_fold *quote_fold_create(const struct quote_fold_about *about, struct err *e)
{
    struct quote_fold *f = calloc(1, sizeof(*f));
    if (f) {
        f->about = *about;
        f->range = about->universe->shards[about->number];
        f->members = calloc(f->range.n + (size_t)1, sizeof(*f->members));
        f->rates = quote_rates_create(about->universe, e);
    }
    if (!f || !f->members || !f->rates) {
        quote_fold_destroy(f);
        (void)err_set(e, ERR_NOMEM, "quotes: out of memory");
        return NULL;
    }
    for (uint32_t i = 0; i < f->range.n; i++)
        f->members[i].symbol = &about->universe->symbols[f->range.first + i];
    return f;
}

void quote_fold_destroy(struct quote_fold *f)
{
    if (!f)
        return;
    quote_rates_destroy(f->rates);
    free(f->members);
    free(f);
}

bool quote_fold_is_owned(const struct quote_fold *f)
{
    return f->owned;
}

void quote_fold_counts_take(struct quote_fold *f, struct quote_counts *ret)
{
    *ret = f->counts;
    f->counts = (struct quote_counts){0};
}

/* --- records --------------------------------------------------------------------------------- */

static int put_quote(struct quote_fold *f, struct member *m, const struct sink *k, struct err *e)
{
    const struct quote_top *t = &m->top;
    const struct record r = {
        .type = RECORD_QUOTE,
        .quote =
            {
                .exchange = slice_of(f->about.exchange),
                .symbol = slice_of(m->symbol->info.symbol),
                .has_bid = t->bid.there,
                .bid = t->bid.price,
                .has_bid_amount = t->bid.there,
                .bid_amount = t->bid.amount,
                .has_ask = t->ask.there,
                .ask = t->ask.price,
                .has_ask_amount = t->ask.there,
                .ask_amount = t->ask.amount,
                .state = quote_top_state(t),
                .has_exchange_time_us = t->has_exchange_time,
                .exchange_time_us = t->exchange_time_us,
                .receive_time_us = t->receive_us,
                .epoch = f->epoch,
            },
    };
    const struct quote_output out = {m->symbol->partition, slice_of(m->symbol->info.base), &r};
    m->written = true;
    f->counts.quotes++;
    return k->emit(k->ctx, &out, e);
}

/* In every partition of the shard. */
static int put_everywhere(struct quote_fold *f, const struct record *r, const struct sink *k,
                          struct err *e)
{
    const struct universe *u = f->about.universe;
    for (uint32_t p = f->about.number; p < (uint32_t)u->partitions; p += u->n_shards) {
        const struct quote_output out = {(int32_t)p, {NULL, 0}, r};
        f->counts.rates++;
        if (k->emit(k->ctx, &out, e) != 0)
            return -1;
    }
    return 0;
}

static int put_rates(struct quote_fold *f, const struct sink *k, struct err *e)
{
    const struct quote_rate *rate;
    while ((rate = quote_rates_next(f->rates, f->now_us))) {
        const struct record r = {
            .type = RECORD_RATE,
            .rate =
                {
                    .exchange = slice_of(f->about.exchange),
                    .symbol = slice_of(f->about.universe->symbols[rate->symbol].info.symbol),
                    .bid = rate->top.bid.price,
                    .ask = rate->top.ask.price,
                    .has_exchange_time_us = rate->top.has_exchange_time,
                    .exchange_time_us = rate->top.exchange_time_us,
                    .receive_time_us = rate->top.receive_us,
                    .epoch = f->epoch,
                },
        };
        if (put_everywhere(f, &r, k, e) != 0)
            return -1;
    }
    return 0;
}

/* --- entries --------------------------------------------------------------------------------- */

static int apply_quote(struct quote_fold *f, const struct entry *in, const struct sink *k,
                       struct err *e)
{
    const struct quote_top top = quote_top_of(in);
    if (f->about.universe->symbols[in->index].is_rate)
        quote_rates_take(f->rates, in->index, &top);
    if (in->index < f->range.first || in->index - f->range.first >= f->range.n)
        return 0;
    struct member *m = &f->members[in->index - f->range.first];
    bool is_void = quote_top_state(&top) == QUOTE_STATE_VOID;
    bool news = m->written ? !quote_top_same(&m->top, &top) : !is_void;
    m->top = top;
    if (!f->owned)
        return 0;
    f->counts.unchanged += !news && !is_void;
    return news ? put_quote(f, m, k, e) : 0;
}

static int apply_tick(struct quote_fold *f, const struct entry *in, const struct sink *k,
                      struct err *e)
{
    const struct universe *u = f->about.universe;
    struct record r = {.type = RECORD_TICK,
                       .tick = {.exchange = slice_of(f->about.exchange),
                                .receive_time_us = in->receive_us,
                                .epoch = f->epoch}};
    for (size_t i = 0; i < in->data.len; i++) {
        const struct quote_output out = {
            (int32_t)(f->about.number + i * u->n_shards), {NULL, 0}, &r};
        r.tick.alive = in->data.data[i] != 0;
        if (k->emit(k->ctx, &out, e) != 0)
            return -1;
    }
    return 0;
}

int quote_fold_apply(struct quote_fold *f, const struct entry *in, quote_emit_fn emit, void *ctx,
                     struct err *e)
{
    const struct sink k = {emit, ctx};
    if (in->type != ENTRY_QUOTE && in->type != ENTRY_TICK)
        return 0;
    if (in->receive_us > f->now_us)
        f->now_us = in->receive_us;
    if (in->type == ENTRY_TICK)
        quote_rates_tick(f->rates, in->receive_us);
    else if (apply_quote(f, in, &k, e) != 0)
        return -1;
    if (!f->owned)
        return 0;
    if (put_rates(f, &k, e) != 0)
        return -1;
    return in->type == ENTRY_TICK ? apply_tick(f, in, &k, e) : 0;
}

/* --- whose it is ----------------------------------------------------------------------------- */

int quote_fold_own(struct quote_fold *f, int64_t epoch, quote_emit_fn emit, void *ctx,
                   struct err *e)
{
    const struct sink k = {emit, ctx};
    f->owned = true;
    f->epoch = epoch;
    for (uint32_t i = 0; i < f->range.n; i++) {
        struct member *m = &f->members[i];
        m->written = false;
        if (quote_top_state(&m->top) != QUOTE_STATE_VOID && put_quote(f, m, &k, e) != 0)
            return -1;
    }
    quote_rates_again(f->rates);
    return put_rates(f, &k, e);
}

void quote_fold_disown(struct quote_fold *f)
{
    f->owned = false;
}

int quote_fold_restate(struct quote_fold *f, quote_emit_fn emit, void *ctx, struct err *e)
{
    const struct sink k = {emit, ctx};
    if (!f->owned)
        return 0;
    for (uint32_t i = 0; i < f->range.n; i++)
        if (f->members[i].written && put_quote(f, &f->members[i], &k, e) != 0)
            return -1;
    quote_rates_again(f->rates);
    return put_rates(f, &k, e);
}
