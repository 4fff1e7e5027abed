#include "problem.h"

#include "json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct problem_row {
    const char *slug; /* what follows urn:candlewick:problem: */
    const char *title;
    const char *names_field; /* what problem.names are called in the answer */
    unsigned status;
    unsigned retry_after_s;
};

static const struct problem_row rows[] = {
    [PROBLEM_NONE] = {"none", "No problem", "", 200, 0},
    [PROBLEM_INVALID_PARAMETERS] = {"invalid-parameters", "Invalid parameters", "", 400, 0},
    [PROBLEM_MALFORMED_URL] = {"malformed-url", "Malformed URL", "", 400, 0},
    [PROBLEM_NOT_FOUND] = {"not-found", "No such path", "endpoints", 404, 0},
    [PROBLEM_UNKNOWN_EXCHANGE] = {"unknown-exchange", "Unknown exchange", "exchanges", 404, 0},
    [PROBLEM_UNKNOWN_SYMBOL] = {"unknown-symbol", "Unknown symbol", "near", 404, 0},
    [PROBLEM_AMBIGUOUS_SYMBOL] = {"ambiguous-symbol", "Ambiguous symbol", "near", 404, 0},
    [PROBLEM_UNKNOWN_CURSOR] = {"unknown-cursor", "Unknown cursor", "", 404, 0},
    [PROBLEM_NO_QUOTE] = {"no-quote", "No quote", "", 404, 0},
    [PROBLEM_UNKNOWN_OPPORTUNITY] = {"unknown-opportunity", "Unknown opportunity", "", 404, 0},
    [PROBLEM_METHOD_NOT_ALLOWED] = {"method-not-allowed", "Method not allowed", "", 405, 0},
    [PROBLEM_URL_TOO_LONG] = {"url-too-long", "URL too long", "", 414, 0},
    [PROBLEM_INTERNAL] = {"internal", "Internal error", "", 500, 0},
    [PROBLEM_DATABASE_AWAY] = {"database-away", "Database away", "", 503, 2},
    [PROBLEM_DATABASE_NOT_MIGRATED] = {"database-not-migrated", "Database not migrated", "", 503,
                                       10},
    [PROBLEM_BUSY] = {"busy", "Busy", "", 503, 1},
    [PROBLEM_STOPPING] = {"stopping", "Stopping", "", 503, 2},
};

int problem_set(struct problem *p, enum problem_kind kind, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    p->kind = kind;
    (void)vsnprintf(p->detail, sizeof(p->detail), fmt, ap); /* cut where it is too long */
    va_end(ap);
    return -1;
}

void problem_invalid(struct problem *p, const char *name, const char *fmt, ...)
{
    if (p->kind == PROBLEM_NONE)
        (void)problem_set(p, PROBLEM_INVALID_PARAMETERS,
                          "invalid_params says what is wrong with which parameter");
    if (p->n_invalid == PROBLEM_INVALID_MAX)
        return;
    struct invalid_param *i = &p->invalid[p->n_invalid++];
    va_list ap;
    va_start(ap, fmt);
    (void)snprintf(i->name, sizeof(i->name), "%s", name);
    (void)vsnprintf(i->reason, sizeof(i->reason), fmt, ap);
    va_end(ap);
}

void problem_add_name(struct problem *p, const char *name)
{
    if (p->n_names < PROBLEM_NAMES_MAX)
        (void)snprintf(p->names[p->n_names++], PROBLEM_NAME, "%s", name);
}

int problem_from_err(struct problem *p, const struct err *e)
{
    switch (e->code) {
    case ERR_IO:
        return problem_set(p, PROBLEM_DATABASE_AWAY, "the database does not answer");
    case ERR_STATE:
        return problem_set(p, PROBLEM_DATABASE_NOT_MIGRATED,
                           "the database lacks our tables: run cw-migrate up");
    case ERR_LIMIT:
        return problem_set(p, PROBLEM_BUSY, "%s", e->text);
    case ERR_STOPPED:
        return problem_set(p, PROBLEM_STOPPING, "the server is stopping");
    case ERR_NONE:
    case ERR_ARG:
    case ERR_CONF:
    case ERR_NOMEM:
    case ERR_PROTO:
    case ERR_NOT_FOUND:
    case ERR_FENCED:
        break;
    }
    return problem_set(p, PROBLEM_INTERNAL, "the server's log says what happened");
}

unsigned problem_status(enum problem_kind kind)
{
    return rows[kind].status;
}

unsigned problem_retry_after_s(enum problem_kind kind)
{
    return rows[kind].retry_after_s;
}

/* ,"name":"text" */
static int add_field(struct strbuf *out, const char *name, const char *text)
{
    if (strbuf_addf(out, ",\"%s\":", name) != 0)
        return -1;
    return json_add_string(out, slice_of(text));
}

static int add_names(const struct problem *p, struct strbuf *out)
{
    int r = strbuf_addf(out, ",\"%s\":[", rows[p->kind].names_field);
    for (int i = 0; r == 0 && i < p->n_names; i++) {
        r = i ? strbuf_addc(out, ',') : 0;
        if (r == 0)
            r = json_add_string(out, slice_of(p->names[i]));
    }
    return r == 0 ? strbuf_addc(out, ']') : -1;
}

static int add_invalid(const struct problem *p, struct strbuf *out)
{
    int r = strbuf_adds(out, ",\"invalid_params\":[");
    for (int i = 0; r == 0 && i < p->n_invalid; i++) {
        r = strbuf_adds(out, i ? ",{\"name\":" : "{\"name\":");
        if (r == 0)
            r = json_add_string(out, slice_of(p->invalid[i].name));
        if (r == 0)
            r = add_field(out, "reason", p->invalid[i].reason);
        if (r == 0)
            r = strbuf_addc(out, '}');
    }
    return r == 0 ? strbuf_addc(out, ']') : -1;
}

int problem_render(const struct problem *p, const char *instance, struct strbuf *out)
{
    const struct problem_row *row = &rows[p->kind];
    size_t start = out->len;
    int r = strbuf_addf(out, "{\"type\":\"urn:candlewick:problem:%s\"", row->slug);
    if (r == 0)
        r = add_field(out, "title", row->title);
    if (r == 0)
        r = strbuf_addf(out, ",\"status\":%u", row->status);
    if (r == 0)
        r = add_field(out, "detail", p->detail);
    if (r == 0)
        r = add_field(out, "instance", instance);
    if (r == 0 && *row->names_field)
        r = add_names(p, out);
    if (r == 0 && p->n_invalid > 0)
        r = add_invalid(p, out);
    if (r == 0)
        r = strbuf_adds(out, "}\n");
    if (r != 0)
        out->len = start;
    return r;
}
