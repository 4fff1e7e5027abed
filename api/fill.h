/**
 * Which rows a page of candles has when windows without a record get one, too.
 *
 *     struct windows all = {first_us, known_us, length_us};      // [first, known) is to have no
 * hole struct windows part = windows_between(&all, start_us, end_us); int n = fill_forward(&part,
 * open_times, n_records, limit, slots); if (slots[0].record < 0) ... // made up: there is no record
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_FILL_H
#define CANDLEWICK_FILL_H

#include <stdint.h>

/* Windows one after the other: the first opens at from_us, the last one closes at to_us or before.
 * from_us >= to_us: none. */
struct windows {
    int64_t from_us;
    int64_t to_us;
    int64_t length_us; /* > 0 */
};

/* Those of them that open in [start_us, end_us); INT64_MIN and INT64_MAX are no bounds. */
struct windows windows_between(const struct windows *all, int64_t start_us, int64_t end_us);

struct fill_slot {
    int64_t open_us;
    int record; /* its index; -1: a window without one */
};

/* Records (by open time, ascending) and the windows without one, in order of time. Fills at most
 * limit slots, ascending, and returns how many: forward the earliest, backward the latest. Records
 * outside the windows are among them. */
int fill_forward(const struct windows *w, const int64_t *open_us, int n, int limit,
                 struct fill_slot *ret);
int fill_backward(const struct windows *w, const int64_t *open_us, int n, int limit,
                  struct fill_slot *ret);

#endif
