#include "clock.h"

#include "slice.h"
#include "timefmt.h"

#include <stdlib.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    (void)clock_gettime(id, &t); /* both clocks exist on every system we build for */
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

int64_t clock_real_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_mono_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static int bad(const char *text, struct err *e)
{
    return err_set(e, ERR_CONF, "clock: \"%.80s\" is not START@REAL[,SPEED]", text);
}

int market_clock_parse(const char *text, struct market_clock *ret, struct err *e)
{
    struct market_clock mc = MARKET_CLOCK_REAL;
    if (*text == '\0') {
        *ret = mc;
        return 0;
    }
    const char *at = strchr(text, '@');
    if (!at)
        return bad(text, e);
    const char *comma = strchr(at, ',');
    size_t real_len = comma ? (size_t)(comma - at - 1) : strlen(at + 1);
    if (time_parse(slice_make(text, (size_t)(at - text)), &mc.start_us, e) != 0 ||
        time_parse(slice_make(at + 1, real_len), &mc.real_us, e) != 0)
        return bad(text, e);
    if (comma) {
        char *end;
        mc.speed = strtol(comma + 1, &end, 10);
        if (end == comma + 1 || *end != '\0' || mc.speed < 1 || mc.speed > 100000)
            return bad(text, e);
    }
    *ret = mc;
    return 0;
}

int64_t market_clock_at_us(const struct market_clock *mc, int64_t real_us)
{
    /* START and REAL are within the calendar and SPEED is small: 128 bits hold any result */
    __int128 us = mc->start_us + ((__int128)real_us - mc->real_us) * mc->speed;
    if (us < 0)
        return 0;
    return us < TIME_END_US ? (int64_t)us : TIME_END_US - 1;
}

int64_t market_clock_now_us(const struct market_clock *mc)
{
    return market_clock_at_us(mc, clock_real_us());
}
