/**
 * OKX v5 spot, and the exchanges that speak its protocol.
 *
 *     const struct exchange_ops *x = &okx_exchange;
 *
 * okx.c parses the streams, okx_rest.c what comes by REST.
 * Threads: constants and pure functions.
 */
#ifndef CANDLEWICK_OKX_H
#define CANDLEWICK_OKX_H

#include "exchange.h"

extern const struct exchange_ops okx_exchange;

/* exchange_ops.instruments_request and .parse_instruments. */
int okx_instruments_request(struct http_request *ret, struct err *e) MUST_CHECK;
int okx_parse_instruments(struct slice body, instrument_fn fn, void *ctx, struct err *e) MUST_CHECK;

#endif
