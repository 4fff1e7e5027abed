/**
 * Between a fold and the transaction: decodes the input, encodes the outputs, withholds them while
 * the fold only catches up with what is committed.
 *
 *     emitter_input(&m, &message, live);
 *     emitter_apply(&m, state, &e);
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_EMITTER_H
#define CANDLEWICK_EMITTER_H

#include "kafka/txn.h"
#include "runtime.h"

struct emitter {
    const struct runtime *rt;
    struct txn *txn;
    struct strbuf value;
    const struct kafka_message *input; /* of the call under way */
    bool live;                         /* outputs are new; else withheld */
    bool urgent;                       /* something urgent waits for the commit */
};

void emitter_init(struct emitter *m, const struct runtime *rt, struct txn *txn);
void emitter_finish(struct emitter *m);

void emitter_input(struct emitter *m, const struct kafka_message *input, bool live);

/* Applies the input to the state. An input that cannot be decoded goes to the dead letters. */
int emitter_apply(struct emitter *m, void *state, struct err *e) MUST_CHECK;

bool emitter_is_urgent(const struct emitter *m);
void emitter_committed(struct emitter *m);

#endif
