/* Any bytes: an error, or a record that is written and read again unchanged, and printed. */
#include "record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 2 * RECORD_MAX_BYTES, JSON_ROOM = 16 * RECORD_MAX_BYTES };

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void round_trip(const struct record *r)
{
    struct err e;
    struct record again;
    size_t len = 0;
    struct strbuf bytes = STRBUF_INIT(ROOM);
    struct strbuf same = STRBUF_INIT(ROOM);
    struct strbuf json = STRBUF_INIT(JSON_ROOM);
    must(record_json(r, &json, &e) == 0);
    must(record_encode(r, &bytes, &e) == 0);
    must(record_decode(strbuf_slice(&bytes), &again, &e) == 0);
    must(record_encode(&again, &same, &e) == 0);
    must(slice_eq(strbuf_slice(&bytes), strbuf_slice(&same)));
    must(record_decode_prefix(strbuf_slice(&bytes), &again, &len, &e) == 0 && len == bytes.len);
    strbuf_finish(&bytes);
    strbuf_finish(&same);
    strbuf_finish(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e;
    struct record r;
    size_t len = 0;
    struct slice input = slice_make(data, size);
    int prefix = record_decode_prefix(input, &r, &len, &e);
    must(prefix != 0 || len <= size);
    int whole = record_decode(input, &r, &e);
    must((whole == 0) == (prefix == 0 && len == size));
    if (whole == 0)
        round_trip(&r);
    return 0;
}
