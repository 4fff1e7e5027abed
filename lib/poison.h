/**
 * When a partition holds so much that cannot be read that its reader had better stop.
 *
 *     struct poison p = {0};                        // for each partition, when reading begins
 *     int64_t start = poison_look_back(next, low);  // where to read from, so that p knows the past
 *     if (poison_note(&p, offset) > max)            // only for what cannot be read
 *         return poison_stop(&last, &e);
 *
 * What counts are the last POISON_WINDOW offsets of the partition, whatever they hold, and not the
 * clock: every reader finds the same. A reader that starts again reads the offsets before its own
 * place once more, without using them, and so stops where it stopped before, until what is wrong
 * was mended or the limit raised.
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_POISON_H
#define CANDLEWICK_POISON_H

#include "conf.h"
#include "err.h"

#include <stdint.h>

enum { POISON_WINDOW = 1000 };

/* The option's words, for all programs that have it; its offset is the caller's. */
#define POISON_OPTION(offset_)                                                                     \
    {                                                                                              \
        "poison.max", CONF_INT, offset_,                                                           \
            .def = "100", .min = 0, .max = POISON_WINDOW,                                          \
            .help =                                                                                \
                "stop where more of a partition's last 1000 offsets than these cannot be read; "   \
                "1000: never"                                                                      \
    }

/* All zero: nothing was noted. */
struct poison {
    int64_t next; /* behind the last offset that was noted */
    int count;
    uint64_t bits[(POISON_WINDOW + 63) / 64]; /* offset modulo POISON_WINDOW */
};

/* The first offset to read for one who goes on at next (>= 0) of a log that begins at low. */
int64_t poison_look_back(int64_t next, int64_t low);

/* What this offset holds cannot be read; offsets come in order. Returns how many of the
 * POISON_WINDOW offsets that end with it are so. */
int poison_note(struct poison *p, int64_t offset);

/* How many of the POISON_WINDOW offsets that end before next are so; next: not before the last one
 * that was noted. */
int poison_count(struct poison *p, int64_t next);

/* The one that was too much. */
struct poison_last {
    const char *topic; /* as people name it */
    int32_t partition;
    int64_t offset;
    int count;          /* as poison_note() said */
    const char *reason; /* why this one cannot be read */
};

/* Fills *e with what is wrong and what to do. ERR_LIMIT; returns -1. */
int poison_stop(const struct poison_last *last, struct err *e) MUST_CHECK;

#endif
