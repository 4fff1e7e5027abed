/**
 * What the commands of cw-deadletter share.
 *
 *     struct deadletter d = {.program = &p, .kafka = {…}, .wishes = {…}, .limit = 100};
 *     int r = deadletter_list(&d, &e);
 *
 * Each command reads the topic as it is when it begins, committed letters only, and writes to
 * stdout.
 * Threads: main only.
 */
#ifndef CANDLEWICK_DEADLETTER_H
#define CANDLEWICK_DEADLETTER_H

#include "framing.h"
#include "kafka/kafka.h"
#include "kafka/reader.h"
#include "letter.h"
#include "program.h"

struct deadletter {
    struct program *program;
    struct kafka_settings kafka;
    struct framing *framing;
    struct letter_wishes wishes;
    int32_t partitions; /* of the topic */
    int64_t limit;      /* list: how many at most */
    bool json;          /* else a table */
    bool raw;           /* show: the value's bytes alone */
    bool again;         /* reinject: also those that were */
    bool dry_run;       /* reinject: writes nothing */
    bool one;           /* show, reinject: this letter */
    int32_t partition;
    int64_t offset;
};

extern const char DEADLETTER_TOPIC[]; /* without the prefix */

/* Each returns 0, or -1: ERR_IO, ERR_NOMEM, ERR_STOPPED, ERR_NOT_FOUND (there is no such letter;
 * a topic is missing), ERR_ARG (reinject: not all that were asked for could be). */
int deadletter_list(const struct deadletter *d, struct err *e) MUST_CHECK;
int deadletter_count(const struct deadletter *d, struct err *e) MUST_CHECK;
int deadletter_show(const struct deadletter *d, struct err *e) MUST_CHECK;
int deadletter_reinject(const struct deadletter *d, struct err *e) MUST_CHECK;

/* Every letter that the wishes want, by partition in their order; where one is asked for, that one,
 * whatever the wishes. fn: 0, or -1 to end it; m: borrowed, what l was made of. */
typedef int (*deadletter_fn)(void *ctx, const struct letter *l, const struct kafka_message *m,
                             struct err *e);
int deadletter_scan(const struct deadletter *d, deadletter_fn fn, void *ctx,
                    struct err *e) MUST_CHECK;

/* Writes to stdout and empties the buffer. */
int deadletter_write(struct strbuf *b, struct err *e) MUST_CHECK;

#endif
