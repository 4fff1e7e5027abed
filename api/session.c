#include "session.h"

#include "clock.h"
#include "log.h"
#include "postgres/libpq_line.h"
#include "timefmt.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Seconds from 1970-01-01 to 2000-01-01, where PostgreSQL's timestamps begin. */
#define PG_EPOCH_US (INT64_C(946684800) * US_PER_S)

/* Of the times that PostgreSQL has (4713 BC to 294276) those that any candle may have. */
#define PG_FIRST_US (INT64_C(-200000000000) * US_PER_S)
#define PG_END_US (INT64_C(9000000000000) * US_PER_S)

enum { POLL_MS = 200 };

struct session {
    PGconn *conn;
    const atomic_bool *stop;
    uint64_t prepared; /* bit n: statement n is; there are bits for SESSION_STATEMENTS_MAX */
    bool given_up;     /* an answer is outstanding that nobody waits for */
};

/* --- parameters ------------------------------------------------------------------------------ */

static void bind(struct binds *b, const char *value, int length, int format)
{
    b->values[b->n] = value;
    b->lengths[b->n] = length;
    b->formats[b->n] = format;
    b->n++;
}

void bind_text(struct binds *b, const char *text)
{
    bind(b, text, 0, 0);
}

void bind_int(struct binds *b, int64_t value)
{
    char *text = b->numbers[b->n];
    (void)snprintf(text, sizeof(b->numbers[0]), "%" PRId64, value);
    bind(b, text, 0, 0);
}

void bind_time(struct binds *b, int64_t time_us)
{
    char *bytes = b->numbers[b->n];
    int64_t pg_us = time_us < PG_FIRST_US ? INT64_MIN : INT64_MAX; /* -infinity, infinity */
    if (time_us >= PG_FIRST_US && time_us < PG_END_US)
        pg_us = time_us - PG_EPOCH_US;
    uint64_t v = (uint64_t)pg_us;
    for (int i = 7; i >= 0; i--, v >>= 8)
        bytes[i] = (char)v;
    bind(b, bytes, 8, 1);
}

/* --- waiting --------------------------------------------------------------------------------- */

/* Waits until the connection's socket is ready for events. What is there already counts, however
 * late we are ourselves. ERR_IO; ERR_STOPPED. */
static int wait_socket(const struct session *s, short events, int64_t deadline_us, struct err *e)
{
    struct pollfd p = {.fd = PQsocket(s->conn), .events = events};
    for (;;) {
        if (atomic_load_explicit(s->stop, memory_order_relaxed))
            return err_set(e, ERR_STOPPED, "stopping");
        int64_t left_ms = (deadline_us - clock_mono_us()) / US_PER_MS;
        int wait_ms = left_ms < POLL_MS ? (int)left_ms : POLL_MS;
        int n = poll(&p, 1, wait_ms > 0 ? wait_ms : 0);
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return err_set(e, ERR_IO, "poll: %s", strerror(errno));
        if (left_ms <= 0)
            return err_set(e, ERR_IO, "the database has not answered in time");
    }
}

static int connection_error(const struct session *s, struct err *e)
{
    char why[sizeof(e->text)];
    libpq_line(PQerrorMessage(s->conn), why, sizeof(why));
    return err_retry(e, ERR_IO, "%s", why);
}

/* --- connecting ------------------------------------------------------------------------------ */

static void on_notice(void *arg, const PGresult *notice)
{
    (void)arg;
    log_debug("database", "notice", LOG_STR("text", PQresultErrorMessage(notice)));
}

static int connect_wait(const struct session *s, int64_t deadline_us, struct err *e)
{
    short events = POLLOUT;
    for (;;) {
        if (wait_socket(s, events, deadline_us, e) != 0)
            return -1;
        PostgresPollingStatusType state = PQconnectPoll(s->conn);
        if (state == PGRES_POLLING_OK)
            return 0;
        if (state == PGRES_POLLING_FAILED)
            return connection_error(s, e);
        events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    }
}

/* Lets libpq write and read until a result can be taken without waiting. */
static int pump(const struct session *s, int64_t deadline_us, struct err *e)
{
    for (;;) {
        int unsent = PQflush(s->conn);
        if (unsent < 0)
            return connection_error(s, e);
        if (unsent == 0 && !PQisBusy(s->conn))
            return 0;
        if (wait_socket(s, unsent ? POLLIN | POLLOUT : POLLIN, deadline_us, e) != 0)
            return -1;
        if (!PQconsumeInput(s->conn))
            return connection_error(s, e);
    }
}

/* The last result of what was sent. NULL: the session is of no more use. */
static PGresult *take_result(struct session *s, int64_t deadline_us, struct err *e)
{
    PGresult *last = NULL;
    while (pump(s, deadline_us, e) == 0) {
        PGresult *r = PQgetResult(s->conn);
        if (!r && last)
            return last;
        PQclear(last);
        last = r;
        if (!r) {
            (void)connection_error(s, e); /* nothing came of what was sent */
            break;
        }
    }
    PQclear(last);
    s->given_up = true;
    return NULL;
}

static int sql_error(struct session *s, const PGresult *r, struct err *e);

static int set_up(struct session *s, int64_t deadline_us, struct err *e)
{
    char sql[256];
    /* Custom plans: a bound of infinity and a real one want different plans. */
    (void)snprintf(sql, sizeof(sql),
                   "SET statement_timeout = %d; SET default_transaction_read_only = on; "
                   "SET plan_cache_mode = force_custom_plan",
                   SESSION_STATEMENT_MS);
    if (!PQsendQuery(s->conn, sql))
        return connection_error(s, e);
    PGresult *r = take_result(s, deadline_us, e);
    if (!r)
        return -1;
    int failed = PQresultStatus(r) == PGRES_COMMAND_OK ? 0 : sql_error(s, r, e);
    PQclear(r);
    return failed;
}

int session_check_url(const char *url, struct err *e)
{
    char *why = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &why);
    bool ok = options != NULL;
    PQconninfoFree(options);
    PQfreemem(why); /* it may quote a password */
    if (!ok)
        return err_set(e, ERR_CONF,
                       "database.url: neither a postgresql:// URL nor key=value pairs");
    return 0;
}

static int establish(struct session *s, const char *url, struct err *e)
{
    const char *const keys[] = {"fallback_application_name", "dbname", "client_encoding", NULL};
    const char *const values[] = {"cw-api", url, "UTF8", NULL};
    int64_t deadline_us = clock_mono_us() + SESSION_CONNECT_MS * US_PER_MS;
    s->conn = PQconnectStartParams(keys, values, 1);
    if (!s->conn)
        return err_set(e, ERR_NOMEM, "out of memory for a database session");
    (void)PQsetNoticeReceiver(s->conn, on_notice, NULL);
    if (PQstatus(s->conn) == CONNECTION_BAD)
        return connection_error(s, e);
    if (connect_wait(s, deadline_us, e) != 0)
        return -1;
    if (PQsetnonblocking(s->conn, 1) != 0)
        return connection_error(s, e);
    return set_up(s, deadline_us, e);
}

struct session *session_open(const char *url, const atomic_bool *stop, struct err *e)
{
    struct session *s = calloc(1, sizeof(*s));
    if (!s) {
        (void)err_set(e, ERR_NOMEM, "out of memory for a database session");
        return NULL;
    }
    s->stop = stop;
    if (establish(s, url, e) == 0)
        return s;
    session_close(s);
    return NULL;
}

void session_close(struct session *s)
{
    if (!s)
        return;
    PQfinish(s->conn);
    free(s);
}

bool session_is_alive(const struct session *s)
{
    return !s->given_up && PQstatus(s->conn) == CONNECTION_OK;
}

/* --- statements ------------------------------------------------------------------------------ */

/* What the class or code of an SQLSTATE means to us. */
static int sql_error(struct session *s, const PGresult *r, struct err *e)
{
    static const struct {
        const char *state; /* of two characters: the whole class */
        enum err_code code;
        const char *text; /* NULL: the server's own */
    } meanings[] = {
        {"57014", ERR_LIMIT, "the query took too long; ask for a shorter range or fewer rows"},
        {"57P", ERR_IO, NULL}, /* shutting down, starting up, terminated */
        {"08", ERR_IO, NULL},  /* connection lost */
        {"53", ERR_LIMIT, "the database is short of resources"},
        {"0A000", ERR_IO,
         NULL}, /* "cached plan must not change result type": a table was altered */
        {"42P01", ERR_STATE, NULL}, /* no such table */
        {"42703", ERR_STATE, NULL}, /* no such column */
        {"3F000", ERR_STATE, NULL}, /* no such schema */
    };
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    if (!state || !text)
        return connection_error(s, e);
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (strncmp(state, meanings[i].state, strlen(meanings[i].state)) != 0)
            continue;
        if (meanings[i].code == ERR_IO)
            s->given_up = true; /* whatever it was, a new session begins afresh */
        return err_retry(e, meanings[i].code, "%s", meanings[i].text ? meanings[i].text : text);
    }
    return err_set(e, ERR_PROTO, "SQLSTATE %s: %s", state, text);
}

/* The result of what sent says was sent, if it is of the wanted kind. */
static PGresult *finish(struct session *s, int sent, ExecStatusType wanted, struct err *e)
{
    int64_t deadline_us = clock_mono_us() + SESSION_ANSWER_MS * US_PER_MS;
    if (!sent) {
        (void)connection_error(s, e);
        s->given_up = true;
        return NULL;
    }
    PGresult *r = take_result(s, deadline_us, e);
    if (!r || PQresultStatus(r) == wanted)
        return r;
    (void)sql_error(s, r, e);
    PQclear(r);
    return NULL;
}

PGresult *session_query(struct session *s, const struct statement *st, const struct binds *b,
                        struct err *e)
{
    uint64_t bit = UINT64_C(1) << st->id;
    if (!(s->prepared & bit)) {
        int sent = PQsendPrepare(s->conn, st->name, st->sql, 0, NULL);
        PGresult *r = finish(s, sent, PGRES_COMMAND_OK, e);
        if (!r)
            return NULL;
        PQclear(r);
        s->prepared |= bit;
    }
    int sent = PQsendQueryPrepared(s->conn, st->name, b->n, b->values, b->lengths, b->formats, 0);
    return finish(s, sent, PGRES_TUPLES_OK, e);
}
