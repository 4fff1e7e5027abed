/**
 * Parameters of a request, from text to values; what is wrong goes into a problem, all at once.
 *
 *     struct page page;
 *     struct problem p = {0};
 *     params_check_names(&target, (const char *const[]){"interval", "start", NULL}, &p);
 *     const char *interval = params_interval(&target, &p);
 *     params_page(&target, &page, &p);
 *     if (p.kind != PROBLEM_NONE) ...                     // 400 with every parameter named
 *
 * Threads: pure functions.
 */
#ifndef CANDLEWICK_PARAMS_H
#define CANDLEWICK_PARAMS_H

#include "page.h"
#include "problem.h"
#include "target.h"

/* Every parameter must be one of allowed (NULL-terminated) and be given once. */
void params_check_names(const struct target *t, const char *const *allowed, struct problem *p);

/* start, end, limit and cursor. limit_default: rows where none is asked for. */
void params_page(const struct target *t, int limit_default, struct page *ret, struct problem *p);

/* The intervals there are, NULL-terminated, the shortest first. */
extern const char *const params_intervals[];

/* A parameter that is one of words (NULL-terminated): the one that is given, else otherwise. NULL:
 * none of them. */
const char *params_word(const struct target *t, const char *name, const char *const *words,
                        const char *otherwise, struct problem *p);

/* The parameter interval: one of words, which are some of params_intervals; "1m" where it is
 * absent. NULL: none of them. */
const char *params_interval(const struct target *t, const char *const *words, struct problem *p);

/* A plain decimal number, at most nine digits on either side of the point: its text, "" where the
 * parameter is absent or no such number. */
const char *params_decimal(const struct target *t, const char *name, struct problem *p);

/* A time: RFC 3339, or seconds since 1970. *ret_us stays as it is where the parameter is absent. */
void params_time(const struct target *t, const char *name, int64_t *ret_us, struct problem *p);

#endif
