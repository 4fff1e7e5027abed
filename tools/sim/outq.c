#include "outq.h"

#include <stdint.h>
#include <stdlib.h>

enum { FIRST_CAP = 4096 };

void outq_finish(struct outq *q)
{
    free(q->data);
    *q = (struct outq){.limit = q->limit};
}

/* Room for more bytes behind the tail: first what lies before the head, then more memory. */
static int make_room(struct outq *q, size_t more)
{
    if (q->cap - q->tail >= more)
        return 0;
    size_t used = q->tail - q->head;
    if (q->head >= used && q->cap - used >= more) { /* cheap: it moves no more than was sent */
        memmove(q->data, q->data + q->head, used);
        q->head = 0;
        q->tail = used;
        return 0;
    }
    size_t cap = q->cap ? q->cap : FIRST_CAP;
    while (cap - used < more)
        cap *= 2;
    char *data = malloc(cap);
    if (!data)
        return -1;
    if (used > 0)
        memcpy(data, q->data + q->head, used);
    free(q->data);
    q->data = data;
    q->head = 0;
    q->tail = used;
    q->cap = cap;
    return 0;
}

int outq_push(struct outq *q, struct slice message)
{
    uint32_t len = (uint32_t)message.len;
    size_t more = sizeof(len) + message.len;
    if (message.len > UINT32_MAX || more > q->limit || q->tail - q->head > q->limit - more)
        return -1;
    if (make_room(q, more) != 0)
        return -1;
    memcpy(q->data + q->tail, &len, sizeof(len));
    if (len > 0)
        memcpy(q->data + q->tail + sizeof(len), message.data, len);
    q->tail += more;
    q->n++;
    return 0;
}

static uint32_t first_len(const struct outq *q)
{
    uint32_t len;
    memcpy(&len, q->data + q->head, sizeof(len));
    return len;
}

bool outq_peek(const struct outq *q, struct slice *ret)
{
    if (q->n == 0)
        return false;
    *ret = slice_make(q->data + q->head + sizeof(uint32_t), first_len(q));
    return true;
}

void outq_pop(struct outq *q)
{
    q->head += sizeof(uint32_t) + first_len(q);
    q->n--;
    if (q->n == 0)
        q->head = q->tail = 0;
}
