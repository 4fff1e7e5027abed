/**
 * Messages waiting to be sent on one connection, first in, first out, in bounded memory.
 *
 *     struct outq q = OUTQ_INIT(16 << 20);
 *     if (outq_push(&q, frame) != 0) ...        // full: the client is too slow
 *     struct slice next;
 *     while (outq_peek(&q, &next)) {
 *         send(next);
 *         outq_pop(&q);
 *     }
 *     outq_finish(&q);
 *
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_SIM_OUTQ_H
#define CANDLEWICK_SIM_OUTQ_H

#include "err.h"
#include "slice.h"

struct outq {
    char *data;
    size_t head; /* of the first message */
    size_t tail; /* behind the last */
    size_t cap;
    size_t limit; /* bytes, with four for each message */
    size_t n;     /* messages */
};

#define OUTQ_INIT(limit_bytes)                                                                     \
    {                                                                                              \
        .limit = (limit_bytes)                                                                     \
    }

void outq_finish(struct outq *q); /* frees; *q is empty and usable again */

/* Copies the message in. 0, or -1 when the limit or memory ran out; the queue is then as before. */
int outq_push(struct outq *q, struct slice message) MUST_CHECK;

/* The first message, good until the next push or pop; false: none. */
bool outq_peek(const struct outq *q, struct slice *ret);

/* Drops the first message; there must be one. */
void outq_pop(struct outq *q);

#endif
