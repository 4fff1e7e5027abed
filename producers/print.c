#include "print.h"

#include <errno.h>

enum { IDLE_MS = 100, STRETCH = 1000, LINE_MAX_BYTES = 1 << 20 };

struct printer {
    const struct print_about *about;
    struct shard *shard;
    struct strbuf line;
    bool closed; /* the reader went away, as `| head` does */
};

/* shard_emit_fn */
static int print_record(void *ctx, const struct shard_output *out, struct err *e)
{
    struct printer *p = ctx;
    if (out->topic != SHARD_TRADES || p->closed)
        return 0;
    strbuf_reset(&p->line);
    if (record_json(out->record, &p->line, e) != 0)
        return -1;
    if (strbuf_addc(&p->line, '\n') != 0)
        return strbuf_full(&p->line, "print", e);
    if (fwrite(p->line.data, 1, p->line.len, p->about->out) == p->line.len)
        return 0;
    p->closed = errno == EPIPE;
    return p->closed ? 0 : err_set(e, ERR_IO, "print: %s", strerror(errno));
}

static int flush(struct printer *p, struct err *e)
{
    if (p->closed || fflush(p->about->out) == 0)
        return 0;
    p->closed = errno == EPIPE;
    return p->closed ? 0 : err_set(e, ERR_IO, "print: %s", strerror(errno));
}

/* What has come so far; how many entries, -1. Each entry is a transaction of its own: what is
 * printed does not depend on how many came together. */
static int print_stretch(struct printer *p, struct err *e)
{
    struct entry entry;
    struct shard_counts c;
    int n = 0;
    while (n < STRETCH && journal_next(p->about->journal, &entry)) {
        if (shard_apply(p->shard, &entry, print_record, p, e) != 0 ||
            shard_flush(p->shard, print_record, p, e) != 0)
            return -1;
        n++;
    }
    if (n > 0 && flush(p, e) != 0)
        return -1;
    journal_commit(p->about->journal);
    shard_counts_take(p->shard, &c);
    metric_inc(p->about->metrics->trades_written, c.trades);
    metric_inc(p->about->metrics->duplicates, c.duplicates);
    metric_inc(p->about->metrics->gaps, c.gaps);
    metric_inc(p->about->metrics->gap_ids, c.gap_ids);
    metric_inc(p->about->metrics->repaired_ids, c.repaired_ids);
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
    journal_own(about->journal, true);
    int r = p.shard ? print_all(&p, e) : -1;
    shard_destroy(p.shard);
    strbuf_finish(&p.line);
    return r;
}
