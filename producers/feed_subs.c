/* What the exchange answers to a connection's requests. */
#include "feed_internal.h"

#include <stdio.h>

static const struct feed_about *about(const struct feed_conn *c)
{
    return c->env->about;
}

/* Index among the symbols of the connection, -1: none of them. */
static int64_t own_symbol(const struct feed_conn *c, struct slice native)
{
    const struct universe_range *r = &about(c)->universe->links[c->link].symbols;
    int64_t i = native.len > 0 ? universe_find(about(c)->universe, native) - r->first : -1;
    return i < (int64_t)r->n ? i : -1;
}

static void say_without(struct feed_conn *c, size_t i, struct slice why)
{
    char text[FEED_WHY_MAX + 1];
    if (c->told[i])
        return;
    c->told[i] = true;
    if (about(c)->on_stranger)
        about(c)->on_stranger(about(c)->ctx);
    (void)snprintf(text, sizeof(text), "%.*s", SLICE_ARG(why));
    log_warn("feed", "a symbol is done without until the connection is made again",
             LOG_STR("exchange", about(c)->ops->name),
             LOG_STR("channel", feed_conn_channel(c)->name),
             LOG_STR("symbol", c->instruments[i]->symbol), LOG_STR("why", text));
}

/* A symbol that was done without has come after all. */
static void come_late(struct feed_conn *c, size_t i)
{
    log_info("feed", "a symbol that was not subscribed is now",
             LOG_STR("exchange", about(c)->ops->name),
             LOG_STR("channel", feed_conn_channel(c)->name),
             LOG_STR("symbol", c->instruments[i]->symbol));
    for (size_t k = 0; k < c->subs.n; k++)
        c->only[k] = k == i;
    feed_link_came(c->of, c, slice_make(c->only, c->subs.n));
}

static void on_symbol_acked(struct feed_conn *c, size_t i)
{
    if (!subscription_ack(&c->subs, i))
        return;
    c->told[i] = false;
    if (c->state == CONN_SUBSCRIBED)
        come_late(c, i);
}

static void on_refused(struct feed_conn *c, const struct event *ev)
{
    char why[FEED_WHY_MAX + 1];
    int64_t i = own_symbol(c, ev->native_symbol);
    (void)snprintf(why, sizeof(why), "refused: %.*s", SLICE_ARG(ev->text));
    if (!c->subs.by_symbol)
        feed_conn_give_up(c, why);
    else if (i < 0) /* of whom it speaks, the time will tell: it is not acknowledged */
        log_warn("feed", "the exchange refused a request", LOG_STR("exchange", about(c)->ops->name),
                 LOG_STR("channel", feed_conn_channel(c)->name), LOG_STR("why", why));
    else if (subscription_refuse(&c->subs, (size_t)i))
        say_without(c, (size_t)i, slice_of(why));
}

void feed_conn_on_event(void *ctx, const struct event *ev)
{
    struct feed_conn *c = ctx;
    int64_t i;
    switch (ev->type) {
    case EVENT_TRADE:
    case EVENT_QUOTE: /* its data is as good as its ack */
    case EVENT_ACK:
        i = c->subs.by_symbol ? own_symbol(c, ev->native_symbol) : -1;
        if (i >= 0)
            on_symbol_acked(c, (size_t)i);
        else if (!c->subs.by_symbol && ev->type == EVENT_ACK)
            subscription_answered(&c->subs);
        break;
    case EVENT_REFUSED:
        on_refused(c, ev);
        break;
    case EVENT_SHUTDOWN:
        if (!feed_link_announced(c->of, c))
            feed_conn_give_up(c, "the exchange announced a shutdown");
        break;
    }
}

void feed_conn_judge(struct feed_conn *c, bool timed_out)
{
    if (c->state != CONN_SUBSCRIBING || c->closing)
        return;
    switch (subscription_verdict(&c->subs, timed_out)) {
    case SUBSCRIPTION_WAITS:
        return;
    case SUBSCRIPTION_FAILED:
        feed_conn_give_up(c, timed_out ? "a subscribe request was not acknowledged"
                                       : "every symbol was refused");
        return;
    case SUBSCRIPTION_DONE:
        break;
    }
    for (size_t i = 0; i < c->subs.n; i++)
        if (!c->subs.acked[i])
            say_without(c, i, slice_of("not acknowledged in time"));
    c->steady_us = c->heard_us;
    feed_conn_set(c, CONN_SUBSCRIBED);
}

size_t feed_conn_without(const struct feed_conn *c)
{
    return c->state == CONN_SUBSCRIBED ? c->subs.n - c->subs.n_acked : c->subs.n_refused;
}

int feed_conn_unread(struct feed_conn *c)
{
    enum { FEW = 20, SHARE = 10 }; /* one in ten */
    int64_t of = c->frames < POISON_WINDOW ? c->frames : POISON_WINDOW;
    int n = poison_count(&c->unread, c->frames);
    return n > FEW && n * SHARE > of ? n : 0;
}
