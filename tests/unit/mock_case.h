/**
 * Brokers of librdkafka's own mock, which is there for errors: they can be taken down, and lead
 * what they are told to.
 *
 *     struct mock_case m;
 *     if (mock_case_open(&m, 2) != 0)
 *         return -1;
 *     rd_kafka_mock_broker_set_down(m.brokers, 1);
 *     mock_case_close(&m);
 */
#ifndef CANDLEWICK_MOCK_CASE_H
#define CANDLEWICK_MOCK_CASE_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

struct mock_case {
    rd_kafka_t *rk; /* lets the brokers live; nobody's client */
    rd_kafka_mock_cluster_t *brokers;
};

/* Brokers 1 to n, each with a copy of the topic "trades", whose only partition the first one leads.
 * -1: something failed; to be closed all the same. */
int mock_case_open(struct mock_case *m, int n);

void mock_case_close(struct mock_case *m);

#endif
