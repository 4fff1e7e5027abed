#include "say.h"

#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum { HEX_BYTES = 64 };

/* UTF-8 goes as it is, any other bytes as hexadecimal. */
static int add_bytes(struct strbuf *out, struct slice bytes)
{
    if (json_is_utf8(bytes))
        return json_add_string(out, bytes);
    int r = strbuf_addf(out, "{\"bytes\":%zu,\"hex\":\"", bytes.len);
    for (size_t i = 0; r == 0 && i < bytes.len && i < HEX_BYTES; i++)
        r = strbuf_addf(out, "%02x", (unsigned char)bytes.data[i]);
    return r == 0 ? strbuf_adds(out, "\"}") : -1;
}

static int add_headers(struct strbuf *out, const struct item *i)
{
    int r = strbuf_addc(out, '{');
    for (size_t n = 0; r == 0 && n < i->n_headers; n++) {
        const struct item_header *h = &i->headers[n];
        r = n ? strbuf_addc(out, ',') : 0;
        if (r == 0)
            r = json_add_string(out, h->name);
        if (r == 0)
            r = strbuf_addc(out, ':');
        if (r == 0)
            r = h->null ? strbuf_adds(out, "null") : add_bytes(out, h->value);
    }
    return r == 0 ? strbuf_addc(out, '}') : -1;
}

/* 0, or -1 with *e where it cannot be asked what the value is. Room is the caller's to check. */
static int add_value(struct strbuf *out, struct source *s, const struct item *i, int *ret_room,
                     struct err *e)
{
    struct record *r = malloc(sizeof(*r)); /* large */
    int done = r ? 0 : err_set(e, ERR_NOMEM, "out of memory");
    if (done == 0 && i->tombstone) {
        *ret_room = strbuf_adds(out, "null");
    } else if (done == 0) {
        done = source_decode(s, i->value, r, e);
        if (done == 0)
            done = record_json(r, out, e);
        else if (done == 1)
            *ret_room = add_bytes(out, i->value);
    }
    free(r);
    return done < 0 ? -1 : 0;
}

int say_item(struct strbuf *out, struct source *s, const struct item *i, struct err *e)
{
    int room = strbuf_addf(
        out, "  %s {\"topic\":\"%s\",\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",\"key\":",
        s->about.label, s->name, i->partition, i->offset);
    if (room == 0)
        room = i->has_key ? add_bytes(out, i->key) : strbuf_adds(out, "null");
    if (room == 0)
        room = strbuf_adds(out, ",\"headers\":");
    if (room == 0)
        room = add_headers(out, i);
    if (room == 0)
        room = strbuf_adds(out, ",\"value\":");
    if (room == 0 && add_value(out, s, i, &room, e) != 0)
        return -1;
    if (room == 0)
        room = strbuf_adds(out, "}\n");
    return room == 0 ? 0 : strbuf_full(out, "output", e);
}

int say_flush(struct strbuf *out, struct err *e)
{
    size_t n = out->len ? fwrite(out->data, 1, out->len, stdout) : 0;
    if (n == out->len && fflush(stdout) == 0) {
        strbuf_reset(out);
        return 0;
    }
    if (errno == EPIPE)
        return err_set(e, ERR_STOPPED, "nobody reads the output any more");
    return err_set(e, ERR_IO, "cannot write the output: %s", strerror(errno));
}
