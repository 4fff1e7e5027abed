#include "query_arbitrage.h"

#include "rows.h"

#include <stdio.h>

/* --- rows ------------------------------------------------------------------------------------ */

static void read_values(struct columns *c, struct opportunity_row *v)
{
    v->has_size = column_decimal_or_null(c, &v->size);
    v->has_gross_bps = column_decimal_or_null(c, &v->gross_bps);
    v->has_net_bps = column_decimal_or_null(c, &v->net_bps);
    v->has_peak_net_bps = column_decimal_or_null(c, &v->peak_net_bps);
    v->suspect = column_bool(c);
    v->has_open_time = column_int_or_null(c, &v->open_time_us);
    v->time_us = column_int(c);
    v->has_duration = column_int_or_null(c, &v->duration_us);
    v->has_reason = column_text_or_null(c, &v->reason);
    v->has_quotes_partition = column_int32_or_null(c, &v->quotes_partition);
    v->has_quotes_offset = column_int_or_null(c, &v->quotes_offset);
    v->has_open_size = column_decimal_or_null(c, &v->open_size);
    v->has_open_gross_bps = column_decimal_or_null(c, &v->open_gross_bps);
    v->has_open_net_bps = column_decimal_or_null(c, &v->open_net_bps);
}

int rows_opportunity(const struct rows *rows, int i, struct opportunity_row *ret, struct err *e)
{
    struct columns c = rows_columns(rows, i);
    struct opportunity_row v = {0};
    v.id = column_text(&c);
    v.kind = column_text(&c);
    v.state = column_text(&c);
    v.legs = column_text(&c);
    v.rates = column_text(&c);
    read_values(&c, &v);
    v.partition = column_int32(&c);
    v.offset = column_int(&c);
    if (columns_check(&c, e) != 0)
        return err_prefix(e, "opportunity of the database");
    *ret = v;
    return 0;
}

int opportunity_place(const struct opportunity_row *row, enum opportunities which,
                      struct place *ret, struct err *e)
{
    bool by_time = which == OPPORTUNITIES_WATCHING || !row->has_open_time;
    struct place p = {.time_us = by_time ? row->time_us : row->open_time_us};
    int n = snprintf(p.text, sizeof(p.text), "%.*s", SLICE_ARG(row->id));
    if (n < 0 || n >= (int)sizeof(p.text))
        return err_set(e, ERR_PROTO, "too long for a cursor: \"%s…\"", p.text);
    *ret = p;
    return 0;
}

struct place opportunity_event_place(const struct opportunity_row *row)
{
    return (struct place){.partition = row->partition, .offset = row->offset};
}

/* --- questions ------------------------------------------------------------------------------- */

static const struct list_statements *statements_of(enum opportunities which)
{
    switch (which) {
    case OPPORTUNITIES_OPEN:
        return &statements_open;
    case OPPORTUNITIES_CLOSED:
        return &statements_closed;
    case OPPORTUNITIES_WATCHING:
        return &statements_watching;
    case OPPORTUNITIES_ALL:
        break;
    }
    return &statements_opportunities;
}

struct rows *query_opportunities(struct pool *pool, const struct opportunity_filter *filter,
                                 const struct page *page, struct err *e)
{
    const struct list_statements *st = statements_of(filter->which);
    bool newest = page_is_newest(page);
    struct binds b = {0};
    bind_text(&b, filter->symbol);
    bind_text(&b, filter->exchange);
    bind_text(&b, filter->min_net_bps);
    bind_time(&b, page->start_us);
    bind_time(&b, page->end_us);
    bind_int(&b, page_rows_wanted(page));
    if (!page->has_after)
        return rows_run(pool, newest ? &st->last : &st->first, &b, page->limit, newest, e);
    bind_time(&b, page->after.time_us);
    bind_text(&b, page->after.text);
    return rows_run(pool, &st->after, &b, page->limit, false, e);
}

struct rows *query_opportunity(struct pool *pool, const char *id, struct err *e)
{
    struct binds b = {0};
    bind_text(&b, id);
    return rows_run(pool, &statement_opportunity, &b, 1, false, e);
}

struct rows *query_opportunity_events(struct pool *pool, const char *id, const struct page *page,
                                      struct err *e)
{
    struct binds b = {0};
    bind_text(&b, id);
    bind_int(&b, page->has_after ? page->after.partition : -1);
    bind_int(&b, page->has_after ? page->after.offset : -1);
    bind_int(&b, page->limit + 1);
    return rows_run(pool, &statement_opportunity_events, &b, page->limit, false, e);
}
