#include "frame.h"

enum { FINGERPRINT_BYTES = 8, ID_BYTES = 4 };

static const uint8_t marker[2] = {0xc3, 0x01}; /* of single-object encoding */

static int cut(struct err *e)
{
    (void)err_set(e, ERR_PROTO, "the input ends inside the header");
    return 1;
}

static int read_fingerprint(const uint8_t *p, size_t len, struct frame *ret, struct err *e)
{
    if (len > 1 && p[1] != marker[1])
        return err_set(e, ERR_PROTO, "in neither framing: it begins with c3 %02x", p[1]);
    if (len < FRAME_MAX)
        return cut(e);
    *ret = (struct frame){.kind = FRAME_SINGLE_OBJECT, .len = FRAME_MAX};
    for (size_t i = 0; i < FINGERPRINT_BYTES; i++)
        ret->id |= (uint64_t)p[sizeof(marker) + i] << (8 * i);
    return 0;
}

static int read_id(const uint8_t *p, size_t len, struct frame *ret, struct err *e)
{
    if (len < 1 + ID_BYTES)
        return cut(e);
    *ret = (struct frame){.kind = FRAME_CONFLUENT, .len = 1 + ID_BYTES};
    for (size_t i = 0; i < ID_BYTES; i++)
        ret->id = ret->id << 8 | p[1 + i];
    return 0;
}

int frame_read(struct slice input, struct frame *ret, struct err *e)
{
    const uint8_t *p = (const uint8_t *)input.data;
    if (input.len == 0)
        return cut(e);
    if (p[0] == marker[0])
        return read_fingerprint(p, input.len, ret, e);
    if (p[0] == 0)
        return read_id(p, input.len, ret, e);
    return err_set(e, ERR_PROTO, "in neither framing: it begins with %02x, not with c3 01 or 00",
                   p[0]);
}

size_t frame_write(enum frame_kind kind, uint64_t id, uint8_t out[FRAME_MAX])
{
    if (kind == FRAME_CONFLUENT) {
        out[0] = 0;
        for (size_t i = 0; i < ID_BYTES; i++)
            out[1 + i] = (uint8_t)(id >> (8 * (ID_BYTES - 1 - i)));
        return 1 + ID_BYTES;
    }
    out[0] = marker[0];
    out[1] = marker[1];
    for (size_t i = 0; i < FINGERPRINT_BYTES; i++)
        out[sizeof(marker) + i] = (uint8_t)(id >> (8 * i));
    return FRAME_MAX;
}
