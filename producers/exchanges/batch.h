/**
 * The symbols of a connection, so many a subscribe message.
 *
 *     int more = batch_add("okx", subs, n, 100, add_arg, &out, &e);
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_BATCH_H
#define CANDLEWICK_BATCH_H

#include "exchange.h"

/* Appends what stands for one symbol; -1: no room. */
typedef int (*batch_add_fn)(struct strbuf *out, const struct channel *channel, const char *native);

/* Appends the symbols of the n-th message, commas in between: 1 = more follow, 0 = that was the
 * last, -1: ERR_ARG (there is no such message), ERR_NOMEM. */
int batch_add(const char *exchange, const struct subs *s, size_t n, size_t per_message,
              batch_add_fn add, struct strbuf *out, struct err *e) MUST_CHECK;

#endif
