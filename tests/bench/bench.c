#include "bench.h"

#include "clock.h"

#include <inttypes.h>
#include <stdio.h>

enum { ROUNDS = 7, ROUND_US = 100000, STRETCH = 1000, PS_PER_US = 1000000 };

struct bench_figure bench_run(const char *name, void (*fn)(void *ctx), void *ctx)
{
    struct bench_figure f = {name, INT64_MAX};
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start_us = clock_mono_us();
        int64_t took_us;
        int64_t calls = 0;
        do {
            for (int i = 0; i < STRETCH; i++)
                fn(ctx);
            calls += STRETCH;
            took_us = clock_mono_us() - start_us;
        } while (took_us < ROUND_US);
        int64_t ps = took_us * PS_PER_US / calls;
        f.ps_per_call = ps < f.ps_per_call ? ps : f.ps_per_call;
    }
    return f;
}

void bench_print(const struct bench_figure *f, const struct bench_figure *other)
{
    (void)printf("{\"name\":\"%s\",\"value\":%" PRId64 ".%03" PRId64 ",\"unit\":\"ns\"", f->name,
                 f->ps_per_call / 1000, f->ps_per_call % 1000);
    if (other) {
        int64_t percent = other->ps_per_call * 100 / f->ps_per_call;
        (void)printf(",\"ratio\":%" PRId64 ".%02" PRId64 ",\"to\":\"%s\"", percent / 100,
                     percent % 100, other->name);
    } else {
        (void)printf(",\"ratio\":null,\"to\":null");
    }
    (void)puts("}");
}
