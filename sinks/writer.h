/**
 * A batch into a store, whatever is in it.
 *
 *     struct writer w = {.ops = ops, .sink = sink, .topics = topics, .reports = &reports, .ctx =
 * r}; verdict = writer_write(&w, &batch, moves, n, &e);
 *
 * Records of which no row can be made go to the dead letters (stage decode); a letter is posted
 * before the offset moves past its record. Records that the store refuses are kept there as they
 * are, with the reason, in the transaction that moves the offset past them, and are dead letters,
 * too (stage store): a batch that is refused is halved until the one bad record is found.
 * Threads: one at a time.
 */
#ifndef CANDLEWICK_SINK_WRITER_H
#define CANDLEWICK_SINK_WRITER_H

#include "batch.h"
#include "sink.h"

/* Where bad records are told. */
struct writer_reports {
    /* To the dead letters. stage: "decode", "store"; why: its code is the metric's label, its text
     * the reason. */
    int (*letter)(void *ctx, const struct kafka_message *m, const char *stage,
                  const struct err *why, struct err *e);
    /* Only after it returned 0 a letter is safe. Called with nothing to post, too. */
    int (*letters_flush)(void *ctx, struct err *e);
    /* The store refused this record, and has it as a refused one now. */
    void (*refused)(void *ctx, const struct kafka_message *m, const struct err *why);
};

struct writer {
    const struct sink_ops *ops;
    void *sink;
    const char *const *topics; /* whole names */
    const struct writer_reports *reports;
    void *ctx; /* of reports */
};

/* Keeps the batch, whose rows hold all of its items that are not bad, and moves the offsets: in one
 * flush where nothing is refused. SINK_OK: each move's from says where the store is now, which is
 * to, or behind the batch's last record where one was refused. SINK_RETRY: part of it may be kept,
 * as the stored offsets tell; SINK_FATAL. Never SINK_DROP. */
enum sink_verdict writer_write(const struct writer *w, struct batch *b, struct sink_move *moves,
                               size_t n, struct err *e) MUST_CHECK;

/* Whether the error is about what a record is, so that it can never be kept. */
bool writer_is_bad_record(enum err_code code);

/* Makes a new item's rows, or marks it bad. -1: the sink cannot go on. */
int writer_put(const struct sink_ops *ops, struct batch *b, struct batch_item *item,
               struct err *e) MUST_CHECK;

#endif
