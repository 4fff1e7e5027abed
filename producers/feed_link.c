#include "feed_link.h"

#include "backoff.h"
#include "feed_internal.h"
#include "overlap.h"
#include "timefmt.h"

#include <stdio.h>
#include <stdlib.h>

enum { MARGIN_S = 30 * 60 }; /* before a connection's end, at most */

/* What the connection that is not in use is. */
enum other {
    OTHER_NONE,
    OTHER_SUCCESSOR, /* on its way, or waiting to try again */
    OTHER_REPLACED,  /* its successor has taken its place; it is about to end */
};

struct feed_link {
    struct feed_env *env;
    uint32_t number;
    struct feed_conn *conns[2];
    unsigned in_use; /* of conns */
    bool always;     /* it is wanted, whoever writes its shard */
    bool wanted;     /* with the last turn */
    enum other other;
    int64_t end_us;     /* OTHER_REPLACED: when it is closed */
    int64_t replace_us; /* when a successor is begun for the one in use; INT64_MAX: never */
    bool asked;         /* for that: it does not wait for the age */
    struct backoff pace;
    uint64_t seed;
    struct overlap *overlap;
    char *meant; /* room for a byte per symbol */
    uint32_t n_symbols;
};

/* --- create ---------------------------------------------------------------------------------- */

/* Rates go to all shards. */
static bool carries_rates(const struct universe *u, const struct universe_link *l)
{
    bool any = false;
    for (uint32_t i = 0; i < l->symbols.n; i++)
        any = any || u->symbols[l->symbols.first + i].is_rate;
    return any && l->kind == CHANNEL_QUOTES;
}

struct feed_link *feed_link_create(struct feed_env *env, uint32_t number, struct err *e)
{
    const struct universe_link *of = &env->about->universe->links[number];
    struct feed_link *l = calloc(1, sizeof(*l));
    if (!l) {
        (void)err_set(e, ERR_NOMEM, "feed: out of memory");
        return NULL;
    }
    l->env = env;
    l->number = number;
    l->always = carries_rates(env->about->universe, of);
    l->replace_us = INT64_MAX;
    l->seed = l->pace.seed = (uint64_t)clock_real_us() ^ (uint64_t)number << 32;
    l->n_symbols = of->symbols.n;
    l->meant = calloc(of->symbols.n + 1u, 1);
    l->overlap = overlap_create(of, e);
    l->conns[0] = feed_conn_create(env, number, l, e);
    l->conns[1] = feed_conn_create(env, number, l, e);
    if (l->meant && l->overlap && l->conns[0] && l->conns[1])
        return l;
    feed_link_destroy(l);
    (void)err_set(e, ERR_NOMEM, "feed: out of memory");
    return NULL;
}

void feed_link_destroy(struct feed_link *l)
{
    if (!l)
        return;
    if (l->wanted)
        metric_inc(l->env->about->metrics->feed_connections, -1);
    feed_conn_destroy(l->conns[0]);
    feed_conn_destroy(l->conns[1]);
    overlap_destroy(l->overlap);
    free(l->meant);
    free(l);
}

static struct feed_conn *used(const struct feed_link *l)
{
    return l->conns[l->in_use];
}

static struct feed_conn *other(const struct feed_link *l)
{
    return l->conns[1 - l->in_use];
}

const char *feed_link_role(const struct feed_link *l, const struct feed_conn *c)
{
    if (c == used(l))
        return "in use";
    return l->other == OTHER_SUCCESSOR ? "successor" : "replaced";
}

struct overlap *feed_link_overlap(const struct feed_link *l)
{
    return l->overlap;
}

bool feed_link_is_younger(const struct feed_link *l, const struct feed_conn *c)
{
    return l->other == OTHER_SUCCESSOR ? c == other(l) : c == used(l);
}

const char *feed_link_status(const struct feed_link *l)
{
    return feed_conn_status(used(l));
}

size_t feed_link_without(const struct feed_link *l)
{
    return feed_conn_without(used(l));
}

int feed_link_unread(const struct feed_link *l)
{
    return feed_conn_unread(used(l));
}

/* --- what the writers are told --------------------------------------------------------------- */

static bool is_up(const struct feed_link *l)
{
    return l->env->links_up[l->number];
}

static bool carries_quotes(const struct feed_link *l)
{
    return l->env->about->universe->links[l->number].kind == CHANNEL_QUOTES;
}

static enum overlap_quotes quotes_of(const struct feed_link *l, uint32_t i)
{
    return overlap_quotes(l->overlap, l->env->about->universe->links[l->number].symbols.first + i);
}

/* Trades that are held and need not wait any more. */
static void release(struct feed_link *l)
{
    struct err e = {0};
    if (overlap_holds_any(l->overlap) &&
        intake_release(l->env->intake, l->number, l->overlap,
                       market_clock_now_us(l->env->about->clock), &e) != 0)
        *l->env->failure = e; /* out of memory: trades would go missing untold */
}

/* Of the symbols that came up with c, and go down with it; of one that was never subscribed, those
 * it may have brought a quote of. Quotes that the successor has brought meanwhile are as good as
 * ever. True: any. */
static bool mark_lost(struct feed_link *l, const struct feed_conn *c, bool was_up)
{
    bool any = false;
    bool quotes = carries_quotes(l);
    bool all = !was_up && !c->subs.by_symbol;
    for (uint32_t i = 0; i < l->n_symbols; i++) {
        bool kept = quotes && l->other == OTHER_SUCCESSOR && quotes_of(l, i) != OVERLAP_OLDER;
        l->meant[i] = (all || c->subs.acked[i]) && !kept;
        any = any || l->meant[i];
    }
    return any && (was_up || (quotes && c->subs.n_sent > 0));
}

static void tell(struct feed_link *l, struct feed_conn *c, bool up)
{
    feed_conn_tell(c, up, slice_make(l->meant, l->n_symbols));
}

static void set_up(struct feed_link *l, bool up)
{
    l->env->links_up[l->number] = up;
    metric_inc(l->env->about->metrics->feed_connected, up ? 1 : -1);
}

/* --- ages ------------------------------------------------------------------------------------ */

/* A connection is replaced so long before its end that there is time for some attempts, and so that
 * links, and producers, do not all come at once. */
static int64_t margin_us(struct feed_link *l, int64_t age_us)
{
    int64_t most_us = MARGIN_S * US_PER_S;
    if (most_us > age_us / 4)
        most_us = age_us / 4;
    return most_us - (int64_t)(jitter_next(&l->seed) % (uint64_t)(most_us / 3 + 1));
}

/* The one in use is subscribed. */
static void plan_replacement(struct feed_link *l)
{
    l->asked = false;
    int64_t age_us = l->env->max_age_us;
    l->replace_us = age_us > 0 ? used(l)->opened_us + age_us - margin_us(l, age_us) : INT64_MAX;
}

/* --- hand over ------------------------------------------------------------------------------- */

static void begin_successor(struct feed_link *l, int64_t now_us)
{
    l->replace_us = INT64_MAX;
    l->asked = false;
    l->other = OTHER_SUCCESSOR;
    overlap_begin(l->overlap);
    feed_conn_renew(other(l), now_us);
}

/* What one of both was given and the other was not. */
static void tell_differences(struct feed_link *l, struct feed_conn *from, struct feed_conn *to)
{
    uint32_t first = l->env->about->universe->links[l->number].symbols.first;
    bool lost = false;
    bool came = false;
    for (uint32_t i = 0; i < l->n_symbols; i++) {
        l->meant[i] = from->subs.acked[i] && !to->subs.acked[i];
        if (l->meant[i])
            overlap_quotes_over(l->overlap, first + i);
        lost = lost || l->meant[i];
    }
    if (lost) {
        (void)snprintf(from->why, sizeof(from->why), "not given to the connection that follows");
        tell(l, from, false);
    }
    for (uint32_t i = 0; i < l->n_symbols; i++) {
        l->meant[i] = to->subs.acked[i] && !from->subs.acked[i];
        came = came || l->meant[i];
    }
    if (came)
        tell(l, to, true);
}

static void hand_over(struct feed_link *l)
{
    struct feed_conn *from = used(l);
    struct feed_conn *to = other(l);
    int64_t now_us = clock_mono_us();
    l->in_use = 1 - l->in_use;
    l->other = OTHER_REPLACED;
    l->end_us = now_us + FEED_LAST_WORDS_S * US_PER_S;
    metric_inc(l->env->about->metrics->feed_handovers, 1);
    log_info("feed", "the connection was handed over",
             LOG_STR("exchange", l->env->about->ops->name),
             LOG_STR("channel", feed_conn_channel(to)->name), LOG_INT("connection", l->number),
             LOG_INT("age_s", (now_us - from->opened_us) / US_PER_S));
    tell_differences(l, from, to);
    plan_replacement(l);
}

/* The successor is lost, and the old one goes on. What the old one said of a symbol meanwhile was
 * not taken, and what is true now nobody knows. */
static void successor_failed(struct feed_link *l)
{
    bool any = false;
    for (uint32_t i = 0; i < l->n_symbols; i++) {
        l->meant[i] = carries_quotes(l) && quotes_of(l, i) == OVERLAP_DOUBTFUL;
        any = any || l->meant[i];
    }
    if (any)
        tell(l, other(l), false);
    overlap_begin(l->overlap);
}

static void replaced_ended(struct feed_link *l)
{
    l->other = OTHER_NONE;
    overlap_end(l->overlap);
    release(l);
}

static void link_lost(struct feed_link *l, struct feed_conn *c)
{
    bool was_up = is_up(l);
    if (was_up)
        set_up(l, false);
    bool any = mark_lost(l, c, was_up);
    l->replace_us = INT64_MAX;
    l->asked = false;
    if (l->other == OTHER_REPLACED)
        feed_conn_close(other(l), "the link is lost");
    if (l->other == OTHER_SUCCESSOR) {
        l->in_use = 1 - l->in_use;
        l->other = OTHER_NONE;
    }
    overlap_end(l->overlap);
    release(l);
    if (any)
        tell(l, c, false);
}

void feed_link_changed(struct feed_link *l, struct feed_conn *c)
{
    bool up = c->state == CONN_SUBSCRIBED;
    if (c != used(l)) {
        if (l->other == OTHER_SUCCESSOR && up)
            hand_over(l);
        else if (l->other == OTHER_SUCCESSOR && c->state == CONN_WAITING)
            successor_failed(l);
        else if (l->other == OTHER_REPLACED && c->state == CONN_WAITING)
            replaced_ended(l);
        return;
    }
    if (up) {
        set_up(l, true);
        plan_replacement(l);
        feed_conn_tell(c, true, subscription_acked(&c->subs));
    } else if (c->state == CONN_WAITING) {
        link_lost(l, c);
    }
}

void feed_link_came(struct feed_link *l, struct feed_conn *c, struct slice symbols)
{
    if (c == used(l))
        feed_conn_tell(c, true, symbols);
}

/* --- turns ----------------------------------------------------------------------------------- */

void feed_link_replace(struct feed_link *l, const char *why)
{
    if (!is_up(l) || l->other == OTHER_SUCCESSOR || l->asked)
        return;
    if (used(l)->steady_us == 0)
        backoff_reset(&l->pace);
    int64_t wait_us = backoff_next_us(&l->pace);
    log_info("feed", "a successor for a connection", LOG_STR("exchange", l->env->about->ops->name),
             LOG_STR("channel", feed_conn_channel(used(l))->name), LOG_INT("connection", l->number),
             LOG_STR("why", why), LOG_INT("wait_ms", wait_us / US_PER_MS));
    l->asked = true;
    l->replace_us = clock_mono_us() + wait_us;
}

bool feed_link_announced(struct feed_link *l, const struct feed_conn *c)
{
    if (c == used(l) && is_up(l)) {
        feed_link_replace(l, "the exchange announced that it ends");
        return true;
    }
    return l->other == OTHER_REPLACED && c == other(l); /* it ends anyway */
}

static void turn_replaced(struct feed_link *l, int64_t now_us)
{
    if (other(l)->paused)
        l->end_us = now_us + FEED_LAST_WORDS_S * US_PER_S; /* nobody listened */
    if (now_us >= l->end_us || l->asked)
        feed_conn_close(other(l), "its successor has taken its place");
    else
        feed_conn_turn(other(l), now_us);
}

bool feed_link_is_wanted(const struct feed_link *l)
{
    uint32_t shard = l->env->about->universe->links[l->number].shard;
    return l->always || atomic_load(&l->env->wanted[shard]);
}

/* Follows what is wanted; true: the link is. One that is not gives up its connections, the one in
 * use first, until all of them wait. */
static bool follow_want(struct feed_link *l, int64_t now_us)
{
    bool wanted = feed_link_is_wanted(l);
    if (wanted && !l->wanted)
        feed_conn_renew(used(l), now_us);
    if (wanted != l->wanted) {
        metric_inc(l->env->about->metrics->feed_connections, wanted ? 1 : -1);
        l->env->want_changed = true;
    }
    l->wanted = wanted;
    if (!wanted)
        feed_conn_close(used(l), "its shard is written by another instance");
    return wanted;
}

void feed_link_turn(struct feed_link *l, int64_t now_us)
{
    if (!follow_want(l, now_us)) {
        release(l);
        return;
    }
    feed_conn_turn(used(l), now_us);
    if (is_up(l) && now_us >= l->replace_us && l->other == OTHER_NONE)
        begin_successor(l, now_us);
    if (l->other == OTHER_SUCCESSOR)
        feed_conn_turn(other(l), now_us);
    else if (l->other == OTHER_REPLACED)
        turn_replaced(l, now_us);
    release(l);
}

void feed_link_stood_still(struct feed_link *l)
{
    feed_conn_stood_still(l->conns[0]);
    feed_conn_stood_still(l->conns[1]);
}

void feed_link_stop(struct feed_link *l)
{
    feed_conn_stop(l->conns[0]);
    feed_conn_stop(l->conns[1]);
}
