#include "gate.h"

#include <stdio.h>

/* Up to there SCRAM repeats a part of the nonce, which Kafka takes for a wrong password from 4.0
 * on. */
enum { SCRAM_MENDED = 0x02060100 };

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    struct gate *g = opaque;
    (void)rk;
    if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL)
        (void)snprintf(g->why, sizeof(g->why), "%s", reason);
    else if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) /* follows upon any of them */
        g->why[0] = '\0';
}

void gate_watch(struct gate *g, rd_kafka_conf_t *conf)
{
    rd_kafka_conf_set_opaque(conf, g);
    rd_kafka_conf_set_error_cb(conf, on_error);
}

int gate_fail(struct gate *g, rd_kafka_t *rk, rd_kafka_resp_err_t code, struct err *e)
{
    (void)rd_kafka_poll(rk, 0); /* how many callbacks it served is no matter */
    if (g->why[0] == '\0')
        return kafka_fail(code, "no broker answers", NULL, e);
    if (strstr(g->why, "mechanism SCRAM") && rd_kafka_version() < SCRAM_MENDED)
        return err_set(e, ERR_IO,
                       "no broker lets us in, which with librdkafka %s may mean no more than that "
                       "it cannot do SCRAM with Kafka 4 (2.6.1 can): %s",
                       rd_kafka_version_str(), g->why);
    return err_set(e, ERR_IO, "no broker lets us in: %s", g->why);
}
