/* Any bytes in any pieces: every byte is told or skipped once, and pieces make no difference. */
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
    struct err e;
    tap_stream_init(&s, &(struct tap_events){on_value, on_skipped, &t});
    for (size_t at = 0; at < size; at += n)
        must(tap_stream_feed(&s, slice_make(data + at, size - at < n ? size - at : n), &e) == 0);
    must(tap_stream_end(&s, &e) == 0);
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
