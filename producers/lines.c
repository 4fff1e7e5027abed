#include "lines.h"

#include <errno.h>
#include <stdlib.h>

enum { READ_BYTES = 64 << 10 };

int lines_open(struct lines *l, const char *path, struct err *e)
{
    *l = (struct lines){.path = path, .rest = STRBUF_INIT(LINES_MAX_BYTES)};
    l->bytes = malloc(READ_BYTES);
    if (!l->bytes)
        return err_set(e, ERR_NOMEM, "%.150s: out of memory", path);
    l->file = fopen(path, "r");
    if (l->file)
        return 0;
    free(l->bytes);
    l->bytes = NULL;
    return err_set(e, ERR_IO, "%.150s: %s", path, strerror(errno));
}

void lines_close(struct lines *l)
{
    if (l->file)
        (void)fclose(l->file); /* only read */
    strbuf_finish(&l->rest);
    free(l->bytes);
    *l = (struct lines){0};
}

/* 1: there are bytes; 0: there are none any more; -1. */
static int fill(struct lines *l, struct err *e)
{
    if (l->pos < l->len)
        return 1;
    l->pos = 0;
    l->len = fread(l->bytes, 1, READ_BYTES, l->file);
    if (l->len > 0)
        return 1;
    if (ferror(l->file))
        return err_set(e, ERR_IO, "%.150s: %s", l->path, strerror(errno));
    return 0;
}

int lines_next(struct lines *l, struct slice *ret_line, struct err *e)
{
    bool too_long = false;
    strbuf_reset(&l->rest);
    int r;
    while ((r = fill(l, e)) == 1) {
        const char *start = l->bytes + l->pos;
        const char *nl = memchr(start, '\n', l->len - l->pos);
        size_t n = nl ? (size_t)(nl - start) : l->len - l->pos;
        l->pos += nl ? n + 1 : n;
        if (nl && l->rest.len == 0 && !too_long) { /* all of it is here */
            l->number++;
            *ret_line = slice_make(start, n);
            return 1;
        }
        too_long = too_long || strbuf_add(&l->rest, start, n) != 0;
        if (nl)
            break;
    }
    if (r < 0)
        return -1;
    if (r == 0 && l->rest.len == 0 && !too_long)
        return 0;
    l->number++;
    if (too_long)
        return err_set(e, ERR_PROTO, "a line longer than %d bytes", LINES_MAX_BYTES);
    *ret_line = strbuf_slice(&l->rest);
    return 1;
}
