/**
 * What libpq says in lines, on one.
 *
 *     char why[200];
 *     libpq_line(PQerrorMessage(conn), why, sizeof(why));
 *
 * Threads: pure function.
 */
#ifndef CANDLEWICK_POSTGRES_LIBPQ_LINE_H
#define CANDLEWICK_POSTGRES_LIBPQ_LINE_H

#include <stddef.h>

/* Cuts where it is too long. A server that takes no connection for want of room says no more than
 * that a cache of its own could not be written: what that means is put in front.
 * Source: write_relcache_init_file() of PostgreSQL 15. */
void libpq_line(const char *text, char *ret, size_t size);

#endif
