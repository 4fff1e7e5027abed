#include "interval.h"

#include "timefmt.h"

const struct interval intervals[INTERVALS] = {
    {"1m", US_PER_MIN, US_PER_S},
};

int64_t interval_open_us(const struct interval *i, int64_t time_us)
{
    int64_t into = time_us % i->length_us;
    return time_us - (into < 0 ? into + i->length_us : into);
}
