/**
 * Named points of the code where a test makes the process die, stop or wait: in builds with
 * -Dfailpoints=true alone. In every other build a point is nothing at all.
 *
 *     FAILPOINT(TXN_OFFSETS_SENT);      // a passing; counted, and perhaps the last
 *
 * CW_FAILPOINTS says what happens, and at the how-manieth passing (from 1 on):
 *
 *     CW_FAILPOINTS="txn.offsets.sent=kill@37,image.chunk=sleep:200@2,txn.commit=kill:5@9"
 *
 *     kill      SIGKILL to itself; kill:MS so many milliseconds later, be it where it may by then
 *     stop      SIGSTOP, likewise: it stands still until somebody sends SIGCONT
 *     sleep:MS  the thread waits
 *
 * Each tells itself in a line on stderr before it happens:
 *
 *     {"failpoint":"txn.offsets.sent","passing":37,"action":"kill","open":1}
 *
 * open: how many transactions of the process had begun by then and not ended. That, and not the
 * name of the point, tells whether a kill fell inside one.
 * Threads: any.
 */
#ifndef CANDLEWICK_FAILPOINT_H
#define CANDLEWICK_FAILPOINT_H

#include "err.h"

/* All there are, for programs and for the tests that read this table: the constant, the name, and
 * what a passing does to the number of open transactions. */
#define FAILPOINTS(X)                                                                              \
    X(TXN_OPENED, "txn.opened", 0)     /* its predecessor is fenced; nothing was read yet */       \
    X(TXN_BEGUN, "txn.begun", 1)       /* nothing is in it yet */                                  \
    X(TXN_PRODUCED, "txn.produced", 0) /* a record is */                                           \
    X(TXN_OFFSETS, "txn.offsets", 0)   /* all records are, the input's offsets are not */          \
    X(TXN_OFFSETS_SENT, "txn.offsets.sent", 0) /* now they are */                                  \
    X(TXN_COMMIT, "txn.commit", 0)             /* about to send what is left, and to end it */     \
    X(TXN_COMMITTED, "txn.committed", -1)      /* it is; the state does not know it yet */         \
    X(TXN_ABORTED, "txn.aborted", -1)          /* or will be by the successor */                   \
    X(IMAGE_CHUNK, "image.chunk", 0)           /* a chunk of an image is in the transaction */     \
    X(RESTORE_IMAGE, "restore.image", 0)       /* the image is read, no input after it is */       \
    X(RESTORE_INPUT, "restore.input", 0)       /* an input was folded again, outputs withheld */   \
    X(GROUP_ASSIGN, "group.assign", 0)         /* told what is ours, nothing done about it yet */  \
    X(GROUP_ASSIGNED, "group.assigned", 0)     /* all done, nothing read yet */                    \
    X(GROUP_REVOKE, "group.revoke", 0)         /* told that it is not any more */                  \
    X(GROUP_REVOKED, "group.revoked", 0)       /* and let go of it */                              \
    X(SHARD_PROGRESS, "shard.progress", 0)     /* progress is read, no first transaction yet */    \
    X(SHARD_COMMITTED, "shard.committed", 0)   /* what is committed left memory */                 \
    X(SINK_BEGUN, "sink.begun", 1)             /* a transaction of the database */                 \
    X(SINK_OFFSETS, "sink.offsets", 0)         /* moved, no row yet */                             \
    X(SINK_COPY, "sink.copy", 0)               /* in the middle of COPY */                         \
    X(SINK_ROWS, "sink.rows", 0)               /* all rows are there, about to commit */           \
    X(SINK_COMMITTED, "sink.committed", -1)    /* the cursors do not know it yet */                \
    X(SINK_FAILED, "sink.failed", -1)

enum failpoint {
#define FAILPOINT_CONSTANT(constant_, name_, opens_) FAILPOINT_##constant_,
    FAILPOINTS(FAILPOINT_CONSTANT)
#undef FAILPOINT_CONSTANT
        FAILPOINT_COUNT
};

#ifdef CANDLEWICK_FAILPOINTS

/* Reads CW_FAILPOINTS. ERR_CONF: a word of it is wrong. Call once, before any other thread runs. */
int failpoints_start(struct err *e) MUST_CHECK;

/* What FAILPOINT() calls. */
void failpoint_pass(enum failpoint at);

#define FAILPOINT(constant_) failpoint_pass(FAILPOINT_##constant_)

#else

static inline int MUST_CHECK failpoints_start(struct err *e)
{
    (void)e;
    return 0;
}

#define FAILPOINT(constant_) ((void)FAILPOINT_##constant_)

#endif

#endif
