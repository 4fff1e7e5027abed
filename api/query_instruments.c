#include "query_instruments.h"

#include "rows.h"

#include <stdio.h>

/* --- rows ------------------------------------------------------------------------------------ */

int rows_instrument(const struct rows *rows, int i, struct instrument_row *ret, struct err *e)
{
    struct columns c = rows_columns(rows, i);
    struct instrument_row v = {0};
    v.exchange = column_text(&c);
    v.symbol = column_text(&c);
    v.native_symbol = column_text(&c);
    v.base = column_text(&c);
    v.quote = column_text(&c);
    v.status = column_text(&c);
    v.has_tick_size = column_decimal_or_null(&c, &v.tick_size);
    v.has_lot_size = column_decimal_or_null(&c, &v.lot_size);
    v.from_time_us = column_int(&c);
    v.has_to_time = column_int_or_null(&c, &v.to_time_us);
    v.partition = column_int32(&c);
    v.offset = column_int(&c);
    if (columns_check(&c, e) != 0)
        return err_prefix(e, "instrument of the database");
    *ret = v;
    return 0;
}

int rows_asset(const struct rows *rows, int i, struct asset_row *ret, struct err *e)
{
    struct columns c = rows_columns(rows, i);
    struct asset_row v = {0};
    v.asset = column_text(&c);
    v.symbols = column_int(&c);
    if (columns_check(&c, e) != 0)
        return err_prefix(e, "asset of the database");
    *ret = v;
    return 0;
}

int instrument_place(const struct instrument_row *row, struct place *ret, struct err *e)
{
    if (names_place(row->exchange, row->symbol, ret, e) != 0)
        return -1;
    ret->time_us = row->from_time_us;
    return 0;
}

int asset_place(const struct asset_row *row, struct place *ret, struct err *e)
{
    struct place p = {0};
    if (row->asset.len >= sizeof(p.text))
        return err_set(e, ERR_PROTO, "too long for a cursor: \"%.60s…\"", row->asset.data);
    memcpy(p.text, row->asset.data, row->asset.len);
    *ret = p;
    return 0;
}

/* --- questions ------------------------------------------------------------------------------- */

struct rows *query_instruments(struct pool *pool, const struct instrument_filter *filter,
                               const struct page *page, struct err *e)
{
    struct names_after after;
    struct binds b = {0};
    bind_text(&b, filter->exchange);
    bind_text(&b, filter->symbol);
    bind_text(&b, filter->status);
    bind_time(&b, filter->at_us);
    bind_int(&b, filter->history);
    bind_names_after(&b, page, &after);
    /* one row of each symbol: none follows it, also where its period changed since the last page */
    bind_time(&b, filter->history ? page->after.time_us : INT64_MAX);
    bind_int(&b, page->limit + 1);
    return rows_run(pool, &statement_instruments, &b, page->limit, false, e);
}

struct rows *query_assets(struct pool *pool, const char *array, const struct page *page,
                          struct err *e)
{
    struct binds b = {0};
    bind_text(&b, array);
    bind_text(&b, page->has_after ? page->after.text : "");
    bind_int(&b, page->limit + 1);
    return rows_run(pool, &statement_assets, &b, page->limit, false, e);
}
