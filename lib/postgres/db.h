/**
 * A connection to PostgreSQL that never waits without looking up.
 *
 *     struct db *db = db_open(&settings, &e);
 *     if (db_exec(db, "BEGIN", &e) != 0 || db_copy(db, "COPY trade … FROM STDIN …", rows, &e) != 0)
 *         ...                                    // e.retriable: the same may succeed later
 *     PGresult *res;
 *     if (db_query(db, "SELECT … $1", values, 1, &res, &e) == 0)
 *         ..., PQclear(res);
 *     db_close(db);
 *
 * libpq is driven without blocking: several times a second settings.go_on is asked, and an answer
 * that does not come in time is an error. After any error ask db_usable(); what is not usable is
 * closed, and the server rolls back.
 * Errors: those of sqlstate.h; ERR_IO retriable where the server is gone or silent; ERR_STOPPED.
 * Threads: one.
 */
#ifndef CANDLEWICK_POSTGRES_DB_H
#define CANDLEWICK_POSTGRES_DB_H

#include "err.h"
#include "slice.h"

#include <libpq-fe.h>
#include <stdint.h>

enum { DB_CONNECT_TIMEOUT_S = 10 };

struct db_settings {
    const char
        *url; /* postgresql://… or "host=… dbname=…"; what it leaves open, PG… variables say */
    const char *name;         /* of this program, for pg_stat_activity */
    int64_t answer_timeout_s; /* for one statement; 0: as long as it takes */
    bool (*go_on)(void *ctx); /* false ends a wait with ERR_STOPPED */
    void *ctx;
};

/* Which part of a script failed. */
struct db_fault {
    int statement; /* from 0 */
    long position; /* character in the script, from 1; 0: the server gave none */
};

struct db;

/* Refuses a URL that libpq cannot read, without connecting. ERR_CONF. */
int db_url_check(const char *url, struct err *e) MUST_CHECK;

/* Connects, within 10 s. Every failure is retriable but ERR_NOMEM and ERR_STOPPED. */
struct db *db_open(const struct db_settings *settings, struct err *e);
void db_close(struct db *db); /* NULL is fine */

/* False where the connection is lost, or in the middle of something. */
bool db_usable(const struct db *db);

/* Whether a transaction is open (also a failed one). */
bool db_in_transaction(const struct db *db);

/* One or several statements whose results do not matter. ret_fault: filled on failure, may be
 * NULL. */
int db_exec(struct db *db, const char *sql, struct err *e) MUST_CHECK;
int db_script(struct db *db, const char *sql, struct db_fault *ret_fault, struct err *e) MUST_CHECK;

/* One statement with parameters as text. *ret: free with PQclear(). */
int db_query(struct db *db, const char *sql, const char *const *values, int n, PGresult **ret,
             struct err *e) MUST_CHECK;

/* COPY … FROM STDIN with the whole of its input. */
int db_copy(struct db *db, const char *sql, struct slice input, struct err *e) MUST_CHECK;

#endif
