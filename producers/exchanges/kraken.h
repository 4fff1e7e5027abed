/**
 * Kraken spot, WebSocket v2.
 *
 *     const struct exchange_ops *x = &kraken_exchange;
 *
 * kraken.c parses the stream, kraken_rest.c the instrument list, kraken_history.c trades of
 * the past.
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

/* exchange_ops.rest, .history_request and .parse_history. */
extern const struct rest_rules kraken_rest_rules;
int kraken_history_request(const struct history_query *q, struct http_request *ret,
                           struct err *e) MUST_CHECK;
int kraken_parse_history(struct history_query *q, long status, struct slice body, emit_fn emit,
                         void *ctx, struct err *e) MUST_CHECK;

#endif
