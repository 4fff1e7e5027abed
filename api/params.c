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

/* "-1.5": seconds as the documentation has them, without sign and exponent that decimals may have.
 */
static bool is_plain_seconds(const char *text)
{
    static const char digits[] = "0123456789";
    text += *text == '-';
    size_t whole = strspn(text, digits);
    if (whole == 0 || text[whole] == '\0')
        return whole > 0;
    const char *fraction = text + whole + 1;
    size_t len = strspn(fraction, digits);
    return text[whole] == '.' && len > 0 && fraction[len] == '\0';
}

void params_time(const struct target *t, const char *name, int64_t *ret_us, struct problem *p)
{
    const char *text = target_param(t, name);
    struct err e = {0};
    if (!text)
        return;
    bool plain = strchr(text, ':') || is_plain_seconds(text); /* only RFC 3339 has colons */
    if (!plain || time_parse(slice_of(text), ret_us, &e) != 0)
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
    params_time(t, "start", &ret->start_us, p);
    params_time(t, "end", &ret->end_us, p);
    read_limit(t, &ret->limit, p);
    const char *cursor = target_param(t, "cursor");
    struct err e = {0};
    if (!cursor)
        return;
    if (!cursor_has_form(cursor))
        problem_invalid(p, "cursor", "the value of next in an earlier answer");
    ret->has_after = true;
    if (cursor_decode(cursor, &ret->after, &e) != 0)
        ret->after = (struct place){0}; /* of no list: whoever knows the list says so */
}

const char *params_word(const struct target *t, const char *name, const char *const *words,
                        const char *otherwise, struct problem *p)
{
    const char *text = target_param(t, name);
    const char *word = text ? find_word(words, text) : otherwise;
    if (text && !word) {
        char list[LIST_TEXT];
        join(words, list);
        problem_invalid(p, name, "one of %s", list);
    }
    return word;
}

const char *params_decimal(const struct target *t, const char *name, struct problem *p)
{
    enum { DIGITS_MAX = 9 };
    static const char digits[] = "0123456789";
    const char *text = target_param(t, name);
    if (!text)
        return "";
    const char *at = text + (*text == '-');
    size_t whole = strspn(at, digits);
    bool good = whole > 0 && whole <= DIGITS_MAX;
    if (good && at[whole] == '.') {
        at += whole + 1;
        whole = strspn(at, digits);
        good = whole > 0 && whole <= DIGITS_MAX;
    }
    if (good && at[whole] == '\0')
        return text;
    problem_invalid(p, name,
                    "a number such as 5 or -0.25, at most 9 digits before and behind its point");
    return "";
}

const char *params_interval(const struct target *t, const char *const *words, struct problem *p)
{
    return params_word(t, "interval", words, "1m", p);
}
