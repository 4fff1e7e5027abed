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
/* Questions about the names there are. */
struct names_statements {
    struct statement exchanges;    /* None -> exchange, in byte order. */
    struct statement symbol;       /* exchange or "" for all, symbol -> symbol, if it is there. */
    struct statement symbol_names; /* exchange or "" for all, at most -> symbol, in byte order. */
};
extern const struct names_statements names_known;  /* of what ever traded or was quoted here */
extern const struct names_statements names_listed; /* of what an exchange ever said something of */
/* exchange or "" for all, exchange and symbol to be behind, at most -> exchange, symbol, trades,
 * first_trade_time, last_trade_time (null: none), native_symbol, status, tick_size, lot_size,
 * update_time (null: not listed), ascending. */
extern const struct statement statement_symbols;
/* exchange, symbol and status, each "" for any, time, 1 for all periods until then, exchange,
 * symbol and from_time to be behind, at most -> the columns of instrument_period but for the order,
 * ascending. */
extern const struct statement statement_instruments;
/* assets as an array, asset to be behind, at most -> asset, how many known symbols have it as base
 * or quote: these and those there are, in byte order. */
extern const struct statement statement_assets;
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
struct list_statements {
    struct statement first;
    struct statement last;
    struct statement after;
};
extern const struct list_statements statements_gaps;
extern const struct list_statements statements_feeds;

/* exchange, symbol, each "" for any, exchange and symbol to be behind, at most -> the fields of a
 * quote record in their order, partition, offset, receive_time and alive of the newest tick there
 * (null: none), is that one of a higher epoch? */
extern const struct statement statement_quotes;
/* what ticks are fresh since, at most -> exchange, symbols, last_trade_time, topic (null: no tick),
 * partitions, those with a fresh tick, with one that is alive, receive_time of the newest. */
extern const struct statement statement_exchange_feeds;

/* symbol, exchange and lowest net edge, each "" for any, from, to, at most -> the fields of an
 * opportunity record in their order, what it opened with (size, gross and net edge), partition,
 * offset. first: ascending; last: descending; after: also time and id to be behind, ascending. */
extern const struct list_statements statements_open;
extern const struct list_statements statements_closed;
extern const struct list_statements statements_opportunities; /* open and closed */
extern const struct list_statements statements_watching;
/* id -> the same of one. */
extern const struct statement statement_opportunity;
/* id, partition and offset to be behind, at most -> the same of each record of its life. */
extern const struct statement statement_opportunity_events;

#endif
