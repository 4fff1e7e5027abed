#include "kraken.h"

#include "e8.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdio.h>

enum { SNAPSHOT_TRADES = 50, QTY_DECIMALS = 1 };

/* What it lists is nearly all against real dollars and euros. */
const struct dialect kraken_dialect = {
    .exchange = "kraken",
    .listing =
        {
            .separator = "/",
            .quote_permille = {[QUOTE_USD] = 1000,
                               [QUOTE_USDT] = 200,
                               [QUOTE_USDC] = 120,
                               [QUOTE_EUR] = 400,
                               [QUOTE_BTC] = 60},
            .currency_permille = 200,
        },
    .subscriptions_max = 20000, /* not published: more than there are symbols */
    .request_bytes_max = 1 << 18,
    .too_long_ends = true,
    .heartbeat = "{\"channel\":\"heartbeat\"}",
    .open = kraken_open,
    .request = kraken_request,
    .trade_frame = kraken_trade_frame,
    .quote_frame = kraken_quote_frame,
    .rest = kraken_rest,
    .rest_refuse = kraken_rest_refuse,
    .shutdown = kraken_shutdown,
};

/* connection_id is beyond what a signed number of 64 bits holds, as in the documentation. */
static int say_status(const struct dialog *d, const char *system, struct outq *answers,
                      struct err *e)
{
    struct strbuf text = STRBUF_INIT(answers->limit);
    int r = strbuf_addf(&text,
                        "{\"channel\":\"status\",\"type\":\"update\",\"data\":[{\"version\":"
                        "\"2.0.0\",\"system\":\"%s\",\"api_version\":\"v2\","
                        "\"connection_id\":%" PRIu64 "}]}",
                        system, (UINT64_C(1) << 63) + d->number);
    r = r == 0 ? dialect_say(answers, &text, e) : strbuf_full(&text, "kraken: status", e);
    strbuf_finish(&text);
    return r;
}

int kraken_open(const struct dialog *d, const struct url *url, struct outq *answers, struct err *e)
{
    if (!slice_is(url->path, "/v2") && !slice_is(url->path, "/v2/"))
        return err_set(e, ERR_NOT_FOUND, "no stream endpoint at %.*s", SLICE_ARG(url->path));
    return say_status(d, "online", answers, e);
}

int kraken_shutdown(const struct dialog *d, struct outq *answers, struct err *e)
{
    return say_status(d, "maintenance", answers, e);
}

/* --- trades ---------------------------------------------------------------------------------- */

/* {"symbol":"MATIC/USD","side":"sell","price":0.5117,"qty":40.0,"ord_type":"market",
 *  "trade_id":4665906,"timestamp":"2023-09-25T07:49:37.708706Z"} */
static int add_trade(const struct symbol *s, const struct kept_trade *t, struct strbuf *out)
{
    char price[E8_TEXT];
    char qty[E8_TEXT];
    char time[TIME_TEXT];
    e8_format_short(t->price_e8, e8_decimals(s->tick_e8), price);
    e8_format_short(t->amount_e8, QTY_DECIMALS, qty);
    time_format(t->time_us, time);
    return strbuf_addf(out,
                       "%s{\"symbol\":\"%s\",\"side\":\"%s\",\"price\":%s,\"qty\":%s,"
                       "\"ord_type\":\"%s\",\"trade_id\":%" PRId64 ",\"timestamp\":\"%s\"}",
                       out->data[out->len - 1] == '[' ? "" : ",", s->native,
                       t->side == TAKER_BUY ? "buy" : "sell", price, qty,
                       t->id % 3 == 0 ? "market" : "limit", t->id, time);
}

int kraken_trade_frame(const struct site *site, const struct fills *f, unsigned form,
                       struct strbuf *out, struct err *e)
{
    (void)form;
    const struct symbol *s = &site->listing->symbols[f->trades->symbol];
    int r = strbuf_adds(out, "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[");
    for (size_t i = 0; r == 0 && i < f->n; i++) {
        const struct market_trade *t = &f->trades[i];
        const struct kept_trade k = {t->id, t->price_e8, t->amount_e8, t->time_us, t->side};
        r = add_trade(s, &k, out);
    }
    if (r == 0)
        r = strbuf_adds(out, "]}");
    return r == 0 ? 0 : strbuf_full(out, "kraken: trade frame", e);
}

int kraken_add_snapshot(const struct site *site, uint32_t symbol, struct strbuf *out)
{
    int64_t first;
    int64_t last;
    if (!history_range(site->history, symbol, &first, &last))
        return 0;
    int r = strbuf_adds(out, "{\"channel\":\"trade\",\"type\":\"snapshot\",\"data\":[");
    int64_t from = last - SNAPSHOT_TRADES + 1;
    for (int64_t id = from > first ? from : first; r == 0 && id <= last; id++) {
        const struct kept_trade *k = history_get(site->history, symbol, id);
        if (k)
            r = add_trade(&site->listing->symbols[symbol], k, out);
    }
    return r == 0 ? strbuf_adds(out, "]}") : -1;
}

/* --- tickers --------------------------------------------------------------------------------- */

/* "name":-1.25, */
static int add_number(struct strbuf *out, const char *name, int64_t value_e8, int decimals)
{
    char text[E8_TEXT];
    e8_format_short(value_e8 < 0 ? -value_e8 : value_e8, decimals, text);
    return strbuf_addf(out, "\"%s\":%s%s,", name, value_e8 < 0 ? "-" : "", text);
}

static int add_sides(const struct market_quote *q, int decimals, int qty_decimals,
                     struct strbuf *out)
{
    if (add_number(out, "bid", q->bid_e8, decimals) != 0 ||
        add_number(out, "bid_qty", q->bid_amount_e8, qty_decimals) != 0 ||
        add_number(out, "ask", q->ask_e8, decimals) != 0)
        return -1;
    return add_number(out, "ask_qty", q->ask_amount_e8, qty_decimals);
}

static int add_day(const struct ticker *t, const struct symbol *s, int decimals, struct strbuf *out)
{
    int64_t change_e8 = t->last_e8 - t->first_e8;
    int64_t hundredths = t->first_e8 > 0 ? (int64_t)((__int128)change_e8 * 10000 / t->first_e8) : 0;
    if (add_number(out, "last", t->last_e8, decimals) != 0 ||
        add_number(out, "volume", t->volume_e8, QTY_DECIMALS) != 0 ||
        add_number(out, "vwap", ticker_vwap_e8(t, s->tick_e8), decimals) != 0 ||
        add_number(out, "low", t->low_e8, decimals) != 0 ||
        add_number(out, "high", t->high_e8, decimals) != 0 ||
        add_number(out, "change", change_e8, decimals) != 0)
        return -1;
    return add_number(out, "change_pct", hundredths * (E8_ONE / 100), 2);
}

/* {"symbol":"ALGO/USD","bid":0.10025,"bid_qty":740.0,"ask":0.10036,"ask_qty":1361.44813783,
 *  "last":0.10035,"volume":997038.98383185,"vwap":0.10148,"low":0.09979,"high":0.10285,
 *  "change":-0.00017,"change_pct":-0.17,"timestamp":"2023-09-25T09:04:31.742648Z"}; where nobody is
 * on either side, zeros of 1970 and nothing else, as it was seen of pairs without a book. */
int kraken_add_ticker(const struct site *site, const struct market_quote *q, const char *type,
                      struct strbuf *out)
{
    const struct symbol *s = &site->listing->symbols[q->symbol];
    int decimals = e8_decimals(s->tick_e8);
    bool empty = q->bid_amount_e8 == 0 && q->ask_amount_e8 == 0;
    char time[TIME_TEXT];
    time_format(empty ? 0 : q->time_us, time);
    if (strbuf_addf(out, "{\"channel\":\"ticker\",\"type\":\"%s\",\"data\":[{\"symbol\":\"%s\",",
                    type, s->native) != 0 ||
        add_sides(q, empty ? 0 : decimals, empty ? 0 : QTY_DECIMALS, out) != 0)
        return -1;
    if (!empty && add_day(tickers_get(site->tickers, q->symbol), s, decimals, out) != 0)
        return -1;
    return strbuf_addf(out, "\"timestamp\":\"%s\"}]}", time);
}

int kraken_quote_frame(const struct site *site, const struct market_quote *q, unsigned form,
                       struct strbuf *out, struct err *e)
{
    (void)form;
    if (kraken_add_ticker(site, q, "update", out) != 0)
        return strbuf_full(out, "kraken: ticker frame", e);
    return 0;
}
