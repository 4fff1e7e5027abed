#include "pack.h"

int pack_int(struct strbuf *out, int64_t value)
{
    uint8_t bytes[10];
    size_t n = 0;
    uint64_t v = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
    for (; v >= 0x80; v >>= 7)
        bytes[n++] = (uint8_t)(v | 0x80);
    bytes[n++] = (uint8_t)v;
    return strbuf_add(out, bytes, n);
}

int pack_text(struct strbuf *out, struct slice text)
{
    if (pack_int(out, (int64_t)text.len) != 0)
        return -1;
    return strbuf_add(out, text.data, text.len);
}

int pack_decimal(struct strbuf *out, struct decimal value)
{
    uint8_t bytes[DECIMAL_BYTES];
    return pack_text(out, slice_make(bytes, decimal_to_bytes(value, bytes)));
}

struct unpack unpack_begin(struct slice bytes)
{
    const uint8_t *p = (const uint8_t *)bytes.data;
    return (struct unpack){p, bytes.len ? p + bytes.len : p, false}; /* NULL + 0 is undefined */
}

int64_t unpack_int(struct unpack *u)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64 && u->p < u->end; shift += 7) {
        uint8_t byte = *u->p++;
        if (shift == 63 && byte > 1)
            break; /* more than 64 bits */
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return u->bad ? 0 : (int64_t)(v >> 1 ^ (~(v & 1) + 1));
    }
    u->bad = true;
    u->p = u->end;
    return 0;
}

int64_t unpack_range(struct unpack *u, int64_t min, int64_t max)
{
    int64_t v = unpack_int(u);
    if (u->bad || (v >= min && v <= max))
        return u->bad ? 0 : v;
    u->bad = true;
    return 0;
}

struct slice unpack_text(struct unpack *u, size_t max)
{
    int64_t len = unpack_int(u);
    if (len < 0 || (uint64_t)len > max || len > u->end - u->p) {
        u->bad = true;
        return (struct slice){NULL, 0};
    }
    struct slice text = slice_make(u->p, (size_t)len);
    if (len > 0)
        u->p += len;
    return text;
}

struct decimal unpack_decimal(struct unpack *u)
{
    struct decimal d = {0};
    struct slice bytes = unpack_text(u, DECIMAL_BYTES);
    if (decimal_from_bytes((const uint8_t *)bytes.data, bytes.len, &d, NULL) != 0)
        u->bad = true;
    return d;
}

bool unpack_end(const struct unpack *u)
{
    return !u->bad && u->p == u->end;
}
