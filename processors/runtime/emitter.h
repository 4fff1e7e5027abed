/**
 * Between a fold and the transaction: decodes the input, encodes the outputs, withholds them while
 * the fold only catches up with what is committed. Each output has two headers: `input`, the offset
 * of the input it came of, and `config`, the digest of the configuration.
 *
 *     emitter_input(&m, &message, &poison, live);
 *     emitter_apply(&m, state, &e);
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_EMITTER_H
#define CANDLEWICK_EMITTER_H

#include "kafka/txn.h"
#include "poison.h"
#include "runtime.h"

struct emitter {
    const struct runtime *rt;
    struct txn *txn;
    struct strbuf value;
    const struct kafka_message *input; /* of the call under way */
    struct poison *poison;             /* of its partition */
    char input_offset[24];             /* as text; empty: not written yet */
    bool live;                         /* outputs are new; else withheld */
    bool urgent;                       /* something urgent waits for the commit */
};

void emitter_init(struct emitter *m, const struct runtime *rt, struct txn *txn);
void emitter_finish(struct emitter *m);

/* The input of the next call, and what its partition held before. */
void emitter_input(struct emitter *m, const struct kafka_message *input, struct poison *poison,
                   bool live);

/* Applies the input to the state. An input that cannot be read goes to the dead letters. ERR_LIMIT:
 * it is one too many. */
int emitter_apply(struct emitter *m, void *state, struct err *e) MUST_CHECK;

/* Only takes note of whether the input can be read. */
int emitter_look(struct emitter *m, struct err *e) MUST_CHECK;

bool emitter_is_urgent(const struct emitter *m);
void emitter_committed(struct emitter *m);

#endif
