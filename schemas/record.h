/**
 * The records of our topics, as C structs, and their way to bytes and back.
 *
 *     struct record r;
 *     if (record_decode(value, &r, &e) != 0) ...        // C3 01, fingerprint, Avro body
 *     if (r.type == RECORD_TRADE)
 *         use(&r.trade);
 *     ...
 *     if (record_encode(&r, &out, &e) != 0) ...         // appends the same form
 *
 * The structs, enums, codecs and tables are generated from the .avsc files beside this header,
 * which are the only truth about a record's shape. Text and bytes in a decoded record are slices
 * of the input: valid as long as it is.
 * Threads: pure functions on constant tables.
 */
#ifndef CANDLEWICK_RECORD_H
#define CANDLEWICK_RECORD_H

#include "decimal.h"
#include "err.h"
#include "slice.h"
#include "strbuf.h"

#include <stdbool.h>
#include <stdint.h>

#include "records_gen.h" /* enum record_type, struct trade, …, struct record, xxx_encode/decode */

enum {
    RECORD_MAX_BYTES = 1 << 20, /* a longer value is refused */
    RECORD_TEXT_MAX = 1 << 16,  /* longest string field */
    RECORD_HEADER_BYTES = 10,   /* C3 01 and the fingerprint, little-endian */
    RECORD_BODY_MAX = RECORD_MAX_BYTES - RECORD_HEADER_BYTES,
};

/* Appends the value in Avro single-object encoding. On failure nothing is appended. ERR_NOMEM;
 * ERR_LIMIT: a text longer than RECORD_TEXT_MAX, an enum outside its symbols, too many items, or a
 * value longer than RECORD_MAX_BYTES. */
int record_encode(const struct record *r, struct strbuf *out, struct err *e) MUST_CHECK;

/* Decodes one whole value. ERR_PROTO: not this framing, or the body is cut, too long or malformed;
 * ERR_NOT_FOUND: a fingerprint we do not know; ERR_LIMIT. The text names record and field. */
int record_decode(struct slice value, struct record *ret, struct err *e) MUST_CHECK;

/* The same for a value at the start of a longer input; *ret_len: how many bytes it took. 1 with *e
 * filled: the input ends inside the value, and more of it may make it whole. */
int record_decode_prefix(struct slice input, struct record *ret, size_t *ret_len,
                         struct err *e) MUST_CHECK;

/* Appends {"exchange":"binance",…}: schema's field names, decimals as strings, times as RFC 3339
 * with six decimals, enums as words, bytes as base64, null for absent. On failure nothing is
 * appended. ERR_NOMEM; ERR_LIMIT: more items than the struct has room for. */
int record_json(const struct record *r, struct strbuf *out, struct err *e) MUST_CHECK;

/* "trade", …: the value of the Kafka header `kind` and the word in messages; "?" for no type. */
const char *record_type_name(enum record_type type);

/* The schema's text as in its .avsc file, its full name and its CRC-64-AVRO fingerprint. */
struct record_schema {
    const char *full_name; /* "candlewick.Trade" */
    const char *text;
    uint64_t fingerprint;
};
const struct record_schema *record_schema(enum record_type type); /* NULL for no type */

/* CRC-64-AVRO (Avro specification, "Schema Fingerprints"). Start with CRC64_EMPTY, go on with the
 * result. */
#define CRC64_EMPTY UINT64_C(0xc15d213aa4d7a795)
uint64_t crc64_avro(uint64_t crc, const void *data, size_t len);

#endif
