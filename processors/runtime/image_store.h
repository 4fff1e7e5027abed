/**
 * Images of a fold's state on its state topic: in chunks, checked, found again.
 *
 *     image_store_write(&about, state_bytes, txn, &e);        // inside the open transaction
 *     image_store_read(reader, &about, from, &image, &e);     // the newest complete one
 *     image_store_past(reader, &about, low, from, to, &past, &e);  // of those that were kept
 *
 * Chunk n of an image has key "n", so compaction keeps the newest of each. Every chunk repeats what
 * the image is of; the CRC covers the whole.
 * Threads: one.
 */
#ifndef CANDLEWICK_IMAGE_STORE_H
#define CANDLEWICK_IMAGE_STORE_H

#include "configuration.h"
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
    int32_t partitions;                        /* of the input topic */
    int64_t next_offset;                       /* first input offset not in the state */
    const struct configuration *configuration; /* of who writes it */
};

/* Produces the chunks; topic: state topic with its prefix. *ret_chunks: how many. ERR_LIMIT: too
 * large; ERR_NOMEM; what txn_produce() says. */
int image_store_write(const struct image_about *a, const char *topic, struct slice state,
                      struct txn *txn, int32_t *ret_chunks, struct err *e) MUST_CHECK;

/* The newest complete image at or after offset `from` of the state partition; a->next_offset is
 * set from it. 1: found, *state filled; 0: there is none; -1: ERR_CONF (of another version or
 * partition count), ERR_STATE (of another processor or topic, or damaged), ERR_IO. */
int image_store_read(struct reader *r, struct image_about *a, int64_t from, struct strbuf *state,
                     struct err *e) MUST_CHECK;

/* What the topic of kept images tells of a stretch of the input. */
struct image_past {
    struct strbuf state;  /* of the nearest image at or before the stretch; empty: there is none */
    int64_t next_offset;  /* of it; -1: there is none */
    int64_t oldest;       /* next_offset of the oldest image there is; -1: there is none */
    bool other;           /* state was folded with another configuration than a->configuration */
    int64_t change_at;    /* where another configuration begins inside the stretch; -1: nowhere */
    char difference[200]; /* as configuration_difference(), for whichever of the two it is */
};

/* a->state_topic: the topic of kept images. low: where the log begins; first: where the stretch
 * begins; end: behind it. Images of another version are passed over. *ret: image_past_finish() in
 * every case. */
int image_store_past(struct reader *r, const struct image_about *a, int64_t low, int64_t first,
                     int64_t end, struct image_past *ret, struct err *e) MUST_CHECK;
void image_past_finish(struct image_past *past);

#endif
