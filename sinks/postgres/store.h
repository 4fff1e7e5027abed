/**
 * A sink whose store is PostgreSQL: the connection, the offsets, and a flush that is one
 * transaction, for every kind of table.
 *
 *     void *sink = store_create(&about, &trades_table, &e);
 *     runner_start(runner, sink, &e);                 // runner_about.ops = &store_ops
 *     store_ops.destroy(sink);
 *
 * Offsets are rows of sink_offset. A flush changes them first, each from the value that the caller
 * believes in: that locks them, and finds out whether another instance was there, before a row is
 * written. Whoever stops dead in the middle loses the lock with the connection.
 * Threads: as sink.h.
 */
#ifndef CANDLEWICK_POSTGRES_STORE_H
#define CANDLEWICK_POSTGRES_STORE_H

#include "metrics.h"
#include "rows.h"
#include "sink.h"

enum { STORE_SCHEMA_VERSION = 5 }; /* the migration that our statements need */

struct store_about {
    const char *name; /* of the program, and of the sink in sink_offset */
    const char *url;
    int64_t keep_days;        /* of the tables by day; 0: for ever */
    bool (*go_on)(void *ctx); /* as in db_settings */
    void *ctx;
    const struct framing_conf *framing; /* how records are read; borrowed */
    const struct kafka_settings *kafka; /* where their schemas may be; borrowed */
    struct metrics *metrics;
};

/* Connecting: retriable also where the tables are missing, with a word about cw-migrate. */
extern const struct sink_ops store_ops;

extern const struct metric_table store_metric_table;

/* The sink of store_ops. Connects nothing. NULL: ERR_NOMEM. */
void *store_create(const struct store_about *about, const struct table *table, struct err *e);

#endif
