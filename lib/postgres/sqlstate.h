/**
 * What an error of PostgreSQL means to us.
 *
 *     struct err e = {.code = sqlstate_code("53100", &e.retriable)};    // ERR_IO, retriable
 *
 * ERR_IO (always retriable): the server or its machine is in trouble, or another transaction was in
 * the way; the same statement may succeed later.
 * ERR_PROTO: it refuses the values, and always will. ERR_NOT_FOUND: a table, column or function is
 * missing. ERR_STATE: anything else, which is ours or the administrator's to mend.
 * Source: https://www.postgresql.org/docs/15/errcodes-appendix.html, checked 2026-11-21.
 * Threads: pure function.
 */
#ifndef CANDLEWICK_POSTGRES_SQLSTATE_H
#define CANDLEWICK_POSTGRES_SQLSTATE_H

#include "err.h"

/* state: five characters; NULL where the server said none, which means that it is gone. */
enum err_code sqlstate_code(const char *state, bool *ret_retriable);

#endif
