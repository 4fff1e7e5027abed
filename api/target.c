#include "target.h"

#include "json.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that "%xx" at p stands for; -1: malformed, or NUL. */
static int escaped(const char *p, const char *end)
{
    int high = end - p >= 3 ? hex_digit(p[1]) : -1;
    int low = high >= 0 ? hex_digit(p[2]) : -1;
    int byte = low >= 0 ? high << 4 | low : -1;
    return byte > 0 ? byte : -1;
}

/* Decodes [p, end) to *text, which moves behind the terminating NUL. NULL with *e. */
static const char *decode(const char *p, const char *end, char **text, struct err *e)
{
    const char *from = p;
    char *start = *text;
    char *out = start;
    while (p < end) {
        int byte = *p == '%' ? escaped(p, end) : (unsigned char)*p;
        if (byte < 0) {
            (void)err_set(e, ERR_PROTO, "malformed %%-escape in \"%.*s\"",
                          (int)(end - from < 60 ? end - from : 60), from);
            return NULL;
        }
        p += *p == '%' ? 3 : 1;
        *out++ = (char)byte;
    }
    *out = '\0';
    if (!json_is_utf8(slice_make(start, (size_t)(out - start)))) {
        (void)err_set(e, ERR_PROTO, "the URL is not UTF-8");
        return NULL;
    }
    *text = out + 1;
    return start;
}

static int parse_path(const char *p, const char *end, char **text, struct target *ret,
                      struct err *e)
{
    while (p < end) {
        const char *stop = memchr(p, '/', (size_t)(end - p));
        if (!stop)
            stop = end;
        if (stop > p) {
            if (ret->n_segments == TARGET_SEGMENTS_MAX)
                return err_set(e, ERR_LIMIT, "more than %d parts in the path", TARGET_SEGMENTS_MAX);
            const char *segment = decode(p, stop, text, e);
            if (!segment)
                return -1;
            ret->segments[ret->n_segments++] = segment;
        }
        p = stop + 1;
    }
    return 0;
}

static int parse_param(const char *p, const char *end, char **text, struct target *ret,
                       struct err *e)
{
    if (p == end)
        return 0; /* "a=1&&b=2" */
    if (ret->n_params == TARGET_PARAMS_MAX)
        return err_set(e, ERR_LIMIT, "more than %d parameters", TARGET_PARAMS_MAX);
    const char *equals = memchr(p, '=', (size_t)(end - p));
    const char *name = decode(p, equals ? equals : end, text, e);
    if (!name)
        return -1;
    const char *value = equals ? decode(equals + 1, end, text, e) : "";
    if (!value)
        return -1;
    ret->params[ret->n_params++] = (struct param){name, value};
    return 0;
}

static int parse_query(const char *p, const char *end, char **text, struct target *ret,
                       struct err *e)
{
    while (p < end) {
        const char *stop = memchr(p, '&', (size_t)(end - p));
        if (!stop)
            stop = end;
        if (parse_param(p, stop, text, ret, e) != 0)
            return -1;
        p = stop + 1;
    }
    return 0;
}

int target_parse(const char *url, struct target *ret, struct err *e)
{
    size_t len = strlen(url);
    ret->n_segments = 0;
    ret->n_params = 0;
    if (len > TARGET_MAX)
        return err_set(e, ERR_LIMIT, "the URL has %zu bytes, more than %d", len, TARGET_MAX);
    char *text = ret->text;
    const char *end = url + len;
    const char *query = memchr(url, '?', len);
    if (parse_path(url, query ? query : end, &text, ret, e) != 0)
        return -1;
    return query ? parse_query(query + 1, end, &text, ret, e) : 0;
}

const char *target_param(const struct target *t, const char *name)
{
    for (int i = 0; i < t->n_params; i++)
        if (strcmp(t->params[i].name, name) == 0)
            return t->params[i].value;
    return NULL;
}
