#include "candles.h"

#include "copy.h"
#include "timefmt.h"
#include "winners.h"

#include <stdlib.h>

enum { COPY_LIMIT = 256 << 20, COLUMNS = 27 };

struct candles {
    struct store store; /* first: store.h's functions take it for the sink */
    struct winners winners;
    struct copy rows;
    int64_t newest_us;
};

#define COLUMN_LIST                                                                                \
    "exchange, symbol, interval, open_time, close_time, open, high, low, close, volume,"           \
    " quote_volume, buy_volume, trades, vwap, first_trade_id, last_trade_id, status, coverage,"    \
    " missing, revision, reason, origin, trades_partition, trades_first_offset,"                   \
    " trades_last_offset, partition, \"offset\""

static const char session[] = "CREATE TEMP TABLE candle_in (LIKE candle) ON COMMIT DELETE ROWS";

static const char copy_candles[] = "COPY candle_in (" COLUMN_LIST ") FROM STDIN (FORMAT binary)";

static const char merge_candles[] =
    "INSERT INTO candle AS c (" COLUMN_LIST ")"
    " SELECT " COLUMN_LIST " FROM candle_in ORDER BY exchange, symbol, interval, open_time"
    " ON CONFLICT (exchange, symbol, interval, open_time) DO UPDATE SET"
    " close_time = excluded.close_time, open = excluded.open, high = excluded.high,"
    " low = excluded.low, close = excluded.close, volume = excluded.volume,"
    " quote_volume = excluded.quote_volume, buy_volume = excluded.buy_volume,"
    " trades = excluded.trades, vwap = excluded.vwap, first_trade_id = excluded.first_trade_id,"
    " last_trade_id = excluded.last_trade_id, status = excluded.status,"
    " coverage = excluded.coverage, missing = excluded.missing, revision = excluded.revision,"
    " reason = excluded.reason, origin = excluded.origin,"
    " trades_partition = excluded.trades_partition,"
    " trades_first_offset = excluded.trades_first_offset,"
    " trades_last_offset = excluded.trades_last_offset, partition = excluded.partition,"
    " \"offset\" = excluded.\"offset\""
    " WHERE (excluded.revision, excluded.\"offset\") > (c.revision, c.\"offset\")";

/* --- buffering ------------------------------------------------------------------------------- */

static bool wanted(const struct kafka_message *m)
{
    (void)m; /* a tombstone is not asked about; everything else is a candle */
    return true;
}

static int put(void *sink, const struct kafka_message *m, struct err *e)
{
    struct candles *c = sink;
    struct record r;
    if (framing_decode(c->store.framing, m->value, &r, e) != 0)
        return -1;
    if (r.type != RECORD_CANDLE)
        return err_set(e, ERR_PROTO, "a record of type %s among candles", record_type_name(r.type));
    if (r.candle.open_time_us > c->newest_us)
        c->newest_us = r.candle.open_time_us;
    return winners_put(&c->winners, &r.candle, m->partition, m->offset, e);
}

static void clear(void *sink)
{
    struct candles *c = sink;
    winners_clear(&c->winners);
    copy_reset(&c->rows);
    c->newest_us = 0;
}

/* --- rows ------------------------------------------------------------------------------------ */

static void decimal_or_null(struct copy *rows, bool has, struct decimal d)
{
    if (has)
        copy_decimal(rows, d);
    else
        copy_null(rows);
}

static void text_or_null(struct copy *rows, bool has, struct slice text)
{
    if (has)
        copy_text(rows, text);
    else
        copy_null(rows);
}

static void bigint_or_null(struct copy *rows, bool has, int64_t v)
{
    if (has)
        copy_bigint(rows, v);
    else
        copy_null(rows);
}

static void add_values(struct copy *rows, const struct candle *d)
{
    decimal_or_null(rows, d->has_open, d->open);
    decimal_or_null(rows, d->has_high, d->high);
    decimal_or_null(rows, d->has_low, d->low);
    decimal_or_null(rows, d->has_close, d->close);
    copy_decimal(rows, d->volume);
    copy_decimal(rows, d->quote_volume);
    copy_decimal(rows, d->buy_volume);
    copy_bigint(rows, d->trades);
    decimal_or_null(rows, d->has_vwap, d->vwap);
    text_or_null(rows, d->has_first_trade_id, d->first_trade_id);
    text_or_null(rows, d->has_last_trade_id, d->last_trade_id);
}

static int add_row(struct copy *rows, const struct winner *w, struct err *e)
{
    const struct candle *d = &w->candle;
    copy_row(rows, COLUMNS);
    copy_text(rows, d->exchange);
    copy_text(rows, d->symbol);
    copy_text(rows, d->interval);
    copy_time(rows, d->open_time_us);
    copy_time(rows, d->close_time_us);
    add_values(rows, d);
    copy_text(rows, slice_of(candle_status_name(d->status)));
    copy_text(rows, slice_of(coverage_name(d->coverage)));
    bigint_or_null(rows, d->has_missing, d->missing);
    copy_int(rows, d->revision);
    text_or_null(rows, d->has_reason, slice_of(revision_reason_name(d->reason)));
    copy_text(rows, slice_of(candle_origin_name(d->origin)));
    if (d->has_partition)
        copy_int(rows, d->partition);
    else
        copy_null(rows);
    bigint_or_null(rows, d->has_first_offset, d->first_offset);
    bigint_or_null(rows, d->has_last_offset, d->last_offset);
    copy_int(rows, w->partition);
    copy_bigint(rows, w->offset);
    return copy_row_end(rows, e);
}

static int make_rows(void *ctx, struct db *db, struct err *e)
{
    (void)db;
    struct candles *c = ctx;
    for (size_t i = 0; i < c->winners.keys.n; i++)
        if (add_row(&c->rows, &c->winners.rows[i], e) != 0)
            return -1;
    return 0;
}

static int write_rows(void *ctx, struct db *db, struct err *e)
{
    struct candles *c = ctx;
    if (c->rows.n_rows == 0)
        return 0;
    struct slice input = copy_end(&c->rows, e);
    if (!input.data || db_copy(db, copy_candles, input, e) != 0)
        return -1;
    return db_exec(db, merge_candles, e);
}

/* --- the rest of the sink -------------------------------------------------------------------- */

static enum sink_verdict flush(void *sink, const char *topic, const struct sink_move *moves,
                               size_t n, struct err *e)
{
    struct candles *c = sink;
    const struct store_rows rows = {.prepare = make_rows,
                                    .write = write_rows,
                                    .ctx = c,
                                    .n = c->winners.keys.n,
                                    .newest_us = c->newest_us};
    return store_flush(&c->store, &rows, topic, moves, n, e);
}

static void destroy(void *sink)
{
    struct candles *c = sink;
    if (!c)
        return;
    store_disconnect(&c->store);
    winners_finish(&c->winners);
    copy_finish(&c->rows);
    free(c);
}

const struct sink_ops candles_ops = {
    .table = "candle",
    .store_part = "database.candle",
    .assigned_part = "assigned.candle",
    .offset_hint = STORE_OFFSET_HINT,
    .destroy = destroy,
    .wanted = wanted,
    .connect = store_connect,
    .disconnect = store_disconnect,
    .load = store_load,
    .start = store_start,
    .put = put,
    .clear = clear,
    .flush = flush,
};

void *candles_create(const struct store_about *about, struct err *e)
{
    struct candles *c = calloc(1, sizeof(*c));
    if (!c) {
        (void)err_set(e, ERR_NOMEM, "no memory for a sink");
        return NULL;
    }
    c->rows = (struct copy)COPY_INIT(COPY_LIMIT);
    if (store_init(&c->store, about, candles_ops.table, session, e) == 0)
        return c;
    destroy(c);
    return NULL;
}
