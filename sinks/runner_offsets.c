#include "runner_offsets.h"

#include "kafka/reader.h"

#include <inttypes.h>
#include <stdlib.h>

struct loading {
    const struct runner_about *about;
    void *sink;
    const char *const *topics;
    struct reader *reader;
    bool started;  /* a first offset was stored */
    int64_t *lows; /* where each part's log begins */
};

/* Checks one offset, or starts where there is none. */
static int settle(struct loading *l, const struct group_offset *part, int64_t *ret_low,
                  struct err *e)
{
    int64_t low;
    int64_t high;
    if (reader_watermarks(l->reader, l->about->topics[part->topic], part->partition, &low, &high,
                          e) != 0)
        return -1;
    *ret_low = low;
    if (part->next_offset == GROUP_NO_OFFSET) {
        const struct group_offset first = {
            .topic = part->topic, .partition = part->partition, .next_offset = low};
        l->started = true;
        return l->about->ops->start(l->sink, l->topics, &first, e);
    }
    if (part->next_offset >= low && part->next_offset <= high)
        return 0;
    return err_set(e, ERR_STATE,
                   "%.60s partition %" PRId32 ": the next offset is %" PRId64
                   ", but the log has %" PRId64 " to %" PRId64 "; %s",
                   l->topics[part->topic], part->partition, part->next_offset, low, high,
                   l->about->ops->offset_hint);
}

static int load(struct loading *l, struct group_offset *parts, size_t n, struct err *e)
{
    const struct sink_ops *ops = l->about->ops;
    if (ops->load(l->sink, l->topics, parts, n, e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (settle(l, &parts[i], &l->lows[i], e) != 0)
            return -1;
    if (l->started && ops->load(l->sink, l->topics, parts, n, e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (parts[i].next_offset == GROUP_NO_OFFSET)
            return err_set(e, ERR_STATE, "%.60s partition %" PRId32 ": its offset was not kept",
                           l->topics[parts[i].topic], parts[i].partition);
    return 0;
}

int runner_offsets_load(const struct runner_about *about, const char *const *topics, void *sink,
                        struct cursors *c, struct group_offset *parts, size_t n, struct err *e)
{
    struct loading l = {.about = about, .sink = sink, .topics = topics};
    if (n == 0)
        return cursors_set(c, parts, n, e);
    l.lows = calloc(n, sizeof(*l.lows));
    if (!l.lows)
        return err_set(e, ERR_NOMEM, "no memory for %zu partitions", n);
    l.reader = reader_open(about->kafka, e);
    int r = l.reader ? load(&l, parts, n, e) : -1;
    if (r == 0)
        r = cursors_set(c, parts, n, e);
    for (size_t i = 0; r == 0 && i < n; i++)
        parts[i].next_offset = poison_look_back(parts[i].next_offset, l.lows[i]);
    reader_close(l.reader);
    free(l.lows);
    return r;
}

void runner_offsets_show(struct group *g, struct cursors *c)
{
    struct group_offset *offsets = calloc(c->n ? c->n : 1, sizeof(*offsets));
    if (!offsets)
        return; /* nobody but an onlooker misses them */
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++)
        if (c->items[i].stored > c->items[i].shown)
            offsets[n++] = (struct group_offset){.topic = c->items[i].topic,
                                                 .partition = c->items[i].partition,
                                                 .next_offset = c->items[i].stored};
    if (n > 0 && group_show_offsets(g, offsets, n))
        for (size_t i = 0; i < c->n; i++)
            c->items[i].shown = c->items[i].stored;
    free(offsets);
}
