#include "strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 64 };

void strbuf_init(struct strbuf *b, size_t limit)
{
    *b = (struct strbuf)STRBUF_INIT(limit);
}

void strbuf_finish(struct strbuf *b)
{
    free(b->data);
    strbuf_init(b, b->limit);
}

void strbuf_reset(struct strbuf *b)
{
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

int strbuf_reserve(struct strbuf *b, size_t more)
{
    if (more > b->limit || b->len > b->limit - more)
        return -1;
    size_t need = b->len + more + 1;
    if (need <= b->cap)
        return 0;
    size_t cap = b->cap ? b->cap : FIRST_CAP;
    while (cap < need)
        cap += cap / 2 + 16;
    char *data = realloc(b->data, cap);
    if (!data)
        return -1;
    b->data = data;
    b->cap = cap;
    return 0;
}

int strbuf_add(struct strbuf *b, const void *data, size_t len)
{
    if (strbuf_reserve(b, len) != 0)
        return -1;
    if (len)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
    return 0;
}

int strbuf_adds(struct strbuf *b, const char *text)
{
    return strbuf_add(b, text, strlen(text));
}

int strbuf_addc(struct strbuf *b, char c)
{
    return strbuf_add(b, &c, 1);
}

int strbuf_addf(struct strbuf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || strbuf_reserve(b, (size_t)n) != 0)
        return -1;
    va_start(ap, fmt);
    n = vsnprintf(b->data + b->len, b->cap - b->len, fmt, ap);
    va_end(ap);
    if (n < 0)
        return -1;
    b->len += (size_t)n;
    return 0;
}

int strbuf_full(const struct strbuf *b, const char *what, struct err *e)
{
    return err_set(e, ERR_NOMEM, "%s: no room in a buffer of %zu bytes (limit %zu)", what, b->len,
                   b->limit);
}
