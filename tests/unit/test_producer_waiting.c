/* What a shard does while ids are missing: what waits, what is asked for, what is told of it. */
#include "producer_case.h"
#include "shard_case.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { WAIT_US = 2000000, LATE_US = 100 * WAIT_US };

static const char SOL[] = "SOL-USDT";
static const char ETH[] = "ETH-USDT";

static void create(struct shard_case *f, size_t limit, bool looks)
{
    struct err e = {0};
    f->brief = true;
    f->universe = case_universe(1, 2);
    f->hold = hold_create(f->universe->shards[0].n, limit, &e);
    assert_non_null(f->hold);
    shard_case_create(f, &(struct shard_about){.exchange = "binance",
                                               .stream = "trade",
                                               .universe = f->universe,
                                               .hold = f->hold,
                                               .wait_us = WAIT_US,
                                               .looks = looks});
    shard_time(f->shard, 1, 1);
}

/* ids: ended by 0. */
static void arrive(struct shard_case *f, const char *symbol, enum trade_origin origin,
                   const int64_t *ids)
{
    for (; *ids > 0; ids++)
        shard_case_trade(f, symbol, *ids, origin);
}
#define LIVE(f, symbol, ...) arrive(f, symbol, TRADE_ORIGIN_LIVE, (const int64_t[]){__VA_ARGS__, 0})
#define REPAIR(f, symbol, ...)                                                                     \
    arrive(f, symbol, TRADE_ORIGIN_REPAIR, (const int64_t[]){__VA_ARGS__, 0})
#define SNAPSHOT(f, symbol, ...)                                                                   \
    arrive(f, symbol, TRADE_ORIGIN_SNAPSHOT, (const int64_t[]){__VA_ARGS__, 0})

static void let_go(struct shard_case *f, int64_t now_us)
{
    struct err e = {0};
    shard_time(f->shard, now_us, now_us);
    assert_int_equal(shard_let_go(f->shard, shard_case_emit, f, &e), 0);
}

/* "W 2-4 at 10, D 6-6 at 50, P 8- at 70": waited for, declared, perhaps; exchange times. */
static void expect_missing(struct shard_case *f, const char *symbol, const char *wanted)
{
    struct shard_missing m[SHARD_MISSING_MAX];
    struct strbuf b = STRBUF_INIT(1000);
    size_t n = shard_missing(f->shard, case_symbol(f->universe, symbol), m);
    assert_int_equal(strbuf_adds(&b, ""), 0);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(
            strbuf_addf(&b, "%s%c %" PRId64 "-", i ? ", " : "", "WDP"[m[i].kind], m[i].first_id),
            0);
        if (m[i].last_id < INT64_MAX)
            assert_int_equal(strbuf_addf(&b, "%" PRId64, m[i].last_id), 0);
        assert_int_equal(strbuf_addf(&b, " at %" PRId64, m[i].from_time_us), 0);
        assert_int_equal(m[i].look != 0, m[i].kind == SHARD_MISSING_PERHAPS);
    }
    if (strcmp(b.data ? b.data : "", wanted) != 0)
        fail_msg("is     %s\nwanted %s", b.data ? b.data : "", wanted);
    strbuf_finish(&b);
}

static bool is_needy(const struct shard_case *f, const char *symbol)
{
    for (uint32_t i = 0; i < shard_needy(f->shard); i++)
        if (shard_needy_at(f->shard, i) == case_symbol(f->universe, symbol))
            return true;
    return false;
}

static void restore(struct shard_case *f, const char *symbol, int64_t first, int64_t last)
{
    struct err e = {0};
    assert_int_equal(shard_case_restore(f, "binance", "trade", symbol, first, last, &e), 0);
}

/* --- trades ---------------------------------------------------------------------------------- */

static void a_jump_waits(void **state)
{
    struct shard_case *f = *state;
    create(f, 100, false);
    LIVE(f, SOL, 1, 5, 6, 9);
    LIVE(f, ETH, 3);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 1=1 @10\n"
                         "T1[ETH] trade ETH-USDT 3=3 @30\n");
    let_go(f, WAIT_US);
    shard_case_expect(f, "");
    let_go(f, WAIT_US + 1);
    shard_case_expect(f, "T2[SOL] gap SOL-USDT 2-4 from 10 to 50 at 51 (skipped by the stream)\n"
                         "T2[SOL] trade SOL-USDT 5=5 @50\n"
                         "T2[SOL] trade SOL-USDT 6=6 @60\n"
                         "T2[SOL] gap SOL-USDT 7-8 from 60 to 90 at 91 (skipped by the stream)\n"
                         "T2[SOL] trade SOL-USDT 9=9 @90\n");
    shard_case_flush(f);
    shard_case_expect(f, "P0[SOL-USDT] progress SOL-USDT trade 1-9 at 90 hole 2-4 hole 7-8\n"
                         "P0[ETH-USDT] progress ETH-USDT trade 3-3 at 30\n");
}

static void swapped(void **state)
{
    struct shard_case *f = *state;
    create(f, 100, false);
    LIVE(f, SOL, 1, 4, 3, 3, 2, 5);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 1=1 @10\n"
                         "T2[SOL] trade SOL-USDT 2=2 @20\n"
                         "T2[SOL] trade SOL-USDT 3=3 @30\n"
                         "T2[SOL] trade SOL-USDT 4=4 @40\n"
                         "T2[SOL] trade SOL-USDT 5=5 @50\n");
    let_go(f, LATE_US);
    shard_case_expect(f, "");
}

static void repair_joins(void **state)
{
    struct shard_case *f = *state;
    create(f, 100, false);
    LIVE(f, SOL, 1, 4, 6);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 1=1 @10\n");
    REPAIR(f, SOL, 2, 3);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 2=2 @20 repair\n"
                         "T2[SOL] trade SOL-USDT 3=3 @30 repair\n"
                         "T2[SOL] trade SOL-USDT 4=4 @40\n");
    REPAIR(f, SOL, 5);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 5=5 @50 repair\n"
                         "T2[SOL] trade SOL-USDT 6=6 @60\n");
    shard_case_flush(f);
    shard_case_expect(f, "P0[SOL-USDT] progress SOL-USDT trade 1-6 at 60\n");
}

/* What the exchange leaves out of an answer, it does not have: its trades do not wait. */
static void repair_with_a_hole(void **state)
{
    struct shard_case *f = *state;
    create(f, 100, false);
    LIVE(f, SOL, 1);
    shard_case_link(f, 1, false, 500);
    LIVE(f, SOL, 6);
    strbuf_reset(&f->out);
    REPAIR(f, SOL, 2, 4, 5, 5);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 2=2 @20 repair\n"
                         "T2[SOL] gap SOL-USDT 3-3 from 20 to 40 at 41 (not delivered while the "
                         "connection was lost)\n"
                         "T2[SOL] trade SOL-USDT 4=4 @40 repair\n"
                         "T2[SOL] trade SOL-USDT 5=5 @50 repair\n"
                         "T2[SOL] trade SOL-USDT 6=6 @60\n");
    LIVE(f, SOL, 8); /* and heard again */
    let_go(f, LATE_US);
    shard_case_expect(f, "T2[SOL] gap SOL-USDT 7-7 from 60 to 80 at 81 (skipped by the stream)\n"
                         "T2[SOL] trade SOL-USDT 8=8 @80\n");
}

static void duplicates(void **state)
{
    struct shard_case *f = *state;
    struct shard_counts c;
    create(f, 100, false);
    LIVE(f, SOL, 1, 2, 5, 5, 5, 1, 2);
    REPAIR(f, SOL, 1, 2, 3, 4, 5);
    LIVE(f, SOL, 5, 4);
    strbuf_reset(&f->out);
    shard_case_flush(f);
    shard_case_expect(f, "P0[SOL-USDT] progress SOL-USDT trade 1-5 at 50\n");
    shard_counts_take(f->shard, &c);
    assert_int_equal(c.trades, 5);
    assert_int_equal(c.duplicates, 2 + 3 + 2);
    assert_int_equal(c.gaps, 0);
}

static void full(void **state)
{
    struct shard_case *f = *state;
    create(f, 2, false);
    LIVE(f, SOL, 1, 3, 5);
    LIVE(f, ETH, 1);
    strbuf_reset(&f->out);
    LIVE(f, SOL, 7);
    shard_case_expect(f, "T2[SOL] gap SOL-USDT 2-2 from 10 to 30 at 31 (skipped by the stream)\n"
                         "T2[SOL] trade SOL-USDT 3=3 @30\n"
                         "T2[SOL] gap SOL-USDT 4-4 from 30 to 50 at 51 (skipped by the stream)\n"
                         "T2[SOL] trade SOL-USDT 5=5 @50\n"
                         "T2[SOL] gap SOL-USDT 6-6 from 50 to 70 at 71 (skipped by the stream)\n"
                         "T2[SOL] trade SOL-USDT 7=7 @70\n");
    LIVE(f, ETH, 3); /* by another's: until the commit they may come back */
    assert_non_null(strstr(f->out.data, "trade ETH-USDT 3=3"));
    strbuf_reset(&f->out);
    hold_commit(f->hold);
    LIVE(f, ETH, 5);
    shard_case_expect(f, "");
}

static void snapshots(void **state)
{
    struct shard_case *f = *state;
    create(f, 100, false);
    SNAPSHOT(f, SOL, 4); /* of a time before we listened */
    LIVE(f, SOL, 6);
    SNAPSHOT(f, SOL, 7, 9);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 6=6 @60\n"
                         "T2[SOL] trade SOL-USDT 7=7 @70\n");
    expect_missing(f, SOL, "W 8-8 at 70");
    REPAIR(f, SOL, 8);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 8=8 @80 repair\n"
                         "T2[SOL] trade SOL-USDT 9=9 @90\n");
}

/* --- what is missing ------------------------------------------------------------------------- */

static void missing(void **state)
{
    struct shard_case *f = *state;
    create(f, 100, true);
    expect_missing(f, SOL, "");
    assert_false(is_needy(f, SOL));
    LIVE(f, SOL, 1, 5);
    assert_true(is_needy(f, SOL));
    expect_missing(f, SOL, "W 2-4 at 10");
    LIVE(f, SOL, 8, 4);
    expect_missing(f, SOL, "W 2-3 at 10");
    LIVE(f, SOL, 2);
    expect_missing(f, SOL, "W 3-3 at 20");
    let_go(f, LATE_US);
    expect_missing(f, SOL, "D 3-3 at 20, D 6-7 at 50");
    LIVE(f, SOL, 12);
    expect_missing(f, SOL, "W 9-11 at 80, D 3-3 at 20, D 6-7 at 50");
    REPAIR(f, SOL, 3, 6, 9, 10, 11);
    expect_missing(f, SOL, "D 7-7 at 50");
    assert_false(is_needy(f, ETH));
}

static void needy(void **state)
{
    struct shard_case *f = *state;
    create(f, 100, false);
    LIVE(f, SOL, 1, 3, 5);
    LIVE(f, ETH, 1, 3);
    assert_int_equal(shard_needy(f->shard), 2);
    assert_int_equal(shard_needy_at(f->shard, 0), case_symbol(f->universe, SOL));
    shard_not_needy(f->shard, 0);
    assert_int_equal(shard_needy(f->shard), 1);
    assert_int_equal(shard_needy_at(f->shard, 0), case_symbol(f->universe, ETH));
    shard_not_needy(f->shard, 0);
    LIVE(f, ETH, 5);
    assert_true(is_needy(f, ETH) && !is_needy(f, SOL));
    let_go(f, LATE_US); /* gaps are declared */
    assert_true(is_needy(f, ETH) && is_needy(f, SOL));
    assert_int_equal(shard_holes(f->shard), 2 + 2);
    shard_reset(f->shard);
    assert_int_equal(shard_needy(f->shard), 0);
    assert_int_equal(shard_holes(f->shard), 0);
}

/* Of a shard that is not the first one. */
static void of_another_shard(void **state)
{
    struct shard_case *f = *state;
    struct shard_missing m[SHARD_MISSING_MAX];
    struct err e = {0};
    f->brief = true;
    f->universe = case_universe(2, 2);
    f->hold = hold_create(f->universe->shards[1].n, 100, &e);
    assert_non_null(f->hold);
    shard_case_create(f, &(struct shard_about){.exchange = "binance",
                                               .stream = "trade",
                                               .universe = f->universe,
                                               .number = 1,
                                               .hold = f->hold});
    const uint32_t index = case_symbol(f->universe, ETH);
    assert_true(f->universe->shards[1].first > 0);
    LIVE(f, ETH, 1, 3);
    assert_true(is_needy(f, ETH));
    assert_int_equal(shard_missing(f->shard, index, m), 1);
    let_go(f, LATE_US);
    strbuf_reset(&f->out);
    shard_time(f->shard, 0, 777);
    assert_int_equal(shard_repairing(f->shard, index, &m[0], shard_case_emit, f, &e), 0);
    assert_int_equal(shard_give_up(f->shard, index, &m[0], "why", shard_case_emit, f, &e), 0);
    shard_case_expect(f, "T1[ETH] repairing ETH-USDT 2-2 from 10 to 30 at 777\n"
                         "T1[ETH] given_up ETH-USDT 2-2 from 10 to 30 at 777 (why)\n");
}

static struct shard_missing look_of(const struct shard_case *f, const char *symbol)
{
    struct shard_missing m[SHARD_MISSING_MAX];
    assert_int_equal(shard_missing(f->shard, case_symbol(f->universe, symbol), m), 1);
    assert_int_equal(m[0].kind, SHARD_MISSING_PERHAPS);
    return m[0];
}

static void a_look_after_a_restart(void **state)
{
    struct shard_case *f = *state;
    create(f, 100, true);
    restore(f, SOL, 1, 5);
    shard_case_begin(f, false, 1);
    expect_missing(f, SOL, "");
    shard_reset(f->shard);
    restore(f, SOL, 1, 5);
    shard_case_begin(f, true, 1);
    assert_true(is_needy(f, SOL));
    expect_missing(f, SOL, "P 6- at 50");
    expect_missing(f, ETH, ""); /* nothing is known of it */
    REPAIR(f, SOL, 6, 7);       /* there may be more on the next page */
    expect_missing(f, SOL, "P 8- at 70");
    LIVE(f, SOL, 5); /* says nothing */
    expect_missing(f, SOL, "P 8- at 70");
    LIVE(f, SOL, 9);
    expect_missing(f, SOL, "W 8-8 at 70");
    REPAIR(f, SOL, 8);
    expect_missing(f, SOL, "");
}

static void a_look_after_a_link(void **state)
{
    struct shard_case *f = *state;
    create(f, 100, true);
    LIVE(f, SOL, 1);
    shard_case_link(f, 1, true, 10);
    expect_missing(f, SOL, "P 2- at 10");
    assert_true(is_needy(f, SOL));
    assert_false(is_needy(f, ETH)); /* nothing is known of it */
    LIVE(f, SOL, 2);
    expect_missing(f, SOL, "");
    shard_case_link(f, 1, false, 20);
    expect_missing(f, SOL, "");
    shard_case_link(f, 1, true, 30);
    const struct shard_missing first = look_of(f, SOL);
    shard_case_link(f, 1, false, 40);
    expect_missing(f, SOL, ""); /* until it is back, there is no end of it */
    shard_case_link(f, 1, true, 50);
    const struct shard_missing second = look_of(f, SOL);
    assert_true(second.look != first.look);
    shard_looked(f->shard, case_symbol(f->universe, SOL), &first);
    expect_missing(f, SOL, "P 3- at 20");
    shard_looked(f->shard, case_symbol(f->universe, SOL), &second);
    expect_missing(f, SOL, "");
    shard_reset(f->shard);
    restore(f, SOL, 1, 5);
    shard_case_begin(f, true, 1);
    assert_true(look_of(f, SOL).look != second.look);
}

/* What came before the connection was lost says nothing of what was missed then. */
static void a_look_and_what_waited_before(void **state)
{
    struct shard_case *f = *state;
    create(f, 100, true);
    LIVE(f, SOL, 1, 3);
    shard_case_link(f, 1, false, 20);
    shard_case_link(f, 1, true, 30);
    expect_missing(f, SOL, "W 2-2 at 10");
    LIVE(f, SOL, 2);
    expect_missing(f, SOL, "P 4- at 30");
    LIVE(f, SOL, 4);
    expect_missing(f, SOL, "");
}

static void no_looks(void **state)
{
    struct shard_case *f = *state;
    create(f, 100, false);
    restore(f, SOL, 1, 5);
    shard_case_begin(f, true, 1);
    shard_case_link(f, 1, true, 10);
    expect_missing(f, SOL, "");
}

/* --- what is told ---------------------------------------------------------------------------- */

static void repairing(void **state)
{
    struct shard_case *f = *state;
    struct shard_missing m[SHARD_MISSING_MAX];
    struct err e = {0};
    create(f, 100, false);
    LIVE(f, SOL, 1, 4, 6, 9);
    const uint32_t index = case_symbol(f->universe, SOL);
    assert_int_equal(shard_missing(f->shard, index, m), 1);
    strbuf_reset(&f->out);
    assert_int_equal(shard_repairing(f->shard, index, &m[0], shard_case_emit, f, &e), 0);
    shard_case_expect(f, ""); /* nobody was told that it is missing */
    let_go(f, LATE_US);
    strbuf_reset(&f->out);
    shard_time(f->shard, 3, 777);
    assert_int_equal(shard_missing(f->shard, index, m), 3);
    assert_int_equal(shard_repairing(f->shard, index, &m[2], shard_case_emit, f, &e), 0);
    shard_case_expect(f, "T2[SOL] repairing SOL-USDT 7-8 from 60 to 90 at 777\n");
    m[0].last_id = m[1].last_id;
    assert_int_equal(shard_repairing(f->shard, index, &m[0], shard_case_emit, f, &e), 0);
    shard_case_expect(f, "T2[SOL] repairing SOL-USDT 2-3 from 10 to 40 at 777\n"
                         "T2[SOL] repairing SOL-USDT 5-5 from 40 to 60 at 777\n");
    REPAIR(f, SOL, 2, 3, 8);
    shard_case_flush(f);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 2=2 @20 repair\n"
                         "T2[SOL] trade SOL-USDT 3=3 @30 repair\n"
                         "T2[SOL] trade SOL-USDT 8=8 @80 repair\n"
                         "T2[SOL] repaired SOL-USDT 2-3 from 10 to 40 at 31\n"
                         "T2[SOL] repaired SOL-USDT 8-8 from 60 to 90 at 81\n"
                         "P0[SOL-USDT] progress SOL-USDT trade 1-9 at 90 hole 5-5 hole 7-7\n");
}

static void giving_up(void **state)
{
    struct shard_case *f = *state;
    struct shard_counts c;
    struct err e = {0};
    create(f, 100, false);
    LIVE(f, SOL, 1, 5, 9);
    let_go(f, LATE_US);
    shard_case_flush(f);
    LIVE(f, SOL, 12);
    strbuf_reset(&f->out);
    shard_time(f->shard, 3, 777);
    const uint32_t index = case_symbol(f->universe, SOL);
    struct shard_missing m = {.first_id = 3, .last_id = 7};
    assert_int_equal(shard_give_up(f->shard, index, &m, "why", shard_case_emit, f, &e), 0);
    shard_case_expect(f, "T2[SOL] given_up SOL-USDT 3-4 from 10 to 50 at 777 (why)\n"
                         "T2[SOL] given_up SOL-USDT 6-7 from 50 to 90 at 777 (why)\n");
    assert_int_equal(shard_give_up(f->shard, index, &m, "why", shard_case_emit, f, &e), 0);
    m = (struct shard_missing){.first_id = 10, .last_id = 11}; /* nobody was told of these */
    assert_int_equal(shard_give_up(f->shard, index, &m, "why", shard_case_emit, f, &e), 0);
    REPAIR(f, SOL, 3, 7);
    shard_case_expect(f, "");
    expect_missing(f, SOL, "W 10-11 at 90, D 2-2 at 10, D 8-8 at 50");
    shard_case_flush(f);
    shard_case_expect(f, "P0[SOL-USDT] progress SOL-USDT trade 1-9 at 90 hole 2-2 hole 8-8\n");
    shard_counts_take(f->shard, &c);
    assert_int_equal(c.given_up_ids, 4);
    assert_int_equal(c.gap_ids, 6);
}

/* --- after a failure ------------------------------------------------------------------------- */

static void begin_again(struct shard_case *f, int64_t last_id)
{
    hold_rewind(f->hold);
    shard_reset(f->shard);
    restore(f, SOL, 1, last_id);
    shard_case_begin(f, false, 1);
    strbuf_reset(&f->out);
}

static void waiting_over_a_failure(void **state)
{
    struct shard_case *f = *state;
    create(f, 100, false);
    LIVE(f, SOL, 1, 5);
    hold_commit(f->hold);
    LIVE(f, SOL, 4); /* the journal has it still */
    begin_again(f, 1);
    assert_true(is_needy(f, SOL));
    expect_missing(f, SOL, "W 2-4 at 10");
    REPAIR(f, SOL, 2, 3, 4);
    assert_non_null(strstr(f->out.data, "trade SOL-USDT 5=5"));
    begin_again(f, 1);
    expect_missing(f, SOL, "W 2-4 at 10");
}

/* Somebody has written what waits, or a commit that failed did not. */
static void overtaken(void **state)
{
    struct shard_case *f = *state;
    create(f, 100, true);
    LIVE(f, SOL, 1, 5, 6, 9);
    hold_commit(f->hold);
    begin_again(f, 6);
    expect_missing(f, SOL, "W 7-8 at 60");
    begin_again(f, 20);
    expect_missing(f, SOL, "");
    shard_case_link(f, 1, true, 10);
    expect_missing(f, SOL, "P 21- at 200");
    strbuf_reset(&f->out);
    LIVE(f, SOL, 23);
    expect_missing(f, SOL, "W 21-22 at 200");
    assert_int_equal(hold_count(f->hold), 1); /* those overtaken are gone */
    LIVE(f, SOL, 21, 22);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 21=21 @210\n"
                         "T2[SOL] trade SOL-USDT 22=22 @220\n"
                         "T2[SOL] trade SOL-USDT 23=23 @230\n");
}

static int refuse(void *ctx, const struct shard_output *out, struct err *e)
{
    (void)ctx;
    (void)out;
    return err_set(e, ERR_IO, "no");
}

static void a_sink_that_fails(void **state)
{
    struct shard_case *f = *state;
    struct err e = {0};
    create(f, 1, false);
    LIVE(f, SOL, 1, 3);
    const uint32_t index = case_symbol(f->universe, SOL);
    const struct entry next = {.type = ENTRY_TRADE, .index = index, .sequence = 5};
    shard_time(f->shard, LATE_US, 0);
    assert_int_equal(shard_let_go(f->shard, refuse, NULL, &e), -1);
    assert_int_equal(hold_count(f->hold), 1);
    assert_int_equal(shard_apply(f->shard, &next, refuse, NULL, &e), -1);
    begin_again(f, 1);
    LIVE(f, SOL, 5);
    const struct shard_missing all = {.first_id = 0, .last_id = INT64_MAX};
    let_go(f, 2 * LATE_US);
    assert_int_equal(shard_repairing(f->shard, index, &all, refuse, NULL, &e), -1);
    assert_int_equal(shard_give_up(f->shard, index, &all, "", refuse, NULL, &e), -1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, shard_case_setup, shard_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_jump_waits),
        CASE(swapped),
        CASE(repair_joins),
        CASE(repair_with_a_hole),
        CASE(duplicates),
        CASE(full),
        CASE(snapshots),
        CASE(missing),
        CASE(needy),
        CASE(of_another_shard),
        CASE(a_look_after_a_restart),
        CASE(a_look_after_a_link),
        CASE(a_look_and_what_waited_before),
        CASE(no_looks),
        CASE(repairing),
        CASE(giving_up),
        CASE(waiting_over_a_failure),
        CASE(overtaken),
        CASE(a_sink_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
