/**
 * Writing single values in Avro's binary encoding, as the generated encoders do it.
 *
 *     uint8_t *p = wire_begin(out);                    // room was reserved before
 *     p = wire_put_bytes(p, v.symbol);
 *     return wire_close(out, p, "trade", e);
 *
 * Each wire_put_*() returns the place behind what it wrote, and checks nothing.
 * Source: https://avro.apache.org/docs/1.11.1/specification/#binary-encoding, checked 2026-11-21.
 * Threads: values.
 */
#ifndef CANDLEWICK_WIRE_WRITE_H
#define CANDLEWICK_WIRE_WRITE_H

#include "record_table.h"

static inline uint8_t *wire_begin(struct strbuf *out)
{
    return (uint8_t *)out->data + out->len;
}

/* Takes what was written up to p into out. -1 with ERR_LIMIT: longer than RECORD_BODY_MAX, and
 * nothing was appended. */
static inline MUST_CHECK int wire_close(struct strbuf *out, uint8_t *p, const char *record,
                                        struct err *e)
{
    size_t len = (size_t)(p - wire_begin(out));
    if (len > RECORD_BODY_MAX)
        return record_too_long(record, e);
    *p = '\0';
    out->len += len;
    return 0;
}

static inline uint8_t *wire_put_long(uint8_t *p, int64_t v)
{
    uint64_t zigzag = (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
    while (zigzag > 0x7f) {
        *p++ = (uint8_t)(zigzag | 0x80);
        zigzag >>= 7;
    }
    *p++ = (uint8_t)zigzag;
    return p;
}

static inline uint8_t *wire_put_bool(uint8_t *p, bool v)
{
    *p++ = v;
    return p;
}

static inline uint8_t *wire_put_present(uint8_t *p, bool present)
{
    *p++ = present ? 2 : 0; /* branches 1 and 0 */
    return p;
}

static inline uint8_t *wire_put_bytes(uint8_t *p, struct slice v)
{
    p = wire_put_long(p, (int64_t)v.len);
    if (v.len)
        memcpy(p, v.data, v.len);
    return p + v.len;
}

static inline uint8_t *wire_put_decimal(uint8_t *p, struct decimal v)
{
    size_t len = decimal_to_bytes(v, p + 1);
    *p = (uint8_t)(len << 1); /* up to 16: its zigzag is one byte */
    return p + 1 + len;
}

#endif
