#include "trades.h"

#include "copy.h"
#include "record.h"
#include "tally.h"
#include "timefmt.h"

#include <stdlib.h>

enum { COPY_LIMIT = 256 << 20 };

#define YEAR_2000_US (INT64_C(946684800) * US_PER_S)
#define YEAR_2100_US (INT64_C(4102444800) * US_PER_S)

struct trades {
    struct store store; /* first: store.h's functions take it for the sink */
    struct copy rows;
    struct copy symbols;
    struct tally tally;
    int64_t *days; /* distinct days of the buffered rows, since 1970 */
    size_t n_days;
    size_t cap_days;
    int64_t newest_us;
};

static const char session[] = "CREATE TEMP TABLE symbol_in (LIKE symbol) ON COMMIT DELETE ROWS";

static const char copy_trades[] =
    "COPY trade (exchange, symbol, trade_id, sequence, price, amount, side, exchange_time,"
    " receive_time, origin, partition, \"offset\") FROM STDIN (FORMAT binary)";

static const char copy_symbols[] =
    "COPY symbol_in (exchange, symbol, trades, first_trade_time, last_trade_time)"
    " FROM STDIN (FORMAT binary)";

/* In order, so that two instances with symbols in common wait for each other, not for ever. */
static const char merge_symbols[] =
    "INSERT INTO symbol AS s (exchange, symbol, trades, first_trade_time, last_trade_time)"
    " SELECT exchange, symbol, trades, first_trade_time, last_trade_time FROM symbol_in"
    " ORDER BY exchange, symbol"
    " ON CONFLICT (exchange, symbol) DO UPDATE SET"
    " trades = s.trades + excluded.trades,"
    " first_trade_time = least(s.first_trade_time, excluded.first_trade_time),"
    " last_trade_time = greatest(s.last_trade_time, excluded.last_trade_time)";

/* --- buffering ------------------------------------------------------------------------------- */

/* Ticks and feed records say what they are in a header; trades say nothing. */
static bool wanted(const struct kafka_message *m)
{
    struct slice kind = kafka_message_header(m, "kind");
    return kind.len == 0 || slice_is(kind, record_type_name(RECORD_TRADE));
}

static int add_day(struct trades *t, int64_t time_us, struct err *e)
{
    int64_t day = time_us / US_PER_DAY;
    for (size_t i = t->n_days; i > 0; i--)
        if (t->days[i - 1] == day)
            return 0;
    if (t->n_days == t->cap_days) {
        size_t cap = t->cap_days ? 2 * t->cap_days : 16;
        int64_t *days = realloc(t->days, cap * sizeof(*days));
        if (!days)
            return err_set(e, ERR_NOMEM, "no memory for %zu days", cap);
        t->days = days;
        t->cap_days = cap;
    }
    t->days[t->n_days++] = day;
    return 0;
}

static int add_row(struct trades *t, const struct trade *d, const struct kafka_message *m,
                   struct err *e)
{
    copy_row(&t->rows, 12);
    copy_text(&t->rows, d->exchange);
    copy_text(&t->rows, d->symbol);
    copy_text(&t->rows, d->trade_id);
    if (d->has_sequence)
        copy_bigint(&t->rows, d->sequence);
    else
        copy_null(&t->rows);
    copy_decimal(&t->rows, d->price);
    copy_decimal(&t->rows, d->amount);
    copy_text(&t->rows, slice_of(side_name(d->side)));
    copy_time(&t->rows, d->exchange_time_us);
    copy_time(&t->rows, d->receive_time_us);
    copy_text(&t->rows, slice_of(trade_origin_name(d->origin)));
    copy_int(&t->rows, m->partition);
    copy_bigint(&t->rows, m->offset);
    return copy_row_end(&t->rows, e);
}

static int put_trade(struct trades *t, const struct trade *d, const struct kafka_message *m,
                     struct err *e)
{
    if (d->receive_time_us < YEAR_2000_US || d->receive_time_us >= YEAR_2100_US)
        return err_set(e, ERR_LIMIT, "trade: receive_time is outside the years 2000 to 2099");
    if (add_row(t, d, m, e) != 0 || add_day(t, d->receive_time_us, e) != 0 ||
        tally_add(&t->tally, d->exchange, d->symbol, d->exchange_time_us, e) != 0)
        return -1;
    if (d->receive_time_us > t->newest_us)
        t->newest_us = d->receive_time_us;
    return 0;
}

static int put(void *sink, const struct kafka_message *m, struct err *e)
{
    struct record r;
    if (record_decode(m->value, &r, e) != 0)
        return -1;
    switch (r.type) {
    case RECORD_TRADE:
        return put_trade(sink, &r.trade, m, e);
    case RECORD_TICK:
    case RECORD_FEED:
        return 1;
    case RECORD_CANDLE:
    case RECORD_IMAGE:
    case RECORD_INSTRUMENT:
    case RECORD_OPPORTUNITY:
    case RECORD_PROGRESS:
    case RECORD_QUOTE:
    case RECORD_RATE:
    case RECORD_TICKER:
        break;
    }
    return err_set(e, ERR_PROTO, "a record of type %s among trades", record_type_name(r.type));
}

static void clear(void *sink)
{
    struct trades *t = sink;
    copy_reset(&t->rows);
    copy_reset(&t->symbols);
    tally_clear(&t->tally);
    t->n_days = 0;
    t->newest_us = 0;
}

/* --- storing --------------------------------------------------------------------------------- */

static int make_partitions(void *ctx, struct db *db, struct err *e)
{
    const struct trades *t = ctx;
    for (size_t i = 0; i < t->n_days; i++) {
        char day[TIME_TEXT];
        (void)time_format(t->days[i] * US_PER_DAY, day);
        const char *const values[] = {day};
        PGresult *res;
        if (db_query(db, "SELECT day_partition('trade', $1)", values, 1, &res, e) != 0)
            return -1;
        PQclear(res);
    }
    return 0;
}

static int copy_all(struct copy *rows, struct db *db, const char *sql, struct err *e)
{
    struct slice input = copy_end(rows, e);
    return input.data ? db_copy(db, sql, input, e) : -1;
}

static int write_symbols(struct trades *t, struct db *db, struct err *e)
{
    copy_reset(&t->symbols);
    for (size_t i = 0; i < t->tally.keys.n; i++) {
        const struct key *key = &t->tally.keys.keys[i];
        const struct tally_count *c = &t->tally.counts[i];
        copy_row(&t->symbols, 5);
        copy_text(&t->symbols, key->parts[0]);
        copy_text(&t->symbols, key->parts[1]);
        copy_bigint(&t->symbols, c->trades);
        copy_time(&t->symbols, c->first_us);
        copy_time(&t->symbols, c->last_us);
        if (copy_row_end(&t->symbols, e) != 0)
            return -1;
    }
    if (copy_all(&t->symbols, db, copy_symbols, e) != 0)
        return -1;
    return db_exec(db, merge_symbols, e);
}

static int write_rows(void *ctx, struct db *db, struct err *e)
{
    struct trades *t = ctx;
    if (t->rows.n_rows == 0)
        return 0;
    if (copy_all(&t->rows, db, copy_trades, e) != 0)
        return -1;
    return write_symbols(t, db, e);
}

static enum sink_verdict flush(void *sink, const char *topic, const struct sink_move *moves,
                               size_t n, struct err *e)
{
    struct trades *t = sink;
    const struct store_rows rows = {.prepare = make_partitions,
                                    .write = write_rows,
                                    .ctx = t,
                                    .n = t->rows.n_rows,
                                    .newest_us = t->newest_us};
    return store_flush(&t->store, &rows, topic, moves, n, e);
}

static void destroy(void *sink)
{
    struct trades *t = sink;
    if (!t)
        return;
    store_disconnect(&t->store);
    copy_finish(&t->rows);
    copy_finish(&t->symbols);
    tally_finish(&t->tally);
    free(t->days);
    free(t);
}

const struct sink_ops trades_ops = {
    .table = "trade",
    .store_part = "database.trade",
    .assigned_part = "assigned.trade",
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

void *trades_create(const struct store_about *about, struct err *e)
{
    struct trades *t = calloc(1, sizeof(*t));
    if (!t) {
        (void)err_set(e, ERR_NOMEM, "no memory for a sink");
        return NULL;
    }
    t->rows = (struct copy)COPY_INIT(COPY_LIMIT);
    t->symbols = (struct copy)COPY_INIT(COPY_LIMIT);
    if (store_init(&t->store, about, trades_ops.table, session, e) == 0)
        return t;
    destroy(t);
    return NULL;
}
