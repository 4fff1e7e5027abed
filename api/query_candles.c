#include "rows.h"

WORD_COLUMN(candle_status, CANDLE_STATUS_COUNT)
WORD_COLUMN(candle_origin, CANDLE_ORIGIN_COUNT)
WORD_COLUMN(coverage, COVERAGE_COUNT)
WORD_COLUMN(revision_reason, REVISION_REASON_COUNT)

/* --- rows ------------------------------------------------------------------------------------ */

int rows_candle(const struct rows *rows, int i, struct record *ret, struct err *e)
{
    struct columns c = rows_columns(rows, i);
    struct candle v = {0};
    struct slice reason = {0};
    v.exchange = column_text(&c);
    v.symbol = column_text(&c);
    v.interval = column_text(&c);
    v.open_time_us = column_int(&c);
    v.close_time_us = column_int(&c);
    v.has_open = column_decimal_or_null(&c, &v.open);
    v.has_high = column_decimal_or_null(&c, &v.high);
    v.has_low = column_decimal_or_null(&c, &v.low);
    v.has_close = column_decimal_or_null(&c, &v.close);
    v.volume = column_decimal(&c);
    v.quote_volume = column_decimal(&c);
    v.buy_volume = column_decimal(&c);
    v.trades = column_int(&c);
    v.has_vwap = column_decimal_or_null(&c, &v.vwap);
    v.has_first_trade_id = column_text_or_null(&c, &v.first_trade_id);
    v.has_last_trade_id = column_text_or_null(&c, &v.last_trade_id);
    v.status = candle_status_of(column_text(&c));
    v.coverage = coverage_of(column_text(&c));
    v.has_missing = column_int_or_null(&c, &v.missing);
    v.revision = column_int32(&c);
    v.has_reason = column_text_or_null(&c, &reason);
    v.reason = revision_reason_of(reason);
    v.origin = candle_origin_of(column_text(&c));
    v.has_partition = column_int32_or_null(&c, &v.partition);
    v.has_first_offset = column_int_or_null(&c, &v.first_offset);
    v.has_last_offset = column_int_or_null(&c, &v.last_offset);
    if (columns_check(&c, e) != 0)
        return err_prefix(e, "candle of the database");
    *ret = (struct record){.type = RECORD_CANDLE, .candle = v};
    return 0;
}

int rows_coverage(const struct rows *rows, int i, struct coverage_run *ret, struct err *e)
{
    struct columns c = rows_columns(rows, i);
    struct coverage_run v = {0};
    v.start_us = column_int(&c);
    v.end_us = column_int(&c);
    v.coverage = coverage_of(column_text(&c));
    v.windows = column_int(&c);
    v.has_missing = column_int_or_null(&c, &v.missing);
    if (columns_check(&c, e) != 0)
        return err_prefix(e, "coverage of the database");
    *ret = v;
    return 0;
}

/* --- questions ------------------------------------------------------------------------------- */

static bool is_now(const struct candle_key *key)
{
    return key->as_of_us == INT64_MAX;
}

/* $1 to $3; $4, where the key says a time, is as of when. */
static void bind_key(struct binds *b, const struct candle_key *key)
{
    bind_text(b, key->exchange);
    bind_text(b, key->symbol);
    bind_text(b, key->interval);
    if (!is_now(key))
        bind_time(b, key->as_of_us);
}

static const struct candle_statements *statements_of(const struct candle_key *key)
{
    return is_now(key) ? &candles_now : &candles_as_of;
}

struct rows *query_candles(struct pool *pool, const struct candle_key *key, const struct page *page,
                           struct err *e)
{
    const struct candle_statements *st = statements_of(key);
    bool newest = page_is_newest(page);
    struct binds b = {0};
    bind_key(&b, key);
    bind_time(&b, page_first_us(page));
    bind_time(&b, page->end_us);
    bind_int(&b, page_rows_wanted(page));
    return rows_run(pool, newest ? &st->last : &st->first, &b, page->limit, newest, e);
}

static int read_known(const PGresult *rows, struct known *ret, struct err *e)
{
    struct columns c = columns_of(rows, 0);
    struct known v = {0};
    int64_t close_us;
    v.windows.from_us = column_int(&c);
    close_us = column_int(&c);
    v.partition = column_int32(&c);
    v.windows.to_us = v.windows.from_us; /* nothing is closed yet */
    (void)column_int_or_null(&c, &v.windows.to_us);
    v.windows.length_us = close_us - v.windows.from_us;
    if (columns_check(&c, e) != 0)
        return err_prefix(e, "candle of the database");
    if (v.windows.length_us <= 0)
        return err_set(e, ERR_PROTO, "candle of the database: it closes before it opens");
    *ret = v;
    return 1;
}

int query_known(struct pool *pool, const struct candle_key *key, struct known *ret, struct err *e)
{
    struct binds b = {0};
    bind_key(&b, key);
    PGresult *rows = pool_query(pool, &statements_of(key)->known, &b, e);
    if (!rows)
        return -1;
    int r = PQntuples(rows) > 0 ? read_known(rows, ret, e) : 0;
    PQclear(rows);
    return r;
}

int query_close_before(struct pool *pool, const struct candle_key *key, int64_t time_us,
                       struct decimal *ret, struct err *e)
{
    struct binds b = {0};
    bind_key(&b, key);
    bind_time(&b, time_us);
    PGresult *rows = pool_query(pool, &statements_of(key)->close_before, &b, e);
    if (!rows)
        return -1;
    int r = 0;
    if (PQntuples(rows) > 0) {
        struct columns c = columns_of(rows, 0);
        struct decimal close = column_decimal(&c);
        r = columns_check(&c, e) == 0 ? 1 : err_prefix(e, "candle of the database");
        if (r > 0)
            *ret = close;
    }
    PQclear(rows);
    return r;
}

struct rows *query_coverage(struct pool *pool, const struct candle_key *key, int64_t from_us,
                            int64_t to_us, int limit, struct err *e)
{
    struct binds b = {0};
    bind_key(&b, key);
    bind_time(&b, from_us);
    bind_time(&b, to_us);
    bind_int(&b, limit);
    return rows_run(pool, &statements_of(key)->coverage, &b, limit, false, e);
}

struct rows *query_runs(struct pool *pool, const struct candle_key *key, int64_t from_us,
                        int64_t to_us, int limit, struct err *e)
{
    struct binds b = {0};
    bind_text(&b, key->exchange);
    bind_text(&b, key->symbol);
    bind_text(&b, key->interval);
    bind_time(&b, from_us);
    bind_time(&b, to_us);
    bind_int(&b, QUERY_RUNS_SCAN);
    bind_int(&b, limit + 1);
    return rows_run(pool, &statement_runs, &b, limit, false, e);
}
