#include "ask.h"

static rd_kafka_resp_err_t ask(rd_kafka_t *rk, const char *name, int32_t partition, int64_t when,
                               int timeout_ms, int64_t *ret)
{
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *p = rd_kafka_topic_partition_list_add(l, name, partition);
    p->offset = when;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(rk, l, timeout_ms);
    if (!code ||
        code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) /* also where nobody leads just now */
        code = p->err ? p->err : code;
    if (!code)
        *ret = p->offset;
    rd_kafka_topic_partition_list_destroy(l);
    return code;
}

/* What it is told is for the client, not for us. */
static void learn_leader(rd_kafka_t *rk, const char *name, int timeout_ms)
{
    rd_kafka_topic_t *t = rd_kafka_topic_new(rk, name, NULL);
    const struct rd_kafka_metadata *md;
    if (t && !rd_kafka_metadata(rk, 0, t, &md, timeout_ms))
        rd_kafka_metadata_destroy(md);
    if (t)
        rd_kafka_topic_destroy(t);
}

int ask_offset(rd_kafka_t *rk, const char *name, int32_t partition, int64_t when, int timeout_ms,
               int64_t *ret, struct err *e)
{
    rd_kafka_resp_err_t code = ask(rk, name, partition, when, timeout_ms, ret);
    if (!code)
        return 0;
    learn_leader(rk, name, timeout_ms);
    return kafka_fail_of(rk, code, &(struct kafka_request){name, name, KAFKA_DESCRIBE}, NULL, e);
}
