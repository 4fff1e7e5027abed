/**
 * Whether an exchange's feed is up, as its ticks tell.
 *
 *     struct feed_parts parts = {.all = 4, .fresh = 4, .alive = 3};
 *     feed_state_name(feed_state_of(&parts));             // "partly"
 *
 * A part is a partition of a topic; its producer writes a tick into it each second. A tick that is
 * older than FEED_FRESH_US says nothing about now.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_FEED_STATE_H
#define CANDLEWICK_FEED_STATE_H

#include <stdint.h>

enum { FEED_FRESH_US = 10 * 1000 * 1000 };

struct feed_parts {
    int64_t all;
    int64_t fresh; /* those with a fresh tick */
    int64_t alive; /* those whose fresh tick says that every symbol is connected */
};

enum feed_state {
    FEED_UP,     /* all are alive */
    FEED_PARTLY, /* some are */
    FEED_DOWN,   /* none is, though ticks come */
    FEED_STALE,  /* no fresh tick: the producer, or what lies between it and us, is away */
};

enum feed_state feed_state_of(const struct feed_parts *parts);

const char *feed_state_name(enum feed_state state);

#endif
