/**
 * One of the topics that are compared, read partition by partition.
 *
 *     struct source a;
 *     if (source_open(&a, &about, &e) == 0 && source_begin(&a, 2, range, &e) == 0)
 *         while ((n = source_next(&a, &item, &e)) == 1) ...
 *     source_close(&a);
 *
 * Each partition is read from its first record to where it ended when the source was opened,
 * committed records only; a transaction that is open below that end is waited for.
 * Threads: one at a time for each struct source.
 */
#ifndef CANDLEWICK_VERIFY_SOURCE_H
#define CANDLEWICK_VERIFY_SOURCE_H

#include "compare.h"
#include "framing.h"
#include "inputs.h"
#include "kafka/reader.h"
#include "log.h"
#include "meter.h"
#include "program.h"

struct source_about {
    struct program *program;
    const char *label; /* "A" */
    const char *topic; /* without the prefix */
    struct kafka_settings kafka;
    const struct framing_conf *framing;
    struct meter *meter;
};

struct source {
    struct source_about about;
    char name[KAFKA_NAME_MAX + 1]; /* of the topic, with the prefix */
    struct framing *framing;
    struct reader *reader;
    int32_t partitions;
    int64_t *ends; /* of each partition, when the source was opened */

    /* the partition that is being read */
    int32_t partition;
    struct inputs_range range;
    int64_t n_untold;   /* its first records, where they have no header `input` */
    int64_t untold;     /* offset of the first of them */
    bool told;          /* one came that has it */
    int64_t unreadable; /* values that are no records, of all that source_decode() was given */
    struct log_limit schema_limit;
};

/* ERR_CONF, ERR_NOT_FOUND: there is no such topic, ERR_IO, ERR_NOMEM, ERR_STOPPED. */
int source_open(struct source *s, const struct source_about *about, struct err *e) MUST_CHECK;
void source_close(struct source *s); /* also one that was never opened, if it is all zero */

/* Everything that the range of inputs made. The first records of a partition may be of a release
 * that did not say their input: they are left out, if any that do come behind them. */
int source_begin(struct source *s, int32_t partition, const struct inputs_range *range,
                 struct err *e) MUST_CHECK;

/* The records from an offset on, below `end`. */
int source_begin_at(struct source *s, int32_t partition, int64_t from, int64_t end,
                    struct err *e) MUST_CHECK;

/* The record at an offset that is known to be there. ERR_STATE: it is gone. */
int source_fetch(struct source *s, int32_t partition, int64_t offset, struct item *ret,
                 struct err *e) MUST_CHECK;

/* As a struct compare_stream has it; ctx is the source. ERR_STATE: a record does not say its input,
 * but inputs were asked for; ERR_LIMIT: it has too many headers. */
int source_next(void *ctx, struct item *ret, struct err *e) MUST_CHECK;
int source_decode(void *ctx, struct slice value, struct record *ret, struct err *e) MUST_CHECK;

static inline struct compare_stream source_stream(struct source *s)
{
    return (struct compare_stream){s, source_next, source_decode};
}

#endif
