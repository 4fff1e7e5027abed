/**
 * Typed questions to the database: values in, records out, no HTTP.
 *
 *     struct rows *rows = query_candles(pool, "binance", "BTC-USDT", "1m", &page, &e);
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

#include "match.h"
#include "page.h"
#include "pool.h"
#include "record.h"

enum { QUERY_SYMBOLS_MAX = 20000 }; /* of one exchange that a text is compared with */

/* --- rows ------------------------------------------------------------------------------------ */

struct rows;

int rows_count(const struct rows *rows);
bool rows_more(const struct rows *rows);
void rows_close(struct rows *rows); /* NULL is fine */

/* Row i, 0 <= i < rows_count(); its texts live until rows_close(). ERR_PROTO: the table holds what
 * no record can. */
int rows_candle(const struct rows *rows, int i, struct record *ret, struct err *e) MUST_CHECK;

struct trade_row {
    struct record record;
    int32_t partition;
    int64_t offset;
};
int rows_trade(const struct rows *rows, int i, struct trade_row *ret, struct err *e) MUST_CHECK;

struct symbol_row {
    struct slice exchange;
    struct slice symbol;
    int64_t trades;
    int64_t first_trade_time_us;
    int64_t last_trade_time_us;
};
int rows_symbol(const struct rows *rows, int i, struct symbol_row *ret, struct err *e) MUST_CHECK;

/* The order key of a row. ERR_PROTO: its texts are too long for a cursor. */
struct place candle_place(const struct record *r);
int trade_place(const struct trade_row *row, struct place *ret, struct err *e) MUST_CHECK;
int symbol_place(const struct symbol_row *row, struct place *ret, struct err *e) MUST_CHECK;

/* --- questions: NULL with *e as pool_query(), and ERR_NOMEM ---------------------------------- */

struct rows *query_candles(struct pool *pool, const char *exchange, const char *symbol,
                           const char *interval, const struct page *page, struct err *e);
struct rows *query_trades(struct pool *pool, const char *exchange, const char *symbol,
                          const struct page *page, struct err *e);
/* exchange: NULL for all. Of the page only limit and cursor count. */
struct rows *query_symbols(struct pool *pool, const char *exchange, const struct page *page,
                           struct err *e);

/* --- names ----------------------------------------------------------------------------------- */

enum resolution {
    RESOLVED,
    RESOLVED_NO_EXCHANGE, /* names: the exchanges there are */
    RESOLVED_NO_SYMBOL,   /* names: symbols like it */
    RESOLVED_AMBIGUOUS,   /* names: the symbols it may mean */
};

enum { RESOLVED_NAMES_MAX = 16, RESOLVED_NAME = SYMBOL_TEXT_MAX + 1 };

struct resolved {
    enum resolution is;
    char exchange[RESOLVED_NAME];
    char symbol[RESOLVED_NAME];
    char names[RESOLVED_NAMES_MAX][RESOLVED_NAME];
    int n_names;
};

/* What a client's words for exchange and symbol mean. Errors as pool_query(), and ERR_NOMEM. */
int query_resolve(struct pool *pool, const char *exchange, const char *symbol, struct resolved *ret,
                  struct err *e) MUST_CHECK;
int query_resolve_exchange(struct pool *pool, const char *exchange, struct resolved *ret,
                           struct err *e) MUST_CHECK;

/* Whether the database answers and has our tables: 0, or -1 as pool_query() (ERR_STATE: it lacks
 * them). */
int query_check(struct pool *pool, struct err *e) MUST_CHECK;

#endif
