#include "rows.h"

#include "fields.h"

#include <inttypes.h>
#include <stdlib.h>

enum { SQL_MAX = 16384, ROW_MAX = 1 << 26 };

static const char fetch[] = "FETCH FORWARD 2000 FROM verified";

static int add_select(struct strbuf *sql, const char *before, const struct tables_one *table,
                      struct slice interval, struct err *e)
{
    if (strbuf_adds(sql, before) != 0)
        return strbuf_full(sql, "SQL", e);
    return tables_select(table, interval, sql, e);
}

int rows_open(struct rows *r, struct db *db, const struct tables_one *table, struct slice interval,
              struct err *e)
{
    *r = (struct rows){.db = db, .packed = STRBUF_INIT(ROW_MAX)};
    struct strbuf sql = STRBUF_INIT(SQL_MAX);
    int done = add_select(&sql, "DECLARE verified NO SCROLL CURSOR FOR ", table, interval, e);
    if (done == 0 && strbuf_adds(&sql, " ORDER BY partition, \"offset\"") != 0)
        done = strbuf_full(&sql, "SQL", e);
    if (done == 0)
        done = db_exec(db, sql.data, e);
    strbuf_finish(&sql);
    return done;
}

void rows_close(struct rows *r)
{
    struct err ignored;
    if (r->batch) /* the cursor is open; if it does not close, the transaction's end will do it */
        (void)(db_exec(r->db, "CLOSE verified", &ignored) == 0);
    PQclear(r->batch);
    strbuf_finish(&r->packed);
}

static int pack(const PGresult *res, int at, struct strbuf *out, struct err *e)
{
    for (int i = TABLES_FIRST_FIELD; i < PQnfields(res); i++) {
        const struct slice text =
            slice_make(PQgetvalue(res, at, i), (size_t)PQgetlength(res, at, i));
        if (fields_pack_text(out, !PQgetisnull(res, at, i), text) != 0)
            return strbuf_full(out, "a row", e);
    }
    return 0;
}

int rows_next(struct rows *r, struct row *ret, struct err *e)
{
    if (!r->batch || r->at == PQntuples(r->batch)) {
        PQclear(r->batch);
        r->batch = NULL;
        r->at = 0;
        if (db_query(r->db, fetch, NULL, 0, &r->batch, e) != 0)
            return -1;
        if (PQntuples(r->batch) == 0)
            return 0;
    }
    strbuf_reset(&r->packed);
    if (pack(r->batch, r->at, &r->packed, e) != 0)
        return -1;
    *ret = (struct row){(int32_t)strtol(PQgetvalue(r->batch, r->at, TABLES_PARTITION), NULL, 10),
                        strtoll(PQgetvalue(r->batch, r->at, TABLES_OFFSET), NULL, 10),
                        *PQgetvalue(r->batch, r->at, TABLES_OLD) == 't', strbuf_slice(&r->packed)};
    r->at++;
    r->n++;
    return 1;
}

int rows_find(struct db *db, const struct tables_one *table, struct slice interval,
              int32_t partition, int64_t offset, struct strbuf *out, struct err *e)
{
    struct strbuf sql = STRBUF_INIT(SQL_MAX);
    PGresult *res = NULL;
    int r = add_select(&sql, "", table, interval, e);
    if (r == 0 &&
        strbuf_addf(&sql, " %s partition = %" PRId32 " AND \"offset\" = %" PRId64 " LIMIT 1",
                    interval.len ? "AND" : "WHERE", partition, offset) != 0)
        r = strbuf_full(&sql, "SQL", e);
    if (r == 0)
        r = db_query(db, sql.data, NULL, 0, &res, e);
    if (r == 0 && PQntuples(res) > 0)
        r = pack(res, 0, out, e) == 0 ? 1 : -1;
    PQclear(res);
    strbuf_finish(&sql);
    return r;
}
