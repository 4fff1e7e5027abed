#include "opportunities.h"

#include "record_table.h"

struct opportunities {
    struct rows rows; /* first: rows.h's functions take it for the whole */
    struct copy copy;
    struct strbuf legs; /* of the record that is being put, as JSON */
    struct strbuf rates;
};

#define COLUMN_LIST                                                                                \
    "id, kind, state, legs, rates, size, gross_bps, net_bps, peak_net_bps, suspect, open_time,"    \
    " time, duration_us, reason, quotes_partition, quotes_offset, partition, \"offset\","          \
    " record_time"

enum {
    COLUMNS = 19,
    JSON_MAX = 8 * RECORD_MAX_BYTES, /* more than a record's texts are with every byte escaped */
};

/* What a newer record sets: everything but the key. */
#define NEWER                                                                                      \
    " kind = excluded.kind, state = excluded.state, legs = excluded.legs,"                         \
    " rates = excluded.rates, size = excluded.size, gross_bps = excluded.gross_bps,"               \
    " net_bps = excluded.net_bps, peak_net_bps = excluded.peak_net_bps,"                           \
    " suspect = excluded.suspect, open_time = excluded.open_time, time = excluded.time,"           \
    " duration_us = excluded.duration_us, reason = excluded.reason,"                               \
    " quotes_partition = excluded.quotes_partition, quotes_offset = excluded.quotes_offset,"       \
    " partition = excluded.partition, \"offset\" = excluded.\"offset\","                           \
    " record_time = excluded.record_time, symbols = excluded.symbols,"                             \
    " exchanges = excluded.exchanges"

static const char session[] =
    "CREATE TEMP TABLE opportunity_in (LIKE opportunity_event) ON COMMIT DELETE ROWS";

static const char copy_all[] = "COPY opportunity_in (" COLUMN_LIST ") FROM STDIN (FORMAT binary)";

static const char add_events[] = "INSERT INTO opportunity_event (" COLUMN_LIST ")"
                                 " SELECT " COLUMN_LIST " FROM opportunity_in"
                                 " WHERE state <> 'watching' ORDER BY partition, \"offset\"";

/* The last record of each, with what its first one says. In the order of the keys, so that two
 * instances wait for each other, not for ever. */
static const char merge_opportunities[] =
    "INSERT INTO opportunity AS o (" COLUMN_LIST ", symbols, exchanges, open_size, open_gross_bps,"
    " open_net_bps)"
    " SELECT last.*, leg_names(legs, 'symbol'), leg_names(legs, 'exchange'), first.size,"
    " first.gross_bps, first.net_bps"
    " FROM (SELECT DISTINCT ON (id) " COLUMN_LIST " FROM opportunity_in WHERE state <> 'watching'"
    " ORDER BY id, \"offset\" DESC) last"
    " LEFT JOIN (SELECT DISTINCT ON (id) id, size, gross_bps, net_bps FROM opportunity_in"
    " WHERE state = 'opened' ORDER BY id, \"offset\") first ON first.id = last.id"
    " ORDER BY last.id"
    " ON CONFLICT (id) DO UPDATE SET" NEWER
    ", open_size = coalesce(o.open_size, excluded.open_size),"
    " open_gross_bps = coalesce(o.open_gross_bps, excluded.open_gross_bps),"
    " open_net_bps = coalesce(o.open_net_bps, excluded.open_net_bps)"
    " WHERE excluded.\"offset\" > o.\"offset\"";

/* One that names no legs still names its pair, at the end of its id: watching|cross|BTC-USDT. */
static const char merge_watching[] =
    "INSERT INTO watching AS w (" COLUMN_LIST ", symbols, exchanges)"
    " SELECT DISTINCT ON (id) " COLUMN_LIST ", ARRAY[regexp_replace(id, '^.*\\|', '')],"
    " leg_names(legs, 'exchange') FROM opportunity_in"
    " WHERE state = 'watching' ORDER BY id, \"offset\" DESC"
    " ON CONFLICT (id) DO UPDATE SET" NEWER " WHERE excluded.\"offset\" > w.\"offset\"";

/* --- life ------------------------------------------------------------------------------------ */

static void init(struct rows *rows)
{
    struct opportunities *o = (struct opportunities *)rows;
    o->copy = (struct copy)COPY_INIT(ROWS_BYTES_MAX);
    o->legs = (struct strbuf)STRBUF_INIT(JSON_MAX);
    o->rates = (struct strbuf)STRBUF_INIT(JSON_MAX);
}

static void finish(struct rows *rows)
{
    struct opportunities *o = (struct opportunities *)rows;
    copy_finish(&o->copy);
    strbuf_finish(&o->legs);
    strbuf_finish(&o->rates);
}

static void clear(struct rows *rows)
{
    copy_reset(&((struct opportunities *)rows)->copy);
}

/* --- records --------------------------------------------------------------------------------- */

/* A field of the record that is a list, as JSON. */
static int list_json(const char *name, const struct opportunity *d, struct strbuf *out,
                     struct err *e)
{
    const struct record_table *t = record_table(RECORD_OPPORTUNITY);
    strbuf_reset(out);
    for (size_t i = 0; i < t->n_fields; i++)
        if (strcmp(t->fields[i].name, name) == 0 && record_field_json(&t->fields[i], d, out) != 0)
            return strbuf_full(out, name, e);
    return 0;
}

static void add_values(struct copy *rows, const struct opportunity *d)
{
    copy_decimal_or_null(rows, d->has_size, d->size);
    copy_decimal_or_null(rows, d->has_gross_bps, d->gross_bps);
    copy_decimal_or_null(rows, d->has_net_bps, d->net_bps);
    copy_decimal_or_null(rows, d->has_peak_net_bps, d->peak_net_bps);
    copy_bool(rows, d->suspect);
    copy_time_or_null(rows, d->has_open_time_us, d->open_time_us);
    copy_time(rows, d->time_us);
    copy_bigint_or_null(rows, d->has_duration_us, d->duration_us);
    copy_text_or_null(rows, d->has_reason, d->reason);
    copy_int_or_null(rows, d->has_partition, d->partition);
    copy_bigint_or_null(rows, d->has_offset, d->offset);
}

static int add_row(struct opportunities *o, const struct opportunity *d,
                   const struct kafka_message *m, struct err *e)
{
    struct copy *rows = &o->copy;
    if (list_json("legs", d, &o->legs, e) != 0 || list_json("rates", d, &o->rates, e) != 0)
        return -1;
    copy_row(rows, COLUMNS);
    copy_text(rows, d->id);
    copy_text(rows, slice_of(opportunity_kind_name(d->kind)));
    copy_text(rows, slice_of(opportunity_state_name(d->state)));
    copy_text(rows, strbuf_slice(&o->legs));
    copy_text(rows, strbuf_slice(&o->rates));
    add_values(rows, d);
    copy_int(rows, m->partition);
    copy_bigint(rows, m->offset);
    rows_add_record_time(rows, m);
    return copy_row_end(rows, e);
}

static int put(struct rows *rows, const struct record *r, const struct kafka_message *m,
               struct err *e)
{
    const struct opportunity *d = &r->opportunity;
    bool watching = d->state == OPPORTUNITY_STATE_WATCHING;
    if (!watching && !d->has_open_time_us)
        return err_set(e, ERR_PROTO, "an opportunity that is %s has no open_time",
                       opportunity_state_name(d->state));
    if ((!watching && rows_need_day(rows, d->time_us, "opportunity: time", e) != 0) ||
        add_row((struct opportunities *)rows, d, m, e) != 0)
        return -1;
    rows->n++;
    rows_newest(rows, d->time_us);
    return 0;
}

static int has(struct db *db, const struct record *r, const struct kafka_message *m, struct err *e)
{
    return rows_find(db,
                     "SELECT FROM opportunity_event WHERE id = $1 AND time = $2 AND partition = $3"
                     " AND \"offset\" = $4",
                     &(struct rows_place){{r->opportunity.id}, 1, {r->opportunity.time_us}, 1}, m,
                     e);
}

/* --- writing --------------------------------------------------------------------------------- */

static int write_all(struct rows *rows, struct db *db, struct err *e)
{
    struct copy *copy = &((struct opportunities *)rows)->copy;
    if (copy->n_rows == 0)
        return 0;
    if (rows_copy(copy, db, copy_all, e) != 0 || db_exec(db, add_events, e) != 0 ||
        db_exec(db, merge_opportunities, e) != 0)
        return -1;
    return db_exec(db, merge_watching, e);
}

static const char *const by_day[] = {"opportunity_event", NULL};

const struct table opportunities_table = {
    .name = "opportunity",
    .session = session,
    .takes = ROWS_TAKES(RECORD_OPPORTUNITY),
    .by_day = by_day,
    .size = sizeof(struct opportunities),
    .init = init,
    .finish = finish,
    .clear = clear,
    .put = put,
    .has = has,
    .write = write_all,
};
