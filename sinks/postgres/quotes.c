#include "quotes.h"

#include "newest.h"
#include "ticks.h"

struct quotes {
    struct rows rows; /* first: rows.h's functions take it for the whole */
    struct copy quotes;
    struct copy latest;
    struct newest newest; /* of struct quote_row, by exchange and symbol */
    struct ticks ticks;
};

struct quote_row {
    struct quote quote;
    int32_t partition;
    int64_t offset;
};

#define COLUMN_LIST                                                                                \
    "exchange, symbol, bid, bid_amount, ask, ask_amount, state, exchange_time, receive_time,"      \
    " epoch, partition, \"offset\""

enum { COLUMNS = 12 };

static const char session[] =
    TICKS_SESSION "CREATE TEMP TABLE latest_quote_in (LIKE latest_quote) ON COMMIT DELETE ROWS";

static const char copy_quotes[] = "COPY quote (" COLUMN_LIST ") FROM STDIN (FORMAT binary)";
static const char copy_latest[] =
    "COPY latest_quote_in (" COLUMN_LIST ") FROM STDIN (FORMAT binary)";

/* In order, so that two instances with symbols in common wait for each other, not for ever. */
static const char merge_latest[] =
    "INSERT INTO latest_quote AS q (" COLUMN_LIST ")"
    " SELECT " COLUMN_LIST " FROM latest_quote_in ORDER BY exchange, symbol"
    " ON CONFLICT (exchange, symbol) DO UPDATE SET"
    " bid = excluded.bid, bid_amount = excluded.bid_amount, ask = excluded.ask,"
    " ask_amount = excluded.ask_amount, state = excluded.state,"
    " exchange_time = excluded.exchange_time, receive_time = excluded.receive_time,"
    " epoch = excluded.epoch, partition = excluded.partition, \"offset\" = excluded.\"offset\""
    " WHERE (excluded.epoch, excluded.\"offset\") > (q.epoch, q.\"offset\")";

/* --- life ------------------------------------------------------------------------------------ */

static void init(struct rows *rows)
{
    struct quotes *q = (struct quotes *)rows;
    q->quotes = (struct copy)COPY_INIT(ROWS_BYTES_MAX);
    q->latest = (struct copy)COPY_INIT(ROWS_BYTES_MAX);
    q->newest = (struct newest)NEWEST_INIT(sizeof(struct quote_row));
    q->ticks = (struct ticks)TICKS_INIT;
}

static void finish(struct rows *rows)
{
    struct quotes *q = (struct quotes *)rows;
    copy_finish(&q->quotes);
    copy_finish(&q->latest);
    newest_finish(&q->newest);
    ticks_finish(&q->ticks);
}

static void clear(struct rows *rows)
{
    struct quotes *q = (struct quotes *)rows;
    copy_reset(&q->quotes);
    copy_reset(&q->latest);
    newest_clear(&q->newest);
    ticks_clear(&q->ticks);
}

/* --- records --------------------------------------------------------------------------------- */

static int add_row(struct copy *rows, const struct quote *d, int32_t partition, int64_t offset,
                   struct err *e)
{
    copy_row(rows, COLUMNS);
    copy_text(rows, d->exchange);
    copy_text(rows, d->symbol);
    copy_decimal_or_null(rows, d->has_bid, d->bid);
    copy_decimal_or_null(rows, d->has_bid_amount, d->bid_amount);
    copy_decimal_or_null(rows, d->has_ask, d->ask);
    copy_decimal_or_null(rows, d->has_ask_amount, d->ask_amount);
    copy_text(rows, slice_of(quote_state_name(d->state)));
    copy_time_or_null(rows, d->has_exchange_time_us, d->exchange_time_us);
    copy_time(rows, d->receive_time_us);
    copy_bigint(rows, d->epoch);
    copy_int(rows, partition);
    copy_bigint(rows, offset);
    return copy_row_end(rows, e);
}

/* So that a row of it, whenever it is made, is one. */
static int check(const struct quote *d, struct err *e)
{
    if (d->has_exchange_time_us &&
        rows_check_day(d->exchange_time_us, "quote: exchange_time", e) != 0)
        return -1;
    return rows_check_day(d->receive_time_us, "quote: receive_time", e);
}

static int keep(struct quotes *q, const struct quote *d, const struct kafka_message *m,
                struct err *e)
{
    if (rows_need_day(&q->rows, d->receive_time_us, "quote: receive_time", e) != 0)
        return -1;
    return add_row(&q->quotes, d, m->partition, m->offset, e);
}

static int put_quote(struct quotes *q, const struct quote *d, const struct kafka_message *m,
                     bool keep_all, struct err *e)
{
    const struct key key = {.parts = {d->exchange, d->symbol}};
    void *item = NULL;
    if (check(d, e) != 0 || (keep_all && keep(q, d, m, e) != 0))
        return -1;
    int r = newest_put(&q->newest, &key, d->epoch, m->offset, &item, e);
    if (r < 0)
        return -1;
    if (r == 1)
        *(struct quote_row *)item = (struct quote_row){*d, m->partition, m->offset};
    q->rows.n = keep_all ? q->quotes.n_rows : newest_count(&q->newest);
    rows_newest(&q->rows, d->receive_time_us);
    return 0;
}

static int put_record(struct rows *rows, const struct record *r, const struct kafka_message *m,
                      bool keep_all, struct err *e)
{
    struct quotes *q = (struct quotes *)rows;
    if (r->type == RECORD_QUOTE)
        return put_quote(q, &r->quote, m, keep_all, e);
    if (r->type == RECORD_TICK)
        return ticks_put(&q->ticks, &r->tick, m, e);
    return 1; /* rates are nobody's quotes */
}

static int put_all(struct rows *rows, const struct record *r, const struct kafka_message *m,
                   struct err *e)
{
    return put_record(rows, r, m, true, e);
}

static int put_latest(struct rows *rows, const struct record *r, const struct kafka_message *m,
                      struct err *e)
{
    return put_record(rows, r, m, false, e);
}

static int has(struct db *db, const struct record *r, const struct kafka_message *m, struct err *e)
{
    if (r->type != RECORD_QUOTE)
        return 0;
    return rows_find(db,
                     "SELECT FROM quote WHERE exchange = $1 AND symbol = $2 AND receive_time = $3"
                     " AND partition = $4 AND \"offset\" = $5",
                     &(struct rows_place){
                         {r->quote.exchange, r->quote.symbol}, 2, {r->quote.receive_time_us}, 1},
                     m, e);
}

/* --- writing --------------------------------------------------------------------------------- */

static int write_latest(struct quotes *q, struct db *db, struct err *e)
{
    copy_reset(&q->latest);
    for (size_t i = 0; i < newest_count(&q->newest); i++) {
        const struct quote_row *row = newest_get(&q->newest, i);
        if (add_row(&q->latest, &row->quote, row->partition, row->offset, e) != 0)
            return -1;
    }
    if (q->latest.n_rows == 0)
        return 0;
    return rows_copy(&q->latest, db, copy_latest, e) == 0 ? db_exec(db, merge_latest, e) : -1;
}

static int write_all(struct rows *rows, struct db *db, struct err *e)
{
    struct quotes *q = (struct quotes *)rows;
    if (rows_copy(&q->quotes, db, copy_quotes, e) != 0 || write_latest(q, db, e) != 0)
        return -1;
    return ticks_write(&q->ticks, "quotes", db, e);
}

static const char *const by_day[] = {"quote", NULL};

/* The two differ in what they keep of a record; days that are there already grow old in both. */
#define QUOTES_TABLE(put_)                                                                         \
    {                                                                                              \
        .name = "quote", .session = session,                                                       \
        .takes = ROWS_TAKES(RECORD_QUOTE) | ROWS_TAKES(RECORD_TICK) | ROWS_TAKES(RECORD_RATE),     \
        .by_day = by_day, .size = sizeof(struct quotes), .init = init, .finish = finish,           \
        .clear = clear, .put = (put_), .has = has, .write = write_all,                             \
    }

const struct table quotes_table = QUOTES_TABLE(put_all);
const struct table latest_quotes_table = QUOTES_TABLE(put_latest);
