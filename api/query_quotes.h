/**
 * Questions about the present: newest quotes, and the feeds of the exchanges.
 *
 *     struct rows *rows = query_quotes(pool, "binance", "BTC-USDT", &page, &e);
 *     struct quote_row quote;
 *     for (int i = 0; i < rows_count(rows); i++)
 *         if (rows_quote(rows, i, &quote, &e) != 0) ...
 *     rows_close(rows);
 *
 * Rows ascend by exchange and symbol, of one exchange `trades` before `quotes`.
 * Threads: any; a struct rows belongs to one thread at a time.
 */
#ifndef CANDLEWICK_QUERY_QUOTES_H
#define CANDLEWICK_QUERY_QUOTES_H

#include "feed_state.h"
#include "query.h"

/* The newest quote of a symbol, void where a newer owner of its partition has not yet written one;
 * and the newest tick of its exchange in that partition of quotes. */
struct quote_row {
    struct record record;
    int32_t partition;
    int64_t offset;
    bool has_tick;
    int64_t tick_time_us;
    bool alive;
};
int rows_quote(const struct rows *rows, int i, struct quote_row *ret, struct err *e) MUST_CHECK;

/* What is known of an exchange, and of its feed in one topic. */
struct exchange_row {
    struct slice exchange;
    int64_t symbols; /* known ones */
    bool has_last_trade_time;
    int64_t last_trade_time_us;
    bool has_topic; /* false: no tick of it is known, and nothing below counts */
    struct slice topic;
    struct feed_parts parts;
    int64_t tick_time_us; /* of the newest one */
};
int rows_exchange(const struct rows *rows, int i, struct exchange_row *ret,
                  struct err *e) MUST_CHECK;

/* --- questions: NULL with *e as pool_query(), and ERR_NOMEM ---------------------------------- */

/* exchange, symbol: "" for all. Of the page only limit and cursor count. */
struct rows *query_quotes(struct pool *pool, const char *exchange, const char *symbol,
                          const struct page *page, struct err *e);

/* One row for each exchange and topic. Parts whose newest tick is an hour or more older than their
 * exchange's newest do not count: nobody writes them any more. */
struct rows *query_exchanges(struct pool *pool, int64_t now_us, struct err *e);

#endif
