/* What a shard writes of what was received. */
#include "producer_case.h"
#include "shard.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct universe *universe;
    struct shard *shard;
    struct strbuf out;
};

/* --- records as short lines ------------------------------------------------------------------ */

static int add_feed(struct strbuf *b, const struct feed *f)
{
    int r = strbuf_addf(b, "%s %.*s", feed_event_name(f->event), SLICE_ARG(f->symbol));
    if (r == 0 && f->has_first_id)
        r = strbuf_addf(b, " %" PRId64 "-%" PRId64, f->first_id, f->last_id);
    if (r == 0 && f->has_from_time_us)
        r = strbuf_addf(b, " from %" PRId64, f->from_time_us);
    if (r == 0 && f->has_to_time_us)
        r = strbuf_addf(b, " to %" PRId64, f->to_time_us);
    if (r == 0)
        r = strbuf_addf(b, " at %" PRId64, f->receive_time_us);
    if (r == 0 && f->has_reason)
        r = strbuf_addf(b, " (%.*s)", SLICE_ARG(f->reason));
    return r;
}

static int add_progress(struct strbuf *b, const struct progress *p)
{
    int r = strbuf_addf(b, "progress %.*s %.*s %" PRId64 "-%" PRId64 " at %" PRId64,
                        SLICE_ARG(p->symbol), SLICE_ARG(p->stream), p->first_id, p->last_id,
                        p->last_time_us);
    for (size_t i = 0; r == 0 && i < p->n_holes; i++)
        r = strbuf_addf(b, " hole %" PRId64 "-%" PRId64, p->holes[i].first_id, p->holes[i].last_id);
    return r;
}

static int add_record(struct strbuf *b, const struct record *r)
{
    if (r->type == RECORD_TRADE)
        return strbuf_addf(b, "trade %.*s %.*s=%" PRId64 " @%" PRId64, SLICE_ARG(r->trade.symbol),
                           SLICE_ARG(r->trade.trade_id), r->trade.sequence,
                           r->trade.exchange_time_us);
    if (r->type == RECORD_FEED)
        return add_feed(b, &r->feed);
    if (r->type == RECORD_PROGRESS)
        return add_progress(b, &r->progress);
    if (r->type == RECORD_TICK)
        return strbuf_addf(b, "tick %s epoch %" PRId64 " at %" PRId64,
                           r->tick.alive ? "alive" : "dead", r->tick.epoch,
                           r->tick.receive_time_us);
    return strbuf_addf(b, "instrument %.*s %.*s at %" PRId64, SLICE_ARG(r->instrument.symbol),
                       SLICE_ARG(r->instrument.native_symbol), r->instrument.update_time_us);
}

/* "T0[BTC] trade …\n": topic, partition, key. */
static int emit(void *ctx, const struct shard_output *out, struct err *e)
{
    (void)e;
    static const char letters[] = "TFPID";
    struct strbuf *b = ctx;
    int r = strbuf_addc(b, letters[out->topic]);
    if (r == 0 && out->partition != SHARD_BY_KEY)
        r = strbuf_addf(b, "%d", out->partition);
    if (r == 0 && out->key.data)
        r = strbuf_addf(b, "[%.*s]", SLICE_ARG(out->key));
    if (r == 0)
        r = strbuf_addc(b, ' ');
    if (r == 0)
        r = out->record ? add_record(b, out->record)
                        : strbuf_addf(b, "bad %.*s (%.*s)", SLICE_ARG(out->bad->data),
                                      SLICE_ARG(out->bad->text));
    return r == 0 ? strbuf_addc(b, '\n') : -1;
}

static void expect(struct fixture *f, const char *lines)
{
    const char *is = f->out.data ? f->out.data : "";
    if (strcmp(is, lines) != 0)
        fail_msg("is\n%swanted\n%s", is, lines);
    strbuf_reset(&f->out);
}

/* --- entries --------------------------------------------------------------------------------- */

static void apply(struct fixture *f, const struct entry *in)
{
    struct err e = {0};
    assert_int_equal(shard_apply(f->shard, in, emit, &f->out, &e), 0);
}

static void trade(struct fixture *f, const char *symbol, int64_t id)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%" PRId64, id);
    apply(f, &(struct entry){.type = ENTRY_TRADE,
                             .index = case_symbol(f->universe, symbol),
                             .receive_us = 10 * id + 1,
                             .other_us = 10 * id,
                             .sequence = id,
                             .price = {1},
                             .amount = {1},
                             .text = slice_make(text, (size_t)n)});
}

static void link_is(struct fixture *f, uint32_t link, bool up, int64_t at_us)
{
    static const char all[] = {1, 1, 1, 1, 1, 1};
    const struct universe_range *r = &f->universe->links[link].symbols;
    apply(f, &(struct entry){.type = ENTRY_LINK,
                             .index = r->first,
                             .data = slice_make(all, r->n),
                             .up = up,
                             .receive_us = at_us,
                             .other_us = at_us - 5,
                             .text = slice_of(up ? "" : "cut")});
}

static void flush(struct fixture *f)
{
    struct err e = {0};
    assert_int_equal(shard_flush(f->shard, emit, &f->out, &e), 0);
}

static void begin(struct fixture *f, bool up, int64_t since_us)
{
    struct err e = {0};
    const bool all[6] = {up, up, up, up, up, up};
    assert_int_equal(shard_begin(f->shard, all, since_us, emit, &f->out, &e), 0);
}

static int restore(struct fixture *f, const char *exchange, const char *stream, const char *symbol,
                   int64_t first, int64_t last, struct err *e)
{
    const struct record r = {.type = RECORD_PROGRESS,
                             .progress = {.exchange = slice_of(exchange),
                                          .symbol = slice_of(symbol),
                                          .stream = slice_of(stream),
                                          .first_id = first,
                                          .last_id = last,
                                          .last_time_us = 10 * last}};
    return shard_restore(f->shard, &r, e);
}

static void create(struct fixture *f, int32_t shards, uint32_t number)
{
    struct err e = {0};
    f->universe = case_universe(shards, 2);
    const struct shard_about about = {"binance", "trade", f->universe, number, 777};
    f->shard = shard_create(&about, &e);
    assert_non_null(f->shard);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    if (!f)
        return -1;
    strbuf_init(&f->out, 1 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    shard_destroy(f->shard);
    universe_destroy(f->universe);
    strbuf_finish(&f->out);
    free(f);
    return 0;
}

/* --- tests ----------------------------------------------------------------------------------- */

static void the_beginning(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    create(f, 2, 1); /* partitions 1 and 3: ADA, ETH, XRP; connections 2 (ETH, ADA) and 3 (XRP) */
    begin(f, false, 5);
    expect(f, "P1[*] progress * trade 0-1 at 5\n"
              "I[binance|ETH-USDT] instrument ETH-USDT ETHUSDT at 777\n"
              "I[binance|ADA-USDT] instrument ADA-USDT ADAUSDT at 777\n"
              "I[binance|XRP-USDT] instrument XRP-USDT XRPUSDT at 777\n");
    shard_reset(f->shard);
    assert_int_equal(restore(f, "binance", "trade", "*", 0, 41, &e), 0);
    begin(f, true, 6);
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
    struct fixture *f = *state;
    create(f, 1, 0);
    trade(f, "BTC-EUR", 7);
    trade(f, "BTC-EUR", 7);
    trade(f, "SOL-USDT", 3);
    trade(f, "BTC-EUR", 8);
    flush(f);
    expect(f, "T0[BTC] trade BTC-EUR 7=7 @70\n"
              "T2[SOL] trade SOL-USDT 3=3 @30\n"
              "T0[BTC] trade BTC-EUR 8=8 @80\n"
              "P0[BTC-EUR] progress BTC-EUR trade 7-8 at 80\n"
              "P0[SOL-USDT] progress SOL-USDT trade 3-3 at 30\n");
    flush(f); /* nothing touched */
    trade(f, "BTC-EUR", 7);
    flush(f); /* a duplicate touches nothing */
    expect(f, "");
    struct shard_counts c;
    shard_counts_take(f->shard, &c);
    assert_int_equal(c.trades, 3);
    assert_int_equal(c.duplicates, 2);
    shard_counts_take(f->shard, &c);
    assert_int_equal(c.trades, 0);
}

static void after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    create(f, 1, 0);
    assert_int_equal(restore(f, "binance", "trade", "BTC-USDT", 1, 5, &e), 0);
    assert_int_equal(restore(f, "binance", "trade", "ETH-USDT", 1, 5, &e), 0);
    assert_int_equal(restore(f, "binance", "trade", "GONE-USDT", 1, 5, &e), 0);
    trade(f, "BTC-USDT", 5);
    trade(f, "BTC-USDT", 9);
    trade(f, "BTC-USDT", 12);
    trade(f, "ETH-USDT", 6);
    expect(
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
    flush(f);
    expect(f, "P0[BTC-USDT] progress BTC-USDT trade 1-12 at 120 hole 6-8 hole 10-11\n"
              "P0[ETH-USDT] progress ETH-USDT trade 1-6 at 60\n");
}

static void lost_and_back(void **state)
{
    struct fixture *f = *state;
    create(f, 1, 0); /* connection 0 carries BTC-EUR and BTC-USDT */
    trade(f, "BTC-EUR", 1);
    link_is(f, 0, true, 100);
    strbuf_reset(&f->out);
    link_is(f, 0, false, 200);
    expect(f, "T0[BTC] lost BTC-EUR from 195 at 200 (cut)\n"
              "F[binance|BTC-EUR] lost BTC-EUR from 195 at 200 (cut)\n"
              "T0[BTC] lost BTC-USDT from 195 at 200 (cut)\n"
              "F[binance|BTC-USDT] lost BTC-USDT from 195 at 200 (cut)\n");
    trade(f, "BTC-EUR", 4); /* before the acknowledgement */
    link_is(f, 0, true, 300);
    trade(f, "BTC-EUR", 6);
    expect(f, "T0[BTC] gap BTC-EUR 2-3 from 10 to 40 at 41 (not delivered while the connection was "
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
    struct fixture *f = *state;
    create(f, 1, 0);
    trade(f, "SOL-USDT", 1);
    trade(f, "SOL-USDT", 9);
    strbuf_reset(&f->out);
    trade(f, "SOL-USDT", 3);
    trade(f, "SOL-USDT", 4);
    trade(f, "SOL-USDT", 7);
    expect(f, "T2[SOL] trade SOL-USDT 3=3 @30\n"
              "T2[SOL] trade SOL-USDT 4=4 @40\n"
              "T2[SOL] trade SOL-USDT 7=7 @70\n"
              "T2[SOL] repaired SOL-USDT 3-4 from 10 to 90 at 41\n"
              "F[binance|SOL-USDT] repaired SOL-USDT 3-4 from 10 to 90 at 41\n");
    flush(f);
    expect(f, "T2[SOL] repaired SOL-USDT 7-7 from 10 to 90 at 71\n"
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
    struct fixture *f = *state;
    create(f, 1, 0);
    for (int64_t i = 0; i <= 33; i++)
        trade(f, "SOL-USDT", 10 * i);
    const char *line = strstr(f->out.data, "T2[SOL] given_up");
    assert_non_null(line);
    assert_memory_equal(line, "T2[SOL] given_up SOL-USDT 1-9 from 0 to 100 at 3301 (too many", 60);
    assert_null(strstr(line + 1, "T2[SOL] given_up"));
}

static void ticks(void **state)
{
    struct fixture *f = *state;
    create(f, 2, 1);
    begin(f, false, 1);
    strbuf_reset(&f->out);
    apply(f, &(struct entry){.type = ENTRY_TICK, .receive_us = 50, .data = slice_make("\1\0", 2)});
    expect(f, "T1 tick alive epoch 1 at 50\nT3 tick dead epoch 1 at 50\n");
}

static void bad_frame(void **state)
{
    struct fixture *f = *state;
    create(f, 1, 0);
    apply(f, &(struct entry){.type = ENTRY_BAD, .text = slice_of("why"), .data = slice_of("{x")});
    flush(f);
    expect(f, "D[binance] bad {x (why)\n");
}

static void foreign_progress(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    create(f, 1, 0);
    assert_int_equal(restore(f, "binance", "aggTrade", "BTC-USDT", 1, 5, &e), -1);
    assert_int_equal(e.code, ERR_STATE);
    assert_non_null(strstr(e.text, "aggTrade"));
    assert_int_equal(restore(f, "kraken", "trade", "BTC-USDT", 1, 5, &e), -1);
    assert_int_equal(restore(f, "binance", "trade", "BTC-USDT", 6, 5, &e), -1);
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
    struct fixture *f = *state;
    struct err e = {0};
    const bool up[6] = {true};
    create(f, 1, 0);
    const struct entry tick = {.type = ENTRY_TICK, .data = slice_make("\1", 1)};
    assert_int_equal(shard_begin(f->shard, up, 0, refuse, NULL, &e), -1);
    assert_int_equal(shard_apply(f->shard, &tick, refuse, NULL, &e), -1);
    trade(f, "BTC-USDT", 1);
    assert_int_equal(shard_flush(f->shard, refuse, NULL, &e), -1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_beginning),    CASE(trades_once),       CASE(after_a_restart), CASE(lost_and_back),
        CASE(repaired),         CASE(given_up),          CASE(ticks),           CASE(bad_frame),
        CASE(foreign_progress), CASE(a_sink_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
