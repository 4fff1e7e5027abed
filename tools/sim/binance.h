/**
 * Binance Spot as a client sees it: streams of trades and quotes, and the REST resources a feed
 * needs.
 *
 *     const struct dialect *d = &binance_dialect;
 *
 * Sources: web-socket-streams.md, rest-api.md, filters.md and errors.md of
 * https://github.com/binance/binance-spot-api-docs (commit a5e0bc3), checked 2026-11-21.
 * Threads: see dialect.h.
 */
#ifndef CANDLEWICK_SIM_BINANCE_H
#define CANDLEWICK_SIM_BINANCE_H

#include "dialect.h"

extern const struct dialect binance_dialect;

/* The slots, by file: binance_stream.c, binance_request.c and binance_rest.c. */
int binance_open(const struct dialog *d, const struct url *url, struct outq *answers,
                 struct err *e);
int binance_trade_frame(const struct site *site, const struct fills *f, unsigned form,
                        struct strbuf *out, struct err *e);
int binance_quote_frame(const struct site *site, const struct market_quote *q, unsigned form,
                        struct strbuf *out, struct err *e);
int binance_request(const struct dialog *d, struct slice text, struct outq *answers, struct err *e);
int binance_rest(const struct site *site, const struct rest_request *req, struct rest_answer *ret,
                 struct err *e);

int binance_rest_refuse(const struct rest_refusal *r, struct rest_answer *ret, struct err *e);
int binance_shutdown(const struct dialog *d, struct outq *answers, struct err *e);

/* Bits of a session's form. */
enum { BINANCE_COMBINED = 1, BINANCE_MICROS = 2 };

/* Subscribes to one stream by its name ("btcusdt@trade"). As session_add(). */
int binance_subscribe(struct session *s, const struct listing *l, struct slice stream,
                      struct err *e) MUST_CHECK;

#endif
