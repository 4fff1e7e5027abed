/**
 * What a processor is to the runtime: a fold over one topic, one state per partition.
 *
 *     int main(int argc, char **argv)
 *     {
 *         return fold_main(argc, argv, &candle_fold);
 *     }
 *
 * A fold is pure: the same inputs in the same order give the same outputs, whatever the clock, the
 * commits, the restarts or the number of processes. Time inside it is what the records carry. Its
 * state comes to be in one way only: from an image and the inputs after it, or from nothing.
 * Threads: a state is used by one thread at a time.
 */
#ifndef CANDLEWICK_FOLD_H
#define CANDLEWICK_FOLD_H

#include "conf.h"
#include "err.h"
#include "metrics.h"
#include "record.h"
#include "slice.h"
#include "strbuf.h"

#include <stdint.h>

enum { FOLD_OUTPUTS_MAX = 16, FOLD_COUNTERS_MAX = 16 };

#define FOLD_TAKES(type_) (1U << (unsigned)(type_))

struct fold_input {
    int32_t partition;
    int64_t offset;
    const struct record *record; /* of a type it takes; borrowed for the call, with all slices */
};

/* One thing a fold says; borrowed for the call. */
struct fold_output {
    int topic; /* index into fold_ops.outputs; it goes to the input's partition */
    struct slice key;
    const struct record *record; /* NULL: a tombstone for the key */
    bool urgent;                 /* commit at the runtime's next turn, but never sooner than
                                    commit.min.ms after the last commit */
};

/* Where a fold's words go. */
struct fold_sink {
    void *ctx;
    /* -1 with *e: the fold must return that. */
    int (*emit)(void *ctx, const struct fold_output *out, struct err *e);
    /* The input of this call is refused: it goes to the dead letters, with the reason. */
    int (*refuse)(void *ctx, const char *reason, struct err *e);
    /* Adds to counter number n of fold_ops.counters. */
    void (*count)(void *ctx, int n, int64_t by);
};

struct fold_ops {
    const char *name; /* "candles": program cw-<name>, state topic <name>-state, group cw-<name> */
    const char *summary;                       /* one line for --help */
    const char *details;                       /* more for --help */
    const char *health_listen;                 /* default */
    const char *input;                         /* logical topic */
    unsigned takes;                            /* FOLD_TAKES() of each record type on it */
    const char *const *outputs;                /* logical topics, NULL-terminated */
    enum record_type output_type;              /* of every record on them */
    const struct metric_desc *const *counters; /* NULL-terminated */
    const struct conf_opt *options;            /* into a struct of options_size bytes */
    size_t options_size;
    int32_t image_version; /* of the bytes image() writes */
    int32_t revision;      /* of what comes out: grows with each change of it */

    /* Makes the options ready: checks that they make sense together, reads the files they name.
     * Called once, before any state is created. ERR_CONF. NULL: they are ready as loaded. */
    int (*prepare)(void *options, struct err *e);
    /* Appends all of the options that decides what comes out, as canonical text: `key=value` lines
     * in a fixed order, and of files what they say, not their names. options: as prepared. */
    int (*configuration)(const void *options, struct strbuf *out); /* -1: no room */
    /* A state that has seen nothing. options: as prepared, valid for the state's life. */
    void *(*create)(const void *options, int32_t partition, struct err *e);
    void (*destroy)(void *state); /* NULL is fine */
    /* -1: the state is spoiled and will be dropped (ERR_NOMEM, or what the sink said). */
    int (*apply)(void *state, const struct fold_input *in, const struct fold_sink *sink,
                 struct err *e);
    /* The whole state appended as bytes, and back into a created state: nobody can tell from what
     * comes afterwards whether it was done. The bytes were checked against corruption, but an
     * image of another program (ERR_PROTO) or of other options (ERR_CONF) is still possible. */
    int (*image)(void *state, struct strbuf *out, struct err *e);
    int (*restore)(void *state, struct slice image, struct err *e);
};

/* The program: options, health, and the loop that joins the fold to Kafka. Returns the exit code.
 */
int fold_main(int argc, char **argv, const struct fold_ops *ops);

#endif
