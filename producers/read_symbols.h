/**
 * Which pairs a file of recorded frames holds trades of.
 *
 *     struct instruments found = {0};
 *     if (read_symbols("frames.jsonl", ops, trades, &listed, &found, &e) != 0) ...
 *
 * A recording does not say what was subscribed. What it holds trades of certainly was, and nothing
 * is claimed of the rest.
 * Threads: one; reads the whole file.
 */
#ifndef CANDLEWICK_READ_SYMBOLS_H
#define CANDLEWICK_READ_SYMBOLS_H

#include "instruments.h"

/* Sets *ret to those pairs of all. Lines and frames that cannot be understood are passed over.
 * ERR_IO; ERR_NOMEM; ERR_CONF: there is no trade of that channel of any listed pair. */
int read_symbols(const char *path, const struct exchange_ops *ops, const struct channel *trades,
                 const struct instruments *all, struct instruments *ret, struct err *e) MUST_CHECK;

#endif
