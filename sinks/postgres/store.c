#include "store.h"

#include "failpoint.h"
#include "log.h"
#include "partitions.h"
#include "strbuf.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct store {
    const struct table *table;
    struct db_settings settings;
    const struct framing_conf *framing;
    const struct kafka_settings *kafka;
    struct metrics *metrics;
    struct db *db; /* NULL: not connected */
    struct partitions partitions;
    struct metric *rows;      /* written */
    struct metric *newest_us; /* time in a row */
};

enum { ANSWER_TIMEOUT_S = 30, LIST_LIMIT = 1 << 20 };

/* A predecessor that is cut off must not hold its locks for hours, nor we wait for them for ever;
 * each of these ends in a new try. */
static const char session_settings[] = "SET timezone = 'UTC';"
                                       "SET lock_timeout = '10s';"
                                       "SET idle_in_transaction_session_timeout = '20s';"
                                       "SET tcp_keepalives_idle = 10;"
                                       "SET tcp_keepalives_interval = 5;"
                                       "SET tcp_keepalives_count = 3";

/* None of these ends a session that waits in the middle of COPY for a client that stands still:
 * the server takes it for busy, the kernel answers for the client. $1: seconds. One that is slow,
 * not stalled, and ended by this reads its batch again. */
static const char end_stalled_sessions[] =
    "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a JOIN pg_locks AS l USING (pid)"
    " WHERE l.locktype = 'relation' AND l.relation = 'sink_offset'::regclass"
    " AND l.database = a.datid AND a.datname = current_database() AND a.usename = current_user"
    " AND l.mode = 'RowExclusiveLock' AND l.granted"
    " AND a.state = 'active' AND a.wait_event = 'ClientRead'"
    " AND a.query_start < now() - $1::integer * interval '1 s'";

enum { ROWS, NEWEST, DAYS_DROPPED };

static const struct metric_desc descs[] = {
    [ROWS] = {"candlewick_rows_written_total", "records stored in the table", METRIC_COUNTER, 1,
              "table"},
    [NEWEST] = {"candlewick_sink_last_time_seconds",
                "newest market time in a stored row, since 1970", METRIC_GAUGE, US_PER_S, "table"},
    [DAYS_DROPPED] = {"candlewick_partitions_dropped_total",
                      "days dropped because they are too old", METRIC_COUNTER, 1, "table"},
};
const struct metric_table store_metric_table = METRIC_TABLE(descs);

/* --- connecting ------------------------------------------------------------------------------ */

static int check_schema(struct store *s, struct err *e)
{
    PGresult *res;
    struct err why = {0};
    long version = 0;
    if (db_query(s->db, "SELECT coalesce(max(version), 0) FROM schema_migration", NULL, 0, &res,
                 &why) == 0) {
        version = strtol(PQgetvalue(res, 0, 0), NULL, 10);
        PQclear(res);
    } else if (why.code != ERR_NOT_FOUND) {
        *e = why;
        return -1;
    }
    if (version >= STORE_SCHEMA_VERSION)
        return 0;
    return err_retry(e, ERR_NOT_FOUND,
                     "the tables are at version %ld, %d is needed: run cw-migrate up", version,
                     STORE_SCHEMA_VERSION);
}

static int end_stalled(struct store *s, struct err *e)
{
    char seconds[16];
    (void)snprintf(seconds, sizeof(seconds), "%d", ANSWER_TIMEOUT_S);
    const char *const values[] = {seconds};
    PGresult *res;
    if (db_query(s->db, end_stalled_sessions, values, 1, &res, e) != 0)
        return -1;
    int n = PQntuples(res);
    PQclear(res);
    if (n > 0)
        log_warn(s->settings.name, "writers stood still in the middle of their rows, ended them",
                 LOG_STR("table", s->table->name), LOG_INT("sessions", n));
    return 0;
}

static void close_store(void *sink)
{
    struct store *s = sink;
    db_close(s->db);
    s->db = NULL;
}

static int open_store(void *sink, struct err *e)
{
    struct store *s = sink;
    close_store(s);
    partitions_forget(&s->partitions);
    s->db = db_open(&s->settings, e);
    if (!s->db)
        return -1;
    if (db_exec(s->db, session_settings, e) == 0 && check_schema(s, e) == 0 &&
        end_stalled(s, e) == 0 && db_exec(s->db, s->table->session, e) == 0)
        return 0;
    close_store(s);
    return -1;
}

/* --- offsets --------------------------------------------------------------------------------- */

static void take_offset(PGresult *res, int row, const char *const *topics,
                        struct group_offset *parts, size_t n)
{
    const char *topic = PQgetvalue(res, row, 0);
    long partition = strtol(PQgetvalue(res, row, 1), NULL, 10);
    for (size_t i = 0; i < n; i++)
        if (parts[i].partition == partition && strcmp(topics[parts[i].topic], topic) == 0)
            parts[i].next_offset = strtoll(PQgetvalue(res, row, 2), NULL, 10);
}

static int load(void *sink, const char *const *topics, struct group_offset *parts, size_t n,
                struct err *e)
{
    struct store *s = sink;
    const char *const values[] = {s->settings.name};
    PGresult *res;
    if (db_query(s->db, "SELECT topic, partition, next_offset FROM sink_offset WHERE sink = $1",
                 values, 1, &res, e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        parts[i].next_offset = GROUP_NO_OFFSET;
    for (int row = 0; row < PQntuples(res); row++)
        take_offset(res, row, topics, parts, n);
    PQclear(res);
    return 0;
}

static int start(void *sink, const char *const *topics, const struct group_offset *part,
                 struct err *e)
{
    struct store *s = sink;
    char partition[16];
    char next[24];
    (void)snprintf(partition, sizeof(partition), "%" PRId32, part->partition);
    (void)snprintf(next, sizeof(next), "%" PRId64, part->next_offset);
    const char *const values[] = {s->settings.name, topics[part->topic], partition, next};
    PGresult *res;
    if (db_query(s->db,
                 "INSERT INTO sink_offset (sink, topic, partition, next_offset)"
                 " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                 values, 4, &res, e) != 0)
        return -1;
    PQclear(res);
    return 0;
}

/* The columns of the moves, as values of array parameters: {trades,trades}, {0,1}, … */
enum { TOPIC, PARTITION, FROM, TO, LISTS };

static int add_move(struct strbuf lists[LISTS], const char *topic, const struct sink_move *m,
                    const char *comma)
{
    /* a topic's name is of letters, digits, dots, underscores and hyphens */
    return strbuf_addf(&lists[TOPIC], "%s%s", comma, topic) == 0 &&
                   strbuf_addf(&lists[PARTITION], "%s%" PRId32, comma, m->partition) == 0 &&
                   strbuf_addf(&lists[FROM], "%s%" PRId64, comma, m->from) == 0 &&
                   strbuf_addf(&lists[TO], "%s%" PRId64, comma, m->to) == 0
               ? 0
               : -1;
}

static int update_offsets(struct store *s, struct strbuf lists[LISTS], size_t n, struct err *e)
{
    const char *const values[] = {s->settings.name, lists[TOPIC].data, lists[PARTITION].data,
                                  lists[FROM].data, lists[TO].data};
    PGresult *res;
    if (db_query(s->db,
                 "UPDATE sink_offset AS o SET next_offset = m.next, update_time = now()"
                 " FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[])"
                 " AS m (topic, partition, at, next)"
                 " WHERE o.sink = $1 AND o.topic = m.topic AND o.partition = m.partition"
                 " AND o.next_offset = m.at",
                 values, 5, &res, e) != 0)
        return -1;
    size_t moved = (size_t)strtoul(PQcmdTuples(res), NULL, 10);
    PQclear(res);
    if (moved == n)
        return 0;
    return err_set(e, ERR_FENCED, "%s: %zu of %zu offsets are not where this instance left them",
                   s->table->name, n - moved, n);
}

static int move_offsets(struct store *s, const char *const *topics, const struct sink_move *moves,
                        size_t n, struct err *e)
{
    if (n == 0)
        return 0;
    struct strbuf lists[LISTS];
    bool good = true;
    for (int i = 0; i < LISTS; i++) {
        strbuf_init(&lists[i], LIST_LIMIT);
        good = good && strbuf_addc(&lists[i], '{') == 0;
    }
    for (size_t i = 0; good && i < n; i++)
        good = add_move(lists, topics[moves[i].topic], &moves[i], i ? "," : "") == 0;
    for (int i = 0; i < LISTS; i++)
        good = good && strbuf_addc(&lists[i], '}') == 0;
    int r = good ? update_offsets(s, lists, n, e) : strbuf_full(&lists[TOPIC], "offsets", e);
    for (int i = 0; i < LISTS; i++)
        strbuf_finish(&lists[i]);
    return r;
}

/* --- flushing -------------------------------------------------------------------------------- */

static enum sink_verdict verdict_of(const struct err *e)
{
    if (e->retriable || e->code == ERR_STOPPED)
        return SINK_RETRY;
    return e->code == ERR_PROTO || e->code == ERR_LIMIT ? SINK_DROP : SINK_FATAL;
}

static int write_transaction(struct store *s, struct rows *rows, const char *const *topics,
                             const struct sink_move *moves, size_t n, struct err *e)
{
    if (s->table->put_message)
        partitions_forget(&s->partitions); /* others drop days of these tables */
    if (partitions_drop_old(&s->partitions, s->db, e) != 0 ||
        partitions_make(&s->partitions, s->db, rows->days, rows->n_days, e) != 0 ||
        db_exec(s->db, "BEGIN", e) != 0)
        return -1;
    FAILPOINT(SINK_BEGUN);
    int r = move_offsets(s, topics, moves, n, e);
    FAILPOINT(SINK_OFFSETS);
    if (r == 0)
        r = rows_write(rows, s->db, e);
    if (r == 0) {
        FAILPOINT(SINK_ROWS);
        r = db_exec(s->db, "COMMIT", e);
    }
    if (r == 0)
        FAILPOINT(SINK_COMMITTED);
    else
        FAILPOINT(SINK_FAILED);
    return r;
}

static enum sink_verdict flush(void *sink, void *rows, const char *const *topics,
                               const struct sink_move *moves, size_t n, struct err *e)
{
    struct store *s = sink;
    const struct rows *r = rows;
    if (write_transaction(s, rows, topics, moves, n, e) == 0) {
        metric_inc(s->rows, (int64_t)r->n);
        if (r->n > 0 && r->newest_us > metric_get(s->newest_us))
            metric_set(s->newest_us, r->newest_us);
        return SINK_OK;
    }
    enum sink_verdict v = verdict_of(e);
    struct err why = {0};
    if (v != SINK_DROP || !db_in_transaction(s->db) || db_exec(s->db, "ROLLBACK", &why) == 0)
        return v;
    *e = why; /* the connection went as well: what the record is good for is for next time */
    return verdict_of(e);
}

/* --- the sink -------------------------------------------------------------------------------- */

static void *make_rows(void *sink, struct err *e)
{
    const struct store *s = sink;
    struct framing *f = framing_create(s->framing, s->kafka, s->metrics, e);
    struct rows *rows = f ? rows_create(s->table, s->settings.name, f, e) : NULL;
    if (!rows)
        framing_destroy(f);
    return rows;
}

static void destroy(void *sink)
{
    struct store *s = sink;
    if (!s)
        return;
    close_store(s);
    partitions_finish(&s->partitions);
    free(s);
}

const struct sink_ops store_ops = {
    .offset_hint = "to go on, set next_offset in sink_offset to one the log has",
    .destroy = destroy,
    .connect = open_store,
    .disconnect = close_store,
    .load = load,
    .start = start,
    .rows_create = make_rows,
    .rows_destroy = rows_destroy,
    .rows_clear = rows_clear,
    .put = rows_put,
    .read = rows_read,
    .put_refused = rows_put_refused,
    .flush = flush,
};

void *store_create(const struct store_about *about, const struct table *table, struct err *e)
{
    struct store *s = calloc(1, sizeof(*s));
    if (!s) {
        (void)err_set(e, ERR_NOMEM, "no memory for a sink");
        return NULL;
    }
    char labels[64];
    (void)snprintf(labels, sizeof(labels), "table=\"%s\"", table->name);
    s->table = table;
    s->framing = about->framing;
    s->kafka = about->kafka;
    s->metrics = about->metrics;
    s->settings = (struct db_settings){.url = about->url,
                                       .name = about->name,
                                       .answer_timeout_s = ANSWER_TIMEOUT_S,
                                       .go_on = about->go_on,
                                       .ctx = about->ctx};
    s->rows = metrics_add(about->metrics, &descs[ROWS], labels, e);
    s->newest_us = metrics_add(about->metrics, &descs[NEWEST], labels, e);
    struct metric *dropped = metrics_add(about->metrics, &descs[DAYS_DROPPED], labels, e);
    partitions_init(&s->partitions, about->name, table->by_day, about->keep_days, dropped);
    if (s->rows && s->newest_us && dropped)
        return s;
    destroy(s);
    return NULL;
}
