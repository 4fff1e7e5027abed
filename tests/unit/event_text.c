#include "event_text.h"

#include "scan.h"
#include "timefmt.h"

#include <stdio.h>

static int add_time(const struct event *ev, struct strbuf *out)
{
    char time[TIME_TEXT] = "-";
    if (ev->has_exchange_time)
        (void)time_format(ev->exchange_time_us, time);
    return strbuf_addf(out, " @%s", time);
}

static int add_money(struct decimal price, struct decimal amount, struct strbuf *out)
{
    char p[DECIMAL_TEXT];
    char a[DECIMAL_TEXT];
    (void)decimal_format(price, p);
    (void)decimal_format(amount, a);
    return strbuf_addf(out, "%s x %s", p, a);
}

static int add_trade(const struct event *ev, struct strbuf *out)
{
    char id[32];
    (void)snprintf(id, sizeof(id), "%lld", (long long)ev->sequence);
    if (!ev->has_sequence || !slice_is(ev->trade_id, id) ||
        strbuf_addf(out, "trade %.*s %s ", SLICE_ARG(ev->native_symbol), id) != 0 ||
        add_money(ev->price, ev->amount, out) != 0 ||
        strbuf_addf(out, " %s %s", side_name(ev->side), trade_origin_name(ev->origin)) != 0)
        return -1;
    return add_time(ev, out);
}

static int add_side(const struct quote_side *side, struct strbuf *out)
{
    return side->there ? add_money(side->price, side->amount, out) : strbuf_addc(out, '-');
}

static int add_quote(const struct event *ev, struct strbuf *out)
{
    if (strbuf_addf(out, "quote %.*s ", SLICE_ARG(ev->native_symbol)) != 0 ||
        add_side(&ev->bid, out) != 0 || strbuf_adds(out, " / ") != 0 ||
        add_side(&ev->ask, out) != 0)
        return -1;
    return add_time(ev, out);
}

static int add_answer(const struct event *ev, const char *kind, struct strbuf *out)
{
    const struct slice symbol = ev->native_symbol.len > 0 ? ev->native_symbol : slice_of("-");
    return strbuf_addf(out, "%s %lld %.*s", kind, (long long)ev->request, SLICE_ARG(symbol));
}

/* A text whose escapes are none is given as it stands. */
static int add_refusal(const struct event *ev, struct strbuf *out)
{
    if (add_answer(ev, "refused", out) != 0 || strbuf_addc(out, ' ') != 0)
        return -1;
    return scan_unescape(ev->text, out, NULL) == 0 ? 0
                                                   : strbuf_addf(out, "%.*s", SLICE_ARG(ev->text));
}

int event_text_add(const struct event *ev, struct strbuf *out)
{
    switch (ev->type) {
    case EVENT_TRADE:
        return add_trade(ev, out);
    case EVENT_QUOTE:
        return add_quote(ev, out);
    case EVENT_ACK:
        return add_answer(ev, "ack", out);
    case EVENT_REFUSED:
        return add_refusal(ev, out);
    case EVENT_SHUTDOWN:
        return strbuf_adds(out, "shutdown");
    }
    return -1;
}
