#include "instruments.h"

struct instruments {
    struct rows rows; /* first: rows.h's functions take it for the whole */
    struct copy copy;
};

#define COLUMN_LIST                                                                                \
    "exchange, symbol, native_symbol, base, quote, status, tick_size, lot_size, update_time,"      \
    " partition, \"offset\""

enum { COLUMNS = 11 };

static const char session[] =
    "CREATE TEMP TABLE instrument_in (LIKE instrument) ON COMMIT DELETE ROWS";

static const char copy_instruments[] =
    "COPY instrument_in (" COLUMN_LIST ") FROM STDIN (FORMAT binary)";

/* One by one and in their order, so that the table's trigger sees each of them for the periods; and
 * in the order of the keys, so that two instances wait for each other, not for ever. */
static const char merge_instruments[] =
    "DO $$ DECLARE r instrument_in; BEGIN"
    " FOR r IN SELECT * FROM instrument_in ORDER BY exchange, symbol, \"offset\" LOOP"
    " INSERT INTO instrument AS i SELECT (r).*"
    " ON CONFLICT (exchange, symbol) DO UPDATE SET"
    " native_symbol = excluded.native_symbol, base = excluded.base, quote = excluded.quote,"
    " status = excluded.status, tick_size = excluded.tick_size, lot_size = excluded.lot_size,"
    " update_time = excluded.update_time, partition = excluded.partition,"
    " \"offset\" = excluded.\"offset\" WHERE excluded.\"offset\" > i.\"offset\";"
    " END LOOP; END $$";

static void init(struct rows *rows)
{
    ((struct instruments *)rows)->copy = (struct copy)COPY_INIT(ROWS_BYTES_MAX);
}

static void finish(struct rows *rows)
{
    copy_finish(&((struct instruments *)rows)->copy);
}

static void clear(struct rows *rows)
{
    copy_reset(&((struct instruments *)rows)->copy);
}

static int add_row(struct copy *rows, const struct instrument *d, const struct kafka_message *m,
                   struct err *e)
{
    copy_row(rows, COLUMNS);
    copy_text(rows, d->exchange);
    copy_text(rows, d->symbol);
    copy_text(rows, d->native_symbol);
    copy_text(rows, d->base);
    copy_text(rows, d->quote);
    copy_text(rows, slice_of(instrument_status_name(d->status)));
    copy_decimal_or_null(rows, d->has_tick_size, d->tick_size);
    copy_decimal_or_null(rows, d->has_lot_size, d->lot_size);
    copy_time(rows, d->update_time_us);
    copy_int(rows, m->partition);
    copy_bigint(rows, m->offset);
    return copy_row_end(rows, e);
}

static int put(struct rows *rows, const struct record *r, const struct kafka_message *m,
               struct err *e)
{
    if (add_row(&((struct instruments *)rows)->copy, &r->instrument, m, e) != 0)
        return -1;
    rows->n++;
    rows_newest(rows, r->instrument.update_time_us);
    return 0;
}

static int write_all(struct rows *rows, struct db *db, struct err *e)
{
    struct copy *copy = &((struct instruments *)rows)->copy;
    if (copy->n_rows == 0)
        return 0;
    return rows_copy(copy, db, copy_instruments, e) == 0 ? db_exec(db, merge_instruments, e) : -1;
}

static const char *const by_day[] = {NULL};

const struct table instruments_table = {
    .name = "instrument",
    .session = session,
    .takes = ROWS_TAKES(RECORD_INSTRUMENT),
    .by_day = by_day,
    .size = sizeof(struct instruments),
    .init = init,
    .finish = finish,
    .clear = clear,
    .put = put,
    .write = write_all,
};
