#include "print.h"

#include <errno.h>

enum { IDLE_MS = 100, STRETCH = 1000, LINE_MAX_BYTES = 1 << 20 };

struct printer {
    const struct print_about *about;
    struct shard *shard;
    struct quote_fold *quotes;
    struct strbuf line;
    bool closed; /* the reader went away, as `| head` does */
};

static int print_record(struct printer *p, const struct record *r, struct err *e)
{
    if (p->closed)
        return 0;
    strbuf_reset(&p->line);
    if (record_json(r, &p->line, e) != 0)
        return -1;
    if (strbuf_addc(&p->line, '\n') != 0)
        return strbuf_full(&p->line, "print", e);
    if (fwrite(p->line.data, 1, p->line.len, p->about->out) == p->line.len)
        return 0;
    p->closed = errno == EPIPE;
    return p->closed ? 0 : err_set(e, ERR_IO, "print: %s", strerror(errno));
}

/* shard_emit_fn */
static int on_trades(void *ctx, const struct shard_output *out, struct err *e)
{
    return out->topic == SHARD_TRADES ? print_record(ctx, out->record, e) : 0;
}

/* quote_emit_fn */
static int on_quotes(void *ctx, const struct quote_output *out, struct err *e)
{
    return out->record->type != RECORD_TICK ? print_record(ctx, out->record, e) : 0;
}

static int flush(struct printer *p, struct err *e)
{
    if (p->closed || fflush(p->about->out) == 0)
        return 0;
    p->closed = errno == EPIPE;
    return p->closed ? 0 : err_set(e, ERR_IO, "print: %s", strerror(errno));
}

static void count(struct printer *p)
{
    const struct producer_metrics *m = p->about->metrics;
    struct shard_counts c;
    struct quote_counts q;
    shard_counts_take(p->shard, &c);
    quote_fold_counts_take(p->quotes, &q);
    metric_inc(m->trades_written, c.trades);
    metric_inc(m->duplicates, c.duplicates);
    metric_inc(m->gaps, c.gaps);
    metric_inc(m->gap_ids, c.gap_ids);
    metric_inc(m->repaired_ids, c.repaired_ids);
    metric_inc(m->quotes_written, q.quotes);
    metric_inc(m->quotes_unchanged, q.unchanged);
    metric_inc(m->rates_written, q.rates);
}

/* What has come so far; how many entries, -1. Each entry is a transaction of its own: what is
 * printed does not depend on how many came together. */
static int print_stretch(struct printer *p, struct err *e)
{
    struct entry entry;
    int n = 0;
    while (n < STRETCH && journal_next(p->about->journal, &entry)) {
        if (quote_fold_apply(p->quotes, &entry, on_quotes, p, e) != 0 ||
            shard_apply(p->shard, &entry, on_trades, p, e) != 0 ||
            shard_flush(p->shard, on_trades, p, e) != 0)
            return -1;
        n++;
    }
    if (n > 0 && flush(p, e) != 0)
        return -1;
    journal_commit(p->about->journal);
    count(p);
    return n;
}

static int print_all(struct printer *p, struct err *e)
{
    const struct print_about *a = p->about;
    while (!a->stopping() && !p->closed) {
        health_beat(a->health);
        if (a->failed && a->failed(a->ctx, e))
            return -1;
        int n = print_stretch(p, e);
        if (n < 0)
            return -1;
        if (journal_is_done(a->journal))
            return 0;
        if (n < STRETCH)
            (void)bell_wait(a->bell, IDLE_MS);
    }
    return 0;
}

int print_run(const struct print_about *about, struct err *e)
{
    struct printer p = {.about = about};
    strbuf_init(&p.line, LINE_MAX_BYTES);
    p.shard = shard_create(&about->shard, e);
    p.quotes = quote_fold_create(&about->quotes, e);
    journal_own(about->journal, true);
    int r = -1;
    if (p.shard && p.quotes && quote_fold_own(p.quotes, 0, on_quotes, &p, e) == 0)
        r = print_all(&p, e);
    shard_destroy(p.shard);
    quote_fold_destroy(p.quotes);
    strbuf_finish(&p.line);
    return r;
}
