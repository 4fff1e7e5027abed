/* librdkafka's errors as ours. */
#include "kafka.h"

static enum err_code code_of(rd_kafka_resp_err_t code)
{
    /* Everything else, be it of a broker or of the client, is the outside failing us. */
    if (code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID ||
        code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH ||
        code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED)
        return ERR_FENCED;
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
        return ERR_NOT_FOUND;
    return ERR_IO;
}

static bool is_passing(rd_kafka_resp_err_t code)
{
    /* unsupported: also what 2.0.2 says while a broker has not yet told what it supports */
    return code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
           code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
           code == RD_KAFKA_RESP_ERR__WAIT_COORD ||
           code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
           code == RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR || /* its disk failed: another leads */
           code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           code == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
           code == RD_KAFKA_RESP_ERR_NOT_COORDINATOR ||
           code == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS ||
           code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT;
}

int kafka_fail(rd_kafka_resp_err_t code, const char *what, const char *detail, struct err *e)
{
    (void)err_set(e, code_of(code), "%s: %s (%s)", what, detail ? detail : rd_kafka_err2str(code),
                  rd_kafka_err2name(code));
    if (e)
        e->retriable = is_passing(code);
    return -1;
}

/* --- what a broker refuses -------------------------------------------------------------------- */

/* A property as the client has it, "" if it has none. */
static const char *property(rd_kafka_t *rk, const char *name, char *buf, size_t size)
{
    if (rd_kafka_conf_get(rd_kafka_conf(rk), name, buf, &size) != RD_KAFKA_CONF_OK)
        buf[0] = '\0';
    return buf;
}

/* Cuts where it is too long. */
static int refuse(rd_kafka_t *rk, rd_kafka_resp_err_t code, const char *kind, const char *name,
                  const char *operation, struct err *e)
{
    char user[64];
    bool known = *property(rk, "sasl.username", user, sizeof(user)) != '\0';
    return err_set(e, ERR_IO, "%s%.100s: %s%.32s may not %s (%s); see docs/CLUSTER.md", kind, name,
                   known ? "User:" : "this client", known ? user : "", operation,
                   rd_kafka_err2name(code));
}

int kafka_fail_of(rd_kafka_t *rk, rd_kafka_resp_err_t code, const struct kafka_request *r,
                  const char *detail, struct err *e)
{
    char id[KAFKA_NAME_MAX + 1];
    /* of the cluster: for want of a topic to write to, since that includes writing idempotently */
    if (r->topic && (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
                     code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED))
        return refuse(rk, code, "topic ", r->topic, r->operation, e);
    if (code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
        return refuse(rk, code, "group ", property(rk, "group.id", id, sizeof(id)), "Read", e);
    if (code == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
        return refuse(rk, code, "transactional id ",
                      property(rk, "transactional.id", id, sizeof(id)), "Write", e);
    if (code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
        return refuse(rk, code, "cluster", "", "IdempotentWrite", e);
    return kafka_fail(code, r->what, detail, e);
}

int kafka_fail_take(rd_kafka_t *rk, rd_kafka_error_t *error, const struct kafka_request *r,
                    struct err *e)
{
    if (!error)
        return 0;
    (void)kafka_fail_of(rk, rd_kafka_error_code(error), r, rd_kafka_error_string(error), e);
    if (e)
        e->retriable = rd_kafka_error_is_retriable(error) != 0;
    rd_kafka_error_destroy(error);
    return -1;
}
