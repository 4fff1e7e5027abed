/**
 * What a sink is: it takes records and keeps them, together with how far it has read.
 *
 *     const struct sink_ops trades_ops = {.table = "trade", .wanted = wanted, .connect = connect,
 * …}; … while (more) ops->put(sink, message, &e);                // buffers switch
 * (ops->flush(sink, topic, moves, n, &e))  // rows and offsets, or neither
 *
 * A sink owns its store and nothing else. When to connect, read, flush, wait, try again, and what
 * to do with a record that cannot be kept, is the runner's business (runner.h).
 * Offsets are kept by the store, in the same transaction as the rows: a flush moves them from where
 * the runner believes them to be, and fails with ERR_FENCED where they are not. So whatever dies at
 * whatever moment, each record is in the store once, and two instances never both write it.
 * Threads: one sink belongs to one thread.
 */
#ifndef CANDLEWICK_SINK_H
#define CANDLEWICK_SINK_H

#include "err.h"
#include "kafka/group.h"
#include "kafka/kafka.h"

/* What became of a flush. In all cases but SINK_OK the store is as it was before. */
enum sink_verdict {
    SINK_OK,    /* rows and offsets are safe */
    SINK_RETRY, /* not now: the store is away or busy; connect again, load the offsets, go on there
                 */
    SINK_DROP,  /* the store refuses at least one of these records, and always will */
    SINK_FATAL, /* going on would lose or repeat records, or make no sense */
};

/* One partition's offset, as a flush is to change it. */
struct sink_move {
    int32_t partition;
    int64_t from; /* the stored offset must still be this */
    int64_t to;
};

struct sink_ops {
    const char *table;         /* metric label; static, as are the others */
    const char *store_part;    /* part of /readyz: "database.trade" */
    const char *assigned_part; /* part of /readyz: "assigned.trade" */
    const char *offset_hint;   /* what people do about a stored offset that the log no longer has */

    void (*destroy)(void *sink); /* NULL is fine */

    /* By key and headers alone: false for records that only move the offset. */
    bool (*wanted)(const struct kafka_message *m);

    /* Errors marked retriable are waited for. A sink that is connected again has an empty buffer.
     */
    int (*connect)(void *sink, struct err *e);
    void (*disconnect)(void *sink); /* without a connection: nothing */

    /* Fills next_offset of each part; GROUP_NO_OFFSET where the store has none. */
    int (*load)(void *sink, const char *topic, struct group_offset *parts, size_t n, struct err *e);
    /* Keeps a first offset; where another instance was faster, its offset stays. */
    int (*start)(void *sink, const char *topic, const struct group_offset *part, struct err *e);

    /* Buffers a record; what it points to lives until clear(). 0; 1: nothing to
     * keep; -1: ERR_PROTO, ERR_LIMIT, ERR_NOT_FOUND: this record can never be kept; other codes:
     * the sink cannot go on. */
    int (*put)(void *sink, const struct kafka_message *m, struct err *e);
    void (*clear)(void *sink);

    /* Keeps what is buffered and moves the offsets (n may exceed 0 with nothing buffered). clear()
     * follows, whatever the verdict. *e is filled unless SINK_OK. */
    enum sink_verdict (*flush)(void *sink, const char *topic, const struct sink_move *moves,
                               size_t n, struct err *e);
};

#endif
