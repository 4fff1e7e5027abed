/**
 * How far the work is, for people: a line on stderr, where that is a terminal.
 *
 *     struct meter p;
 *     meter_start(&p);
 *     meter_step(&p, "candles.1m", 2);      // for each record; shown at most once a second
 *     meter_clear(&p);                      // before anything else is printed
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_VERIFY_METER_H
#define CANDLEWICK_VERIFY_METER_H

#include <stdbool.h>
#include <stdint.h>

struct meter {
    bool on;
    bool shown;
    int64_t n; /* records so far */
    int64_t next_us;
};

void meter_start(struct meter *p);
void meter_step(struct meter *p, const char *topic, int32_t partition);
void meter_clear(struct meter *p);

#endif
