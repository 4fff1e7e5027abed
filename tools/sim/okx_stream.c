#include "okx.h"

#include "e8.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdio.h>

const struct dialect okx_dialect = {
    .exchange = "okx",
    .listing =
        {
            .separator = "-",
            .quote_permille = {[QUOTE_USD] = 40,
                               [QUOTE_USDT] = 1000,
                               [QUOTE_USDC] = 250,
                               [QUOTE_EUR] = 90,
                               [QUOTE_BTC] = 60},
            .currency_permille = 100,
        },
    .subscriptions_max = 20000, /* not published: more than there are symbols */
    .request_bytes_max = 1 << 16,
    .too_long_ends = true,
    .silence_ends = true,
    .open = okx_open,
    .request = okx_request,
    .trade_frame = okx_trade_frame,
    .quote_frame = okx_quote_frame,
    .rest = okx_rest,
    .rest_refuse = okx_rest_refuse,
    .shutdown = okx_shutdown,
};

int okx_open(const struct dialog *d, const struct url *url, struct outq *answers, struct err *e)
{
    (void)answers; /* no word of welcome */
    if (slice_is(url->path, "/ws/v5/public"))
        session_set_form(d->session, OKX_PUBLIC);
    else if (slice_is(url->path, "/ws/v5/business"))
        session_set_form(d->session, OKX_BUSINESS);
    else
        return err_set(e, ERR_NOT_FOUND, "no stream endpoint at %.*s", SLICE_ARG(url->path));
    return 0;
}

/* --- trades ---------------------------------------------------------------------------------- */

int okx_begin_trade(const struct symbol *s, const struct kept_trade *t, struct strbuf *out)
{
    char price[E8_TEXT];
    char amount[E8_TEXT];
    e8_format_short(t->price_e8, 0, price);
    e8_format_short(t->amount_e8, 0, amount);
    return strbuf_addf(out,
                       "{\"instId\":\"%s\",\"tradeId\":\"%" PRId64
                       "\",\"px\":\"%s\",\"sz\":\"%s\",\"side\":\"%s\",\"ts\":\"%" PRId64 "\"",
                       s->native, t->id, price, amount, t->side == TAKER_BUY ? "buy" : "sell",
                       t->time_us / US_PER_MS);
}

/* All trades of an order as one: they have one price, and the last id stands for them. */
static struct kept_trade sum_up(const struct fills *f)
{
    const struct market_trade *t = f->trades;
    struct kept_trade k = {t->id, t->price_e8, 0, t->time_us, t->side};
    for (size_t i = 0; i < f->n; i++) {
        k.amount_e8 += t[i].amount_e8;
        if (t[i].id > k.id)
            k.id = t[i].id;
    }
    return k;
}

/* {"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":
 * "130639474","px":"42219.9","sz":"0.12060306","side":"buy","ts":"1630048897897","count":"3",
 * "source":"0","seqId":1234}]}; trades-all has neither count nor seqId. */
int okx_trade_frame(const struct site *site, const struct fills *f, unsigned form,
                    struct strbuf *out, struct err *e)
{
    (void)form;
    const struct symbol *s = &site->listing->symbols[f->trades->symbol];
    const struct kept_trade k = sum_up(f);
    bool orders = f->channel == CHANNEL_ORDER;
    int r = strbuf_addf(out, "{\"arg\":{\"channel\":\"%s\",\"instId\":\"%s\"},\"data\":[",
                        orders ? "trades" : "trades-all", s->native);
    if (r == 0)
        r = okx_begin_trade(s, &k, out);
    if (r == 0 && orders)
        r = strbuf_addf(out, ",\"count\":\"%zu\",\"source\":\"0\",\"seqId\":%" PRId64 "}]}", f->n,
                        k.id);
    else if (r == 0)
        r = strbuf_adds(out, ",\"source\":\"0\"}]}");
    return r == 0 ? 0 : strbuf_full(out, "okx: trade frame", e);
}

/* --- quotes ---------------------------------------------------------------------------------- */

/* "bids":[["8476.97","256","0","12"]]: price, amount, a retired field, orders. How nobody looks is
 * not documented; recordings of another channel have empty texts. Both forms are sent. */
static int add_side(const char *name, int64_t price_e8, int64_t amount_e8, int64_t number,
                    struct strbuf *out)
{
    char price[E8_TEXT];
    char amount[E8_TEXT];
    if (amount_e8 == 0)
        return strbuf_addf(out, "\"%s\":[%s],", name,
                           number % 2 == 0 ? "" : "[\"\",\"\",\"0\",\"0\"]");
    e8_format_short(price_e8, 0, price);
    e8_format_short(amount_e8, 0, amount);
    return strbuf_addf(out, "\"%s\":[[\"%s\",\"%s\",\"0\",\"%" PRId64 "\"]],", name, price, amount,
                       1 + number % 9);
}

/* {"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[…],"bids":[…],
 *  "ts":"1597026383085","seqId":123456}]} */
int okx_quote_frame(const struct site *site, const struct market_quote *q, unsigned form,
                    struct strbuf *out, struct err *e)
{
    (void)form;
    const struct symbol *s = &site->listing->symbols[q->symbol];
    if (strbuf_addf(out, "{\"arg\":{\"channel\":\"bbo-tbt\",\"instId\":\"%s\"},\"data\":[{",
                    s->native) != 0 ||
        add_side("asks", q->ask_e8, q->ask_amount_e8, q->number, out) != 0 ||
        add_side("bids", q->bid_e8, q->bid_amount_e8, q->number, out) != 0 ||
        strbuf_addf(out, "\"ts\":\"%" PRId64 "\",\"seqId\":%" PRId64 "}]}", q->time_us / US_PER_MS,
                    q->number) != 0)
        return strbuf_full(out, "okx: quote frame", e);
    return 0;
}
