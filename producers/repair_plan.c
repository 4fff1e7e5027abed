#include "repair_plan.h"

#include "timefmt.h"

#include <stdlib.h>

enum {
    WAIT_FIRST_MS = 250,
    WAIT_CAP_MS = 30000,
    FRUITLESS_MAX = 8,    /* answers without the ids: some half a minute */
    LOOK_AFTER_MS = 2000, /* the stream may tell by itself until then */
};

/* How it went with some ids so far. */
struct attempt {
    struct history_query query; /* the next page; last_id, and look, name the ids */
    int64_t look;               /* of shard_missing */
    int64_t first_id;           /* the first one missing, as seen last */
    int64_t silent_us;          /* since when there was no answer at all; 0: the last one was one */
    int64_t next_us;            /* not asked before */
    int64_t wait_ms;
    int fruitless;
    bool told;   /* asked for as a declared gap */
    bool paging; /* query is not the first page any more */
};

struct attempts {
    size_t n;
    struct attempt list[SHARD_MISSING_MAX];
};

struct repair_plan {
    const struct universe *universe;
    const struct channel *channel;
    struct universe_range range;
    int64_t give_up_us;
    struct attempts **attempts; /* by member; NULL: nothing is missing */
};

struct repair_plan *repair_plan_create(const struct universe *u, uint32_t shard,
                                       const struct channel *channel, int64_t give_up_us,
                                       struct err *e)
{
    struct repair_plan *p = calloc(1, sizeof(*p));
    if (p) {
        p->universe = u;
        p->channel = channel;
        p->range = u->shards[shard];
        p->give_up_us = give_up_us;
        p->attempts = calloc(p->range.n + (size_t)1, sizeof(struct attempts *));
    }
    if (p && p->attempts)
        return p;
    repair_plan_destroy(p);
    (void)err_set(e, ERR_NOMEM, "repair: out of memory");
    return NULL;
}

void repair_plan_destroy(struct repair_plan *p)
{
    if (!p)
        return;
    for (uint32_t i = 0; p->attempts && i < p->range.n; i++)
        free(p->attempts[i]);
    free(p->attempts);
    free(p);
}

/* --- attempts -------------------------------------------------------------------------------- */

/* NULL: these ids were not missing before. */
static struct attempt *find(struct attempts *t, const struct shard_missing *m)
{
    for (size_t i = 0; t && i < t->n; i++)
        if (t->list[i].query.last_id == m->last_id && t->list[i].look == m->look)
            return &t->list[i];
    return NULL;
}

/* Where trades of the past are asked for by their time, those that are missing may be dated before
 * the one in front of them: the exchange's clock was set back, or they are late. An answer without
 * them is followed by a question that begins earlier. */
static int64_t from_time_us(const struct shard_missing *m, int fruitless)
{
    int64_t back_us = fruitless > 0 ? (INT64_C(1) << fruitless) * US_PER_S : 0;
    return m->from_time_us > back_us ? m->from_time_us - back_us : 0;
}

static struct history_query first_page(const struct repair_plan *p, uint32_t member,
                                       const struct shard_missing *m, int fruitless)
{
    return (struct history_query){
        .instrument = &p->universe->symbols[p->range.first + member].info,
        .channel = p->channel,
        .first_id = m->first_id,
        .last_id = m->last_id,
        .from_time_us = from_time_us(m, fruitless),
    };
}

static bool is_in_line(const struct attempts *t, const struct shard_missing *missing, size_t n)
{
    bool same = n == (t ? t->n : 0);
    for (size_t i = 0; same && i < n; i++)
        same = t->list[i].query.last_id == missing[i].last_id && t->list[i].look == missing[i].look;
    return same;
}

/* The attempts of what is missing of a member now, with what is known from before. Ids are known by
 * the last one, as what comes shortens them from the front. False: no memory. */
static bool renew(struct repair_plan *p, uint32_t member, const struct shard_missing *missing,
                  size_t n, int64_t now_us)
{
    struct attempts *now = n > 0 ? calloc(1, sizeof(*now)) : NULL;
    if (n > 0 && !now)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct attempt *t = find(p->attempts[member], &missing[i]);
        bool look = missing[i].kind == SHARD_MISSING_PERHAPS;
        now->list[now->n++] =
            t ? *t
              : (struct attempt){.query = first_page(p, member, &missing[i], 0),
                                 .look = missing[i].look,
                                 .next_us = now_us + (look ? LOOK_AFTER_MS * US_PER_MS : 0),
                                 .wait_ms = WAIT_FIRST_MS};
    }
    free(p->attempts[member]);
    p->attempts[member] = now;
    return true;
}

/* Brings the attempts of a member in line with what is missing. False: no memory. */
static bool follow(struct repair_plan *p, uint32_t member, const struct shard_missing *missing,
                   size_t n, int64_t now_us)
{
    if (!is_in_line(p->attempts[member], missing, n) && !renew(p, member, missing, n, now_us))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct attempt *t = &p->attempts[member]->list[i];
        if (missing[i].first_id < t->first_id)
            t->paging = false; /* what pages brought was lost with a transaction */
        t->first_id = missing[i].first_id;
        if (!t->paging)
            t->query = first_page(p, member, &missing[i], t->fruitless);
    }
    return true;
}

/* Whether the first is asked for before the second. */
static bool comes_first(const struct repair_pick *a, const struct attempt *of_a,
                        const struct repair_pick *b, const struct attempt *of_b)
{
    if (a->missing.kind != b->missing.kind)
        return a->missing.kind < b->missing.kind;
    return of_a->next_us < of_b->next_us;
}

bool repair_plan_next(struct repair_plan *p, struct shard *s, int64_t now_us, bool with_looks,
                      struct repair_pick *ret)
{
    struct shard_missing missing[SHARD_MISSING_MAX];
    const struct attempt *best = NULL;
    for (uint32_t i = shard_needy(s); i-- > 0;) {
        uint32_t index = shard_needy_at(s, i);
        size_t n = shard_missing(s, index, missing);
        if (!follow(p, index - p->range.first, missing, n, now_us))
            continue; /* another time */
        for (size_t k = 0; k < n; k++) {
            const struct attempt *t = &p->attempts[index - p->range.first]->list[k];
            enum shard_missing_kind kind = missing[k].kind;
            const struct repair_pick pick = {index, missing[k], t->query,
                                             kind == SHARD_MISSING_DECLARED && !t->told};
            bool may = t->next_us <= now_us && (kind != SHARD_MISSING_PERHAPS || with_looks);
            if (!may || (best && !comes_first(&pick, t, ret, best)))
                continue;
            best = t;
            *ret = pick;
        }
        if (n == 0)
            shard_not_needy(s, i);
    }
    return best != NULL;
}

/* --- answers --------------------------------------------------------------------------------- */

static void wait(struct attempt *t, int64_t now_us)
{
    t->next_us = now_us + t->wait_ms * US_PER_MS;
    t->wait_ms = t->wait_ms * 2 < WAIT_CAP_MS ? t->wait_ms * 2 : WAIT_CAP_MS;
    t->paging = false;
}

bool repair_plan_answered(struct repair_plan *p, const struct repair_pick *pick,
                          enum repair_outcome outcome, int64_t now_us)
{
    struct attempt *t = find(p->attempts[pick->index - p->range.first], &pick->missing);
    if (!t)
        return false;
    t->told = t->told || pick->missing.kind == SHARD_MISSING_DECLARED;
    if (outcome != REPAIR_FAILED)
        t->silent_us = 0;
    switch (outcome) {
    case REPAIR_PAGE:
        t->query = pick->query;
        t->paging = true;
        t->next_us = now_us;
        return false;
    case REPAIR_ALL:
    case REPAIR_NONE:
        wait(t, now_us);
        return ++t->fruitless >= FRUITLESS_MAX;
    case REPAIR_FAILED:
        wait(t, now_us);
        break;
    }
    if (t->silent_us == 0)
        t->silent_us = now_us;
    return now_us - t->silent_us >= p->give_up_us;
}
