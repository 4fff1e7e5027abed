/**
 * Turns a file of recorded frames back into a feed: what the file's clock says, at full speed.
 *
 *     struct replay r;
 *     replay_init(&r, &intake, &listen, room, ctx, &e);
 *     while (there is a line)
 *         replay_line(&r, line, &e);          // -1: this line is no recorded frame; go on
 *     replay_end(&r, &e);
 *
 * Lines are those of recorded.h; a frame that was sent is passed over.
 * File time passes as it did: every connection is up from the first frame on, a tick stands at
 * each whole second, and a silence longer than a link may have is a link that was lost. At the end
 * the links are lost, and one last tick, not alive, lies REPLAY_CLOSE_S later: beyond the end of
 * the minute of any trade there is, a trade dated ahead and the grace of a candle. So the last
 * minute's candles become final, and say that they do not hold all of it.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_REPLAY_H
#define CANDLEWICK_REPLAY_H

#include "intake.h"

enum { REPLAY_CLOSE_S = 75 };

struct replay {
    struct intake *intake;
    const struct channels *listen;
    const struct exchange_ops *ops;
    bool (*room)(void *ctx); /* waits until journals and queues have room; false: stop */
    void *ctx;
    void *session;
    bool *links_up;
    char *all; /* a byte per symbol, each 1 */
    bool started;
    int64_t last_us; /* largest time of a frame */
    int64_t tick_us; /* the next whole second */
    struct strbuf text;
};

/* ERR_NOMEM. */
int replay_init(struct replay *r, struct intake *intake, const struct channels *listen,
                bool (*room)(void *ctx), void *ctx, struct err *e) MUST_CHECK;
void replay_finish(struct replay *r);

/* 0: done; -1: ERR_PROTO: not such a line, nothing was taken from it; ERR_STOPPED, ERR_NOMEM: give
 * up. */
int replay_line(struct replay *r, struct slice line, struct err *e) MUST_CHECK;

int replay_end(struct replay *r, struct err *e) MUST_CHECK;

#endif
