#include "timefmt.h"

#include "decimal.h"

#include <stdbool.h>
#include <time.h>

static const int64_t FIRST_S = INT64_C(-62167219200); /* 0000-01-01T00:00:00Z */
static const int64_t LAST_S = INT64_C(253402300799);  /* 9999-12-31T23:59:59Z */

/* The number with just that many digits, and what follows it; returns the place behind. By hand:
 * every candle's key has a time, and printf() would take longer than the candle. */
static char *put(char *p, int number, int digits, char after)
{
    for (int i = digits - 1; i >= 0; i--) {
        p[i] = (char)('0' + number % 10);
        number /= 10;
    }
    p[digits] = after;
    return p + digits + 1;
}

size_t time_format(int64_t time_us, char text[TIME_TEXT])
{
    int64_t s = time_us / US_PER_S;
    int64_t us = time_us % US_PER_S;
    if (us < 0) {
        us += US_PER_S;
        s--;
    }
    if (s < FIRST_S || s > LAST_S) {
        s = s < FIRST_S ? FIRST_S : LAST_S;
        us = s < 0 ? 0 : US_PER_S - 1;
    }
    time_t t = (time_t)s;
    struct tm tm;
    (void)gmtime_r(&t, &tm); /* in range, so it cannot fail */
    char *p = put(text, tm.tm_year + 1900, 4, '-');
    p = put(p, tm.tm_mon + 1, 2, '-');
    p = put(p, tm.tm_mday, 2, 'T');
    p = put(p, tm.tm_hour, 2, ':');
    p = put(p, tm.tm_min, 2, ':');
    p = put(p, tm.tm_sec, 2, '.');
    p = put(p, (int)us, 6, 'Z');
    *p = '\0';
    return (size_t)(p - text);
}

/* A cursor over the text; a step that does not match sets bad and matches nothing more. */
struct scan {
    const char *p;
    const char *end;
    bool bad;
};

static int number(struct scan *s, int digits)
{
    int v = 0;
    for (int i = 0; i < digits; i++) {
        if (s->p == s->end || *s->p < '0' || *s->p > '9') {
            s->bad = true;
            return 0;
        }
        v = v * 10 + (*s->p++ - '0');
    }
    return v;
}

static char one_of(struct scan *s, const char *set)
{
    if (!s->bad && s->p < s->end && *s->p != '\0' && strchr(set, *s->p))
        return *s->p++;
    s->bad = true;
    return '\0';
}

static int64_t fraction_us(struct scan *s)
{
    if (s->p == s->end || *s->p != '.')
        return 0;
    s->p++;
    int64_t us = 0;
    int n = 0;
    for (; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++, n++)
        us = n < 6 ? us * 10 + (*s->p - '0') : us;
    if (n == 0 || n > 9)
        s->bad = true;
    for (; n < 6; n++)
        us *= 10;
    return us;
}

static int64_t offset_s(struct scan *s)
{
    char sign = one_of(s, "Zz+-");
    if (sign == 'Z' || sign == 'z' || sign == '\0')
        return 0;
    int hours = number(s, 2);
    (void)one_of(s, ":");
    int minutes = number(s, 2);
    if (hours > 23 || minutes > 59)
        s->bad = true;
    return (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
}

static int parse_rfc3339(struct slice text, int64_t *ret_us)
{
    struct scan s = {text.data, text.data + text.len, false};
    struct tm tm = {0};
    tm.tm_year = number(&s, 4) - 1900;
    (void)one_of(&s, "-");
    tm.tm_mon = number(&s, 2) - 1;
    (void)one_of(&s, "-");
    tm.tm_mday = number(&s, 2);
    (void)one_of(&s, "Tt ");
    tm.tm_hour = number(&s, 2);
    (void)one_of(&s, ":");
    tm.tm_min = number(&s, 2);
    (void)one_of(&s, ":");
    tm.tm_sec = number(&s, 2);
    int64_t us = fraction_us(&s);
    int64_t offset = offset_s(&s);
    struct tm given = tm;
    if (s.bad || s.p != s.end || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59)
        return -1;
    time_t t = timegm(&tm);
    if (tm.tm_mon != given.tm_mon || tm.tm_mday != given.tm_mday)
        return -1; /* 31 February was moved to another day */
    int64_t at_us = ((int64_t)t - offset) * US_PER_S + us;
    if (at_us < FIRST_S * US_PER_S || at_us >= TIME_END_US)
        return -1; /* the offset leads out of the calendar */
    *ret_us = at_us;
    return 0;
}

int time_parse(struct slice text, int64_t *ret_us, struct err *e)
{
    if (text.len > 0 && parse_rfc3339(text, ret_us) == 0)
        return 0;
    struct decimal seconds;
    if (decimal_parse(text, &seconds, NULL) == 0) {
        const __int128 e12 = 1000000000000;
        __int128 us = seconds.e18 / e12;
        if (seconds.e18 >= FIRST_S * US_PER_S * e12 && us < TIME_END_US) {
            *ret_us = (int64_t)us;
            return 0;
        }
    }
    return err_set(e, ERR_ARG, "not a time: \"%.*s\" (RFC 3339 or seconds since 1970)",
                   (int)(text.len < 60 ? text.len : 60), text.len ? text.data : "");
}
