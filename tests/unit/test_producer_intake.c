/* From frames to the journal: how much one frame may be, and what two connections of a link bring.
 */
#include "exchanges/binance.h"
#include "exchanges/kraken.h"
#include "exchanges/okx.h"
#include "intake.h"
#include "producer_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    struct universe *universe;
    struct journal *journal;
    struct metrics *registry;
    struct producer_metrics metrics;
    struct intake intake;
};

static int setup(void **state)
{
    struct err e = {0};
    struct fixture *f = calloc(1, sizeof(*f));
    if (!f)
        return -1;
    *state = f;
    f->universe = case_universe(1, 0);
    f->registry = metrics_create(&e);
    if (!f->registry || producer_metrics_add(&f->metrics, f->registry, "binance", &e) != 0)
        return -1;
    f->journal = journal_create(JOURNAL_MIN_BYTES, 0, f->universe->n_symbols, NULL, &e);
    return f->journal ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    journal_destroy(f->journal);
    metrics_destroy(f->registry);
    universe_destroy(f->universe);
    free(f);
    return 0;
}

static void listen_to(struct fixture *f, const struct exchange_ops *ops)
{
    intake_init(&f->intake,
                &(struct intake_about){ops, f->universe, &f->journal, NULL, &f->metrics});
}

/* --- how much one frame may be --------------------------------------------------------------- */

/* The shortest rows that there are; the frame holds as many as may be. */
static const struct {
    const struct exchange_ops *ops;
    const char *head;
    const char *row;
    const char *tail;
} longest[] = {
    {&kraken_exchange, "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[",
     "{\"symbol\":\"BTCEUR\",\"side\":\"buy\",\"price\":1,\"qty\":1,\"trade_id\":1,"
     "\"timestamp\":\"2026-01-01T00:00:00Z\"}",
     "]}"},
    {&okx_exchange, "{\"arg\":{\"channel\":\"trades-all\",\"instId\":\"BTCEUR\"},\"data\":[",
     "{\"instId\":\"BTCEUR\",\"tradeId\":\"1\",\"px\":\"1\",\"sz\":\"1\",\"side\":\"buy\","
     "\"ts\":\"1767225600000\"}",
     "]}"},
};

static void build(struct strbuf *b, size_t i, const char *last_row)
{
    assert_int_equal(strbuf_adds(b, longest[i].head), 0);
    size_t rest = strlen(longest[i].tail) + strlen(last_row) + 1;
    while (b->len + strlen(longest[i].row) + 1 + rest <= EXCHANGE_FRAME_MAX)
        assert_int_equal(strbuf_addf(b, "%s,", longest[i].row), 0);
    assert_int_equal(strbuf_adds(b, last_row), 0);
    assert_int_equal(strbuf_adds(b, longest[i].tail), 0);
}

/* Until the next byte pauses the feed. */
static void fill(struct fixture *f)
{
    static char bytes[64 << 10];
    const struct entry bad = {.type = ENTRY_BAD, .data = slice_make(bytes, sizeof(bytes))};
    struct err e = {0};
    journal_own(f->journal, true);
    struct entry out;
    while (journal_next(f->journal, &out))
        ;
    journal_commit(f->journal);
    size_t held = 0;
    while (held + JOURNAL_HEADROOM + (192 << 10) <= JOURNAL_MIN_BYTES) {
        assert_int_equal(journal_append(f->journal, &bad, 0, &e), 0);
        held = journal_bytes(f->journal);
    }
    assert_false(journal_is_full(f->journal));
}

static void the_longest_frame_has_room(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(longest) / sizeof(longest[0]); i++) {
        const char *const last_rows[] = {longest[i].row, "{\"price\":0}"}; /* one that is bad */
        for (size_t k = 0; k < 2; k++) {
            const struct channels listen = {{exchange_channel(longest[i].ops, CHANNEL_TRADES, "")}};
            const struct intake_source from = {.listen = &listen};
            struct strbuf b = STRBUF_INIT(EXCHANGE_FRAME_MAX);
            struct err e = {0};
            listen_to(f, longest[i].ops);
            build(&b, i, last_rows[k]);
            fill(f);
            const struct frame frame = {strbuf_slice(&b), 5};
            if (intake_frame(&f->intake, &from, &frame, b.len, &e) != (int)k)
                fail_msg("%s: %s", longest[i].ops->name, e.text);
            assert_true(journal_is_full(f->journal));
            assert_in_range(journal_bytes(f->journal), JOURNAL_MIN_BYTES - JOURNAL_HEADROOM,
                            JOURNAL_MIN_BYTES);
            strbuf_finish(&b);
        }
    }
    assert_int_equal(metric_get(f->metrics.frames_bad_proto), 2);
}

/* --- two connections ------------------------------------------------------------------------- */

static void bring(struct fixture *f, struct overlap *o, bool younger, int number,
                  int64_t receive_us)
{
    const struct channels listen = {{exchange_channel(&binance_exchange, CHANNEL_TRADES, "")}};
    const struct intake_source from = {.listen = &listen, .overlap = o, .younger = younger};
    char text[160];
    struct err e = {0};
    (void)snprintf(text, sizeof(text),
                   "{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":%d,\"p\":\"1\",\"q\":\"2\","
                   "\"T\":1672515782136,\"m\":true}",
                   number);
    const struct frame frame = {slice_of(text), receive_us};
    assert_int_equal(intake_frame(&f->intake, &from, &frame, frame.text.len, &e), 0);
}

static void expect(struct fixture *f, int64_t sequence, int64_t receive_us)
{
    struct entry in;
    assert_true(journal_next(f->journal, &in));
    assert_int_equal(in.sequence, sequence);
    assert_int_equal(in.receive_us, receive_us);
}

/* What is held is received when it is taken: ticks in between said that there was no more. */
static void trades_that_are_held(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    struct entry in;
    struct overlap *o = overlap_create(&f->universe->links[0], &e);
    assert_non_null(o);
    listen_to(f, &binance_exchange);
    bring(f, o, false, 1, 10);
    overlap_begin(o);
    bring(f, o, true, 3, 11);
    expect(f, 1, 10);
    assert_false(journal_next(f->journal, &in));
    bring(f, o, false, 2, 12);
    expect(f, 2, 12);
    expect(f, 3, 12);
    bring(f, o, true, 5, 13);
    assert_int_equal(intake_release(&f->intake, 0, o, 14, &e), 0);
    assert_false(journal_next(f->journal, &in));
    overlap_end(o);
    fill(f); /* a full journal has to wait */
    static char bytes[256 << 10];
    const struct entry bad = {.type = ENTRY_BAD, .data = slice_make(bytes, sizeof(bytes))};
    assert_int_equal(journal_append(f->journal, &bad, 0, &e), 0);
    assert_int_equal(intake_release(&f->intake, 0, o, 15, &e), 0);
    assert_true(overlap_holds_any(o));
    while (journal_next(f->journal, &in))
        assert_int_equal(in.type, ENTRY_BAD);
    journal_commit(f->journal);
    assert_int_equal(intake_release(&f->intake, 0, o, 16, &e), 0);
    expect(f, 5, 16);
    assert_false(journal_next(f->journal, &in));
    overlap_destroy(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_longest_frame_has_room, setup, teardown),
        cmocka_unit_test_setup_teardown(trades_that_are_held, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
