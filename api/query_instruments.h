/**
 * Questions about what may be traded: instruments as they were at a time, and assets.
 *
 *     struct instrument_filter filter = {"okx", "", "trading", .at_us = INT64_MAX};
 *     struct rows *rows = query_instruments(pool, &filter, &page, &e);
 *     struct instrument_row listed;
 *     for (int i = 0; i < rows_count(rows); i++)
 *         if (rows_instrument(rows, i, &listed, &e) != 0) ...
 *     rows_close(rows);
 *
 * Rows ascend: instruments by (exchange, symbol, from_time), assets by their bytes.
 * Threads: any; a struct rows belongs to one thread at a time.
 */
#ifndef CANDLEWICK_QUERY_INSTRUMENTS_H
#define CANDLEWICK_QUERY_INSTRUMENTS_H

#include "query.h"

/* What an exchange said of a symbol, and for how long that was so. */
struct instrument_row {
    struct slice exchange;
    struct slice symbol;
    struct slice native_symbol;
    struct slice base;
    struct slice quote;
    struct slice status;
    bool has_tick_size;
    struct decimal tick_size;
    bool has_lot_size;
    struct decimal lot_size;
    int64_t from_time_us;
    bool has_to_time; /* false: it is still so */
    int64_t to_time_us;
    int32_t partition; /* of the record that said it first, in the topic instruments */
    int64_t offset;
};
int rows_instrument(const struct rows *rows, int i, struct instrument_row *ret,
                    struct err *e) MUST_CHECK;

/* An asset, and how many known symbols have it as base or quote. */
struct asset_row {
    struct slice asset;
    int64_t symbols;
};
int rows_asset(const struct rows *rows, int i, struct asset_row *ret, struct err *e) MUST_CHECK;

/* The order key of a row. ERR_PROTO: its texts are too long for a cursor. */
int instrument_place(const struct instrument_row *row, struct place *ret, struct err *e) MUST_CHECK;
int asset_place(const struct asset_row *row, struct place *ret, struct err *e) MUST_CHECK;

struct instrument_filter {
    const char *exchange; /* "" is any, as below */
    const char *symbol;
    const char *status;
    int64_t at_us; /* INT64_MAX: now, and ever */
    bool history;  /* also all that ended by then */
};
/* NULL with *e as pool_query(), and ERR_NOMEM. Of the page only limit and cursor count. */
struct rows *query_instruments(struct pool *pool, const struct instrument_filter *filter,
                               const struct page *page, struct err *e);
/* Those of array, a text array of PostgreSQL, and those of known symbols. The same. */
struct rows *query_assets(struct pool *pool, const char *array, const struct page *page,
                          struct err *e);

#endif
