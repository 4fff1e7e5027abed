/**
 * What a sink is: it makes rows of records and keeps them, together with how far it has read.
 *
 *     void *rows = ops->rows_create(sink, &e);
 *     while (more)
 *         ops->put(rows, message, &e);                            // buffers
 *     switch (ops->flush(sink, rows, topics, moves, n, &e))       // rows and offsets, or neither
 *
 * A sink owns its store and nothing else. When to connect, read, flush, wait, try again, and what
 * to do with a record that cannot be kept, is the runner's business (runner.h).
 * Offsets are kept by the store, in the same transaction as the rows: a flush moves them from where
 * the runner believes them to be, and fails with ERR_FENCED where they are not. So whatever dies at
 * whatever moment, each record is in the store once, and two instances never both write it.
 * topics, everywhere: whole names, with the prefix; a message, an offset or a move says by `topic`
 * which of them it is about.
 * Threads: the store belongs to one thread at a time, each rows to one; put and flush of different
 * rows may run at once.
 */
#ifndef CANDLEWICK_SINK_H
#define CANDLEWICK_SINK_H

#include "err.h"
#include "kafka/group.h"
#include "kafka/kafka.h"

/* What became of a flush. In all cases but SINK_OK the store is as it was before. */
enum sink_verdict {
    SINK_OK,    /* rows and offsets are safe */
    SINK_RETRY, /* not now: the store is away, busy or full; connect again, load the offsets, go on
                   there */
    SINK_DROP,  /* the store refuses at least one of these records, and always will */
    SINK_FATAL, /* going on would lose or repeat records, or make no sense */
};

/* One partition's offset, as a flush is to change it. */
struct sink_move {
    int topic;
    int32_t partition;
    int64_t from; /* the stored offset must still be this */
    int64_t to;
};

struct sink_ops {
    const char *offset_hint; /* what people do about a stored offset that the log no longer has */

    void (*destroy)(void *sink); /* NULL is fine; after its rows */

    /* Errors marked retriable are waited for. */
    int (*connect)(void *sink, struct err *e);
    void (*disconnect)(void *sink); /* without a connection: nothing */

    /* Fills next_offset of each part; GROUP_NO_OFFSET where the store has none. */
    int (*load)(void *sink, const char *const *topics, struct group_offset *parts, size_t n,
                struct err *e);
    /* Keeps a first offset; where another instance was faster, its offset stays. */
    int (*start)(void *sink, const char *const *topics, const struct group_offset *part,
                 struct err *e);

    void *(*rows_create)(void *sink, struct err *e); /* NULL: ERR_NOMEM */
    void (*rows_destroy)(void *rows);                /* NULL is fine */
    void (*rows_clear)(void *rows);

    /* Makes a record's rows; what it points to lives until rows_clear(). 0; 1: nothing to keep; -1
     * and the rows are as before: ERR_PROTO, ERR_LIMIT, ERR_NOT_FOUND: this record can never be
     * kept; other codes: not now, where marked retriable (the rows are dropped and the record is
     * read again), else the sink cannot go on. */
    int (*put)(void *rows, const struct kafka_message *m, struct err *e);

    /* Whether it is a record that belongs here at all, whatever it says: 0; -1 as put. */
    int (*read)(void *rows, const struct kafka_message *m, struct err *e);

    /* Makes rows that keep a record as it is, with the reason why the store refused it. Its topic
     * is the whole name. ERR_NOMEM. */
    int (*put_refused)(void *rows, const char *topic, const struct kafka_message *m,
                       const struct err *why, struct err *e);

    /* Keeps the rows and moves the offsets (n may exceed 0 without a row). rows_clear() follows,
     * whatever the verdict. *e is filled unless SINK_OK. */
    enum sink_verdict (*flush)(void *sink, void *rows, const char *const *topics,
                               const struct sink_move *moves, size_t n, struct err *e);
};

#endif
