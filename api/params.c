#include "params.h"

#include "timefmt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const params_intervals[] = {"1s", "1m", "5m",  "15m", "30m", "1h",
                                        "4h", "6h", "12h", "1d",  "1w",  NULL};

enum { LIST_TEXT = 120 };

/* "a, b, c", cut to fit. */
static void join(const char *const *words, char ret[LIST_TEXT])
{
    size_t len = 0;
    ret[0] = '\0';
    for (int i = 0; words[i]; i++) {
        int n = snprintf(ret + len, LIST_TEXT - len, "%s%s", i ? ", " : "", words[i]);
        if (n < 0 || (size_t)n >= LIST_TEXT - len)
            return;
        len += (size_t)n;
    }
}

static const char *find_word(const char *const *words, const char *word)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return words[i];
    return NULL;
}

void params_check_names(const struct target *t, const char *const *allowed, struct problem *p)
{
    char list[LIST_TEXT];
    join(allowed, list);
    for (int i = 0; i < t->n_params; i++) {
        const char *name = t->params[i].name;
        if (!find_word(allowed, name))
            problem_invalid(
                p, name, *list ? "no such parameter here; there are: %s" : "no parameters here%s",
                list);
        else if (target_param(t, name) != t->params[i].value)
            problem_invalid(p, name, "given more than once");
    }
}

static void read_time(const struct target *t, const char *name, int64_t *ret_us, struct problem *p)
{
    const char *text = target_param(t, name);
    struct err e = {0};
    if (text && time_parse(slice_of(text), ret_us, &e) != 0)
        problem_invalid(p, name,
                        "a time: RFC 3339 (2026-11-21T10:00:00Z) or seconds since 1970, years 0000 "
                        "to 9999");
}

static void read_limit(const struct target *t, int *ret, struct problem *p)
{
    const char *text = target_param(t, "limit");
    if (!text)
        return;
    size_t len = strspn(text, "0123456789");
    long v = len > 0 && len <= 9 && text[len] == '\0' ? strtol(text, NULL, 10) : 0;
    if (v < 1 || v > PAGE_LIMIT_MAX)
        problem_invalid(p, "limit", "a whole number from 1 to %d", PAGE_LIMIT_MAX);
    else
        *ret = (int)v;
}

void params_page(const struct target *t, int limit_default, struct page *ret, struct problem *p)
{
    *ret = (struct page){.start_us = INT64_MIN, .end_us = INT64_MAX, .limit = limit_default};
    read_time(t, "start", &ret->start_us, p);
    read_time(t, "end", &ret->end_us, p);
    if (ret->start_us > ret->end_us)
        problem_invalid(p, "end", "not before start");
    read_limit(t, &ret->limit, p);
    const char *cursor = target_param(t, "cursor");
    struct err e = {0};
    if (!cursor)
        return;
    if (cursor_decode(cursor, &ret->after, &e) != 0)
        problem_invalid(p, "cursor", "%s", e.text);
    else
        ret->has_after = true;
}

const char *params_interval(const struct target *t, struct problem *p)
{
    const char *text = target_param(t, "interval");
    const char *interval = find_word(params_intervals, text ? text : "1m");
    if (!interval) {
        char list[LIST_TEXT];
        join(params_intervals, list);
        problem_invalid(p, "interval", "one of %s", list);
    }
    return interval;
}
