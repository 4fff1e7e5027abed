/**
 * A thread that keeps one batch at a time, so that the next one can be read meanwhile.
 *
 *     struct flusher *f = flusher_start(&writer, &e);
 *     flusher_give(f, batch, moves, n);             // both are the flusher's until flusher_take()
 *     ...                                           // read and make rows of another batch
 *     if (flusher_wait(f, 200))                     // it is done
 *         verdict = flusher_take(f, &e);
 *     flusher_stop(f);
 *
 * Threads: the store, the batch and the moves belong to the flusher's thread between give and take,
 * else to the owner's, which makes all calls.
 */
#ifndef CANDLEWICK_SINK_FLUSHER_H
#define CANDLEWICK_SINK_FLUSHER_H

#include "writer.h"

struct flusher;

/* *w is copied. NULL with ERR_NOMEM. */
struct flusher *flusher_start(const struct writer *w, struct err *e);
void flusher_stop(struct flusher *f); /* waits for a batch that was given; NULL is fine */

/* Only when none is with it. */
void flusher_give(struct flusher *f, struct batch *b, struct sink_move *moves, size_t n);

/* Given, and not yet taken back; false of NULL. Also from the flusher's thread. */
bool flusher_has_batch(const struct flusher *f);

/* Waits until the batch that was given is done, at most so long. */
bool flusher_wait(struct flusher *f, int timeout_ms);

/* What became of it, as writer_write() says. Only once it is done. */
enum sink_verdict flusher_take(struct flusher *f, struct err *e);

#endif
