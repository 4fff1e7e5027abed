/**
 * Errors as application/problem+json (RFC 9457).
 *
 *     struct problem p = {0};
 *     problem_invalid(&p, "limit", "a whole number from 1 to %d", PAGE_LIMIT_MAX);
 *     if (p.kind != PROBLEM_NONE)
 *         problem_render(&p, "/v1/symbols", &body);       // {"type":"urn:candlewick:problem:…",…}
 *
 * Threads: values and pure functions.
 */
#ifndef CANDLEWICK_PROBLEM_H
#define CANDLEWICK_PROBLEM_H

#include "err.h"
#include "strbuf.h"

enum problem_kind {
    PROBLEM_NONE,
    PROBLEM_INVALID_PARAMETERS,
    PROBLEM_MALFORMED_URL,
    PROBLEM_NOT_FOUND,
    PROBLEM_UNKNOWN_EXCHANGE,
    PROBLEM_UNKNOWN_SYMBOL,
    PROBLEM_AMBIGUOUS_SYMBOL,
    PROBLEM_UNKNOWN_CURSOR,
    PROBLEM_NO_QUOTE,
    PROBLEM_UNKNOWN_OPPORTUNITY,
    PROBLEM_METHOD_NOT_ALLOWED,
    PROBLEM_URL_TOO_LONG,
    PROBLEM_INTERNAL,
    PROBLEM_DATABASE_AWAY,
    PROBLEM_DATABASE_NOT_MIGRATED,
    PROBLEM_BUSY,
    PROBLEM_STOPPING,
};

enum {
    PROBLEM_INVALID_MAX = 8, /* parameters named in one answer */
    PROBLEM_NAMES_MAX = 16,
    PROBLEM_NAME = 64, /* room for a name, with its NUL */
};

struct invalid_param {
    char name[PROBLEM_NAME];
    char reason[160]; /* what is allowed */
};

struct problem {
    enum problem_kind kind; /* PROBLEM_NONE: all is well */
    char detail[256];       /* for people, about this one request */
    struct invalid_param invalid[PROBLEM_INVALID_MAX];
    int n_invalid;
    char names[PROBLEM_NAMES_MAX][PROBLEM_NAME]; /* known exchanges, or near symbols */
    int n_names;
};

/* Sets kind and detail. Returns -1, so that `return problem_set(p, …)` reads as one thought. */
int problem_set(struct problem *p, enum problem_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Adds a parameter and what is allowed for it; further ones than fit are left out. */
void problem_invalid(struct problem *p, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Adds to names (at most PROBLEM_NAMES_MAX, cut to fit). */
void problem_add_name(struct problem *p, const char *name);

/* What a failed query means to a client. Only texts fit for strangers are handed on: what is said
 * about an unreachable database or a defect stays in our log. Returns -1. */
int problem_from_err(struct problem *p, const struct err *e);

/* HTTP status; 200 for PROBLEM_NONE. */
unsigned problem_status(enum problem_kind kind);

/* The value of Retry-After in seconds, 0 for none. */
unsigned problem_retry_after_s(enum problem_kind kind);

/* Appends the JSON object and a newline. instance: path of the request. -1: no room. */
int problem_render(const struct problem *p, const char *instance, struct strbuf *out) MUST_CHECK;

#endif
