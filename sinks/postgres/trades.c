#include "trades.h"

#include "tally.h"
#include "ticks.h"

struct trades {
    struct rows rows; /* first: rows.h's functions take it for the whole */
    struct copy trades;
    struct copy symbols;
    struct copy feeds;
    struct tally tally;
    struct ticks ticks;
};

static const char session[] =
    TICKS_SESSION "CREATE TEMP TABLE symbol_in (LIKE symbol) ON COMMIT DELETE ROWS";

static const char copy_trades[] =
    "COPY trade (exchange, symbol, trade_id, sequence, price, amount, side, exchange_time,"
    " receive_time, origin, partition, \"offset\") FROM STDIN (FORMAT binary)";

static const char copy_feeds[] =
    "COPY feed_event (exchange, symbol, event, first_id, last_id, from_time, to_time,"
    " receive_time, reason, partition, \"offset\", record_time) FROM STDIN (FORMAT binary)";

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

/* --- life ------------------------------------------------------------------------------------ */

static void init(struct rows *rows)
{
    struct trades *t = (struct trades *)rows;
    t->trades = (struct copy)COPY_INIT(ROWS_BYTES_MAX);
    t->symbols = (struct copy)COPY_INIT(ROWS_BYTES_MAX);
    t->feeds = (struct copy)COPY_INIT(ROWS_BYTES_MAX);
    t->ticks = (struct ticks)TICKS_INIT;
}

static void finish(struct rows *rows)
{
    struct trades *t = (struct trades *)rows;
    copy_finish(&t->trades);
    copy_finish(&t->symbols);
    copy_finish(&t->feeds);
    tally_finish(&t->tally);
    ticks_finish(&t->ticks);
}

static void clear(struct rows *rows)
{
    struct trades *t = (struct trades *)rows;
    copy_reset(&t->trades);
    copy_reset(&t->symbols);
    copy_reset(&t->feeds);
    tally_clear(&t->tally);
    ticks_clear(&t->ticks);
}

/* --- records --------------------------------------------------------------------------------- */

static int add_trade(struct copy *rows, const struct trade *d, const struct kafka_message *m,
                     struct err *e)
{
    copy_row(rows, 12);
    copy_text(rows, d->exchange);
    copy_text(rows, d->symbol);
    copy_text(rows, d->trade_id);
    copy_bigint_or_null(rows, d->has_sequence, d->sequence);
    copy_decimal(rows, d->price);
    copy_decimal(rows, d->amount);
    copy_text(rows, slice_of(side_name(d->side)));
    copy_time(rows, d->exchange_time_us);
    copy_time(rows, d->receive_time_us);
    copy_text(rows, slice_of(trade_origin_name(d->origin)));
    copy_int(rows, m->partition);
    copy_bigint(rows, m->offset);
    return copy_row_end(rows, e);
}

static int put_trade(struct trades *t, const struct trade *d, const struct kafka_message *m,
                     struct err *e)
{
    if (rows_need_day(&t->rows, d->receive_time_us, "trade: receive_time", e) != 0 ||
        add_trade(&t->trades, d, m, e) != 0 ||
        tally_add(&t->tally, d->exchange, d->symbol, d->exchange_time_us, e) != 0)
        return -1;
    t->rows.n++;
    rows_newest(&t->rows, d->receive_time_us);
    return 0;
}

static int put_feed(struct copy *rows, const struct feed *d, const struct kafka_message *m,
                    struct err *e)
{
    copy_row(rows, 12);
    copy_text(rows, d->exchange);
    copy_text(rows, d->symbol);
    copy_text(rows, slice_of(feed_event_name(d->event)));
    copy_bigint_or_null(rows, d->has_first_id, d->first_id);
    copy_bigint_or_null(rows, d->has_last_id, d->last_id);
    copy_time_or_null(rows, d->has_from_time_us, d->from_time_us);
    copy_time_or_null(rows, d->has_to_time_us, d->to_time_us);
    copy_time(rows, d->receive_time_us);
    copy_text_or_null(rows, d->has_reason, d->reason);
    copy_int(rows, m->partition);
    copy_bigint(rows, m->offset);
    rows_add_record_time(rows, m);
    return copy_row_end(rows, e);
}

static int put(struct rows *rows, const struct record *r, const struct kafka_message *m,
               struct err *e)
{
    struct trades *t = (struct trades *)rows;
    if (r->type == RECORD_TRADE)
        return put_trade(t, &r->trade, m, e);
    if (r->type == RECORD_FEED)
        return put_feed(&t->feeds, &r->feed, m, e);
    return ticks_put(&t->ticks, &r->tick, m, e);
}

static int has(struct db *db, const struct record *r, const struct kafka_message *m, struct err *e)
{
    if (r->type == RECORD_TRADE)
        return rows_find(db,
                         "SELECT FROM trade WHERE exchange = $1 AND symbol = $2"
                         " AND exchange_time = $3 AND receive_time = $4 AND partition = $5"
                         " AND \"offset\" = $6",
                         &(struct rows_place){{r->trade.exchange, r->trade.symbol},
                                              2,
                                              {r->trade.exchange_time_us, r->trade.receive_time_us},
                                              2},
                         m, e);
    if (r->type == RECORD_FEED)
        return rows_find(db, "SELECT FROM feed_event WHERE partition = $1 AND \"offset\" = $2",
                         &(struct rows_place){.n_texts = 0}, m, e);
    return 0; /* of ticks the newest counts */
}

/* --- writing --------------------------------------------------------------------------------- */

static int make_symbols(struct trades *t, struct err *e)
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
    return 0;
}

static int write_trades(struct trades *t, struct db *db, struct err *e)
{
    if (t->trades.n_rows == 0)
        return 0;
    if (rows_copy(&t->trades, db, copy_trades, e) != 0 || make_symbols(t, e) != 0 ||
        rows_copy(&t->symbols, db, copy_symbols, e) != 0)
        return -1;
    return db_exec(db, merge_symbols, e);
}

static int write_all(struct rows *rows, struct db *db, struct err *e)
{
    struct trades *t = (struct trades *)rows;
    if (rows_copy(&t->feeds, db, copy_feeds, e) != 0 || write_trades(t, db, e) != 0)
        return -1;
    return ticks_write(&t->ticks, "trades", db, e);
}

static const char *const by_day[] = {"trade", NULL};

const struct table trades_table = {
    .name = "trade",
    .session = session,
    .takes = ROWS_TAKES(RECORD_TRADE) | ROWS_TAKES(RECORD_FEED) | ROWS_TAKES(RECORD_TICK),
    .by_day = by_day,
    .size = sizeof(struct trades),
    .init = init,
    .finish = finish,
    .clear = clear,
    .put = put,
    .has = has,
    .write = write_all,
};
