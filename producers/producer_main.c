#include "bell.h"
#include "instruments_load.h"
#include "kafka/topics.h"
#include "log.h"
#include "print.h"
#include "producer_conf.h"
#include "read_file.h"
#include "read_symbols.h"
#include "rest.h"
#include "succession.h"
#include "timefmt.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FEED_UP_S = 10,      /* longest wait for the feed before joining the group */
    REST_TIMEOUT_S = 60, /* some lists of instruments have 20 MB */
    HURRY_S = 60,        /* least time between two readings of the list */
};

struct producer {
    struct program p;
    struct producer_conf conf;
    struct kafka_settings kafka;
    struct framing *framing;
    struct producer_metrics metrics;
    struct rest_quota *quota; /* of all that ask the exchange */
    struct rest *rest;
    bool listed;       /* the list of instruments is there: no more of the start hangs on REST */
    atomic_bool ended; /* whatever still waits for an answer shall not */
    struct instruments chosen;
    struct instruments rates;
    int64_t instruments_us;
    struct bell *bell;
    struct bell *quote_bell;
    struct framing_topic framed_quotes;
    struct shard_env shards; /* what hangs on no line-up */
    struct recorder *recorder;
    struct lineup_about about;
    struct lineup *first; /* until the succession has it */
    struct succession *succession;
    struct instruments_watch *watch; /* NULL: the list is read once */
    struct read_file *file;          /* NULL: there is a feed */
    char progress_topic[KAFKA_NAME_MAX + 1];
};

/* --- REST ------------------------------------------------------------------------------------ */

/* The program lives while its start waits for an answer. */
static bool rest_stopping(void *ctx)
{
    const struct producer *pr = ctx;
    if (!pr->listed)
        health_beat(pr->p.health);
    return atomic_load(&pr->ended) || program_stopping();
}

static int make_rest(struct producer *pr, struct err *e)
{
    pr->quota = rest_quota_create(pr->conf.ops->rest, e);
    if (!pr->quota)
        return -1;
    const struct rest_about about = {
        .ops = pr->conf.ops,
        .url = pr->conf.rest_url,
        .quota = pr->quota,
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

static struct lineup *serving(const struct producer *pr)
{
    return pr->succession ? succession_lineup(pr->succession) : pr->first;
}

/* Our clock against the exchange's, whose times stand in every record. */
static int check_clock(struct producer *pr, struct err *e)
{
    int64_t skew_us;
    if (rest_skew_us(pr->rest, &skew_us))
        metric_set(pr->metrics.clock_skew, skew_us);
    return rest_check_clock(pr->rest, e);
}

/* --- the first line-up ----------------------------------------------------------------------- */

/* Waits for the cluster, whose topics say how many partitions and shards there are. */
static int count_partitions(struct producer *pr, struct err *e)
{
    const char *const quotes = pr->conf.listen.of[CHANNEL_QUOTES] ? "quotes" : NULL;
    const char *const topics[] = {
        "trades", pr->progress_topic, "feeds", "instruments", "dead-letters", quotes, NULL};
    const char *const same[] = {"trades", quotes, NULL};
    int32_t counts[6] = {1, 1, 1, 1, 1, 1};
    if (!pr->conf.print && topics_await(&pr->kafka, pr->p.health, topics, counts, e) != 0)
        return -1;
    pr->about.partitions = counts[0];
    pr->about.shards_n = counts[1];
    return topics_same_count(same, (const int32_t[]){counts[0], counts[5]}, e);
}

static int make_lineup(struct producer *pr, struct err *e)
{
    const struct instruments none = {0};
    const struct lineup_list list = {&pr->chosen, &pr->rates, &none, pr->instruments_us};
    pr->bell = bell_create(e);
    pr->quote_bell = pr->bell ? bell_create(e) : NULL;
    if (!pr->quote_bell)
        return -1;
    pr->about.conf = &pr->conf;
    pr->about.kafka = &pr->kafka;
    pr->about.framed_quotes = &pr->framed_quotes;
    pr->about.shards = &pr->shards;
    pr->about.metrics = &pr->metrics;
    pr->about.health = pr->p.health;
    pr->about.recorder = pr->recorder;
    pr->about.quota = pr->quota;
    pr->about.bell = pr->bell;
    pr->about.quote_bell = pr->quote_bell;
    pr->about.watch = &pr->watch;
    pr->first = lineup_create(&pr->about, &list, e);
    return pr->first ? 0 : -1;
}

/* --- what comes in --------------------------------------------------------------------------- */

static int start_source(struct producer *pr, struct err *e)
{
    const struct producer_conf *c = &pr->conf;
    if (!*c->read)
        return lineup_listen(pr->first, false, e);
    const struct read_file_about about = {c->read,
                                          c->ops,
                                          c->listen,
                                          lineup_universe(pr->first),
                                          lineup_journals(pr->first),
                                          lineup_queues(pr->first),
                                          &pr->metrics};
    pr->file = read_file_start(&about, e);
    return pr->file ? 0 : -1;
}

static bool source_failed(void *ctx, struct err *e)
{
    const struct producer *pr = ctx;
    struct feed_thread *feed = lineup_feed(serving(pr));
    return feed && feed_failed(feed, e);
}

/* An instance joins the group with its feed up, so that the shard it may be given at once is one
 * it has been listening to; but an exchange that is away does not keep it out, or the windows of a
 * predecessor would stay open. */
static void await_feed(struct producer *pr)
{
    struct feed_thread *feed = lineup_feed(pr->first);
    int64_t end_us = clock_mono_us() + FEED_UP_S * US_PER_S;
    struct err e = {0};
    while (feed && !feed_is_up(feed) && !feed_failed(feed, &e) && clock_mono_us() < end_us &&
           program_pause(&pr->p, 20))
        ;
}

/* What a file or a printer follows does not change. */
static int watch_list(struct producer *pr, struct err *e)
{
    const struct producer_conf *c = &pr->conf;
    if (*c->read || c->instruments_refresh_ms == 0)
        return 0;
    int64_t hurry_ms = HURRY_S * 1000;
    if (hurry_ms > c->instruments_refresh_ms)
        hurry_ms = c->instruments_refresh_ms;
    const struct instruments_watch_about about = {
        .from = {c->ops, c->instruments, pr->rest, &pr->p},
        .clock = &c->market_clock,
        .metrics = &pr->metrics,
        .every_ms = c->instruments_refresh_ms,
        .hurry_ms = hurry_ms,
    };
    pr->watch = instruments_watch_start(&about, e);
    return pr->watch ? 0 : -1;
}

/* --- what goes out --------------------------------------------------------------------------- */

static int print_records(struct producer *pr, struct err *e)
{
    const struct universe *u = lineup_universe(pr->first);
    const struct print_about about = {
        .shard = {.exchange = pr->conf.ops->name,
                  .stream = pr->conf.listen.of[CHANNEL_TRADES]->name,
                  .universe = u,
                  .instruments_us = pr->instruments_us},
        .quotes = {pr->conf.ops->name, u, 0},
        .journal = lineup_journals(pr->first)[0],
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

/* What all line-ups share on their way to Kafka. */
static int make_shards(struct producer *pr, struct err *e)
{
    pr->framing = framing_create(&pr->conf.framing, &pr->kafka, pr->p.metrics, e);
    if (!pr->framing)
        return -1;
    pr->shards = (struct shard_env){
        .settings = &pr->kafka,
        .exchange = pr->conf.ops->name,
        .stream = pr->conf.listen.of[CHANNEL_TRADES]->name,
        .metrics = &pr->metrics,
        .clock = &pr->conf.market_clock,
        .framing = pr->framing,
        .commit_interval_ms = pr->conf.commit_interval_ms,
    };
    memcpy(pr->shards.progress_topic, pr->progress_topic, sizeof(pr->shards.progress_topic));
    if (shard_env_frame(&pr->shards, e) != 0)
        return -1;
    return pr->conf.listen.of[CHANNEL_QUOTES]
               ? quote_writer_frame(pr->framing, &pr->framed_quotes, e)
               : 0;
}

/* Trades in this thread, quotes in theirs; what a feed that stops says last is still written. */
static int run_writer(struct producer *pr, struct writer *w, struct err *e)
{
    struct err of_quotes = {0};
    await_feed(pr);
    int r;
    while ((r = writer_run(w, e)) == WRITER_PAUSED)
        if (succession_go_over(pr->succession, w, e) != 0)
            return -1;
    bool good = r == 0 || e->code == ERR_STOPPED;
    struct lineup *l = succession_lineup(pr->succession);
    lineup_deafen(l, false);
    if (good)
        writer_drain(w);
    bool lost = lineup_end_quotes(l, good, &of_quotes) != 0;
    if (!lost || !*pr->conf.read || !good)
        return r; /* of a feed, some quotes may be missing; of a file, not one */
    *e = of_quotes;
    return -1;
}

static int write_records(struct producer *pr, struct err *e)
{
    if (make_shards(pr, e) != 0 || lineup_write(pr->first, e) != 0 || watch_list(pr, e) != 0)
        return -1;
    const struct succession_about about = {&pr->about, pr->watch};
    pr->succession = succession_create(&about, pr->first, &pr->chosen, e);
    if (!pr->succession)
        return -1;
    const struct writer_about writer = {.shards = lineup_env(pr->first),
                                        .instance = pr->conf.instance,
                                        .bell = pr->bell,
                                        .health = pr->p.health,
                                        .failed = source_failed,
                                        .source = pr,
                                        .pause = succession_due,
                                        .ctx = pr->succession};
    struct writer *w = writer_create(&writer, e);
    int r = w ? run_writer(pr, w, e) : -1;
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
        r = check_clock(pr, e);
    if (r == 0)
        r = count_partitions(pr, e);
    if (r == 0)
        r = make_lineup(pr, e);
    if (r == 0)
        r = start_source(pr, e);
    if (r == 0)
        r = pr->conf.print ? print_records(pr, e) : write_records(pr, e);
    if (pr->first)
        lineup_deafen(serving(pr), false);
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
    atomic_store(&pr->ended, true);
    instruments_watch_stop(pr->watch);
    pr->watch = NULL;
    if (pr->succession)
        succession_destroy(pr->succession);
    else
        lineup_destroy(pr->first);
    recorder_close(pr->recorder);
    bell_destroy(pr->bell);
    bell_destroy(pr->quote_bell);
    instruments_finish(&pr->chosen);
    instruments_finish(&pr->rates);
    framing_destroy(pr->framing);
    rest_destroy(pr->rest);
    rest_quota_destroy(pr->quota);
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
