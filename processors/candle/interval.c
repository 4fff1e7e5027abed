#include "interval.h"

#include "slice.h"
#include "timefmt.h"

#include <string.h>

static const int64_t MONDAY_US = 4 * US_PER_DAY; /* 1970-01-05 */

const struct interval intervals[INTERVALS] = {
    {"1s", US_PER_S, 0, 0},
    {"1m", US_PER_MIN, 0, US_PER_S},
    {"5m", 5 * US_PER_MIN, 0, 5 * US_PER_S},
    {"15m", 15 * US_PER_MIN, 0, 10 * US_PER_S},
    {"30m", 30 * US_PER_MIN, 0, 10 * US_PER_S},
    {"1h", 60 * US_PER_MIN, 0, 10 * US_PER_S},
    {"4h", 240 * US_PER_MIN, 0, 10 * US_PER_S},
    {"6h", 360 * US_PER_MIN, 0, 10 * US_PER_S},
    {"12h", 720 * US_PER_MIN, 0, 10 * US_PER_S},
    {"1d", US_PER_DAY, 0, 10 * US_PER_S},
    {"1w", 7 * US_PER_DAY, MONDAY_US, 10 * US_PER_S},
};

int64_t interval_open_us(const struct interval *i, int64_t time_us)
{
    int64_t into = (time_us - i->origin_us) % i->length_us;
    return time_us - (into < 0 ? into + i->length_us : into);
}

static int find(const char *name, size_t len)
{
    for (int i = 0; i < INTERVALS; i++)
        if (slice_is(slice_make(name, len), intervals[i].name))
            return i;
    return -1;
}

int interval_parse(const char *text, bool ret[INTERVALS], struct err *e)
{
    bool named[INTERVALS] = {false};
    bool all = strcmp(text, "all") == 0;
    for (int i = 0; i < INTERVALS; i++)
        named[i] = all;
    for (const char *p = text; !all; p++) {
        size_t len = strcspn(p, ",");
        int i = find(p, len);
        if (i < 0)
            return err_set(e, ERR_CONF,
                           "intervals: \"%.*s\" is none of 1s 1m 5m 15m 30m 1h 4h 6h "
                           "12h 1d 1w",
                           (int)(len < 40 ? len : 40), p);
        if (named[i])
            return err_set(e, ERR_CONF, "intervals: %s is there twice", intervals[i].name);
        named[i] = true;
        p += len;
        if (*p == '\0')
            break;
    }
    if (!named[INTERVAL_1M])
        return err_set(e, ERR_CONF, "intervals: 1m is not optional, it decides for all of them");
    memcpy(ret, named, sizeof(named));
    return 0;
}
