/**
 * Quotes on their way from the feed to their writer: one queue per shard, of bounded memory.
 *
 *     feed thread                                 quote writer's thread
 *     dropped = quote_queue_put(q, &entry);       while (quote_queue_next(q, &entry)) ...
 *
 * Everything comes out in the order it was put in. Where there is no room left, what is newest
 * counts: of each symbol the last quote stays, and of ticks the last; the rest is dropped. So a
 * slow broker never holds up the feed, and what is written late is what is true now. Threads: one
 * puts, one takes; all calls are locked.
 */
#ifndef CANDLEWICK_QUOTE_QUEUE_H
#define CANDLEWICK_QUOTE_QUEUE_H

#include "entry.h"

struct bell;
struct quote_queue;

/* n_symbols: of the universe. bell: rung when there is something to take, borrowed; NULL: none.
 * NULL: ERR_NOMEM. */
struct quote_queue *quote_queue_create(uint32_t n_symbols, struct bell *bell, struct err *e);
void quote_queue_destroy(struct quote_queue *q); /* NULL is fine */

/* Copies the entry, an ENTRY_QUOTE or an ENTRY_TICK of at most QUOTE_TICK_MAX bytes of data.
 * Returns how many quotes were dropped to make room. */
enum { QUOTE_TICK_MAX = 4096 };
int64_t quote_queue_put(struct quote_queue *q, const struct entry *in);

/* For a feed that can wait, as a file can: until there is room for what one frame may bring without
 * anything being dropped. False: still none after timeout_ms. */
bool quote_queue_wait_room(struct quote_queue *q, int64_t timeout_ms) MUST_CHECK;

/* The oldest entry; its slices stay valid until the next call. False: none. */
bool quote_queue_next(struct quote_queue *q, struct entry *ret);

size_t quote_queue_bytes(struct quote_queue *q); /* held, for people */

#endif
