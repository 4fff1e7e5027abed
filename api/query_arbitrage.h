/**
 * Questions about arbitrage.
 *
 *     struct opportunity_filter filter = {OPPORTUNITIES_OPEN, "BTC-USDT", "", "5"};
 *     struct rows *rows = query_opportunities(pool, &filter, &page, &e);
 *     struct opportunity_row o;
 *     for (int i = 0; i < rows_count(rows); i++)
 *         if (rows_opportunity(rows, i, &o, &e) != 0) ...
 *     rows_close(rows);
 *
 * Opportunities ascend by (open_time, id), watching ones by (time, id). A page that says neither
 * start nor cursor holds the newest rows.
 * Threads: any; a struct rows belongs to one thread at a time.
 */
#ifndef CANDLEWICK_QUERY_ARBITRAGE_H
#define CANDLEWICK_QUERY_ARBITRAGE_H

#include "query.h"

/* A record of the topic arbitrage; of an opportunity as a whole its last one, and what it opened
 * with. */
struct opportunity_row {
    struct slice id;
    struct slice kind;
    struct slice state;
    struct slice legs;  /* JSON */
    struct slice rates; /* JSON */
    bool has_size;
    struct decimal size;
    bool has_gross_bps;
    struct decimal gross_bps;
    bool has_net_bps;
    struct decimal net_bps;
    bool has_peak_net_bps;
    struct decimal peak_net_bps;
    bool suspect;
    bool has_open_time;
    int64_t open_time_us;
    int64_t time_us;
    bool has_duration;
    int64_t duration_us;
    bool has_reason;
    struct slice reason;
    bool has_quotes_partition; /* where in quotes the record lies that caused it */
    int32_t quotes_partition;
    bool has_quotes_offset;
    int64_t quotes_offset;
    bool has_open_size;
    struct decimal open_size;
    bool has_open_gross_bps;
    struct decimal open_gross_bps;
    bool has_open_net_bps;
    struct decimal open_net_bps;
    int32_t partition; /* of the record itself */
    int64_t offset;
};
int rows_opportunity(const struct rows *rows, int i, struct opportunity_row *ret,
                     struct err *e) MUST_CHECK;

enum opportunities {
    OPPORTUNITIES_OPEN,
    OPPORTUNITIES_CLOSED,
    OPPORTUNITIES_ALL, /* open and closed */
    OPPORTUNITIES_WATCHING,
};

struct opportunity_filter {
    enum opportunities which;
    const char *symbol;      /* a leg's, "" for any */
    const char *exchange;    /* a leg's, "" for any */
    const char *min_net_bps; /* of a closed one at its peak, else now; decimal text, "" for any */
};

/* The order key of a row. ERR_PROTO: its id is too long for a cursor. */
int opportunity_place(const struct opportunity_row *row, enum opportunities which,
                      struct place *ret, struct err *e) MUST_CHECK;
struct place opportunity_event_place(const struct opportunity_row *row);

/* NULL with *e as pool_query(), and ERR_NOMEM. */
struct rows *query_opportunities(struct pool *pool, const struct opportunity_filter *filter,
                                 const struct page *page, struct err *e);
/* The one of this id, if there is one. */
struct rows *query_opportunity(struct pool *pool, const char *id, struct err *e);
/* The records of its life, the first one first. Of the page only limit and cursor count. */
struct rows *query_opportunity_events(struct pool *pool, const char *id, const struct page *page,
                                      struct err *e);

#endif
