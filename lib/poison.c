#include "poison.h"

#include <inttypes.h>

int64_t poison_look_back(int64_t next, int64_t low)
{
    int64_t first = next > POISON_WINDOW ? next - POISON_WINDOW : 0;
    first = first > low ? first : low;
    return first < next ? first : next;
}

static uint64_t bit_of(int64_t offset)
{
    return UINT64_C(1) << (offset % POISON_WINDOW % 64);
}

static uint64_t *word_of(struct poison *p, int64_t offset)
{
    return &p->bits[offset % POISON_WINDOW / 64];
}

static void forget(struct poison *p, int64_t offset)
{
    p->count -= (*word_of(p, offset) & bit_of(offset)) != 0;
    *word_of(p, offset) &= ~bit_of(offset);
}

int poison_count(struct poison *p, int64_t next)
{
    if (next - p->next >= POISON_WINDOW)
        *p = (struct poison){0};
    else
        for (int64_t at = p->next; at < next; at++)
            forget(p, at);
    p->next = next > p->next ? next : p->next;
    return p->count;
}

int poison_note(struct poison *p, int64_t offset)
{
    if (offset < p->next)
        return p->count; /* it was noted */
    (void)poison_count(p, offset + 1);
    *word_of(p, offset) |= bit_of(offset);
    return ++p->count;
}

int poison_stop(const struct poison_last *last, struct err *e)
{
    return err_set(e, ERR_LIMIT,
                   "%.80s partition %" PRId32 ": %d of the last %d offsets cannot be read: mend "
                   "their writer, schema or registry, or raise --poison.max; the last one is "
                   "%" PRId64 ": %s",
                   last->topic, last->partition, last->count, POISON_WINDOW, last->offset,
                   last->reason);
}
