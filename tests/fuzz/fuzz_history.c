#include "fuzz_history.h"

#include <stdlib.h>

static void must(bool holds)
{
    if (!holds)
        abort();
}

static const struct instrument_info btc = {.native = "BTC-USDT", .rest = "BTC-USDT"};

struct page_check {
    const struct history_query *asked;
    struct slice text;
    int64_t next; /* no lower id may come */
    int n;
    int left; /* how many are taken before no more are wanted */
};

static void must_borrow(struct slice from, struct slice part)
{
    must(part.data >= from.data && part.data + part.len <= from.data + from.len);
}

static int on_event(void *ctx, const struct event *ev, struct err *e)
{
    struct page_check *c = ctx;
    must(ev->type == EVENT_TRADE && ev->origin == TRADE_ORIGIN_REPAIR);
    must(slice_is(ev->native_symbol, btc.native));
    must(ev->trade_id.len > 0 && ev->trade_id.len <= EXCHANGE_TRADE_ID_MAX);
    must_borrow(c->text, ev->trade_id);
    must(ev->has_sequence && ev->sequence >= c->next && ev->sequence <= c->asked->last_id);
    must(ev->price.e18 > 0 && ev->amount.e18 > 0);
    must(ev->side == SIDE_BUY || ev->side == SIDE_SELL);
    must(ev->has_exchange_time && ev->exchange_time_us >= INT64_C(1230768000000000) &&
         ev->exchange_time_us < INT64_C(4102444800000000));
    if (c->left-- == 0)
        return err_set(e, ERR_STATE, "no more");
    c->next = ev->sequence + 1;
    c->n++;
    return 0;
}

/* What a page leaves behind can be asked for, and is not what was asked for. */
static void check_more(const struct exchange_ops *x, const struct history_query *asked,
                       const struct history_query *q)
{
    struct http_request req;
    struct err e;
    must(q->first_id != asked->first_id || q->cursor != asked->cursor);
    must(x->history_request(q, &req, &e) == 0);
    must(req.weight >= 1 && strlen(req.path) < sizeof(req.path));
}

static void check(const struct exchange_ops *x, const struct history_query *asked,
                  const struct history_query *q, const struct page_check *c, int r,
                  const struct err *e)
{
    must(q->first_id >= c->next && q->last_id == asked->last_id);
    switch (r) {
    case HISTORY_DONE:
        break;
    case HISTORY_MORE:
        check_more(x, asked, q);
        break;
    case HISTORY_BUSY:
        must(c->n == 0 && q->first_id == asked->first_id && q->cursor == asked->cursor);
        must(*e->text != '\0');
        break;
    default:
        must(r == -1);
        must(e->code == ERR_PROTO || e->code == ERR_LIMIT || e->code == ERR_NOT_FOUND ||
             (e->code == ERR_IO && e->retriable));
        must(q->first_id == c->next && q->cursor == asked->cursor);
    }
}

static void parse(const struct exchange_ops *x, const struct history_query *asked, long status,
                  struct slice text)
{
    struct err e = {0};
    struct history_query q = *asked;
    struct page_check c = {asked, text, asked->first_id, 0, INT32_MAX};
    int r = x->parse_history(&q, status, text, on_event, &c, &e);
    check(x, asked, &q, &c, r, &e);
    if (c.n == 0)
        return;
    struct page_check half = {asked, text, asked->first_id, 0, c.n / 2};
    q = *asked;
    r = x->parse_history(&q, status, text, on_event, &half, &e);
    must(r == -1 && e.code == ERR_STATE && half.n == c.n / 2 && q.first_id == half.next);
}

void fuzz_history(const struct exchange_ops *x, struct slice text)
{
    static const struct history_query queries[] = {
        {.first_id = 0, .last_id = INT64_MAX},
        {.first_id = 0, .last_id = INT64_MAX - 1, .cursor = 30},
        {.first_id = 100, .last_id = 199, .from_time_us = INT64_C(1762795433971744)},
        {.first_id = 10218208, .last_id = 10218220, .from_time_us = INT64_C(1762795433971744)},
    };
    for (const struct channel *channel = x->channels; channel->name; channel++)
        for (size_t i = 0; channel->kind == CHANNEL_TRADES && i < 4; i++) {
            struct history_query q = queries[i];
            q.instrument = &btc;
            q.channel = channel;
            parse(x, &q, 200, text);
            parse(x, &q, 400, text);
        }
}
