/**
 * Why brokers do not let a client in: a wrong password, a certificate that is not trusted.
 *
 *     struct gate gate = {0};
 *     gate_watch(&gate, conf);                  // before the client is made of it
 *     if ((code = rd_kafka_metadata(...)))
 *         return gate_fail(&gate, rk, code, &e);
 *
 * A request of a client that stands before the door only times out; what was said there comes by
 * another way, which this is.
 * Threads: one, the one that calls gate_fail().
 */
#ifndef CANDLEWICK_KAFKA_GATE_H
#define CANDLEWICK_KAFKA_GATE_H

#include "kafka/kafka.h"

struct gate {
    char why[192]; /* what was said last; "": something else than a refusal, or nothing */
};

/* Takes conf's opaque and its error callback. g must outlive the client. */
void gate_watch(struct gate *g, rd_kafka_conf_t *conf);

/* *e for a request that no broker answered: what was said at the door, which is not retriable, else
 * as kafka_fail(). Returns -1. */
int gate_fail(struct gate *g, rd_kafka_t *rk, rd_kafka_resp_err_t code, struct err *e);

#endif
