/**
 * The topics a replay writes to: <topic>.<suffix>, each like the topic it is named after.
 *
 *     if (replay_targets_prepare(rt, partitions, n, &e) != 0) ...
 *
 * One that is missing is made: with the partitions, the replication and the settings of the live
 * one. One that is there must be empty in the partitions that are going to be written, unless it is
 * to be made anew.
 * Threads: one.
 */
#ifndef CANDLEWICK_REPLAY_TARGET_H
#define CANDLEWICK_REPLAY_TARGET_H

#include "kafka/reader.h"
#include "runtime.h"

/* ERR_STATE: a target is not empty, or unlike the live one; ERR_IO, ERR_STOPPED. */
int replay_targets_prepare(const struct runtime *rt, struct reader *r, const int32_t *partitions,
                           size_t n, struct err *e) MUST_CHECK;

#endif
