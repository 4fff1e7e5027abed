/**
 * Images of a fold's state on its state topic: in chunks, checked, found again.
 *
 *     image_store_write(&about, state_bytes, txn, &e);        // inside the open transaction
 *     image_store_read(reader, &about, from, &image, &e);     // the newest complete one
 *
 * Chunk n of an image has key "n", so compaction keeps the newest of each. Every chunk repeats what
 * the image is of; the CRC covers the whole.
 * Threads: one.
 */
#ifndef CANDLEWICK_IMAGE_STORE_H
#define CANDLEWICK_IMAGE_STORE_H

#include "framing.h"
#include "kafka/reader.h"
#include "kafka/txn.h"
#include "strbuf.h"

enum {
    IMAGE_CHUNK_BYTES = 256 * 1024,
    IMAGE_MAX_BYTES = 512 * 1024 * 1024,
};

/* What an image is of. */
struct image_about {
    struct framing *framing; /* for reading */
    const char *processor;   /* "candles" */
    int32_t version;         /* of the state bytes */
    const char *state_topic; /* logical */
    const char *input_topic; /* logical */
    int32_t partition;
    int32_t partitions;  /* of the input topic */
    int64_t next_offset; /* first input offset not in the state */
};

/* Produces the chunks; topic: state topic with its prefix. *ret_chunks: how many. ERR_LIMIT: too
 * large; ERR_NOMEM; what txn_produce() says. */
int image_store_write(const struct image_about *a, const char *topic, struct slice state,
                      struct txn *txn, int32_t *ret_chunks, struct err *e) MUST_CHECK;

/* The newest complete image at or after offset `from` of the state partition; a->next_offset is
 * set from it. 1: found, *state filled; 0: there is none; -1: ERR_STATE (of another processor,
 * version, topic or partition count, or damaged), ERR_IO. */
int image_store_read(struct reader *r, struct image_about *a, int64_t from, struct strbuf *state,
                     struct err *e) MUST_CHECK;

#endif
