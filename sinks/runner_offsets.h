/**
 * Where a runner's partitions are to be read from, and whether the log still has it.
 *
 *     if (runner_offsets_load(&about, topics, sink, &cursors, parts, n, &e) != 0) ...   //
 * e.retriable: later
 *
 * Threads: the runner's.
 */
#ifndef CANDLEWICK_SINK_RUNNER_OFFSETS_H
#define CANDLEWICK_SINK_RUNNER_OFFSETS_H

#include "cursors.h"
#include "runner.h"

/* topics: about's, with the prefix. Sets the cursors to where the store is, and each next_offset to
 * where to read from: what lies before the cursor is to be looked at for poison alone. A partition
 * that the store knows nothing of begins at the first record there is, which is stored at once:
 * records that expire unread are then noticed. ERR_STATE: the log has no such offset; or the errors
 * of the store and of Kafka. */
int runner_offsets_load(const struct runner_about *about, const char *const *topics, void *sink,
                        struct cursors *c, struct group_offset *parts, size_t n,
                        struct err *e) MUST_CHECK;

/* Tells Kafka what was stored since the last call, for people's tools. */
void runner_offsets_show(struct group *g, struct cursors *c);

#endif
