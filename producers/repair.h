/**
 * Repair: asks the exchange for what is missing, and puts it among the trades of its shard.
 *
 *     struct repair *r = repair_create(&about, &e);
 *     repair_turn(r, number, shard, &out, &e);        // each turn of an open shard
 *     repair_forget(r, number);                       // the shard is not ours any more
 *
 * What comes is written in the open transaction of its shard, with origin repair. The wish and the
 * answer are kept apart from the shard's state, which a failed transaction throws away: what is
 * missing then is asked for again.
 * Threads: one.
 */
#ifndef CANDLEWICK_REPAIR_H
#define CANDLEWICK_REPAIR_H

#include "repair_fetch.h"

struct repair;

struct repair_about {
    struct repair_fetch_about fetch;
    const struct universe *universe;
    const struct channel *channel; /* of trades */
    int64_t give_up_us;            /* without any answer for so long, ids are given up */
};

/* Where records go. */
struct repair_out {
    int (*begin)(void *owner, struct err *e); /* makes sure that a transaction is open */
    void *owner;
    shard_emit_fn emit;
    void *ctx;
};

/* Everything in about is borrowed. NULL: ERR_CONF, ERR_NOMEM. */
struct repair *repair_create(const struct repair_about *about, struct err *e);
void repair_destroy(struct repair *r); /* NULL is fine */

/* Takes an answer for that shard, and asks for what it misses. Fails with what out fails with. */
int repair_turn(struct repair *r, uint32_t number, struct shard *s, const struct repair_out *out,
                struct err *e) MUST_CHECK;

void repair_forget(struct repair *r, uint32_t number);

#endif
