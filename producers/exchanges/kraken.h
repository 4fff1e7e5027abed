/**
 * Kraken spot, WebSocket v2.
 *
 *     const struct exchange_ops *x = &kraken_exchange;
 *
 * kraken.c parses the stream, kraken_rest.c what comes by REST.
 * Threads: constants and pure functions.
 */
#ifndef CANDLEWICK_KRAKEN_H
#define CANDLEWICK_KRAKEN_H

#include "exchange.h"

extern const struct exchange_ops kraken_exchange;

/* exchange_ops.instruments_request and .parse_instruments. */
int kraken_instruments_request(struct http_request *ret, struct err *e) MUST_CHECK;
int kraken_parse_instruments(struct slice body, instrument_fn fn, void *ctx,
                             struct err *e) MUST_CHECK;

#endif
