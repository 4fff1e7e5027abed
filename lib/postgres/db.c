#include "db.h"

#include "clock.h"
#include "failpoint.h"
#include "libpq_line.h"
#include "sqlstate.h"
#include "timefmt.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_UP_MS = 100, COPY_CHUNK = 256 * 1024 };

struct db {
    PGconn *conn;
    struct db_settings settings;
    bool broken; /* left in the middle of something */
};

/* --- errors ---------------------------------------------------------------------------------- */

/* The connection itself failed. */
static int lost(struct db *db, const char *what, struct err *e)
{
    char why[200];
    libpq_line(PQerrorMessage(db->conn), why, sizeof(why));
    db->broken = true;
    return err_retry(e, ERR_IO, "%s: %s", what, *why ? why : "the connection is lost");
}

/* "No partition of relation … found for row": it was dropped just now, and can be made again. A row
 * that a check refuses has the same state, and the check's name. */
static bool is_partition_gone(const PGresult *res, const char *state)
{
    return strcmp(state, "23514") == 0 && !PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);
}

static int refused(struct db *db, const PGresult *res, struct err *e)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    const char *where = PQresultErrorField(res, PG_DIAG_CONTEXT);
    if (PQresultStatus(res) == PGRES_COPY_IN || PQresultStatus(res) == PGRES_COPY_OUT) {
        db->broken = true;
        return err_set(e, ERR_STATE, "database: COPY has no place in a script");
    }
    if (!state || !message) /* libpq made this result itself */
        return lost(db, "database", e);
    char place[80];
    libpq_line(where ? where : "", place, sizeof(place));
    bool retriable;
    enum err_code code = sqlstate_code(state, &retriable);
    if (is_partition_gone(res, state)) {
        code = ERR_IO;
        retriable = true;
    }
    const char *full = strcmp(state, "53100") == 0 ? "its disk is full: " : "";
    (void)err_set(e, code, "database: %s%.150s (%s)%s%s", full, message, state, *place ? ", " : "",
                  place);
    e->retriable = retriable;
    return -1;
}

/* --- waiting --------------------------------------------------------------------------------- */

static int64_t answer_deadline_us(const struct db *db)
{
    int64_t s = db->settings.answer_timeout_s;
    return s > 0 ? clock_mono_us() + s * US_PER_S : INT64_MAX;
}

/* Until the socket is ready for one of the events. */
static int await_socket(struct db *db, short events, int64_t deadline_us, struct err *e)
{
    for (;;) {
        if (!db->settings.go_on(db->settings.ctx)) {
            db->broken = true;
            return err_set(e, ERR_STOPPED, "stopped while waiting for the database");
        }
        if (clock_mono_us() > deadline_us) {
            db->broken = true;
            return err_retry(e, ERR_IO, "database: no answer in time");
        }
        struct pollfd p = {.fd = PQsocket(db->conn), .events = events};
        int n = poll(&p, 1, LOOK_UP_MS);
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return lost(db, "poll", e);
    }
}

/* Sends what libpq holds back, reading meanwhile: a server that nobody reads from stops reading. */
static int flush(struct db *db, int64_t deadline_us, struct err *e)
{
    int left;
    while ((left = PQflush(db->conn)) > 0) {
        if (await_socket(db, POLLIN | POLLOUT, deadline_us, e) != 0)
            return -1;
        if (!PQconsumeInput(db->conn))
            return lost(db, "database", e);
    }
    return left < 0 ? lost(db, "database", e) : 0;
}

/* *ret: the next result, NULL behind the last. */
static int next_result(struct db *db, int64_t deadline_us, PGresult **ret, struct err *e)
{
    if (flush(db, deadline_us, e) != 0)
        return -1;
    while (PQisBusy(db->conn)) {
        if (await_socket(db, POLLIN, deadline_us, e) != 0)
            return -1;
        if (!PQconsumeInput(db->conn))
            return lost(db, "database", e);
    }
    *ret = PQgetResult(db->conn);
    return 0;
}

static bool is_good(ExecStatusType status)
{
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

/* Reads all results of what was sent. Keeps the last good one in *ret_last where that is not NULL,
 * and the first failure in *e. */
static int all_results(struct db *db, PGresult **ret_last, struct db_fault *ret_fault,
                       struct err *e)
{
    int64_t deadline_us = answer_deadline_us(db);
    struct err ignored;
    PGresult *last = NULL;
    PGresult *res;
    int r = 0;
    for (int n = 0; next_result(db, deadline_us, &res, r == 0 ? e : &ignored) == 0; n++) {
        if (!res) {
            if (r == 0 && ret_last)
                *ret_last = last;
            else
                PQclear(last);
            return r;
        }
        if (r == 0 && !is_good(PQresultStatus(res))) {
            const char *at = PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION);
            if (ret_fault)
                *ret_fault = (struct db_fault){n, at ? strtol(at, NULL, 10) : 0};
            r = refused(db, res, e);
        }
        PQclear(last);
        last = res;
        if (db->broken)
            break;
    }
    PQclear(last);
    return -1;
}

/* --- open and close -------------------------------------------------------------------------- */

int db_url_check(const char *url, struct err *e)
{
    /* libpq's own text may repeat the whole string, password and all */
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    if (!options)
        return err_set(e, ERR_CONF,
                       "database.url: not postgresql://user:password@host:port/database, nor "
                       "\"key=value …\"");
    PQconninfoFree(options);
    return 0;
}

static int connect_steps(struct db *db, struct err *e)
{
    int64_t deadline_us = clock_mono_us() + DB_CONNECT_TIMEOUT_S * US_PER_S;
    PostgresPollingStatusType step = PGRES_POLLING_WRITING;
    if (PQstatus(db->conn) == CONNECTION_BAD)
        return lost(db, "cannot connect", e);
    while (step != PGRES_POLLING_OK) {
        if (await_socket(db, step == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline_us, e) != 0)
            return -1;
        step = PQconnectPoll(db->conn);
        if (step == PGRES_POLLING_FAILED)
            return lost(db, "cannot connect", e);
    }
    return PQsetnonblocking(db->conn, 1) == 0 ? 0 : lost(db, "database", e);
}

/* Notices are for people at a terminal. */
static void ignore_notice(void *ctx, const PGresult *res)
{
    (void)ctx;
    (void)res;
}

struct db *db_open(const struct db_settings *settings, struct err *e)
{
    /* The URL stands last, so what it says wins. A peer that is gone is noticed within 25 s. */
    const char *const keys[] = {"fallback_application_name",
                                "client_encoding",
                                "keepalives_idle",
                                "keepalives_interval",
                                "keepalives_count",
                                "dbname",
                                NULL};
    const char *const values[] = {settings->name, "UTF8", "10", "5", "3", settings->url, NULL};
    struct db *db = calloc(1, sizeof(*db));
    if (!db) {
        (void)err_set(e, ERR_NOMEM, "database: out of memory");
        return NULL;
    }
    db->settings = *settings;
    db->conn = PQconnectStartParams(keys, values, 1);
    if (!db->conn) {
        (void)err_set(e, ERR_NOMEM, "database: out of memory");
    } else if (connect_steps(db, e) == 0) {
        (void)PQsetNoticeReceiver(db->conn, ignore_notice, NULL);
        return db;
    }
    db_close(db);
    return NULL;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    PQfinish(db->conn);
    free(db);
}

bool db_usable(const struct db *db)
{
    return !db->broken && PQstatus(db->conn) == CONNECTION_OK;
}

bool db_in_transaction(const struct db *db)
{
    PGTransactionStatusType s = PQtransactionStatus(db->conn);
    return s == PQTRANS_INTRANS || s == PQTRANS_INERROR;
}

/* --- statements ------------------------------------------------------------------------------ */

int db_exec(struct db *db, const char *sql, struct err *e)
{
    return db_script(db, sql, NULL, e);
}

int db_script(struct db *db, const char *sql, struct db_fault *ret_fault, struct err *e)
{
    if (!PQsendQuery(db->conn, sql))
        return lost(db, "database", e);
    return all_results(db, NULL, ret_fault, e);
}

int db_query(struct db *db, const char *sql, const char *const *values, int n, PGresult **ret,
             struct err *e)
{
    if (!PQsendQueryParams(db->conn, sql, n, NULL, values, NULL, NULL, 0))
        return lost(db, "database", e);
    return all_results(db, ret, NULL, e);
}

static int send_input(struct db *db, struct slice input, struct err *e)
{
    int64_t deadline_us = answer_deadline_us(db);
    for (size_t at = 0; at < input.len; at += COPY_CHUNK) {
        size_t len = input.len - at < COPY_CHUNK ? input.len - at : COPY_CHUNK;
        if (PQputCopyData(db->conn, input.data + at, (int)len) != 1)
            return lost(db, "copy", e);
        if (flush(db, deadline_us, e) != 0)
            return -1;
        FAILPOINT(SINK_COPY);
    }
    return PQputCopyEnd(db->conn, NULL) == 1 ? 0 : lost(db, "copy", e);
}

int db_copy(struct db *db, const char *sql, struct slice input, struct err *e)
{
    PGresult *res;
    if (!PQsendQuery(db->conn, sql))
        return lost(db, "database", e);
    if (next_result(db, answer_deadline_us(db), &res, e) != 0)
        return -1;
    if (PQresultStatus(res) != PGRES_COPY_IN) {
        int r = refused(db, res, e);
        PQclear(res);
        struct err ignored;
        if (all_results(db, NULL, NULL, &ignored) != 0)
            return -1; /* the first reason is the one to tell */
        return r;
    }
    PQclear(res);
    return send_input(db, input, e) == 0 ? all_results(db, NULL, NULL, e) : -1;
}
