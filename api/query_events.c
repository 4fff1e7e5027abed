#include "query_events.h"

#include "rows.h"

WORD_COLUMN(feed_event, FEED_EVENT_COUNT)

/* --- rows ------------------------------------------------------------------------------------ */

int rows_gap(const struct rows *rows, int i, struct gap_row *ret, struct err *e)
{
    struct columns c = rows_columns(rows, i);
    struct gap_row v = {0};
    v.exchange = column_text(&c);
    v.symbol = column_text(&c);
    v.has_first_id = column_int_or_null(&c, &v.first_id);
    v.has_last_id = column_int_or_null(&c, &v.last_id);
    v.has_from_time = column_int_or_null(&c, &v.from_time_us);
    v.has_to_time = column_int_or_null(&c, &v.to_time_us);
    v.has_missing = column_int_or_null(&c, &v.missing);
    v.given_up = column_int(&c);
    v.state = column_text(&c);
    v.has_reason = column_text_or_null(&c, &v.reason);
    v.open_time_us = column_int(&c);
    v.update_time_us = column_int(&c);
    v.partition = column_int32(&c);
    v.offset = column_int(&c);
    if (columns_check(&c, e) != 0)
        return err_prefix(e, "gap of the database");
    *ret = v;
    return 0;
}

int rows_feed(const struct rows *rows, int i, struct trade_row *ret, struct err *e)
{
    struct columns c = rows_columns(rows, i);
    struct feed v = {0};
    v.exchange = column_text(&c);
    v.symbol = column_text(&c);
    v.event = feed_event_of(column_text(&c));
    v.has_first_id = column_int_or_null(&c, &v.first_id);
    v.has_last_id = column_int_or_null(&c, &v.last_id);
    v.has_from_time_us = column_int_or_null(&c, &v.from_time_us);
    v.has_to_time_us = column_int_or_null(&c, &v.to_time_us);
    v.receive_time_us = column_int(&c);
    v.has_reason = column_text_or_null(&c, &v.reason);
    int32_t partition = column_int32(&c);
    int64_t offset = column_int(&c);
    if (columns_check(&c, e) != 0)
        return err_prefix(e, "feed record of the database");
    *ret = (struct trade_row){{.type = RECORD_FEED, .feed = v}, partition, offset};
    return 0;
}

struct place gap_place(const struct gap_row *row)
{
    return (struct place){.time_us = row->has_from_time ? row->from_time_us : row->open_time_us,
                          .partition = row->partition,
                          .offset = row->offset};
}

struct place feed_place(const struct trade_row *row)
{
    return (struct place){.time_us = row->record.feed.receive_time_us,
                          .partition = row->partition,
                          .offset = row->offset};
}

/* --- questions ------------------------------------------------------------------------------- */

static struct rows *query_events(struct pool *pool, const struct list_statements *st,
                                 const struct event_filter *filter, const struct page *page,
                                 struct err *e)
{
    bool newest = page_is_newest(page);
    struct binds b = {0};
    bind_text(&b, filter->exchange);
    bind_text(&b, filter->symbol);
    bind_text(&b, filter->word);
    bind_time(&b, page->start_us);
    bind_time(&b, page->end_us);
    bind_int(&b, page_rows_wanted(page));
    if (!page->has_after)
        return rows_run(pool, newest ? &st->last : &st->first, &b, page->limit, newest, e);
    bind_time(&b, page->after.time_us);
    bind_int(&b, page->after.partition);
    bind_int(&b, page->after.offset);
    return rows_run(pool, &st->after, &b, page->limit, false, e);
}

struct rows *query_gaps(struct pool *pool, const struct event_filter *filter,
                        const struct page *page, struct err *e)
{
    return query_events(pool, &statements_gaps, filter, page, e);
}

struct rows *query_feeds(struct pool *pool, const struct event_filter *filter,
                         const struct page *page, struct err *e)
{
    return query_events(pool, &statements_feeds, filter, page, e);
}
