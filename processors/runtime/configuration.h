/**
 * The configuration that a fold's outputs come of, as text and as a digest of it: two processes
 * with the same digest make the same outputs of the same inputs.
 *
 *     struct configuration c;
 *     if (configuration_make(&c, &candle_fold, options, &e) != 0) ...
 *     use(c.digest);                    // "89abcdef01234567"
 *     configuration_finish(&c);
 *
 * Threads: read-only once made.
 */
#ifndef CANDLEWICK_CONFIGURATION_H
#define CANDLEWICK_CONFIGURATION_H

#include "fold.h"

enum { CONFIGURATION_DIGEST = 16, CONFIGURATION_MAX_BYTES = RECORD_TEXT_MAX };

struct configuration {
    struct strbuf text; /* `key=value` lines: the fold, its revision, its options */
    char digest[CONFIGURATION_DIGEST + 1]; /* CRC-64-AVRO of it, hex */
};

/* options: as prepared. ERR_NOMEM; ERR_LIMIT: longer than CONFIGURATION_MAX_BYTES. */
int configuration_make(struct configuration *c, const struct fold_ops *ops, const void *options,
                       struct err *e) MUST_CHECK;
void configuration_finish(struct configuration *c);

/* Whether text is what a digest looks like. */
bool configuration_is_digest(struct slice text);

/* The first line in which two texts differ, as "key=value, then key=value"; into ret, for people.
 */
void configuration_difference(struct slice before, struct slice after, char *ret, size_t room);

#endif
