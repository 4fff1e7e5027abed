/**
 * The part of a PostgreSQL sink that is the same for every table: the connection, the offsets, and
 * a flush that is one transaction.
 *
 *     struct trades { struct store store; … };    // first, so that it is the sink
 *     const struct sink_ops trades_ops = {.connect = store_connect, .load = store_load, …};
 *     if (store_init(&t->store, &about, "trade", "CREATE TEMP TABLE …", &e) != 0) ...
 *     …                                           // in flush:
 *     const struct store_rows rows = {.prepare = make_partitions, .write = copy_rows, .ctx = t};
 *     return store_flush(&t->store, &rows, topic, moves, n, &e);
 *
 * Offsets are rows of sink_offset. A flush changes them first, each from the value that the caller
 * believes in: that locks them, and finds out whether another instance was there, before a row is
 * written. Whoever stops dead in the middle loses the lock with the connection.
 * Threads: one.
 */
#ifndef CANDLEWICK_POSTGRES_STORE_H
#define CANDLEWICK_POSTGRES_STORE_H

#include "db.h"
#include "metrics.h"
#include "sink.h"

enum { STORE_SCHEMA_VERSION = 1 }; /* the migration that the statements of our sinks need */

struct store_about {
    const char *name; /* of the program, and of the sink in sink_offset */
    const char *url;
    bool (*go_on)(void *ctx); /* as in db_settings */
    void *ctx;
    struct metrics *metrics;
};

struct store {
    struct db_settings settings;
    struct db *db; /* NULL: not connected */
    const char *session;
    struct metric *rows;      /* written */
    struct metric *newest_us; /* time in a row */
};

/* What a table adds to a flush. */
struct store_rows {
    /* Before the transaction, each statement on its own. NULL: nothing. */
    int (*prepare)(void *ctx, struct db *db, struct err *e);
    int (*write)(void *ctx, struct db *db, struct err *e); /* in the transaction */
    void *ctx;
    size_t n;          /* rows */
    int64_t newest_us; /* newest time in them; of no meaning without rows */
};

extern const struct metric_table store_metric_table;

/* Connects nothing. session: statements for each new connection, such as temporary tables; static.
 * ERR_NOMEM. */
int store_init(struct store *s, const struct store_about *about, const char *table,
               const char *session, struct err *e) MUST_CHECK;

/* The slots of sink_ops of the same names; sink: a struct that begins with its struct store.
 * Connecting: retriable also where the tables are missing, with a word about cw-migrate. */
int store_connect(void *sink, struct err *e) MUST_CHECK;
void store_disconnect(void *sink);
int store_load(void *sink, const char *topic, struct group_offset *parts, size_t n,
               struct err *e) MUST_CHECK;
int store_start(void *sink, const char *topic, const struct group_offset *part,
                struct err *e) MUST_CHECK;

/* As sink_ops.flush, with the rows. */
enum sink_verdict store_flush(struct store *s, const struct store_rows *rows, const char *topic,
                              const struct sink_move *moves, size_t n, struct err *e) MUST_CHECK;

/* What to do about an offset that the log no longer has. */
#define STORE_OFFSET_HINT "to go on, set next_offset in sink_offset to one the log has"

#endif
