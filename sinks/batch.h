/**
 * Messages between the consumer and the store.
 *
 *     struct batch b;
 *     if (batch_init(&b, 5000, &e) != 0) ...
 *     batch_add(&b, &message, now_us);           // the message is the batch's until batch_drop()
 *     if (batch_is_full(&b)) ...
 *     batch_drop(&b, release, ctx);
 *     batch_finish(&b);                          // of an empty one
 *
 * Bounded by rows and by bytes: some messages are a megabyte.
 * Threads: one.
 */
#ifndef CANDLEWICK_SINK_BATCH_H
#define CANDLEWICK_SINK_BATCH_H

#include "err.h"
#include "kafka/kafka.h"

enum { BATCH_BYTES = 16 << 20 };

struct batch_item {
    struct kafka_message message;
    bool bad;  /* the sink cannot make a row of it */
    bool dead; /* dealt with: it is in the dead letters, or in the store as a refused one */
};

struct batch {
    struct batch_item *items; /* in the order they were read */
    size_t n;
    size_t limit;
    size_t bytes;     /* of keys and values */
    int64_t since_us; /* when the oldest came; of no meaning while n is 0 */
    void *rows;       /* the sink's: what the items come to; the owner's to make and destroy */
};

int batch_init(struct batch *b, size_t limit, struct err *e) MUST_CHECK; /* ERR_NOMEM */
void batch_finish(struct batch *b);

bool batch_is_full(const struct batch *b);

/* The batch must have room: fewer than limit items. Its rows are not touched. */
struct batch_item *batch_add(struct batch *b, const struct kafka_message *m, int64_t now_us);

/* Empties it, giving each message back. */
void batch_drop(struct batch *b, void (*release)(void *ctx, struct kafka_message *m), void *ctx);

#endif
