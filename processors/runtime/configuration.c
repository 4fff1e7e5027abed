#include "configuration.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int configuration_make(struct configuration *c, const struct fold_ops *ops, const void *options,
                       struct err *e)
{
    strbuf_init(&c->text, CONFIGURATION_MAX_BYTES);
    if (strbuf_addf(&c->text, "fold=%s\nrevision=%d\n", ops->name, ops->revision) != 0 ||
        ops->configuration(options, &c->text) != 0)
        return strbuf_full(&c->text, "configuration", e);
    (void)snprintf(c->digest, sizeof(c->digest), "%016" PRIx64,
                   crc64_avro(CRC64_EMPTY, c->text.data, c->text.len));
    return 0;
}

void configuration_finish(struct configuration *c)
{
    strbuf_finish(&c->text);
}

bool configuration_is_digest(struct slice text)
{
    static const char digits[] = "0123456789abcdef";
    if (text.len != CONFIGURATION_DIGEST)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!memchr(digits, text.data[i], sizeof(digits) - 1))
            return false;
    return true;
}

/* Takes the first line off *rest; empty at the end. */
static struct slice next_line(struct slice *rest)
{
    const char *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    struct slice line = end ? slice_make(rest->data, (size_t)(end - rest->data)) : *rest;
    size_t used = line.len + (end ? 1 : 0);
    *rest = slice_make(rest->data + used, rest->len - used);
    return line;
}

void configuration_difference(struct slice before, struct slice after, char *ret, size_t room)
{
    struct slice a;
    struct slice b;
    do {
        a = next_line(&before);
        b = next_line(&after);
    } while (a.len && slice_eq(a, b));
    (void)snprintf(ret, room, "%.*s, then %.*s", SLICE_ARG(a), SLICE_ARG(b));
}
