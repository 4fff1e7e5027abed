#include "kafka/admin.h"

#include "kafka/gate.h"

#include <stdlib.h>

struct admin {
    const struct kafka_settings *settings;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue; /* of answers */
    struct gate gate;
};

enum { LOOK_TIMEOUT_MS = 2000 };

struct admin *admin_open(const struct kafka_settings *s, struct err *e)
{
    const char *const own[] = {"allow.auto.create.topics", "false", NULL};
    struct admin *a = calloc(1, sizeof(*a));
    if (!a) {
        (void)err_set(e, ERR_NOMEM, "kafka: out of memory");
        return NULL;
    }
    a->settings = s;
    rd_kafka_conf_t *conf = kafka_conf_create(s, own, e);
    if (conf)
        gate_watch(&a->gate, conf);
    if (conf)
        a->rk = kafka_create(RD_KAFKA_PRODUCER, conf, e);
    if (a->rk) {
        a->queue = rd_kafka_queue_new(a->rk);
        return a;
    }
    admin_close(a);
    return NULL;
}

void admin_close(struct admin *a)
{
    if (!a)
        return;
    if (a->queue)
        rd_kafka_queue_destroy(a->queue);
    if (a->rk)
        rd_kafka_destroy(a->rk);
    free(a);
}

/* --- looking --------------------------------------------------------------------------------- */

static int fail_of(struct admin *a, rd_kafka_resp_err_t code, const char *topic,
                   const char *operation, const char *detail, struct err *e)
{
    const struct kafka_request r = {topic, topic, operation};
    return kafka_fail_of(a->rk, code, &r, detail, e);
}

static int found_from(struct admin *a, const rd_kafka_metadata_topic_t *t, struct topic_found *ret,
                      struct err *e)
{
    struct topic_found f = {.exists = true, .led = true};
    if (t->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        *ret = (struct topic_found){.exists = false};
        return 0;
    }
    if (t->err && t->err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
        return fail_of(a, t->err, t->topic, KAFKA_DESCRIBE, NULL, e);
    f.partitions = t->partition_cnt;
    f.replication = t->partition_cnt > 0 ? t->partitions[0].replica_cnt : 0;
    for (int i = 0; i < t->partition_cnt; i++)
        f.led = f.led && t->partitions[i].leader >= 0;
    f.led = f.led && t->partition_cnt > 0;
    *ret = f;
    return 0;
}

int admin_look(struct admin *a, const char *topic, struct topic_found *ret, struct err *e)
{
    char name[KAFKA_NAME_MAX + 1];
    if (kafka_name(a->settings, topic, name, e) != 0)
        return -1;
    rd_kafka_topic_t *t = rd_kafka_topic_new(a->rk, name, NULL);
    if (!t)
        return kafka_fail(rd_kafka_last_error(), name, NULL, e);
    const struct rd_kafka_metadata *md;
    rd_kafka_resp_err_t code = rd_kafka_metadata(a->rk, 0, t, &md, LOOK_TIMEOUT_MS);
    int r = -1;
    if (code) {
        (void)gate_fail(&a->gate, a->rk, code, e);
    } else {
        r = md->topic_cnt == 1 ? found_from(a, &md->topics[0], ret, e)
                               : err_set(e, ERR_PROTO, "no answer about topic %s", name);
        rd_kafka_metadata_destroy(md);
    }
    rd_kafka_topic_destroy(t);
    return r;
}

int admin_names(struct admin *a, const char *start, topic_name_fn fn, void *ctx, struct err *e)
{
    char begin[KAFKA_NAME_MAX + 1];
    if (kafka_name(a->settings, start, begin, e) != 0)
        return -1;
    const struct rd_kafka_metadata *md;
    rd_kafka_resp_err_t code = rd_kafka_metadata(a->rk, 1, NULL, &md, LOOK_TIMEOUT_MS);
    if (code)
        return kafka_fail(code, "no broker answers", NULL, e);
    int r = 0;
    for (int i = 0; r == 0 && i < md->topic_cnt; i++)
        if (strncmp(md->topics[i].topic, begin, strlen(begin)) == 0)
            r = fn(ctx, md->topics[i].topic + strlen(a->settings->prefix), e);
    rd_kafka_metadata_destroy(md);
    return r;
}

/* --- requests -------------------------------------------------------------------------------- */

static rd_kafka_AdminOptions_t *make_options(struct admin *a, rd_kafka_admin_op_t op, struct err *e)
{
    char why[160];
    rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(a->rk, op);
    if (o && rd_kafka_AdminOptions_set_request_timeout(o, KAFKA_CALL_TIMEOUT_MS, why,
                                                       sizeof(why)) == RD_KAFKA_RESP_ERR_NO_ERROR)
        return o;
    if (o)
        rd_kafka_AdminOptions_destroy(o);
    (void)err_set(e, ERR_NOMEM, "kafka: no memory for a request");
    return NULL;
}

/* The answer to the request just sent; NULL with *e. Free with rd_kafka_event_destroy(). */
static rd_kafka_event_t *await_answer(struct admin *a, const char *what, struct err *e)
{
    rd_kafka_event_t *ev = rd_kafka_queue_poll(a->queue, KAFKA_CALL_TIMEOUT_MS + 1000);
    if (!ev) {
        (void)kafka_fail(RD_KAFKA_RESP_ERR__TIMED_OUT, what, NULL, e);
        return NULL;
    }
    if (rd_kafka_event_error(ev)) {
        (void)kafka_fail(rd_kafka_event_error(ev), what, rd_kafka_event_error_string(ev), e);
        rd_kafka_event_destroy(ev);
        return NULL;
    }
    return ev;
}

/* --- creating -------------------------------------------------------------------------------- */

static rd_kafka_NewTopic_t *make_topic(const struct topic_spec *spec, const char *name,
                                       int replication, struct err *e)
{
    char why[160];
    rd_kafka_NewTopic_t *t = rd_kafka_NewTopic_new(
        name, spec->partitions, replication > 0 ? replication : -1, why, sizeof(why));
    if (!t) {
        (void)err_set(e, ERR_CONF, "topic %s: %s", name, why);
        return NULL;
    }
    for (size_t i = 0; i < spec->n_configs; i++) {
        if (rd_kafka_NewTopic_set_config(t, spec->configs[i].name, spec->configs[i].value)) {
            (void)err_set(e, ERR_NOMEM, "kafka: no memory for a request");
            rd_kafka_NewTopic_destroy(t);
            return NULL;
        }
    }
    return t;
}

/* The broker has one code for more copies than there are brokers, which stays, and for brokers that
 * are all cut off from the controller, which passes as they tell of themselves again. Its words
 * tell the two apart: "All brokers are currently fenced." (Kafka 4.2) */
static bool all_fenced(const rd_kafka_topic_result_t *topic)
{
    const char *words = rd_kafka_topic_result_error_string(topic);
    return rd_kafka_topic_result_error(topic) == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR &&
           words && strstr(words, "All brokers are currently fenced");
}

static int created(struct admin *a, const rd_kafka_event_t *ev, const char *name, struct err *e)
{
    size_t n = 0;
    const rd_kafka_CreateTopics_result_t *all =
        rd_kafka_event_CreateTopics_result((rd_kafka_event_t *)ev);
    const rd_kafka_topic_result_t **topics =
        all ? rd_kafka_CreateTopics_result_topics(all, &n) : NULL;
    if (n != 1)
        return err_set(e, ERR_PROTO, "no answer about topic %s", name);
    rd_kafka_resp_err_t code = rd_kafka_topic_result_error(topics[0]);
    if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return 1;
    if (all_fenced(topics[0]))
        return err_retry(e, ERR_IO, "%s: all brokers are fenced", name);
    return code ? fail_of(a, code, name, "Create", rd_kafka_topic_result_error_string(topics[0]), e)
                : 0;
}

int admin_create(struct admin *a, const struct topic_spec *spec, int replication, struct err *e)
{
    char name[KAFKA_NAME_MAX + 1];
    if (kafka_name(a->settings, spec->name, name, e) != 0)
        return -1;
    int r = -1;
    rd_kafka_NewTopic_t *t = make_topic(spec, name, replication, e);
    if (!t)
        return -1;
    rd_kafka_AdminOptions_t *o = make_options(a, RD_KAFKA_ADMIN_OP_CREATETOPICS, e);
    if (!o)
        goto out_topic;
    rd_kafka_CreateTopics(a->rk, &t, 1, o, a->queue);
    rd_kafka_event_t *ev = await_answer(a, name, e);
    if (ev) {
        r = created(a, ev, name, e);
        rd_kafka_event_destroy(ev);
    }
    rd_kafka_AdminOptions_destroy(o);
out_topic:
    rd_kafka_NewTopic_destroy(t);
    return r;
}

/* --- removing -------------------------------------------------------------------------------- */

static int removed(struct admin *a, const rd_kafka_event_t *ev, const char *name, struct err *e)
{
    size_t n = 0;
    const rd_kafka_DeleteTopics_result_t *all =
        rd_kafka_event_DeleteTopics_result((rd_kafka_event_t *)ev);
    const rd_kafka_topic_result_t **topics =
        all ? rd_kafka_DeleteTopics_result_topics(all, &n) : NULL;
    if (n != 1)
        return err_set(e, ERR_PROTO, "no answer about topic %s", name);
    rd_kafka_resp_err_t code = rd_kafka_topic_result_error(topics[0]);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return 1;
    return code ? fail_of(a, code, name, "Delete", rd_kafka_topic_result_error_string(topics[0]), e)
                : 0;
}

int admin_remove(struct admin *a, const char *topic, struct err *e)
{
    char name[KAFKA_NAME_MAX + 1];
    if (kafka_name(a->settings, topic, name, e) != 0)
        return -1;
    rd_kafka_DeleteTopic_t *t = rd_kafka_DeleteTopic_new(name);
    if (!t)
        return err_set(e, ERR_NOMEM, "kafka: no memory for a request");
    int r = -1;
    rd_kafka_AdminOptions_t *o = make_options(a, RD_KAFKA_ADMIN_OP_DELETETOPICS, e);
    if (!o)
        goto out_topic;
    rd_kafka_DeleteTopics(a->rk, &t, 1, o, a->queue);
    rd_kafka_event_t *ev = await_answer(a, name, e);
    if (ev) {
        r = removed(a, ev, name, e);
        rd_kafka_event_destroy(ev);
    }
    rd_kafka_AdminOptions_destroy(o);
out_topic:
    rd_kafka_DeleteTopic_destroy(t);
    return r;
}

/* --- settings -------------------------------------------------------------------------------- */

static int each_config(struct admin *a, const rd_kafka_event_t *ev, const char *name,
                       topic_config_fn fn, void *ctx, struct err *e)
{
    size_t n = 0;
    const rd_kafka_DescribeConfigs_result_t *all =
        rd_kafka_event_DescribeConfigs_result((rd_kafka_event_t *)ev);
    const rd_kafka_ConfigResource_t **resources =
        all ? rd_kafka_DescribeConfigs_result_resources(all, &n) : NULL;
    if (n != 1)
        return err_set(e, ERR_PROTO, "no answer about topic %s", name);
    rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resources[0]);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) /* another broker was a moment ahead */
        return err_retry(e, ERR_NOT_FOUND, "%s is not known to every broker yet", name);
    if (code)
        return fail_of(a, code, name, "DescribeConfigs",
                       rd_kafka_ConfigResource_error_string(resources[0]), e);
    size_t n_entries = 0;
    const rd_kafka_ConfigEntry_t **entries =
        rd_kafka_ConfigResource_configs(resources[0], &n_entries);
    for (size_t i = 0; i < n_entries; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        bool own =
            rd_kafka_ConfigEntry_source(entries[i]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG;
        if (value && fn(ctx, rd_kafka_ConfigEntry_name(entries[i]), value, own, e) != 0)
            return -1;
    }
    return 0;
}

int admin_configs(struct admin *a, const char *topic, topic_config_fn fn, void *ctx, struct err *e)
{
    char name[KAFKA_NAME_MAX + 1];
    if (kafka_name(a->settings, topic, name, e) != 0)
        return -1;
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
    if (!resource)
        return err_set(e, ERR_NOMEM, "kafka: no memory for a request");
    int r = -1;
    rd_kafka_AdminOptions_t *o = make_options(a, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, e);
    if (!o)
        goto out_resource;
    rd_kafka_DescribeConfigs(a->rk, &resource, 1, o, a->queue);
    rd_kafka_event_t *ev = await_answer(a, name, e);
    if (ev) {
        r = each_config(a, ev, name, fn, ctx, e);
        rd_kafka_event_destroy(ev);
    }
    rd_kafka_AdminOptions_destroy(o);
out_resource:
    rd_kafka_ConfigResource_destroy(resource);
    return r;
}
