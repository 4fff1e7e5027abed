#include "query.h"

#include "columns.h"
#include "statements.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rows {
    PGresult *result;
    int n;         /* rows of the page */
    bool more;     /* the result holds one that the page does not */
    bool backward; /* the result descends */
};

/* --- rows ------------------------------------------------------------------------------------ */

int rows_count(const struct rows *rows)
{
    return rows->n;
}

bool rows_more(const struct rows *rows)
{
    return rows->more;
}

void rows_close(struct rows *rows)
{
    if (!rows)
        return;
    PQclear(rows->result);
    free(rows);
}

static struct columns columns_at(const struct rows *rows, int i)
{
    return columns_of(rows->result, rows->backward ? rows->n - 1 - i : i);
}

/* A word that a newer writer knows and we do not is "unknown", as in Avro. */
/* NOLINTBEGIN(bugprone-macro-parentheses): tag is part of names of types and functions. */
#define WORD_COLUMN(tag, COUNT)                                                                    \
    static enum tag tag##_of(struct slice word)                                                    \
    {                                                                                              \
        for (int i = 0; i < (COUNT); i++)                                                          \
            if (slice_is(word, tag##_name((enum tag)i)))                                           \
                return (enum tag)i;                                                                \
        return (enum tag)0;                                                                        \
    }
/* NOLINTEND(bugprone-macro-parentheses) */
WORD_COLUMN(side, SIDE_COUNT)
WORD_COLUMN(trade_origin, TRADE_ORIGIN_COUNT)
WORD_COLUMN(candle_status, CANDLE_STATUS_COUNT)
WORD_COLUMN(candle_origin, CANDLE_ORIGIN_COUNT)
WORD_COLUMN(coverage, COVERAGE_COUNT)
WORD_COLUMN(revision_reason, REVISION_REASON_COUNT)

int rows_candle(const struct rows *rows, int i, struct record *ret, struct err *e)
{
    struct columns c = columns_at(rows, i);
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

int rows_trade(const struct rows *rows, int i, struct trade_row *ret, struct err *e)
{
    struct columns c = columns_at(rows, i);
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
    struct columns c = columns_at(rows, i);
    struct symbol_row v;
    v.exchange = column_text(&c);
    v.symbol = column_text(&c);
    v.trades = column_int(&c);
    v.first_trade_time_us = column_int(&c);
    v.last_trade_time_us = column_int(&c);
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

struct place candle_place(const struct record *r)
{
    return (struct place){.time_us = r->candle.open_time_us};
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

int symbol_place(const struct symbol_row *row, struct place *ret, struct err *e)
{
    struct place p = {0};
    int n = snprintf(p.text, sizeof(p.text), "%.*s|%.*s", SLICE_ARG(row->exchange),
                     SLICE_ARG(row->symbol));
    if (fit_text(n, &p, e) != 0)
        return -1;
    *ret = p;
    return 0;
}

/* --- questions ------------------------------------------------------------------------------- */

/* Runs a statement that was bound to give one row more than the page, if there is one. */
static struct rows *run(struct pool *pool, const struct statement *st, const struct binds *b,
                        const struct page *page, bool backward, struct err *e)
{
    PGresult *result = pool_query(pool, st, b, e);
    if (!result)
        return NULL;
    struct rows *rows = calloc(1, sizeof(*rows));
    if (!rows) {
        PQclear(result);
        (void)err_set(e, ERR_NOMEM, "out of memory for rows");
        return NULL;
    }
    int n = PQntuples(result);
    rows->result = result;
    rows->n = n < page->limit ? n : page->limit;
    rows->backward = backward;
    rows->more = n > page->limit && !backward;
    return rows;
}

/* Nothing but newer rows may follow the newest page, so it asks for no row more. */
static int64_t rows_wanted(const struct page *page)
{
    return page_is_newest(page) ? page->limit : page->limit + 1;
}

struct rows *query_candles(struct pool *pool, const char *exchange, const char *symbol,
                           const char *interval, const struct page *page, struct err *e)
{
    bool newest = page_is_newest(page);
    int64_t from_us = page->start_us;
    if (page->has_after && page->after.time_us >= from_us)
        from_us = page->after.time_us + (page->after.time_us < INT64_MAX);
    struct binds b = {0};
    bind_text(&b, exchange);
    bind_text(&b, symbol);
    bind_text(&b, interval);
    bind_time(&b, from_us);
    bind_time(&b, page->end_us);
    bind_int(&b, rows_wanted(page));
    return run(pool, newest ? &statement_candles_last : &statement_candles_first, &b, page, newest,
               e);
}

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
    bind_int(&b, rows_wanted(page));
    if (!page->has_after)
        return run(pool, newest ? &statement_trades_last : &statement_trades_first, &b, page,
                   newest, e);
    bind_time(&b, after->time_us);
    bind_int(&b, after->sequence);
    bind_text(&b, after->text);
    bind_int(&b, after->partition);
    bind_int(&b, after->offset);
    return run(pool, &statement_trades_after, &b, page, false, e);
}

struct rows *query_symbols(struct pool *pool, const char *exchange, const struct page *page,
                           struct err *e)
{
    char after[PLACE_TEXT] = "";
    if (page->has_after)
        memcpy(after, page->after.text, sizeof(after));
    char *separator = strchr(after, '|');
    if (separator)
        *separator = '\0';
    struct binds b = {0};
    bind_text(&b, exchange ? exchange : "");
    bind_text(&b, after);
    bind_text(&b, separator ? separator + 1 : "");
    bind_int(&b, page->limit + 1);
    return run(pool, &statement_symbols, &b, page, false, e);
}
