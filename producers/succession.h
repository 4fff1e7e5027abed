/**
 * From one line-up to the next, when the exchange's list has changed what is followed.
 *
 *     struct succession *s = succession_create(&about, lineup, &chosen, &e);
 *     while ((r = writer_run(w, &e)) == WRITER_PAUSED)      // about.pause: succession_due
 *         r = succession_go_over(s, w, &e);
 *     lineup = succession_lineup(s);
 *
 * A listing and a delisting are a takeover from ourselves: the next line-up listens beside the one
 * in use until it is subscribed. If it does not get that far within half a minute, it is given up,
 * and the list is read again soon.
 * Threads: one.
 */
#ifndef CANDLEWICK_SUCCESSION_H
#define CANDLEWICK_SUCCESSION_H

#include "instruments_watch.h"
#include "lineup.h"

struct succession;

struct succession_about {
    const struct lineup_about *lineup;
    struct instruments_watch *watch; /* NULL: the list is never read again */
};

/* first: taken by a success; chosen: what it follows, copied. NULL: ERR_NOMEM. */
struct succession *succession_create(const struct succession_about *about, struct lineup *first,
                                     const struct instruments *chosen, struct err *e);

/* With the line-ups. NULL is fine. */
void succession_destroy(struct succession *s);

/* The one in use. */
struct lineup *succession_lineup(const struct succession *s);

/* Whether the next line-up is ready; a turn of what leads there. ctx: struct succession *. */
bool succession_due(void *ctx);

/* After succession_due(). The writer's shards are the next line-up's afterwards. */
int succession_go_over(struct succession *s, struct writer *w, struct err *e) MUST_CHECK;

#endif
