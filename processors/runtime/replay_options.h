/**
 * What the options of a replay say, checked.
 *
 *     if (replay_options_check(&options.replay, now_us, &e) != 0) ...
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_REPLAY_OPTIONS_H
#define CANDLEWICK_REPLAY_OPTIONS_H

#include "range.h"

/* All but `into` say nothing where it is empty. */
struct replay_options {
    char *into; /* suffix of the topics written; empty: no replay */
    int64_t from_offset;
    int64_t to_offset;
    char *from_time;
    char *to_time;
    char *partitions;
    char *speed;
    bool recreate;
    bool recompute;
};

/* Before anything is asked of a cluster: whether the options make sense. ERR_CONF. */
int replay_options_check(const struct replay_options *o, int64_t now_us, struct err *e) MUST_CHECK;

/* ERR_CONF. */
int replay_range(const struct replay_options *o, int64_t now_us, struct range *ret,
                 struct err *e) MUST_CHECK;

/* Marks those of `count` that are named ("0,2"); all, where none is. ERR_CONF. */
int replay_mark_partitions(const char *text, int32_t count, bool *marks, struct err *e) MUST_CHECK;

#endif
