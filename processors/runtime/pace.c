#include "pace.h"

#include "timefmt.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int pace_parse(const char *text, struct pace *ret, struct err *e)
{
    *ret = (struct pace){0};
    if (strcmp(text, "max") == 0)
        return 0;
    char *end;
    errno = 0;
    long long speed = strtoll(text, &end, 10);
    if (!isdigit((unsigned char)*text) || errno != 0 || strcmp(end, "x") != 0 || speed < 1 ||
        speed > PACE_MAX)
        return err_set(e, ERR_CONF, "speed: \"%.20s\" is neither max nor 1x to %dx", text,
                       PACE_MAX);
    ret->speed = speed;
    return 0;
}

int64_t pace_due_us(struct pace *p, int64_t time_ms, int64_t now_us)
{
    if (p->speed == 0)
        return now_us;
    if (!p->begun) {
        p->begun = true;
        p->first_ms = time_ms;
        p->first_us = now_us;
    }
    int64_t after_ms = time_ms > p->first_ms ? time_ms - p->first_ms : 0;
    int64_t most_ms = (INT64_MAX - p->first_us) / US_PER_MS; /* hostile times */
    if (after_ms > most_ms)
        after_ms = most_ms;
    return p->first_us + after_ms * US_PER_MS / p->speed;
}
