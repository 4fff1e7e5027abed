#include "runtime.h"

#include "clock.h"
#include "log.h"
#include "session.h"
#include "timefmt.h"

enum { FIRST_BACKOFF_MS = 100, MAX_BACKOFF_MS = 5000, STATE_PATIENCE_S = 30 };

/* How the failures since the last progress went. */
struct failures {
    int64_t since_us; /* of the first, 0: none */
    int64_t backoff_ms;
};

/* Whether a new beginning can mend it. Contradicting state may be an offset that is not stable yet,
 * so it is looked at again for a while. */
static bool is_final(const struct failures *f, const struct err *e, int64_t now_us)
{
    switch (e->code) {
    case ERR_STOPPED:
    case ERR_CONF:
    case ERR_ARG:
    case ERR_LIMIT:
        return true;
    case ERR_STATE:
    case ERR_NOT_FOUND:
    case ERR_PROTO:
        return now_us - f->since_us > STATE_PATIENCE_S * US_PER_S;
    case ERR_FENCED: /* also what a mere transaction timeout looks like: begin anew */
    case ERR_IO:
    case ERR_NOMEM:
    case ERR_NONE:
        return false;
    }
    return true;
}

/* One session from its opening to its end; *ret_progress: it committed something. */
static int run_session(const struct runtime *rt, bool *ret_progress, struct err *e)
{
    struct session *s = session_open(rt, e);
    if (!s)
        return -1;
    int r = 0;
    while (r == 0 && !program_stopping()) {
        health_beat(rt->program->health);
        r = session_turn(s, e);
    }
    if (r == 0)
        r = session_finish(s, e);
    *ret_progress = session_made_progress(s);
    session_close(s);
    return r;
}

void runtime_output_name(const struct runtime *rt, int i, char ret[KAFKA_NAME_MAX + 1])
{
    const char *into = rt->options.replay.into;
    (void)snprintf(ret, KAFKA_NAME_MAX + 1, "%s%s%s", rt->ops->outputs[i], *into ? "." : "", into);
}

int runtime_run(const struct runtime *rt, struct err *e)
{
    struct failures f = {0, FIRST_BACKOFF_MS};
    while (!program_stopping()) {
        bool progress = false;
        if (run_session(rt, &progress, e) == 0)
            return 0;
        int64_t now_us = clock_mono_us();
        if (progress || f.since_us == 0)
            f = (struct failures){now_us, FIRST_BACKOFF_MS};
        if (is_final(&f, e, now_us))
            return -1;
        metric_inc(rt->metrics.rebuilds, 1);
        health_wait(rt->program->health, "assignment", e->text);
        log_warn(rt->id, "beginning anew from the last commit",
                 LOG_STR("code", err_code_name(e->code)), LOG_ERR(e));
        if (!program_pause(rt->program, f.backoff_ms))
            return 0;
        f.backoff_ms = f.backoff_ms * 2 < MAX_BACKOFF_MS ? f.backoff_ms * 2 : MAX_BACKOFF_MS;
    }
    return 0;
}
