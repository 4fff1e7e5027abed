#include "server_internal.h"

enum { TURN_TRADES_MAX = 5000 }; /* then the sockets have their turn, however late the market is */

size_t feed_live_streams(const struct server *s)
{
    size_t n = 0;
    for (const struct conn *c = s->conns; c; c = c->next)
        n += session_live(c->session);
    return n;
}

void feed_try_start(struct server *s)
{
    if (!market_begun(s->parts.market) && (int64_t)feed_live_streams(s) >= s->config.hold_streams)
        market_begin(s->parts.market, server_market_us(s));
}

/* The frame in a form, made once for all connections that want it. NULL: failed. */
static const struct strbuf *frame(struct server *s, const struct market_trade *t, int64_t send_us,
                                  unsigned form)
{
    struct strbuf *f = &s->frames[form];
    struct err e = {0};
    if (f->len > 0)
        return f;
    if (s->parts.dialect->trade_frame(s->parts.listing, t, send_us, form, f, &e) == 0)
        return f;
    server_fail(s, &e);
    return NULL;
}

/* Queues the trade for all who want it; returns how many. */
static uint32_t publish(struct server *s, const struct market_trade *t, int64_t send_us)
{
    uint32_t n = 0;
    for (unsigned i = 0; i < DIALECT_FORMS_MAX; i++)
        strbuf_reset(&s->frames[i]);
    for (struct conn *c = s->conns; c; c = c->next) {
        if (c->closing || !session_wants(c->session, t->symbol, CHANNEL_TRADE))
            continue;
        const struct strbuf *f = frame(s, t, send_us, session_form(c->session));
        if (f && ws_send(c, strbuf_slice(f)) == 0)
            n++;
    }
    return n;
}

static void one_trade(struct server *s, const struct market_trade *t, int64_t send_us)
{
    struct err e = {0};
    uint32_t n = publish(s, t, send_us);
    history_add(s->parts.history, t);
    metric_inc(s->m.trades, 1);
    metric_inc(s->m.queued, n);
    if (n == 0)
        metric_inc(s->m.unheard, 1);
    if (ledger_add(s->parts.ledger, t, send_us, n, &e) != 0)
        server_fail(s, &e);
}

int64_t feed_run(struct server *s)
{
    struct err e = {0};
    struct market_trade t;
    int64_t now_us = server_market_us(s);
    for (int i = 0; i < TURN_TRADES_MAX && market_next(s->parts.market, now_us, &t); i++)
        one_trade(s, &t, now_us);
    /* Before control goes back to lws, and with it any frame to a socket. */
    if (ledger_flush(s->parts.ledger, &e) != 0)
        server_fail(s, &e);
    int64_t due_us = market_due_us(s->parts.market);
    metric_set(s->m.behind_us, due_us < now_us ? now_us - due_us : 0);
    if (due_us == INT64_MAX)
        return INT64_MAX;
    return due_us > now_us ? (due_us - now_us) / s->parts.clock->speed : 0;
}
