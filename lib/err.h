/**
 * Errors as values: a code to decide by, a text for people.
 *
 *     struct err e = {0};
 *     if (thing_open(path, &thing, &e) != 0)
 *         log_err("main", "cannot start", &e);
 *
 * A struct err lives on the caller's stack and is never allocated. Functions that can fail return
 * 0 or -1 (or a pointer or NULL) and fill it; nobody reads it after success.
 * Threads: a struct err belongs to one thread at a time.
 */
#ifndef CANDLEWICK_ERR_H
#define CANDLEWICK_ERR_H

#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt_index, first_arg) __attribute__((format(printf, fmt_index, first_arg)))

enum err_code {
    ERR_NONE = 0,
    ERR_ARG,       /* the caller asked for something that cannot be */
    ERR_CONF,      /* an option, environment variable or file says something wrong */
    ERR_NOMEM,     /* out of memory, or a configured limit on it */
    ERR_IO,        /* file, socket, broker, database: the outside failed us */
    ERR_PROTO,     /* bytes from outside do not have the promised shape */
    ERR_LIMIT,     /* a value does not fit: decimal overflow, string too long */
    ERR_NOT_FOUND, /* the named thing does not exist */
    ERR_STATE,     /* what is stored contradicts itself; going on would lose or repeat data */
    ERR_FENCED,    /* another instance took over; this one must stop writing */
    ERR_STOPPED,   /* interrupted by a request to stop */
};

struct err {
    enum err_code code;
    bool retriable; /* the same call may succeed later without anything else changing */
    char text[256];
};

/* Fills *e (NULL is fine) and returns -1, so that `return err_set(e, ...)` reads as one thought. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same, marked retriable. */
int err_retry(struct err *e, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Puts "<fmt>: " in front of what *e already says; keeps code and retriable. Returns -1. */
int err_prefix(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* So that compilers and analyzers, who see one file at a time, know what they return. */
#define err_set(...) (err_set(__VA_ARGS__), -1)
#define err_retry(...) (err_retry(__VA_ARGS__), -1)
#define err_prefix(...) (err_prefix(__VA_ARGS__), -1)

/* "proto", "limit", ...: a stable word for logs and metric labels. */
const char *err_code_name(enum err_code code);

#endif
