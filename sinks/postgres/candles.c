#include "candles.h"

struct candles {
    struct rows rows; /* first: rows.h's functions take it for the whole */
    struct copy copy;
};

enum { COLUMNS = 28 };

#define KEY "exchange, symbol, interval, open_time"
#define COLUMN_LIST                                                                                \
    KEY ", close_time, open, high, low, close, volume, quote_volume, buy_volume, trades, vwap,"    \
        " first_trade_id, last_trade_id, status, coverage, missing, revision, reason, origin,"     \
        " trades_partition, trades_first_offset, trades_last_offset, partition, \"offset\","       \
        " record_time"

/* What a newer record sets: everything but the key. */
#define NEWER                                                                                      \
    " close_time = excluded.close_time, open = excluded.open, high = excluded.high,"               \
    " low = excluded.low, close = excluded.close, volume = excluded.volume,"                       \
    " quote_volume = excluded.quote_volume, buy_volume = excluded.buy_volume,"                     \
    " trades = excluded.trades, vwap = excluded.vwap, first_trade_id = excluded.first_trade_id,"   \
    " last_trade_id = excluded.last_trade_id, status = excluded.status,"                           \
    " coverage = excluded.coverage, missing = excluded.missing, revision = excluded.revision,"     \
    " reason = excluded.reason, origin = excluded.origin,"                                         \
    " trades_partition = excluded.trades_partition,"                                               \
    " trades_first_offset = excluded.trades_first_offset,"                                         \
    " trades_last_offset = excluded.trades_last_offset, partition = excluded.partition,"           \
    " \"offset\" = excluded.\"offset\", record_time = excluded.record_time"

static const char session[] = "CREATE TEMP TABLE candle_in (LIKE candle) ON COMMIT DELETE ROWS";

static const char copy_candles[] = "COPY candle_in (" COLUMN_LIST ") FROM STDIN (FORMAT binary)";

/* Of several records of one window the greatest (revision, offset) counts, in a batch as in the
 * table. In the order of the keys, so that two instances wait for each other, not for ever. */
static const char merge_candles[] =
    "INSERT INTO candle AS c (" COLUMN_LIST ")"
    " SELECT DISTINCT ON (" KEY ") " COLUMN_LIST " FROM candle_in"
    " ORDER BY " KEY ", revision DESC, \"offset\" DESC"
    " ON CONFLICT (" KEY ") DO UPDATE SET" NEWER
    " WHERE (excluded.revision, excluded.\"offset\") > (c.revision, c.\"offset\")";

/* A revision that comes twice is one whose candles were folded again, from no state: the later one
 * is what the topic says. */
static const char merge_revisions[] =
    "INSERT INTO candle_revision AS c (" COLUMN_LIST ")"
    " SELECT DISTINCT ON (" KEY ", revision) " COLUMN_LIST " FROM candle_in WHERE revision > 0"
    " ORDER BY " KEY ", revision, \"offset\" DESC"
    " ON CONFLICT (" KEY ", revision) DO UPDATE SET" NEWER
    " WHERE excluded.\"offset\" > c.\"offset\"";

/* --- life ------------------------------------------------------------------------------------ */

static void init(struct rows *rows)
{
    ((struct candles *)rows)->copy = (struct copy)COPY_INIT(ROWS_BYTES_MAX);
}

static void finish(struct rows *rows)
{
    copy_finish(&((struct candles *)rows)->copy);
}

static void clear(struct rows *rows)
{
    copy_reset(&((struct candles *)rows)->copy);
}

/* --- records --------------------------------------------------------------------------------- */

static void add_values(struct copy *rows, const struct candle *d)
{
    copy_decimal_or_null(rows, d->has_open, d->open);
    copy_decimal_or_null(rows, d->has_high, d->high);
    copy_decimal_or_null(rows, d->has_low, d->low);
    copy_decimal_or_null(rows, d->has_close, d->close);
    copy_decimal(rows, d->volume);
    copy_decimal(rows, d->quote_volume);
    copy_decimal(rows, d->buy_volume);
    copy_bigint(rows, d->trades);
    copy_decimal_or_null(rows, d->has_vwap, d->vwap);
    copy_text_or_null(rows, d->has_first_trade_id, d->first_trade_id);
    copy_text_or_null(rows, d->has_last_trade_id, d->last_trade_id);
}

static void add_lineage(struct copy *rows, const struct candle *d, const struct kafka_message *m)
{
    copy_int_or_null(rows, d->has_partition, d->partition);
    copy_bigint_or_null(rows, d->has_first_offset, d->first_offset);
    copy_bigint_or_null(rows, d->has_last_offset, d->last_offset);
    copy_int(rows, m->partition);
    copy_bigint(rows, m->offset);
    rows_add_record_time(rows, m);
}

static int add_row(struct copy *rows, const struct candle *d, const struct kafka_message *m,
                   struct err *e)
{
    copy_row(rows, COLUMNS);
    copy_text(rows, d->exchange);
    copy_text(rows, d->symbol);
    copy_text(rows, d->interval);
    copy_time(rows, d->open_time_us);
    copy_time(rows, d->close_time_us);
    add_values(rows, d);
    copy_text(rows, slice_of(candle_status_name(d->status)));
    copy_text(rows, slice_of(coverage_name(d->coverage)));
    copy_bigint_or_null(rows, d->has_missing, d->missing);
    copy_int(rows, d->revision);
    copy_text_or_null(rows, d->has_reason, slice_of(revision_reason_name(d->reason)));
    copy_text(rows, slice_of(candle_origin_name(d->origin)));
    add_lineage(rows, d, m);
    return copy_row_end(rows, e);
}

static int put(struct rows *rows, const struct record *r, const struct kafka_message *m,
               struct err *e)
{
    const struct candle *d = &r->candle;
    if ((slice_is(d->interval, "1s") &&
         rows_need_day(rows, d->open_time_us, "candle of 1s: open_time", e) != 0) ||
        add_row(&((struct candles *)rows)->copy, d, m, e) != 0)
        return -1;
    rows->n++;
    rows_newest(rows, d->open_time_us);
    return 0;
}

/* --- writing --------------------------------------------------------------------------------- */

static int write_all(struct rows *rows, struct db *db, struct err *e)
{
    struct candles *c = (struct candles *)rows;
    if (c->copy.n_rows == 0)
        return 0;
    if (rows_copy(&c->copy, db, copy_candles, e) != 0 || db_exec(db, merge_candles, e) != 0)
        return -1;
    return db_exec(db, merge_revisions, e);
}

static const char *const by_day[] = {"candle_1s", "candle_revision_1s", NULL};

const struct table candles_table = {
    .name = "candle",
    .session = session,
    .takes = ROWS_TAKES(RECORD_CANDLE),
    .by_day = by_day,
    .size = sizeof(struct candles),
    .init = init,
    .finish = finish,
    .clear = clear,
    .put = put,
    .write = write_all,
};
