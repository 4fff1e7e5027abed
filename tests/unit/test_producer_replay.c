/* The feed that recorded frames become, and what frames become on their way. */
#include "exchanges/binance.h"
#include "producer_case.h"
#include "replay.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* --- replay ---------------------------------------------------------------------------------- */

struct fixture {
    struct universe *universe;
    struct journal *journals[2];
    struct metrics *registry;
    struct producer_metrics metrics;
    struct intake intake;
    struct channels listen;
    struct replay replay;
    struct strbuf out;
};

static bool room(void *ctx)
{
    (void)ctx;
    return true;
}

static int setup(void **state)
{
    struct err e = {0};
    struct fixture *f = calloc(1, sizeof(*f));
    if (!f)
        return -1;
    *state = f;
    f->universe = case_universe(2, 2);
    f->registry = metrics_create(&e);
    if (!f->registry || producer_metrics_add(&f->metrics, f->registry, "binance", &e) != 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        f->journals[i] = journal_create(JOURNAL_MIN_BYTES, 0, f->universe->n_symbols, NULL, &e);
        if (!f->journals[i])
            return -1;
    }
    strbuf_init(&f->out, 1 << 20);
    f->listen.of[CHANNEL_TRADES] = exchange_channel(&binance_exchange, CHANNEL_TRADES, "trade");
    intake_init(&f->intake, &(struct intake_about){&binance_exchange, f->universe, f->journals,
                                                   NULL, &f->metrics});
    return replay_init(&f->replay, &f->intake, &f->listen, room, NULL, &e);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    replay_finish(&f->replay);
    for (int i = 0; i < 2; i++)
        journal_destroy(f->journals[i]);
    metrics_destroy(f->registry);
    universe_destroy(f->universe);
    strbuf_finish(&f->out);
    free(f);
    return 0;
}

/* The connection whose symbols an ENTRY_LINK names, all of them. */
static uint32_t link_of(const struct fixture *f, const struct entry *in)
{
    for (uint32_t i = 0; i < f->universe->n_links; i++) {
        const struct universe_range *r = &f->universe->links[i].symbols;
        if (r->first == in->index && r->n == in->data.len && !memchr(in->data.data, 0, r->n))
            return i;
    }
    fail_msg("no connection begins at the symbol %u", in->index);
    return 0;
}

/* Writes what came into the journals of both shards. */
static const char *drain(struct fixture *f)
{
    static const char *const types[] = {"trade", "quote", "link", "tick", "bad"};
    strbuf_reset(&f->out);
    assert_int_equal(strbuf_adds(&f->out, ""), 0);
    for (int i = 0; i < 2; i++) {
        struct entry in;
        while (journal_next(f->journals[i], &in)) {
            int r = strbuf_addf(&f->out, "%d %s", i, types[in.type]);
            if (r == 0 && in.type == ENTRY_TRADE)
                r = strbuf_addf(&f->out, " %s %" PRId64, f->universe->symbols[in.index].info.symbol,
                                in.sequence);
            if (r == 0 && in.type == ENTRY_LINK)
                r = strbuf_addf(&f->out, " %u %s", link_of(f, &in), in.up ? "up" : "down");
            for (size_t k = 0; r == 0 && in.type == ENTRY_TICK && k < in.data.len; k++)
                r = strbuf_addf(&f->out, "%s%d", k ? "" : " ", in.data.data[k]);
            if (r == 0)
                r = strbuf_addf(&f->out, " %" PRId64 "\n", in.receive_us);
            assert_int_equal(r, 0);
        }
        journal_commit(f->journals[i]);
    }
    return f->out.data;
}

static int line(struct fixture *f, const char *ts, const char *symbol, int id)
{
    char text[400];
    struct err e = {0};
    (void)snprintf(text, sizeof(text),
                   "{\"ts\":%s,\"frame\":\"{\\\"e\\\":\\\"trade\\\",\\\"s\\\":\\\"%s\\\",\\\"t\\\":"
                   "%d,\\\"p\\\":"
                   "\\\"1\\\",\\\"q\\\":\\\"2\\\",\\\"T\\\":1672515782136,\\\"m\\\":true}\"}",
                   ts, symbol, id);
    return replay_line(&f->replay, slice_of(text), &e);
}

static void time_passes(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    assert_int_equal(line(f, "10.25", "BTCUSDT", 1), 0);
    /* links 0 and 1 are shard 0's, 2 and 3 shard 1's */
    assert_string_equal(drain(f),
                        "0 link 0 up 10250000\n0 link 1 up 10250000\n0 trade BTC-USDT 1 10250000\n"
                        "1 link 2 up 10250000\n1 link 3 up 10250000\n");
    assert_int_equal(line(f, "10.9", "XRPUSDT", 1), 0);
    assert_int_equal(line(f, "12.0", "BTCUSDT", 2), 0);
    assert_string_equal(drain(f),
                        "0 tick 11 11000000\n0 tick 11 12000000\n0 trade BTC-USDT 2 12000000\n"
                        "1 trade XRP-USDT 1 10900000\n1 tick 11 11000000\n1 tick 11 12000000\n");
    assert_int_equal(line(f, "11.5", "BTCUSDT", 3), 0); /* the clock went back */
    assert_string_equal(drain(f), "0 trade BTC-USDT 3 11500000\n");
    assert_int_equal(line(f, "72.1", "NOSUCH", 3), 0); /* more than a minute of silence */
    assert_string_equal(drain(f), "0 link 0 down 12000000\n0 link 1 down 12000000\n"
                                  "0 link 0 up 72100000\n0 link 1 up 72100000\n"
                                  "1 link 2 down 12000000\n1 link 3 down 12000000\n"
                                  "1 link 2 up 72100000\n1 link 3 up 72100000\n");
    assert_int_equal(replay_end(&f->replay, &e), 0);
    assert_string_equal(drain(f),
                        "0 link 0 down 72100000\n0 link 1 down 72100000\n0 tick 00 147100000\n"
                        "1 link 2 down 72100000\n1 link 3 down 72100000\n1 tick 00 147100000\n");
    assert_int_equal(metric_get(f->metrics.frames), 5);
    assert_int_equal(metric_get(f->metrics.frames_skipped), 1);
}

static void nothing_in_the_file(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    assert_int_equal(replay_line(&f->replay, slice_of("{}"), &e), -1);
    assert_int_equal(e.code, ERR_PROTO);
    assert_int_equal(
        replay_line(&f->replay, slice_of("{\"ts\":1,\"dir\":\"send\",\"frame\":\"\"}"), &e), 0);
    assert_int_equal(replay_end(&f->replay, &e), 0);
    assert_string_equal(drain(f), "");
}

/* A frame that cannot be understood keeps its bytes and its place, and costs nothing else. */
static void bad_frames(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    struct entry in;
    assert_int_equal(line(f, "10.1", "BTCUSDT", 1), 0);
    assert_int_equal(
        replay_line(&f->replay, slice_of("{\"ts\":10.2,\"frame\":\"{\\\"e\\\"\"}"), &e), 0);
    assert_int_equal(line(f, "10.3", "BTCUSDT", 2), 0);
    for (int i = 0; i < 3; i++)
        assert_true(journal_next(f->journals[0], &in));
    assert_int_equal(in.type, ENTRY_TRADE);
    assert_true(journal_next(f->journals[0], &in));
    assert_int_equal(in.type, ENTRY_BAD);
    assert_true(slice_is(in.data, "{\"e\""));
    assert_int_equal(in.frame_len, 4);
    assert_non_null(strstr(in.text.data, "binance: frame is cut"));
    assert_true(journal_next(f->journals[0], &in));
    assert_int_equal(in.sequence, 2);
    assert_int_equal(metric_get(f->metrics.frames_bad_proto), 1);
}

/* --- intake, beyond what a file brings ------------------------------------------------------- */

static struct intake_source from_link_2(const struct fixture *f)
{
    return (struct intake_source){.listen = &f->listen, .link = 2};
}

static void a_frame_too_long(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    struct entry in;
    char *bytes = calloc(1, EXCHANGE_FRAME_MAX);
    assert_non_null(bytes);
    const struct intake_source from = from_link_2(f);
    const struct frame frame = {slice_make(bytes, EXCHANGE_FRAME_MAX), 5};
    assert_int_equal(intake_frame(&f->intake, &from, &frame, EXCHANGE_FRAME_MAX + 7, &e), 1);
    assert_true(journal_next(f->journals[1], &in));
    assert_int_equal(in.type, ENTRY_BAD);
    assert_int_equal(in.frame_len, EXCHANGE_FRAME_MAX + 7);
    assert_int_equal(in.data.len, INTAKE_DEAD_LETTER_MAX);
    assert_int_equal(metric_get(f->metrics.frames_bad_limit), 1);
    free(bytes);
}

static void a_full_journal(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    const bool up[4] = {true, true, true, true};
    static const char text[] =
        "{\"e\":\"trade\",\"s\":\"ETHUSDT\",\"t\":1,\"p\":\"1\",\"q\":\"2\",\"T\":1672515782136,"
        "\"m\":true}";
    const struct intake_source from = from_link_2(f);
    const struct frame frame = {slice_of(text), 5};
    assert_int_equal(intake_tick(&f->intake, CHANNEL_TRADES, 1, up, 1, &e), 0);
    int r;
    while ((r = intake_frame(&f->intake, &from, &frame, frame.text.len, &e)) == 0)
        ;
    assert_int_equal(r, -1);
    assert_int_equal(e.code, ERR_LIMIT); /* not a bad frame: the connection has to go */
    assert_int_equal(
        metric_get(f->metrics.frames_bad_proto) + metric_get(f->metrics.frames_bad_limit), 0);
    assert_int_equal(intake_tick(&f->intake, CHANNEL_TRADES, 1, up, 2, &e), 1);
    assert_int_equal(intake_tick(&f->intake, CHANNEL_TRADES, 0, up, 2, &e), 0);
    assert_int_equal(
        intake_link(&f->intake,
                    &(struct intake_change){2, false, slice_make("\1\1", 2), 3, 2, "full"}, &e),
        0);
}

/* A tick tells per partition whether all its connections are up. */
static void partitions_alive(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    static const struct {
        bool up[4];
        const char *is;
    } cases[] = {
        {{true, true, true, true}, "0 tick 11 9\n"},
        {{false, true, true, true}, "0 tick 01 9\n"}, /* link 0: BTC, partition 0 */
        {{true, false, true, true}, "0 tick 10 9\n"}, /* link 1: SOL, partition 2 */
        {{true, true, false, false}, "0 tick 11 9\n"},
        {{false, false, false, false}, "0 tick 00 9\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(intake_tick(&f->intake, CHANNEL_TRADES, 0, cases[i].up, 9, &e), 0);
        assert_string_equal(drain(f), cases[i].is);
    }
    const bool one_down[4] = {true, true, false,
                              true}; /* link 2: ETH and ADA, partitions 1 and 3 */
    assert_int_equal(intake_tick(&f->intake, CHANNEL_TRADES, 1, one_down, 9, &e), 0);
    assert_string_equal(drain(f), "1 tick 00 9\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    log_init(LOG_LEVEL_ERROR, LOG_FORMAT_JSON);
    const struct CMUnitTest tests[] = {
        CASE(time_passes),      CASE(nothing_in_the_file), CASE(bad_frames),
        CASE(a_frame_too_long), CASE(a_full_journal),      CASE(partitions_alive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
