#include "repair_feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TRANSIT_US = 20000, SWAP_US = 600000 };

int64_t feed_below(unsigned *rng, int64_t n)
{
    return rand_r(rng) % n;
}

bool feed_chance(unsigned *rng, int percent)
{
    return feed_below(rng, 100) < percent;
}

static void append(struct repair_feed *f, const struct entry *in, int64_t now_us)
{
    struct err e = {0};
    assert_int_equal(journal_append(f->journal, in, now_us, &e), 0);
}

static void send(struct repair_feed *f, uint32_t symbol, int64_t id, enum trade_origin origin,
                 int64_t due_us)
{
    if (f->n_pending == FEED_PENDING)
        return; /* dropped, like others */
    f->pending[f->n_pending].due_us = due_us;
    f->pending[f->n_pending].symbol = symbol;
    f->pending[f->n_pending].id = id;
    f->pending[f->n_pending++].origin = origin;
}

static void forget(struct repair_feed *f, size_t i)
{
    f->n_pending--;
    for (; i < f->n_pending; i++)
        f->pending[i] = f->pending[i + 1];
}

static const struct universe_link *link_of(const struct repair_feed *f, uint32_t symbol,
                                           uint32_t *ret)
{
    for (*ret = 0;; (*ret)++) {
        const struct universe_link *l = &f->universe->links[*ret];
        if (symbol - l->symbols.first < l->symbols.n)
            return l;
    }
}

void feed_link(struct repair_feed *f, uint32_t link, bool up, int64_t now_us)
{
    static const char all[MARKET_SYMBOLS] = {1, 1, 1, 1, 1, 1};
    const struct universe_range *r = &f->universe->links[link].symbols;
    append(f,
           &(struct entry){.type = ENTRY_LINK,
                           .index = r->first,
                           .up = up,
                           .receive_us = now_us,
                           .other_us = now_us,
                           .text = slice_of(up ? "" : "cut"),
                           .data = slice_make(all, r->n)},
           now_us);
    f->up[link] = up;
    for (size_t i = f->n_pending; !up && i-- > 0;)
        if (f->pending[i].symbol - r->first < r->n)
            forget(f, i);
    for (uint32_t i = r->first; up && f->tells_newest && i < r->first + r->n; i++)
        if (f->market->newest[i] > 0)
            send(f, i, f->market->newest[i], TRADE_ORIGIN_SNAPSHOT, now_us);
}

static void trade(struct repair_feed *f, int64_t now_us)
{
    uint32_t symbol = (uint32_t)feed_below(&f->rng, MARKET_SYMBOLS);
    uint32_t link;
    if (!market_trade(f->market, symbol, now_us, feed_chance(&f->rng, f->lack)))
        return;
    (void)link_of(f, symbol, &link);
    if (!f->up[link] || feed_chance(&f->rng, f->drop))
        return;
    int64_t due_us = now_us + TRANSIT_US;
    if (feed_chance(&f->rng, f->swap))
        due_us += feed_below(&f->rng, SWAP_US);
    send(f, symbol, f->market->newest[symbol], TRADE_ORIGIN_LIVE, due_us);
    if (feed_chance(&f->rng, f->repeat))
        send(f, symbol, f->market->newest[symbol], TRADE_ORIGIN_LIVE,
             due_us + feed_below(&f->rng, SWAP_US));
}

static void deliver(struct repair_feed *f, int64_t now_us)
{
    for (size_t i = 0; i < f->n_pending;) {
        char text[MARKET_ID_TEXT];
        struct entry in;
        if (f->pending[i].due_us > now_us) {
            i++;
            continue;
        }
        market_entry(f->market, f->pending[i].symbol, f->pending[i].id, f->pending[i].origin,
                     now_us, text, &in);
        append(f, &in, now_us);
        forget(f, i);
    }
}

void feed_turn(struct repair_feed *f, int64_t now_us)
{
    for (uint32_t i = 0; i < f->universe->n_links; i++)
        if (feed_chance(&f->rng, f->up[i] ? f->flap : 20))
            feed_link(f, i, !f->up[i], now_us);
    while (feed_chance(&f->rng, f->trade))
        trade(f, now_us);
    deliver(f, now_us);
}
