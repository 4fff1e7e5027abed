/**
 * Binance Spot, and the exchanges that speak its protocol.
 *
 *     const struct exchange_ops *x = &binance_exchange;
 *
 * binance.c parses the stream, binance_rest.c the instrument list, binance_history.c trades of
 * the past.
 * Threads: constants and pure functions.
 */
#ifndef CANDLEWICK_BINANCE_H
#define CANDLEWICK_BINANCE_H

#include "exchange.h"

extern const struct exchange_ops binance_exchange;

/* exchange_ops.instruments_request and .parse_instruments. */
int binance_instruments_request(struct http_request *ret, struct err *e) MUST_CHECK;
int binance_parse_instruments(struct slice body, instrument_fn fn, void *ctx,
                              struct err *e) MUST_CHECK;

/* exchange_ops.rest, .history_request and .parse_history. */
extern const struct rest_rules binance_rest_rules;
int binance_history_request(const struct history_query *q, struct http_request *ret,
                            struct err *e) MUST_CHECK;
int binance_parse_history(struct history_query *q, long status, struct slice body, emit_fn emit,
                          void *ctx, struct err *e) MUST_CHECK;

#endif
