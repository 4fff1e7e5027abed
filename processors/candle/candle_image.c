#include "parts.h"

#include "pack.h"
#include "timefmt.h"

#include <string.h>

/* Layout: the intervals folded, markets, series;
 * then per market the windows in the order of their queues, and which of them rest, in order.
 * Series are named by their number, windows by their place within the market. candle_restore.c
 * reads it. */

/* --- windows --------------------------------------------------------------------------------- */

static int pack_point(struct strbuf *out, const struct sum_point *p)
{
    return pack_int(out, p->time_us) || pack_int(out, p->sequence) || pack_decimal(out, p->price) ||
           pack_text(out, slice_make(p->id, p->id_len));
}

static int pack_sum(struct strbuf *out, const struct sum *s)
{
    if (pack_int(out, s->trades))
        return -1;
    if (s->trades == 0)
        return 0;
    return pack_point(out, &s->first) || pack_point(out, &s->last) || pack_decimal(out, s->high) ||
           pack_decimal(out, s->low) || pack_decimal(out, s->volume) ||
           pack_decimal(out, s->quote_volume) || pack_decimal(out, s->buy_volume) ||
           pack_int(out, s->first_offset) || pack_int(out, s->last_offset);
}

static int pack_window(struct strbuf *out, const struct window *w)
{
    int flags = w->written | w->changed << 1 | w->repaired << 2;
    return pack_int(out, w->series->number) || pack_int(out, w->open_us) ||
           pack_sum(out, &w->sum) || pack_int(out, w->revision) || pack_int(out, flags) ||
           pack_int(out, w->written_us) || pack_int(out, (int64_t)w->said) ||
           pack_int(out, w->said_missing) || pack_int(out, w->forgotten);
}

/* Windows of one queue; *number counts those of the market. */
static int pack_queue(struct strbuf *out, const struct window_list *queue, uint32_t *number)
{
    int64_t n = 0;
    struct window *w;
    TAILQ_FOREACH(w, queue, queue)
    n++;
    int r = pack_int(out, n);
    TAILQ_FOREACH(w, queue, queue)
    {
        w->number = (*number)++;
        r = r || pack_window(out, w);
    }
    return r;
}

static int pack_rests(struct strbuf *out, const struct window_list *list)
{
    int64_t n = 0;
    const struct window *w;
    TAILQ_FOREACH(w, list, rest)
    n++;
    int r = pack_int(out, n);
    TAILQ_FOREACH(w, list, rest)
    r = r || pack_int(out, w->number);
    return r;
}

/* Held before kept before open: nearly in order of time, which is how they are put back. */
static int pack_market_windows(struct strbuf *out, const struct market *m)
{
    uint32_t number = 0;
    int r = 0;
    for (int i = 0; r == 0 && i < INTERVALS; i++)
        for (int stage = STAGES - 1; r == 0 && stage >= 0; stage--)
            r = pack_queue(out, &m->queues[i][stage], &number);
    for (int i = 0; r == 0 && i < RESTS; i++)
        r = pack_rests(out, &m->rests[i]);
    return r;
}

/* --- markets and series ---------------------------------------------------------------------- */

static int pack_market(struct strbuf *out, const struct market *m)
{
    int flags = m->dead | m->silent << 1;
    return pack_text(out, slice_of(m->name)) || pack_int(out, m->stream_us) ||
           pack_int(out, m->minute_us) || pack_int(out, m->tick_us) || pack_int(out, flags);
}

static int pack_ids(struct strbuf *out, const struct ids *ids)
{
    int r = pack_int(out, ids->known);
    if (r || !ids->known)
        return r;
    r = pack_int(out, ids->first) || pack_int(out, ids->last) || pack_int(out, ids->first_at_us) ||
        pack_int(out, ids->last_at_us) || pack_int(out, ids->earliest_us) ||
        pack_int(out, ids->latest_us) || pack_int(out, ids->floor) ||
        pack_int(out, (int64_t)ids->n_holes);
    for (size_t i = 0; r == 0 && i < ids->n_holes; i++) {
        const struct hole_range *h = &ids->holes[i];
        r = pack_int(out, h->first) || pack_int(out, h->last) || pack_int(out, h->below_us) ||
            pack_int(out, h->above_us);
    }
    return r;
}

static int pack_lost(struct strbuf *out, const struct lost *l)
{
    int r = pack_int(out, (int64_t)l->n);
    for (size_t i = 0; r == 0 && i < l->n; i++)
        r = pack_int(out, l->ranges[i].from_us) || pack_int(out, l->ranges[i].to_us);
    return r;
}

static int64_t market_number(const struct book *b, const struct market *m)
{
    int64_t n = 0;
    for (const struct market *x = b->markets; x != m; x = x->next)
        n++;
    return n;
}

static int pack_series(struct strbuf *out, const struct book *b, const struct series *s)
{
    int flags = s->unsequenced | s->unproven << 1;
    return pack_int(out, market_number(b, s->market)) || pack_text(out, slice_of(s->symbol)) ||
           pack_int(out, flags) || pack_int(out, s->subscribed_us) ||
           pack_int(out, s->lost_since_us) || pack_int(out, s->latest_us) ||
           pack_int(out, s->dropped_us) || pack_ids(out, &s->ids) || pack_lost(out, &s->lost);
}

int candle_image(void *state, struct strbuf *out, struct err *e)
{
    const struct candle_state *s = state;
    const struct book *b = s->book;
    int64_t folds = 0;
    for (int i = 0; i < INTERVALS; i++)
        folds |= (int64_t)s->folds[i] << i;
    int r = pack_int(out, folds) || pack_int(out, (int64_t)b->n_markets);
    for (const struct market *m = b->markets; r == 0 && m; m = m->next)
        r = pack_market(out, m);
    r = r || pack_int(out, (int64_t)b->n_series);
    for (struct series *x = b->series; r == 0 && x; x = x->next) {
        window_settle(x);
        r = pack_series(out, b, x);
    }
    for (const struct market *m = b->markets; r == 0 && m; m = m->next)
        r = pack_market_windows(out, m);
    return r ? strbuf_full(out, "image of candles", e) : 0;
}
