/**
 * Questions about gaps and feed records.
 *
 *     struct event_filter filter = {"binance", "", "open"};
 *     struct rows *rows = query_gaps(pool, &filter, &page, &e);
 *     struct gap_row gap;
 *     for (int i = 0; i < rows_count(rows); i++)
 *         if (rows_gap(rows, i, &gap, &e) != 0) ...
 *     rows_close(rows);
 *
 * Rows ascend: gaps by (from_time, else open_time, partition, offset), feed records by (receive
 * time, partition, offset). A page that says neither start nor cursor holds the newest rows.
 * Threads: any; a struct rows belongs to one thread at a time.
 */
#ifndef CANDLEWICK_QUERY_EVENTS_H
#define CANDLEWICK_QUERY_EVENTS_H

#include "query.h"

struct gap_row {
    struct slice exchange;
    struct slice symbol;
    bool has_first_id;
    int64_t first_id;
    bool has_last_id;
    int64_t last_id;
    bool has_from_time;
    int64_t from_time_us;
    bool has_to_time;
    int64_t to_time_us;
    bool has_missing;
    int64_t missing;
    int64_t given_up;
    struct slice state;
    bool has_reason;
    struct slice reason;
    int64_t open_time_us;
    int64_t update_time_us;
    int32_t partition;
    int64_t offset;
};
int rows_gap(const struct rows *rows, int i, struct gap_row *ret, struct err *e) MUST_CHECK;

/* A feed record. */
int rows_feed(const struct rows *rows, int i, struct trade_row *ret, struct err *e) MUST_CHECK;

/* The order key of a row. */
struct place gap_place(const struct gap_row *row);
struct place feed_place(const struct trade_row *row);

/* What gaps and feed records are looked for; "" is any. */
struct event_filter {
    const char *exchange;
    const char *symbol;
    const char *word; /* state of a gap, event of a feed record */
};
/* NULL with *e as pool_query(), and ERR_NOMEM. Gaps whose time, from_time to to_time, touches the
 * page's range. */
struct rows *query_gaps(struct pool *pool, const struct event_filter *filter,
                        const struct page *page, struct err *e);
/* Feed records by receive_time. */
struct rows *query_feeds(struct pool *pool, const struct event_filter *filter,
                         const struct page *page, struct err *e);

#endif
