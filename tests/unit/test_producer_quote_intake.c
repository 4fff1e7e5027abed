/* Which way quotes go: the queue of their shard, whatever the journal does. */
#include "exchanges/binance.h"
#include "intake.h"
#include "producer_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    struct universe *universe;
    struct journal *journals[2];
    struct quote_queue *queues[2];
    struct metrics *registry;
    struct producer_metrics metrics;
    struct intake intake;
    struct strbuf out;
};

static int setup(void **state)
{
    struct err e = {0};
    struct fixture *f = calloc(1, sizeof(*f));
    if (!f)
        return -1;
    *state = f;
    f->universe = case_universe_of_quotes(2, 2);
    f->registry = metrics_create(&e);
    if (!f->registry || producer_metrics_add(&f->metrics, f->registry, "binance", &e) != 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        f->journals[i] = journal_create(JOURNAL_MIN_BYTES, 0, f->universe->n_symbols, NULL, &e);
        f->queues[i] = quote_queue_create(f->universe->n_symbols, NULL, &e);
        if (!f->journals[i] || !f->queues[i])
            return -1;
    }
    strbuf_init(&f->out, 1 << 20);
    intake_init(&f->intake, &(struct intake_about){&binance_exchange, f->universe, f->journals,
                                                   f->queues, &f->metrics});
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 2; i++) {
        journal_destroy(f->journals[i]);
        quote_queue_destroy(f->queues[i]);
    }
    metrics_destroy(f->registry);
    universe_destroy(f->universe);
    strbuf_finish(&f->out);
    free(f);
    return 0;
}

static void begin(struct fixture *f)
{
    strbuf_reset(&f->out);
    assert_int_equal(strbuf_adds(&f->out, ""), 0);
}

static void add_tick(struct fixture *f, const struct entry *in)
{
    for (size_t k = 0; in->type == ENTRY_TICK && k < in->data.len; k++)
        assert_int_equal(strbuf_addf(&f->out, "%s%d", k ? "" : " tick ", in->data.data[k]), 0);
    assert_int_equal(strbuf_addc(&f->out, '\n'), 0);
}

/* "0 bad\n": what came into the journal of shard 0. */
static const char *journals(struct fixture *f)
{
    begin(f);
    for (int i = 0; i < 2; i++) {
        struct entry in;
        while (journal_next(f->journals[i], &in)) {
            const char *word = in.type == ENTRY_TICK ? "" : in.type == ENTRY_BAD ? " bad" : " else";
            assert_int_equal(strbuf_addf(&f->out, "%d%s", i, word), 0);
            add_tick(f, &in);
        }
        journal_commit(f->journals[i]);
    }
    return f->out.data;
}

/* "0 BTC-USDT 10 11\n": what came into the queue of shard 0; a side that is not there is 0. */
static const char *queues(struct fixture *f)
{
    const __int128 one = INT64_C(1000000000000000000);
    begin(f);
    for (int i = 0; i < 2; i++) {
        struct entry in;
        while (quote_queue_next(f->queues[i], &in)) {
            assert_int_equal(strbuf_addf(&f->out, "%d", i), 0);
            if (in.type == ENTRY_QUOTE)
                assert_int_equal(strbuf_addf(&f->out, " %s %d %d",
                                             f->universe->symbols[in.index].info.symbol,
                                             in.bid.there ? (int)(in.bid.price.e18 / one) : 0,
                                             in.ask.there ? (int)(in.ask.price.e18 / one) : 0),
                                 0);
            add_tick(f, &in);
        }
    }
    return f->out.data;
}

static int take(struct fixture *f, const struct intake_source *from, const char *text)
{
    struct err e = {0};
    const struct frame frame = {slice_of(text), 5};
    return intake_frame(&f->intake, from, &frame, frame.text.len, &e);
}

#define TICKER(symbol_)                                                                            \
    "{\"u\":1,\"s\":\"" symbol_ "\",\"b\":\"10\",\"B\":\"1\",\"a\":\"11\",\"A\":\"1\"}"

static const struct channel book_ticker = {"bookTicker", CHANNEL_QUOTES, "ws", 0};
static const struct channel trade = {"trade", CHANNEL_TRADES, "ws", 0};
static const struct channels quotes_only = {{NULL, &book_ticker}};
static const struct channels trades_only = {{&trade, NULL}};

static void where_quotes_go(void **state)
{
    struct fixture *f = *state;
    const struct intake_source from = {.listen = &quotes_only, .link = 4};
    assert_int_equal(take(f, &from, TICKER("ETHUSDT")), 0);
    assert_string_equal(queues(f), "1 ETH-USDT 10 11\n");
    assert_int_equal(take(f, &from, TICKER("BTCUSDT")), 0); /* a rate that is followed */
    assert_string_equal(queues(f), "0 BTC-USDT 10 11\n1 BTC-USDT 10 11\n");
    assert_int_equal(take(f, &from, TICKER("EURUSDT")), 0); /* one that is not */
    assert_string_equal(queues(f), "0 EUR-USDT 10 11\n1 EUR-USDT 10 11\n");
    assert_int_equal(take(f, &from, TICKER("NOSUCH")), 0);
    assert_string_equal(queues(f), "");
    assert_int_equal(metric_get(f->metrics.frames_skipped), 1);
    /* a trade of a pair that is there for its rate alone is no trade of ours */
    const struct intake_source trades = {.listen = &trades_only, .link = 0};
    assert_int_equal(take(f, &trades,
                          "{\"e\":\"trade\",\"s\":\"EURUSDT\",\"t\":1,\"p\":\"1\",\"q\":\"2\","
                          "\"T\":1672515782136,\"m\":true}"),
                     0);
    assert_int_equal(metric_get(f->metrics.frames_skipped), 2);
    assert_string_equal(journals(f), "");
}

static void quotes_of_a_lost_link(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    /* link 4: BTC-EUR and BTC-USDT of shard 0; of the two, only the second was subscribed */
    struct intake_change c = {4, true, slice_make("\0\1", 2), 3, 2, ""};
    assert_int_equal(intake_link(&f->intake, &c, &e), 0);
    assert_string_equal(queues(f), ""); /* nothing is known before a quote comes */
    c.up = false;
    assert_int_equal(intake_link(&f->intake, &c, &e), 0);
    assert_string_equal(queues(f), "0 BTC-USDT 0 0\n1 BTC-USDT 0 0\n");
    assert_string_equal(journals(f), ""); /* nothing to trades */
}

/* Links 0 to 3 carry trades, 4 to 7 quotes, 8 a pair that is there for its rate alone. */
static void ticks_by_kind(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    static const struct {
        const char *up; /* by link */
        const char *trades;
        const char *quotes;
    } cases[] = {
        {"111111111", "0 tick 11\n", "0 tick 11\n"}, {"111100000", "0 tick 11\n", "0 tick 00\n"},
        {"000011111", "0 tick 00\n", "0 tick 11\n"}, {"111101111", "0 tick 11\n", "0 tick 01\n"},
        {"111111110", "0 tick 11\n", "0 tick 11\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool up[9];
        for (size_t k = 0; k < 9; k++)
            up[k] = cases[i].up[k] == '1';
        assert_int_equal(intake_tick(&f->intake, CHANNEL_TRADES, 0, up, 9, &e), 0);
        assert_int_equal(intake_tick(&f->intake, CHANNEL_QUOTES, 0, up, 9, &e), 0);
        assert_string_equal(journals(f), cases[i].trades);
        assert_string_equal(queues(f), cases[i].quotes);
    }
}

/* A bad frame of a connection of quotes costs no connection, though the journal is full. */
static void a_bad_frame_of_quotes(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    const struct intake_source from = {.listen = &quotes_only, .link = 4};
    const struct intake_source trades = {.listen = &trades_only, .link = 0};
    assert_int_equal(take(f, &from, "{\"e\""), 1);
    assert_non_null(strstr(journals(f), "0 bad"));
    while (!journal_is_full(f->journals[0]))
        assert_int_equal(take(f, &trades,
                              "{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":1,\"p\":\"1\",\"q\":"
                              "\"2\",\"T\":1672515782136,\"m\":true}"),
                         0);
    assert_int_equal(take(f, &from, "{\"e\""), 1);
    assert_int_equal(metric_get(f->metrics.frames_bad_proto), 2);
    assert_int_equal(intake_tick(&f->intake, CHANNEL_TRADES, 0, (bool[9]){0}, 9, &e), 1);
    assert_int_equal(intake_tick(&f->intake, CHANNEL_QUOTES, 0, (bool[9]){0}, 9, &e), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    log_init(LOG_LEVEL_ERROR, LOG_FORMAT_JSON);
    const struct CMUnitTest tests[] = {
        CASE(where_quotes_go),
        CASE(quotes_of_a_lost_link),
        CASE(ticks_by_kind),
        CASE(a_bad_frame_of_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
