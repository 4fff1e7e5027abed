#include "hold.h"

#include <stdlib.h>

enum { LIST_FIRST = 16, LIST_KEEP = 256 };

struct held {
    struct trade_copy trade;
    bool fresh; /* came since the last commit */
};

/* By id ascending: those before `from` are in the open transaction, the others wait. */
struct line {
    struct held *list;
    uint32_t from;
    uint32_t n;
    uint32_t cap;
    int64_t until_us;
    int64_t until_us_then; /* as of the last commit, where it was touched since */
    bool touched;          /* since the last commit */
};

struct hold {
    struct line *lines; /* by member */
    uint32_t n_members;
    uint32_t *touched; /* members */
    uint32_t n_touched;
    uint32_t *waiting; /* members with a trade that waits, in no order */
    uint32_t n_waiting;
    size_t limit;
    size_t n; /* in all lists */
    size_t n_taken;
};

struct hold *hold_create(uint32_t n_members, size_t limit, struct err *e)
{
    struct hold *h = calloc(1, sizeof(*h));
    if (h) {
        h->n_members = n_members;
        h->limit = limit;
        h->lines = calloc(n_members + (size_t)1, sizeof(*h->lines));
        h->touched = calloc(n_members + (size_t)1, sizeof(*h->touched));
        h->waiting = calloc(n_members + (size_t)1, sizeof(*h->waiting));
    }
    if (h && h->lines && h->touched && h->waiting)
        return h;
    hold_destroy(h);
    (void)err_set(e, ERR_NOMEM, "hold: out of memory");
    return NULL;
}

void hold_clear(struct hold *h)
{
    for (uint32_t i = 0; h->lines && i < h->n_members; i++) {
        free(h->lines[i].list);
        h->lines[i] = (struct line){0};
    }
    h->n_touched = h->n_waiting = 0;
    h->n = h->n_taken = 0;
}

void hold_destroy(struct hold *h)
{
    if (!h)
        return;
    hold_clear(h);
    free(h->lines);
    free(h->touched);
    free(h->waiting);
    free(h);
}

bool hold_is_full(const struct hold *h)
{
    return h->n >= h->limit;
}

size_t hold_count(const struct hold *h)
{
    return h->n - h->n_taken;
}

static bool waits(const struct line *l)
{
    return l->n > l->from;
}

static void touch(struct hold *h, uint32_t member)
{
    struct line *l = &h->lines[member];
    if (l->touched)
        return;
    l->touched = true;
    l->until_us_then = l->until_us;
    h->touched[h->n_touched++] = member;
}

static void forget_waiting(struct hold *h, uint32_t member)
{
    for (uint32_t i = 0; i < h->n_waiting; i++) {
        if (h->waiting[i] == member) {
            h->waiting[i] = h->waiting[--h->n_waiting];
            return;
        }
    }
}

static int make_room(struct line *l, struct err *e)
{
    if (l->n < l->cap)
        return 0;
    uint32_t cap = l->cap ? l->cap * 2 : LIST_FIRST;
    struct held *list = realloc(l->list, cap * sizeof(*list));
    if (!list)
        return err_set(e, ERR_NOMEM, "hold: out of memory");
    l->list = list;
    l->cap = cap;
    return 0;
}

int hold_add(struct hold *h, uint32_t member, const struct entry *in, int64_t until_us,
             struct err *e)
{
    struct line *l = &h->lines[member];
    uint32_t at = l->n;
    while (at > l->from && l->list[at - 1].trade.sequence > in->sequence)
        at--;
    if (at > l->from && l->list[at - 1].trade.sequence == in->sequence)
        return 0;
    if (make_room(l, e) != 0)
        return -1;
    touch(h, member);
    if (!waits(l)) {
        l->until_us = until_us;
        h->waiting[h->n_waiting++] = member;
    }
    memmove(&l->list[at + 1], &l->list[at], (l->n - at) * sizeof(l->list[0]));
    l->list[at] = (struct held){trade_copy_of(in), true};
    l->n++;
    h->n++;
    return 0;
}

const struct trade_copy *hold_first(const struct hold *h, uint32_t member)
{
    const struct line *l = &h->lines[member];
    return waits(l) ? &l->list[l->from].trade : NULL;
}

const struct trade_copy *hold_first_above(const struct hold *h, uint32_t member, int64_t id)
{
    const struct line *l = &h->lines[member];
    for (uint32_t i = l->from; i < l->n; i++)
        if (l->list[i].trade.sequence > id)
            return &l->list[i].trade;
    return NULL;
}

void hold_take(struct hold *h, uint32_t member)
{
    struct line *l = &h->lines[member];
    l->from++;
    h->n_taken++;
    touch(h, member);
    if (!waits(l))
        forget_waiting(h, member);
}

int64_t hold_overdue(const struct hold *h, int64_t now_us)
{
    for (uint32_t i = 0; i < h->n_waiting; i++)
        if (h->lines[h->waiting[i]].until_us <= now_us)
            return h->waiting[i];
    return -1;
}

static void shrink(struct line *l)
{
    l->touched = false;
    if (l->n > 0 || l->cap <= LIST_KEEP)
        return;
    free(l->list);
    l->list = NULL;
    l->cap = 0;
}

void hold_commit(struct hold *h)
{
    for (uint32_t i = 0; i < h->n_touched; i++) {
        struct line *l = &h->lines[h->touched[i]];
        h->n -= l->from;
        l->n -= l->from;
        memmove(l->list, l->list + l->from, l->n * sizeof(l->list[0]));
        l->from = 0;
        for (uint32_t k = 0; k < l->n; k++)
            l->list[k].fresh = false;
        shrink(l);
    }
    h->n_touched = 0;
    h->n_taken = 0;
}

void hold_rewind(struct hold *h)
{
    for (uint32_t i = 0; i < h->n_touched; i++) {
        struct line *l = &h->lines[h->touched[i]];
        uint32_t kept = 0;
        bool waited = waits(l);
        for (uint32_t k = 0; k < l->n; k++)
            if (!l->list[k].fresh)
                l->list[kept++] = l->list[k];
        h->n -= l->n - kept;
        l->n = kept;
        l->from = 0;
        l->until_us = l->until_us_then;
        if (waited && kept == 0)
            forget_waiting(h, h->touched[i]);
        else if (!waited && kept > 0)
            h->waiting[h->n_waiting++] = h->touched[i];
        shrink(l);
    }
    h->n_touched = 0;
    h->n_taken = 0;
}
