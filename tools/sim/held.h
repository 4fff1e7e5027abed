/**
 * Messages that wait for their time, of one connection.
 *
 *     struct held h = {0};
 *     held_add(&h, due_us, 0, frame);
 *     struct slice next;
 *     while (held_due(&h, now_us, &next)) {
 *         send(next);
 *         held_pop(&h);
 *     }
 *     held_finish(&h);
 *
 * Those due together come out as they went in. Who adds looks after the limit on h.bytes.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_SIM_HELD_H
#define CANDLEWICK_SIM_HELD_H

#include "err.h"
#include "slice.h"

#include <stdint.h>

struct held_message;

struct held {
    struct held_message *first; /* the next that is due */
    struct held_message *last;
    size_t n;
    size_t bytes; /* of memory */
};

void held_finish(struct held *h); /* frees; *h is empty and usable again */

/* Copies the message in. key: by which it may be taken before it is due; 0: it is not. -1: no
 * memory. */
int held_add(struct held *h, int64_t due_us, uint32_t key, struct slice message) MUST_CHECK;

/* The first message of a key that is not 0 will be the first of all. False: there is none. */
bool held_hurry(struct held *h, uint32_t key);

/* The first message, if it is due; good until it is popped or something is added. */
bool held_due(const struct held *h, int64_t now_us, struct slice *ret);

/* When the first is due; INT64_MAX: none. */
int64_t held_due_us(const struct held *h);

/* Drops the first message; there must be one. */
void held_pop(struct held *h);

#endif
