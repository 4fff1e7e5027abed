/**
 * A shard's records on their way into its transactions: each to its topic, in its encoding.
 *
 *     shard_records_init(&r, env, &e);
 *     r.txn = txn;                                   // whenever there is another
 *     shard_flush(shard, shard_records_put, &r, &e);
 *     shard_records_finish(&r);
 *
 * Threads: one.
 */
#ifndef CANDLEWICK_SHARD_RECORDS_H
#define CANDLEWICK_SHARD_RECORDS_H

#include "kafka/txn.h"
#include "shard.h"

struct shard_env;

struct shard_records {
    const struct shard_env *env;
    struct txn *txn;                                         /* the owner's; NULL: there is none */
    char topics[SHARD_DEAD_LETTERS + 1][KAFKA_NAME_MAX + 1]; /* with the prefix */
    struct strbuf value;
};

/* env: borrowed. ERR_CONF: a name too long for Kafka. */
int shard_records_init(struct shard_records *r, const struct shard_env *env,
                       struct err *e) MUST_CHECK;
void shard_records_finish(struct shard_records *r); /* all zero is fine */

/* The transactions learn where the topics are; but the dead letters', which are rare. ERR_IO. */
int shard_records_know(struct shard_records *r, struct err *e) MUST_CHECK;

/* A shard_emit_fn; ctx: struct shard_records *. Fails as txn_produce() does, and with ERR_LIMIT. */
int shard_records_put(void *ctx, const struct shard_output *out, struct err *e) MUST_CHECK;

#endif
