#include "reinjections.h"

#include "kafka/reinjection.h"
#include "log.h"
#include "timefmt.h"
#include "writer.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

enum { SOURCES = REINJECTIONS_SOURCES_MAX, DAY_TABLES_MAX = 16, SESSIONS_MAX_BYTES = 1 << 16 };

struct reinjections {
    struct table table; /* first: rows.h gives it back */
    const char *prefix;
    struct reinjections_source sources[SOURCES];
    size_t n;
    const char *by_day[DAY_TABLES_MAX + 1];
    struct strbuf session;
};

/* A record that came back, at its old place. */
struct item {
    size_t source;
    struct slice topic;
    struct kafka_message message; /* with its old partition and offset */
    bool taken;
};

struct again {
    struct rows rows;         /* first: rows.h's functions take it for the whole */
    struct rows *of[SOURCES]; /* the tables' own; made when first needed */
    struct item *items;
    size_t n;
    size_t cap;
};

static const struct reinjections *owner_of(const struct again *a)
{
    return (const struct reinjections *)a->rows.table;
}

/* --- life ------------------------------------------------------------------------------------ */

static void init(struct rows *rows)
{
    (void)rows; /* all zero */
}

static void finish(struct rows *rows)
{
    struct again *a = (struct again *)rows;
    for (size_t i = 0; i < SOURCES; i++)
        rows_destroy(a->of[i]);
    free(a->items);
}

static void clear(struct rows *rows)
{
    struct again *a = (struct again *)rows;
    for (size_t i = 0; i < SOURCES; i++)
        if (a->of[i])
            rows_clear(a->of[i]);
    a->n = 0;
}

/* --- what comes ------------------------------------------------------------------------------ */

static bool is_named(const struct reinjections *r, const char *const *topics, struct slice topic)
{
    size_t prefix = strlen(r->prefix);
    if (topic.len < prefix || memcmp(topic.data, r->prefix, prefix) != 0)
        return false;
    for (; *topics; topics++)
        if (slice_is(slice_make(topic.data + prefix, topic.len - prefix), *topics))
            return true;
    return false;
}

/* r->n: the topic is none of ours. */
static size_t find_source(const struct reinjections *r, struct slice topic)
{
    size_t i = 0;
    while (i < r->n && !is_named(r, r->sources[i].topics, topic))
        i++;
    return i;
}

/* Puts it among its table's rows. 1: it makes none. */
static int put_one(struct again *a, const struct item *it, struct record *record, struct err *e)
{
    struct rows *of = a->of[it->source];
    if (framing_decode(a->rows.framing, it->message.value, record, e) != 0)
        return -1;
    if (!(of->table->takes & ROWS_TAKES(record->type)))
        return err_set(e, ERR_PROTO, "a record of type %s, which makes no row of %s",
                       record_type_name(record->type), of->table->name);
    return of->table->put(of, record, &it->message, e);
}

/* Whether it makes a row, and of which days. */
static int try_one(struct again *a, const struct item *it, struct err *e)
{
    struct rows **of = &a->of[it->source];
    struct record record;
    if (!*of)
        *of = rows_create(owner_of(a)->sources[it->source].table, a->rows.sink, NULL, e);
    if (!*of)
        return -1;
    int r = put_one(a, it, &record, e);
    for (size_t i = 0; r == 0 && i < (*of)->n_days; i++)
        r = rows_need_day(&a->rows, (*of)->days[i] * US_PER_DAY, "re-injected", e);
    rows_clear(*of);
    return r;
}

static int add(struct again *a, const struct item *it, struct err *e)
{
    if (a->n == a->cap) {
        size_t cap = a->cap ? 2 * a->cap : 16;
        struct item *items = realloc(a->items, cap * sizeof(*items));
        if (!items)
            return err_set(e, ERR_NOMEM, "no memory for %zu records", cap);
        a->items = items;
        a->cap = cap;
    }
    a->items[a->n++] = *it;
    return 0;
}

static int put_message(struct rows *rows, const struct kafka_message *m, struct err *e)
{
    struct again *a = (struct again *)rows;
    const struct reinjections *r = owner_of(a);
    struct reinjection back;
    reinjection_from(m, &back);
    size_t source = find_source(r, back.topic);
    if (!(slice_is(back.stage, "decode") || slice_is(back.stage, "store")) || source == r->n ||
        back.partition < 0 || back.offset < 0 || m->tombstone)
        return 1; /* somebody else's */
    struct item it = {.source = source, .topic = back.topic, .message = *m};
    it.message.partition = back.partition;
    it.message.offset = back.offset;
    int made = try_one(a, &it, e);
    if (made == 0)
        return add(a, &it, e);
    if (made < 0 && !writer_is_bad_record(e->code))
        return -1;
    if (made < 0)
        log_warn(rows->sink, "a re-injected record still makes no row, it stays a dead letter",
                 LOG_SLICE("topic", back.topic), LOG_INT("partition", back.partition),
                 LOG_INT("offset", back.offset), LOG_ERR(e));
    return 1;
}

/* --- what is new ----------------------------------------------------------------------------- */

/* Texts of a place, for parameters. */
struct place {
    char topic[KAFKA_NAME_MAX + 1];
    char partition[16];
    char offset[24];
};

static void place_of(const struct item *it, struct place *ret)
{
    size_t len = it->topic.len < KAFKA_NAME_MAX ? it->topic.len : KAFKA_NAME_MAX;
    memcpy(ret->topic, it->topic.data, len);
    ret->topic[len] = '\0';
    (void)snprintf(ret->partition, sizeof(ret->partition), "%" PRId32, it->message.partition);
    (void)snprintf(ret->offset, sizeof(ret->offset), "%" PRId64, it->message.offset);
}

/* Asks with $1 to $4 for what the sink knows of the place it came from. *ret is the caller's. */
static int ask_of_place(const struct again *a, struct db *db, const struct item *it,
                        const char *sql, PGresult **ret, struct err *e)
{
    struct place p;
    place_of(it, &p);
    const char *const values[] = {a->rows.sink, p.topic, p.partition, p.offset};
    return db_query(db, sql, values, 4, ret, e);
}

/* Whether its place was read: rows of what was read are there once the offset is. 1, 0, -1. */
static int was_read(const struct again *a, struct db *db, const struct item *it, struct err *e)
{
    PGresult *res;
    if (ask_of_place(a, db, it,
                     "SELECT FROM sink_offset"
                     " WHERE sink = $1 AND topic = $2 AND partition = $3 AND next_offset > $4",
                     &res, e) != 0)
        return -1;
    int found = PQntuples(res) > 0;
    PQclear(res);
    return found;
}

static bool came_before(const struct again *a, size_t n)
{
    const struct item *it = &a->items[n];
    for (size_t i = 0; i < n; i++) {
        const struct item *o = &a->items[i];
        if (o->taken && o->message.partition == it->message.partition &&
            o->message.offset == it->message.offset && slice_eq(o->topic, it->topic))
            return true;
    }
    return false;
}

static int take_one(struct again *a, size_t n, struct db *db, struct err *e)
{
    struct item *it = &a->items[n];
    const struct table *table = a->of[it->source]->table;
    struct record record;
    it->taken = false;
    int read = came_before(a, n) ? 0 : was_read(a, db, it, e);
    if (read <= 0)
        return read;
    if (framing_decode(a->rows.framing, it->message.value, &record, e) != 0)
        return -1;
    int there = table->has ? table->has(db, &record, &it->message, e) : 0;
    if (there != 0)
        return there < 0 ? -1 : 0;
    it->taken = true;
    return put_one(a, it, &record, e) < 0 ? -1 : 0;
}

/* --- writing --------------------------------------------------------------------------------- */

static int leave_quarantine(const struct again *a, struct db *db, const struct item *it,
                            struct err *e)
{
    PGresult *res;
    if (ask_of_place(a, db, it,
                     "DELETE FROM quarantine"
                     " WHERE sink = $1 AND topic = $2 AND partition = $3 AND \"offset\" = $4",
                     &res, e) != 0)
        return -1;
    PQclear(res);
    return 0;
}

static int write_all(struct rows *rows, struct db *db, struct err *e)
{
    struct again *a = (struct again *)rows;
    size_t taken = 0;
    for (size_t i = 0; i < a->n; i++) {
        if (take_one(a, i, db, e) != 0)
            return -1;
        taken += a->items[i].taken;
    }
    for (size_t i = 0; taken > 0 && i < SOURCES; i++)
        if (a->of[i] && rows_write(a->of[i], db, e) != 0)
            return -1;
    for (size_t i = 0; i < a->n; i++)
        if (a->items[i].taken && leave_quarantine(a, db, &a->items[i], e) != 0)
            return -1;
    rows->n = taken;
    if (a->n > 0)
        log_info(rows->sink, "re-injected records", LOG_INT("stored", (int64_t)taken),
                 LOG_INT("there_already_or_to_come", (int64_t)(a->n - taken)));
    return 0;
}

/* --- the table ------------------------------------------------------------------------------- */

static int join(struct reinjections *r, struct err *e)
{
    size_t days = 0;
    for (size_t i = 0; i < r->n; i++) {
        const struct table *t = r->sources[i].table;
        for (const char *const *day = t->by_day; *day && days < DAY_TABLES_MAX; day++)
            r->by_day[days++] = *day;
        if (strbuf_addf(&r->session, "%s;", t->session) != 0)
            return strbuf_full(&r->session, "statements", e);
    }
    r->table = (struct table){.name = "reinjection",
                              .session = r->session.data,
                              .by_day = r->by_day,
                              .size = sizeof(struct again),
                              .init = init,
                              .finish = finish,
                              .clear = clear,
                              .put_message = put_message,
                              .write = write_all};
    return 0;
}

struct reinjections *reinjections_create(const char *prefix,
                                         const struct reinjections_source *sources, size_t n,
                                         struct err *e)
{
    struct reinjections *r = calloc(1, sizeof(*r));
    if (!r) {
        (void)err_set(e, ERR_NOMEM, "no memory for a table");
        return NULL;
    }
    strbuf_init(&r->session, SESSIONS_MAX_BYTES);
    r->prefix = prefix;
    r->n = n;
    memcpy(r->sources, sources, n * sizeof(*sources));
    if (join(r, e) == 0)
        return r;
    reinjections_destroy(r);
    return NULL;
}

void reinjections_destroy(struct reinjections *r)
{
    if (!r)
        return;
    strbuf_finish(&r->session);
    free(r);
}

const struct table *reinjections_table(const struct reinjections *r)
{
    return &r->table;
}
