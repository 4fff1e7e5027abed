#include "lineup.h"

#include "bell.h"
#include "instruments_watch.h"
#include "timefmt.h"

#include <stdlib.h>

enum {
    KEEP_S = 20,    /* what a standby remembers: twice the session timeout it takes over after */
    HOLD_SHARE = 4, /* of the buffer's bytes, beside it, for trades that wait for others */
};

struct lineup {
    struct lineup_about about;
    struct universe *universe;
    struct journal **journals;   /* one per shard */
    struct quote_queue **queues; /* one per shard; NULL: no quotes, or they go into the journals */
    struct quote_writer *quotes; /* NULL: the same, or not begun */
    struct repair *repair;       /* NULL: nothing is repaired, or not begun */
    struct feed_thread *feed;    /* NULL: it does not listen */
    bool *wanted;                /* by shard */
    struct shard_env env;
};

static int32_t only_partition(struct slice key, int32_t partitions)
{
    (void)key;
    (void)partitions;
    return 0;
}

/* --- create ---------------------------------------------------------------------------------- */

static int make_universe(struct lineup *l, const struct lineup_list *list, struct err *e)
{
    const struct producer_conf *c = l->about.conf;
    const struct universe_about about = {
        .list = list->chosen->list,
        .n = list->chosen->n,
        .rates = list->rates->list,
        .n_rates = list->rates->n,
        .gone = list->gone->list,
        .n_gone = list->gone->n,
        .listen = c->listen,
        .partitions = l->about.partitions,
        .shards = l->about.shards_n,
        .partition_of = c->print ? only_partition : txn_partition,
    };
    l->universe = universe_create(&about, e);
    return l->universe ? 0 : -1;
}

static int make_journals(struct lineup *l, struct err *e)
{
    const struct producer_conf *c = l->about.conf;
    bool waits = *c->read || c->print; /* a file can wait, and nobody stands by */
    uint32_t n = l->universe->n_shards;
    l->journals = calloc(n, sizeof(struct journal *));
    if (!l->journals)
        return err_set(e, ERR_NOMEM, "out of memory");
    metric_set(l->about.metrics->journal_limit, c->buffer_bytes * n);
    for (uint32_t i = 0; i < n; i++) {
        l->journals[i] = journal_create((size_t)c->buffer_bytes, waits ? 0 : KEEP_S * US_PER_S,
                                        l->universe->n_symbols, l->about.bell, e);
        if (!l->journals[i])
            return -1;
    }
    return 0;
}

static int make_queues(struct lineup *l, struct err *e)
{
    const struct producer_conf *c = l->about.conf;
    if (!c->listen.of[CHANNEL_QUOTES] || c->print)
        return 0;
    l->queues = calloc(l->universe->n_shards, sizeof(struct quote_queue *));
    if (!l->queues)
        return err_set(e, ERR_NOMEM, "out of memory");
    for (uint32_t i = 0; i < l->universe->n_shards; i++) {
        l->queues[i] = quote_queue_create(l->universe->n_symbols, l->about.quote_bell, e);
        if (!l->queues[i])
            return -1;
    }
    return 0;
}

struct lineup *lineup_create(const struct lineup_about *about, const struct lineup_list *list,
                             struct err *e)
{
    struct lineup *l = calloc(1, sizeof(*l));
    if (!l) {
        (void)err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    l->about = *about;
    l->wanted = calloc((size_t)about->shards_n, sizeof(*l->wanted));
    if (!l->wanted)
        (void)err_set(e, ERR_NOMEM, "out of memory");
    if (!l->wanted || make_universe(l, list, e) != 0 || make_journals(l, e) != 0 ||
        make_queues(l, e) != 0) {
        lineup_destroy(l);
        return NULL;
    }
    l->env.instruments_us = list->read_us;
    return l;
}

void lineup_destroy(struct lineup *l)
{
    if (!l)
        return;
    feed_stop(l->feed);
    (void)quote_writer_stop(l->quotes, true); /* in a hurry: what matters was ended before */
    repair_destroy(l->repair);
    for (uint32_t i = 0; l->journals && i < l->universe->n_shards; i++)
        journal_destroy(l->journals[i]);
    free(l->journals);
    for (uint32_t i = 0; l->queues && i < l->universe->n_shards; i++)
        quote_queue_destroy(l->queues[i]);
    free(l->queues);
    universe_destroy(l->universe);
    free(l->wanted);
    free(l);
}

/* --- listening ------------------------------------------------------------------------------- */

static void on_stranger(void *ctx)
{
    struct lineup *l = ctx;
    instruments_watch_hurry(*l->about.watch);
}

/* A standby that listens to its own shards only. */
static bool is_cold(const struct lineup *l)
{
    return !l->about.conf->print && strcmp(l->about.conf->standby, "cold") == 0;
}

void lineup_want(struct lineup *l, uint32_t shard, bool wanted)
{
    l->wanted[shard] = wanted;
    if (l->feed && is_cold(l))
        feed_want(l->feed, shard, wanted);
}

bool lineup_wants(const struct lineup *l, uint32_t shard)
{
    return l->wanted[shard];
}

static void want(void *ctx, uint32_t shard, bool wanted)
{
    lineup_want(ctx, shard, wanted);
}

int lineup_listen(struct lineup *l, bool second, struct err *e)
{
    const struct producer_conf *c = l->about.conf;
    const struct feed_about about = {
        .ops = c->ops,
        .listen = c->listen,
        .urls = c->urls,
        .max_age_ms = c->max_age_ms,
        .universe = l->universe,
        .journals = l->journals,
        .queues = l->queues,
        .clock = &c->market_clock,
        .metrics = l->about.metrics,
        .recorder = l->about.recorder,
        .health = l->about.health,
        .cold = is_cold(l),
        .second = second,
        .on_stranger = on_stranger,
        .ctx = l,
    };
    l->feed = feed_start(&about, e);
    return l->feed ? 0 : -1;
}

void lineup_take_over(struct lineup *l)
{
    if (l->feed)
        feed_take_over(l->feed);
}

void lineup_deafen(struct lineup *l, bool silently)
{
    if (l->feed && silently)
        feed_give_way(l->feed);
    feed_stop(l->feed);
    l->feed = NULL;
}

/* --- writing --------------------------------------------------------------------------------- */

static int start_quotes(struct lineup *l, struct err *e)
{
    const struct producer_conf *c = l->about.conf;
    if (!l->queues)
        return 0;
    const struct quote_writer_about about = {
        .settings = l->about.kafka,
        .exchange = c->ops->name,
        .universe = l->universe,
        .queues = l->queues,
        .bell = l->about.quote_bell,
        .framed = l->about.framed_quotes,
        .metrics = l->about.metrics,
        .health = l->about.health,
        .linger_ms = c->quotes_linger_ms,
        .all = *c->read != '\0',
    };
    l->quotes = quote_writer_start(&about, e);
    l->env.quotes = l->quotes;
    return l->quotes ? 0 : -1;
}

/* What a file lacks, no exchange is asked for: it is played as it is. */
static int start_repair(struct lineup *l, struct err *e)
{
    const struct producer_conf *c = l->about.conf;
    if (*c->read || !c->repair)
        return 0;
    const struct repair_about about = {
        .fetch = {.ops = c->ops,
                  .rest_url = c->rest_url,
                  .quota = l->about.quota,
                  .clock = &c->market_clock,
                  .metrics = l->about.metrics,
                  .bell = l->about.bell},
        .universe = l->universe,
        .channel = c->listen.of[CHANNEL_TRADES],
        .give_up_us = c->repair_give_up_ms * US_PER_MS,
    };
    l->repair = repair_create(&about, e);
    l->env.repair = l->repair;
    l->env.wait_us = c->repair_wait_ms * US_PER_MS;
    l->env.hold_trades = (size_t)c->buffer_bytes / HOLD_SHARE / sizeof(struct trade_copy);
    l->env.looks = !c->ops->tells_newest;
    return l->repair ? 0 : -1;
}

int lineup_write(struct lineup *l, struct err *e)
{
    int64_t read_us = l->env.instruments_us;
    l->env = *l->about.shards;
    l->env.universe = l->universe;
    l->env.journals = l->journals;
    l->env.instruments_us = read_us;
    l->env.want = want;
    l->env.want_ctx = l;
    return start_repair(l, e) == 0 && start_quotes(l, e) == 0 ? 0 : -1;
}

int lineup_end_quotes(struct lineup *l, bool good, struct err *e)
{
    int64_t lost = quote_writer_stop(l->quotes, !good);
    l->quotes = NULL;
    l->env.quotes = NULL; /* what the writer gives back from now on is nothing to it */
    if (lost == 0)
        return 0;
    return err_set(e, ERR_IO, "%lld records of quotes were not delivered", (long long)lost);
}

/* --- parts ----------------------------------------------------------------------------------- */

struct universe *lineup_universe(const struct lineup *l)
{
    return l->universe;
}

struct journal *const *lineup_journals(const struct lineup *l)
{
    return l->journals;
}

struct quote_queue *const *lineup_queues(const struct lineup *l)
{
    return l->queues;
}

struct shard_env *lineup_env(struct lineup *l)
{
    return &l->env;
}

struct feed_thread *lineup_feed(const struct lineup *l)
{
    return l->feed;
}
