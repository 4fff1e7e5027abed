/**
 * A bounded pool of sessions that reconnects by itself.
 *
 *     struct pool *pool = pool_create(url, 4, metrics, &e);
 *     PGresult *rows = pool_query(pool, &statement, &binds, &e);
 *     PQclear(rows);
 *     pool_stop(pool);                                     // waits end, queries are given up
 *     pool_destroy(pool);                                  // once no thread is in pool_query()
 *
 * Sessions are opened when they are needed. While the database is away a query fails at once, but
 * for one try each POOL_RETRY_MS. A query that finds its idle session broken (the server was
 * restarted) is run again on a new one; all our statements only read. Who waits longest for a
 * session gets the next one.
 * Threads: any; the lock guards the sessions' states, never held while waiting for the database.
 */
#ifndef CANDLEWICK_POOL_H
#define CANDLEWICK_POOL_H

#include "metrics.h"
#include "session.h"

enum {
    POOL_MAX = 64,
    POOL_WAIT_MS = 2000, /* for a session to become free */
    POOL_RETRY_MS = 500, /* between attempts to connect while the database is away */
};

struct pool;

extern const struct metric_table pool_metric_table;

/* Opens nothing yet. url: borrowed. n: 1 to POOL_MAX sessions. NULL with ERR_CONF, ERR_NOMEM. */
struct pool *pool_create(const char *url, int n, struct metrics *metrics, struct err *e);
void pool_stop(struct pool *p);
void pool_destroy(struct pool *p); /* NULL is fine */

/* Rows as text, PQclear() them. NULL with *e as session_query(), and ERR_LIMIT where all sessions
 * stayed busy for POOL_WAIT_MS. */
PGresult *pool_query(struct pool *p, const struct statement *st, const struct binds *b,
                     struct err *e);

#endif
