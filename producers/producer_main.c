#include "feed.h"
#include "instruments_load.h"
#include "kafka/topics.h"
#include "log.h"
#include "print.h"
#include "producer_conf.h"
#include "read_file.h"
#include "read_symbols.h"
#include "rest.h"
#include "timefmt.h"
#include "writer.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    HOLD_SHARE = 4, /* of the buffer's bytes, beside it, for trades that wait for others */
    KEEP_S = 20,    /* what a standby remembers: twice the session timeout it takes over after */
    FEED_UP_S = 10, /* longest wait for the feed before joining the group */
    REST_TIMEOUT_S = 60, /* some lists of instruments have 20 MB */
};

struct producer {
    struct program p;
    struct producer_conf conf;
    struct kafka_settings kafka;
    struct framing *framing;
    struct producer_metrics metrics;
    struct rest *rest;
    bool listed; /* the list of instruments is there: no more of the start hangs on REST */
    struct instruments chosen;
    struct instruments rates;
    int64_t instruments_us;
    struct universe *universe;
    struct bell *bell;
    struct journal **journals; /* one per shard */
    struct bell *quote_bell;
    struct quote_queue **queues; /* one per shard; NULL: no quotes, or they go into the journals */
    struct framing_topic framed_quotes;
    struct quote_writer *quotes; /* NULL: the same */
    struct repair *repair;       /* NULL: nothing is repaired */
    struct recorder *recorder;
    struct feed_thread *feed; /* either a feed */
    struct read_file *file;   /* or a file */
    char progress_topic[KAFKA_NAME_MAX + 1];
};

/* --- REST ------------------------------------------------------------------------------------ */

/* The program lives while its start waits for an answer. */
static bool rest_stopping(void *ctx)
{
    const struct producer *pr = ctx;
    if (!pr->listed)
        health_beat(pr->p.health);
    return program_stopping();
}

static int make_rest(struct producer *pr, struct err *e)
{
    const struct rest_about about = {
        .ops = pr->conf.ops,
        .url = pr->conf.rest_url,
        .clock = &pr->conf.market_clock,
        .timeout_ms = INT64_C(1000) * REST_TIMEOUT_S,
        .stopping = rest_stopping,
        .ctx = pr,
    };
    if (rest_init(e) != 0)
        return -1;
    pr->rest = rest_create(&about, e);
    return pr->rest ? 0 : -1;
}

/* --- symbols --------------------------------------------------------------------------------- */

static int choose_symbols(struct producer *pr, struct err *e)
{
    const struct producer_conf *c = &pr->conf;
    struct instruments all = {0};
    const struct instruments_source from = {c->ops, c->instruments, pr->rest, &pr->p};
    bool reading = *c->read != '\0';
    if (instruments_load(&from, &all, e) != 0)
        return -1;
    pr->listed = true;
    pr->instruments_us = *c->clock ? market_clock_now_us(&c->market_clock) : clock_real_us();
    int r = reading && !*c->symbols
                ? read_symbols(c->read, c->ops, c->listen.of[CHANNEL_TRADES], &all, &pr->chosen, e)
                : instruments_select(&all, c->symbols,
                                     reading ? INSTRUMENTS_LISTED : INSTRUMENTS_TRADING,
                                     &pr->chosen, e);
    if (r == 0 && c->listen.of[CHANNEL_QUOTES])
        r = instruments_rates(&all, c->rates, reading ? INSTRUMENTS_LISTED : INSTRUMENTS_TRADING,
                              &pr->rates, e);
    instruments_finish(&all);
    if (r == 0)
        metric_set(pr->metrics.symbols, (int64_t)pr->chosen.n);
    return r;
}

static int32_t only_partition(struct slice key, int32_t partitions)
{
    (void)key;
    (void)partitions;
    return 0;
}

/* Waits for the cluster, whose topics say how many partitions and shards there are. */
static int make_universe(struct producer *pr, struct err *e)
{
    const char *const quotes = pr->conf.listen.of[CHANNEL_QUOTES] ? "quotes" : NULL;
    const char *const topics[] = {
        "trades", pr->progress_topic, "feeds", "instruments", "dead-letters", quotes, NULL};
    const char *const same[] = {"trades", quotes, NULL};
    int32_t counts[6] = {1, 1, 1, 1, 1, 1};
    if (!pr->conf.print && topics_await(&pr->kafka, pr->p.health, topics, counts, e) != 0)
        return -1;
    if (topics_same_count(same, (const int32_t[]){counts[0], counts[5]}, e) != 0)
        return -1;
    const struct universe_about about = {
        .list = pr->chosen.list,
        .n = pr->chosen.n,
        .rates = pr->rates.list,
        .n_rates = pr->rates.n,
        .listen = pr->conf.listen,
        .partitions = counts[0],
        .shards = counts[1],
        .partition_of = pr->conf.print ? only_partition : txn_partition,
    };
    pr->universe = universe_create(&about, e);
    return pr->universe ? 0 : -1;
}

static int make_journals(struct producer *pr, struct err *e)
{
    uint32_t n = pr->universe->n_shards;
    bool waits = *pr->conf.read || pr->conf.print; /* a file can wait, and nobody stands by */
    pr->bell = bell_create(e);
    pr->journals = pr->bell ? calloc(n, sizeof(struct journal *)) : NULL;
    if (!pr->journals)
        return err_set(e, ERR_NOMEM, "out of memory");
    for (uint32_t i = 0; i < n; i++) {
        pr->journals[i] =
            journal_create((size_t)pr->conf.buffer_bytes, waits ? 0 : KEEP_S * US_PER_S,
                           pr->universe->n_symbols, pr->bell, e);
        if (!pr->journals[i])
            return -1;
    }
    metric_set(pr->metrics.journal_limit, pr->conf.buffer_bytes * n);
    return 0;
}

static int make_queues(struct producer *pr, struct err *e)
{
    if (!pr->conf.listen.of[CHANNEL_QUOTES] || pr->conf.print)
        return 0;
    pr->quote_bell = bell_create(e);
    pr->queues =
        pr->quote_bell ? calloc(pr->universe->n_shards, sizeof(struct quote_queue *)) : NULL;
    if (!pr->queues)
        return err_set(e, ERR_NOMEM, "out of memory");
    for (uint32_t i = 0; i < pr->universe->n_shards; i++) {
        pr->queues[i] = quote_queue_create(pr->universe->n_symbols, pr->quote_bell, e);
        if (!pr->queues[i])
            return -1;
    }
    return 0;
}

/* --- what comes in --------------------------------------------------------------------------- */

static int start_source(struct producer *pr, struct err *e)
{
    const struct producer_conf *c = &pr->conf;
    if (*c->read) {
        const struct read_file_about about = {c->read,      c->ops,     c->listen,   pr->universe,
                                              pr->journals, pr->queues, &pr->metrics};
        pr->file = read_file_start(&about, e);
        return pr->file ? 0 : -1;
    }
    const struct feed_about about = {
        .ops = c->ops,
        .listen = c->listen,
        .urls = c->urls,
        .universe = pr->universe,
        .journals = pr->journals,
        .queues = pr->queues,
        .clock = &c->market_clock,
        .metrics = &pr->metrics,
        .max_age_ms = c->max_age_ms,
        .cold = !c->print && strcmp(c->standby, "cold") == 0,
        .recorder = pr->recorder,
        .health = pr->p.health,
    };
    pr->feed = feed_start(&about, e);
    return pr->feed ? 0 : -1;
}

static bool source_failed(void *ctx, struct err *e)
{
    struct producer *pr = ctx;
    return pr->feed && feed_failed(pr->feed, e);
}

/* An instance joins the group with its feed up, so that the shard it may be given at once is one
 * it has been listening to; but an exchange that is away does not keep it out, or the windows of a
 * predecessor would stay open. */
static void await_feed(struct producer *pr)
{
    int64_t end_us = clock_mono_us() + FEED_UP_S * US_PER_S;
    struct err e = {0};
    while (pr->feed && !feed_is_up(pr->feed) && !feed_failed(pr->feed, &e) &&
           clock_mono_us() < end_us && program_pause(&pr->p, 20))
        ;
}

/* --- what goes out --------------------------------------------------------------------------- */

static int print_records(struct producer *pr, struct err *e)
{
    const struct print_about about = {
        .shard = {pr->conf.ops->name, pr->conf.listen.of[CHANNEL_TRADES]->name, pr->universe, 0,
                  pr->instruments_us},
        .quotes = {pr->conf.ops->name, pr->universe, 0},
        .journal = pr->journals[0],
        .bell = pr->bell,
        .metrics = &pr->metrics,
        .health = pr->p.health,
        .stopping = program_stopping,
        .failed = source_failed,
        .ctx = pr,
        .out = stdout,
    };
    return print_run(&about, e);
}

static int start_quotes(struct producer *pr, struct err *e)
{
    if (!pr->queues)
        return 0;
    const struct quote_writer_about about = {
        .settings = &pr->kafka,
        .exchange = pr->conf.ops->name,
        .universe = pr->universe,
        .queues = pr->queues,
        .bell = pr->quote_bell,
        .framed = &pr->framed_quotes,
        .metrics = &pr->metrics,
        .health = pr->p.health,
        .linger_ms = pr->conf.quotes_linger_ms,
        .all = *pr->conf.read != '\0',
    };
    if (quote_writer_frame(pr->framing, &pr->framed_quotes, e) != 0)
        return -1;
    pr->quotes = quote_writer_start(&about, e);
    return pr->quotes ? 0 : -1;
}

/* Not one quote of a file may be missing; of a feed, some may. */
static int stop_quotes(struct producer *pr, bool good, struct err *e)
{
    int64_t lost = quote_writer_stop(pr->quotes, !good);
    pr->quotes = NULL;
    if (lost == 0 || !*pr->conf.read || !good)
        return 0;
    return err_set(e, ERR_IO, "%lld records of quotes were not delivered", (long long)lost);
}

/* Trades in this thread, quotes in theirs; what a feed that stops says last is still written. */
static int run_writers(struct producer *pr, struct writer *w, struct err *e)
{
    await_feed(pr);
    int r = writer_run(w, e);
    bool good = r == 0 || e->code == ERR_STOPPED;
    feed_stop(pr->feed);
    pr->feed = NULL;
    if (good && pr->quotes)
        quote_writer_end(pr->quotes);
    if (good)
        writer_drain(w);
    return r;
}

/* Of a standby that listens to its own shards only. */
static void want_shard(void *ctx, uint32_t shard, bool wanted)
{
    struct producer *pr = ctx;
    if (pr->feed)
        feed_want(pr->feed, shard, wanted);
}

/* What a file lacks, no exchange is asked for: it is played as it is. */
static int start_repair(struct producer *pr, struct shard_env *env, struct err *e)
{
    const struct producer_conf *c = &pr->conf;
    if (*c->read || !c->repair)
        return 0;
    const struct repair_about about = {
        .fetch = {c->ops, c->rest_url, &c->market_clock, &pr->metrics, pr->bell},
        .universe = pr->universe,
        .channel = c->listen.of[CHANNEL_TRADES],
        .give_up_us = c->repair_give_up_ms * US_PER_MS,
    };
    pr->repair = repair_create(&about, e);
    env->repair = pr->repair;
    env->wait_us = c->repair_wait_ms * US_PER_MS;
    env->hold_trades = (size_t)c->buffer_bytes / HOLD_SHARE / sizeof(struct trade_copy);
    env->looks = !c->ops->tells_newest;
    return pr->repair ? 0 : -1;
}

static int write_records(struct producer *pr, struct err *e)
{
    pr->framing = framing_create(&pr->conf.framing, &pr->kafka, pr->p.metrics, e);
    if (!pr->framing)
        return -1;
    struct shard_env env = {
        .settings = &pr->kafka,
        .exchange = pr->conf.ops->name,
        .stream = pr->conf.listen.of[CHANNEL_TRADES]->name,
        .universe = pr->universe,
        .journals = pr->journals,
        .metrics = &pr->metrics,
        .clock = &pr->conf.market_clock,
        .framing = pr->framing,
        .instruments_us = pr->instruments_us,
        .commit_interval_ms = pr->conf.commit_interval_ms,
        .want = strcmp(pr->conf.standby, "cold") == 0 ? want_shard : NULL,
        .want_ctx = pr,
    };
    memcpy(env.progress_topic, pr->progress_topic, sizeof(env.progress_topic));
    if (start_repair(pr, &env, e) != 0)
        return -1;
    if (shard_env_frame(&env, e) != 0 || start_quotes(pr, e) != 0)
        return -1;
    env.quotes = pr->quotes;
    const struct writer_about about = {&env,         pr->conf.instance, pr->bell,
                                       pr->p.health, source_failed,     pr};
    struct writer *w = writer_create(&about, e);
    int r = w ? run_writers(pr, w, e) : -1;
    bool good = r == 0 || e->code == ERR_STOPPED;
    if (stop_quotes(pr, good, e) != 0)
        r = -1;
    env.quotes = NULL; /* they have ended; what the writer gives back now is nothing to them */
    writer_destroy(w);
    return r;
}

/* --- the program ----------------------------------------------------------------------------- */

static int prepare(struct producer *pr, struct err *e)
{
    struct producer_conf *c = &pr->conf;
    if (producer_conf_check(c, &pr->p.conf, e) != 0)
        return -1;
    pr->kafka = (struct kafka_settings){pr->p.common.brokers, pr->p.common.prefix, &pr->p.conf,
                                        program_stopping, pr->p.health};
    (void)snprintf(pr->progress_topic, sizeof(pr->progress_topic), "feed-progress.%s",
                   c->ops->name); /* names of exchanges are short */
    if (!c->print && kafka_settings_check(&pr->kafka, e) != 0)
        return -1;
    if (producer_metrics_add(&pr->metrics, pr->p.metrics, c->ops->name, e) != 0)
        return -1;
    if (!*c->record)
        return 0;
    pr->recorder = recorder_open(c->record, pr->metrics.record_failures, e);
    return pr->recorder ? 0 : -1;
}

/* What is not ready yet, from the start. */
static void wait_for_all(struct producer *pr)
{
    health_wait(pr->p.health, "instruments", "the list was not asked for yet");
    if (!*pr->conf.read)
        health_wait(pr->p.health, "feed", "not begun yet");
    if (pr->conf.print)
        return;
    health_wait(pr->p.health, "kafka", "not asked yet");
    health_wait(pr->p.health, "shard", "not begun yet");
}

static int run(struct producer *pr, struct err *e)
{
    wait_for_all(pr);
    if (prepare(pr, e) != 0 || make_rest(pr, e) != 0)
        return -1;
    int r = choose_symbols(pr, e);
    if (r == 0)
        r = make_universe(pr, e);
    if (r == 0)
        r = make_journals(pr, e);
    if (r == 0)
        r = make_queues(pr, e);
    if (r == 0)
        r = start_source(pr, e);
    if (r == 0)
        r = pr->conf.print ? print_records(pr, e) : write_records(pr, e);
    feed_stop(pr->feed);
    struct err of_file = {0};
    bool finished = r == 0 && !program_stopping();
    if (read_file_stop(pr->file, &of_file) != 0 && finished) {
        *e = of_file;
        r = -1;
    }
    return r;
}

static void finish(struct producer *pr)
{
    recorder_close(pr->recorder);
    for (uint32_t i = 0; pr->journals && i < pr->universe->n_shards; i++)
        journal_destroy(pr->journals[i]);
    free(pr->journals);
    bell_destroy(pr->bell);
    for (uint32_t i = 0; pr->queues && i < pr->universe->n_shards; i++)
        quote_queue_destroy(pr->queues[i]);
    free(pr->queues);
    bell_destroy(pr->quote_bell);
    universe_destroy(pr->universe);
    instruments_finish(&pr->chosen);
    instruments_finish(&pr->rates);
    repair_destroy(pr->repair);
    framing_destroy(pr->framing);
    rest_destroy(pr->rest);
    rest_finish();
    program_finish(&pr->p);
}

int main(int argc, char **argv)
{
    struct err e = {0};
    struct producer pr = {0};
    struct program_about about = producer_about;
    about.shared = (struct conf_section){framing_options, &pr.conf.framing};
    int r = program_start(&pr.p, &about, producer_options, &pr.conf, argc, argv);
    if (r == PROGRAM_RUN)
        r = program_end(&pr.p, run(&pr, &e), &e);
    finish(&pr);
    return r;
}
