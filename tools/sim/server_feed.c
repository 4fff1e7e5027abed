#include "server_internal.h"

/* Then the sockets have their turn, however late the market is. An event is two messages to a
 * connection at most: what makes up for lost time fills no queue that its client empties. */
enum { TURN_EVENTS_MAX = BURST_MAX / 2 };

size_t feed_live_streams(const struct server *s)
{
    size_t n = 0;
    for (const struct conn *c = s->conns; c; c = c->next)
        n += c->dead_by ? 0 : session_live(c->session);
    return n;
}

void feed_try_start(struct server *s)
{
    if (market_begun(s->parts.market) || (int64_t)feed_live_streams(s) < s->config.hold_streams)
        return;
    market_begin(s->parts.market, server_market_us(s));
    faults_begin(s->parts.faults, clock_mono_us());
}

/* --- frames ---------------------------------------------------------------------------------- */

/* What is to be told, and in which channel. */
struct news {
    uint32_t symbol;
    struct fills fills; /* without a quote, these; with one, nothing but the channel */
    const struct market_quote *quote;
};

/* The frame in a form, made once for all connections that want it. NULL: failed. */
static const struct strbuf *frame(struct server *s, const struct news *news, unsigned form)
{
    const struct dialect *d = s->parts.dialect;
    const struct site site = server_site(s);
    struct strbuf *f = &s->frames[form];
    struct err e = {0};
    if (f->len > 0)
        return f;
    int r = news->quote ? d->quote_frame(&site, news->quote, form, f, &e)
                        : d->trade_frame(&site, &news->fills, form, f, &e);
    if (r == 0)
        return f;
    server_fail(s, &e);
    return NULL;
}

/* What faults make of it. */
static struct verdict judge(struct server *s, const struct news *news)
{
    return faults_frame(s->parts.faults, news->symbol, news->quote ? FAULT_QUOTES : FAULT_TRADES,
                        s->turn_us);
}

/* Queues it for all who want it; returns how many. */
static uint32_t publish(struct server *s, const struct news *news)
{
    uint32_t n = 0;
    bool judged = false; /* what nobody wants is no frame, and has no fault */
    struct verdict verdict = {0};
    for (unsigned i = 0; i < DIALECT_FORMS_MAX; i++)
        strbuf_reset(&s->frames[i]);
    for (struct conn *c = s->conns; c; c = c->next) {
        if (c->closing || c->dead_by ||
            !session_wants(c->session, news->symbol, news->fills.channel))
            continue;
        if (!judged)
            verdict = judge(s, news);
        judged = true;
        const struct strbuf *f = frame(s, news, session_form(c->session));
        if (f && fault_deliver(c, strbuf_slice(f), &verdict))
            n++;
    }
    return n;
}

/* --- events ---------------------------------------------------------------------------------- */

static void keep(struct server *s, const struct market_trade *t, int64_t send_us, uint32_t n)
{
    struct err e = {0};
    history_add(s->parts.history, t);
    tickers_add(s->parts.tickers, t);
    metric_inc(s->m.trades, 1);
    if (n == 0)
        metric_inc(s->m.unheard, 1);
    if (ledger_add(s->parts.ledger, t, send_us, n, &e) != 0)
        server_fail(s, &e);
}

static void tell_ticker(struct server *s, uint32_t symbol)
{
    struct market_quote q;
    const struct site site = server_site(s);
    if (!site_book(&site, symbol, &q))
        return;
    const struct news news = {symbol, {.channel = CHANNEL_TICKER}, &q};
    metric_inc(s->m.queued_quotes, publish(s, &news));
}

/* A whole taker order: each trade alone to some, all together to others. */
static void one_order(struct server *s, int64_t send_us)
{
    struct news news = {.symbol = s->order[0].symbol};
    news.fills = (struct fills){CHANNEL_ORDER, s->order, s->n_order, send_us};
    uint32_t n_whole = publish(s, &news);
    metric_inc(s->m.queued, n_whole);
    for (size_t i = 0; i < s->n_order; i++) {
        news.fills = (struct fills){CHANNEL_TRADE, &s->order[i], 1, send_us};
        uint32_t n = publish(s, &news);
        metric_inc(s->m.queued, n);
        keep(s, &s->order[i], send_us, n_whole + n);
    }
    tell_ticker(s, news.symbol);
    s->n_order = 0;
}

static void one_quote(struct server *s, const struct market_quote *q, int64_t send_us)
{
    struct err e = {0};
    const struct news news = {q->symbol, {.channel = CHANNEL_QUOTE}, q};
    uint32_t n = publish(s, &news);
    metric_inc(s->m.quotes, 1);
    metric_inc(s->m.queued_quotes, n);
    if (s->config.ledger_quotes && ledger_add_quote(s->parts.ledger, q, send_us, n, &e) != 0)
        server_fail(s, &e);
}

/* Books go on, and plants come, where nobody is told. */
static bool is_listed(const struct server *s, const struct market_event *ev)
{
    const struct symbol *symbols = s->parts.listing->symbols;
    return ev->kind == MARKET_TRADE ||
           symbols[ev->kind == MARKET_QUOTE ? ev->quote.symbol : ev->plant.symbol].trading;
}

/* now_us: market time; what clients and the ledger are told is the exchange's. */
static void one_event(struct server *s, struct market_event *ev, int64_t now_us)
{
    struct err e = {0};
    int64_t send_us = now_us + s->skew_us;
    if (!is_listed(s, ev))
        return;
    switch (ev->kind) {
    case MARKET_TRADE:
        ev->trade.time_us += s->skew_us;
        s->order[s->n_order++] = ev->trade;
        if (!ev->trade.more)
            one_order(s, send_us);
        break;
    case MARKET_QUOTE:
        ev->quote.time_us += s->skew_us;
        one_quote(s, &ev->quote, send_us);
        break;
    case MARKET_PLANT:
        metric_inc(s->m.plants, 1);
        if (ledger_add_plant(s->parts.ledger, &ev->plant, &e) != 0)
            server_fail(s, &e);
        break;
    }
}

/* --- jumps of ids ---------------------------------------------------------------------------- */

/* A trade that happens unheard. */
static void unheard(struct server *s, struct market_trade *t, bool in_rest, int64_t now_us)
{
    struct err e = {0};
    t->time_us += s->skew_us;
    if (in_rest) {
        keep(s, t, now_us + s->skew_us, 0);
        return;
    }
    metric_inc(s->m.trades, 1);
    metric_inc(s->m.unheard, 1);
    if (ledger_add_lost(s->parts.ledger, t, now_us + s->skew_us, &e) != 0)
        server_fail(s, &e);
}

static void jump_with_trades(struct server *s, const struct fault *f, uint32_t symbol,
                             int64_t now_us)
{
    struct market_event ev;
    for (int64_t n = 0; n < f->ids && !s->failed;) {
        market_extra(s->parts.market, symbol, now_us, &ev);
        if (ev.kind == MARKET_TRADE) {
            unheard(s, &ev.trade, f->in_rest, now_us);
            n++;
        } else {
            one_event(s, &ev, now_us);
        }
    }
}

/* Tells the rest of an order of which only a part was told yet. */
static void finish_order(struct server *s, int64_t now_us)
{
    struct market_event ev;
    while (s->n_order > 0 && market_next(s->parts.market, now_us, &ev))
        one_event(s, &ev, now_us);
}

int64_t feed_jump(struct server *s, const struct fault *f)
{
    struct market *m = s->parts.market;
    int64_t n = 0;
    int64_t now_us = server_market_us(s);
    if (!market_begun(m) || market_over(m))
        return 0;
    finish_order(s, now_us);
    for (uint32_t i = 0; i < s->parts.listing->n_trading; i++) {
        if (!s->parts.listing->symbols[i].trading || !fault_hits(f, i, FAULT_TRADES) ||
            !faults_draw(s->parts.faults, f->permille))
            continue;
        n += f->ids;
        if (f->skipped)
            market_skip_ids(m, i, f->ids);
        else
            jump_with_trades(s, f, i, now_us);
    }
    return n;
}

/* --- listing and delisting ------------------------------------------------------------------- */

bool feed_set_trading(struct server *s, uint32_t symbol, bool trading)
{
    struct listing *l = s->parts.listing;
    struct market_event ev;
    int64_t now_us = server_market_us(s);
    if (l->symbols[symbol].trading == trading || (!trading && listing_trading(l) == 1))
        return false;
    finish_order(s, now_us);
    listing_set_trading(l, symbol, trading);
    if (market_changed(s->parts.market, symbol, now_us, &ev))
        one_event(s, &ev, now_us);
    return true;
}

/* --- time ------------------------------------------------------------------------------------ */

int64_t feed_run(struct server *s)
{
    struct err e = {0};
    struct market_event ev;
    int64_t now_us = server_market_us(s);
    s->turn_us = clock_mono_us();
    for (int i = 0; i < TURN_EVENTS_MAX && market_next(s->parts.market, now_us, &ev); i++)
        one_event(s, &ev, now_us);
    /* Before control goes back to lws, and with it any frame to a socket. */
    if (ledger_flush(s->parts.ledger, &e) != 0)
        server_fail(s, &e);
    int64_t due_us = market_due_us(s->parts.market);
    metric_set(s->m.behind_us, due_us < now_us ? now_us - due_us : 0);
    if (due_us == INT64_MAX)
        return INT64_MAX;
    return due_us > now_us ? (due_us - now_us) / s->parts.clock->speed : 0;
}
