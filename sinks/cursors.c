#include "cursors.h"

#include <stdlib.h>

int cursors_set(struct cursors *c, const struct group_offset *parts, size_t n, struct err *e)
{
    struct cursor *items = calloc(n ? n : 1, sizeof(*items));
    if (!items)
        return err_set(e, ERR_NOMEM, "no memory for %zu partitions", n);
    for (size_t i = 0; i < n; i++)
        items[i] = (struct cursor){.topic = parts[i].topic,
                                   .partition = parts[i].partition,
                                   .stored = parts[i].next_offset,
                                   .next = parts[i].next_offset,
                                   .shown = GROUP_NO_OFFSET};
    free(c->items);
    *c = (struct cursors){items, n};
    return 0;
}

void cursors_finish(struct cursors *c)
{
    free(c->items);
    *c = (struct cursors){0};
}

struct cursor *cursors_find(const struct cursors *c, int topic, int32_t partition)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->items[i].partition == partition && c->items[i].topic == topic)
            return &c->items[i];
    return NULL;
}

bool cursors_advance(struct cursors *c, int topic, int32_t partition, int64_t next)
{
    struct cursor *at = cursors_find(c, topic, partition);
    if (!at || next <= at->next)
        return false;
    at->next = next;
    at->read = true;
    return true;
}

bool cursors_dirty(const struct cursors *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->items[i].next > c->items[i].stored)
            return true;
    return false;
}

size_t cursors_moves(const struct cursors *c, struct sink_move *moves)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++)
        if (c->items[i].next > c->items[i].stored)
            moves[n++] = (struct sink_move){c->items[i].topic, c->items[i].partition,
                                            c->items[i].stored, c->items[i].next};
    return n;
}

void cursors_moved(struct cursors *c, const struct sink_move *moves, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct cursor *at = cursors_find(c, moves[i].topic, moves[i].partition);
        if (at)
            at->stored = moves[i].from;
    }
}
