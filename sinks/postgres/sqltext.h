/**
 * Where in a file of SQL something is: for error messages.
 *
 *     line = sqltext_line(text, position);         // the server gave a position
 *     line = sqltext_statement_line(text, 3);      // it only failed in the fourth statement
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_POSTGRES_SQLTEXT_H
#define CANDLEWICK_POSTGRES_SQLTEXT_H

#include "slice.h"

/* Line, from 1, of a character, counted from 1 as PostgreSQL does (UTF-8 characters, not bytes). */
int sqltext_line(struct slice text, long position);

/* Line, from 1, at which the n-th statement (from 0) begins; that of the last one where there are
 * not so many. Knows comments, quotes, and dollar quotes. */
int sqltext_statement_line(struct slice text, int n);

#endif
