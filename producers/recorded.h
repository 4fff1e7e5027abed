/**
 * One line of a file of recorded frames.
 *
 *     struct recorded rec;
 *     if (recorded_parse(line, &text, &rec, &e) != 0) ...       // no such line
 *     if (!rec.sent) use(rec.frame.text, rec.frame.receive_us);
 *
 * {"ts":1617647603.4249449,"frame":"…"}: seconds since 1970 as decimal text, cut to microseconds,
 * and the frame as it arrived. A "dir" other than "recv" marks a frame that was sent; other members
 * are ignored.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_RECORDED_H
#define CANDLEWICK_RECORDED_H

#include "exchange.h"

struct recorded {
    struct frame frame; /* its text lies in the buffer given */
    bool sent;          /* to the exchange: no frame of a feed */
};

/* ERR_PROTO says what is wrong; ERR_NOMEM. */
int recorded_parse(struct slice line, struct strbuf *text, struct recorded *ret,
                   struct err *e) MUST_CHECK;

#endif
