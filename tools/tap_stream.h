/**
 * What kafka-console-consumer writes into a pipe, taken apart again as it arrives: each value raw,
 * followed by one '\n'; a value that is null as the text "null".
 *
 *     struct tap_stream s;
 *     tap_stream_init(&s, &(struct tap_events){on_value, on_skipped, ctx});
 *     while (... read(...) ...)
 *         if (tap_stream_feed(&s, slice_make(bytes, n), &e) != 0) ...
 *     if (tap_stream_end(&s, &e) != 0) ...
 *     tap_stream_finish(&s);
 *
 * A '\n' may stand inside a value, so values are not split but parsed: a value says by its schema
 * where it ends. It is told as soon as its '\n' has arrived. Bytes that are no value are skipped up
 * to the next '\n' that is followed by the header of a value whose schema is known. Where a
 * '\t' is, the consumer prints more than values (print.key, print.partition, …): what such text
 * says depends on its options, so the stream is refused. Memory: one value of RECORD_MAX_BYTES at
 * most, whatever comes. Threads: one.
 */
#ifndef CANDLEWICK_TAP_STREAM_H
#define CANDLEWICK_TAP_STREAM_H

#include "record.h"

enum { TAP_SKIP_SHOWN = 40 };

/* A run of bytes that are no value. */
struct tap_skip {
    int64_t offset; /* of its first byte in the stream */
    int64_t bytes;
    const char *reason;  /* why its first byte begins no value */
    struct slice begins; /* its first bytes, at most TAP_SKIP_SHOWN of them */
};

/* Arguments are borrowed for the call. */
struct tap_events {
    /* As record_decode_prefix(), perhaps of more schemas and framings. ERR_STOPPED ends the work,
     * every other error means that no record begins there. */
    int (*decode)(void *ctx, struct slice input, struct record *ret, size_t *ret_len,
                  struct err *e);
    /* Both return 0, or -1 with *e to end the work. */
    int (*value)(void *ctx, const struct record *r, struct err *e); /* r is NULL for null */
    int (*skipped)(void *ctx, const struct tap_skip *skip, struct err *e);
    void *ctx;
};

struct tap_stream {
    struct tap_events events;
    struct strbuf pending; /* what has arrived and is neither told nor skipped */
    size_t at;             /* of pending, how much is done with */
    int64_t offset;        /* in the stream, of pending's first byte */
    bool skipping;
    int64_t skip_from;
    char begins[TAP_SKIP_SHOWN]; /* of the run */
    size_t n_begins;
    char reason[256];
};

void tap_stream_init(struct tap_stream *s, const struct tap_events *events);
void tap_stream_finish(struct tap_stream *s);

/* The next bytes, any number of them. -1: ERR_NOMEM, ERR_PROTO for text in front of values, or what
 * an event said. */
int tap_stream_feed(struct tap_stream *s, struct slice bytes, struct err *e) MUST_CHECK;

/* No more bytes will come: what is left is a value or skipped. Its '\n' may be missing. */
int tap_stream_end(struct tap_stream *s, struct err *e) MUST_CHECK;

#endif
