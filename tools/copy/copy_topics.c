/* Which topics are copied, and whether they go together. */
#include "clock.h"
#include "copy.h"
#include "kafka/admin.h"
#include "log.h"
#include "timefmt.h"

#include <stdlib.h>

enum { SAY_EVERY_S = 10, PAUSE_MS = 500 };

static const char PROGRESS_START[] = COPY_PROGRESS ".";

/* Two views of the cluster, by prefix. */
struct views {
    struct admin *from;
    struct admin *to;
};

static bool is_progress(const char *name)
{
    return strncmp(name, PROGRESS_START, strlen(PROGRESS_START)) == 0;
}

static int add(struct copy *c, const char *name, struct err *e)
{
    for (int i = 0; i < c->n_topics; i++)
        if (strcmp(c->topics[i].name, name) == 0)
            return 0;
    if (c->n_topics == GROUP_TOPICS_MAX)
        return err_set(e, ERR_CONF, "more than %d topics to copy", GROUP_TOPICS_MAX);
    struct copy_topic *t = &c->topics[c->n_topics];
    (void)snprintf(t->name, sizeof(t->name), "%s", name);
    if (kafka_name(&c->to, name, t->target, e) != 0)
        return -1;
    c->n_topics++;
    return 0;
}

static int add_progress(void *ctx, const char *name, struct err *e)
{
    return add(ctx, name, e);
}

/* exchange-candles alone may be missing: not every installation has it. */
static int add_word(struct copy *c, const struct views *v, const char *word, struct err *e)
{
    if (strcmp(word, COPY_PROGRESS) == 0)
        return admin_names(v->from, PROGRESS_START, add_progress, c, e);
    struct topic_found found;
    if (strcmp(word, "exchange-candles") == 0) {
        if (admin_look(v->from, word, &found, e) != 0)
            return -1;
        return found.exists ? add(c, word, e) : 0;
    }
    return add(c, word, e);
}

static int look(const struct copy *c, const struct views *v, struct copy_topic *t, struct err *e)
{
    struct topic_found from;
    struct topic_found to;
    if (admin_look(v->from, t->name, &from, e) != 0 || admin_look(v->to, t->name, &to, e) != 0)
        return -1;
    if (!from.exists)
        return err_set(e, ERR_NOT_FOUND, "topic %s%s is missing: is --from-prefix right?",
                       c->from.prefix, t->name);
    if (!to.exists)
        return err_set(e, ERR_NOT_FOUND,
                       "topic %s is missing: make it with cw-topics create --prefix %s", t->target,
                       c->to.prefix);
    t->route = (struct route){from.partitions, to.partitions};
    if (is_progress(t->name) && from.partitions != to.partitions)
        return err_set(e, ERR_CONF,
                       "%s has %d partitions (shards), and %d under the new prefix: the number of "
                       "shards must stay (cw-topics --shards)",
                       t->name, from.partitions, to.partitions);
    return route_check(&t->route, t->name, e);
}

static int check_shards(const struct copy *c, struct err *e)
{
    const struct copy_topic *trades = NULL;
    for (int i = 0; i < c->n_topics; i++)
        if (strcmp(c->topics[i].name, "trades") == 0)
            trades = &c->topics[i];
    for (int i = 0; trades && i < c->n_topics; i++)
        if (is_progress(c->topics[i].name) &&
            route_check_shards(&trades->route, c->topics[i].route.from, c->topics[i].name, e) != 0)
            return -1;
    return 0;
}

/* --- the words of --topics -------------------------------------------------------------------- */

/* The next word of "a,b" as a text of its own; false: there is none. */
static bool next_word(const char **list, char ret[KAFKA_NAME_MAX + 1])
{
    if (**list == '\0')
        return false;
    size_t n = strcspn(*list, ",");
    (void)snprintf(ret, KAFKA_NAME_MAX + 1, "%.*s", (int)n, *list);
    *list += n + ((*list)[n] == ',');
    return true;
}

static bool is_known(const char *word)
{
    const char *all = COPY_TOPICS;
    char one[KAFKA_NAME_MAX + 1];
    while (next_word(&all, one))
        if (strcmp(one, word) == 0)
            return true;
    return false;
}

static int check_words(const char *list, struct err *e)
{
    char word[KAFKA_NAME_MAX + 1];
    if (*list == '\0')
        return err_set(e, ERR_CONF, "--topics names nothing to copy");
    while (next_word(&list, word))
        if (!is_known(word))
            return err_set(e, ERR_CONF,
                           "--topics: \"%.60s\" is not written by producers; expected some of %s",
                           word, COPY_TOPICS);
    return 0;
}

static int find_once(struct copy *c, const struct views *v, struct err *e)
{
    const char *list = c->settings->topics;
    char word[KAFKA_NAME_MAX + 1];
    c->n_topics = 0;
    while (next_word(&list, word))
        if (add_word(c, v, word, e) != 0)
            return -1;
    for (int i = 0; i < c->n_topics; i++)
        if (look(c, v, &c->topics[i], e) != 0)
            return -1;
    if (c->n_topics == 0)
        return err_set(e, ERR_NOT_FOUND, "there is no topic %s%s*: is --from-prefix right?",
                       c->from.prefix, PROGRESS_START);
    return check_shards(c, e);
}

/* --- the cluster ------------------------------------------------------------------------------ */

static int find_until(struct copy *c, const struct views *v, struct err *e)
{
    struct log_limit limit = {.interval_us = SAY_EVERY_S * US_PER_S};
    while (find_once(c, v, e) != 0) {
        if (!e->retriable)
            return -1;
        health_wait(c->program->health, "kafka", e->text);
        if (log_limit_pass(&limit, clock_mono_us()))
            log_warn("copy", "waiting for the cluster", LOG_STR("brokers", c->from.brokers),
                     LOG_ERR(e));
        if (!program_pause(c->program, PAUSE_MS))
            return err_set(e, ERR_STOPPED, "stopped while waiting for the cluster");
    }
    health_ready(c->program->health, "kafka");
    return 0;
}

int copy_topics_find(struct copy *c, struct err *e)
{
    struct views v = {0};
    if (check_words(c->settings->topics, e) != 0)
        return -1;
    v.from = admin_open(&c->from, e);
    if (v.from)
        v.to = admin_open(&c->to, e);
    int r = v.to ? find_until(c, &v, e) : -1;
    admin_close(v.to);
    admin_close(v.from);
    return r;
}
