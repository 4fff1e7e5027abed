/**
 * Binance Spot as a client sees it: trade streams and the REST resources a feed needs.
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
int binance_open(struct session *s, const struct listing *l, const struct url *url, struct err *e);
int binance_trade_frame(const struct listing *l, const struct market_trade *t, int64_t send_us,
                        unsigned form, struct strbuf *out, struct err *e);
int binance_request(struct session *s, const struct listing *l, struct slice text,
                    struct strbuf *answer, struct err *e);
int binance_rest(const struct rest_site *site, const struct rest_request *req,
                 struct rest_answer *ret, struct err *e);

/* Bits of a session's form. */
enum { BINANCE_COMBINED = 1, BINANCE_MICROS = 2 };

/* Subscribes to one stream by its name ("btcusdt@trade"). As session_add(). */
int binance_subscribe(struct session *s, const struct listing *l, struct slice stream,
                      struct err *e) MUST_CHECK;

#endif
