/**
 * Records that the sink once refused, and that come back: into the tables they belong to, each
 * once.
 *
 *     struct reinjections *r = reinjections_create(prefix, sources, n, &e);
 *     store_create(&about, reinjections_table(r), &e);          // on the topic `reinjections`
 *     reinjections_destroy(r);                                  // after its store
 *
 * A record is taken as the one it was, at its old place: topic, partition and offset. It is left
 * out where that place is yet to be read, since it then becomes a row or a letter by itself, and
 * where a row was made of it. Rows, the offset of `reinjections`, and the end of its quarantine are
 * one transaction. A record that makes no row, or that the database refuses again, stays what it
 * was: a dead letter.
 * Threads: as rows.h.
 */
#ifndef CANDLEWICK_POSTGRES_REINJECTIONS_H
#define CANDLEWICK_POSTGRES_REINJECTIONS_H

#include "rows.h"

enum { REINJECTIONS_SOURCES_MAX = 8 };

struct reinjections;

/* Topics, without the prefix, and the table that their records are of. */
struct reinjections_source {
    const char *const *topics;
    const struct table *table;
};

/* What it is given is borrowed, but for the array. NULL: ERR_NOMEM. n: at most
 * REINJECTIONS_SOURCES_MAX. */
struct reinjections *reinjections_create(const char *prefix,
                                         const struct reinjections_source *sources, size_t n,
                                         struct err *e);
void reinjections_destroy(struct reinjections *r); /* NULL is fine */

const struct table *reinjections_table(const struct reinjections *r);

#endif
