/**
 * What cw-verify prints.
 *
 *     if (say_item(out, &a, &item, &e) != 0 || say_flush(out, &e) != 0) ...
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_VERIFY_SAY_H
#define CANDLEWICK_VERIFY_SAY_H

#include "source.h"

enum { SAY_LIMIT = 1 << 26 }; /* room for two records as JSON with every byte escaped */

/* Appends a line: the source's label, and as JSON topic, partition, offset, key, headers and value:
 * decoded; as text where it is no record but text, else how many bytes and the first of them.
 * ERR_NOMEM. */
int say_item(struct strbuf *out, struct source *s, const struct item *i, struct err *e) MUST_CHECK;

/* Writes to stdout and empties the buffer. ERR_IO; ERR_STOPPED: nobody reads it any more. */
int say_flush(struct strbuf *out, struct err *e) MUST_CHECK;

#endif
