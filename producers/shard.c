#include "shard_internal.h"

#include <stdlib.h>

static const char *absence_reason(enum absence a)
{
    switch (a) {
    case ABSENCE_AWAY:
        return "not delivered while the producer was away";
    case ABSENCE_LOST:
        return "not delivered while the connection was lost";
    case ABSENCE_NONE:
        break;
    }
    return "skipped by the stream";
}

/* --- create ---------------------------------------------------------------------------------- */

void shard_reset(struct shard *s)
{
    for (uint32_t i = 0; i < s->range.n; i++)
        s->members[i] = (struct member){.symbol = &s->about.universe->symbols[s->range.first + i],
                                        .absence = ABSENCE_AWAY};
    s->n_touched = 0;
    s->n_needy = 0;
    s->epoch = 0;
    s->counts = (struct shard_counts){0};
}

struct shard *shard_create(const struct shard_about *about, struct err *e)
{
    struct shard *s = calloc(1, sizeof(*s));
    if (s) {
        s->about = *about;
        s->range = about->universe->shards[about->number];
        s->members = calloc(s->range.n + 1u, sizeof(*s->members));
        s->touched = calloc(s->range.n + 1u, sizeof(*s->touched));
        s->needy = calloc(s->range.n + 1u, sizeof(*s->needy));
    }
    if (s && s->members && s->touched && s->needy) {
        shard_reset(s);
        return s;
    }
    shard_destroy(s);
    (void)err_set(e, ERR_NOMEM, "shard: out of memory");
    return NULL;
}

void shard_destroy(struct shard *s)
{
    if (!s)
        return;
    free(s->members);
    free(s->touched);
    free(s->needy);
    free(s);
}

int64_t shard_epoch(const struct shard *s)
{
    return s->epoch;
}

void shard_counts_take(struct shard *s, struct shard_counts *ret)
{
    *ret = s->counts;
    s->counts = (struct shard_counts){0};
}

void shard_time(struct shard *s, int64_t now_us, int64_t market_us)
{
    s->now_us = now_us;
    s->market_us = market_us;
}

/* --- restore --------------------------------------------------------------------------------- */

int shard_restore(struct shard *s, const struct record *r, struct err *e)
{
    if (r->type != RECORD_PROGRESS)
        return err_set(e, ERR_STATE, "a %s record where progress is expected",
                       record_type_name(r->type));
    const struct progress *p = &r->progress;
    if (!slice_is(p->exchange, s->about.exchange))
        return err_set(e, ERR_STATE, "progress of the exchange %.*s, not %s",
                       SLICE_ARG(p->exchange), s->about.exchange);
    if (!slice_is(p->stream, s->about.stream))
        return err_set(e, ERR_STATE,
                       "what is written so far of %s are ids of the stream %.*s; those of %s are "
                       "others: use another prefix, or the same stream",
                       s->about.exchange, SLICE_ARG(p->stream), s->about.stream);
    if (slice_is(p->symbol, SHARD_EPOCH_SYMBOL)) {
        s->epoch = p->last_id;
        return 0;
    }
    int64_t i = universe_find_symbol(s->about.universe, p->symbol);
    if (i < s->range.first || i >= (int64_t)s->range.first + s->range.n)
        return 0; /* not followed any more */
    return progress_restore(&s->members[i - s->range.first].progress, p, e);
}

/* --- trades ---------------------------------------------------------------------------------- */

static int tell_healed(struct shard *s, struct member *m, const struct shard_sink *k, struct err *e)
{
    if (!m->healed.any)
        return 0;
    m->healed.any = false;
    s->counts.repaired_ids += progress_hole_ids(&m->healed.ids);
    return shard_put_ids(k, m->symbol, FEED_EVENT_REPAIRED, &m->healed.ids, m->healed.receive_us,
                         NULL, e);
}

/* Runs of healed ids are told of as one. */
static int note_healed(struct shard *s, struct member *m, const struct entry *in,
                       const struct hole *h, const struct shard_sink *k, struct err *e)
{
    struct healed *d = &m->healed;
    bool joins = d->any && in->sequence == d->ids.last_id + 1 &&
                 d->ids.from_time_us == h->from_time_us && d->ids.to_time_us == h->to_time_us;
    if (!joins) {
        if (tell_healed(s, m, k, e) != 0)
            return -1;
        *d = (struct healed){.any = true, .ids = *h};
        d->ids.first_id = in->sequence;
    }
    d->ids.last_id = in->sequence;
    d->receive_us = in->receive_us;
    return 0;
}

/* What must be told before the trade itself. */
static int tell_holes(struct shard *s, struct member *m, const struct entry *in,
                      const struct progress_step *step, const struct shard_sink *k, struct err *e)
{
    if (step->gave_up && shard_tell_given_up(s, m, &step->given_up, in->receive_us,
                                             "too many holes are open at once", k, e) != 0)
        return -1;
    if (!step->opened)
        return 0;
    shard_need(s, m);
    s->counts.gaps++;
    s->counts.gap_ids += progress_hole_ids(&step->hole);
    return shard_put_ids(k, m->symbol, FEED_EVENT_GAP, &step->hole, in->receive_us,
                         absence_reason(m->absence), e);
}

static int write_trade(struct shard *s, struct member *m, const struct entry *in,
                       const struct shard_sink *k, struct err *e)
{
    struct progress_step step;
    progress_offer(&m->progress,
                   &(struct progress_trade){in->sequence, in->other_us, in->receive_us}, &step);
    if (step.verdict == PROGRESS_DUPLICATE) {
        s->counts.duplicates++;
        s->counts.strange += step.newer_than_newest;
        return 0;
    }
    shard_touch(s, m);
    if (tell_holes(s, m, in, &step, k, e) != 0)
        return -1;
    if (step.verdict == PROGRESS_NEW && in->origin != TRADE_ORIGIN_REPAIR)
        m->absence = ABSENCE_NONE;
    s->counts.trades++;
    if (shard_put_trade(k, m->symbol, in, e) != 0)
        return -1;
    return step.verdict == PROGRESS_FILLS ? note_healed(s, m, in, &step.hole, k, e) : 0;
}

static bool is_jump(const struct member *m, int64_t id)
{
    return m->progress.known && id > m->progress.record.last_id + 1;
}

static bool is_newest(const struct shard *s, const struct member *m, int64_t id)
{
    const struct hold *h = s->about.hold;
    return id > m->progress.record.last_id && !(h && hold_first_above(h, shard_index_of(s, m), id));
}

/* Writes what waits: all of it, or as far as no id is missing before it. */
static int let_go(struct shard *s, struct member *m, bool all, const struct shard_sink *k,
                  struct err *e)
{
    struct hold *h = s->about.hold;
    const struct trade_copy *t;
    while (h && (t = hold_first(h, shard_index_of(s, m))) && (all || !is_jump(m, t->sequence))) {
        const struct entry in = trade_copy_entry(t, s->range.first + shard_index_of(s, m));
        if (write_trade(s, m, &in, k, e) != 0)
            return -1;
        hold_take(h, shard_index_of(s, m));
    }
    return 0;
}

static int apply_trade(struct shard *s, const struct entry *in, const struct shard_sink *k,
                       struct err *e)
{
    struct member *m = &s->members[in->index - s->range.first];
    struct hold *h = s->about.hold;
    if (in->origin == TRADE_ORIGIN_SNAPSHOT && !m->progress.known)
        return 0; /* of a time before we listened */
    if (m->look && in->origin != TRADE_ORIGIN_REPAIR && is_newest(s, m, in->sequence))
        m->look = 0; /* what is missing shows again by what comes */
    bool jumps = is_jump(m, in->sequence);
    bool may_wait = h && jumps && in->origin != TRADE_ORIGIN_REPAIR;
    if (may_wait && !hold_is_full(h)) {
        shard_need(s, m);
        if (hold_add(h, shard_index_of(s, m), in, s->now_us + s->about.wait_us, e) != 0)
            return -1;
    } else if ((may_wait && let_go(s, m, true, k, e) != 0) || write_trade(s, m, in, k, e) != 0) {
        return -1;
    }
    return let_go(s, m, false, k, e);
}

int shard_bring_back(struct shard *s, const struct entry *in, shard_emit_fn emit, void *ctx,
                     struct err *e)
{
    const struct shard_sink k = {&s->about, emit, ctx};
    struct member *m = &s->members[in->index - s->range.first];
    struct hole h;
    if (progress_is_missing(&m->progress, in->sequence)) {
        s->counts.brought_back++;
        return write_trade(s, m, in, &k, e);
    }
    if (!progress_bring_back(&m->progress, in->sequence, &h)) {
        s->counts.duplicates++;
        return 0;
    }
    s->counts.brought_back++;
    s->counts.trades++;
    shard_touch(s, m);
    if (shard_put_trade(&k, m->symbol, in, e) != 0)
        return -1;
    return note_healed(s, m, in, &h, &k, e);
}

int shard_let_go(struct shard *s, shard_emit_fn emit, void *ctx, struct err *e)
{
    const struct shard_sink k = {&s->about, emit, ctx};
    int64_t i;
    while (s->about.hold && (i = hold_overdue(s->about.hold, s->now_us)) >= 0)
        if (let_go(s, &s->members[i], true, &k, e) != 0)
            return -1;
    return 0;
}

/* --- links and ticks ---------------------------------------------------------------- */

static int apply_link(struct shard *s, const struct entry *in, const struct shard_sink *k,
                      struct err *e)
{
    const struct feed f = {
        .event = in->up ? FEED_EVENT_SUBSCRIBED : FEED_EVENT_LOST,
        .has_from_time_us = !in->up,
        .from_time_us = in->other_us,
        .receive_time_us = in->receive_us,
        .has_reason = in->text.len > 0,
        .reason = in->text,
    };
    for (size_t i = 0; i < in->data.len; i++) {
        struct member *m = &s->members[in->index + i - s->range.first];
        if (!in->data.data[i])
            continue;
        if (!in->up && m->absence == ABSENCE_NONE)
            m->absence = ABSENCE_LOST;
        m->look = 0;
        if (in->up)
            shard_look(s, m);
        if (shard_put_feed(k, m->symbol, &f, e) != 0)
            return -1;
    }
    return 0;
}

static int apply_tick(struct shard *s, const struct entry *in, const struct shard_sink *k,
                      struct err *e)
{
    struct tick t = {.receive_time_us = in->receive_us, .epoch = s->epoch};
    for (size_t i = 0; i < in->data.len; i++) {
        t.alive = in->data.data[i] != 0;
        if (shard_put_tick(k, (int32_t)(s->about.number + i * s->about.universe->n_shards), &t,
                           e) != 0)
            return -1;
    }
    return 0;
}

int shard_apply(struct shard *s, const struct entry *in, shard_emit_fn emit, void *ctx,
                struct err *e)
{
    const struct shard_sink k = {&s->about, emit, ctx};
    switch (in->type) {
    case ENTRY_TRADE:
        return apply_trade(s, in, &k, e);
    case ENTRY_QUOTE:
        return 0;
    case ENTRY_LINK:
        return apply_link(s, in, &k, e);
    case ENTRY_TICK:
        return apply_tick(s, in, &k, e);
    case ENTRY_BAD:
        return shard_put_bad(&k, in, e);
    }
    return err_set(e, ERR_ARG, "shard: no entry of type %d", (int)in->type);
}

/* --- begin and flush ------------------------------------------------------------------------- */

/* Pairs that were followed until now: what has become of them, and that nothing comes any more. */
static int tell_gone(struct shard *s, int64_t since_us, const struct shard_sink *k, struct err *e)
{
    const struct universe *u = s->about.universe;
    const struct feed f = {.event = FEED_EVENT_LOST,
                           .has_from_time_us = true,
                           .from_time_us = since_us,
                           .receive_time_us = since_us,
                           .has_reason = true,
                           .reason = slice_of("it is not traded any more")};
    for (uint32_t i = 0; i < u->n_gone; i++)
        if (u->gone[i].shard == s->about.number && (shard_put_instrument(k, &u->gone[i], e) != 0 ||
                                                    shard_put_feed(k, &u->gone[i], &f, e) != 0))
            return -1;
    return 0;
}

int shard_begin(struct shard *s, const bool *up, int64_t since_us, shard_emit_fn emit, void *ctx,
                struct err *e)
{
    const struct shard_sink k = {&s->about, emit, ctx};
    const struct feed f = {.event = FEED_EVENT_SUBSCRIBED, .receive_time_us = since_us};
    s->epoch++;
    const struct progress epoch = {.first_id = 0,
                                   .last_id = s->epoch,
                                   .last_time_us = since_us,
                                   .last_receive_time_us = since_us};
    if (shard_put_progress(&k, SHARD_EPOCH_SYMBOL, &epoch, e) != 0)
        return -1;
    for (uint32_t i = 0; i < s->range.n; i++)
        if (shard_put_instrument(&k, s->members[i].symbol, e) != 0)
            return -1;
    if (tell_gone(s, since_us, &k, e) != 0)
        return -1;
    for (uint32_t i = 0; i < s->range.n; i++) {
        struct member *m = &s->members[i];
        bool is_up = up[s->range.first + i];
        if (is_up)
            shard_look(s, m);
        shard_need(s, m); /* until it is found that nothing is missing */
        if (is_up && shard_put_feed(&k, m->symbol, &f, e) != 0)
            return -1;
    }
    return 0;
}

int shard_flush(struct shard *s, shard_emit_fn emit, void *ctx, struct err *e)
{
    const struct shard_sink k = {&s->about, emit, ctx};
    for (uint32_t i = 0; i < s->n_touched; i++) {
        struct member *m = &s->members[s->touched[i]];
        m->touched = false;
        if (tell_healed(s, m, &k, e) != 0 ||
            shard_put_progress(&k, m->symbol->info.symbol, &m->progress.record, e) != 0)
            return -1;
    }
    s->n_touched = 0;
    return 0;
}
