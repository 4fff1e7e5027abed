/* What a shard writes of the quotes that were received. */
#include "producer_case.h"
#include "quote_fold.h"
#include "quote_top.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MS = 1000, S = 1000 * MS };

struct fixture {
    struct universe *universe;
    struct quote_fold *fold;
    struct strbuf out;
};

/* --- records as short lines ------------------------------------------------------------------ */

static int add_side(struct strbuf *b, bool there, struct decimal price, struct decimal amount)
{
    return there ? strbuf_addf(b, " %d*%d", (int)price.e18, (int)amount.e18) : strbuf_adds(b, " -");
}

static int add_record(struct strbuf *b, const struct record *r)
{
    const struct quote *q = &r->quote;
    if (r->type == RECORD_TICK)
        return strbuf_addf(b, "tick %s epoch %" PRId64 " at %" PRId64,
                           r->tick.alive ? "alive" : "dead", r->tick.epoch,
                           r->tick.receive_time_us);
    if (r->type == RECORD_RATE)
        return strbuf_addf(b, "rate %.*s %d %d epoch %" PRId64 " at %" PRId64,
                           SLICE_ARG(r->rate.symbol), (int)r->rate.bid.e18, (int)r->rate.ask.e18,
                           r->rate.epoch, r->rate.receive_time_us);
    assert_int_equal(r->type, RECORD_QUOTE);
    assert_true(q->has_bid == q->has_bid_amount && q->has_ask == q->has_ask_amount);
    int n = strbuf_addf(b, "%.*s", SLICE_ARG(q->symbol));
    if (n == 0)
        n = add_side(b, q->has_bid, q->bid, q->bid_amount);
    if (n == 0)
        n = add_side(b, q->has_ask, q->ask, q->ask_amount);
    return n == 0 ? strbuf_addf(b, " %s epoch %" PRId64 " at %" PRId64, quote_state_name(q->state),
                                q->epoch, q->receive_time_us)
                  : n;
}

/* "0[BTC] …\n": partition, key. */
static int emit(void *ctx, const struct quote_output *out, struct err *e)
{
    (void)e;
    struct strbuf *b = ctx;
    int r = strbuf_addf(b, "%d", out->partition);
    if (r == 0 && out->key.data)
        r = strbuf_addf(b, "[%.*s]", SLICE_ARG(out->key));
    if (r == 0)
        r = strbuf_addc(b, ' ');
    return r == 0 && add_record(b, out->record) == 0 ? strbuf_addc(b, '\n') : -1;
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
    assert_int_equal(quote_fold_apply(f->fold, in, emit, &f->out, &e), 0);
}

/* A price of 0: nobody is on that side. Amounts are the price's last digit. */
static void quote(struct fixture *f, const char *symbol, int bid, int ask, int64_t at_us)
{
    apply(f, &(struct entry){.type = ENTRY_QUOTE,
                             .index = case_symbol(f->universe, symbol),
                             .receive_us = at_us,
                             .bid = {bid > 0, {bid}, {bid % 10}},
                             .ask = {ask > 0, {ask}, {ask % 10}}});
}

static void tick(struct fixture *f, int64_t at_us, const char *alive, size_t n)
{
    apply(f,
          &(struct entry){.type = ENTRY_TICK, .receive_us = at_us, .data = slice_make(alive, n)});
}

static void own(struct fixture *f, int64_t epoch)
{
    struct err e = {0};
    assert_int_equal(quote_fold_own(f->fold, epoch, emit, &f->out, &e), 0);
}

static void create(struct fixture *f, int32_t shards, uint32_t number)
{
    struct err e = {0};
    f->universe = case_universe_of_quotes(shards, 2);
    const struct quote_fold_about about = {"binance", f->universe, number};
    f->fold = quote_fold_create(&about, &e);
    assert_non_null(f->fold);
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
    quote_fold_destroy(f->fold);
    universe_destroy(f->universe);
    strbuf_finish(&f->out);
    free(f);
    return 0;
}

static void expect_counts(struct fixture *f, int64_t quotes, int64_t unchanged, int64_t rates)
{
    struct quote_counts c;
    quote_fold_counts_take(f->fold, &c);
    assert_int_equal(c.quotes, quotes);
    assert_int_equal(c.unchanged, unchanged);
    assert_int_equal(c.rates, rates);
}

/* --- quotes ---------------------------------------------------------------------------------- */

static void states(void **state)
{
    (void)state;
    static const struct {
        int bid;
        int ask;
        enum quote_state is;
    } cases[] = {
        {10, 11, QUOTE_STATE_NORMAL},   {10, 0, QUOTE_STATE_ONE_SIDED},
        {0, 11, QUOTE_STATE_ONE_SIDED}, {0, 0, QUOTE_STATE_VOID},
        {12, 11, QUOTE_STATE_CROSSED},  {11, 11, QUOTE_STATE_CROSSED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct quote_top t = {.bid = {cases[i].bid > 0, {cases[i].bid}, {1}},
                                    .ask = {cases[i].ask > 0, {cases[i].ask}, {1}}};
        assert_int_equal(quote_top_state(&t), cases[i].is);
    }
}

static void changes_are_written(void **state)
{
    struct fixture *f = *state;
    create(f, 1, 0);
    own(f, 4);
    expect(f, "");
    quote(f, "ETH-USDT", 10, 12, 1);
    quote(f, "ETH-USDT", 10, 12, 2); /* the same */
    quote(f, "SOL-USDT", 10, 12, 3); /* of another symbol */
    quote(f, "ETH-USDT", 10, 13, 4);
    quote(f, "ETH-USDT", 10, 0, 5);
    quote(f, "ETH-USDT", 14, 13, 6);
    expect(f, "1[ETH] ETH-USDT 10*0 12*2 normal epoch 4 at 1\n"
              "2[SOL] SOL-USDT 10*0 12*2 normal epoch 4 at 3\n"
              "1[ETH] ETH-USDT 10*0 13*3 normal epoch 4 at 4\n"
              "1[ETH] ETH-USDT 10*0 - one_sided epoch 4 at 5\n"
              "1[ETH] ETH-USDT 14*4 13*3 crossed epoch 4 at 6\n");
    expect_counts(f, 5, 1, 0);
    /* amounts count as prices do */
    apply(f, &(struct entry){.type = ENTRY_QUOTE,
                             .index = case_symbol(f->universe, "ETH-USDT"),
                             .receive_us = 7,
                             .has_exchange_time = true,
                             .bid = {true, {14}, {5}},
                             .ask = {true, {13}, {3}}});
    expect(f, "1[ETH] ETH-USDT 14*5 13*3 crossed epoch 4 at 7\n");
}

static void voids(void **state)
{
    struct fixture *f = *state;
    create(f, 1, 0);
    own(f, 1);
    quote(f, "ETH-USDT", 0, 0, 1); /* lost before anything was known */
    expect(f, "");
    quote(f, "ETH-USDT", 10, 12, 2);
    quote(f, "ETH-USDT", 0, 0, 3);
    quote(f, "ETH-USDT", 0, 0, 4);   /* lost again before anything came */
    quote(f, "ETH-USDT", 10, 12, 5); /* what was true before is news again */
    expect(f, "1[ETH] ETH-USDT 10*0 12*2 normal epoch 1 at 2\n"
              "1[ETH] ETH-USDT - - void epoch 1 at 3\n"
              "1[ETH] ETH-USDT 10*0 12*2 normal epoch 1 at 5\n");
    expect_counts(f, 3, 0, 0);
}

static void a_takeover(void **state)
{
    struct fixture *f = *state;
    create(f, 2, 1); /* partitions 1 and 3: ETH; ADA, XRP */
    quote(f, "ETH-USDT", 10, 12, 1);
    quote(f, "XRP-USDT", 20, 22, 2);
    quote(f, "ADA-USDT", 30, 32, 3);
    quote(f, "ADA-USDT", 0, 0, 4);
    quote(f, "SOL-USDT", 40, 42, 5); /* the other shard's */
    tick(f, 6, "\1\1", 2);
    expect(f, ""); /* a standby writes nothing */
    own(f, 7);
    expect(f, "1[ETH] ETH-USDT 10*0 12*2 normal epoch 7 at 1\n"
              "3[XRP] XRP-USDT 20*0 22*2 normal epoch 7 at 2\n");
    quote(f, "ETH-USDT", 10, 12, 8); /* written a moment ago */
    quote(f, "ADA-USDT", 0, 0, 9);   /* the epoch has not spoken of it: void is what it is */
    tick(f, 10, "\1\0", 2);
    expect(f, "1 tick alive epoch 7 at 10\n3 tick dead epoch 7 at 10\n");
    quote_fold_disown(f->fold);
    quote(f, "ETH-USDT", 11, 12, 11);
    tick(f, 12, "\1\1", 2);
    expect(f, "");
    own(f, 9);
    expect(f, "1[ETH] ETH-USDT 11*1 12*2 normal epoch 9 at 11\n"
              "3[XRP] XRP-USDT 20*0 22*2 normal epoch 9 at 2\n");
}

/* The brokers did not take everything: nobody is left with what is not true any more. */
static void said_anew(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    create(f, 1, 0);
    own(f, 1);
    quote(f, "ETH-USDT", 10, 12, 1);
    quote(f, "SOL-USDT", 10, 12, 2);
    quote(f, "SOL-USDT", 0, 0, 3);
    quote(f, "ETH-USDT", 10, 12, 4);
    strbuf_reset(&f->out);
    assert_int_equal(quote_fold_restate(f->fold, emit, &f->out, &e), 0);
    expect(f, "1[ETH] ETH-USDT 10*0 12*2 normal epoch 1 at 4\n"
              "2[SOL] SOL-USDT - - void epoch 1 at 3\n");
    quote_fold_disown(f->fold);
    assert_int_equal(quote_fold_restate(f->fold, emit, &f->out, &e), 0);
    expect(f, "");
    own(f, 2); /* in which nothing was said of SOL-USDT */
    strbuf_reset(&f->out);
    assert_int_equal(quote_fold_restate(f->fold, emit, &f->out, &e), 0);
    expect(f, "1[ETH] ETH-USDT 10*0 12*2 normal epoch 2 at 4\n");
}

/* --- rates ----------------------------------------------------------------------------------- */

static void rates(void **state)
{
    struct fixture *f = *state;
    create(f, 2, 0); /* partitions 0 and 2 */
    own(f, 3);
    quote(f, "EUR-USDT", 110, 112, 1 * S);
    expect(f, "0 rate EUR-USDT 110 112 epoch 3 at 1000000\n"
              "2 rate EUR-USDT 110 112 epoch 3 at 1000000\n");
    quote(f, "EUR-USDT", 111, 112, 1 * S + 50 * MS); /* too soon */
    quote(f, "EUR-USDT", 111, 113, 1 * S + 60 * MS);
    quote(f, "SOL-USDT", 10, 12, 1 * S + 99 * MS);
    expect(f, "2[SOL] SOL-USDT 10*0 12*2 normal epoch 3 at 1099000\n");
    quote(f, "ETH-USDT", 10, 12, 1 * S + 100 * MS); /* the other shard's, but time passes */
    expect(f, "0 rate EUR-USDT 111 113 epoch 3 at 1060000\n"
              "2 rate EUR-USDT 111 113 epoch 3 at 1060000\n");
    quote(f, "EUR-USDT", 111, 113, 1 * S + 500 * MS); /* unchanged */
    expect(f, "");
    tick(f, 2 * S, "\1\1", 2); /* said again, before the tick, with its time */
    expect(f, "0 rate EUR-USDT 111 113 epoch 3 at 2000000\n"
              "2 rate EUR-USDT 111 113 epoch 3 at 2000000\n"
              "0 tick alive epoch 3 at 2000000\n2 tick alive epoch 3 at 2000000\n");
    quote(f, "EUR-USDT", 0, 0, 2 * S + 500 * MS); /* its connection is lost: not said any more */
    tick(f, 3 * S, "\1\1", 2);
    quote(f, "EUR-USDT", 111, 0, 3 * S + 200 * MS);
    quote(f, "EUR-USDT", 114, 113, 3 * S + 400 * MS);
    tick(f, 4 * S, "\1\1", 2);
    expect(f, "0 tick alive epoch 3 at 3000000\n2 tick alive epoch 3 at 3000000\n"
              "0 tick alive epoch 3 at 4000000\n2 tick alive epoch 3 at 4000000\n");
    quote(f, "EUR-USDT", 111, 113, 4 * S + 500 * MS);
    strbuf_reset(&f->out);
    own(f, 4);
    expect(f, "2[SOL] SOL-USDT 10*0 12*2 normal epoch 4 at 1099000\n"
              "0 rate EUR-USDT 111 113 epoch 4 at 4500000\n"
              "2 rate EUR-USDT 111 113 epoch 4 at 4500000\n");
}

static void a_rate_that_is_followed_too(void **state)
{
    struct fixture *f = *state;
    create(f, 2, 0);
    own(f, 1);
    quote(f, "BTC-USDT", 10, 12, 1 * S);
    expect(f, "0[BTC] BTC-USDT 10*0 12*2 normal epoch 1 at 1000000\n"
              "0 rate BTC-USDT 10 12 epoch 1 at 1000000\n"
              "2 rate BTC-USDT 10 12 epoch 1 at 1000000\n");
    expect_counts(f, 1, 0, 2);
}

/* However fast it changes: ten times a second at most, and the last word is said. */
static void rates_are_paced(void **state)
{
    struct fixture *f = *state;
    struct quote_counts c;
    create(f, 1, 0);
    own(f, 1);
    for (int i = 0; i < 10000; i++) /* 10 s */
        quote(f, "EUR-USDT", 100 + i, 200 + i, 1 * S + i * MS);
    quote_fold_counts_take(f->fold, &c);
    assert_int_equal(c.rates, 100 * 4);
    strbuf_reset(&f->out);
    tick(f, 11 * S, "\1\1\1\1", 4);
    assert_non_null(strstr(f->out.data, "rate EUR-USDT 10099 10199 "));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states),
        CASE(changes_are_written),
        CASE(voids),
        CASE(a_takeover),
        CASE(said_anew),
        CASE(rates),
        CASE(a_rate_that_is_followed_too),
        CASE(rates_are_paced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
