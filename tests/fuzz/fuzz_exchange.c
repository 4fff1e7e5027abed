#include "fuzz_exchange.h"

#include "fuzz_history.h"
#include "recorded.h"

#include <stdlib.h>

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* --- events ---------------------------------------------------------------------------------- */

struct frame_check {
    const struct channels *listen;
    struct slice text; /* the frame: what an event borrows is in it */
    int n;
};

static void must_borrow(const struct frame_check *c, struct slice part)
{
    if (part.len > 0)
        must(part.data >= c->text.data && part.data + part.len <= c->text.data + c->text.len);
}

static void must_be_symbol(const struct frame_check *c, const struct event *ev)
{
    must(ev->native_symbol.len > 0 && ev->native_symbol.len <= EXCHANGE_SYMBOL_MAX);
    must_borrow(c, ev->native_symbol);
}

static void must_be_time(int64_t time_us)
{
    must(time_us >= INT64_C(1230768000000000) && time_us < INT64_C(4102444800000000));
}

static void check_trade(const struct frame_check *c, const struct event *ev)
{
    must(c->listen->of[CHANNEL_TRADES] != NULL);
    must_be_symbol(c, ev);
    must(ev->trade_id.len > 0 && ev->trade_id.len <= EXCHANGE_TRADE_ID_MAX);
    must_borrow(c, ev->trade_id);
    must(ev->has_sequence && ev->sequence >= 0 && ev->sequence < INT64_MAX);
    must(ev->price.e18 > 0 && ev->amount.e18 > 0);
    must(ev->side == SIDE_BUY || ev->side == SIDE_SELL);
    must(ev->origin == TRADE_ORIGIN_LIVE || ev->origin == TRADE_ORIGIN_SNAPSHOT);
    must(ev->has_exchange_time);
    must_be_time(ev->exchange_time_us);
}

static void check_side_of_book(const struct quote_side *side)
{
    must(!side->there || (side->price.e18 > 0 && side->amount.e18 > 0));
}

static void check_quote(const struct frame_check *c, const struct event *ev)
{
    must(c->listen->of[CHANNEL_QUOTES] != NULL);
    must_be_symbol(c, ev);
    check_side_of_book(&ev->bid);
    check_side_of_book(&ev->ask);
    if (ev->has_exchange_time)
        must_be_time(ev->exchange_time_us);
}

static int on_event(void *ctx, const struct event *ev, struct err *e)
{
    (void)e;
    struct frame_check *c = ctx;
    c->n++;
    switch (ev->type) {
    case EVENT_TRADE:
        check_trade(c, ev);
        break;
    case EVENT_QUOTE:
        check_quote(c, ev);
        break;
    case EVENT_ACK:
    case EVENT_REFUSED:
        must(ev->request >= -1 && ev->native_symbol.len <= EXCHANGE_SYMBOL_MAX);
        must_borrow(c, ev->native_symbol);
        must_borrow(c, ev->text);
        break;
    case EVENT_SHUTDOWN:
        break;
    }
    return 0;
}

static int stop(void *ctx, const struct event *ev, struct err *e)
{
    (void)ev;
    ++*(int *)ctx;
    return err_set(e, ERR_STATE, "no more");
}

static void parse_frame(const struct exchange_ops *x, const struct channels *listen,
                        struct slice text)
{
    struct err e = {0};
    bool skipped = false;
    int stopped = 0;
    const struct frame f = {text, 0};
    struct frame_check c = {listen, text, 0};
    int r = x->parse_frame(NULL, listen, &f, on_event, &c, &skipped, &e);
    must(r < 0 ? e.code == ERR_PROTO || e.code == ERR_LIMIT : r == c.n && !(skipped && c.n));
    if (c.n == 0)
        return;
    r = x->parse_frame(NULL, listen, &f, stop, &stopped, &skipped, &e);
    must(r == -1 && stopped == 1 && e.code == ERR_STATE);
}

/* Each channel alone, and the first of both kinds together. */
static void parse_frames(const struct exchange_ops *x, struct slice text)
{
    const struct channels both = {
        {exchange_channel(x, CHANNEL_TRADES, ""), exchange_channel(x, CHANNEL_QUOTES, "")}};
    for (const struct channel *c = x->channels; c->name; c++) {
        struct channels one = {{NULL, NULL}};
        one.of[c->kind] = c;
        parse_frame(x, &one, text);
    }
    parse_frame(x, &both, text);
}

/* --- the rest -------------------------------------------------------------------------------- */

static void parse_recorded(const struct exchange_ops *x, struct slice text)
{
    struct err e = {0};
    struct recorded rec;
    struct strbuf b = STRBUF_INIT(1 << 20);
    if (recorded_parse(text, &b, &rec, &e) == 0) {
        must(rec.frame.receive_us >= 0);
        parse_frames(x, rec.frame.text);
    }
    strbuf_finish(&b);
}

static int on_instrument(void *ctx, const struct instrument_info *in, struct err *e)
{
    (void)ctx;
    (void)e;
    must(*in->native && *in->base && *in->quote);
    must(strlen(in->symbol) == strlen(in->base) + 1 + strlen(in->quote));
    must(!in->has_tick_size || in->tick_size.e18 > 0);
    must(!in->has_lot_size || in->lot_size.e18 > 0);
    return 0;
}

int fuzz_exchange(const struct exchange_ops *x, struct slice text)
{
    struct err e = {0};
    parse_frames(x, text);
    parse_recorded(x, text);
    fuzz_history(x, text);
    (void)(x->parse_instruments(text, on_instrument, NULL, &e) < 0);
    return 0;
}
