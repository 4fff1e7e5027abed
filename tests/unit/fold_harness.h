/**
 * Feeds a fold as the runtime does, without Kafka, and keeps copies of what it says.
 *
 *     struct fold_harness h;
 *     fold_harness_init(&h, &candle_fold, &options, 3);
 *     fold_harness_apply(&h, &record);
 *     fold_harness_reopen(&h);                       // to bytes, and on with a state restored
 *     for (size_t i = 0; i < h.n_said; i++)
 *         use(fold_harness_key(&h, i), fold_harness_value(&h, i));
 *     fold_harness_finish(&h);
 *
 * Whatever must not fail (memory, encoding, a state's own image) fails the test.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_FOLD_HARNESS_H
#define CANDLEWICK_FOLD_HARNESS_H

#include "fold.h"

/* One output or refusal, in the order they came; its bytes are in fold_harness.bytes. */
struct fold_said {
    int64_t offset; /* of the input it was said to */
    bool refusal;   /* the value is the reason, there is no key */
    bool urgent;
    int topic;
    size_t key_at;
    size_t key_len;
    size_t value_at;
    size_t value_len; /* encoded as it would go to Kafka; 0: a tombstone */
};

struct fold_harness {
    const struct fold_ops *ops;
    const void *options;
    int32_t partition;
    void *state;
    int64_t next_offset;
    struct strbuf bytes;
    struct fold_said *said;
    size_t n_said;
    size_t said_room;
    int64_t counts[FOLD_COUNTERS_MAX];
    int64_t emits_left; /* the sink fails behind this many outputs; -1: never */
};

/* options: as fold_ops.create() wants them, valid until finish. */
void fold_harness_init(struct fold_harness *h, const struct fold_ops *ops, const void *options,
                       int32_t partition);
void fold_harness_finish(struct fold_harness *h);

/* The record as the next input, or as that of the given offset, which becomes the last one. */
void fold_harness_apply(struct fold_harness *h, const struct record *r);
void fold_harness_apply_at(struct fold_harness *h, int64_t offset, const struct record *r);

/* The same, where the fold itself may fail. */
int fold_harness_try(struct fold_harness *h, const struct record *r, struct err *e) MUST_CHECK;

/* The image of the state, appended; the state as restored from its own image. */
void fold_harness_image(struct fold_harness *h, struct strbuf *out);
void fold_harness_reopen(struct fold_harness *h);

struct slice fold_harness_key(const struct fold_harness *h, size_t i);
struct slice fold_harness_value(const struct fold_harness *h, size_t i);

/* Output i decoded; its texts are the harness's. */
void fold_harness_decode(const struct fold_harness *h, size_t i, struct record *ret);

/* The first thing said that differs, n_said of the longer one where one ends early, or -1 where
 * both said and counted the same. */
int64_t fold_harness_difference(const struct fold_harness *a, const struct fold_harness *b);

#endif
