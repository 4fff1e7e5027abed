#include "writer.h"

#include "kafka/group.h"
#include "log.h"
#include "timefmt.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    IDLE_MS = 100,  /* at most between two looks at the group */
    OPEN_MS = 10,   /* the same while a transaction gathers: what comes in between waits with it */
    STALL_MS = 500, /* a loop that stood still for longer asks the group before it commits */
    REJOIN_MS = 1000,
    DRAIN_S = 5,
    POLL_MAX = 100,
};

struct writer {
    struct writer_about about;
    struct shard_env *env;
    struct reader *reader;
    struct group *group;
    struct shard_writer **shards; /* env->universe->n_shards of them */
    char group_name[KAFKA_NAME_MAX + 1];
    bool assigned;       /* the group has said what is ours, be it nothing */
    int64_t rejoin_us;   /* not a member: when to join */
    int64_t attended_us; /* when the group was asked last */
};

/* --- group ----------------------------------------------------------------------------------- */

/* Nothing is read through the group: that topic is what we write. Its partitions are held. */
static int on_assign(void *ctx, struct group_offset *parts, size_t n, struct err *e)
{
    const int hold = 1;
    struct writer *w = ctx;
    for (size_t i = 0; i < n; i++)
        if ((uint32_t)parts[i].partition >= w->env->universe->n_shards)
            return err_set(e, ERR_STATE, "%s has more partitions than at the start",
                           w->env->progress_topic);
    for (size_t i = 0; i < n; i++)
        shard_writer_own(w->shards[parts[i].partition]);
    for (uint32_t i = 0; i < w->env->universe->n_shards; i++)
        if (!shard_writer_is_owned(w->shards[i]))
            shard_writer_stand_by(w->shards[i]);
    if (n == 0)
        log_info("writer", "standing by: all shards are written by others",
                 LOG_STR("exchange", w->env->exchange));
    w->assigned = true;
    return hold;
}

static void on_revoke(void *ctx)
{
    struct writer *w = ctx;
    for (uint32_t i = 0; i < w->env->universe->n_shards; i++)
        shard_writer_disown(w->shards[i]);
    w->assigned = false;
}

static int join(struct writer *w, struct err *e)
{
    const char *const topics[] = {w->env->progress_topic, NULL};
    const struct group_about about = {.group = w->group_name,
                                      .topics = topics,
                                      .instance = w->about.instance,
                                      .on_assign = on_assign,
                                      .on_revoke = on_revoke,
                                      .ctx = w};
    w->group = group_open(w->env->settings, &about, e);
    return w->group ? 0 : -1;
}

static void leave(struct writer *w, const struct err *why)
{
    log_warn("writer", "leaving the group, to join it again", LOG_STR("group", w->group_name),
             LOG_ERR(why));
    group_close(w->group); /* revokes what is assigned */
    w->group = NULL;
    w->assigned = false;
    w->rejoin_us = clock_mono_us() + REJOIN_MS * US_PER_MS;
}

/* Takes part in the group; only changes of the assignment are of interest. */
static int attend(struct writer *w, struct err *e)
{
    struct kafka_message batch[POLL_MAX];
    w->attended_us = clock_mono_us();
    if (!w->group) {
        if (w->attended_us < w->rejoin_us)
            return 0;
        if (join(w, e) != 0)
            return -1;
    }
    ssize_t n = group_poll(w->group, 0, batch, POLL_MAX, e);
    if (n >= 0) {
        group_release(w->group, batch, n);
        return 0;
    }
    bool may_pass = e->code == ERR_IO || e->code == ERR_FENCED || e->code == ERR_NOT_FOUND;
    if (!may_pass)
        return -1;
    leave(w, e);
    return 0;
}

/* --- create ---------------------------------------------------------------------------------- */

static void destroy_shards(struct shard_writer **shards, uint32_t n)
{
    for (uint32_t i = 0; shards && i < n; i++)
        shard_writer_destroy(shards[i]);
    free(shards);
}

/* NULL with *e. */
static struct shard_writer **make_shards(const struct shard_env *env, struct err *e)
{
    uint32_t n = env->universe->n_shards;
    struct shard_writer **shards = calloc(n, sizeof(struct shard_writer *));
    if (!shards)
        (void)err_set(e, ERR_NOMEM, "writer: out of memory");
    for (uint32_t i = 0; shards && i < n; i++) {
        shards[i] = shard_writer_create(env, i, e);
        if (!shards[i]) {
            destroy_shards(shards, n);
            return NULL;
        }
    }
    return shards;
}

struct writer *writer_create(const struct writer_about *about, struct err *e)
{
    struct writer *w = calloc(1, sizeof(*w));
    if (!w) {
        (void)err_set(e, ERR_NOMEM, "writer: out of memory");
        return NULL;
    }
    w->about = *about;
    w->env = about->shards;
    (void)snprintf(w->group_name, sizeof(w->group_name), "cw-producer.%s", w->env->exchange);
    w->reader = reader_open(w->env->settings, e);
    w->env->reader = w->reader;
    w->shards = w->reader ? make_shards(w->env, e) : NULL;
    if (w->shards)
        return w;
    writer_destroy(w);
    return NULL;
}

void writer_destroy(struct writer *w)
{
    if (!w)
        return;
    group_close(w->group);
    destroy_shards(w->shards, w->env->universe->n_shards);
    reader_close(w->reader);
    free(w);
}

/* --- turns ----------------------------------------------------------------------------------- */

static bool is_done(const struct writer *w)
{
    for (uint32_t i = 0; i < w->env->universe->n_shards; i++)
        if (!shard_writer_is_done(w->shards[i]))
            return false;
    return true;
}

/* A standby is as ready as can be; an owner is once it writes. */
static void show(const struct writer *w)
{
    size_t bytes = 0;
    size_t held = 0;
    int64_t holes = 0;
    const char *waits = w->assigned ? NULL : "joining the group that shares the shards";
    for (uint32_t i = 0; i < w->env->universe->n_shards; i++) {
        bytes += journal_bytes(w->env->journals[i]);
        held += shard_writer_held(w->shards[i]);
        holes += shard_writer_holes(w->shards[i]);
        if (shard_writer_is_owned(w->shards[i]) && !shard_writer_is_open(w->shards[i]))
            waits = "opening a shard";
    }
    metric_set(w->env->metrics->journal_bytes, (int64_t)bytes);
    metric_set(w->env->metrics->trades_held, (int64_t)held);
    metric_set(w->env->metrics->open_holes, holes);
    if (waits)
        health_wait(w->about.health, "shard", waits);
    else
        health_ready(w->about.health, "shard");
    health_beat(w->about.health);
}

/* A turn of every shard. A membership that was not looked after for a while (a slow commit, a
 * machine that slept, a process that was stopped) is looked after before anything is committed. */
static int write_shards(struct writer *w, bool *ret_busy, struct err *e)
{
    for (uint32_t i = 0; i < w->env->universe->n_shards; i++) {
        int64_t now_us = clock_mono_us();
        if (now_us - w->attended_us > STALL_MS * US_PER_MS) {
            metric_inc(w->env->metrics->stalls, 1);
            if (attend(w, e) != 0)
                return -1;
        }
        int r = shard_writer_turn(w->shards[i], clock_mono_us(), e);
        if (r < 0 && e->code == ERR_FENCED && w->group) {
            leave(w, e);
            return 0;
        }
        if (r < 0)
            return -1;
        *ret_busy = *ret_busy || r == SHARD_WRITER_BUSY;
    }
    return 0;
}

static int turn(struct writer *w, bool *ret_busy, struct err *e)
{
    *ret_busy = false;
    show(w);
    if (w->about.failed && w->about.failed(w->about.source, e))
        return -1;
    if (attend(w, e) != 0)
        return -1;
    return write_shards(w, ret_busy, e);
}

/* Whether what comes in now has to wait: with the transaction under way, or until the shard is open
 * again. */
static bool may_gather(const struct shard_writer *s)
{
    return shard_writer_is_gathering(s) || (shard_writer_is_owned(s) && !shard_writer_is_open(s));
}

static void nap(int64_t us)
{
    const struct timespec t = {0, us * 1000};
    (void)nanosleep(&t, NULL); /* a signal ends it early, which is what we want */
}

/* Until there is something to do. */
static void rest(struct writer *w)
{
    int64_t nap_us = OPEN_MS * US_PER_MS;
    bool gathers = false;
    for (uint32_t i = 0; i < w->env->universe->n_shards; i++) {
        int64_t left_us = shard_writer_commit_us(w->shards[i]) - clock_mono_us();
        gathers = gathers || may_gather(w->shards[i]);
        if (left_us < nap_us)
            nap_us = left_us;
    }
    if (!gathers)
        (void)bell_wait(w->about.bell, IDLE_MS);
    else if (nap_us > 0)
        nap(nap_us);
}

int writer_run(struct writer *w, struct err *e)
{
    bool busy;
    while (!w->env->settings->stopping()) {
        if (turn(w, &busy, e) != 0)
            return -1;
        if (is_done(w))
            return WRITER_DONE;
        if (w->about.pause && w->about.pause(w->about.ctx))
            return WRITER_PAUSED;
        if (!busy)
            rest(w);
    }
    return WRITER_DONE;
}

int writer_switch(struct writer *w, struct shard_env *shards, struct err *e)
{
    uint32_t n = w->env->universe->n_shards;
    struct shard_writer **old = w->shards;
    shards->reader = w->reader;
    struct shard_writer **next = make_shards(shards, e);
    if (!next)
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        bool owned = shard_writer_is_owned(old[i]);
        shard_writer_disown(old[i]); /* its producer ends before the next one begins */
        if (owned)
            shard_writer_own(next[i]);
    }
    destroy_shards(old, n);
    w->shards = next;
    w->env = shards;
    return 0;
}

void writer_drain(struct writer *w)
{
    struct err e = {0};
    int64_t end_us = clock_mono_us() + DRAIN_S * US_PER_S;
    for (uint32_t i = 0; i < w->env->universe->n_shards; i++) {
        struct shard_writer *s = w->shards[i];
        int r = SHARD_WRITER_BUSY;
        while (r == SHARD_WRITER_BUSY && clock_mono_us() < end_us)
            r = shard_writer_turn(s, clock_mono_us(), &e);
        if (r < 0 || shard_writer_finish(s, &e) != 0)
            log_warn("writer", "not all that was received is written; the next start tells the gap",
                     LOG_STR("exchange", w->env->exchange), LOG_INT("shard", i), LOG_ERR(&e));
    }
}
