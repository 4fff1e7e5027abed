/**
 * OKX v5 spot, and the exchanges that speak its protocol.
 *
 *     const struct exchange_ops *x = &okx_exchange;
 *
 * okx.c parses the streams, okx_rest.c the instrument list, okx_history.c trades of
 * the past.
 * Threads: constants and pure functions.
 */
#ifndef CANDLEWICK_OKX_H
#define CANDLEWICK_OKX_H

#include "exchange.h"

extern const struct exchange_ops okx_exchange;

/* exchange_ops.instruments_request and .parse_instruments. */
int okx_instruments_request(struct http_request *ret, struct err *e) MUST_CHECK;
int okx_parse_instruments(struct slice body, instrument_fn fn, void *ctx, struct err *e) MUST_CHECK;

/* exchange_ops.rest, .history_request and .parse_history. */
extern const struct rest_rules okx_rest_rules;
int okx_history_request(const struct history_query *q, struct http_request *ret,
                        struct err *e) MUST_CHECK;
int okx_parse_history(struct history_query *q, long status, struct slice body, emit_fn emit,
                      void *ctx, struct err *e) MUST_CHECK;

#endif
