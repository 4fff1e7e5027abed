/* Any schema, a NUL, any body: an error, or a record that our encoder takes. The schema alone is
 * any JSON; the body is read as a whole and as a prefix. */
#include "resolution.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    size_t text_len = end ? (size_t)(end - data) : size;
    struct resolution *r = resolution_create(slice_make(data, text_len), &e);
    must(r || e.code != ERR_NONE);
    if (!r || !end) {
        resolution_destroy(r);
        return 0;
    }
    struct slice body = slice_make(end + 1, size - text_len - 1);
    static struct record record;
    struct strbuf again = STRBUF_INIT(2 * RECORD_MAX_BYTES);
    size_t len = 0;
    int prefix = resolution_decode(r, body, &record, &len, &e);
    must(prefix != 0 || len <= body.len);
    int whole = resolution_decode(r, body, &record, NULL, &e);
    must((whole == 0) == (prefix == 0 && len == body.len));
    if (whole == 0)
        must(record.type == resolution_type(r) && record_encode_body(&record, &again, &e) == 0);
    strbuf_finish(&again);
    resolution_destroy(r);
    return 0;
}
