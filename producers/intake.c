#include "intake.h"

#include "clock.h"
#include "timefmt.h"

#include <string.h>

enum { BAD_LOG_EVERY_S = 10 };

/* One frame's way through the parser. */
struct passage {
    struct intake *in;
    const struct intake_source *from;
    const struct frame *frame;
    int64_t now_us;
    bool foreign;      /* it spoke of a symbol that is not followed */
    bool journal_full; /* the failure is not the frame's */
};

void intake_init(struct intake *in, const struct intake_about *about)
{
    *in =
        (struct intake){.about = *about, .bad_limit = {.interval_us = BAD_LOG_EVERY_S * US_PER_S}};
}

static int append(struct intake *in, uint32_t shard, const struct entry *entry, int64_t now_us,
                  struct err *e)
{
    return journal_append(in->about.journals[shard], entry, now_us, e);
}

/* --- trades that are held -------------------------------------------------------------------- */

int intake_release(struct intake *in, uint32_t link, struct overlap *overlap, int64_t receive_us,
                   struct err *e)
{
    uint32_t shard = in->about.universe->links[link].shard;
    int64_t now_us = clock_mono_us();
    struct entry entry;
    while (!journal_is_full(in->about.journals[shard]) && overlap_next(overlap, now_us, &entry)) {
        entry.receive_us = receive_us;
        if (append(in, shard, &entry, now_us, e) != 0)
            return -1;
    }
    return 0;
}

static int release(struct passage *p, struct err *e)
{
    struct overlap *o = p->from->overlap;
    if (!o || !overlap_holds_any(o))
        return 0;
    return intake_release(p->in, p->from->link, o, p->frame->receive_us, e);
}

/* Now, or when its turn comes. */
static int put_trade(struct passage *p, const struct entry *entry, struct err *e)
{
    struct overlap *o = p->from->overlap;
    if (o && overlap_is_full(o) && release(p, e) != 0)
        return -1;
    if (o && !overlap_trade(o, p->from->younger, entry, p->now_us))
        return 0;
    uint32_t shard = p->in->about.universe->symbols[entry->index].shard;
    if (append(p->in, shard, entry, p->now_us, e) != 0)
        return -1;
    return release(p, e);
}

/* --- events ---------------------------------------------------------------------------------- */

static int on_trade(struct passage *p, const struct event *ev, struct err *e)
{
    const struct universe *u = p->in->about.universe;
    int64_t i = universe_find(u, ev->native_symbol);
    if (i < 0 || !u->symbols[i].followed) {
        p->foreign = true;
        return 0;
    }
    struct entry entry;
    if (entry_of_trade(ev, p->in->about.ops->name, (uint32_t)i, p->frame->receive_us, ev->origin,
                       &entry, e) != 0)
        return -1;
    if (put_trade(p, &entry, e) == 0)
        return 0;
    p->journal_full = true;
    return -1;
}

static void enqueue(struct intake *in, uint32_t shard, const struct entry *entry)
{
    int64_t dropped = quote_queue_put(in->about.queues[shard], entry);
    if (dropped > 0)
        metric_inc(in->about.metrics->quotes_conflated, dropped);
}

/* To the shard of its symbol; a rate to all shards. */
static int put_quote(struct intake *in, const struct entry *entry, int64_t now_us, struct err *e)
{
    const struct universe_symbol *s = &in->about.universe->symbols[entry->index];
    for (uint32_t i = 0; i < in->about.universe->n_shards; i++) {
        if (!s->is_rate && i != s->shard)
            continue;
        if (in->about.queues)
            enqueue(in, i, entry);
        else if (append(in, i, entry, now_us, e) != 0)
            return -1;
    }
    return 0;
}

/* What tells the later of two quotes of a symbol; -1: nothing does. */
static int64_t order_of(const struct event *ev)
{
    if (ev->has_sequence)
        return ev->sequence;
    return ev->has_exchange_time ? ev->exchange_time_us : -1;
}

static int on_quote(struct passage *p, const struct event *ev, struct err *e)
{
    int64_t i = universe_find(p->in->about.universe, ev->native_symbol);
    if (i < 0) {
        p->foreign = true;
        return 0;
    }
    if (p->from->overlap &&
        !overlap_quote(p->from->overlap, p->from->younger, (uint32_t)i, order_of(ev)))
        return 0;
    const struct entry entry = {
        .type = ENTRY_QUOTE,
        .index = (uint32_t)i,
        .receive_us = p->frame->receive_us,
        .has_exchange_time = ev->has_exchange_time,
        .other_us = ev->exchange_time_us,
        .bid = ev->bid,
        .ask = ev->ask,
    };
    if (put_quote(p->in, &entry, p->now_us, e) == 0)
        return 0;
    p->journal_full = true;
    return -1;
}

static int on_event(void *ctx, const struct event *ev, struct err *e)
{
    struct passage *p = ctx;
    bool data = ev->type == EVENT_TRADE || ev->type == EVENT_QUOTE;
    if (p->from->control && (!data || p->from->all_events))
        p->from->control(p->from->ctx, ev);
    if (ev->type == EVENT_TRADE)
        return on_trade(p, ev, e);
    return ev->type == EVENT_QUOTE ? on_quote(p, ev, e) : 0;
}

/* --- frames ---------------------------------------------------------------------------------- */

static void say_bad(struct intake *in, uint32_t link, size_t frame_len, int64_t now_us,
                    const struct err *why)
{
    if (log_limit_pass(&in->bad_limit, now_us))
        log_warn("feed", "frame dead-lettered", LOG_STR("exchange", in->about.ops->name),
                 LOG_INT("connection", link), LOG_INT("bytes", (int64_t)frame_len), LOG_ERR(why),
                 LOG_INT("suppressed", in->bad_limit.held));
}

static int dead_letter(struct intake *in, uint32_t link, const struct frame *f, size_t frame_len,
                       int64_t now_us, const struct err *why, struct err *e)
{
    const struct universe_link *l = &in->about.universe->links[link];
    const struct producer_metrics *m = in->about.metrics;
    struct slice bytes = f->text;
    if (bytes.len > INTAKE_DEAD_LETTER_MAX)
        bytes.len = INTAKE_DEAD_LETTER_MAX;
    metric_inc(why->code == ERR_LIMIT ? m->frames_bad_limit : m->frames_bad_proto, 1);
    say_bad(in, link, frame_len, now_us, why);
    const struct entry entry = {.type = ENTRY_BAD,
                                .index = link,
                                .receive_us = f->receive_us,
                                .frame_len = (int64_t)frame_len,
                                .text = slice_of(why->text),
                                .data = bytes};
    if (l->kind == CHANNEL_QUOTES && journal_is_full(in->about.journals[l->shard]))
        return 0; /* its connection is not paused for trades; it was counted and logged */
    return append(in, l->shard, &entry, now_us, e);
}

int intake_frame(struct intake *in, const struct intake_source *from, const struct frame *f,
                 size_t frame_len, struct err *e)
{
    const struct exchange_ops *ops = in->about.ops;
    struct passage p = {in, from, f, clock_mono_us(), false, false};
    struct err why = {0};
    bool skipped = false;
    metric_inc(in->about.metrics->frames, 1);
    metric_set(in->about.metrics->last_receive_time, f->receive_us);
    if (frame_len > f->text.len) {
        (void)err_set(&why, ERR_LIMIT, "%s: a frame of %zu bytes, longer than %d", ops->name,
                      frame_len, EXCHANGE_FRAME_MAX);
        return dead_letter(in, from->link, f, frame_len, p.now_us, &why, e) == 0 ? 1 : -1;
    }
    if (ops->parse_frame(from->session, from->listen, f, on_event, &p, &skipped, &why) < 0) {
        if (!p.journal_full)
            return dead_letter(in, from->link, f, frame_len, p.now_us, &why, e) == 0 ? 1 : -1;
        *e = why;
        return -1;
    }
    if (p.foreign && in->about.on_stranger)
        in->about.on_stranger(in->about.ctx);
    if (skipped || p.foreign)
        metric_inc(in->about.metrics->frames_skipped, 1);
    return 0;
}

/* --- links ----------------------------------------------------------------------------------- */

static int void_quotes(struct intake *in, const struct intake_change *c, struct err *e)
{
    const struct universe_range *r = &in->about.universe->links[c->link].symbols;
    struct entry entry = {.type = ENTRY_QUOTE, .receive_us = c->receive_us};
    for (uint32_t i = 0; i < r->n; i++) {
        entry.index = r->first + i;
        if (c->symbols.data[i] && put_quote(in, &entry, clock_mono_us(), e) != 0)
            return -1;
    }
    return 0;
}

int intake_link(struct intake *in, const struct intake_change *c, struct err *e)
{
    const struct universe_link *l = &in->about.universe->links[c->link];
    const struct entry entry = {.type = ENTRY_LINK,
                                .index = l->symbols.first,
                                .up = c->up,
                                .receive_us = c->receive_us,
                                .other_us = c->heard_us,
                                .text = slice_of(c->why),
                                .data = c->symbols};
    if (l->kind == CHANNEL_QUOTES)
        return c->up ? 0 : void_quotes(in, c, e);
    return append(in, l->shard, &entry, clock_mono_us(), e);
}

/* --- ticks ----------------------------------------------------------------------------------- */

/* Symbols stand sorted by partition: a link touches those from its first symbol's to its last. */
static void mark(const struct universe *u, const struct universe_link *l, bool up, char *alive)
{
    const struct universe_symbol *first = &u->symbols[l->symbols.first];
    const struct universe_symbol *last = first + l->symbols.n - 1;
    uint32_t from = (uint32_t)first->partition / u->n_shards;
    uint32_t to = (uint32_t)last->partition / u->n_shards;
    memset(alive + from, up, to - from + 1);
}

static bool counts(const struct universe_link *l, enum channel_kind kind, uint32_t shard)
{
    return l->kind == kind && l->followed && l->shard == shard;
}

/* A partition is as alive as all its links; one without a symbol as all links of the shard. */
static void mark_all(const struct universe *u, enum channel_kind kind, uint32_t shard,
                     const bool *links_up, char *alive, uint32_t n)
{
    bool all_up = true;
    for (uint32_t i = 0; i < u->n_links; i++)
        all_up = all_up && (links_up[i] || !counts(&u->links[i], kind, shard));
    memset(alive, all_up, n);
    for (int up = 1; up >= 0 && !all_up; up--) /* those that are down have the last word */
        for (uint32_t i = 0; i < u->n_links; i++)
            if (counts(&u->links[i], kind, shard) && links_up[i] == up)
                mark(u, &u->links[i], up, alive);
}

int intake_tick(struct intake *in, enum channel_kind kind, uint32_t shard, const bool *links_up,
                int64_t receive_us, struct err *e)
{
    const struct universe *u = in->about.universe;
    char alive[QUOTE_TICK_MAX];
    uint32_t n = universe_shard_partitions(u, shard);
    if (n > QUOTE_TICK_MAX)
        return err_set(e, ERR_LIMIT, "%u partitions in one shard", n);
    bool for_journal = kind == CHANNEL_TRADES;
    if (for_journal ? journal_is_full(in->about.journals[shard]) : !in->about.queues)
        return 1;
    mark_all(u, kind, shard, links_up, alive, n);
    const struct entry tick = {
        .type = ENTRY_TICK, .receive_us = receive_us, .data = slice_make(alive, n)};
    if (for_journal)
        return append(in, shard, &tick, clock_mono_us(), e);
    enqueue(in, shard, &tick);
    return 0;
}
