#include "repair.h"

#include "log.h"
#include "timefmt.h"

#include <stdio.h>
#include <stdlib.h>

enum { SAY_EVERY_S = 10, REASON_MAX = 200 };

struct repair {
    struct repair_about about;
    struct repair_fetch *fetch;
    struct repair_plan **plans; /* by shard */
    uint32_t asked;             /* the shard of the last question */
    bool forgotten;             /* its answer is nothing to anybody */
    struct log_limit limit;
};

/* A shard at its turn. */
struct turn {
    struct repair *repair;
    struct repair_plan *plan;
    struct shard *shard;
    const struct repair_out *out;
    int64_t now_us;
};

struct repair *repair_create(const struct repair_about *about, struct err *e)
{
    const struct universe *u = about->universe;
    struct repair *r = calloc(1, sizeof(*r));
    if (r)
        r->plans = calloc(u->n_shards, sizeof(struct repair_plan *));
    if (!r || !r->plans) {
        repair_destroy(r);
        (void)err_set(e, ERR_NOMEM, "repair: out of memory");
        return NULL;
    }
    r->about = *about;
    r->limit = (struct log_limit){.interval_us = SAY_EVERY_S * US_PER_S};
    r->fetch = repair_fetch_start(&about->fetch, e);
    bool good = r->fetch != NULL;
    for (uint32_t i = 0; good && i < u->n_shards; i++) {
        r->plans[i] = repair_plan_create(u, i, about->channel, about->give_up_us, e);
        good = r->plans[i] != NULL;
    }
    if (good)
        return r;
    repair_destroy(r);
    return NULL;
}

void repair_destroy(struct repair *r)
{
    if (!r)
        return;
    repair_fetch_stop(r->fetch);
    for (uint32_t i = 0; r->plans && i < r->about.universe->n_shards; i++)
        repair_plan_destroy(r->plans[i]);
    free(r->plans);
    free(r);
}

void repair_forget(struct repair *r, uint32_t number)
{
    r->forgotten = r->forgotten || r->asked == number;
}

/* --- answers --------------------------------------------------------------------------------- */

static void say(struct repair *r, const struct repair_answer *a, const char *what)
{
    if (log_limit_pass(&r->limit, clock_mono_us()))
        log_warn("repair", what, LOG_STR("exchange", r->about.fetch.ops->name),
                 LOG_STR("symbol", r->about.universe->symbols[a->pick.index].info.symbol),
                 LOG_INT("first_id", a->pick.missing.first_id),
                 LOG_INT("last_id", a->pick.missing.last_id), LOG_ERR(&a->why),
                 LOG_INT("suppressed", r->limit.held));
}

static void reason_of(const struct repair_answer *a, char ret[REASON_MAX])
{
    switch (a->outcome) {
    case REPAIR_PAGE:
    case REPAIR_ALL:
        (void)snprintf(ret, REASON_MAX, "the exchange does not have them");
        return;
    case REPAIR_NONE:
        (void)snprintf(ret, REASON_MAX, "the exchange does not give them: %.150s", a->why.text);
        return;
    case REPAIR_FAILED:
        (void)snprintf(ret, REASON_MAX, "the exchange did not answer for too long: %.140s",
                       a->why.text);
        return;
    }
}

static int give_up(const struct turn *t, const struct repair_answer *a, struct err *e)
{
    char reason[REASON_MAX] = "";
    reason_of(a, reason);
    return shard_give_up(t->shard, a->pick.index, &a->pick.missing, reason, t->out->emit,
                         t->out->ctx, e);
}

static int write_trades(const struct turn *t, const struct repair_answer *a, struct err *e)
{
    for (size_t i = 0; i < a->n; i++) {
        const struct entry in = trade_copy_entry(&a->trades[i], a->pick.index);
        if (shard_apply(t->shard, &in, t->out->emit, t->out->ctx, e) != 0)
            return -1;
    }
    return 0;
}

static int take(const struct turn *t, const struct repair_answer *a, struct err *e)
{
    if (t->out->begin(t->out->owner, e) != 0 || write_trades(t, a, e) != 0)
        return -1;
    if (a->outcome == REPAIR_FAILED)
        say(t->repair, a, "no answer; what is missing is asked for again");
    if (a->outcome == REPAIR_NONE)
        say(t->repair, a, "the exchange does not give what is missing");
    bool over = repair_plan_answered(t->plan, &a->pick, a->outcome, t->now_us);
    if (a->pick.missing.kind == SHARD_MISSING_PERHAPS) {
        if (over || a->outcome == REPAIR_ALL)
            shard_looked(t->shard, a->pick.index, &a->pick.missing);
        return 0;
    }
    return over ? give_up(t, a, e) : 0;
}

/* --- questions ------------------------------------------------------------------------------- */

static int ask(const struct turn *t, uint32_t number, struct err *e)
{
    struct repair *r = t->repair;
    struct repair_pick pick;
    bool spare;
    if (shard_needy(t->shard) == 0 || !repair_fetch_is_free(r->fetch, t->now_us, &spare) ||
        !repair_plan_next(t->plan, t->shard, t->now_us, spare, &pick))
        return 0;
    if (pick.untold &&
        (t->out->begin(t->out->owner, e) != 0 ||
         shard_repairing(t->shard, pick.index, &pick.missing, t->out->emit, t->out->ctx, e) != 0))
        return -1;
    r->asked = number;
    r->forgotten = false;
    repair_fetch_ask(r->fetch, number, &pick);
    return 0;
}

int repair_turn(struct repair *r, uint32_t number, struct shard *s, const struct repair_out *out,
                struct err *e)
{
    const struct turn t = {r, r->plans[number], s, out, clock_mono_us()};
    const struct repair_answer *a = repair_fetch_answer(r->fetch);
    int result = 0;
    if (a && (r->forgotten || a->shard == number)) {
        result = r->forgotten ? 0 : take(&t, a, e);
        repair_fetch_done(r->fetch);
    }
    return result == 0 ? ask(&t, number, e) : -1;
}
