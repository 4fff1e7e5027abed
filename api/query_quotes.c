#include "query_quotes.h"

#include "rows.h"

WORD_COLUMN(quote_state, QUOTE_STATE_COUNT)

enum { EXCHANGE_ROWS_MAX = 1000 };

/* --- rows ------------------------------------------------------------------------------------ */

/* What is left of a quote whose writer was replaced. */
static struct quote voided(const struct quote *q)
{
    return (struct quote){.exchange = q->exchange,
                          .symbol = q->symbol,
                          .state = QUOTE_STATE_VOID,
                          .has_exchange_time_us = q->has_exchange_time_us,
                          .exchange_time_us = q->exchange_time_us,
                          .receive_time_us = q->receive_time_us,
                          .epoch = q->epoch};
}

int rows_quote(const struct rows *rows, int i, struct quote_row *ret, struct err *e)
{
    struct columns c = rows_columns(rows, i);
    struct quote_row row = {.record = {.type = RECORD_QUOTE}};
    struct quote v = {0};
    v.exchange = column_text(&c);
    v.symbol = column_text(&c);
    v.has_bid = column_decimal_or_null(&c, &v.bid);
    v.has_bid_amount = column_decimal_or_null(&c, &v.bid_amount);
    v.has_ask = column_decimal_or_null(&c, &v.ask);
    v.has_ask_amount = column_decimal_or_null(&c, &v.ask_amount);
    v.state = quote_state_of(column_text(&c));
    v.has_exchange_time_us = column_int_or_null(&c, &v.exchange_time_us);
    v.receive_time_us = column_int(&c);
    v.epoch = column_int(&c);
    row.partition = column_int32(&c);
    row.offset = column_int(&c);
    row.has_tick = column_int_or_null(&c, &row.tick_time_us);
    (void)column_bool_or_null(&c, &row.alive);
    bool superseded = false;
    (void)column_bool_or_null(&c, &superseded);
    if (columns_check(&c, e) != 0)
        return err_prefix(e, "quote of the database");
    row.record.quote = superseded ? voided(&v) : v;
    *ret = row;
    return 0;
}

int rows_exchange(const struct rows *rows, int i, struct exchange_row *ret, struct err *e)
{
    struct columns c = rows_columns(rows, i);
    struct exchange_row v = {0};
    v.exchange = column_text(&c);
    v.symbols = column_int(&c);
    v.has_last_trade_time = column_int_or_null(&c, &v.last_trade_time_us);
    v.has_topic = column_text_or_null(&c, &v.topic);
    if (v.has_topic) {
        v.parts.all = column_int(&c);
        v.parts.fresh = column_int(&c);
        v.parts.alive = column_int(&c);
        v.tick_time_us = column_int(&c);
    }
    if (columns_check(&c, e) != 0)
        return err_prefix(e, "exchange of the database");
    *ret = v;
    return 0;
}

/* --- questions ------------------------------------------------------------------------------- */

struct rows *query_quotes(struct pool *pool, const char *exchange, const char *symbol,
                          const struct page *page, struct err *e)
{
    struct names_after after;
    struct binds b = {0};
    bind_text(&b, exchange);
    bind_text(&b, symbol);
    bind_names_after(&b, page, &after);
    bind_int(&b, page->limit + 1);
    return rows_run(pool, &statement_quotes, &b, page->limit, false, e);
}

struct rows *query_exchanges(struct pool *pool, int64_t now_us, struct err *e)
{
    struct binds b = {0};
    bind_time(&b, now_us - FEED_FRESH_US);
    bind_int(&b, EXCHANGE_ROWS_MAX + 1);
    return rows_run(pool, &statement_exchange_feeds, &b, EXCHANGE_ROWS_MAX, false, e);
}
