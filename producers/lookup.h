/**
 * A host's address, asked for on a thread of its own: libwebsockets' thread must not wait for a
 * name server that does not answer, or every other connection stands still with it.
 *
 *     struct lookup *l = lookup_start("stream.binance.com", attempt, &e);
 *     int r = lookup_poll(l, address, &e);          // 0: not yet
 *     lookup_drop(l);
 *
 * Threads: one uses it; the thread it starts ends by itself, also after lookup_drop().
 */
#ifndef CANDLEWICK_LOOKUP_H
#define CANDLEWICK_LOOKUP_H

#include "err.h"

#include <netinet/in.h>
#include <stdint.h>

struct lookup;

/* turn: which of several addresses is wanted, counted round. NULL: ERR_NOMEM. */
struct lookup *lookup_start(const char *host, uint32_t turn, struct err *e);

/* 1: *ret is the address as text; 0: not known yet; -1: ERR_IO. */
int lookup_poll(struct lookup *l, char ret[INET6_ADDRSTRLEN], struct err *e) MUST_CHECK;

void lookup_drop(struct lookup *l); /* NULL is fine */

#endif
