#include "runner_internal.h"

#include "clock.h"
#include "runner_offsets.h"
#include "timefmt.h"

#include <stdlib.h>

void runner_store_lose(struct runner *r, const struct err *e)
{
    int64_t now_us = clock_mono_us();
    r->about.ops->disconnect(r->sink);
    r->connected = false;
    r->retry_us = now_us + r->backoff_ms * US_PER_MS;
    r->backoff_ms =
        r->backoff_ms * 2 < RUNNER_BACKOFF_MAX_MS ? r->backoff_ms * 2 : RUNNER_BACKOFF_MAX_MS;
    health_wait(r->about.health, r->about.store_part, e->text);
    if (e->code != ERR_STOPPED && log_limit_pass(&r->say, now_us))
        log_warn(r->about.program, "nothing can be stored now, trying again",
                 LOG_STR("table", r->about.table), LOG_ERR(e));
}

static int connect_store(struct runner *r, struct err *e)
{
    if (r->about.ops->connect(r->sink, e) != 0) {
        if (!e->retriable)
            return -1;
        runner_store_lose(r, e);
        return 0;
    }
    r->connected = true;
    if (r->failing)
        return 0; /* being connected is no news: whether it takes rows is the question */
    log_info(r->about.program, "database connected", LOG_STR("table", r->about.table));
    r->say.next_us = 0; /* the next loss is news */
    return 0;
}

int runner_store_load(struct runner *r, struct group_offset *parts, size_t n, struct err *e)
{
    if (cursors_set(&r->cursors, parts, n, e) != 0)
        return -1;
    if (!r->connected)
        return 1;
    if (runner_offsets_load(&r->about, r->topics, r->sink, &r->cursors, parts, n, e) == 0)
        return 0;
    if (!e->retriable)
        return -1;
    runner_store_lose(r, e);
    return 1;
}

static int resume(struct runner *r, struct err *e)
{
    size_t n = r->cursors.n;
    struct group_offset *parts = calloc(n ? n : 1, sizeof(*parts));
    if (!parts)
        return err_set(e, ERR_NOMEM, "no memory for %zu partitions", n);
    for (size_t i = 0; i < n; i++) {
        parts[i].topic = r->cursors.items[i].topic;
        parts[i].partition = r->cursors.items[i].partition;
    }
    int result = runner_store_load(r, parts, n, e);
    if (result == 0 && group_resume(r->group, parts, n, e) != 0)
        result = -1;
    free(parts);
    return result;
}

int runner_store_keep(struct runner *r, int64_t now_us, struct err *e)
{
    if (r->connected || now_us < r->retry_us)
        return 0;
    if (connect_store(r, e) != 0)
        return -1;
    int result = r->connected ? resume(r, e) : 1;
    if (result == 0 && !r->failing)
        health_ready(r->about.health, r->about.store_part);
    return result < 0 ? -1 : 0;
}
