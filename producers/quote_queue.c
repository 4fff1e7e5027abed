#include "quote_queue.h"

#include "bell.h"
#include "deadline.h"

#include <stdlib.h>

enum {
    BASE_BYTES = 4 << 20,
    ROOM_BYTES = 3 << 20, /* what the quotes of the longest frame take */
    TICK_BYTES = sizeof(struct entry_head) + QUOTE_TICK_MAX + 8,
};

/* Entries lie one behind the other from `from` to `to`. */
struct quote_queue {
    pthread_mutex_t lock; /* guards everything below, but `taken` */
    pthread_cond_t room;
    struct bell *bell;
    char *bytes;
    size_t cap;
    size_t from;
    size_t to;
    uint32_t n_symbols;
    size_t *last; /* by symbol, while what is newest is looked for: place of its last quote, + 1 */
    char *taken;  /* the taker's copy */
};

struct quote_queue *quote_queue_create(uint32_t n_symbols, struct bell *bell, struct err *e)
{
    const struct entry quote = {.type = ENTRY_QUOTE};
    struct quote_queue *q = calloc(1, sizeof(*q));
    if (!q || pthread_mutex_init(&q->lock, NULL) != 0) {
        free(q);
        (void)err_set(e, ERR_NOMEM, "quotes: out of memory");
        return NULL;
    }
    bool good = deadline_cond_init(&q->room) == 0;
    q->bell = bell;
    q->n_symbols = n_symbols;
    /* what is newest of all symbols is half of it at most: making room is rare */
    q->cap = BASE_BYTES + 2 * (n_symbols * entry_packed_size(&quote) + TICK_BYTES);
    q->bytes = malloc(q->cap);
    q->last = calloc(n_symbols + (size_t)1, sizeof(*q->last));
    q->taken = malloc(TICK_BYTES);
    if (good && q->bytes && q->last && q->taken)
        return q;
    quote_queue_destroy(q);
    (void)err_set(e, ERR_NOMEM, "quotes: out of memory");
    return NULL;
}

void quote_queue_destroy(struct quote_queue *q)
{
    if (!q)
        return;
    free(q->bytes);
    free(q->last);
    free(q->taken);
    (void)pthread_cond_destroy(&q->room);
    (void)pthread_mutex_destroy(&q->lock);
    free(q);
}

static struct entry_head head_at(const struct quote_queue *q, size_t at)
{
    struct entry_head h;
    memcpy(&h, q->bytes + at, sizeof(h));
    return h;
}

static void slide(struct quote_queue *q)
{
    memmove(q->bytes, q->bytes + q->from, q->to - q->from);
    q->to -= q->from;
    q->from = 0;
}

/* Keeps the last quote of each symbol and the last tick, in their order. */
static int64_t keep_newest(struct quote_queue *q)
{
    size_t last_tick = 0;
    int64_t dropped = 0;
    size_t to = 0;
    struct entry_head h;
    memset(q->last, 0, q->n_symbols * sizeof(*q->last));
    for (size_t at = q->from; at < q->to; at += h.size) {
        h = head_at(q, at);
        if (h.type == ENTRY_TICK)
            last_tick = at + 1;
        else
            q->last[h.index] = at + 1;
    }
    for (size_t at = q->from; at < q->to; at += h.size) {
        h = head_at(q, at);
        if (at + 1 == (h.type == ENTRY_TICK ? last_tick : q->last[h.index])) {
            memmove(q->bytes + to, q->bytes + at, h.size);
            to += h.size;
        } else {
            dropped += h.type == ENTRY_QUOTE;
        }
    }
    q->from = 0;
    q->to = to;
    return dropped;
}

int64_t quote_queue_put(struct quote_queue *q, const struct entry *in)
{
    size_t need = entry_packed_size(in);
    int64_t dropped = 0;
    (void)pthread_mutex_lock(&q->lock);
    bool was_empty = q->from == q->to;
    if (q->cap - q->to < need && q->from >= q->cap / 2)
        slide(q);
    if (q->cap - q->to < need)
        dropped = keep_newest(q);
    entry_pack(in, 0, q->bytes + q->to);
    q->to += need;
    (void)pthread_mutex_unlock(&q->lock);
    if (was_empty && q->bell)
        bell_ring(q->bell);
    return dropped;
}

bool quote_queue_wait_room(struct quote_queue *q, int64_t timeout_ms)
{
    const struct timespec end = deadline_after_ms(timeout_ms);
    (void)pthread_mutex_lock(&q->lock);
    while (q->cap - (q->to - q->from) < ROOM_BYTES &&
           pthread_cond_timedwait(&q->room, &q->lock, &end) == 0)
        ;
    bool has_room = q->cap - (q->to - q->from) >= ROOM_BYTES;
    if (has_room && q->cap - q->to < ROOM_BYTES)
        slide(q);
    (void)pthread_mutex_unlock(&q->lock);
    return has_room;
}

bool quote_queue_next(struct quote_queue *q, struct entry *ret)
{
    (void)pthread_mutex_lock(&q->lock);
    bool found = q->from < q->to;
    if (found) {
        struct entry_head h = head_at(q, q->from);
        memcpy(q->taken, q->bytes + q->from, h.size);
        q->from += h.size;
        if (q->from == q->to)
            q->from = q->to = 0;
        (void)pthread_cond_signal(&q->room);
    }
    (void)pthread_mutex_unlock(&q->lock);
    if (found)
        entry_unpack(q->taken, ret);
    return found;
}

size_t quote_queue_bytes(struct quote_queue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    size_t held = q->to - q->from;
    (void)pthread_mutex_unlock(&q->lock);
    return held;
}
