/**
 * Typed questions to the database: values in, records out, no HTTP.
 *
 *     struct candle_key key = {"binance", "BTC-USDT", "1m", .as_of_us = INT64_MAX};
 *     struct rows *rows = query_candles(pool, &key, &page, &e);
 *     struct record r;
 *     for (int i = 0; i < rows_count(rows); i++)
 *         if (rows_candle(rows, i, &r, &e) != 0) ...
 *     if (rows_more(rows)) ...                            // the page ends before the list does
 *     rows_close(rows);
 *
 * Rows ascend: by open time; by (exchange time, sequence, trade id: shorter first, then bytes,
 * partition, offset); by exchange and symbol. A page that says neither start nor cursor holds the
 * newest rows.
 * Threads: any; a struct rows belongs to one thread at a time.
 */
#ifndef CANDLEWICK_QUERY_H
#define CANDLEWICK_QUERY_H

#include "fill.h"
#include "page.h"
#include "pool.h"
#include "record.h"

enum { QUERY_RUNS_SCAN = 100000 }; /* candles that one question for runs looks at */

/* --- rows ------------------------------------------------------------------------------------ */

struct rows;

int rows_count(const struct rows *rows);
bool rows_more(const struct rows *rows);
void rows_close(struct rows *rows); /* NULL is fine */

/* Row i, 0 <= i < rows_count(); its texts live until rows_close(). ERR_PROTO: the table holds what
 * no record can. */
int rows_candle(const struct rows *rows, int i, struct record *ret, struct err *e) MUST_CHECK;

/* A trade or feed record, and its place in the topic trades. */
struct trade_row {
    struct record record;
    int32_t partition;
    int64_t offset;
};
int rows_trade(const struct rows *rows, int i, struct trade_row *ret, struct err *e) MUST_CHECK;

/* Windows of equal coverage, one after the other. */
struct coverage_run {
    int64_t start_us;
    int64_t end_us;
    enum coverage coverage;
    int64_t windows;
    bool has_missing;
    int64_t missing; /* the sum of theirs */
};
int rows_coverage(const struct rows *rows, int i, struct coverage_run *ret,
                  struct err *e) MUST_CHECK;

struct symbol_row {
    struct slice exchange;
    struct slice symbol;
    int64_t trades;
    bool has_trade_times; /* false: it never traded here */
    int64_t first_trade_time_us;
    int64_t last_trade_time_us;
    bool has_instrument; /* false: the exchange has said nothing of it */
    struct slice native_symbol;
    struct slice status;
    bool has_tick_size;
    struct decimal tick_size;
    bool has_lot_size;
    struct decimal lot_size;
    int64_t update_time_us;
};
int rows_symbol(const struct rows *rows, int i, struct symbol_row *ret, struct err *e) MUST_CHECK;

/* The order key of a row. ERR_PROTO: its texts are too long for a cursor. */
int trade_place(const struct trade_row *row, struct place *ret, struct err *e) MUST_CHECK;
int names_place(struct slice exchange, struct slice symbol, struct place *ret,
                struct err *e) MUST_CHECK;

/* --- questions: NULL with *e as pool_query(), and ERR_NOMEM ---------------------------------- */

/* The candles of one symbol and interval, as they are known now or were at a time. */
struct candle_key {
    const char *exchange;
    const char *symbol;
    const char *interval;
    int64_t as_of_us; /* INT64_MAX: now. Else closed ones, in their newest revision up to then */
};
struct rows *query_candles(struct pool *pool, const struct candle_key *key, const struct page *page,
                           struct err *e);

/* What is known of the symbol's time. */
struct known {
    struct windows windows; /* from its first candle to the newest time known to be closed */
    int32_t partition;      /* of trades */
};
/* A window that closed by then and has no record is one without trades and without loss. What is
 * closed is told by the newest final candle of any symbol of the exchange in the same partition,
 * as of a time by the symbol's own. 1: *ret is filled; 0: there is no candle. */
int query_known(struct pool *pool, const struct candle_key *key, struct known *ret,
                struct err *e) MUST_CHECK;

/* The close of the last candle with trades that opened before a time. 1: found; 0: none. */
int query_close_before(struct pool *pool, const struct candle_key *key, int64_t time_us,
                       struct decimal *ret, struct err *e) MUST_CHECK;

/* Coverage of the candles that open in [from_us, to_us), at most limit of them, as runs of one
 * window each. */
struct rows *query_coverage(struct pool *pool, const struct candle_key *key, int64_t from_us,
                            int64_t to_us, int limit, struct err *e);

/* The same with equal neighbours as one run, from the first QUERY_RUNS_SCAN candles; as known now.
 * Between them there are windows without a record. */
struct rows *query_runs(struct pool *pool, const struct candle_key *key, int64_t from_us,
                        int64_t to_us, int limit, struct err *e);

struct rows *query_trades(struct pool *pool, const char *exchange, const char *symbol,
                          const struct page *page, struct err *e);
/* exchange: "" for all. Of the page only limit and cursor count. */
struct rows *query_symbols(struct pool *pool, const char *exchange, const struct page *page,
                           struct err *e);

/* Whether the database answers and has our tables: 0, or -1 as pool_query() (ERR_STATE: it lacks
 * them). */
int query_check(struct pool *pool, struct err *e) MUST_CHECK;

#endif
