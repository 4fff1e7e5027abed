#include "mock_case.h"

int mock_case_open(struct mock_case *m, int n)
{
    char why[200];
    m->rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof(why));
    m->brokers = m->rk ? rd_kafka_mock_cluster_new(m->rk, n) : NULL;
    if (!m->brokers || rd_kafka_mock_topic_create(m->brokers, "trades", 1, n) != 0 ||
        rd_kafka_mock_partition_set_leader(m->brokers, "trades", 0, 1) != 0)
        return -1;
    return 0;
}

void mock_case_close(struct mock_case *m)
{
    if (m->brokers)
        rd_kafka_mock_cluster_destroy(m->brokers);
    if (m->rk)
        rd_kafka_destroy(m->rk);
}
