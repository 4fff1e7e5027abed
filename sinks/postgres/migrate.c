#include "migrate.h"

#include "sqltext.h"

#include <stdio.h>
#include <stdlib.h>

/* Any number that no other program is likely to lock. */
#define LOCK_KEY "4850211563912117"

static const char *const state_names[] = {"pending", "applied", "changed since it was applied",
                                          "applied, but its file is gone"};

/* --- what there is --------------------------------------------------------------------------- */

static int lock(struct migrate *g, struct err *e)
{
    for (;;) {
        PGresult *res;
        if (db_query(g->db, "SELECT pg_try_advisory_lock(" LOCK_KEY ")", NULL, 0, &res, e) != 0)
            return -1;
        bool got = PQgetvalue(res, 0, 0)[0] == 't';
        PQclear(res);
        if (got)
            return 0;
        if (!g->pause(g->ctx, "another migration of this database is at work"))
            return err_set(e, ERR_STOPPED, "stopped while another migration was at work");
    }
}

static struct migrate_row *new_row(struct migrate *g, struct err *e)
{
    struct migrate_row *rows = realloc(g->rows, (g->n + 1) * sizeof(*rows));
    if (!rows) {
        (void)err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    g->rows = rows;
    rows[g->n] = (struct migrate_row){0};
    return &rows[g->n++];
}

static const struct migration *file_of(const struct migrate *g, int version)
{
    for (size_t i = 0; i < g->files->n; i++)
        if (g->files->items[i].version == version)
            return &g->files->items[i];
    return NULL;
}

/* The server counts checksums, so that there is one idea of them. */
static int checksum(struct db *db, const char *text, char ret[65], struct err *e)
{
    PGresult *res;
    if (db_query(db, "SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex')", &text, 1, &res, e) !=
        0)
        return -1;
    (void)snprintf(ret, 65, "%s", PQgetvalue(res, 0, 0));
    PQclear(res);
    return 0;
}

static int add_applied(struct migrate *g, PGresult *res, int i, struct err *e)
{
    struct migrate_row *row = new_row(g, e);
    if (!row)
        return -1;
    row->version = (int)strtol(PQgetvalue(res, i, 0), NULL, 10);
    (void)snprintf(row->name, sizeof(row->name), "%s", PQgetvalue(res, i, 1));
    (void)snprintf(row->applied_at, sizeof(row->applied_at), "%s", PQgetvalue(res, i, 3));
    row->file = file_of(g, row->version);
    row->state = MIGRATE_GONE;
    if (!row->file)
        return 0;
    char sum[65];
    if (checksum(g->db, row->file->up, sum, e) != 0)
        return -1;
    row->state = strcmp(sum, PQgetvalue(res, i, 2)) == 0 ? MIGRATE_APPLIED : MIGRATE_CHANGED;
    return 0;
}

static int read_applied(struct migrate *g, struct err *e)
{
    PGresult *res;
    if (db_query(g->db,
                 "SELECT version, name, checksum,"
                 " to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
                 " FROM schema_migration ORDER BY version",
                 NULL, 0, &res, e) != 0)
        return -1;
    int r = 0;
    for (int i = 0; r == 0 && i < PQntuples(res); i++)
        r = add_applied(g, res, i, e);
    PQclear(res);
    return r;
}

static int by_version(const void *a, const void *b)
{
    const struct migrate_row *x = a;
    const struct migrate_row *y = b;
    return (x->version > y->version) - (x->version < y->version);
}

static int add_pending(struct migrate *g, struct err *e)
{
    size_t n_applied = g->n;
    for (size_t i = 0; i < g->files->n; i++) {
        const struct migration *file = &g->files->items[i];
        size_t k = 0;
        while (k < n_applied && g->rows[k].version != file->version)
            k++;
        if (k < n_applied)
            continue;
        struct migrate_row *row = new_row(g, e);
        if (!row)
            return -1;
        *row = (struct migrate_row){.version = file->version, .file = file};
        memcpy(row->name, file->name, sizeof(row->name));
    }
    if (g->n > 0)
        qsort(g->rows, g->n, sizeof(*g->rows), by_version);
    return 0;
}

int migrate_begin(struct migrate *g, struct err *e)
{
    if (lock(g, e) != 0 || db_exec(g->db,
                                   "CREATE TABLE IF NOT EXISTS schema_migration ("
                                   " version integer PRIMARY KEY, name text NOT NULL,"
                                   " checksum text NOT NULL,"
                                   " applied_at timestamptz NOT NULL DEFAULT now())",
                                   e) != 0)
        return -1;
    return read_applied(g, e) == 0 ? add_pending(g, e) : -1;
}

void migrate_end(struct migrate *g)
{
    free(g->rows);
    g->rows = NULL;
    g->n = 0;
}

/* --- one file -------------------------------------------------------------------------------- */

/* Puts "FILE:LINE: " in front. */
static int blame(const struct migrate *g, const struct migrate_row *row, bool up,
                 const struct db_fault *fault, struct err *e)
{
    struct slice text = slice_of(up ? row->file->up : row->file->down);
    int line = fault->position > 0 ? sqltext_line(text, fault->position)
                                   : sqltext_statement_line(text, fault->statement);
    return err_prefix(e, "%.100s/%04d_%.60s.%s.sql:%d", g->folder, row->version, row->name,
                      up ? "up" : "down", line);
}

static int run_text(struct migrate *g, const struct migrate_row *row, bool up, struct err *e)
{
    struct db_fault fault = {0};
    if (db_exec(g->db, "BEGIN", e) != 0)
        return -1;
    if (db_script(g->db, up ? row->file->up : row->file->down, &fault, e) != 0)
        return blame(g, row, up, &fault, e);
    if (!db_in_transaction(g->db))
        return err_set(e, ERR_STATE,
                       "%.100s: %04d_%.60s ends its transaction itself, which it must not",
                       g->folder, row->version, row->name);
    return 0;
}

static int note_applied(struct migrate *g, const struct migrate_row *row, struct err *e)
{
    char version[16];
    char sum[65];
    if (checksum(g->db, row->file->up, sum, e) != 0)
        return -1;
    (void)snprintf(version, sizeof(version), "%d", row->version);
    const char *const values[] = {version, row->name, sum};
    PGresult *res;
    if (db_query(g->db,
                 "INSERT INTO schema_migration (version, name, checksum) VALUES ($1, $2, $3)",
                 values, 3, &res, e) != 0)
        return -1;
    PQclear(res);
    return 0;
}

static int note_undone(struct migrate *g, const struct migrate_row *row, struct err *e)
{
    char version[16];
    (void)snprintf(version, sizeof(version), "%d", row->version);
    const char *const values[] = {version};
    PGresult *res;
    if (db_query(g->db, "DELETE FROM schema_migration WHERE version = $1", values, 1, &res, e) != 0)
        return -1;
    PQclear(res);
    return 0;
}

static int run_one(struct migrate *g, const struct migrate_row *row, bool up, struct err *e)
{
    if (run_text(g, row, up, e) == 0 &&
        (up ? note_applied(g, row, e) : note_undone(g, row, e)) == 0 &&
        db_exec(g->db, "COMMIT", e) == 0) {
        (void)printf("%s %04d_%s\n", up ? "applied" : "undone", row->version, row->name);
        return 0;
    }
    struct err ignored; /* the first failure is the one to tell; closing rolls back as well */
    if (db_usable(g->db) && db_in_transaction(g->db) && db_exec(g->db, "ROLLBACK", &ignored) != 0)
        return -1;
    return -1;
}

/* --- commands -------------------------------------------------------------------------------- */

static int check_applied(const struct migrate *g, struct err *e)
{
    int newest_applied = 0;
    for (size_t i = 0; i < g->n; i++) {
        const struct migrate_row *row = &g->rows[i];
        if (row->state == MIGRATE_CHANGED || row->state == MIGRATE_GONE)
            return err_set(e, ERR_STATE, "%04d_%s: %s", row->version, row->name,
                           state_names[row->state]);
        if (row->state == MIGRATE_APPLIED)
            newest_applied = row->version;
    }
    for (size_t i = 0; i < g->n; i++)
        if (g->rows[i].state == MIGRATE_PENDING && g->rows[i].version < newest_applied)
            return err_set(e, ERR_STATE, "%04d_%s is new, but older than %04d, which is applied",
                           g->rows[i].version, g->rows[i].name, newest_applied);
    return 0;
}

int migrate_up(struct migrate *g, int to, struct err *e)
{
    if (check_applied(g, e) != 0)
        return -1;
    int n = 0;
    for (size_t i = 0; i < g->n; i++) {
        const struct migrate_row *row = &g->rows[i];
        if (row->state != MIGRATE_PENDING || (to != MIGRATE_ALL && row->version > to))
            continue;
        if (run_one(g, row, true, e) != 0)
            return -1;
        n++;
    }
    if (n == 0)
        (void)puts("nothing to apply");
    return 0;
}

int migrate_down(struct migrate *g, int to, struct err *e)
{
    int n = 0;
    for (size_t i = g->n; i > 0; i--) {
        const struct migrate_row *row = &g->rows[i - 1];
        if (row->state == MIGRATE_PENDING)
            continue;
        if (to != MIGRATE_ALL ? row->version <= to : n == 1)
            break;
        if (!row->file)
            return err_set(e, ERR_STATE, "%04d_%s: its file is gone, so it cannot be undone",
                           row->version, row->name);
        if (run_one(g, row, false, e) != 0)
            return -1;
        n++;
    }
    if (n == 0)
        (void)puts("nothing to undo");
    return 0;
}

int migrate_status(const struct migrate *g, struct err *e)
{
    size_t n_other = 0;
    for (size_t i = 0; i < g->n; i++) {
        const struct migrate_row *row = &g->rows[i];
        (void)printf("%04d_%s: %s%s%s\n", row->version, row->name, state_names[row->state],
                     *row->applied_at ? ", at " : "", row->applied_at);
        n_other += row->state != MIGRATE_APPLIED;
    }
    if (n_other == 0)
        return 0;
    return err_set(e, ERR_STATE, "%zu of %zu migrations are not applied as they are", n_other,
                   g->n);
}
