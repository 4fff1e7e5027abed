/**
 * From frames to entries: what a connection and a file of frames have in common. Trades go into the
 * journal of their shard, quotes into its queue.
 *
 *     intake_init(&in, &about);
 *     intake_frame(&in, &(struct intake_source){.link = link, .session = s}, &frame, len, &e);
 *     intake_link(&in, &change, &e);
 *     intake_tick(&in, CHANNEL_TRADES, shard, links_up, now_us, &e);
 *
 * A frame that cannot be understood goes into the journal as it is, is counted and logged, and
 * costs nothing else.
 * Threads: one; the other ends of journals and queues are the writers'.
 */
#ifndef CANDLEWICK_INTAKE_H
#define CANDLEWICK_INTAKE_H

#include "exchange.h"
#include "journal.h"
#include "log.h"
#include "overlap.h"
#include "producer_metrics.h"
#include "quote_queue.h"
#include "universe.h"

enum {
    INTAKE_DEAD_LETTER_MAX = 512 << 10 /* of a bad frame's bytes; a message must stay below 1 MB */
};

struct intake_about {
    const struct exchange_ops *ops;
    const struct universe *universe;
    struct journal *const *journals;   /* one per shard */
    struct quote_queue *const *queues; /* the same; NULL: quotes go into the journals, in order
                                          with the trades, whose ticks then serve both */
    const struct producer_metrics *metrics;
    void (*on_stranger)(void *ctx); /* a frame spoke of a symbol that is not followed; NULL: of no
                                       interest */
    void *ctx;
};

struct intake {
    struct intake_about about; /* everything it points to is borrowed */
    struct log_limit bad_limit;
};

void intake_init(struct intake *in, const struct intake_about *about);

/* What is not for the writers: answers and announcements. */
typedef void (*intake_control_fn)(void *ctx, const struct event *ev);

/* Where a frame came from. */
struct intake_source {
    const struct channels *listen; /* what may come from there */
    uint32_t link;
    void *session;             /* the adapter's, of the connection */
    intake_control_fn control; /* NULL: of no interest */
    bool all_events;           /* control gets trades and quotes too, before they are taken */
    void *ctx;
    struct overlap *overlap; /* of the link; NULL: there is never more than one connection */
    bool younger;            /* of two, where there are two */
};

/* One frame. frame_len: what it really had, if f holds only its first bytes. 0: done; 1: done,
 * and it could not be understood; -1: the journal could not take it (ERR_LIMIT, ERR_NOMEM): trades
 * are lost, and the connection has to begin anew. */
int intake_frame(struct intake *in, const struct intake_source *from, const struct frame *f,
                 size_t frame_len, struct err *e) MUST_CHECK;

/* Takes what the overlap has held and holds no longer, as received at receive_us, the market time
 * of now: no trade may stand behind a later tick. A full journal gets nothing, the rest stays held.
 * ERR_NOMEM. */
int intake_release(struct intake *in, uint32_t link, struct overlap *overlap, int64_t receive_us,
                   struct err *e) MUST_CHECK;

/* Symbols of a link came up, or went down. */
struct intake_change {
    uint32_t link;
    bool up;
    struct slice symbols; /* a byte per symbol of the link, 1 where it is meant */
    int64_t receive_us;
    int64_t heard_us; /* down: when the link was last heard of */
    const char *why;
};

/* Trades: the journal is told. Quotes: those of symbols that went down are void. ERR_NOMEM. */
int intake_link(struct intake *in, const struct intake_change *c, struct err *e) MUST_CHECK;

/* Everything of that kind received before receive_us stands before it. links_up: of all links. A
 * full journal gets no tick: 1. */
int intake_tick(struct intake *in, enum channel_kind kind, uint32_t shard, const bool *links_up,
                int64_t receive_us, struct err *e) MUST_CHECK;

#endif
