/**
 * A bell: one thread sleeps until another one rings, or a time has passed.
 *
 *     (void)bell_wait(w, 100);      // writer
 *     bell_ring(w);                 // feed
 *
 * A ring while nobody sleeps is kept for the next wait.
 * Threads: any.
 */
#ifndef CANDLEWICK_BELL_H
#define CANDLEWICK_BELL_H

#include "err.h"

#include <stdint.h>

struct bell;

struct bell *bell_create(struct err *e); /* NULL: ERR_NOMEM */
void bell_destroy(struct bell *b);       /* NULL is fine */

void bell_ring(struct bell *b);

/* True: somebody rang; false: timeout_ms passed. */
bool bell_wait(struct bell *b, int64_t timeout_ms);

#endif
