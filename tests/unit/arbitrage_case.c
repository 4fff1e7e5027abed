#include "arbitrage_case.h"

#include "parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TEXT_LIMIT = 64000 };

struct decimal arbitrage_case_num(const char *text)
{
    struct err e = {0};
    struct decimal d;
    if (decimal_parse(slice_of(text), &d, &e) != 0)
        fail_msg("%s", e.text);
    return d;
}

/* --- options --------------------------------------------------------------------------------- */

static const char fees[] =
    "{\"fees\": ["
    "{\"exchange\": \"okx\", \"taker_bps\": \"10\", \"from\": \"2025-01-01\","
    " \"source\": \"a test\", \"checked\": \"2026-11-21\"},"
    "{\"exchange\": \"binance\", \"taker_bps\": \"10\", \"from\": \"2025-01-01\","
    " \"source\": \"a test\", \"checked\": \"2026-11-21\"},"
    "{\"exchange\": \"kraken\", \"taker_bps\": \"10\", \"from\": \"2025-01-01\","
    " \"source\": \"a test\", \"checked\": \"2026-11-21\"},"
    "{\"exchange\": \"kraken\", \"taker_bps\": \"80\", \"from\": \"2026-01-06\","
    " \"source\": \"a test\", \"checked\": \"2026-11-21\"},"
    "{\"exchange\": \"gratis\", \"taker_bps\": \"0\", \"from\": \"2025-01-01\","
    " \"source\": \"a test\", \"checked\": \"2026-11-21\"},"
    "{\"exchange\": \"free\", \"taker_bps\": \"0\", \"from\": \"2025-01-01\","
    " \"source\": \"a test\", \"checked\": \"2026-11-21\"}]}";

/* As the program's table of options has it. */
static void set_default(struct arbitrage_options *o, const struct conf_opt *opt)
{
    char *field = (char *)o + opt->offset;
    if (opt->type == CONF_STR)
        *(const char **)field = opt->def ? opt->def : "";
    else
        *(int64_t *)field = strtoll(opt->def, NULL, 10);
}

void arbitrage_case_options(struct arbitrage_options *ret)
{
    struct err e = {0};
    for (const struct conf_opt *opt = arbitrage_fold.options; opt->key; opt++)
        set_default(ret, opt);
    if (arbitrage_make_rules(ret, &ret->rules, &e) != 0 ||
        fees_parse(slice_of(fees), &ret->rules.fees, &e) != 0)
        fail_msg("%s", e.text);
}

/* --- records --------------------------------------------------------------------------------- */

static struct record quote_of(const struct arbitrage_step *s)
{
    static const enum quote_state states[] = {[NORMAL] = QUOTE_STATE_NORMAL,
                                              [VOID] = QUOTE_STATE_VOID,
                                              [ONE_SIDED] = QUOTE_STATE_ONE_SIDED,
                                              [CROSSED] = QUOTE_STATE_CROSSED,
                                              [UNKNOWN] = QUOTE_STATE_UNKNOWN};
    struct record r = {.type = RECORD_QUOTE};
    struct quote *q = &r.quote;
    q->exchange = slice_of(s->exchange);
    q->symbol = slice_of(s->symbol ? s->symbol : "BTC-USD");
    q->state = states[s->kind];
    q->receive_time_us = ARBITRAGE_CASE_T0 + s->at_ms * 1000;
    q->epoch = s->epoch + 1;
    q->has_bid = q->has_bid_amount = s->bid != NULL;
    q->has_ask = q->has_ask_amount = s->ask != NULL;
    struct decimal amount = arbitrage_case_num(s->amount ? s->amount : "1");
    if (s->bid)
        q->bid = arbitrage_case_num(s->bid);
    if (s->ask)
        q->ask = arbitrage_case_num(s->ask);
    q->bid_amount = q->ask_amount = amount;
    return r;
}

struct record arbitrage_case_record(const struct arbitrage_step *s)
{
    int64_t at_us = ARBITRAGE_CASE_T0 + s->at_ms * 1000;
    if (s->kind == TICK || s->kind == DEAD)
        return (struct record){.type = RECORD_TICK,
                               .tick = {.exchange = slice_of(s->exchange),
                                        .receive_time_us = at_us,
                                        .alive = s->kind == TICK,
                                        .epoch = s->epoch + 1}};
    if (s->kind == RATE)
        return (struct record){.type = RECORD_RATE,
                               .rate = {.exchange = slice_of(s->exchange),
                                        .symbol = slice_of("BTC-USD"),
                                        .receive_time_us = at_us,
                                        .epoch = s->epoch + 1}};
    return quote_of(s);
}

/* --- as text --------------------------------------------------------------------------------- */

static void add(struct strbuf *out, const char *before, struct slice text)
{
    assert_int_equal(strbuf_addf(out, "%s%.*s", before, SLICE_ARG(text)), 0);
}

/* Of "cross|SYMBOL|…" or "watching|cross|SYMBOL". */
static struct slice symbol_of(struct slice id)
{
    static const char watching[] = "watching|cross|";
    static const char cross[] = "cross|";
    size_t skip = strncmp(id.data, watching, sizeof(watching) - 1) == 0 ? sizeof(watching) - 1
                                                                        : sizeof(cross) - 1;
    size_t end = skip;
    while (end < id.len && id.data[end] != '|')
        end++;
    return slice_make(id.data + skip, end - skip);
}

void arbitrage_case_describe(const struct fold_harness *h, size_t i, struct strbuf *out)
{
    if (h->said[i].refusal) {
        add(out, "refused: ", fold_harness_value(h, i));
        return;
    }
    struct record r;
    fold_harness_decode(h, i, &r);
    const struct opportunity *o = &r.opportunity;
    assert_true(slice_eq(o->id, fold_harness_key(h, i)));
    add(out, "", slice_of(opportunity_state_name(o->state)));
    struct slice symbol = symbol_of(o->id);
    if (!slice_is(symbol, "BTC-USD"))
        add(out, " ", symbol);
    if (o->n_legs > 0 && o->state != OPPORTUNITY_STATE_WATCHING) {
        add(out, " ", o->legs[0].exchange);
        add(out, ">", o->legs[1].exchange);
    }
    if (o->has_reason)
        add(out, " ", o->reason);
    if (o->suspect)
        add(out, " suspect", slice_of(""));
}

/* --- steps ----------------------------------------------------------------------------------- */

static void begin(struct fold_harness *h, const struct arbitrage_options *options)
{
    static const struct arbitrage_step ticks[] = {{TICK, "kraken", 0, ""}, {TICK, "okx", 0, ""}};
    fold_harness_init(h, &arbitrage_fold, options, ARBITRAGE_CASE_PARTITION);
    for (size_t i = 0; i < sizeof(ticks) / sizeof(ticks[0]); i++) {
        const struct record r = arbitrage_case_record(&ticks[i]);
        fold_harness_apply(h, &r);
    }
    assert_int_equal(h->n_said, 0);
}

static void run(const char *name, const struct arbitrage_options *options,
                const struct arbitrage_step *steps, size_t n, bool reopen)
{
    struct fold_harness h;
    struct strbuf said = STRBUF_INIT(TEXT_LIMIT);
    begin(&h, options);
    for (size_t i = 0; i < n; i++) {
        const struct record r = arbitrage_case_record(&steps[i]);
        size_t before = h.n_said;
        fold_harness_apply(&h, &r);
        strbuf_reset(&said);
        assert_int_equal(strbuf_adds(&said, ""), 0);
        for (size_t k = before; k < h.n_said; k++) {
            add(&said, k > before ? "; " : "", slice_of(""));
            arbitrage_case_describe(&h, k, &said);
        }
        if (!slice_is(strbuf_slice(&said), steps[i].said))
            fail_msg("%s, step %zu%s: said \"%.*s\", not \"%s\"", name, i + 1,
                     reopen ? ", reopened" : "", (int)said.len, said.data, steps[i].said);
        if (reopen)
            fold_harness_reopen(&h);
    }
    strbuf_finish(&said);
    fold_harness_finish(&h);
}

void arbitrage_case_run(const char *name, const struct arbitrage_options *options,
                        const struct arbitrage_step *steps, size_t n)
{
    run(name, options, steps, n, false);
    run(name, options, steps, n, true);
}
