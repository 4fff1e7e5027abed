/**
 * Measuring in one process: time per call, as one JSON line per figure.
 *
 *     const struct bench_figure ours = bench_run("codec.trade.encode", encode, &ctx);
 *     bench_print(&ours, NULL);
 *     bench_print(&ours, &theirs);        // with the ratio to another one
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_BENCH_H
#define CANDLEWICK_BENCH_H

#include <stdint.h>

struct bench_figure {
    const char *name;
    int64_t ps_per_call; /* picoseconds, of the fastest of several rounds */
};

/* Calls fn(ctx) often enough to measure it. */
struct bench_figure bench_run(const char *name, void (*fn)(void *ctx), void *ctx);

/* {"name":…,"value":…,"unit":"ns","ratio":…,"to":…}: the other's time over ours and its name; null
 * where no other is given. */
void bench_print(const struct bench_figure *f, const struct bench_figure *other);

#endif
