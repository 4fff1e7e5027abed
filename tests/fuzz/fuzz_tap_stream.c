/* Any bytes in any pieces: every byte is told or skipped once, up to text in front of a value, and
 * pieces make no difference. */
#include "tap_stream.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* Events as text, and how far they have come. */
struct told {
    struct strbuf text;
    int64_t skipped;
};

static int decode(void *ctx, struct slice input, struct record *ret, size_t *ret_len, struct err *e)
{
    (void)ctx;
    return record_decode_prefix(input, ret, ret_len, e);
}

static int on_value(void *ctx, const struct record *r, struct err *e)
{
    struct told *t = ctx;
    if (r && record_json(r, &t->text, e) != 0)
        return -1;
    return strbuf_adds(&t->text, r ? "\n" : "null\n");
}

static int on_skipped(void *ctx, const struct tap_skip *skip, struct err *e)
{
    struct told *t = ctx;
    (void)e;
    must(skip->bytes > 0 && skip->offset >= t->skipped);
    t->skipped = skip->offset + skip->bytes;
    return strbuf_addf(&t->text, "skip %lld+%lld\n", (long long)skip->offset,
                       (long long)skip->bytes);
}

static struct strbuf read_by(const uint8_t *data, size_t size, size_t n)
{
    struct told t = {STRBUF_INIT(1 << 26), 0};
    struct tap_stream s;
    struct err e = {0};
    int r = 0;
    tap_stream_init(&s, &(struct tap_events){decode, on_value, on_skipped, &t});
    for (size_t at = 0; r == 0 && at < size; at += n)
        r = tap_stream_feed(&s, slice_make(data + at, size - at < n ? size - at : n), &e);
    if (r == 0)
        r = tap_stream_end(&s, &e);
    if (r != 0)
        must(e.code == ERR_PROTO && strbuf_addf(&t.text, "refused: %s\n", e.text) == 0);
    must(t.skipped <= (int64_t)size);
    tap_stream_finish(&s);
    return t.text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct strbuf whole = read_by(data, size, size ? size : 1);
    struct strbuf pieces = read_by(data, size, size ? 1 + data[0] % 16 : 1);
    must(slice_eq(strbuf_slice(&whole), strbuf_slice(&pieces)));
    strbuf_finish(&whole);
    strbuf_finish(&pieces);
    return 0;
}
