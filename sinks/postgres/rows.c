#include "rows.h"

#include "timefmt.h"

#include <inttypes.h>

#include <stdlib.h>

#define YEAR_2000_US (INT64_C(946684800) * US_PER_S)
#define YEAR_2100_US (INT64_C(4102444800) * US_PER_S)
#define YEAR_1_MS (INT64_C(-62135596800) * 1000)

enum { REASON_MAX = 255 };

static const char copy_refused[] =
    "COPY quarantine (sink, topic, partition, \"offset\", record_time, key, value, reason)"
    " FROM STDIN (FORMAT binary)";

/* --- life ------------------------------------------------------------------------------------ */

struct rows *rows_create(const struct table *table, const char *sink, struct framing *framing,
                         struct err *e)
{
    struct rows *rows = calloc(1, table->size);
    if (!rows) {
        (void)err_set(e, ERR_NOMEM, "no memory for rows");
        return NULL;
    }
    rows->table = table;
    rows->sink = sink;
    rows->framing = framing;
    rows->refused = (struct copy)COPY_INIT(ROWS_BYTES_MAX);
    table->init(rows);
    return rows;
}

void rows_destroy(void *rows)
{
    struct rows *r = rows;
    if (!r)
        return;
    r->table->finish(r);
    copy_finish(&r->refused);
    framing_destroy(r->framing);
    free(r->days);
    free(r);
}

void rows_clear(void *rows)
{
    struct rows *r = rows;
    r->table->clear(r);
    copy_reset(&r->refused);
    r->n = 0;
    r->n_days = 0;
    r->newest_us = 0;
}

/* --- records --------------------------------------------------------------------------------- */

static int read_record(struct rows *r, const struct kafka_message *m, struct record *ret,
                       struct err *e)
{
    if (m->tombstone)
        return err_set(e, ERR_PROTO, "a record without a value");
    if (framing_decode(r->framing, m->value, ret, e) != 0)
        return -1;
    if (r->table->takes & ROWS_TAKES(ret->type))
        return 0;
    return err_set(e, ERR_PROTO, "a record of type %s, which makes no row of %s",
                   record_type_name(ret->type), r->table->name);
}

int rows_read(void *rows, const struct kafka_message *m, struct err *e)
{
    struct rows *r = rows;
    struct record record;
    return r->table->put_message ? 0 : read_record(r, m, &record, e);
}

int rows_put(void *rows, const struct kafka_message *m, struct err *e)
{
    struct rows *r = rows;
    struct record record;
    if (r->table->put_message)
        return r->table->put_message(r, m, e);
    if (read_record(r, m, &record, e) != 0)
        return -1;
    return r->table->put(r, &record, m, e);
}

/* The server's text may have been cut within a character: what is not ASCII is shown as "?". */
static struct slice plain(const char *text, char ret[REASON_MAX + 1])
{
    size_t n = 0;
    for (; n < REASON_MAX && text[n]; n++)
        ret[n] = (unsigned char)text[n] < 0x80 ? text[n] : '?';
    ret[n] = '\0';
    return slice_make(ret, n);
}

static bool has_record_time(const struct kafka_message *m)
{
    return m->timestamp_ms >= YEAR_1_MS && m->timestamp_ms < TIME_END_US / US_PER_MS;
}

int rows_put_refused(void *rows, const char *topic, const struct kafka_message *m,
                     const struct err *why, struct err *e)
{
    char reason[REASON_MAX + 1];
    struct rows *r = rows;
    struct copy *c = &r->refused;
    if (r->table->put_message)
        return 0; /* what is refused again is where it was */
    copy_row(c, 8);
    copy_text(c, slice_of(r->sink));
    copy_text(c, slice_of(topic));
    copy_int(c, m->partition);
    copy_bigint(c, m->offset);
    if (has_record_time(m))
        rows_add_record_time(c, m);
    else
        copy_null(c);
    copy_text_or_null(c, m->key.data != NULL, m->key);
    copy_text_or_null(c, !m->tombstone, m->value);
    copy_text(c, plain(why->text, reason));
    return copy_row_end(c, e);
}

/* --- for tables ------------------------------------------------------------------------------ */

int rows_check_day(int64_t time_us, const char *what, struct err *e)
{
    if (time_us < YEAR_2000_US || time_us >= YEAR_2100_US)
        return err_set(e, ERR_LIMIT, "%s is outside the years 2000 to 2099", what);
    return 0;
}

int rows_need_day(struct rows *rows, int64_t time_us, const char *what, struct err *e)
{
    if (rows_check_day(time_us, what, e) != 0)
        return -1;
    int64_t day = time_us / US_PER_DAY;
    for (size_t i = rows->n_days; i > 0; i--)
        if (rows->days[i - 1] == day)
            return 0;
    if (rows->n_days == rows->cap_days) {
        size_t cap = rows->cap_days ? 2 * rows->cap_days : 16;
        int64_t *days = realloc(rows->days, cap * sizeof(*days));
        if (!days)
            return err_set(e, ERR_NOMEM, "no memory for %zu days", cap);
        rows->days = days;
        rows->cap_days = cap;
    }
    rows->days[rows->n_days++] = day;
    return 0;
}

void rows_newest(struct rows *rows, int64_t time_us)
{
    if (time_us > rows->newest_us)
        rows->newest_us = time_us;
}

int rows_copy(struct copy *copy, struct db *db, const char *sql, struct err *e)
{
    if (copy->n_rows == 0)
        return 0;
    struct slice input = copy_end(copy, e);
    return input.data ? db_copy(db, sql, input, e) : -1;
}

int rows_find(struct db *db, const char *sql, const struct rows_place *p,
              const struct kafka_message *m, struct err *e)
{
    enum { TEXTS_BYTES_MAX = 1 << 18 };
    struct strbuf texts[2] = {STRBUF_INIT(TEXTS_BYTES_MAX), STRBUF_INIT(TEXTS_BYTES_MAX)};
    char times[2][TIME_TEXT];
    char partition[16];
    char offset[24];
    const char *values[6];
    int n = 0;
    int r = 0;
    for (size_t i = 0; i < p->n_texts; i++) {
        if (strbuf_addf(&texts[i], "%.*s", SLICE_ARG(p->texts[i])) != 0)
            r = strbuf_full(&texts[i], "a parameter", e);
        values[n++] = texts[i].data;
    }
    for (size_t i = 0; i < p->n_times; i++) {
        (void)time_format(p->times_us[i], times[i]);
        values[n++] = times[i];
    }
    (void)snprintf(partition, sizeof(partition), "%" PRId32, m->partition);
    (void)snprintf(offset, sizeof(offset), "%" PRId64, m->offset);
    values[n++] = partition;
    values[n++] = offset;
    PGresult *res;
    if (r == 0 && (r = db_query(db, sql, values, n, &res, e)) == 0) {
        r = PQntuples(res) > 0;
        PQclear(res);
    }
    strbuf_finish(&texts[0]);
    strbuf_finish(&texts[1]);
    return r;
}

void rows_add_record_time(struct copy *copy, const struct kafka_message *m)
{
    copy_time(copy, has_record_time(m) ? m->timestamp_ms * US_PER_MS : INT64_MAX);
}

int rows_write(struct rows *rows, struct db *db, struct err *e)
{
    if (rows->table->write(rows, db, e) != 0)
        return -1;
    return rows_copy(&rows->refused, db, copy_refused, e);
}
