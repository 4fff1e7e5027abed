#include "rows.h"

#include <stdio.h>
#include <string.h>

WORD_COLUMN(side, SIDE_COUNT)
WORD_COLUMN(trade_origin, TRADE_ORIGIN_COUNT)

int rows_trade(const struct rows *rows, int i, struct trade_row *ret, struct err *e)
{
    struct columns c = rows_columns(rows, i);
    struct trade v = {0};
    v.exchange = column_text(&c);
    v.symbol = column_text(&c);
    v.trade_id = column_text(&c);
    v.has_sequence = column_int_or_null(&c, &v.sequence);
    v.price = column_decimal(&c);
    v.amount = column_decimal(&c);
    v.side = side_of(column_text(&c));
    v.exchange_time_us = column_int(&c);
    v.receive_time_us = column_int(&c);
    v.origin = trade_origin_of(column_text(&c));
    int32_t partition = column_int32(&c);
    int64_t offset = column_int(&c);
    if (columns_check(&c, e) != 0)
        return err_prefix(e, "trade of the database");
    *ret = (struct trade_row){{.type = RECORD_TRADE, .trade = v}, partition, offset};
    return 0;
}

int rows_symbol(const struct rows *rows, int i, struct symbol_row *ret, struct err *e)
{
    struct columns c = rows_columns(rows, i);
    struct symbol_row v = {0};
    v.exchange = column_text(&c);
    v.symbol = column_text(&c);
    v.trades = column_int(&c);
    v.has_trade_times = column_int_or_null(&c, &v.first_trade_time_us);
    (void)column_int_or_null(&c, &v.last_trade_time_us);
    v.has_instrument = column_text_or_null(&c, &v.native_symbol);
    (void)column_text_or_null(&c, &v.status);
    v.has_tick_size = column_decimal_or_null(&c, &v.tick_size);
    v.has_lot_size = column_decimal_or_null(&c, &v.lot_size);
    (void)column_int_or_null(&c, &v.update_time_us);
    if (columns_check(&c, e) != 0)
        return err_prefix(e, "symbol of the database");
    *ret = v;
    return 0;
}

/* --- places ---------------------------------------------------------------------------------- */

static int fit_text(int n, const struct place *p, struct err *e)
{
    if (n < 0 || n >= (int)sizeof(p->text))
        return err_set(e, ERR_PROTO, "too long for a cursor: \"%s…\"", p->text);
    return 0;
}

int trade_place(const struct trade_row *row, struct place *ret, struct err *e)
{
    const struct trade *t = &row->record.trade;
    struct place p = {.time_us = t->exchange_time_us,
                      .sequence = t->has_sequence ? t->sequence : 0,
                      .partition = row->partition,
                      .offset = row->offset};
    int n = snprintf(p.text, sizeof(p.text), "%.*s", SLICE_ARG(t->trade_id));
    if (fit_text(n, &p, e) != 0)
        return -1;
    *ret = p;
    return 0;
}

int names_place(struct slice exchange, struct slice symbol, struct place *ret, struct err *e)
{
    struct place p = {0};
    int n = snprintf(p.text, sizeof(p.text), "%.*s|%.*s", SLICE_ARG(exchange), SLICE_ARG(symbol));
    if (fit_text(n, &p, e) != 0)
        return -1;
    *ret = p;
    return 0;
}

/* --- questions ------------------------------------------------------------------------------- */

struct rows *query_trades(struct pool *pool, const char *exchange, const char *symbol,
                          const struct page *page, struct err *e)
{
    const struct place *after = &page->after;
    bool newest = page_is_newest(page);
    struct binds b = {0};
    bind_text(&b, exchange);
    bind_text(&b, symbol);
    bind_time(&b,
              page->has_after && after->time_us > page->start_us ? after->time_us : page->start_us);
    bind_time(&b, page->end_us);
    bind_int(&b, page_rows_wanted(page));
    if (!page->has_after)
        return rows_run(pool, newest ? &statement_trades_last : &statement_trades_first, &b,
                        page->limit, newest, e);
    bind_time(&b, after->time_us);
    bind_int(&b, after->sequence);
    bind_text(&b, after->text);
    bind_int(&b, after->partition);
    bind_int(&b, after->offset);
    return rows_run(pool, &statement_trades_after, &b, page->limit, false, e);
}

struct rows *query_symbols(struct pool *pool, const char *exchange, const struct page *page,
                           struct err *e)
{
    struct names_after after;
    struct binds b = {0};
    bind_text(&b, exchange);
    bind_names_after(&b, page, &after);
    bind_int(&b, page->limit + 1);
    return rows_run(pool, &statement_symbols, &b, page->limit, false, e);
}

int query_check(struct pool *pool, struct err *e)
{
    struct binds none = {0};
    PGresult *rows = pool_query(pool, &statement_check, &none, e);
    if (!rows)
        return -1;
    bool there = PQntuples(rows) == 1 && strcmp(PQgetvalue(rows, 0, 0), "t") == 0;
    PQclear(rows);
    if (!there)
        return err_set(e, ERR_STATE, "the database lacks our tables: run cw-migrate up");
    return 0;
}
