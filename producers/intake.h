/**
 * From frames to journal entries: what a connection and a file of frames have in common.
 *
 *     intake_init(&in, ops, &listen, universe, journals, &metrics);
 *     intake_frame(&in, &(struct intake_source){link, session, on_control, c}, &frame, len, &e);
 *     intake_tick(&in, shard, alive, now_us, &e);
 *
 * A frame that cannot be understood goes into the journal as it is, is counted and logged, and
 * costs nothing else.
 * Threads: one; the journals' other end is the writer's.
 */
#ifndef CANDLEWICK_INTAKE_H
#define CANDLEWICK_INTAKE_H

#include "exchange.h"
#include "journal.h"
#include "log.h"
#include "producer_metrics.h"
#include "universe.h"

enum {
    INTAKE_DEAD_LETTER_MAX = 512 << 10 /* of a bad frame's bytes; a message must stay below 1 MB */
};

struct intake {
    const struct exchange_ops *ops;
    struct channels listen;
    const struct universe *universe;
    struct journal *const *journals; /* one per shard */
    const struct producer_metrics *metrics;
    struct log_limit bad_limit;
};

void intake_init(struct intake *in, const struct exchange_ops *ops, const struct channels *listen,
                 const struct universe *u, struct journal *const *journals,
                 const struct producer_metrics *m);

/* What is not for the journal: answers and announcements; NULL: of no interest. */
typedef void (*intake_control_fn)(void *ctx, const struct event *ev);

/* Where a frame came from. */
struct intake_source {
    uint32_t link;
    void *session; /* the adapter's, of the connection */
    intake_control_fn control;
    void *ctx;
};

/* One frame. frame_len: what it really had, if f holds only its first bytes. 0: done; -1: the
 * journal could not take it (ERR_LIMIT, ERR_NOMEM): trades are lost, and the connection has to
 * begin anew. */
int intake_frame(struct intake *in, const struct intake_source *from, const struct frame *f,
                 size_t frame_len, struct err *e) MUST_CHECK;

/* A link came up, or went down: why, and when it was last heard of. */
int intake_link(struct intake *in, uint32_t link, bool up, int64_t receive_us, int64_t heard_us,
                const char *why, struct err *e) MUST_CHECK;

/* Everything received before receive_us stands in the shard's journal. links_up: of all links. A
 * full journal gets no tick: 1. */
int intake_tick(struct intake *in, uint32_t shard, const bool *links_up, int64_t receive_us,
                struct err *e) MUST_CHECK;

#endif
