/* What a shard writes of what was received, where nothing waits. */
#include "producer_case.h"
#include "shard_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void create(struct shard_case *f, int32_t shards, uint32_t number)
{
    f->universe = case_universe(shards, 2);
    shard_case_create(f, &(struct shard_about){.exchange = "binance",
                                               .stream = "trade",
                                               .universe = f->universe,
                                               .number = number,
                                               .instruments_us = 777});
}

static void trade(struct shard_case *f, const char *symbol, int64_t id)
{
    shard_case_trade(f, symbol, id, TRADE_ORIGIN_LIVE);
}

/* --- tests ----------------------------------------------------------------------------------- */

static void the_beginning(void **state)
{
    struct shard_case *f = *state;
    struct err e = {0};
    create(f, 2, 1); /* partitions 1 and 3: ADA, ETH, XRP; connections 2 (ETH, ADA) and 3 (XRP) */
    shard_case_begin(f, false, 5);
    shard_case_expect(f, "P1[*] progress * trade 0-1 at 5\n"
                         "I[binance|ETH-USDT] instrument ETH-USDT ETHUSDT at 777\n"
                         "I[binance|ADA-USDT] instrument ADA-USDT ADAUSDT at 777\n"
                         "I[binance|XRP-USDT] instrument XRP-USDT XRPUSDT at 777\n");
    shard_reset(f->shard);
    assert_int_equal(shard_case_restore(f, "binance", "trade", "*", 0, 41, &e), 0);
    shard_case_begin(f, true, 6);
    assert_int_equal(shard_epoch(f->shard), 42);
    const char *lines = strstr(f->out.data, "T1[ETH]");
    assert_non_null(lines);
    assert_string_equal(lines, "T1[ETH] subscribed ETH-USDT at 6\n"
                               "F[binance|ETH-USDT] subscribed ETH-USDT at 6\n"
                               "T3[ADA] subscribed ADA-USDT at 6\n"
                               "F[binance|ADA-USDT] subscribed ADA-USDT at 6\n"
                               "T3[XRP] subscribed XRP-USDT at 6\n"
                               "F[binance|XRP-USDT] subscribed XRP-USDT at 6\n");
}

static void trades_once(void **state)
{
    struct shard_case *f = *state;
    create(f, 1, 0);
    trade(f, "BTC-EUR", 7);
    trade(f, "BTC-EUR", 7);
    trade(f, "SOL-USDT", 3);
    trade(f, "BTC-EUR", 8);
    shard_case_flush(f);
    shard_case_expect(f, "T0[BTC] trade BTC-EUR 7=7 @70\n"
                         "T2[SOL] trade SOL-USDT 3=3 @30\n"
                         "T0[BTC] trade BTC-EUR 8=8 @80\n"
                         "P0[BTC-EUR] progress BTC-EUR trade 7-8 at 80\n"
                         "P0[SOL-USDT] progress SOL-USDT trade 3-3 at 30\n");
    shard_case_flush(f); /* nothing touched */
    trade(f, "BTC-EUR", 7);
    shard_case_flush(f); /* a duplicate touches nothing */
    shard_case_expect(f, "");
    struct shard_counts c;
    shard_counts_take(f->shard, &c);
    assert_int_equal(c.trades, 3);
    assert_int_equal(c.duplicates, 2);
    shard_counts_take(f->shard, &c);
    assert_int_equal(c.trades, 0);
}

static void after_a_restart(void **state)
{
    struct shard_case *f = *state;
    struct err e = {0};
    create(f, 1, 0);
    assert_int_equal(shard_case_restore(f, "binance", "trade", "BTC-USDT", 1, 5, &e), 0);
    assert_int_equal(shard_case_restore(f, "binance", "trade", "ETH-USDT", 1, 5, &e), 0);
    assert_int_equal(shard_case_restore(f, "binance", "trade", "GONE-USDT", 1, 5, &e), 0);
    trade(f, "BTC-USDT", 5);
    trade(f, "BTC-USDT", 9);
    trade(f, "BTC-USDT", 12);
    trade(f, "ETH-USDT", 6);
    shard_case_expect(
        f,
        "T0[BTC] gap BTC-USDT 6-8 from 50 to 90 at 91 (not delivered while the producer was away)\n"
        "F[binance|BTC-USDT] gap BTC-USDT 6-8 from 50 to 90 at 91 (not delivered while the "
        "producer "
        "was away)\n"
        "T0[BTC] trade BTC-USDT 9=9 @90\n"
        "T0[BTC] gap BTC-USDT 10-11 from 90 to 120 at 121 (skipped by the stream)\n"
        "F[binance|BTC-USDT] gap BTC-USDT 10-11 from 90 to 120 at 121 (skipped by the stream)\n"
        "T0[BTC] trade BTC-USDT 12=12 @120\n"
        "T1[ETH] trade ETH-USDT 6=6 @60\n");
    shard_case_flush(f);
    shard_case_expect(f, "P0[BTC-USDT] progress BTC-USDT trade 1-12 at 120 hole 6-8 hole 10-11\n"
                         "P0[ETH-USDT] progress ETH-USDT trade 1-6 at 60\n");
}

static void lost_and_back(void **state)
{
    struct shard_case *f = *state;
    create(f, 1, 0); /* connection 0 carries BTC-EUR and BTC-USDT */
    trade(f, "BTC-EUR", 1);
    shard_case_link(f, 0, true, 100);
    strbuf_reset(&f->out);
    shard_case_link(f, 0, false, 200);
    shard_case_expect(f, "T0[BTC] lost BTC-EUR from 195 at 200 (cut)\n"
                         "F[binance|BTC-EUR] lost BTC-EUR from 195 at 200 (cut)\n"
                         "T0[BTC] lost BTC-USDT from 195 at 200 (cut)\n"
                         "F[binance|BTC-USDT] lost BTC-USDT from 195 at 200 (cut)\n");
    trade(f, "BTC-EUR", 4); /* before the acknowledgement */
    shard_case_link(f, 0, true, 300);
    trade(f, "BTC-EUR", 6);
    shard_case_expect(
        f, "T0[BTC] gap BTC-EUR 2-3 from 10 to 40 at 41 (not delivered while the connection was "
           "lost)\n"
           "F[binance|BTC-EUR] gap BTC-EUR 2-3 from 10 to 40 at 41 (not delivered while the "
           "connection "
           "was lost)\n"
           "T0[BTC] trade BTC-EUR 4=4 @40\n"
           "T0[BTC] subscribed BTC-EUR at 300\n"
           "F[binance|BTC-EUR] subscribed BTC-EUR at 300\n"
           "T0[BTC] subscribed BTC-USDT at 300\n"
           "F[binance|BTC-USDT] subscribed BTC-USDT at 300\n"
           "T0[BTC] gap BTC-EUR 5-5 from 40 to 60 at 61 (skipped by the stream)\n"
           "F[binance|BTC-EUR] gap BTC-EUR 5-5 from 40 to 60 at 61 (skipped by the stream)\n"
           "T0[BTC] trade BTC-EUR 6=6 @60\n");
}

/* Ids that come after all are told as runs, at the end of the transaction or when a run ends. */
static void repaired(void **state)
{
    struct shard_case *f = *state;
    create(f, 1, 0);
    trade(f, "SOL-USDT", 1);
    trade(f, "SOL-USDT", 9);
    strbuf_reset(&f->out);
    trade(f, "SOL-USDT", 3);
    trade(f, "SOL-USDT", 4);
    trade(f, "SOL-USDT", 7);
    shard_case_expect(f, "T2[SOL] trade SOL-USDT 3=3 @30\n"
                         "T2[SOL] trade SOL-USDT 4=4 @40\n"
                         "T2[SOL] trade SOL-USDT 7=7 @70\n"
                         "T2[SOL] repaired SOL-USDT 3-4 from 10 to 90 at 41\n"
                         "F[binance|SOL-USDT] repaired SOL-USDT 3-4 from 10 to 90 at 41\n");
    shard_case_flush(f);
    shard_case_expect(
        f, "T2[SOL] repaired SOL-USDT 7-7 from 10 to 90 at 71\n"
           "F[binance|SOL-USDT] repaired SOL-USDT 7-7 from 10 to 90 at 71\n"
           "P0[SOL-USDT] progress SOL-USDT trade 1-9 at 90 hole 2-2 hole 5-6 hole 8-8\n");
    struct shard_counts c;
    shard_counts_take(f->shard, &c);
    assert_int_equal(c.gaps, 1);
    assert_int_equal(c.gap_ids, 7);
    assert_int_equal(c.repaired_ids, 3);
}

static void given_up(void **state)
{
    struct shard_case *f = *state;
    create(f, 1, 0);
    for (int64_t i = 0; i <= 33; i++)
        trade(f, "SOL-USDT", 10 * i);
    const char *line = strstr(f->out.data, "T2[SOL] given_up");
    assert_non_null(line);
    assert_memory_equal(line, "T2[SOL] given_up SOL-USDT 1-9 from 0 to 100 at 3301 (too many", 60);
    assert_null(strstr(line + 1, "T2[SOL] given_up"));
}

static struct entry brought(const struct shard_case *f, const char *symbol, int64_t id)
{
    return (struct entry){
        .type = ENTRY_TRADE,
        .index = (uint32_t)universe_find_symbol(f->universe, slice_of(symbol)),
        .receive_us = 5000,
        .other_us = 10 * id,
        .sequence = id,
        .origin = TRADE_ORIGIN_REPAIR,
        .text = slice_of("x"),
    };
}

static void bring(struct shard_case *f, const char *symbol, int64_t id)
{
    struct err e = {0};
    const struct entry in = brought(f, symbol, id);
    if (shard_bring_back(f->shard, &in, shard_case_emit, f, &e) != 0)
        fail_msg("%s", e.text);
}

/* What was given up, or is missing, is written once; whatever else comes back is nothing new. */
static void brought_back(void **state)
{
    struct shard_case *f = *state;
    struct err e = {0};
    create(f, 1, 0);
    f->brief = true;
    trade(f, "SOL-USDT", 1);
    trade(f, "SOL-USDT", 9);
    const struct shard_missing low = {.first_id = 1, .last_id = 5};
    uint32_t index = (uint32_t)universe_find_symbol(f->universe, slice_of("SOL-USDT"));
    assert_int_equal(shard_give_up(f->shard, index, &low, "gone", shard_case_emit, f, &e), 0);
    strbuf_reset(&f->out);
    struct shard_counts c;
    shard_counts_take(f->shard, &c);
    bring(f, "SOL-USDT", 4);   /* was given up */
    bring(f, "SOL-USDT", 4);   /* is there now */
    bring(f, "SOL-USDT", 7);   /* is missing */
    bring(f, "SOL-USDT", 1);   /* was always there */
    bring(f, "SOL-USDT", 10);  /* nobody knows of it yet */
    bring(f, "SOL-USDT", 0);   /* before the first */
    bring(f, "BTC-USDT", 100); /* of a symbol without trades */
    shard_case_expect(f, "T2[SOL] trade SOL-USDT x=4 @40 repair\n"
                         "T2[SOL] trade SOL-USDT x=7 @70 repair\n"
                         "T2[SOL] repaired SOL-USDT 4-4 from 10 to 90 at 5000\n");
    shard_case_flush(f);
    shard_case_expect(f, "T2[SOL] repaired SOL-USDT 7-7 from 10 to 90 at 5000\n"
                         "P0[SOL-USDT] progress SOL-USDT trade 1-9 at 90 hole 6-6 hole 8-8\n");
    shard_counts_take(f->shard, &c);
    assert_int_equal(c.trades, 2);
    assert_int_equal(c.brought_back, 2);
    assert_int_equal(c.repaired_ids, 2);
    assert_int_equal(c.duplicates, 5);
    trade(f, "SOL-USDT", 3); /* what was given up is not waited for all the same */
    shard_case_expect(f, "");
}

static void ticks(void **state)
{
    struct shard_case *f = *state;
    create(f, 2, 1);
    shard_case_begin(f, false, 1);
    strbuf_reset(&f->out);
    shard_case_apply(
        f, &(struct entry){.type = ENTRY_TICK, .receive_us = 50, .data = slice_make("\1\0", 2)});
    shard_case_expect(f, "T1 tick alive epoch 1 at 50\nT3 tick dead epoch 1 at 50\n");
}

static void bad_frame(void **state)
{
    struct shard_case *f = *state;
    create(f, 1, 0);
    shard_case_apply(
        f, &(struct entry){.type = ENTRY_BAD, .text = slice_of("why"), .data = slice_of("{x")});
    shard_case_flush(f);
    shard_case_expect(f, "D[binance] bad {x (why)\n");
}

static void foreign_progress(void **state)
{
    struct shard_case *f = *state;
    struct err e = {0};
    create(f, 1, 0);
    assert_int_equal(shard_case_restore(f, "binance", "aggTrade", "BTC-USDT", 1, 5, &e), -1);
    assert_int_equal(e.code, ERR_STATE);
    assert_non_null(strstr(e.text, "aggTrade"));
    assert_int_equal(shard_case_restore(f, "kraken", "trade", "BTC-USDT", 1, 5, &e), -1);
    assert_int_equal(shard_case_restore(f, "binance", "trade", "BTC-USDT", 6, 5, &e), -1);
    const struct record tick = {.type = RECORD_TICK};
    assert_int_equal(shard_restore(f->shard, &tick, &e), -1);
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
    const bool up[6] = {true};
    create(f, 1, 0);
    const struct entry tick = {.type = ENTRY_TICK, .data = slice_make("\1", 1)};
    assert_int_equal(shard_begin(f->shard, up, 0, refuse, NULL, &e), -1);
    assert_int_equal(shard_apply(f->shard, &tick, refuse, NULL, &e), -1);
    trade(f, "BTC-USDT", 1);
    assert_int_equal(shard_flush(f->shard, refuse, NULL, &e), -1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, shard_case_setup, shard_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_beginning), CASE(trades_once),      CASE(after_a_restart),   CASE(lost_and_back),
        CASE(repaired),      CASE(given_up),         CASE(brought_back),      CASE(ticks),
        CASE(bad_frame),     CASE(foreign_progress), CASE(a_sink_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
