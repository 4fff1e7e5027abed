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
/* exchange or "" for all, symbol -> symbol, if it is known. */
extern const struct statement statement_symbol;
/* exchange or "" for all, at most -> symbol, in byte order. */
extern const struct statement statement_symbol_names;
/* exchange or "" for all, exchange and symbol to be behind, at most -> exchange, symbol, trades,
 * first_trade_time, last_trade_time, ascending. */
extern const struct statement statement_symbols;
/* Questions about the candles of one exchange, symbol and interval, these three first; those as of
 * a time take it fourth. */
struct candle_statements {
    /* from, to, at most -> the fields of a candle record in their order. first: the earliest rows,
     * ascending; last: the latest rows, descending. */
    struct statement first;
    struct statement last;
    /* -> open_time, close_time and partition of the first candle, newest time known to be closed
     * (or null); no row: no candle. */
    struct statement known;
    /* time -> close of the last candle with trades that opened before. */
    struct statement close_before;
    /* from, to, at most -> open_time, close_time, coverage, 1, missing; ascending. */
    struct statement coverage;
};
extern const struct candle_statements candles_now;
extern const struct candle_statements candles_as_of;
/* exchange, symbol, interval, from, to, at most candles, at most runs -> start, end, coverage,
 * windows, missing; ascending. */
extern const struct statement statement_runs;
/* exchange, symbol, from, to, at most -> the fields of a trade record in their order, partition,
 * offset. first: ascending; last: descending; after: also time, sequence, trade id, partition and
 * offset to be behind, ascending. */
extern const struct statement statement_trades_first;
extern const struct statement statement_trades_last;
extern const struct statement statement_trades_after;

/* exchange, symbol and state or event, each "" for any, from, to, at most -> the columns of the
 * table in their order. first: ascending; last: descending; after: also time, partition and offset
 * to be behind, ascending. */
struct event_statements {
    struct statement first;
    struct statement last;
    struct statement after;
};
extern const struct event_statements statements_gaps;
extern const struct event_statements statements_feeds;

#endif
