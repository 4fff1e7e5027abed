/**
 * One connection to PostgreSQL whose every wait is bounded.
 *
 *     struct session *s = session_open(url, &stop, &e);
 *     struct binds b = {0};
 *     bind_text(&b, "binance");
 *     PGresult *rows = session_query(s, &statement, &b, &e);     // text results, PQclear() them
 *     session_close(s);
 *
 * libpq's own waits have no end when a peer falls silent, so we poll its socket ourselves.
 * Statements are prepared on first use, values travel as parameters only, and the session is read
 * only with a statement_timeout.
 * Threads: a session belongs to one thread at a time.
 */
#ifndef CANDLEWICK_SESSION_H
#define CANDLEWICK_SESSION_H

#include "err.h"

#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdint.h>

enum {
    SESSION_CONNECT_MS = 2000,
    SESSION_STATEMENT_MS = 5000, /* the server gives up on a statement after this */
    SESSION_ANSWER_MS = 10000,   /* we give up on the server after this */
    SESSION_STATEMENTS_MAX = 64,
    BINDS_MAX = 12,
};

struct statement {
    unsigned id; /* below SESSION_STATEMENTS_MAX, one for each text */
    const char *name;
    const char *sql;
};

/* Parameters of a statement, $1 first. Points into itself: not to be copied. */
struct binds {
    int n;
    const char *values[BINDS_MAX];
    int lengths[BINDS_MAX];
    int formats[BINDS_MAX];
    char numbers[BINDS_MAX][24];
};

/* At most BINDS_MAX of them. text: borrowed until the query is done. */
void bind_text(struct binds *b, const char *text);
void bind_int(struct binds *b, int64_t value);
/* Microseconds since 1970; what is outside of PostgreSQL's calendar is -infinity or infinity. */
void bind_time(struct binds *b, int64_t time_us);

struct session;

/* Checks the form of a connection string without connecting. ERR_CONF; the text does not repeat
 * the string, which may hold a password. */
int session_check_url(const char *url, struct err *e) MUST_CHECK;

/* stop: waits end within 200 ms once it is set; borrowed. NULL with ERR_IO (retriable),
 * ERR_NOMEM or ERR_STOPPED. */
struct session *session_open(const char *url, const atomic_bool *stop, struct err *e);
void session_close(struct session *s); /* NULL is fine */

/* False once the connection is lost or was given up; only closing helps then. */
bool session_is_alive(const struct session *s);

/* Runs a statement that returns rows. NULL with *e: ERR_IO (the connection is gone; retriable where
 * a new session may answer), ERR_STATE (a table or column is missing), ERR_LIMIT
 * (statement_timeout, or the server lacks resources), ERR_PROTO (the server refuses the statement),
 * ERR_STOPPED. */
PGresult *session_query(struct session *s, const struct statement *st, const struct binds *b,
                        struct err *e);

#endif
