/* A producer of one shard, from what it receives to what it commits, under all that can go wrong:
 * the laws of repair_ledger.h, how long trades wait, and that in the end all there is to be had is
 * written. Journal, shard, hold and plan are the real ones. `SEED COUNT` runs other seeds. */
#include "hold.h"
#include "producer_case.h"
#include "repair_feed.h"
#include "repair_ledger.h"
#include "repair_plan.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    SECOND_US = 1000000,
    WAIT_US = 2 * SECOND_US,
    TURN_US = 200000, /* at most */
    END_S = 900,
};

/* What can go wrong, per cent of each chance there is. */
struct troubles {
    int restart, emit_fails, commit_fails, unsure, no_answer, refused;
};

/* One process of the producer. */
struct process {
    struct journal *journal;
    struct hold *hold;
    struct repair_plan *plan;
    struct shard *shard;
    bool open;
    bool in_txn;
    bool drained; /* the journal was read to its end */
    int64_t retry_us;
    bool asked;
    struct repair_pick pick;
    int64_t answer_us;
};

/* When a trade came to the shard, by the clock that stands still while the shard is not open. */
struct came {
    int64_t at_us; /* 0: it has not */
    bool fresh;    /* in this transaction */
};

struct world {
    unsigned seed;
    unsigned rng;
    int64_t now_us;
    int64_t open_us; /* of all time, how long the shard was open */
    size_t limit;
    bool looks;
    bool patient;
    struct troubles troubles;
    struct universe *universe;
    struct repair_market market;
    struct repair_feed feed;
    struct process process;
    struct repair_ledger committed;
    struct repair_ledger staged;
    struct came came[MARKET_SYMBOLS][MARKET_IDS];
    int refusals;
};

static bool chance(struct world *w, int percent)
{
    return feed_chance(&w->rng, percent);
}

/* --- the process ----------------------------------------------------------------------------- */

static const struct channel channel = {"trade", CHANNEL_TRADES, "ws", 2};

static void start(struct world *w)
{
    struct process *p = &w->process;
    struct err e = {0};
    *p = (struct process){0};
    p->journal = journal_create(JOURNAL_MIN_BYTES, 20 * SECOND_US, MARKET_SYMBOLS, NULL, &e);
    p->hold = hold_create(w->universe->shards[0].n, w->limit, &e);
    p->plan = repair_plan_create(w->universe, 0, &channel,
                                 (w->patient ? 3600 : 5) * (int64_t)SECOND_US, &e);
    assert_true(p->journal && p->hold && p->plan);
    const struct shard_about about = {.exchange = "binance",
                                      .stream = "trade",
                                      .universe = w->universe,
                                      .hold = p->hold,
                                      .wait_us = WAIT_US,
                                      .looks = w->looks};
    p->shard = shard_create(&about, &e);
    assert_non_null(p->shard);
    journal_own(p->journal, true);
    w->feed.journal = p->journal;
}

static void stop(struct world *w)
{
    struct process *p = &w->process;
    shard_destroy(p->shard);
    repair_plan_destroy(p->plan);
    hold_destroy(p->hold);
    journal_destroy(p->journal);
    memset(w->feed.up, 0, sizeof(w->feed.up));
    w->feed.n_pending = 0;
    memset(w->came, 0, sizeof(w->came));
    w->staged = w->committed;
}

/* --- transactions ---------------------------------------------------------------------------- */

/* shard_emit_fn */
static int emit(void *ctx, const struct shard_output *out, struct err *e)
{
    struct world *w = ctx;
    if (feed_below(&w->rng, 1000) < w->troubles.emit_fails)
        return err_set(e, ERR_IO, "no");
    ledger_take(&w->staged, out);
    return 0;
}

static void close_shard(struct world *w)
{
    struct process *p = &w->process;
    w->staged = w->committed;
    for (struct came *c = w->came[0]; c < w->came[0] + MARKET_SYMBOLS * MARKET_IDS; c++)
        if (c->fresh)
            *c = (struct came){0};
    shard_reset(p->shard);
    journal_rewind(p->journal);
    hold_rewind(p->hold);
    p->open = p->in_txn = false;
    p->retry_us = w->now_us + feed_below(&w->rng, 3 * SECOND_US);
}

/* What was staged is there now, or is not; and the producer learns of it, or does not. */
static int commit(struct world *w)
{
    bool fails = chance(w, w->troubles.commit_fails);
    if (!fails || chance(w, w->troubles.unsure)) {
        ledger_settle(&w->staged);
        w->committed = w->staged;
    }
    return fails ? -1 : 0;
}

static int commit_stretch(struct world *w)
{
    struct process *p = &w->process;
    struct err e = {0};
    if (shard_flush(p->shard, emit, w, &e) != 0 || commit(w) != 0)
        return -1;
    journal_commit(p->journal);
    hold_commit(p->hold);
    for (struct came *c = w->came[0]; c < w->came[0] + MARKET_SYMBOLS * MARKET_IDS; c++)
        c->fresh = false;
    p->in_txn = false;
    return 0;
}

static void restore(struct world *w, const struct progress *p, const char *symbol)
{
    struct record r = {.type = RECORD_PROGRESS, .progress = *p};
    struct err e = {0};
    r.progress.exchange = slice_of("binance");
    r.progress.stream = slice_of("trade");
    r.progress.symbol = slice_of(symbol);
    assert_int_equal(shard_restore(w->process.shard, &r, &e), 0);
}

static int open_shard(struct world *w)
{
    struct process *p = &w->process;
    struct err e = {0};
    bool up[MARKET_SYMBOLS];
    int64_t since_us;
    shard_reset(p->shard);
    restore(w, &(struct progress){.last_id = w->committed.epoch}, SHARD_EPOCH_SYMBOL);
    for (uint32_t i = 0; i < MARKET_SYMBOLS; i++)
        if (w->committed.symbols[i].known)
            restore(w, &w->committed.symbols[i].progress, w->universe->symbols[i].info.symbol);
    journal_start(p->journal, up, &since_us);
    if (shard_begin(p->shard, up, since_us, emit, w, &e) != 0 || commit(w) != 0)
        return -1;
    p->open = true;
    return 0;
}

/* --- turns ----------------------------------------------------------------------------------- */

static int apply_journal(struct world *w)
{
    struct process *p = &w->process;
    struct err e = {0};
    struct entry in;
    p->drained = false;
    for (int64_t n = feed_below(&w->rng, 30); n > 0; n--) {
        if (!journal_next(p->journal, &in)) {
            p->drained = true;
            return 0;
        }
        struct came *c = in.type == ENTRY_TRADE ? &w->came[in.index][in.sequence] : NULL;
        bool before = in.type == ENTRY_TRADE && in.origin == TRADE_ORIGIN_SNAPSHOT &&
                      !w->staged.symbols[in.index].known;
        p->in_txn = true;
        if (shard_apply(p->shard, &in, emit, w, &e) != 0)
            return -1;
        assert_true(hold_count(p->hold) <= w->limit);
        if (c && c->at_us == 0 && !before)
            *c = (struct came){w->open_us, true};
    }
    return 0;
}

static enum repair_outcome answer(struct world *w, struct repair_pick *pick,
                                  int64_t ids[MARKET_PAGE_MAX], size_t *ret_n)
{
    *ret_n = 0;
    if (chance(w, w->troubles.no_answer))
        return REPAIR_FAILED;
    if (w->refusals < 3 && chance(w, w->troubles.refused)) {
        w->refusals++;
        return REPAIR_NONE;
    }
    return market_page(&w->market, pick->index, &pick->query, w->now_us, ids, ret_n) == HISTORY_MORE
               ? REPAIR_PAGE
               : REPAIR_ALL;
}

/* As repair.c does. */
static int take_answer(struct world *w)
{
    struct process *p = &w->process;
    struct err e = {0};
    int64_t ids[MARKET_PAGE_MAX];
    size_t n;
    p->asked = false;
    p->in_txn = true;
    enum repair_outcome outcome = answer(w, &p->pick, ids, &n);
    for (size_t i = 0; i < n; i++) {
        char text[MARKET_ID_TEXT];
        struct entry in;
        market_entry(&w->market, p->pick.index, ids[i], TRADE_ORIGIN_REPAIR, w->now_us, text, &in);
        if (shard_apply(p->shard, &in, emit, w, &e) != 0)
            return -1;
    }
    bool over = repair_plan_answered(p->plan, &p->pick, outcome, w->now_us);
    if (p->pick.missing.kind == SHARD_MISSING_PERHAPS) {
        if (over || outcome == REPAIR_ALL)
            shard_looked(p->shard, p->pick.index, &p->pick.missing);
        return 0;
    }
    return over ? shard_give_up(p->shard, p->pick.index, &p->pick.missing, "in vain", emit, w, &e)
                : 0;
}

static int ask(struct world *w)
{
    struct process *p = &w->process;
    struct err e = {0};
    if (!repair_plan_next(p->plan, p->shard, w->now_us, chance(w, 80), &p->pick))
        return 0;
    assert_true(p->pick.query.first_id <= p->pick.query.last_id);
    p->asked = true;
    p->answer_us = w->now_us + feed_below(&w->rng, SECOND_US);
    if (!p->pick.untold)
        return 0;
    p->in_txn = true;
    return shard_repairing(p->shard, p->pick.index, &p->pick.missing, emit, w, &e);
}

static int mend(struct world *w)
{
    struct process *p = &w->process;
    struct err e = {0};
    if (hold_overdue(p->hold, w->now_us) >= 0) {
        p->in_txn = true;
        if (shard_let_go(p->shard, emit, w, &e) != 0)
            return -1;
    }
    if (p->asked && w->now_us >= p->answer_us && take_answer(w) != 0)
        return -1;
    return p->asked ? 0 : ask(w);
}

/* What came to an open shard is written, or has not waited for too long. */
static void check_waits(const struct world *w)
{
    for (uint32_t i = 0; i < MARKET_SYMBOLS; i++)
        for (int64_t id = 1; id < MARKET_IDS; id++) {
            enum id_state is = w->staged.symbols[i].ids[id];
            if (w->came[i][id].at_us > 0 && w->open_us - w->came[i][id].at_us >= WAIT_US &&
                (is == ID_NEVER || is == ID_MISSING))
                fail_msg("seed %u: symbol %u id %" PRId64 " waits for too long", w->seed, i, id);
        }
}

static void write_turn(struct world *w)
{
    struct process *p = &w->process;
    if (!p->open) {
        if (w->now_us >= p->retry_us && open_shard(w) != 0)
            close_shard(w);
        return;
    }
    if (p->in_txn && chance(w, 60) && commit_stretch(w) != 0) {
        close_shard(w);
        return;
    }
    shard_time(p->shard, w->now_us, w->now_us);
    if (apply_journal(w) != 0 || mend(w) != 0)
        close_shard(w);
    else
        check_waits(w);
}

static void turn(struct world *w)
{
    int64_t step_us = 1 + feed_below(&w->rng, TURN_US);
    w->now_us += step_us;
    w->open_us += w->process.open ? step_us : 0;
    feed_turn(&w->feed, w->now_us);
    write_turn(w);
    if (chance(w, w->troubles.restart)) {
        stop(w);
        start(w);
    }
}

/* --- runs ------------------------------------------------------------------------------------ */

static void create(struct world *w, unsigned seed)
{
    static const size_t limits[] = {1, 4, 12, 1000};
    *w = (struct world){
        .seed = seed, .rng = seed * 2654435761u, .now_us = SECOND_US, .open_us = SECOND_US};
    unsigned *rng = &w->rng;
    w->universe = case_universe(1, 2);
    w->limit = limits[feed_below(rng, 4)];
    w->looks = feed_chance(rng, 50);
    w->patient = feed_chance(rng, 80);
    w->troubles = (struct troubles){(int)feed_below(rng, 3),  (int)feed_below(rng, 5),
                                    (int)feed_below(rng, 15), (int)feed_below(rng, 60),
                                    (int)feed_below(rng, 30), (int)feed_below(rng, 10)};
    w->market = (struct repair_market){.lag_us = feed_below(rng, 1500000),
                                       .page = 1 + (size_t)feed_below(rng, MARKET_PAGE_MAX)};
    w->feed = (struct repair_feed){.market = &w->market,
                                   .universe = w->universe,
                                   .rng = seed,
                                   .tells_newest = !w->looks,
                                   .trade = 10 + (int)feed_below(rng, 70),
                                   .drop = (int)feed_below(rng, feed_chance(rng, 20) ? 70 : 30),
                                   .repeat = (int)feed_below(rng, 30),
                                   .swap = (int)feed_below(rng, 40),
                                   .flap = (int)feed_below(rng, 10),
                                   .lack = (int)feed_below(rng, 10)};
    w->committed =
        (struct repair_ledger){.market = &w->market, .universe = w->universe, .seed = seed};
    w->staged = w->committed;
    start(w);
}

static void destroy(struct world *w)
{
    stop(w);
    universe_destroy(w->universe);
}

/* The exchange is willing from now on, and all connections come back. */
static void calm(struct world *w)
{
    w->troubles = (struct troubles){0};
    w->feed.drop = w->feed.flap = w->feed.trade = 0;
    w->process.drained = false;
    for (uint32_t i = 0; i < w->universe->n_links; i++) {
        feed_link(&w->feed, i, false, w->now_us);
        feed_link(&w->feed, i, true, w->now_us);
    }
}

static bool is_quiet(const struct world *w)
{
    const struct process *p = &w->process;
    return p->open && p->drained && !p->in_txn && !p->asked && w->feed.n_pending == 0 &&
           hold_count(p->hold) == 0 && shard_needy(p->shard) == 0;
}

static void check_end(const struct world *w)
{
    for (uint32_t i = 0; i < MARKET_SYMBOLS; i++) {
        const struct ledger_symbol *s = &w->committed.symbols[i];
        for (int64_t id = s->known ? s->first : MARKET_IDS; id <= w->market.newest[i]; id++) {
            bool has = !w->market.lacks[i][id];
            if (id <= s->last ? !ledger_is_settled(s, id) : has)
                fail_msg("seed %u: symbol %u id %" PRId64 " is missing", w->seed, i, id);
            if (w->patient && has && s->ids[id] == ID_GIVEN_UP)
                fail_msg("seed %u: symbol %u id %" PRId64 " was to be had", w->seed, i, id);
        }
    }
}

struct sums {
    int64_t trades, repairings, given_up, crowded;
};

static void run(unsigned seed, struct sums *sums)
{
    struct world w;
    create(&w, seed);
    for (int64_t n = 50 + feed_below(&w.rng, 400); n > 0; n--)
        turn(&w);
    calm(&w);
    int64_t end_us = w.now_us + END_S * (int64_t)SECOND_US;
    while (!is_quiet(&w) && w.now_us < end_us)
        turn(&w);
    if (!is_quiet(&w))
        fail_msg("seed %u: does not come to rest", seed);
    check_end(&w);
    sums->trades += w.committed.trades;
    sums->repairings += w.committed.repairings;
    for (uint32_t i = 0; i < MARKET_SYMBOLS; i++)
        for (int64_t id = 0; id < MARKET_IDS; id++) {
            sums->given_up += w.committed.symbols[i].ids[id] == ID_GIVEN_UP;
            sums->crowded += w.committed.symbols[i].ids[id] == ID_CROWDED;
        }
    destroy(&w);
}

static unsigned first_seed = 1;
static unsigned n_seeds = 500;

static void laws(void **state)
{
    (void)state;
    struct sums sums = {0};
    for (unsigned i = 0; i < n_seeds; i++)
        run(first_seed + i, &sums);
    print_message("%" PRId64 " trades, %" PRId64 " times asked for a gap, %" PRId64
                  " ids given up, %" PRId64 " for want of room\n",
                  sums.trades, sums.repairings, sums.given_up, sums.crowded);
    if (n_seeds >= 100) /* it did happen */
        assert_true(sums.trades > 100 * (int64_t)n_seeds && sums.repairings > (int64_t)n_seeds &&
                    sums.given_up > (int64_t)n_seeds && sums.crowded > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(laws)};
    if (argc == 3) {
        first_seed = (unsigned)strtoul(argv[1], NULL, 10);
        n_seeds = (unsigned)strtoul(argv[2], NULL, 10);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
