#include "shard_writer.h"

#include "failpoint.h"
#include "log.h"
#include "returned.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    STRETCH = 2000, /* entries of one turn */
    RETRY_FIRST_MS = 100,
    RETRY_CAP_MS = 5000,
};

struct shard_writer {
    const struct shard_env *env;
    uint32_t number;
    char txn_id[KAFKA_NAME_MAX + 1]; /* without the prefix */
    struct shard_records records;
    struct journal *journal;
    struct shard *shard;
    struct hold *hold; /* NULL: nothing waits */
    struct txn *txn;   /* NULL: not open */
    struct returned *returned;
    bool owned;
    int64_t commit_us; /* when it is due */
    int64_t retry_us;  /* when to open again */
    int64_t retry_ms;  /* how long the next wait is */
    int64_t holes;     /* as of the last commit */
    bool *up;
};

/* --- create ---------------------------------------------------------------------------------- */

int shard_env_frame(struct shard_env *env, struct err *e)
{
    static const enum record_type all[] = {RECORD_PROGRESS, RECORD_TRADE, RECORD_TICK, RECORD_FEED,
                                           RECORD_INSTRUMENT};
    if (framing_publish(env->framing, all, sizeof(all) / sizeof(all[0]), e) != 0 ||
        framing_prepare(env->framing, "trades", &all[1], 3, &env->framed[SHARD_TRADES], e) != 0 ||
        framing_prepare(env->framing, "feeds", &all[3], 1, &env->framed[SHARD_FEEDS], e) != 0)
        return -1;
    return framing_prepare(env->framing, "instruments", &all[4], 1, &env->framed[SHARD_INSTRUMENTS],
                           e);
}

static int make_name(struct shard_writer *w, struct err *e)
{
    int n =
        snprintf(w->txn_id, sizeof(w->txn_id), "cw-producer.%s.%u", w->env->exchange, w->number);
    if (n < 0 || (size_t)n >= sizeof(w->txn_id))
        return err_set(e, ERR_CONF, "the exchange's name is too long");
    return 0;
}

static int make_shard(struct shard_writer *w, struct err *e)
{
    const struct shard_env *env = w->env;
    if (env->repair) {
        w->hold = hold_create(env->universe->shards[w->number].n, env->hold_trades, e);
        if (!w->hold)
            return -1;
    }
    const struct shard_about about = {.exchange = env->exchange,
                                      .stream = env->stream,
                                      .universe = env->universe,
                                      .number = w->number,
                                      .instruments_us = env->instruments_us,
                                      .hold = w->hold,
                                      .wait_us = env->wait_us,
                                      .looks = env->looks};
    w->shard = shard_create(&about, e);
    w->returned = w->shard ? returned_create(env, w->number, e) : NULL;
    return w->returned ? 0 : -1;
}

struct shard_writer *shard_writer_create(const struct shard_env *env, uint32_t number,
                                         struct err *e)
{
    struct shard_writer *w = calloc(1, sizeof(*w));
    if (!w) {
        (void)err_set(e, ERR_NOMEM, "writer: out of memory");
        return NULL;
    }
    w->env = env;
    w->number = number;
    w->journal = env->journals[number];
    w->retry_ms = RETRY_FIRST_MS;
    w->up = calloc(env->universe->n_symbols + 1u, sizeof(bool));
    if (!w->up)
        (void)err_set(e, ERR_NOMEM, "writer: out of memory");
    else if (make_shard(w, e) == 0 && make_name(w, e) == 0 &&
             shard_records_init(&w->records, env, e) == 0)
        return w;
    shard_writer_destroy(w);
    return NULL;
}

void shard_writer_destroy(struct shard_writer *w)
{
    if (!w)
        return;
    txn_close(w->txn);
    shard_destroy(w->shard);
    returned_destroy(w->returned);
    hold_destroy(w->hold);
    shard_records_finish(&w->records);
    free(w->up);
    free(w);
}

/* --- transactions ---------------------------------------------------------------------------- */

/* How much of the interval has passed for what came at since_us, and waited for the last commit: so
 * the time that a commit takes does not add to the longest wait. Half of the interval is left at
 * least, and all of it to what is older: who catches up does best with few transactions. */
static int64_t waited_us(int64_t since_us, int64_t now_us, int64_t interval_us)
{
    int64_t us = now_us - since_us;
    if (us > interval_us)
        return 0;
    return us > interval_us / 2 ? interval_us / 2 : us;
}

/* since_us: when the first of it came. */
static int begin(struct shard_writer *w, int64_t since_us, int64_t now_us, struct err *e)
{
    int64_t interval_us = w->env->commit_interval_ms * US_PER_MS;
    if (txn_is_open(w->txn))
        return 0;
    w->commit_us = now_us + interval_us - waited_us(since_us, now_us, interval_us);
    return txn_begin(w->txn, e);
}

/* For what did not come from the journal. ctx: struct shard_writer *. */
static int begin_now(void *ctx, struct err *e)
{
    int64_t now_us = clock_mono_us();
    return begin(ctx, now_us, now_us, e);
}

static void count(struct shard_writer *w)
{
    const struct producer_metrics *m = w->env->metrics;
    struct shard_counts c;
    shard_counts_take(w->shard, &c);
    w->holes = shard_holes(w->shard);
    metric_inc(m->txn_commits, 1);
    metric_inc(m->trades_written, c.trades);
    metric_inc(m->duplicates, c.duplicates);
    metric_inc(m->duplicates_strange, c.strange);
    metric_inc(m->gaps, c.gaps);
    metric_inc(m->gap_ids, c.gap_ids);
    metric_inc(m->repaired_ids, c.repaired_ids);
    metric_inc(m->given_up_ids, c.given_up_ids);
    metric_inc(m->brought_back, c.brought_back);
    if (c.gaps > 0)
        log_warn("writer", "trade ids are missing; gap records name them",
                 LOG_STR("exchange", w->env->exchange), LOG_INT("gaps", c.gaps),
                 LOG_INT("ids", c.gap_ids));
    if (c.strange > 0)
        log_warn("writer",
                 "ids of the past with times of the present, taken for duplicates: did "
                 "the exchange start its ids over?",
                 LOG_STR("exchange", w->env->exchange), LOG_INT("trades", c.strange));
}

static int commit(struct shard_writer *w, struct err *e)
{
    if (shard_flush(w->shard, shard_records_put, &w->records, e) != 0 ||
        txn_commit(w->txn, NULL, NULL, 0, e) != 0)
        return -1;
    journal_commit(w->journal);
    if (w->hold)
        hold_commit(w->hold);
    FAILPOINT(SHARD_COMMITTED);
    count(w);
    w->retry_ms = RETRY_FIRST_MS;
    return 0;
}

/* --- open and close -------------------------------------------------------------------------- */

static int on_progress(void *ctx, const struct kafka_message *m, struct err *e)
{
    struct shard_writer *w = ctx;
    struct record r;
    if (m->tombstone)
        return 0;
    bool decoded = framing_decode(w->env->framing, m->value, &r, e) == 0;
    if (decoded && shard_restore(w->shard, &r, e) == 0)
        return 0;
    if (!decoded && (e->retriable || e->code == ERR_STOPPED))
        return -1;
    /* going on without it would write again what is written already */
    e->code = ERR_STATE;
    return err_prefix(e, "%s partition %u offset %" PRId64, w->env->progress_topic, w->number,
                      m->offset);
}

static int read_progress(struct shard_writer *w, struct err *e)
{
    int64_t low;
    int64_t high;
    if (reader_watermarks(w->env->reader, w->env->progress_topic, (int32_t)w->number, &low, &high,
                          e) != 0)
        return -1;
    return reader_run(w->env->reader, w->env->progress_topic, (int32_t)w->number, low, on_progress,
                      w, e);
}

/* The first transaction says whose the shard is now, and what was listened to before its first
 * trade. */
static int write_beginning(struct shard_writer *w, struct err *e)
{
    int64_t since_us;
    journal_start(w->journal, w->up, &since_us);
    if (since_us == 0)
        since_us = market_clock_now_us(w->env->clock);
    if (begin_now(w, e) != 0 ||
        shard_begin(w->shard, w->up, since_us, shard_records_put, &w->records, e) != 0 ||
        txn_commit(w->txn, NULL, NULL, 0, e) != 0)
        return -1;
    metric_inc(w->env->metrics->txn_commits, 1);
    return 0;
}

static int open_shard(struct shard_writer *w, struct err *e)
{
    shard_reset(w->shard);
    w->txn = txn_open(w->env->settings, w->txn_id, e);
    w->records.txn = w->txn;
    if (w->txn)
        txn_pace(w->txn);
    if (!w->txn || shard_records_know(&w->records, e) != 0)
        return -1;
    if (read_progress(w, e) != 0)
        return -1;
    FAILPOINT(SHARD_PROGRESS);
    if (write_beginning(w, e) != 0)
        return -1;
    if (w->env->quotes)
        quote_writer_own(w->env->quotes, w->number, shard_epoch(w->shard));
    log_info("writer", "writing the shard", LOG_STR("exchange", w->env->exchange),
             LOG_INT("shard", w->number), LOG_INT("epoch", shard_epoch(w->shard)));
    return 0;
}

/* Back to before the beginning. */
static void close_shard(struct shard_writer *w)
{
    if (w->txn && txn_is_open(w->txn))
        metric_inc(w->env->metrics->txn_aborts, 1);
    txn_close(w->txn);
    w->txn = w->records.txn = NULL;
    shard_reset(w->shard);
    returned_rewind(w->returned);
    journal_rewind(w->journal);
    if (w->hold)
        hold_rewind(w->hold);
    if (w->env->repair) /* a page without those before it would declare a gap */
        repair_forget(w->env->repair, w->number);
}

void shard_writer_own(struct shard_writer *w)
{
    if (w->owned)
        return;
    w->owned = true;
    w->retry_us = 0;
    w->retry_ms = RETRY_FIRST_MS;
    journal_own(w->journal, true);
    if (w->env->want)
        w->env->want(w->env->want_ctx, w->number, true);
    metric_inc(w->env->metrics->shards_owned, 1);
}

void shard_writer_disown(struct shard_writer *w)
{
    if (!w->owned)
        return;
    w->owned = false;
    close_shard(w);
    if (w->env->quotes)
        quote_writer_disown(w->env->quotes, w->number);
    metric_inc(w->env->metrics->shards_owned, -1);
}

void shard_writer_stand_by(struct shard_writer *w)
{
    journal_own(w->journal, false);
    if (w->hold)
        hold_clear(w->hold);
    if (w->env->want)
        w->env->want(w->env->want_ctx, w->number, false);
}

bool shard_writer_is_owned(const struct shard_writer *w)
{
    return w->owned;
}

bool shard_writer_is_open(const struct shard_writer *w)
{
    return w->txn != NULL;
}

bool shard_writer_is_gathering(const struct shard_writer *w)
{
    return w->txn && txn_is_open(w->txn);
}

size_t shard_writer_held(const struct shard_writer *w)
{
    return w->hold ? hold_count(w->hold) : 0;
}

int64_t shard_writer_holes(const struct shard_writer *w)
{
    return w->holes;
}

int64_t shard_writer_commit_us(const struct shard_writer *w)
{
    return shard_writer_is_gathering(w) ? w->commit_us : INT64_MAX;
}

bool shard_writer_is_done(const struct shard_writer *w)
{
    return w->owned && w->txn && !txn_is_open(w->txn) && journal_is_done(w->journal) &&
           (!w->hold || hold_count(w->hold) == 0);
}

/* --- turns ----------------------------------------------------------------------------------- */

/* Whether a failure is of the outside, and may pass. */
static bool may_pass(const struct err *e)
{
    return e->code == ERR_IO || e->code == ERR_NOT_FOUND;
}

/* What a failure leads to: 0, another try later, or -1. */
static int recover(struct shard_writer *w, int64_t now_us, struct err *e)
{
    close_shard(w);
    if (!may_pass(e))
        return -1;
    metric_inc(w->env->metrics->rebuilds, 1);
    log_warn("writer", "the transaction failed; beginning anew from memory",
             LOG_STR("exchange", w->env->exchange), LOG_INT("shard", w->number),
             LOG_INT("wait_ms", w->retry_ms), LOG_ERR(e));
    w->retry_us = now_us + w->retry_ms * US_PER_MS;
    w->retry_ms = w->retry_ms * 2 > RETRY_CAP_MS ? RETRY_CAP_MS : w->retry_ms * 2;
    return SHARD_WRITER_IDLE;
}

/* Writes a stretch of the journal; how many entries, -1. */
static int write_stretch(struct shard_writer *w, int64_t now_us, struct err *e)
{
    struct entry entry;
    int n = 0;
    while (n < STRETCH && journal_next(w->journal, &entry)) {
        if (begin(w, entry.packed_us, now_us, e) != 0 ||
            shard_apply(w->shard, &entry, shard_records_put, &w->records, e) != 0)
            return -1;
        n++;
    }
    return n;
}

/* What has waited for long enough, what the exchange was asked for, what somebody brings back. */
static int mend(struct shard_writer *w, int64_t now_us, struct err *e)
{
    const struct repair_out out = {begin_now, w, shard_records_put, &w->records};
    if (!w->hold)
        return 0;
    if (returned_turn(w->returned, w->shard, &out, now_us, e) != 0)
        return -1;
    if (hold_overdue(w->hold, now_us) >= 0 &&
        (begin_now(w, e) != 0 || shard_let_go(w->shard, shard_records_put, &w->records, e) != 0))
        return -1;
    return repair_turn(w->env->repair, w->number, w->shard, &out, e);
}

int shard_writer_turn(struct shard_writer *w, int64_t now_us, struct err *e)
{
    if (!w->owned)
        return SHARD_WRITER_IDLE;
    if (!w->txn) {
        if (now_us < w->retry_us)
            return SHARD_WRITER_IDLE;
        return open_shard(w, e) == 0 ? SHARD_WRITER_BUSY : recover(w, now_us, e);
    }
    if (txn_is_open(w->txn) && now_us >= w->commit_us && commit(w, e) != 0)
        return recover(w, now_us, e);
    now_us = clock_mono_us();
    shard_time(w->shard, now_us, market_clock_now_us(w->env->clock));
    int n = write_stretch(w, now_us, e);
    if (n < 0 || mend(w, now_us, e) != 0)
        return recover(w, now_us, e);
    return n == STRETCH ? SHARD_WRITER_BUSY : SHARD_WRITER_IDLE;
}

int shard_writer_finish(struct shard_writer *w, struct err *e)
{
    if (!w->txn)
        return 0;
    if (w->hold && hold_count(w->hold) > 0) {
        shard_time(w->shard, INT64_MAX, market_clock_now_us(w->env->clock));
        if (begin_now(w, e) != 0 || shard_let_go(w->shard, shard_records_put, &w->records, e) != 0)
            return -1;
    }
    return txn_is_open(w->txn) ? commit(w, e) : 0;
}
