#include "store.h"

#include "strbuf.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ANSWER_TIMEOUT_S = 30, LIST_LIMIT = 1 << 20 };

/* A predecessor that is cut off must not hold its locks for hours, nor we wait for them for ever;
 * each of these ends in a new try. */
static const char session_settings[] = "SET timezone = 'UTC';"
                                       "SET lock_timeout = '10s';"
                                       "SET idle_in_transaction_session_timeout = '20s';"
                                       "SET tcp_keepalives_idle = 10;"
                                       "SET tcp_keepalives_interval = 5;"
                                       "SET tcp_keepalives_count = 3";

enum { ROWS, NEWEST };

static const struct metric_desc descs[] = {
    [ROWS] = {"candlewick_rows_written_total", "rows stored, or made newer", METRIC_COUNTER, 1,
              "table"},
    [NEWEST] = {"candlewick_sink_last_time_seconds",
                "newest market time in a stored row, since 1970", METRIC_GAUGE, US_PER_S, "table"},
};
const struct metric_table store_metric_table = METRIC_TABLE(descs);

int store_init(struct store *s, const struct store_about *about, const char *table,
               const char *session, struct err *e)
{
    char labels[64];
    (void)snprintf(labels, sizeof(labels), "table=\"%s\"", table);
    *s = (struct store){.settings = {.url = about->url,
                                     .name = about->name,
                                     .answer_timeout_s = ANSWER_TIMEOUT_S,
                                     .go_on = about->go_on,
                                     .ctx = about->ctx},
                        .session = session,
                        .rows = metrics_add(about->metrics, &descs[ROWS], labels, e),
                        .newest_us = metrics_add(about->metrics, &descs[NEWEST], labels, e)};
    return s->rows && s->newest_us ? 0 : -1;
}

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

int store_connect(void *sink, struct err *e)
{
    struct store *s = sink;
    store_disconnect(s);
    s->db = db_open(&s->settings, e);
    if (!s->db)
        return -1;
    if (db_exec(s->db, session_settings, e) == 0 && check_schema(s, e) == 0 &&
        db_exec(s->db, s->session, e) == 0)
        return 0;
    store_disconnect(s);
    return -1;
}

void store_disconnect(void *sink)
{
    struct store *s = sink;
    db_close(s->db);
    s->db = NULL;
}

/* --- offsets --------------------------------------------------------------------------------- */

static void take_offset(PGresult *res, int row, struct group_offset *parts, size_t n)
{
    long partition = strtol(PQgetvalue(res, row, 0), NULL, 10);
    for (size_t i = 0; i < n; i++)
        if (parts[i].partition == partition)
            parts[i].next_offset = strtoll(PQgetvalue(res, row, 1), NULL, 10);
}

int store_load(void *sink, const char *topic, struct group_offset *parts, size_t n, struct err *e)
{
    struct store *s = sink;
    const char *const values[] = {s->settings.name, topic};
    PGresult *res;
    if (db_query(s->db,
                 "SELECT partition, next_offset FROM sink_offset WHERE sink = $1 AND topic = $2",
                 values, 2, &res, e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        parts[i].next_offset = GROUP_NO_OFFSET;
    for (int row = 0; row < PQntuples(res); row++)
        take_offset(res, row, parts, n);
    PQclear(res);
    return 0;
}

int store_start(void *sink, const char *topic, const struct group_offset *part, struct err *e)
{
    struct store *s = sink;
    char partition[16];
    char next[24];
    (void)snprintf(partition, sizeof(partition), "%" PRId32, part->partition);
    (void)snprintf(next, sizeof(next), "%" PRId64, part->next_offset);
    const char *const values[] = {s->settings.name, topic, partition, next};
    PGresult *res;
    if (db_query(s->db,
                 "INSERT INTO sink_offset (sink, topic, partition, next_offset)"
                 " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                 values, 4, &res, e) != 0)
        return -1;
    PQclear(res);
    return 0;
}

/* "{1,2,3}": the value of an array parameter. */
static int add_list(struct strbuf *b, const struct sink_move *moves, size_t n,
                    int64_t (*field)(const struct sink_move *m))
{
    int r = strbuf_addc(b, '{');
    for (size_t i = 0; r == 0 && i < n; i++)
        r = strbuf_addf(b, "%s%" PRId64, i ? "," : "", field(&moves[i]));
    return r == 0 ? strbuf_adds(b, "}") : -1;
}

static int64_t partition_of(const struct sink_move *m)
{
    return m->partition;
}

static int64_t from_of(const struct sink_move *m)
{
    return m->from;
}

static int64_t to_of(const struct sink_move *m)
{
    return m->to;
}

static int update_offsets(struct store *s, const char *topic, const char *const lists[3], size_t n,
                          struct err *e)
{
    const char *const values[] = {s->settings.name, topic, lists[0], lists[1], lists[2]};
    PGresult *res;
    if (db_query(s->db,
                 "UPDATE sink_offset AS o SET next_offset = m.next, update_time = now()"
                 " FROM unnest($3::integer[], $4::bigint[], $5::bigint[])"
                 " AS m (partition, at, next)"
                 " WHERE o.sink = $1 AND o.topic = $2 AND o.partition = m.partition"
                 " AND o.next_offset = m.at",
                 values, 5, &res, e) != 0)
        return -1;
    size_t moved = (size_t)strtoul(PQcmdTuples(res), NULL, 10);
    PQclear(res);
    if (moved == n)
        return 0;
    return err_set(e, ERR_FENCED, "%s: %zu of %zu offsets are not where this instance left them",
                   topic, n - moved, n);
}

static int move_offsets(struct store *s, const char *topic, const struct sink_move *moves, size_t n,
                        struct err *e)
{
    if (n == 0)
        return 0;
    struct strbuf lists[3] = {STRBUF_INIT(LIST_LIMIT), STRBUF_INIT(LIST_LIMIT),
                              STRBUF_INIT(LIST_LIMIT)};
    int r = -1;
    if (add_list(&lists[0], moves, n, partition_of) != 0 ||
        add_list(&lists[1], moves, n, from_of) != 0 || add_list(&lists[2], moves, n, to_of) != 0) {
        (void)strbuf_full(&lists[0], "offsets", e);
    } else {
        const char *const texts[] = {lists[0].data, lists[1].data, lists[2].data};
        r = update_offsets(s, topic, texts, n, e);
    }
    for (int i = 0; i < 3; i++)
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

static int write_transaction(struct store *s, const struct store_rows *rows, const char *topic,
                             const struct sink_move *moves, size_t n, struct err *e)
{
    if (rows->prepare && rows->prepare(rows->ctx, s->db, e) != 0)
        return -1;
    if (db_exec(s->db, "BEGIN", e) != 0 || move_offsets(s, topic, moves, n, e) != 0 ||
        rows->write(rows->ctx, s->db, e) != 0)
        return -1;
    return db_exec(s->db, "COMMIT", e);
}

static void count(struct store *s, const struct store_rows *rows)
{
    metric_inc(s->rows, (int64_t)rows->n);
    if (rows->n > 0 && rows->newest_us > metric_get(s->newest_us))
        metric_set(s->newest_us, rows->newest_us);
}

enum sink_verdict store_flush(struct store *s, const struct store_rows *rows, const char *topic,
                              const struct sink_move *moves, size_t n, struct err *e)
{
    if (write_transaction(s, rows, topic, moves, n, e) == 0) {
        count(s, rows);
        return SINK_OK;
    }
    enum sink_verdict v = verdict_of(e);
    struct err why = {0};
    if (v != SINK_DROP || !db_in_transaction(s->db) || db_exec(s->db, "ROLLBACK", &why) == 0)
        return v;
    *e = why; /* the connection went as well: what the record is good for is for next time */
    return verdict_of(e);
}
