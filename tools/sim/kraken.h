/**
 * Kraken as a client of WebSocket v2 sees it: trades and tickers, and the REST resources a feed
 * needs.
 *
 *     const struct dialect *d = &kraken_dialect;
 *
 * Sources: docs.kraken.com, WebSocket v2 (Trades, Ticker, Status, Heartbeat, Ping) and REST (Asset
 * Pairs, Recent Trades, Server Time), checked 2026-11-21.
 * Threads: see dialect.h.
 */
#ifndef CANDLEWICK_SIM_KRAKEN_H
#define CANDLEWICK_SIM_KRAKEN_H

#include "dialect.h"

extern const struct dialect kraken_dialect;

/* The slots, by file: kraken_stream.c, kraken_request.c and kraken_rest.c. */
int kraken_open(const struct dialog *d, const struct url *url, struct outq *answers, struct err *e);
int kraken_trade_frame(const struct site *site, const struct fills *f, unsigned form,
                       struct strbuf *out, struct err *e);
int kraken_quote_frame(const struct site *site, const struct market_quote *q, unsigned form,
                       struct strbuf *out, struct err *e);
int kraken_request(const struct dialog *d, struct slice text, struct outq *answers, struct err *e);
int kraken_rest(const struct site *site, const struct rest_request *req, struct rest_answer *ret,
                struct err *e);

int kraken_rest_refuse(const struct rest_refusal *r, struct rest_answer *ret, struct err *e);
int kraken_shutdown(const struct dialog *d, struct outq *answers, struct err *e);

/* Append a ticker frame of this type ("snapshot", "update"), and one of the newest trades of a
 * symbol; the latter leaves out as it is where there is none. -1: no room. */
int kraken_add_ticker(const struct site *site, const struct market_quote *q, const char *type,
                      struct strbuf *out) MUST_CHECK;
int kraken_add_snapshot(const struct site *site, uint32_t symbol, struct strbuf *out) MUST_CHECK;

/* What REST calls an asset: "XBT" for BTC, "XDG" for DOGE, most others by their name; and its own
 * code of it, which a few old ones have: "XXBT", "ZUSD". Static, or the argument. */
const char *kraken_alt_asset(const char *asset);
const char *kraken_old_asset(const char *asset);

/* Names of a symbol in REST. */
struct kraken_pair {
    char key[SYMBOL_NAME];     /* "XXBTZUSD" where both assets have a code of their own */
    char altname[SYMBOL_NAME]; /* "XBTUSD" */
    char wsname[SYMBOL_NAME];  /* "XBT/USD" */
};

void kraken_name_pair(const struct listing *l, const struct symbol *s, struct kraken_pair *ret);

#endif
