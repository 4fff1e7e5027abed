/**
 * Folds a stretch of the input again, into topics of its own: outside the group, without effect on
 * what is live.
 *
 *     if (*rt.options.replay.into)
 *         r = replay_run(&rt, &e);
 *
 * Each partition begins with the nearest image that was kept at or before the stretch, or with
 * nothing where the log still has its first record, and folds what lies between without writing.
 * What it then writes is what was written live: the fold is the same, and so is all it is given.
 * That ends where another configuration was live: there it stops, and says so; with
 * options.replay.recompute it goes on with its own. Refused inputs are counted, not written to the
 * dead letters, where they are already.
 * Threads: one.
 */
#ifndef CANDLEWICK_REPLAY_H
#define CANDLEWICK_REPLAY_H

#include "runtime.h"

/* ERR_CONF; ERR_STATE: retention has removed what it needs, a target is not empty, another
 * configuration was live, or it was stopped; ERR_IO; ERR_STOPPED: stopped before it wrote anything.
 * After a failure the targets may hold a part. */
int replay_run(const struct runtime *rt, struct err *e) MUST_CHECK;

#endif
