#include "wire_read.h"

#include <endian.h>

int wire_bad(struct wire_in *in, enum wire_fault fault)
{
    in->fault = fault;
    return -1;
}

int wire_at(struct wire_in *in, const char *field)
{
    in->field = field;
    return -1;
}

int wire_at_item(struct wire_in *in, const char *array, size_t index)
{
    in->array = array;
    in->index = index;
    return -1;
}

int wire_end(const struct wire_in *in, struct slice body, size_t *ret_len, const char *record,
             struct err *e)
{
    size_t taken = wire_taken(in, body);
    if (taken > RECORD_BODY_MAX)
        return record_too_long(record, e);
    if (ret_len)
        *ret_len = taken;
    else if (taken < body.len)
        return err_set(e, ERR_PROTO, "%s: %zu bytes behind its end", record, body.len - taken);
    return 0;
}

struct fault_text {
    enum err_code code;
    const char *text;
};

static struct fault_text explain(enum wire_fault fault)
{
    switch (fault) {
    case WIRE_OK:
        break;
    case WIRE_CUT:
        return (struct fault_text){ERR_PROTO, "the input ends inside it"};
    case WIRE_VARINT:
        return (struct fault_text){ERR_PROTO, "a number of more than 64 bits"};
    case WIRE_INT:
        return (struct fault_text){ERR_PROTO, "a number of more than 32 bits"};
    case WIRE_BOOL:
        return (struct fault_text){ERR_PROTO, "neither false nor true"};
    case WIRE_BRANCH:
        return (struct fault_text){ERR_PROTO, "no such branch of the union"};
    case WIRE_SYMBOL:
        return (struct fault_text){ERR_PROTO, "no such symbol"};
    case WIRE_LENGTH:
        return (struct fault_text){ERR_PROTO, "a negative length"};
    case WIRE_BLOCK:
        return (struct fault_text){ERR_PROTO, "a block of items is not as long as it says"};
    case WIRE_EMPTY:
        return (struct fault_text){ERR_PROTO, "a decimal without bytes"};
    case WIRE_DIGITS:
        return (struct fault_text){ERR_LIMIT, "a decimal of more than 38 digits"};
    case WIRE_LONG_TEXT:
        return (struct fault_text){ERR_LIMIT, "a text that is too long"};
    case WIRE_LONG_BYTES:
        return (struct fault_text){ERR_LIMIT, "bytes that are too long"};
    case WIRE_ITEMS:
        return (struct fault_text){ERR_LIMIT, "too many items"};
    case WIRE_NULL:
        return (struct fault_text){ERR_PROTO, "null, which it cannot be"};
    case WIRE_DEPTH:
        return (struct fault_text){ERR_LIMIT, "too many values inside each other"};
    case WIRE_STEPS:
        return (struct fault_text){ERR_LIMIT, "too many values to skip"};
    }
    return (struct fault_text){ERR_PROTO, "malformed"};
}

int wire_error(const struct wire_in *in, struct slice body, const char *record, struct err *e)
{
    if (in->fault == WIRE_CUT && body.len >= RECORD_BODY_MAX)
        return record_too_long(record, e);
    struct fault_text t = explain(in->fault);
    if (in->array)
        (void)err_set(e, t.code, "%s: %s[%zu].%s: %s", record, in->array, in->index, in->field,
                      t.text);
    else
        (void)err_set(e, t.code, "%s: %s: %s", record, in->field, t.text);
    return in->fault == WIRE_CUT ? 1 : -1;
}

/* Seven bits of each byte, the first byte's lowest, moved together: in pairs, fours, eights. */
static uint64_t pack_sevens(uint64_t bytes)
{
    bytes &= UINT64_C(0x7f7f7f7f7f7f7f7f);
    bytes = (bytes & UINT64_C(0x007f007f007f007f)) | (bytes & UINT64_C(0x7f007f007f007f00)) >> 1;
    bytes = (bytes & UINT64_C(0x00003fff00003fff)) | (bytes & UINT64_C(0x3fff00003fff0000)) >> 2;
    return (bytes & UINT64_C(0x000000000fffffff)) | (bytes & UINT64_C(0x0fffffff00000000)) >> 4;
}

/* True: the number ends within the eight bytes at in->p, and was read. */
static bool get_short_long(struct wire_in *in, int64_t *ret)
{
    uint64_t bytes;
    memcpy(&bytes, in->p, sizeof(bytes));
    bytes = le64toh(bytes);
    uint64_t ends = ~bytes & UINT64_C(0x8080808080808080); /* bytes that end a number */
    if (!ends)
        return false;
    *ret = wire_unzigzag(pack_sevens(bytes & (ends ^ (ends - 1))));
    in->p += __builtin_ctzll(ends) / 8 + 1;
    return true;
}

int wire_get_long_slow(struct wire_in *in, int64_t *ret)
{
    size_t left = (size_t)(in->end - in->p);
    if (left >= 8 && get_short_long(in, ret))
        return 0;
    size_t n = left < 10 ? left : 10;
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t byte = in->p[i];
        v |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        if (i == 9 && byte > 1)
            break;
        in->p += i + 1;
        *ret = wire_unzigzag(v);
        return 0;
    }
    return wire_bad(in, n == 10 ? WIRE_VARINT : WIRE_CUT);
}

int wire_get_int(struct wire_in *in, int32_t *ret)
{
    int64_t v = 0;
    if (wire_get_long(in, &v) != 0)
        return -1;
    if (v < INT32_MIN || v > INT32_MAX)
        return wire_bad(in, WIRE_INT);
    *ret = (int32_t)v;
    return 0;
}

int wire_get_bool(struct wire_in *in, bool *ret)
{
    if (in->p == in->end)
        return wire_bad(in, WIRE_CUT);
    if (*in->p > 1)
        return wire_bad(in, WIRE_BOOL);
    *ret = *in->p++ == 1;
    return 0;
}

int wire_get_bytes(struct wire_in *in, struct slice *ret)
{
    return wire_get_run(in, RECORD_BODY_MAX, WIRE_LONG_BYTES, ret);
}

int wire_get_decimal(struct wire_in *in, struct decimal *ret)
{
    struct slice bytes = {NULL, 0};
    if (wire_get_run(in, RECORD_TEXT_MAX, WIRE_DIGITS, &bytes) != 0)
        return -1;
    if (bytes.len == 0)
        return wire_bad(in, WIRE_EMPTY);
    if (decimal_from_bytes((const uint8_t *)bytes.data, bytes.len, ret, NULL) != 0)
        return wire_bad(in, WIRE_DIGITS);
    return 0;
}

/* The head of the next block: a count, or a negative count and the block's size in bytes. */
static int open_block(struct wire_in *in, struct wire_items *items)
{
    int64_t count = 0;
    int64_t size = 0;
    if (wire_get_long(in, &count) != 0)
        return -1;
    items->until = NULL;
    if (count < 0) {
        if (wire_get_long(in, &size) != 0)
            return -1;
        if (size < 0)
            return wire_bad(in, WIRE_LENGTH);
        if (size > RECORD_BODY_MAX)
            return wire_bad(in, WIRE_BLOCK);
        if (size > in->end - in->p)
            return wire_bad(in, WIRE_CUT);
        items->until = in->p + size;
        count = count == INT64_MIN ? INT64_MAX : -count;
    }
    if ((uint64_t)count > items->max - items->seen)
        return wire_bad(in, WIRE_ITEMS);
    items->left = count;
    return 0;
}

bool wire_next_item(struct wire_in *in, struct wire_items *items)
{
    if (items->left == 0) {
        if (items->until && items->until != in->p) {
            (void)wire_bad(in, WIRE_BLOCK); /* the false below says so */
            return false;
        }
        if (open_block(in, items) != 0 || items->left == 0)
            return false;
    }
    items->left--;
    items->seen++;
    return true;
}
