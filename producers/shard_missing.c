#include "shard_internal.h"

void shard_touch(struct shard *s, struct member *m)
{
    if (m->touched)
        return;
    m->touched = true;
    s->touched[s->n_touched++] = shard_index_of(s, m);
}

void shard_need(struct shard *s, struct member *m)
{
    if (m->needy)
        return;
    m->needy = true;
    s->needy[s->n_needy++] = shard_index_of(s, m);
}

void shard_look(struct shard *s, struct member *m)
{
    if (!s->about.looks || !m->progress.known)
        return;
    m->look = ++s->looks;
    shard_need(s, m);
}

int shard_tell_given_up(struct shard *s, const struct member *m, const struct hole *h,
                        int64_t receive_us, const char *reason, const struct shard_sink *k,
                        struct err *e)
{
    s->counts.given_up_ids += progress_hole_ids(h);
    return shard_put_ids(k, m->symbol, FEED_EVENT_GIVEN_UP, h, receive_us, reason, e);
}

uint32_t shard_needy(const struct shard *s)
{
    return s->n_needy;
}

uint32_t shard_needy_at(const struct shard *s, uint32_t i)
{
    return s->range.first + s->needy[i];
}

void shard_not_needy(struct shard *s, uint32_t i)
{
    s->members[s->needy[i]].needy = false;
    s->needy[i] = s->needy[--s->n_needy];
}

size_t shard_missing(const struct shard *s, uint32_t index,
                     struct shard_missing ret[SHARD_MISSING_MAX])
{
    const struct member *m = &s->members[index - s->range.first];
    const struct progress *p = &m->progress.record;
    /* A commit that was taken for failed, or another instance, may have gone past what waits: such
     * trades go with the next one. */
    const struct trade_copy *t =
        s->about.hold ? hold_first_above(s->about.hold, shard_index_of(s, m), p->last_id + 1)
                      : NULL;
    size_t n = 0;
    if (!m->progress.known)
        return 0;
    if (t)
        ret[n++] = (struct shard_missing){.kind = SHARD_MISSING_WAITED_FOR,
                                          .first_id = p->last_id + 1,
                                          .last_id = t->sequence - 1,
                                          .from_time_us = p->last_time_us};
    for (size_t i = 0; i < p->n_holes; i++)
        ret[n++] = (struct shard_missing){.kind = SHARD_MISSING_DECLARED,
                                          .first_id = p->holes[i].first_id,
                                          .last_id = p->holes[i].last_id,
                                          .from_time_us = p->holes[i].from_time_us};
    if (m->look && !t)
        ret[n++] = (struct shard_missing){.kind = SHARD_MISSING_PERHAPS,
                                          .first_id = p->last_id + 1,
                                          .last_id = INT64_MAX,
                                          .from_time_us = p->last_time_us,
                                          .look = m->look};
    return n;
}

int shard_repairing(struct shard *s, uint32_t index, const struct shard_missing *m,
                    shard_emit_fn emit, void *ctx, struct err *e)
{
    const struct shard_sink k = {&s->about, emit, ctx};
    const struct member *of = &s->members[index - s->range.first];
    const struct progress *p = &of->progress.record;
    for (size_t i = 0; i < p->n_holes; i++)
        if (p->holes[i].first_id >= m->first_id && p->holes[i].last_id <= m->last_id &&
            shard_put_ids(&k, of->symbol, FEED_EVENT_REPAIRING, &p->holes[i], s->market_us, NULL,
                          e) != 0)
            return -1;
    return 0;
}

void shard_looked(struct shard *s, uint32_t index, const struct shard_missing *m)
{
    struct member *of = &s->members[index - s->range.first];
    if (of->look == m->look)
        of->look = 0;
}

int shard_give_up(struct shard *s, uint32_t index, const struct shard_missing *m,
                  const char *reason, shard_emit_fn emit, void *ctx, struct err *e)
{
    const struct shard_sink k = {&s->about, emit, ctx};
    struct member *of = &s->members[index - s->range.first];
    struct hole part;
    while (progress_give_up(&of->progress, m->first_id, m->last_id, &part)) {
        shard_touch(s, of);
        if (shard_tell_given_up(s, of, &part, s->market_us, reason, &k, e) != 0)
            return -1;
    }
    return 0;
}

int64_t shard_holes(const struct shard *s)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < s->range.n; i++)
        n += (int64_t)s->members[i].progress.record.n_holes;
    return n;
}
