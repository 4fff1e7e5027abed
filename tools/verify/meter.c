#include "meter.h"

#include "clock.h"
#include "timefmt.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { LOOK_EVERY = 1000 }; /* records between two looks at the clock */

void meter_start(struct meter *p)
{
    *p = (struct meter){.on = isatty(STDERR_FILENO) == 1, .next_us = clock_mono_us() + US_PER_S};
}

void meter_step(struct meter *p, const char *topic, int32_t partition)
{
    if (!p->on || ++p->n % LOOK_EVERY != 0 || clock_mono_us() < p->next_us)
        return;
    p->next_us = clock_mono_us() + US_PER_S;
    p->shown = true;
    (void)fprintf(stderr, "\r%s partition %" PRId32 ", %" PRId64 " records read \033[K", topic,
                  partition, p->n);
}

void meter_clear(struct meter *p)
{
    if (p->shown)
        (void)fputs("\r\033[K", stderr);
    p->shown = false;
}
