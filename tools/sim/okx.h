/**
 * OKX v5 as a client sees it: trades and best bids and asks on two endpoints, and the REST
 * resources a feed needs.
 *
 *     const struct dialect *d = &okx_dialect;
 *
 * Sources: the OKX API guide (Trades channel, All trades channel, Order book channel, Connect, GET
 * / Instruments, GET / Trades history) in copies of July 2026, and recordings, checked 2026-11-21.
 * Threads: see dialect.h.
 */
#ifndef CANDLEWICK_SIM_OKX_H
#define CANDLEWICK_SIM_OKX_H

#include "dialect.h"

extern const struct dialect okx_dialect;

/* A session's form: which endpoint it is at. */
enum { OKX_PUBLIC, OKX_BUSINESS };

/* The slots, by file: okx_stream.c, okx_request.c and okx_rest.c. */
int okx_open(const struct dialog *d, const struct url *url, struct outq *answers, struct err *e);
int okx_trade_frame(const struct site *site, const struct fills *f, unsigned form,
                    struct strbuf *out, struct err *e);
int okx_quote_frame(const struct site *site, const struct market_quote *q, unsigned form,
                    struct strbuf *out, struct err *e);
int okx_request(const struct dialog *d, struct slice text, struct outq *answers, struct err *e);
int okx_rest(const struct site *site, const struct rest_request *req, struct rest_answer *ret,
             struct err *e);

int okx_rest_refuse(const struct rest_refusal *r, struct rest_answer *ret, struct err *e);
int okx_shutdown(const struct dialog *d, struct outq *answers, struct err *e);

/* Appends {"instId":…,"tradeId":…,"px":…,"sz":…,"side":…,"ts":… without its end, as all trades
 * begin. -1: no room. */
int okx_begin_trade(const struct symbol *s, const struct kept_trade *t,
                    struct strbuf *out) MUST_CHECK;

#endif
