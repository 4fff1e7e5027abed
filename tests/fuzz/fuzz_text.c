/* Any text as a number, a time and a clock: refused, or written in one way that reads the same. */
#include "clock.h"
#include "decimal.h"
#include "json.h"
#include "timefmt.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void try_decimal(struct slice text)
{
    struct decimal d;
    struct decimal again;
    char plain[DECIMAL_TEXT];
    uint8_t bytes[DECIMAL_BYTES];
    if (decimal_parse(text, &d, NULL) != 0)
        return;
    size_t len = decimal_format(d, plain);
    must(decimal_parse(slice_make(plain, len), &again, NULL) == 0 && decimal_cmp(d, again) == 0);
    len = decimal_to_bytes(d, bytes);
    must(decimal_from_bytes(bytes, len, &again, NULL) == 0 && decimal_cmp(d, again) == 0);
}

static void try_bytes(const uint8_t *data, size_t size)
{
    struct decimal d;
    uint8_t bytes[DECIMAL_BYTES];
    if (decimal_from_bytes(data, size, &d, NULL) != 0)
        return;
    size_t len =
        decimal_to_bytes(d, bytes); /* the fewest: what we read may begin with sign bytes */
    must(len <= size && memcmp(bytes, data + size - len, len) == 0);
}

static void try_time(struct slice text)
{
    int64_t us;
    int64_t again_us = 0;
    char plain[TIME_TEXT];
    if (time_parse(text, &us, NULL) != 0)
        return;
    size_t len = time_format(us, plain);
    must(time_parse(slice_make(plain, len), &again_us, NULL) == 0 && us == again_us);
}

static void try_clock(struct slice text)
{
    struct market_clock mc;
    char *terminated = strndup(text.len ? text.data : "", text.len);
    must(terminated != NULL);
    if (market_clock_parse(terminated, &mc, NULL) == 0) {
        int64_t us = market_clock_now_us(&mc);
        must(us >= 0 && us < TIME_END_US);
    }
    free(terminated);
}

static void try_json(struct slice text)
{
    struct strbuf b = STRBUF_INIT(6 * text.len + 2); /* the longest that can become of it */
    must(json_add_string(&b, text) == 0);
    must(json_is_utf8(strbuf_slice(&b)));
    must(b.data[0] == '"' && b.data[b.len - 1] == '"');
    strbuf_finish(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_make(data, size);
    try_decimal(text);
    try_bytes(data, size);
    try_time(text);
    try_clock(text);
    try_json(text);
    return 0;
}
