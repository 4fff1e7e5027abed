#include "failpoint.h"

#include "timefmt.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum action { NOTHING, KILL, STOP, SLEEP };

static const char *const action_names[] = {"", "kill", "stop", "sleep"};

static const struct {
    const char *name;
    int opens;
} points[FAILPOINT_COUNT] = {
#define FAILPOINT_ROW(constant_, name_, opens_) {name_, opens_},
    FAILPOINTS(FAILPOINT_ROW)
#undef FAILPOINT_ROW
};

/* What is to happen at a point. Fixed after the start. */
static struct plan {
    enum action action;
    long long delay_ms;
    long long passing; /* from 1 on */
} plans[FAILPOINT_COUNT];

static atomic_llong passings[FAILPOINT_COUNT];
static atomic_int n_open; /* transactions */

/* --- what to do ------------------------------------------------------------------------------ */

static int find_point(const char *name, size_t len)
{
    for (int i = 0; i < FAILPOINT_COUNT; i++)
        if (strlen(points[i].name) == len && strncmp(points[i].name, name, len) == 0)
            return i;
    return -1;
}

static enum action find_action(const char *word, size_t len)
{
    for (int i = KILL; i <= SLEEP; i++)
        if (strlen(action_names[i]) == len && strncmp(action_names[i], word, len) == 0)
            return (enum action)i;
    return NOTHING;
}

/* Digits only. -1: none, or too many. */
static long long parse_number(const char *text, const char **ret_end)
{
    char *end;
    long long v = strtoll(text, &end, 10);
    *ret_end = end;
    return *text >= '0' && *text <= '9' && v <= INT32_MAX ? v : -1;
}

/* "<action>[:<ms>]@<passing>" up to end. */
static int parse_plan(const char *text, const char *end, struct plan *ret)
{
    ret->action = find_action(text, strcspn(text, ":@,"));
    const char *at = text + strcspn(text, ":@,");
    if (*at == ':')
        ret->delay_ms = parse_number(at + 1, &at);
    if (ret->action == NOTHING || ret->delay_ms < 0 || *at != '@' || at >= end)
        return -1;
    ret->passing = parse_number(at + 1, &at);
    bool in_vain = ret->action == SLEEP && ret->delay_ms == 0;
    return ret->passing > 0 && at == end && !in_vain ? 0 : -1;
}

int failpoints_start(struct err *e)
{
    const char *text = getenv("CW_FAILPOINTS");
    while (text && *text) {
        const char *end = text + strcspn(text, ",");
        const char *equals = memchr(text, '=', (size_t)(end - text));
        int at = equals ? find_point(text, (size_t)(equals - text)) : -1;
        if (at < 0 || plans[at].action != NOTHING || parse_plan(equals + 1, end, &plans[at]) != 0)
            return err_set(
                e, ERR_CONF,
                "CW_FAILPOINTS: \"%.*s\": not <point>=<kill|stop|sleep>[:<ms>]@<passing> "
                "of a point of lib/failpoint.h that was not named before",
                (int)(end - text), text);
        text = *end ? end + 1 : end;
    }
    return 0;
}

/* --- doing it -------------------------------------------------------------------------------- */

static void wait_ms(long long ms)
{
    struct timespec left = {ms / 1000, (long)(ms % 1000) * 1000000L};
    while (nanosleep(&left, &left) != 0)
        ; /* a signal: on with what is left */
}

static void happen(enum failpoint at)
{
    const struct plan *p = &plans[at];
    (void)dprintf(STDERR_FILENO,
                  "{\"failpoint\":\"%s\",\"passing\":%lld,\"action\":\"%s\",\"open\":%d}\n",
                  points[at].name, p->passing, action_names[p->action], atomic_load(&n_open));
    if (p->action == SLEEP)
        wait_ms(p->delay_ms);
    else
        (void)raise(p->action == KILL ? SIGKILL : SIGSTOP); /* of this thread: it gets no further */
}

static void *happen_later(void *point)
{
    enum failpoint at = (enum failpoint)(intptr_t)point;
    wait_ms(plans[at].delay_ms);
    happen(at);
    return NULL;
}

void failpoint_pass(enum failpoint at)
{
    const struct plan *p = &plans[at];
    pthread_t thread;
    (void)atomic_fetch_add(&n_open, points[at].opens);
    if (p->action == NOTHING || atomic_fetch_add(&passings[at], 1) + 1 != p->passing)
        return;
    bool later = p->action != SLEEP && p->delay_ms > 0;
    if (later && pthread_create(&thread, NULL, happen_later, (void *)(intptr_t)at) == 0)
        (void)pthread_detach(thread); /* cannot fail: it was just made */
    else
        happen(at);
}
