/**
 * Frames that the adapter could not read when they came, and that somebody brings back: dead
 * letters of this exchange on the topic `reinjections`.
 *
 *     struct returned *r = returned_create(env, number, &e);
 *     returned_turn(r, shard, &out, now_us, &e);       // each turn of an open shard
 *     returned_rewind(r);                              // its state was thrown away
 *
 * The topic is read from its beginning each time the shard is opened, and followed: what is there
 * already is found to be so by the shard's progress, so no place in it is kept. Trades that are
 * missing, or were given up, are written with origin repair, in the open transaction; quotes are of
 * the past, and nothing to anybody. A topic that cannot be read holds up nothing else.
 * Threads: one.
 */
#ifndef CANDLEWICK_RETURNED_H
#define CANDLEWICK_RETURNED_H

#include "repair.h"

struct returned;
struct shard_env;

/* env is borrowed. NULL: ERR_NOMEM. */
struct returned *returned_create(const struct shard_env *env, uint32_t number, struct err *e);
void returned_destroy(struct returned *r); /* NULL is fine */

/* Never waits. Fails with what out fails with. */
int returned_turn(struct returned *r, struct shard *s, const struct repair_out *out, int64_t now_us,
                  struct err *e) MUST_CHECK;

void returned_rewind(struct returned *r);

#endif
