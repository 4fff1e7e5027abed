/**
 * Migrations applied to a database and undone, each in one transaction with its row in
 * schema_migration.
 *
 *     struct migrate g = {.db = db, .files = &files, .folder = folder, .pause = pause, .ctx = p};
 *     if (migrate_begin(&g, &e) == 0)         // takes the lock, reads what was applied
 *         r = migrate_up(&g, MIGRATE_ALL, &e);
 *     migrate_end(&g);
 *
 * A file that changed after it was applied, or that is gone, is an error of up: the database is not
 * what the files say. Errors name file and line.
 * Threads: one.
 */
#ifndef CANDLEWICK_POSTGRES_MIGRATE_H
#define CANDLEWICK_POSTGRES_MIGRATE_H

#include "migrations.h"
#include "postgres/db.h"

enum { MIGRATE_ALL = -1 };

enum migrate_state {
    MIGRATE_PENDING,
    MIGRATE_APPLIED,
    MIGRATE_CHANGED, /* applied, from another text than the file's */
    MIGRATE_GONE,    /* applied, and there is no such file any more */
};

struct migrate_row {
    int version;
    char name[MIGRATION_NAME_MAX + 1];
    enum migrate_state state;
    char applied_at[40];          /* "" while pending */
    const struct migration *file; /* NULL where it is gone */
};

struct migrate {
    struct db *db;
    const struct migrations *files;
    const char *folder;                        /* for messages */
    bool (*pause)(void *ctx, const char *why); /* while another one has the lock; false: give up */
    void *ctx;
    struct migrate_row *rows; /* all versions, ascending; filled by migrate_begin() */
    size_t n;
};

/* Waits for the lock, makes schema_migration if it is not there, fills rows. Errors of db.h, and
 * ERR_STOPPED. Call migrate_end() in every case. */
int migrate_begin(struct migrate *g, struct err *e) MUST_CHECK;
void migrate_end(struct migrate *g); /* the lock ends with the connection */

/* Applies what is pending, up to a version or MIGRATE_ALL; says each on stdout. ERR_STATE: changed
 * or gone files, a pending version older than an applied one, a statement that fails. */
int migrate_up(struct migrate *g, int to, struct err *e) MUST_CHECK;

/* Undoes what was applied above a version; MIGRATE_ALL: only the newest one. */
int migrate_down(struct migrate *g, int to, struct err *e) MUST_CHECK;

/* Prints a line for each version. ERR_STATE unless all are applied as they are. */
int migrate_status(const struct migrate *g, struct err *e) MUST_CHECK;

#endif
