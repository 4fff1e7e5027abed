/**
 * Writing JSON text into a strbuf.
 *
 *     json_add_string(&b, slice_of("a\"b"));   // "a\"b"
 *
 * Reading is jansson's, except on the hot path, where an exchange adapter scans its own frames.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_JSON_H
#define CANDLEWICK_JSON_H

#include "strbuf.h"

/* The text in quotes, escaped; bytes that are not UTF-8 become U+FFFD. -1: no room,
 * and the buffer is as it was. */
int json_add_string(struct strbuf *b, struct slice text) MUST_CHECK;

/* The text as it is, but for bytes that are not UTF-8, which become U+FFFD. -1: no room, and the
 * buffer is as it was. */
int json_add_utf8(struct strbuf *b, struct slice text) MUST_CHECK;

/* Whether the text is well-formed UTF-8 (RFC 3629), as JSON and PostgreSQL require. */
bool json_is_utf8(struct slice text);

#endif
