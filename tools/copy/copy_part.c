#include "copy_part.h"

#include <inttypes.h>

static int on_any(void *ctx, const struct kafka_message *m, struct err *e)
{
    const int enough = 1;
    bool *found = ctx;
    (void)m;
    (void)e;
    *found = true;
    return enough;
}

/* Whether a topic has a committed record at an offset or behind it. */
static int has_any(struct reader *r, const char *topic, int32_t partition, int64_t from, bool *ret,
                   struct err *e)
{
    *ret = false;
    return reader_run(r, topic, partition, from, on_any, ret, e);
}

/* Copies and offsets are committed together: where there is no offset there can be no copy. */
static int check_empty(const struct copy_part *p, const struct copy *c, struct reader *to,
                       struct err *e)
{
    const struct copy_topic *t = &c->topics[p->topic];
    for (int32_t i = p->partition; i < t->route.to; i += t->route.from) {
        int64_t low;
        int64_t high;
        bool found;
        if (reader_watermarks(to, t->name, i, &low, &high, e) != 0 ||
            has_any(to, t->name, i, low, &found, e) != 0)
            return -1;
        if (found)
            return err_set(e, ERR_STATE,
                           "%s partition %" PRId32
                           " holds records, though nothing was copied into it yet: copy into a "
                           "prefix that is new, before anybody else writes there",
                           t->target, i);
    }
    return 0;
}

int copy_part_begin(struct copy_part *p, const struct copy *c, const struct copy_readers *r,
                    int64_t committed, struct err *e)
{
    const struct copy_topic *t = &c->topics[p->topic];
    int64_t low;
    if (reader_watermarks(r->from, t->name, p->partition, &low, &p->end, e) != 0)
        return -1;
    bool fresh = committed == GROUP_NO_OFFSET;
    if (fresh && check_empty(p, c, r->to, e) != 0)
        return -1;
    if (!fresh && (committed < low || committed > p->end))
        return err_set(e, ERR_STATE,
                       "%s%s partition %" PRId32 ": the next offset to copy is %" PRId64
                       ", but the log has %" PRId64 " to %" PRId64
                       ": begin again with another new prefix",
                       c->from.prefix, t->name, p->partition, committed, low, p->end);
    p->next_offset = fresh ? low : committed;
    p->begin = p->next_offset;
    p->assigned = true;
    p->came = p->moved = false;
    p->reached = p->next_offset >= p->end;
    return 0;
}

int copy_part_look(struct copy_part *p, const struct copy *c, const struct copy_readers *r,
                   struct err *e)
{
    bool moved = p->moved;
    bool found;
    p->moved = false;
    if (!p->assigned || p->reached || moved)
        return 0;
    if (has_any(r->from, c->topics[p->topic].name, p->partition, p->next_offset, &found, e) != 0)
        return -1;
    if (!found)
        copy_part_advance(p, p->end);
    return 0;
}
