#include "shard_case.h"

#include "producer_case.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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
        return strbuf_addf(b, "trade %.*s %.*s=%" PRId64 " @%" PRId64 "%s",
                           SLICE_ARG(r->trade.symbol), SLICE_ARG(r->trade.trade_id),
                           r->trade.sequence, r->trade.exchange_time_us,
                           r->trade.origin == TRADE_ORIGIN_REPAIR ? " repair" : "");
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
int shard_case_emit(void *ctx, const struct shard_output *out, struct err *e)
{
    (void)e;
    static const char letters[] = "TFPID";
    struct shard_case *f = ctx;
    struct strbuf *b = &f->out;
    if (f->brief && (out->topic == SHARD_FEEDS || out->topic == SHARD_INSTRUMENTS))
        return 0;
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

void shard_case_expect(struct shard_case *f, const char *lines)
{
    const char *is = f->out.data ? f->out.data : "";
    if (strcmp(is, lines) != 0)
        fail_msg("is\n%swanted\n%s", is, lines);
    strbuf_reset(&f->out);
}

/* --- entries --------------------------------------------------------------------------------- */

void shard_case_apply(struct shard_case *f, const struct entry *in)
{
    struct err e = {0};
    assert_int_equal(shard_apply(f->shard, in, shard_case_emit, f, &e), 0);
}

void shard_case_trade(struct shard_case *f, const char *symbol, int64_t id,
                      enum trade_origin origin)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%" PRId64, id);
    shard_case_apply(f, &(struct entry){.type = ENTRY_TRADE,
                                        .index = case_symbol(f->universe, symbol),
                                        .receive_us = 10 * id + 1,
                                        .other_us = 10 * id,
                                        .sequence = id,
                                        .price = {1},
                                        .amount = {1},
                                        .origin = origin,
                                        .text = slice_make(text, (size_t)n)});
}

void shard_case_link(struct shard_case *f, uint32_t link, bool up, int64_t at_us)
{
    static const char all[] = {1, 1, 1, 1, 1, 1};
    const struct universe_range *r = &f->universe->links[link].symbols;
    shard_case_apply(f, &(struct entry){.type = ENTRY_LINK,
                                        .index = r->first,
                                        .data = slice_make(all, r->n),
                                        .up = up,
                                        .receive_us = at_us,
                                        .other_us = at_us - 5,
                                        .text = slice_of(up ? "" : "cut")});
}

void shard_case_flush(struct shard_case *f)
{
    struct err e = {0};
    assert_int_equal(shard_flush(f->shard, shard_case_emit, f, &e), 0);
}

void shard_case_begin(struct shard_case *f, bool up, int64_t since_us)
{
    struct err e = {0};
    const bool all[6] = {up, up, up, up, up, up};
    assert_int_equal(shard_begin(f->shard, all, since_us, shard_case_emit, f, &e), 0);
}

int shard_case_restore(struct shard_case *f, const char *exchange, const char *stream,
                       const char *symbol, int64_t first, int64_t last, struct err *e)
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

void shard_case_create(struct shard_case *f, const struct shard_about *about)
{
    struct err e = {0};
    f->shard = shard_create(about, &e);
    assert_non_null(f->shard);
}

int shard_case_setup(void **state)
{
    struct shard_case *f = calloc(1, sizeof(*f));
    if (!f)
        return -1;
    strbuf_init(&f->out, 1 << 20);
    *state = f;
    return 0;
}

int shard_case_teardown(void **state)
{
    struct shard_case *f = *state;
    shard_destroy(f->shard);
    hold_destroy(f->hold);
    universe_destroy(f->universe);
    strbuf_finish(&f->out);
    free(f);
    return 0;
}
