#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

PRINTF_LIKE(4, 0)
static void fill(struct err *e, enum err_code code, bool retriable, const char *fmt, va_list ap)
{
    if (!e)
        return;
    char text[sizeof(e->text)];
    (void)vsnprintf(text, sizeof(text), fmt, ap); /* cut to fit: an error text may be shortened */
    memcpy(e->text, text, sizeof(text));          /* an argument may point into e->text itself */
    e->code = code;
    e->retriable = retriable;
}

int(err_set)(struct err *e, enum err_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fill(e, code, false, fmt, ap);
    va_end(ap);
    return -1;
}

int(err_retry)(struct err *e, enum err_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fill(e, code, true, fmt, ap);
    va_end(ap);
    return -1;
}

int(err_prefix)(struct err *e, const char *fmt, ...)
{
    if (!e)
        return -1;
    char front[sizeof(e->text)];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(front, sizeof(front), fmt, ap);
    va_end(ap);
    char text[2 * sizeof(e->text) + 3];
    (void)snprintf(text, sizeof(text), "%s: %s", front, e->text);
    memcpy(e->text, text, sizeof(e->text) - 1);
    e->text[sizeof(e->text) - 1] = '\0';
    return -1;
}

const char *err_code_name(enum err_code code)
{
    switch (code) {
    case ERR_NONE:
        return "none";
    case ERR_ARG:
        return "arg";
    case ERR_CONF:
        return "conf";
    case ERR_NOMEM:
        return "nomem";
    case ERR_IO:
        return "io";
    case ERR_PROTO:
        return "proto";
    case ERR_LIMIT:
        return "limit";
    case ERR_NOT_FOUND:
        return "not_found";
    case ERR_STATE:
        return "state";
    case ERR_FENCED:
        return "fenced";
    case ERR_STOPPED:
        return "stopped";
    }
    return "unknown";
}
