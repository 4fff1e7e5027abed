/**
 * One partition that is copied: where it begins, and how far it is.
 *
 *     copy_part_begin(&p, copy, &readers, &given.next_offset, &e);      // on assignment
 *     copy_part_advance(&p, m->offset + 1);                             // behind each record
 *     copy_part_look(&p, copy, &readers, &e);                           // is p.reached true now?
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_COPY_PART_H
#define CANDLEWICK_COPY_PART_H

#include "copy.h"
#include "kafka/reader.h"

/* Readers of both prefixes. */
struct copy_readers {
    struct reader *from;
    struct reader *to;
};

struct copy_part {
    int topic; /* its place in copy.topics */
    int32_t partition;
    bool assigned;
    int64_t begin;       /* where reading began */
    int64_t end;         /* behind the last one there was then */
    int64_t next_offset; /* what lies before it is copied, or in the open transaction */
    bool came;           /* a record came since it was assigned */
    bool moved;          /* the same, since the last look */
    bool reached;        /* nothing that was there at the beginning is left to be read */
};

/* committed: what the group has committed, or GROUP_NO_OFFSET: then nothing was copied yet, and
 * what it will be copied to must be empty. ERR_STATE: it is not, or the log does not have what
 * comes next. */
int copy_part_begin(struct copy_part *p, const struct copy *c, const struct copy_readers *r,
                    int64_t committed, struct err *e) MUST_CHECK;

static inline void copy_part_advance(struct copy_part *p, int64_t next_offset)
{
    if (next_offset > p->next_offset)
        p->next_offset = next_offset;
    p->reached = p->reached || p->next_offset >= p->end;
}

/* Where nothing has come since the last look: asks whether there is anything to come before the
 * end. Behind the last record there may be markers of transactions alone, of which nobody hears. */
int copy_part_look(struct copy_part *p, const struct copy *c, const struct copy_readers *r,
                   struct err *e) MUST_CHECK;

#endif
