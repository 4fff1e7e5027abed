/**
 * Two streams of records, compared one by one until they differ.
 *
 *     struct compare *c = compare_create("config", &e);      // headers that do not count
 *     if (compare_run(c, &a, &b, &result, &e) == 0 && result.verdict != COMPARE_EQUAL)
 *         puts(compare_what(c));                             // "value (volume, trades), header
 * input"
 *
 * Keys and headers are compared as bytes, headers in their order. Values that are not the same
 * bytes are decoded, and equal if the records are: framing, and the schema they were written with,
 * do not count. Offsets and times are not looked at.
 * Threads: one at a time for each struct compare.
 */
#ifndef CANDLEWICK_VERIFY_COMPARE_H
#define CANDLEWICK_VERIFY_COMPARE_H

#include "item.h"
#include "record.h"

struct compare_stream {
    void *ctx;
    /* 1: a record, which lives until the next call; 0: the end; -1 with *e. */
    int (*next)(void *ctx, struct item *ret, struct err *e);
    /* 0: decoded; 1: the bytes are no record; -1 with *e. */
    int (*decode)(void *ctx, struct slice value, struct record *ret, struct err *e);
};

enum compare_verdict { COMPARE_EQUAL, COMPARE_DIFFERENT, COMPARE_A_ENDS, COMPARE_B_ENDS };

struct compare_result {
    enum compare_verdict verdict;
    int64_t equal; /* pairs before the first difference */
    struct item a; /* the first that differ, where there is one; they live until the stream is */
    struct item b; /* asked again */
};

struct compare;

/* ignored: comma-separated names of headers; borrowed. NULL with ERR_NOMEM. */
struct compare *compare_create(const char *ignored, struct err *e);
void compare_destroy(struct compare *c); /* NULL is fine */

/* Errors: those of the streams. */
int compare_run(struct compare *c, const struct compare_stream *a, const struct compare_stream *b,
                struct compare_result *ret, struct err *e) MUST_CHECK;

/* What is different in the pair that compare_run() ended with: for people. */
const char *compare_what(const struct compare *c);

#endif
