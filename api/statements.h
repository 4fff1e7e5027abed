/**
 * The SQL texts of the API, one prepared statement each.
 *
 *     struct binds b = {0};
 *     bind_text(&b, exchange);
 *     bind_text(&b, symbol);
 *     PGresult *r = pool_query(pool, &statement_symbol, &b, &e);
 *
 * The comment at each says its parameters and what it gives. Times travel as timestamptz in binary
 * and come back as microseconds since 1970, computed in numeric: no float touches them (PostgreSQL
 * 14 and later).
 * Threads: constants.
 */
#ifndef CANDLEWICK_STATEMENTS_H
#define CANDLEWICK_STATEMENTS_H

#include "session.h"

/* None -> one row: are our tables there? */
extern const struct statement statement_check;
/* None -> exchange, in byte order. */
extern const struct statement statement_exchanges;
/* exchange, symbol -> symbol, if it is known. */
extern const struct statement statement_symbol;
/* exchange, at most -> symbol, in byte order. */
extern const struct statement statement_symbol_names;
/* exchange or "" for all, exchange and symbol to be behind, at most -> exchange, symbol, trades,
 * first_trade_time, last_trade_time, ascending. */
extern const struct statement statement_symbols;
/* exchange, symbol, interval, from, to, at most -> the fields of a candle record in their order.
 * first: the earliest rows, ascending; last: the latest rows, descending. */
extern const struct statement statement_candles_first;
extern const struct statement statement_candles_last;
/* exchange, symbol, from, to, at most -> the fields of a trade record in their order, partition,
 * offset. first: ascending; last: descending; after: also time, sequence, trade id, partition and
 * offset to be behind, ascending. */
extern const struct statement statement_trades_first;
extern const struct statement statement_trades_last;
extern const struct statement statement_trades_after;

#endif
