/* cw-verify --table: a topic and the tables that cw-postgres fills from it. */
#include "table.h"

#include "clock.h"
#include "fields.h"
#include "json.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdlib.h>

enum { LOOK_AGAIN_MS = 500 };

static const char SINK[] = "cw-postgres";

/* --- records and rows ------------------------------------------------------------------------- */

int table_record(struct table_check *c, struct item *ret, struct err *e)
{
    struct source *s = &c->v->a;
    int got;
    while ((got = source_next(s, ret, e)) == 1) {
        if (ret->tombstone)
            continue;
        int decoded = source_decode(s, ret->value, c->record, e);
        if (decoded < 0)
            return -1;
        if (decoded > 0 || !tables_makes_row(c->table, c->record))
            continue; /* what is no record is in the dead letters */
        strbuf_reset(&c->packed);
        return tables_pack(c->record, &c->packed, e) == 0 ? 1 : -1;
    }
    return got;
}

static int in_quarantine(struct table_check *c, int32_t partition, int64_t offset, struct err *e)
{
    char p[16];
    char o[24];
    (void)snprintf(p, sizeof(p), "%" PRId32, partition);
    (void)snprintf(o, sizeof(o), "%" PRId64, offset);
    const char *const values[] = {SINK, c->v->a.name, p, o};
    PGresult *res;
    if (db_query(c->db,
                 "SELECT 1 FROM quarantine WHERE sink = $1 AND topic = $2 AND partition = $3 AND "
                 "\"offset\" = $4 LIMIT 1",
                 values, 4, &res, e) != 0)
        return -1;
    int found = PQntuples(res);
    PQclear(res);
    c->quarantined += found;
    return found;
}

int table_excused(struct table_check *c, int32_t partition, int64_t offset, int64_t day_us,
                  struct err *e)
{
    if (day_us < c->first_day_us)
        return 1;
    return in_quarantine(c, partition, offset, e);
}

/* --- telling ---------------------------------------------------------------------------------- */

static int add_row(struct table_check *c, const struct row *row, struct err *e)
{
    struct strbuf *out = &c->v->out;
    const struct record_table *fields = record_table(c->table->type);
    struct slice packed = row->packed;
    struct slice text;
    bool null;
    int r = strbuf_addf(
        out, "  row {\"table\":\"%s\",\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",\"value\":{",
        c->table->name, row->partition, row->offset);
    for (size_t i = 0; r == 0 && i < fields->n_fields && fields_unpack(&packed, &text, &null);
         i++) {
        r = strbuf_addf(out, "%s\"%s\":", i ? "," : "", fields->fields[i].name);
        if (r == 0)
            r = null ? strbuf_adds(out, "null") : json_add_string(out, text);
    }
    if (r == 0)
        r = strbuf_adds(out, "}}\n");
    return r == 0 ? 0 : strbuf_full(out, "output", e);
}

/* "value (price, side)" */
static int add_columns(struct table_check *c, const struct row *row)
{
    struct strbuf *out = &c->v->out;
    const struct record_table *fields = record_table(c->table->type);
    struct slice x = strbuf_slice(&c->packed);
    struct slice y = row->packed;
    struct slice a;
    struct slice b;
    bool null_a;
    bool null_b;
    const char *between = "value (";
    int r = 0;
    for (size_t i = 0; r == 0 && i < fields->n_fields && fields_unpack(&x, &a, &null_a) &&
                       fields_unpack(&y, &b, &null_b);
         i++) {
        if (null_a == null_b && slice_eq(a, b))
            continue;
        r = strbuf_addf(out, "%s%s", between, fields->fields[i].name);
        between = ", ";
    }
    return r == 0 ? strbuf_addc(out, ')') : -1;
}

int table_say(struct table_check *c, const char *what, const struct item *item,
              const struct row *row, struct err *e)
{
    struct strbuf *out = &c->v->out;
    meter_clear(&c->v->meter);
    c->different++;
    int r = strbuf_addf(out, "%s: DIFFERENT: ", c->table->name);
    if (r == 0)
        r = what || !row ? strbuf_adds(out, what ? what : "") : add_columns(c, row);
    if (r == 0)
        r = strbuf_addc(out, '\n');
    if (r != 0)
        return strbuf_full(out, "output", e);
    if (item && say_item(out, &c->v->a, item, e) != 0)
        return -1;
    if (row && add_row(c, row, e) != 0)
        return -1;
    return say_flush(out, e);
}

static int say_table(const struct table_check *c, struct err *e)
{
    struct strbuf *out = &c->v->out;
    meter_clear(&c->v->meter);
    int r = strbuf_addf(out, "%s: %s, %" PRId64 " rows", c->table->name,
                        c->different ? "DIFFERENT" : "equal", c->equal);
    if (r == 0 && c->different)
        r = strbuf_addf(out, " equal, %" PRId64 " not", c->different);
    if (r == 0 && c->older)
        r = strbuf_addf(out, "; %" PRId64 " older than the topic", c->older);
    if (r == 0 && c->quarantined)
        r = strbuf_addf(out, "; %" PRId64 " records in quarantine", c->quarantined);
    if (r == 0)
        r = strbuf_addc(out, '\n');
    return r == 0 ? say_flush(out, e) : strbuf_full(out, "output", e);
}

static int say_total(struct verify *v, size_t tables, int64_t equal, int64_t different,
                     struct err *e)
{
    int r = different ? strbuf_addf(&v->out,
                                    "DIFFERENT: %" PRId64 " differences, %" PRId64 " rows equal\n",
                                    different, equal)
                      : strbuf_addf(&v->out, "equal: %zu tables, %" PRId64 " rows%s\n", tables,
                                    equal, equal ? "" : ": nothing was there to compare");
    return r == 0 ? say_flush(&v->out, e) : strbuf_full(&v->out, "output", e);
}

/* --- where the sink stands -------------------------------------------------------------------- */

static int read_offsets(struct db *db, const struct source *s, int64_t *stored, struct err *e)
{
    const char *const values[] = {SINK, s->name};
    PGresult *res;
    if (db_query(db,
                 "SELECT partition, next_offset FROM sink_offset WHERE sink = $1 AND topic = $2",
                 values, 2, &res, e) != 0)
        return -1;
    for (int i = 0; i < PQntuples(res); i++) {
        long partition = strtol(PQgetvalue(res, i, 0), NULL, 10);
        if (partition >= 0 && partition < s->partitions)
            stored[partition] = strtoll(PQgetvalue(res, i, 1), NULL, 10);
    }
    PQclear(res);
    return 0;
}

/* The first read of the transaction: what it sees from then on is of one moment. 1: all that the
 * topic held at the start is stored, and s->ends is now how far the sink is; 0: not yet, *e says
 * where; -1. */
static int is_stored(struct db *db, struct source *s, struct err *e)
{
    int64_t *stored = calloc((size_t)s->partitions, sizeof(*stored));
    int r = stored ? 1 : err_set(e, ERR_NOMEM, "out of memory");
    if (r == 1 && (db_exec(db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", e) != 0 ||
                   read_offsets(db, s, stored, e) != 0))
        r = -1;
    for (int32_t p = 0; r == 1 && p < s->partitions; p++) {
        if (stored[p] >= s->ends[p])
            continue;
        (void)err_set(e, ERR_STATE,
                      "%.100s partition %d is stored up to offset %lld, but ends at %lld: the sink "
                      "is behind (see --wait)",
                      s->name, p, (long long)stored[p], (long long)s->ends[p]);
        r = 0;
    }
    if (r == 1)
        memcpy(s->ends, stored, (size_t)s->partitions * sizeof(*stored));
    free(stored);
    return r;
}

static int await_sink(struct verify *v, struct db *db, struct err *e)
{
    int64_t deadline_us = clock_mono_us() + v->settings->wait_s * US_PER_S;
    int r;
    while ((r = is_stored(db, &v->a, e)) == 0) {
        if (clock_mono_us() >= deadline_us)
            return -1;
        if (db_exec(db, "ROLLBACK", e) != 0)
            return -1;
        if (!program_pause(v->program, LOOK_AGAIN_MS))
            return err_set(e, ERR_STOPPED, "stopped while waiting for the sink");
    }
    return r < 0 ? -1 : 0;
}

/* --- tables ----------------------------------------------------------------------------------- */

/* The day of the oldest partition there is: who dropped older ones dropped their rows. */
static int find_first_day(struct table_check *c, struct err *e)
{
    const char *const values[] = {c->table->days};
    PGresult *res;
    c->first_day_us = INT64_MIN;
    if (!c->table->days)
        return 0;
    if (db_query(c->db,
                 "SELECT (extract(epoch FROM min(to_date(right(c.relname, 8), 'YYYYMMDD'))) * "
                 "1000000)::bigint FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE "
                 "i.inhparent = $1::regclass",
                 values, 1, &res, e) != 0)
        return -1;
    if (PQntuples(res) == 1 && !PQgetisnull(res, 0, 0))
        c->first_day_us = strtoll(PQgetvalue(res, 0, 0), NULL, 10);
    PQclear(res);
    return 0;
}

static int find_lows(struct table_check *c, struct err *e)
{
    struct source *s = &c->v->a;
    int64_t high;
    for (int32_t p = 0; p < s->partitions; p++)
        if (reader_watermarks(s->reader, s->about.topic, p, &c->lows[p], &high, e) != 0)
            return -1;
    return 0;
}

static int check_one(struct table_check *c, struct err *e)
{
    c->equal = c->different = c->older = c->quarantined = 0;
    if (find_first_day(c, e) != 0 || find_lows(c, e) != 0)
        return -1;
    if ((c->table->key ? table_keyed(c, e) : table_merge(c, e)) != 0)
        return -1;
    return say_table(c, e);
}

static int check_all(struct verify *v, const struct tables_of *of, struct table_check *c,
                     struct err *e)
{
    int64_t equal = 0;
    int64_t different = 0;
    if (await_sink(v, c->db, e) != 0)
        return -1;
    for (size_t i = 0; i < of->n; i++) {
        c->table = of->tables[i];
        if (check_one(c, e) != 0)
            return -1;
        equal += c->equal;
        different += c->different;
    }
    if (say_total(v, of->n, equal, different, e) != 0)
        return -1;
    return different ? VERIFY_DIFFERENT : VERIFY_EQUAL;
}

static bool go_on(void *ctx)
{
    (void)ctx;
    return !program_stopping();
}

int verify_table_check(const char *topic, const char *database_url, struct err *e)
{
    struct tables_of of;
    return tables_find(topic, &of, e) == 0 ? db_url_check(database_url, e) : -1;
}

int verify_table(struct verify *v, struct err *e)
{
    const struct db_settings settings = {
        .url = v->settings->database_url, .name = "cw-verify", .go_on = go_on};
    struct tables_of of;
    struct table_check c = {.v = v, .packed = STRBUF_INIT(SAY_LIMIT)};
    if (tables_find(v->a.about.topic, &of, e) != 0)
        return -1;
    c.interval = of.interval;
    c.record = malloc(sizeof(*c.record));
    c.lows = calloc((size_t)v->a.partitions, sizeof(*c.lows));
    int r = c.record && c.lows ? 0 : err_set(e, ERR_NOMEM, "out of memory");
    if (r == 0) {
        c.db = db_open(&settings, e);
        r = c.db ? check_all(v, &of, &c, e) : -1;
    }
    db_close(c.db);
    free(c.record);
    free(c.lows);
    strbuf_finish(&c.packed);
    return r;
}
