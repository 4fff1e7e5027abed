#include "topics_apply.h"

#include "clock.h"
#include "schema_topic.h"
#include "timefmt.h"

enum { LEADERS_WAIT_S = 30, LEADERS_PAUSE_MS = 50 };

/* --- comparing ------------------------------------------------------------------------------- */

struct comparison {
    struct topics_apply *apply;
    const struct topic_spec *spec;
    bool told[TOPIC_CONFIGS_MAX]; /* the broker spoke of this setting */
};

static int differ(struct topics_apply *t, const char *topic, const char *what, const char *is,
                  const char *declared, struct err *e)
{
    if (strbuf_addf(&t->drift, "%s%s: %s is %s, declared %s\n", t->kafka->prefix, topic, what, is,
                    declared) != 0)
        return strbuf_full(&t->drift, "the report", e);
    return 0;
}

static int absent(struct topics_apply *t, const char *topic, const char *what, struct err *e)
{
    if (strbuf_addf(&t->drift, "%s%s: %s\n", t->kafka->prefix, topic, what) != 0)
        return strbuf_full(&t->drift, "the report", e);
    return 0;
}

static int differ_number(struct topics_apply *t, const char *topic, const char *what, int is,
                         int declared, struct err *e)
{
    char a[16];
    char b[16];
    (void)snprintf(a, sizeof(a), "%d", is);
    (void)snprintf(b, sizeof(b), "%d", declared);
    return is == declared ? 0 : differ(t, topic, what, a, b, e);
}

static int compare_config(void *ctx, const char *name, const char *value, bool own_one,
                          struct err *e)
{
    struct comparison *c = ctx;
    (void)own_one; /* the broker's default is as good where it is the same */
    for (size_t i = 0; i < c->spec->n_configs; i++) {
        const struct topic_config *own = &c->spec->configs[i];
        if (strcmp(own->name, name) != 0)
            continue;
        c->told[i] = true;
        if (!topic_config_equal(name, own->value, value))
            return differ(c->apply, c->spec->name, name, value, own->value, e);
    }
    return 0;
}

static int compare(struct topics_apply *t, struct admin *a, const struct topic_spec *spec,
                   const struct topic_found *found, struct err *e)
{
    int replication = t->replication > 0 ? t->replication : found->replication;
    struct comparison c = {.apply = t, .spec = spec};
    if (differ_number(t, spec->name, "partitions", found->partitions, spec->partitions, e) != 0 ||
        differ_number(t, spec->name, "replication", found->replication, replication, e) != 0 ||
        admin_configs(a, spec->name, compare_config, &c, e) != 0)
        return -1;
    for (size_t i = 0; i < spec->n_configs; i++)
        if (!c.told[i] && differ(t, spec->name, spec->configs[i].name, "unknown to the broker",
                                 spec->configs[i].value, e) != 0)
            return -1;
    return 0;
}

/* --- creating -------------------------------------------------------------------------------- */

/* A topic can be used once each of its partitions has a leader. */
static int await_leaders(struct topics_apply *t, struct admin *a, const struct topic_spec *spec,
                         struct topic_found *found, struct err *e)
{
    int64_t end_us = clock_mono_us() + LEADERS_WAIT_S * US_PER_S;
    do {
        if (admin_look(a, spec->name, found, e) != 0)
            return -1;
        if (found->exists && found->led)
            return 0;
        if (clock_mono_us() > end_us)
            return err_retry(e, ERR_IO, "topic %s%s: no leader for %d s", t->kafka->prefix,
                             spec->name, LEADERS_WAIT_S);
    } while (program_pause(t->program, LEADERS_PAUSE_MS));
    return err_set(e, ERR_STOPPED, "stopped while waiting for the leaders of a new topic");
}

static int create(struct topics_apply *t, struct admin *a, const struct topic_spec *spec,
                  struct topic_found *found, struct err *e)
{
    int r = admin_create(a, spec, t->replication, e);
    if (r < 0)
        return -1;
    if (r == 0) /* said at once: tried again after what follows, it would be somebody else's */
        (void)printf("created %s%s: %d partitions\n", t->kafka->prefix, spec->name,
                     spec->partitions);
    return await_leaders(t, a, spec, found, e);
}

static int apply_topic(struct topics_apply *t, struct admin *a, const struct topic_spec *spec,
                       struct err *e)
{
    struct topic_found found;
    if (admin_look(a, spec->name, &found, e) != 0)
        return -1;
    if (!found.exists && !t->create)
        return absent(t, spec->name, "missing", e);
    if (!found.exists && create(t, a, spec, &found, e) != 0)
        return -1;
    return compare(t, a, spec, &found, e);
}

/* --- schemas --------------------------------------------------------------------------------- */

static int name_missing(struct topics_apply *t, struct schema_topic *schemas, struct err *e)
{
    for (unsigned i = 0; i < RECORD_TYPES; i++) {
        char what[128];
        (void)snprintf(what, sizeof(what), "%s is not published",
                       record_schema((enum record_type)i)->full_name);
        int has = schema_topic_has(schemas, (enum record_type)i, e);
        if (has < 0 || (has == 0 && absent(t, SCHEMA_TOPIC, what, e) != 0))
            return -1;
    }
    return 0;
}

static int publish(struct topics_apply *t, struct schema_topic *schemas, struct err *e)
{
    enum record_type types[RECORD_TYPES];
    size_t written = 0;
    for (unsigned i = 0; i < RECORD_TYPES; i++)
        types[i] = (enum record_type)i;
    if (schema_topic_publish(schemas, types, RECORD_TYPES, &written, e) != 0)
        return -1;
    if (written > 0)
        (void)printf("published to %s" SCHEMA_TOPIC ": %zu schemas\n", t->kafka->prefix, written);
    return 0;
}

static int apply_schemas(struct topics_apply *t, struct admin *a, struct err *e)
{
    struct topic_found topic;
    if (admin_look(a, SCHEMA_TOPIC, &topic, e) != 0)
        return -1;
    if (!topic.exists) /* not declared, or told above */
        return 0;
    struct schema_topic *schemas = schema_topic_open(t->kafka, e);
    int r = -1;
    if (schemas)
        r = t->create ? publish(t, schemas, e) : name_missing(t, schemas, e);
    schema_topic_close(schemas);
    return r;
}

int topics_apply(struct topics_apply *t, struct admin *a, struct err *e)
{
    strbuf_reset(&t->drift);
    for (size_t i = 0; i < t->declared->n; i++)
        if (apply_topic(t, a, &t->declared->topics[i], e) != 0)
            return -1;
    return apply_schemas(t, a, e);
}
