#include "replay_target.h"

#include "clock.h"
#include "kafka/admin.h"
#include "log.h"
#include "timefmt.h"

#include <stdlib.h>

enum { PATIENCE_S = 60, LOOK_EVERY_MS = 100 };

struct preparing {
    const struct runtime *rt;
    struct admin *admin;
    struct reader *reader;
    const int32_t *partitions;
    size_t n;
};

/* --- one like another ------------------------------------------------------------------------ */

static void free_spec(struct topic_spec *s)
{
    for (size_t i = 0; i < s->n_configs; i++) {
        free(s->configs[i].name);
        free(s->configs[i].value);
    }
}

static int copy_config(void *ctx, const char *name, const char *value, bool own, struct err *e)
{
    struct topic_spec *s = ctx;
    if (!own)
        return 0;
    if (s->n_configs == TOPIC_CONFIGS_MAX)
        return err_set(e, ERR_LIMIT, "%s: more than %d settings", s->name, TOPIC_CONFIGS_MAX);
    struct topic_config *c = &s->configs[s->n_configs++];
    *c = (struct topic_config){strdup(name), strdup(value)};
    return c->name && c->value ? 0 : err_set(e, ERR_NOMEM, "kafka: out of memory");
}

static int make_like(struct preparing *p, const char *live, char *target, struct err *e)
{
    struct topic_found found;
    struct topic_spec spec = {.name = target};
    if (admin_look(p->admin, live, &found, e) != 0)
        return -1;
    if (!found.exists)
        return err_set(e, ERR_NOT_FOUND, "topic %s is missing: create it with cw-topics create",
                       live);
    spec.partitions = found.partitions;
    int r = admin_configs(p->admin, live, copy_config, &spec, e);
    if (r == 0)
        r = admin_create(p->admin, &spec, found.replication, e);
    if (r == 0)
        log_info(p->rt->id, "topic made", LOG_STR("topic", target),
                 LOG_INT("partitions", spec.partitions));
    free_spec(&spec);
    return r < 0 ? -1 : 0;
}

/* --- steps, each tried again while it may pass ------------------------------------------------ */

static bool pause_a_little(struct preparing *p)
{
    return program_pause(p->rt->program, LOOK_EVERY_MS);
}

/* Waits until the topic is there with leaders, or is gone. */
static int await(struct preparing *p, const char *target, bool there, struct err *e)
{
    int64_t end_us = clock_mono_us() + PATIENCE_S * US_PER_S;
    for (;;) {
        struct topic_found found;
        int r = admin_look(p->admin, target, &found, e);
        if (r == 0 && (there ? found.exists && found.led : !found.exists))
            return 0;
        if (r != 0 && !e->retriable)
            return -1;
        if (clock_mono_us() > end_us)
            return err_retry(e, ERR_IO, "topic %s is still %s after %d s", target,
                             there ? "without leaders" : "there", PATIENCE_S);
        if (!pause_a_little(p))
            return err_set(e, ERR_STOPPED, "stopped while preparing topic %s", target);
    }
}

static int check_empty(struct preparing *p, const char *target, struct err *e)
{
    for (size_t i = 0; i < p->n; i++) {
        int64_t low;
        int64_t high;
        if (reader_watermarks(p->reader, target, p->partitions[i], &low, &high, e) != 0)
            return -1;
        if (low != high)
            return err_set(e, ERR_STATE,
                           "topic %s partition %d is not empty: take another suffix, or "
                           "--recreate to lose what it holds",
                           target, p->partitions[i]);
    }
    return 0;
}

static int remove_old(struct preparing *p, const char *target, struct err *e)
{
    if (admin_remove(p->admin, target, e) < 0)
        return -1;
    log_info(p->rt->id, "topic removed", LOG_STR("topic", target));
    return await(p, target, false, e);
}

static int prepare_one(struct preparing *p, const char *live, char *target, struct err *e)
{
    struct topic_found found;
    if (admin_look(p->admin, target, &found, e) != 0)
        return -1;
    if (found.exists && found.partitions != p->rt->partitions && !p->rt->options.replay.recreate)
        return err_set(e, ERR_STATE, "topic %s has %d partitions, %s has %d: --recreate it", target,
                       found.partitions, live, p->rt->partitions);
    if (found.exists && p->rt->options.replay.recreate) {
        if (remove_old(p, target, e) != 0)
            return -1;
        found.exists = false;
    }
    if (found.exists)
        return check_empty(p, target, e);
    /* one just made is empty, and its leaders may not know yet that they are */
    return make_like(p, live, target, e) == 0 && await(p, target, true, e) == 0 ? 0 : -1;
}

int replay_targets_prepare(const struct runtime *rt, struct reader *r, const int32_t *partitions,
                           size_t n, struct err *e)
{
    struct preparing p = {.rt = rt, .reader = r, .partitions = partitions, .n = n};
    p.admin = admin_open(&rt->kafka, e);
    int ret = p.admin ? 0 : -1;
    for (int i = 0; ret == 0 && rt->ops->outputs[i]; i++) {
        char target[KAFKA_NAME_MAX + 1];
        runtime_output_name(rt, i, target);
        ret = prepare_one(&p, rt->ops->outputs[i], target, e);
    }
    admin_close(p.admin);
    return ret;
}
