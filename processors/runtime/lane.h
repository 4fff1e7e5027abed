/**
 * One partition of a replay: where it begins, how far it has come, and the state it folds.
 *
 *     struct lane l;
 *     if (lane_begin(&l, rt, reader, &range, partition, &e) != 0) ...
 *     read from l.next_offset up to l.end; write what comes of l.from and later
 *     lane_finish(&l, rt);
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_LANE_H
#define CANDLEWICK_LANE_H

#include "kafka/reader.h"
#include "poison.h"
#include "range.h"
#include "runtime.h"

struct lane {
    int32_t partition;
    void *state;
    struct poison poison;
    int64_t begin; /* of the image */
    int64_t from;  /* outputs of this input and of those behind it are written */
    int64_t end;
    int64_t next_offset;
    bool cut; /* end is where another configuration begins */
    char difference[200];
};

/* ERR_STATE: retention has removed what it takes, or another configuration was live from the very
 * beginning. On a failure nothing is left to be freed. */
int lane_begin(struct lane *l, const struct runtime *rt, struct reader *r,
               const struct range *range, int32_t partition, struct err *e) MUST_CHECK;
void lane_finish(struct lane *l, const struct runtime *rt);

#endif
