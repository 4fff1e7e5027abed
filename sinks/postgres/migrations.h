/**
 * The migrations in a folder: NNNN_name.up.sql and NNNN_name.down.sql.
 *
 *     struct migrations m;
 *     if (migrations_read(folder, &m, &e) != 0) ...
 *     for (size_t i = 0; i < m.n; i++)
 *         printf("%04d_%s\n", m.items[i].version, m.items[i].name);
 *     migrations_finish(&m);
 *
 * Versions are numbers of four digits from 0001, each has both files, and nothing else ends in
 * ".sql" there.
 * Threads: pure functions of the file system.
 */
#ifndef CANDLEWICK_POSTGRES_MIGRATIONS_H
#define CANDLEWICK_POSTGRES_MIGRATIONS_H

#include "err.h"
#include "slice.h"

enum { MIGRATION_NAME_MAX = 100, MIGRATION_FILE_LIMIT = 1 << 20 };

struct migration {
    int version;
    char name[MIGRATION_NAME_MAX + 1]; /* "trades_and_candles" */
    char *up;                          /* text of the files, each ended by NUL */
    char *down;
};

struct migrations {
    struct migration *items; /* ascending */
    size_t n;
};

/* "0001_a.up.sql": 0 with version, name and *ret_up. ERR_CONF: not such a name. */
int migration_name_parse(const char *file, struct migration *ret, bool *ret_up,
                         struct err *e) MUST_CHECK;

/* ERR_CONF: an unreadable folder or file, a name that is none, a version twice or without one of
 * its files. ERR_NOMEM. */
int migrations_read(const char *folder, struct migrations *ret, struct err *e) MUST_CHECK;
void migrations_finish(struct migrations *m);

#endif
